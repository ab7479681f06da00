//! A hash of structure.
//! Upholds: what is structurally equal hashes alike: variables that are defined go by the order of their definition, others
//! by identity.

use super::options::kind_of;
use super::{Options, Region};
use crate::container::{custom_hash, ArrayObj, ShapeObj};
use crate::function::Error;
use crate::object::grow::{gathered, try_gathered, Grow};
use crate::object::registry;
use crate::reflect::checkpoint::{finish, with_checkpoints, Work};
use crate::reflect::children::{children, field, fields_of, frozen_items, has_one_place, is_plain, Children};
use crate::reflect::mix::{mix, mix_bytes};
use crate::reflect::number_map::NumberMap;
use crate::reflect::{attr, hook, FieldRole, Reflection, StructuralKind};
use crate::tensor::TensorObj;
use crate::value::{address, convert, tag, Any, AnyView, IntoAny};

/// The hash of a value's structure; the same for the life of the process.
///
/// # Errors
/// As [`equal`](super::equal).
pub fn hash(value: AnyView<'_>, options: Options) -> Result<u64, Error> {
    finish(StructuralHash::new(value, options))
}

/// The hash of plain data, of a string, or of bytes.
fn plain(view: AnyView<'_>) -> u64 {
    if let Some((text, content)) = view.text_or_bytes() {
        return mix_bytes(if text { tag::STR } else { tag::BYTES } as u64, content);
    }
    let bits = match view.as_float() {
        Some(float) if float.is_nan() => f64::NAN.to_bits(),
        _ => view.to_raw().to_bits(),
    };
    mix(view.type_index() as u64, bits)
}

/// What is known of a value.
#[derive(Clone, Copy)]
struct Known {
    hash: u64,
    /// How many variables were defined when the hash was made. None if it does not depend on that.
    defined: Option<usize>,
    /// Whether a cycle can be reached. Then only the type counts, as cycles can be equal without having the same shape.
    cyclic: bool,
}

impl Known {
    fn sure(hash: u64) -> Known {
        Known { hash, defined: None, cyclic: false }
    }
}

/// An object whose parts are being hashed.
struct Frame {
    object: Any,
    hash: u64,
    region: Region,
    rest: Rest,
    /// Whether its hash is noted, as the walk may come to the object again.
    noted: bool,
    depends: bool,
    cyclic: bool,
    /// A variable that is being defined: it goes by its number, its parts count besides.
    defined_at_start: usize,
}

