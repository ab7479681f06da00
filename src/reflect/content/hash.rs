//! A hash of content.
//! Upholds: what is equal by content hashes alike; so an object from which a cycle can be reached hashes by its type only,
//! as graphs with cycles can be equal without having the same shape.

use super::address;
use crate::container::{custom_hash, ShapeObj};
use crate::function::Error;
use crate::object::grow::{gathered, try_gathered, Grow};
use crate::object::registry;
use crate::reflect::checkpoint::{finish, with_checkpoints, Work};
use crate::reflect::children::{children, field, is_plain, is_sequence, Children};
use crate::reflect::mix::{mix, mix_bytes};
use crate::reflect::number_map::NumberMap;
use crate::reflect::structural::of_tensor;
use crate::reflect::{attr, hook};
use crate::tensor::TensorObj;
use crate::value::{convert, tag, Any, AnyView, IntoAny};

/// How parts of a hash come about. A front end has its own where values of its language, which have their own hashes, can
/// be equal to native ones.
pub trait Scheme: Send + Sync + 'static {
    /// The hash of plain data, of a string, or of bytes.
    ///
    /// # Errors
    /// What the scheme needs may fail.
    fn plain(&self, value: AnyView<'_>) -> Result<u64, Error>;

    /// The hash of a sequence of values with these hashes.
    fn sequence(&self, items: &[u64]) -> u64;
}

/// The core's own scheme. Its numbers are the same for the life of the process, on all machines alike.
pub struct OwnScheme;

fn mix_all(start: u64, hashes: &[u64]) -> u64 {
    hashes.iter().fold(mix(start, hashes.len() as u64), |hash, more| mix(hash, *more))
}

impl Scheme for OwnScheme {
    fn plain(&self, value: AnyView<'_>) -> Result<u64, Error> {
        if let Some((text, content)) = value.text_or_bytes() {
            return Ok(mix_bytes(if text { tag::STR } else { tag::BYTES } as u64, content));
        }
        let bits = match value.as_float() {
            Some(0.0) => 0,
            Some(float) if float.is_nan() => f64::NAN.to_bits(),
            _ => value.to_raw().to_bits(),
        };
        Ok(mix(value.type_index() as u64, bits))
    }

    fn sequence(&self, items: &[u64]) -> u64 {
        mix_all(tag::ARRAY as u64, items)
    }
}

/// The hash of a value's content; the same for the life of the process.
///
/// # Errors
/// Kind `ValueError` for a type that has a hook for equality but none for the hash. What hooks end in.
pub fn hash(value: AnyView<'_>) -> Result<u64, Error> {
    finish(ContentHash::new(value, &OwnScheme))
}

#[derive(Clone, Copy)]
struct Known {
    hash: u64,
    cyclic: bool,
}

/// An object whose parts are being hashed.
struct Frame {
    object: Any,
    kind: Kind,
    /// The parts to come, the last first.
    rest: Vec<Any>,
    hashes: Vec<u64>,
    cyclic: bool,
}

/// How the hashes of the parts become one.
enum Kind {
    Sequence,
    /// Of the values; these are the keys'.
    Mapping(Vec<u64>),
    Object,
}

/// The work of [`hash`].
pub struct ContentHash {
    scheme: &'static dyn Scheme,
    next: Option<Any>,
    frames: Vec<Frame>,
    /// By address; none while the object's parts are being hashed.
    known: NumberMap<usize, Option<Known>>,
    kept: Vec<Any>,
    /// Whether what the current hook hashed leads to a cycle.
    met_cycle: bool,
}

impl Default for ContentHash {
    fn default() -> ContentHash {
        ContentHash {
            scheme: &OwnScheme,
            next: None,
            frames: Vec::new(),
            known: NumberMap::default(),
            kept: Vec::new(),
            met_cycle: false,
        }
    }
}

impl ContentHash {
    /// Of this value, by this scheme.
    pub fn new(value: AnyView<'_>, scheme: &'static dyn Scheme) -> ContentHash {
        ContentHash { scheme, next: Some(AnyView::to_owned(value)), ..ContentHash::default() }
    }

    fn advance(&mut self, base: usize, steps: u32) -> Result<Option<Known>, Error> {
        for _ in 0..steps {
            let done = match self.next.take() {
                Some(value) => self.begin(value)?,
                None => match self.frames.last_mut().and_then(|frame| frame.rest.pop()) {
                    Some(part) => {
                        self.next = Some(part);
                        None
                    }
                    None => self.end()?,
                },
            };
            if let Some(known) = done {
                if self.frames.len() == base {
                    return Ok(Some(known));
                }
                if let Some(frame) = self.frames.last_mut() {
                    frame.hashes.grow(1);
                    frame.hashes.push(known.hash);
                    frame.cyclic |= known.cyclic;
                }
            }
        }
        Ok(None)
    }

