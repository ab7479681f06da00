//! What a type's `__s_visit__` hook says to a walk. It names the parts of its objects, and which of them define variables.
//! Upholds: a hook says parts until it ends, and the walk visits them after it, so that depth takes no stack.

use super::answer::{give, lent};
use super::visitor::{StructuralVisitor, VisitorTable};
use super::Region;
use crate::function::Error;
use crate::object::grow::Grow;
use crate::object::{Obj, Object, ObjectType};
use crate::value::{Any, AnyView, RawAny};
use std::ptr::NonNull;
use std::sync::{Mutex, MutexGuard};

/// Parts, and the region of each.
type Parts = Vec<(Any, Region)>;

/// A visitor that notes what it is to visit.
#[repr(C)]
struct Recorder {
    visitor: StructuralVisitor,
    /// None once the hook has ended.
    parts: Mutex<Option<Parts>>,
}

// SAFETY: repr(C), starts with a visitor, as which its objects are known. C++ makes such larger ones too. It is no type that
// objects are converted to.
unsafe impl ObjectType for Recorder {
    const TYPE_KEY: &'static str = StructuralVisitor::TYPE_KEY;
    type Parent = Object;
    fn type_index() -> i32 {
        StructuralVisitor::type_index()
    }
}

impl Recorder {
    fn parts(&self) -> MutexGuard<'_, Option<Parts>> {
        self.parts.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn record(&self, value: Any) -> Result<(), Error> {
        let region = self.visitor.region();
        match self.parts().as_mut() {
            Some(parts) => {
                parts.grow(1);
                parts.push((value, region));
                Ok(())
            }
            None => Err(Error::runtime("a StructuralVisitor is used after the end of the hook that got it")),
        }
    }
}

static TABLE: VisitorTable = VisitorTable { visit };

/// Notes a value.
///
/// # Safety
/// As [`Step`](super::answer::Step), of a [`Recorder`].
unsafe extern "C" fn visit(recorder: NonNull<Object>, value: RawAny) -> RawAny {
    // SAFETY: the recorder, a [`Recorder`], and the value are lent for the call.
    let (recorder, value) = unsafe { lent::<Recorder>(recorder, value) };
    give(|| recorder.record(value.to_owned()).map(|()| Any::none()))
}

/// What a hook said.
pub(super) enum VisitAnswer {
    /// These are the parts.
    Parts(Parts),
    /// The walk ends with this.
    Interrupt(Any),
}

/// What the hook of its type says of an object.
pub(super) fn query(view: AnyView<'_>, hook: &Any, region: Region) -> Result<VisitAnswer, Error> {
    let recorder =
        Obj::new(Recorder { visitor: StructuralVisitor::begin(&TABLE), parts: Mutex::new(Some(Vec::new())) });
    let visitor = recorder.upcast_ref::<StructuralVisitor>();
    let ended = visitor.in_region(region, || visitor.visit_by(hook, view));
    let parts = recorder.parts().take();
    Ok(match ended? {
        None => VisitAnswer::Parts(parts.unwrap_or_default()),
        Some(interrupt) => VisitAnswer::Interrupt(interrupt),
    })
}