/// The parts of an object that are still to come.
enum Rest {
    /// The fields from this one on.
    Fields(&'static Reflection, usize),
    /// The items of a sequence that never changes, from this one on.
    Items(usize),
    /// These, the last first.
    Listed(Vec<(Any, Region)>),
}

impl Rest {
    /// All fields that count; how many those are goes into the hash.
    #[inline]
    fn fields(reflection: &'static Reflection, hash: &mut u64) -> Rest {
        let counted = reflection.fields.iter().filter(|field| field.flags().structural != FieldRole::Ignored);
        *hash = mix(*hash, counted.count() as u64);
        Rest::Fields(reflection, 0)
    }
}

impl Frame {
    /// The next part.
    #[inline]
    fn next(&mut self) -> Option<(Any, Region)> {
        let view = self.object.view();
        match &mut self.rest {
            Rest::Fields(reflection, at) => {
                let object = view.as_object()?;
                while let Some(info) = reflection.fields.get(*at) {
                    *at += 1;
                    let role = info.flags().structural;
                    if role != FieldRole::Ignored {
                        return Some((field(reflection, *at - 1, object), self.region.of_field(role)));
                    }
                }
                None
            }
            Rest::Items(at) => {
                *at += 1;
                Some((view.as_ref::<ArrayObj>()?.as_slice().get(*at - 1)?.clone(), self.region))
            }
            Rest::Listed(parts) => parts.pop(),
        }
    }
}

/// The work of [`hash`].
#[derive(Default)]
pub struct StructuralHash {
    next: Option<(Any, Region)>,
    frames: Vec<Frame>,
    known: NumberMap<usize, Option<Known>>,
    /// Variables by the order of their definition.
    variables: NumberMap<usize, usize>,
    kept: Vec<Any>,
    skip_tensor_content: bool,
}

/// The hash of a tensor. It covers the shape, the element type, and the elements unless those are left out.
pub(in crate::reflect) fn of_tensor(tensor: &TensorObj, skip_content: bool) -> Result<u64, Error> {
    let start = mix(tag::TENSOR as u64, tensor.dtype().to_bits());
    let hash = tensor.shape().iter().fold(start, |hash, size| mix(hash, *size as u64));
    Ok(if skip_content { hash } else { mix_bytes(hash, &tensor.content()?) })
}

/// The hash of a value if it needs no others. Otherwise a frame is begun for it.
fn begin(state: &mut StructuralHash, value: Any, region: Region) -> Result<Option<Known>, Error> {
    let view = value.view();
    if is_plain(view) {
        return Ok(Some(Known::sure(plain(view))));
    }
    let (index, at) = (view.type_index(), address(view));
    let kind = kind_of(index)?;
    if let Some(number) = state.variables.get(&at) {
        let hash = mix(mix(index as u64, 0x5EED), *number as u64);
        return Ok(Some(Known::sure(hash)));
    }
    if kind == StructuralKind::Unique {
        return Ok(Some(Known::sure(mix(index as u64, at as u64))));
    }
    if kind == StructuralKind::FreeVar && region == Region::Use {
        let defined = Some(state.variables.len());
        return Ok(Some(Known { hash: mix(index as u64, at as u64), defined, cyclic: false }));
    }
    match state.known.get(&at) {
        Some(None) => {
            let known = Known { hash: index as u64, defined: None, cyclic: true };
            return Ok(Some(known));
        }
        Some(Some(known)) if known.defined.is_none_or(|defined| defined == state.variables.len()) => {
            let known = *known;
            return Ok(Some(known));
        }
        _ => {}
    }
    match registry::below_root(index) {
        tag::SHAPE => {
            let shape = ShapeObj::of(view).unwrap_or(&[]);
            let hash = shape.iter().fold(mix(index as u64, shape.len() as u64), |hash, size| mix(hash, *size as u64));
            return Ok(Some(Known::sure(hash)));
        }
        tag::TENSOR => {
            if let Some(tensor) = view.as_ref::<TensorObj>() {
                return Ok(Some(Known::sure(of_tensor(tensor, state.skip_tensor_content)?)));
            }
        }
        _ => {}
    }
    // Room for the value itself, or for its frame's when that ends.
    state.kept.grow(1 + state.frames.len());
    let mut hash = index as u64;
    if kind == StructuralKind::FreeVar {
        hash = mix(hash, state.variables.len() as u64);
        let number = state.variables.len();
        state.variables.grow(1);
        state.variables.insert(at, number);
    }
    let defined_at_start = state.variables.len();
    if let Some(hook) = hook::of(index, &attr::STRUCTURAL_HASH) {
        state.kept.push(value.clone());
        return by_hook(state, &value, hash, region, &hook).map(Some);
    }
    // What has a place alone and is no variable is in no table. Nothing leads to it but the object that has the place.
    let noted = kind == StructuralKind::FreeVar || !has_one_place(&value);
    if noted {
        state.known.grow(1);
        state.known.insert(at, None);
    }
    let rest = match state.parts(view, &mut hash, region) {
        Ok(rest) => rest,
        Err(error) => {
            // A hook may go on after this. The value is not being hashed any more, and may be a variable.
            state.known.remove(&at);
            state.kept.push(value);
            return Err(error);
        }
    };
    state.frames.grow(1);
    state.frames.push(Frame {
        object: value,
        hash,
        region,
        rest,
        noted,
        depends: false,
        cyclic: false,
        defined_at_start,
    });
    Ok(None)
}

impl StructuralHash {
    /// Of this value.
    pub fn new(value: AnyView<'_>, options: Options) -> StructuralHash {
        let next = Some((AnyView::to_owned(value), Region::initial(options)));
        StructuralHash { next, skip_tensor_content: options.skip_tensor_content, ..StructuralHash::default() }
    }

    /// Hashes what is next and all that it needs, beyond the first `base` frames. It takes so many steps at most.
    fn advance(&mut self, base: usize, steps: u32) -> Result<Option<Known>, Error> {
        for _ in 0..steps {
            let done = match self.next.take() {
                Some((value, region)) => begin(self, value, region)?,
                None => match self.frames.last_mut().and_then(|frame| Some((frame.next()?, frame))) {
                    Some(((part, _), frame)) if is_plain(part.view()) => {
                        frame.hash = mix(frame.hash, plain(part.view()));
                        None
                    }
                    Some((part, _)) => {
                        self.next = Some(part);
                        None
                    }
                    None => Some(self.end()?),
                },
            };
            if let Some(known) = done {
                if self.frames.len() == base {
                    return Ok(Some(known));
                }
                if let Some(frame) = self.frames.last_mut() {
                    frame.hash = mix(frame.hash, known.hash);
                    frame.depends |= known.defined.is_some();
                    frame.cyclic |= known.cyclic;
                }
            }
        }
        Ok(None)
    }

