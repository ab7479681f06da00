//! What a type's `__s_visit__` hook says to a walk: which parts its objects have, and which of them define variables.
//! Upholds: a hook says parts until it ends, and the walk visits them after it, so that depth takes no stack.

use super::interrupt::VisitInterrupt;
use super::Region;
use crate::container::List;
use crate::function::{Error, Function};
use crate::object::grow::gathered;
use crate::object::{Obj, ObjectType};
use crate::reflect::{attr, hook};
use crate::value::{convert, Any, AnyView, IntoAny, Mutable};

crate::object! {
    /// What a hook gets, to say the parts of its object.
    #[key = "ffi.StructuralVisitor"]
    pub struct StructuralVisitor {
        /// Parts, and the region of each.
        #[field(no_repr, ignored)]
        _parts: List,
        #[field(no_repr, ignored)]
        _region: Mutable<i64>,
        #[field(no_repr, ignored)]
        _ended: Mutable<bool>,
    }
    methods {
        /// Lets the walk visit a value as a part of the object.
        fn visit = |this: &StructuralVisitor, value: Any| this.visit(value);
        /// The number of the region that parts are said in now.
        fn _def_region_kind = |this: &StructuralVisitor| this._region.get();
        /// Calls a function, while which parts are said in another region; gives what it returns.
        fn _with_def_region_kind =
            |this: &StructuralVisitor, kind: i64, call: Function| this.with_region(Region::of_number(kind), || call.call(&[]));
    }
    options { constructible: false, copyable: false }
}

impl StructuralVisitor {
    /// Lets the walk visit a value as a part of the object.
    ///
    /// # Errors
    /// Kind `RuntimeError` after the hook's end.
    pub fn visit(&self, value: Any) -> Result<(), Error> {
        if self._ended.get() {
            return Err(Error::runtime("a StructuralVisitor is used after the end of the hook that got it"));
        }
        self._parts.push(value);
        self._parts.push(self._region.get().into_any());
        Ok(())
    }

    /// The region that parts are said in now.
    pub fn region(&self) -> Region {
        Region::of_number(self._region.get())
    }

    /// Runs `work`, while which parts are said in another region.
    pub fn with_region<R>(&self, region: Region, work: impl FnOnce() -> R) -> R {
        let before = self._region.get();
        self._region.set(region as i64);
        let result = work();
        self._region.set(before);
        result
    }

    fn parts(&self) -> Vec<(Any, Region)> {
        let said = self._parts.as_object().snapshot();
        let region = |number: &Any| Region::of_number(number.view().as_int().unwrap_or(0));
        gathered(said.chunks_exact(2).map(|part| (part[0].clone(), region(&part[1]))))
    }
}

/// What a hook said.
pub(super) enum VisitAnswer {
    /// These are the parts.
    Parts(Vec<(Any, Region)>),
    /// The walk ends with this.
    Interrupt(Any),
}

/// What a type's hook says of an object; none if the type has no hook.
pub(super) fn query(view: AnyView<'_>, region: Region) -> Result<Option<VisitAnswer>, Error> {
    let Some(hook) = hook::of(view.type_index(), &attr::STRUCTURAL_VISIT) else { return Ok(None) };
    let visitor = StructuralVisitor::new(List::new(), region as i64, false);
    let answer = Function::call_view(hook.view(), &[view, AnyView::of_object(&visitor)]);
    visitor._ended.set(true);
    let answer = answer?;
    Ok(Some(match answer.is_none() {
        true => VisitAnswer::Parts(visitor.parts()),
        false => VisitAnswer::Interrupt(convert::<Obj<VisitInterrupt>>(answer.view())?.into_any()),
    }))
}

/// Registers the type.
pub(super) fn declare() {
    let _ = StructuralVisitor::type_index();
}
