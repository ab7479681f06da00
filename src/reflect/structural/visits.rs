//! Visits: walks in which callbacks say themselves which parts of a value are visited.
//! Upholds: where no callback suits and no hook is asked, depth takes no stack.

use super::answer::{give, lent};
use super::error_context::VisitErrorContext;
use super::parts;
use super::rows::{Lent, Rows};
use super::visitor::{interrupt, StructuralVisitor, VisitorTable};
use super::Region;
use crate::function::Error;
use crate::object::grow::{gather_into, Grow};
use crate::object::{Obj, Object, ObjectType};
use crate::reflect::attr;
use crate::reflect::checkpoint::Checkpoints;
use crate::reflect::children::has_one_place;
use crate::reflect::number_map::NumberSet;
use crate::value::{Any, AnyView, RawAny};
use std::ptr::NonNull;

/// A visitor that calls callbacks.
#[repr(C)]
struct Caller {
    visitor: StructuralVisitor,
    rows: Lent,
}

// SAFETY: repr(C), starts with a visitor, as which its objects are known. C++ makes such larger ones too. It is no type that
// objects are converted to.
unsafe impl ObjectType for Caller {
    const TYPE_KEY: &'static str = StructuralVisitor::TYPE_KEY;
    type Parent = Object;
    fn type_index() -> i32 {
        StructuralVisitor::type_index()
    }
}

static TABLE: VisitorTable = VisitorTable { visit: visit_one };

/// # Safety
/// As [`Step`](super::answer::Step), of a [`Caller`].
unsafe extern "C" fn visit_one(caller: NonNull<Object>, value: RawAny) -> RawAny {
    // SAFETY: the caller, a [`Caller`], and the value are lent for the call.
    let (caller, value) = unsafe { lent::<Caller>(caller, value) };
    give(|| run(&caller, value.to_owned()).map(Option::unwrap_or_default))
}

/// Visits a value. A callback gets a value that it suits and a [`StructuralVisitor`], and says by that what is visited further;
/// elsewhere hooks say it, or all parts are. Gives what ended the visit early.
///
/// # Errors
/// Kind `ValueError` where an object contains itself; what callbacks and hooks end in.
pub fn visit(root: AnyView<'_>, rows: Rows) -> Result<Option<Any>, Error> {
    let caller = Obj::new(Caller { visitor: StructuralVisitor::begin(&TABLE), rows: Lent::new(rows) });
    let _end = End(&caller);
    run(&caller, root.to_owned())
}

/// Ends a visit, also one that unwinds.
struct End<'a>(&'a Caller);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.rows.end();
    }
}

enum Task {
    Enter(Any, Region),
    /// After the parts of the object, which is noted if the truth value says so.
    Leave(Any, bool),
}

/// How a visit goes on after a value.
enum Next {
    /// Past it.
    Past,
    /// To these.
    Parts(Vec<(Any, Region)>),
    /// Not at all.
    End(Any),
}

fn run(caller: &Obj<Caller>, root: Any) -> Result<Option<Any>, Error> {
    let rows = caller.rows.get()?;
    let mut todo = vec![Task::Enter(root, caller.visitor.region())];
    let mut inside: NumberSet<usize> = NumberSet::default();
    let mut checkpoints = Checkpoints::default();
    let address = |value: &Any| value.view().as_object().map_or(0, |object| object.as_ptr() as usize);
    while let Some(task) = todo.pop() {
        checkpoints.step()?;
        let (value, region) = match task {
            Task::Enter(value, region) if !value.is_none() => (value, region),
            Task::Enter(..) => continue,
            Task::Leave(value, noted) => {
                if noted {
                    inside.remove(&address(&value));
                }
                continue;
            }
        };
        let next = enter(caller, &rows, value.view(), region).inspect_err(|error| {
            let around = todo.iter().rev().filter_map(|task| match task {
                Task::Leave(value, _) => Some(value),
                Task::Enter(..) => None,
            });
            std::iter::once(&value).chain(around).for_each(|value| VisitErrorContext::note(error, value.clone()));
        })?;
        match next {
            Next::Past => {}
            Next::End(interrupt) => return Ok(Some(interrupt)),
            Next::Parts(parts) => {
                let noted = !has_one_place(&value);
                inside.grow(usize::from(noted));
                if noted && !inside.insert(address(&value)) {
                    let name = value.view().type_name();
                    return Err(Error::value_error(format!("a visit came to a cycle: `{name}` contains itself")));
                }
                todo.grow(1);
                todo.push(Task::Leave(value, noted));
                gather_into(&mut todo, parts.into_iter().rev().map(|(part, region)| Task::Enter(part, region)));
            }
        }
    }
    Ok(None)
}

fn enter(caller: &Obj<Caller>, rows: &Rows, value: AnyView<'_>, region: Region) -> Result<Next, Error> {
    let visitor = caller.upcast_ref::<StructuralVisitor>();
    let further = Some(AnyView::of_object(visitor));
    let called = visitor.in_region(region, || rows.answer(value, further, AnyView::none()))?;
    let ended = match (called, parts::hook_of(value, &attr::STRUCTURAL_VISIT)) {
        (Some(answer), _) => interrupt(answer)?,
        (None, Some(hook)) => visitor.in_region(region, || visitor.visit_by(&hook, value))?,
        (None, None) => return Ok(parts::of(value, region)?.map_or(Next::Past, |parts| Next::Parts(parts.values))),
    };
    Ok(ended.map_or(Next::Past, Next::End))
}
