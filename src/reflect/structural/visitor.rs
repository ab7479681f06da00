//! Visitors, as C++ has them too. One goes on with a visit, for the hooks of types and for callbacks.
//! Upholds: the layout is the C ABI's; visitors of any maker are used by the table of functions that they bring along.

use super::answer::{call_hook, take, Step};
use super::interrupt::VisitInterrupt;
use super::parts;
use super::Region;
use crate::function::{Error, Function};
use crate::object::{Header, Obj, Object, ObjectType};
use crate::reflect::{attr, hook, Declaration, Declared, Definition, Native};
use crate::value::{Any, AnyView, Mutable};

/// The functions of a visitor.
#[derive(Debug)]
#[repr(C)]
pub struct VisitorTable {
    /// Visits a value. The answer is no value, to go on, or a [`VisitInterrupt`].
    pub visit: Step,
}

/// What hooks and callbacks get, to visit parts of their objects.
///
/// | member | protected by |
/// |---|---|
/// | `table` | constant |
/// | `region` | a visitor is used by one thread at a time; C++ reads and writes it plainly |
#[repr(C)]
pub struct StructuralVisitor {
    header: Header,
    table: Option<&'static VisitorTable>,
    region: Mutable<i32>,
}

// A model's atomics are larger.
#[cfg(not(any(bowline_loom, bowline_shuttle)))]
const _: () = assert!(
    std::mem::offset_of!(StructuralVisitor, table) == 24
        && std::mem::offset_of!(StructuralVisitor, region) == 32
        && size_of::<StructuralVisitor>() == 40
);

// SAFETY: repr(C), starts with the header; makers in C++ have the same class. Its declaration registers it.
unsafe impl ObjectType for StructuralVisitor {
    const TYPE_KEY: &'static str = "ffi.StructuralVisitor";
    type Parent = Object;
    #[inline]
    fn type_index() -> i32 {
        static DECLARED: Declared = Declared::new();
        DECLARED.index::<Self>()
    }
}

impl Declaration for StructuralVisitor {
    fn definition() -> Definition {
        let mut methods = Vec::new();
        crate::__object_methods! {
            methods "ffi.StructuralVisitor"
            /// Visits a value; gives what ends the visit, if something does.
            fn _visit = |this: Obj<StructuralVisitor>, value: Any| this.visit(value.view()).map(Option::unwrap_or_default);
            /// Visits a value as its type says, without the callbacks that suit it.
            fn _default_visit =
                |this: Obj<StructuralVisitor>, value: Any| this.default_visit(value.view()).map(Option::unwrap_or_default);
            /// The number of the region that parts are visited in now.
            fn _def_region_kind = |this: &StructuralVisitor| this.region() as i64;
            /// Calls a function, while which parts are visited in another region; gives what it returns.
            fn _with_def_region_kind =
                |this: &StructuralVisitor, kind: i64, call: Function| this.with_region(Region::of_number(kind), || call.call(&[]));
        }
        Definition {
            doc: "What hooks and callbacks get, to visit parts of their objects.".into(),
            methods,
            // SAFETY: only for its size. There is no blank one, and without fields none is made by reflection.
            native: Some(unsafe { Native::new::<Self>() }),
            constructible: false,
            copyable: false,
            ..Definition::default()
        }
    }

    fn blank() -> Option<Self> {
        None
    }
}

impl StructuralVisitor {
    /// The beginning of a visitor with these functions.
    pub(super) fn begin(table: &'static VisitorTable) -> StructuralVisitor {
        StructuralVisitor { header: Header::placeholder(), table: Some(table), region: Mutable::new(0) }
    }

    /// The region that parts are visited in.
    pub fn region(&self) -> Region {
        Region::of_number(self.region.get().into())
    }

    /// Runs `work`, while which parts are visited in another region. Everything inside a pattern is a part of it.
    pub fn with_region<R>(&self, region: Region, work: impl FnOnce() -> R) -> R {
        match self.region() {
            Region::Define => work(),
            _ => self.in_region(region, work),
        }
    }

    /// As [`with_region`](Self::with_region), whatever the region was.
    pub(super) fn in_region<R>(&self, region: Region, work: impl FnOnce() -> R) -> R {
        let before = self.region.get();
        self.region.set(region as i32);
        let result = work();
        self.region.set(before);
        result
    }
}

impl Obj<StructuralVisitor> {
    /// Visits a value; gives what ends the visit, if something does.
    ///
    /// # Errors
    /// What the visit ends in.
    pub fn visit(&self, value: AnyView<'_>) -> Result<Option<Any>, Error> {
        let table = self.table.ok_or_else(|| Error::runtime("a StructuralVisitor without functions"))?;
        // SAFETY: a visitor's table is for visitors of its kind.
        interrupt(unsafe { take(table.visit, self.as_raw(), value) }?)
    }

    /// Visits a value as its type says: by its hook, else part by part.
    ///
    /// # Errors
    /// As [`visit`](Self::visit).
    pub fn default_visit(&self, value: AnyView<'_>) -> Result<Option<Any>, Error> {
        if let Some(hook) = hook::of(value.type_index(), &attr::STRUCTURAL_VISIT) {
            return self.visit_by(&hook, value);
        }
        let Some(parts) = parts::of(value, self.region())? else { return Ok(None) };
        for (part, region) in &parts.values {
            let ended = self.in_region(*region, || self.visit(part.view()))?;
            if ended.is_some() {
                return Ok(ended);
            }
        }
        Ok(None)
    }

    /// Visits a value by the hook of its type.
    pub(super) fn visit_by(&self, hook: &Any, value: AnyView<'_>) -> Result<Option<Any>, Error> {
        // SAFETY: the attribute is for such hooks.
        interrupt(unsafe { call_hook(hook, self, value) }?)
    }
}

/// What an answer ends a visit with.
pub(super) fn interrupt(answer: Any) -> Result<Option<Any>, Error> {
    match answer.is_none() || answer.view().as_ref::<VisitInterrupt>().is_some() {
        true => Ok(Some(answer).filter(|answer| !answer.is_none())),
        false => Err(Error::type_error(format!(
            "expected None or a VisitInterrupt from a visit, got {}",
            answer.view().type_name()
        ))),
    }
}
