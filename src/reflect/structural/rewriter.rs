//! Rewrites: values like others, with parts that callbacks gave.
//! Upholds: the value that is given stays as it is; what has no part replaced is the same object; where no hook is asked, depth takes
//! no stack.

use super::answer::{give, lent};
use super::error_context::VisitErrorContext;
use super::mutator::{is_noted, resolved, told, MutatorTable, StructuralMutator};
use super::parts::{self, is_same, Parts};
use super::rows::{Lent, Rows};
use super::Region;
use crate::function::Error;
use crate::object::grow::{gather_into, Grow};
use crate::object::{Obj, Object, ObjectType};
use crate::reflect::attr;
use crate::reflect::checkpoint::Checkpoints;
use crate::reflect::number_map::{NumberMap, NumberSet};
use crate::reflect::StructuralKind;
use crate::value::{Any, AnyView, IntoAny, RawAny};
use std::ptr::NonNull;
use std::sync::{Mutex, MutexGuard};

/// What callbacks do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// They get a value, and with more its region. The parts of what they give are rewritten.
    Before,
    /// They get a value whose parts are rewritten, and with more its region.
    After,
    /// They get a value and a [`StructuralMutator`]; what they give is final. With more they also get whether they may change it,
    /// which they may not.
    Instead,
}

/// A variable, and what stands for it.
type Noted = (Any, Any);

/// A mutator that calls callbacks.
#[repr(C)]
struct Rewriter {
    mutator: StructuralMutator,
    way: Way,
    rows: Lent,
    /// By the addresses of the variables.
    noted: Mutex<NumberMap<usize, Noted>>,
}

// SAFETY: repr(C), starts with a mutator, as which its objects are known. C++ makes such larger ones too. It is no type that
// objects are converted to.
unsafe impl ObjectType for Rewriter {
    const TYPE_KEY: &'static str = StructuralMutator::TYPE_KEY;
    type Parent = Object;
    fn type_index() -> i32 {
        StructuralMutator::type_index()
    }
}

/// Nothing is changed in place.
static TABLE: MutatorTable = MutatorTable { mutate, mutate_in_place: mutate, get, set };

/// # Safety
/// As [`Step`](super::answer::Step), of a [`Rewriter`].
unsafe extern "C" fn mutate(rewriter: NonNull<Object>, value: RawAny) -> RawAny {
    // SAFETY: the rewriter, a [`Rewriter`], and the value are lent for the call.
    let (rewriter, value) = unsafe { lent::<Rewriter>(rewriter, value) };
    give(|| run(&rewriter, value.to_owned()).map(|new| told(new, value)))
}

/// # Safety
/// As [`Step`](super::answer::Step), of a [`Rewriter`].
unsafe extern "C" fn get(rewriter: NonNull<Object>, variable: RawAny) -> RawAny {
    // SAFETY: the rewriter, a [`Rewriter`], and the variable are lent for the call.
    let (rewriter, variable) = unsafe { lent::<Rewriter>(rewriter, variable) };
    give(|| Ok(rewriter.known(address(variable)?)))
}

/// # Safety
/// As [`SetStep`](super::mutator::SetStep), of a [`Rewriter`].
unsafe extern "C" fn set(rewriter: NonNull<Object>, variable: RawAny, value: RawAny) -> RawAny {
    // SAFETY: the rewriter, a [`Rewriter`], and the variable are lent for the call.
    let (rewriter, variable) = unsafe { lent::<Rewriter>(rewriter, variable) };
    // SAFETY: the value is valid and lent for the call.
    let value: AnyView<'_> = unsafe { AnyView::from_raw(value) };
    give(|| {
        rewriter.note(address(variable)?, variable.to_owned(), value.to_owned());
        Ok(Any::none())
    })
}

/// The address of a variable.
fn address(variable: AnyView<'_>) -> Result<usize, Error> {
    let object = variable.as_object().map(|object| object.as_ptr() as usize);
    object.ok_or_else(|| Error::type_error(format!("expected an object as a variable, got {}", variable.type_name())))
}

impl Rewriter {
    fn noted(&self) -> MutexGuard<'_, NumberMap<usize, Noted>> {
        self.noted.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// What stands for a variable; no value if nothing is noted.
    fn known(&self, address: usize) -> Any {
        self.noted().get(&address).map_or_else(Any::none, |(_, value)| value.clone())
    }

    fn note(&self, address: usize, variable: Any, value: Any) {
        let mut noted = self.noted();
        noted.grow(1);
        let former = noted.insert(address, (variable, value));
        // Released under no lock.
        drop(noted);
        drop(former);
    }

    /// What the first callback that suits a value makes of it. None if there is none.
    fn call(
        &self,
        rows: &Rows,
        value: AnyView<'_>,
        region: Region,
        last: Option<AnyView<'_>>,
    ) -> Result<Option<Any>, Error> {
        let more = match last {
            // The number of "may not be changed in place".
            Some(_) => 0.into_any(),
            None => (region as i64).into_any(),
        };
        let answer = self.mutator.in_region(region, || rows.answer(value, last, more.view()))?;
        Ok(answer.map(|answer| resolved(answer, value)))
    }

    fn after(&self, rows: &Rows, value: Any, region: Region) -> Result<Any, Error> {
        match self.way {
            Way::After => Ok(self.call(rows, value.view(), region, None)?.unwrap_or(value)),
            _ => Ok(value),
        }
    }
}