    /// A hash within this one, for a hook.
    fn inside(&mut self, arguments: &[AnyView<'_>]) -> Result<Any, Error> {
        let [value, ..] = arguments else { return Err(Error::type_error("expected a value to hash")) };
        let base = self.frames.len();
        self.next = Some(AnyView::to_owned(*value));
        let found = with_checkpoints(|steps| self.advance(base, steps));
        self.next = None;
        for frame in self.frames.drain(base..) {
            self.known.remove(&address(frame.object.view()));
        }
        let found = found?;
        self.met_cycle |= found.cyclic;
        Ok((found.hash as i64).into_any())
    }

    /// The hash of a value if it needs no others. Otherwise a frame is begun for it.
    fn begin(&mut self, value: Any) -> Result<Option<Known>, Error> {
        let view = value.view();
        let sure = |hash: u64| Ok(Some(Known { hash, cyclic: false }));
        if is_plain(view) {
            return sure(self.scheme.plain(view)?);
        }
        let (index, at) = (view.type_index(), address(view));
        match self.known.get(&at) {
            Some(Some(known)) => return Ok(Some(*known)),
            Some(None) => return Ok(Some(Known { hash: index as u64, cyclic: true })),
            None => {}
        }
        if let Some(shape) = ShapeObj::of(view) {
            let numbers = shape.iter().map(|number| self.scheme.plain(number.into_any().view()));
            return sure(self.scheme.sequence(&try_gathered(numbers)?));
        }
        if let Some(tensor) = view.as_ref::<TensorObj>() {
            return sure(of_tensor(tensor, false)?);
        }
        self.kept.grow(1);
        self.kept.push(value.clone());
        self.known.grow(1);
        if let Some(hook) = hook::of(index, &attr::HASH) {
            // What the hook hashes may lead back here.
            self.known.insert(at, None);
            let before = std::mem::take(&mut self.met_cycle);
            let answer = hook::call(self, &hook, &[view], ContentHash::inside)?;
            let cyclic = std::mem::replace(&mut self.met_cycle, before);
            let own = convert::<i64>(answer.view())? as u64;
            let known = Known { hash: if cyclic { index as u64 } else { own }, cyclic };
            self.known.insert(at, Some(known));
            return Ok(Some(known));
        }
        if [&attr::EQUAL, &attr::COMPARE].iter().any(|hook| hook::of(index, hook).is_some()) {
            let key = registry::type_info(index).map_or("?", |info| info.key);
            return Err(Error::value_error(format!(
                "`{key}` has __ffi_eq__ or __ffi_compare__ but not __ffi_hash__, and so no hash"
            )));
        }
        let (kind, mut rest) = match children(view) {
            Children::Items(items) => (Kind::Sequence, items),
            Children::Entries(entries) => {
                let keys = try_gathered(entries.iter().map(|(key, _)| self.key(key.view())))?;
                (Kind::Mapping(keys), gathered(entries.into_iter().map(|(_, value)| value)))
            }
            Children::Fields(reflection) => {
                // What equality passes over cannot tell hashes apart.
                let flags = |at: &usize| reflection.fields[*at].flags();
                let hashed = (0..reflection.fields.len()).filter(|at| flags(at).hash && flags(at).compare);
                let object = view.as_object();
                (Kind::Object, hashed.filter_map(|at| Some(field(reflection, at, object?))).collect())
            }
            Children::Leaf => return sure(mix(index as u64, at as u64)),
        };
        rest.reverse();
        self.known.insert(at, None);
        self.frames.grow(1);
        self.frames.push(Frame { object: value, kind, hashes: Vec::new(), rest, cyclic: false });
        Ok(None)
    }

    /// The hash of a key. Keys are told apart by value, by what their type says, or by identity, without looking into them.
    fn key(&self, view: AnyView<'_>) -> Result<u64, Error> {
        match is_plain(view) {
            true => self.scheme.plain(view),
            false => Ok(mix(view.type_index() as u64, custom_hash(view)?.unwrap_or(address(view) as u64))),
        }
    }

    /// Ends the topmost frame.
    fn end(&mut self) -> Result<Option<Known>, Error> {
        let Some(frame) = self.frames.pop() else { return Err(Error::runtime("nothing to hash")) };
        let view = frame.object.view();
        // Sequences of different types may be equal to third values.
        let index = if is_sequence(view) { tag::ARRAY } else { view.type_index() } as u64;
        let hash = match frame.kind {
            _ if frame.cyclic => index,
            Kind::Sequence => self.scheme.sequence(&frame.hashes),
            Kind::Object => mix_all(index, &frame.hashes),
            // The order of entries does not count.
            Kind::Mapping(keys) => keys
                .iter()
                .zip(&frame.hashes)
                .fold(mix(index, keys.len() as u64), |sum, (key, value)| sum.wrapping_add(mix(mix(1, *key), *value))),
        };
        let known = Known { hash, cyclic: frame.cyclic };
        self.known.insert(address(view), Some(known));
        Ok(Some(known))
    }
}

impl Work for ContentHash {
    type Output = u64;
    fn work(&mut self, steps: u32) -> Result<Option<u64>, Error> {
        Ok(self.advance(0, steps)?.map(|known| known.hash))
    }
}