    /// What an object's hash is made of; how much that is counts, too.
    fn parts(&self, view: AnyView<'_>, hash: &mut u64, region: Region) -> Result<Rest, Error> {
        if let Some(reflection) = fields_of(view) {
            return Ok(Rest::fields(reflection, hash));
        }
        if let Some(items) = frozen_items(view) {
            *hash = mix(*hash, items.len() as u64);
            return Ok(Rest::Items(0));
        }
        let mut rest: Vec<(Any, Region)> = match children(view) {
            Children::Items(items) => gathered(items.into_iter().map(|item| (item, region))),
            Children::Entries(entries) => {
                // Their order does not count.
                let hashed = entries.into_iter().enumerate();
                let hashed = hashed.map(|(at, (key, value))| Ok((self.key(key.view())?, at, value)));
                let mut entries = try_gathered::<(u64, usize, Any), Error>(hashed)?;
                // Sorts equal ones by place, as a stable sort has them. That one takes memory without asking.
                entries.sort_unstable_by_key(|(key, at, _)| (*key, *at));
                let parts =
                    |(key, _, value): (u64, usize, Any)| [((key as i64).into_any(), Region::Use), (value, region)];
                gathered(entries.into_iter().flat_map(parts))
            }
            Children::Fields(reflection) => return Ok(Rest::fields(reflection, hash)),
            Children::Leaf => Vec::new(),
        };
        *hash = mix(*hash, rest.len() as u64);
        rest.reverse();
        Ok(Rest::Listed(rest))
    }

    /// The hash of a key. An object counts by what it stands for, by what its type says, or by its identity.
    fn key(&self, view: AnyView<'_>) -> Result<u64, Error> {
        let index = view.type_index() as u64;
        if let Some(number) = self.variables.get(&address(view)) {
            return Ok(mix(index, *number as u64));
        }
        Ok(custom_hash(view)?.map_or_else(|| plain(view), |hash| mix(index, hash)))
    }

    /// Ends the topmost frame.
    fn end(&mut self) -> Result<Known, Error> {
        let Some(frame) = self.frames.pop() else { return Err(Error::runtime("nothing to hash")) };
        let view = frame.object.view();
        let known = Known {
            hash: if frame.cyclic { view.type_index() as u64 } else { frame.hash },
            defined: frame.depends.then_some(frame.defined_at_start),
            cyclic: frame.cyclic,
        };
        if !frame.noted {
            return Ok(known);
        }
        self.known.grow(1);
        self.known.insert(address(view), Some(known));
        // There is room: one place for each frame.
        self.kept.push(frame.object);
        Ok(known)
    }
}

impl Work for StructuralHash {
    type Output = u64;
    fn work(&mut self, steps: u32) -> Result<Option<u64>, Error> {
        Ok(self.advance(0, steps)?.map(|known| known.hash))
    }
}

/// Lets the type's hook hash: `hook(object, hash, go_on)`, where `go_on(value, hash, defines)` mixes a value in.
fn by_hook(state: &mut StructuralHash, value: &Any, start: u64, region: Region, hook: &Any) -> Result<Known, Error> {
    let defined = state.variables.len();
    let start = (start as i64).into_any();
    let answer = hook::call(state, hook, &[value.view(), start.view()], move |state, arguments| {
        let [value, hash, rest @ ..] = arguments else {
            return Err(Error::type_error("expected a value, a hash, and whether the value defines variables"));
        };
        let hash = convert::<i64>(*hash)? as u64;
        let asked = rest.first().and_then(|asked| convert::<i64>(*asked).ok()).unwrap_or(0);
        let region = if asked == 0 && region == Region::Define { region } else { Region::of_number(asked) };
        let base = state.frames.len();
        state.next = Some((AnyView::to_owned(*value), region));
        let found = with_checkpoints(|steps| state.advance(base, steps));
        state.next = None;
        // Those of a walk that ended in an error.
        for frame in state.frames.drain(base..) {
            state.known.remove(&address(frame.object.view()));
            // It may be a variable, which is known by its address.
            state.kept.push(frame.object);
        }
        Ok((mix(hash, found?.hash) as i64).into_any())
    })?;
    // Whether it depends on variables only the hook knows.
    let known = Known { hash: convert::<i64>(answer.view())? as u64, defined: Some(defined), cyclic: false };
    state.known.grow(1);
    state.known.insert(address(value.view()), Some(known));
    Ok(known)
}