/// The value like `root`, with parts that callbacks gave.
///
/// # Errors
/// Kind `ValueError` where an object contains itself; `TypeError` where a field cannot have what a callback gave, or an object cannot
/// be copied; what callbacks and hooks end in.
pub fn rewrite(root: AnyView<'_>, way: Way, rows: Rows) -> Result<Any, Error> {
    let mutator = StructuralMutator::begin(&TABLE);
    let rewriter = Obj::new(Rewriter { mutator, way, rows: Lent::new(rows), noted: Mutex::default() });
    let _end = End(&rewriter);
    run(&rewriter, root.to_owned())
}

/// Ends a rewrite, also one that unwinds.
struct End<'a>(&'a Rewriter);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.rows.end();
        let noted = std::mem::take(&mut *self.0.noted());
        // Released under no lock.
        drop(noted);
    }
}

/// A value whose parts are being rewritten.
struct Frame {
    value: Any,
    region: Region,
    kind: StructuralKind,
    parts: Parts,
    /// What the parts became, so far.
    results: Vec<Any>,
}

impl Frame {
    fn address(&self) -> usize {
        self.value.view().as_object().map_or(0, |object| object.as_ptr() as usize)
    }

    /// The value with its parts replaced: itself if they are the same.
    fn close(&mut self, rewriter: &Rewriter, rows: &Rows) -> Result<Any, Error> {
        let values = std::mem::take(&mut self.results);
        let new = match self.parts.are_other(&values) {
            true => self.parts.replaced(self.value.view(), values)?,
            false => self.value.clone(),
        };
        if is_noted(self.kind, self.region, is_same(self.value.view(), new.view())) {
            rewriter.note(self.address(), self.value.clone(), new.clone());
        }
        rewriter.after(rows, new, self.region)
    }
}

/// How a rewrite begins with a value.
enum Opened {
    Frame(Frame),
    /// That is what it becomes.
    Done(Any),
}

fn run(rewriter: &Obj<Rewriter>, root: Any) -> Result<Any, Error> {
    let rows = rewriter.rows.get()?;
    let mut frames: Vec<Frame> = Vec::new();
    let mut above: NumberSet<usize> = NumberSet::default();
    let mut checkpoints = Checkpoints::default();
    let (mut value, mut region) = (root, rewriter.mutator.region());
    loop {
        checkpoints.step()?;
        let opened = open(rewriter, &rows, &value, region).inspect_err(|error| note(error, Some(&value), &frames))?;
        let mut done = match opened {
            Opened::Done(new) => Some(new),
            Opened::Frame(frame) => {
                above.grow(1);
                if !above.insert(frame.address()) {
                    let name = frame.value.view().type_name();
                    return Err(Error::value_error(format!("a rewrite came to a cycle: `{name}` contains itself")));
                }
                frames.grow(1);
                frames.push(frame);
                if let Some(frame) = frames.last_mut() {
                    frame.results.grow(frame.parts.values.len());
                }
                None
            }
        };
        // The next part of the innermost value that has one.
        loop {
            let Some(frame) = frames.last_mut() else { return Ok(done.unwrap_or_default()) };
            gather_into(&mut frame.results, done.take());
            if let Some((part, inner)) = frame.parts.values.get(frame.results.len()) {
                (value, region) = (part.clone(), *inner);
                break;
            }
            above.remove(&frame.address());
            let closed = frame.close(rewriter, &rows);
            done = Some(closed.inspect_err(|error| note(error, None, &frames))?);
            frames.pop();
        }
    }
}

/// Notes where an error came up.
fn note(error: &Error, value: Option<&Any>, frames: &[Frame]) {
    let around = frames.iter().rev().map(|frame| &frame.value);
    value.into_iter().chain(around).for_each(|value| VisitErrorContext::note(error, value.clone()));
}

fn open(rewriter: &Obj<Rewriter>, rows: &Rows, value: &Any, region: Region) -> Result<Opened, Error> {
    let mutator = rewriter.upcast_ref::<StructuralMutator>();
    let mut value = value.clone();
    if rewriter.way != Way::After {
        let last = (rewriter.way == Way::Instead).then(|| AnyView::of_object(mutator));
        match rewriter.call(rows, value.view(), region, last)? {
            Some(new) if rewriter.way == Way::Instead => return Ok(Opened::Done(new)),
            Some(new) => value = new,
            None => {}
        }
    }
    let view = value.view();
    if let Some(hook) = parts::hook_of(view, &attr::STRUCTURAL_MUTATE) {
        let answer = mutator.in_region(region, || mutator.mutate_by(&hook, view))?;
        let new = resolved(answer, view);
        return rewriter.after(rows, new, region).map(Opened::Done);
    }
    let kind = parts::kind_of(view.type_index());
    if matches!(kind, StructuralKind::FreeVar | StructuralKind::Dag) {
        let known = rewriter.known(address(view)?);
        let stays = kind == StructuralKind::FreeVar && region == Region::Use;
        match (known.is_none(), stays) {
            (false, _) => return rewriter.after(rows, known, region).map(Opened::Done),
            (true, true) => return rewriter.after(rows, value, region).map(Opened::Done),
            (true, false) => {}
        }
    }
    match parts::of(view, region)? {
        None => rewriter.after(rows, value, region).map(Opened::Done),
        Some(parts) => Ok(Opened::Frame(Frame { value, region, kind, parts, results: Vec::new() })),
    }
}
