//! Mutators, as C++ has them too. One goes on with a mutation, for the hooks of types and for callbacks.
//! Upholds: the layout is the C ABI's; mutators of any maker are used by the table of functions that they bring along.

use super::answer::{call_hook, is_unchanged, result, take, unchanged, Step};
use super::parts::{self, is_same};
use super::Region;
use crate::function::{stack, Error, Function};
use crate::object::grow::try_gathered;
use crate::object::{Header, Obj, Object, ObjectType};
use crate::reflect::{attr, hook, Declaration, Declared, Definition, Native, StructuralKind};
use crate::value::{Any, AnyView, Mutable, RawAny};
use std::ptr::NonNull;

/// Notes what stands for a variable. The answer is no value, or an error.
pub type SetStep = unsafe extern "C" fn(NonNull<Object>, RawAny, RawAny) -> RawAny;

/// The functions of a mutator.
#[derive(Debug)]
#[repr(C)]
pub struct MutatorTable {
    /// Says what a value becomes, or that it stays as it is. The value is not changed.
    pub mutate: Step,
    /// The same, but a value that only the caller has may be changed in place. It stays then.
    pub mutate_in_place: Step,
    /// What was noted for a variable; no value if nothing was.
    pub get: Step,
    /// Notes it.
    pub set: SetStep,
}

/// What hooks and callbacks get, to mutate parts of their objects.
///
/// | member | protected by |
/// |---|---|
/// | `table` | constant |
/// | `region` | a mutator is used by one thread at a time; C++ reads and writes it plainly |
#[repr(C)]
pub struct StructuralMutator {
    header: Header,
    table: Option<&'static MutatorTable>,
    region: Mutable<i32>,
}

// A model's atomics are larger.
#[cfg(not(any(bowline_loom, bowline_shuttle)))]
const _: () = assert!(
    std::mem::offset_of!(StructuralMutator, table) == 24
        && std::mem::offset_of!(StructuralMutator, region) == 32
        && size_of::<StructuralMutator>() == 40
);

// SAFETY: repr(C), starts with the header; makers in C++ have the same class. Its declaration registers it.
unsafe impl ObjectType for StructuralMutator {
    const TYPE_KEY: &'static str = "ffi.StructuralMutator";
    type Parent = Object;
    #[inline]
    fn type_index() -> i32 {
        static DECLARED: Declared = Declared::new();
        DECLARED.index::<Self>()
    }
}

impl Declaration for StructuralMutator {
    fn definition() -> Definition {
        let mut methods = Vec::new();
        crate::__object_methods! {
            methods "ffi.StructuralMutator"
            /// Gives what a value becomes; the value stays as it is.
            fn _mutate = |this: Obj<StructuralMutator>, value: Any| this.mutate(value.view());
            /// Gives a value with its parts mutated, as its type says. The callbacks that suit the value itself are not
            /// called.
            fn _default_mutate = |this: Obj<StructuralMutator>, value: Any| this.default_mutate(value.view());
            /// Gives what was noted to stand for a variable; None if nothing was.
            fn _var_remap_get = |this: Obj<StructuralMutator>, var: Any| {
                variable(var.view()).and_then(|()| this.get_variable(var.view()))
            };
            /// Notes what stands for a variable where it is used further on.
            fn _var_remap_set = |this: Obj<StructuralMutator>, var: Any, mapped_value: Any| {
                variable(var.view()).and_then(|()| this.set_variable(var.view(), mapped_value.view()))
            };
            /// The number of the region that parts are mutated in now.
            fn _def_region_kind = |this: &StructuralMutator| this.region() as i64;
            /// Calls a function, while which parts are mutated in another region; gives what it returns.
            fn _with_def_region_kind =
                |this: &StructuralMutator, kind: i64, call: Function| this.with_region(Region::of_number(kind), || call.call(&[]));
        }
        Definition {
            doc: "What hooks and callbacks get, to mutate parts of their objects.".into(),
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

/// Refuses what is no variable.
fn variable(value: AnyView<'_>) -> Result<(), Error> {
    match parts::kind_of(value.type_index()) {
        StructuralKind::FreeVar | StructuralKind::Dag => Ok(()),
        _ => {
            let found = value.type_name();
            Err(Error::type_error(format!(
                "expected an object of a class with structural_eq 'var' or 'dag', got {found}"
            )))
        }
    }
}

impl StructuralMutator {
    /// The beginning of a mutator with these functions.
    pub(super) fn begin(table: &'static MutatorTable) -> StructuralMutator {
        StructuralMutator { header: Header::placeholder(), table: Some(table), region: Mutable::new(0) }
    }

    fn table(&self) -> Result<&'static MutatorTable, Error> {
        self.table.ok_or_else(|| Error::runtime("a StructuralMutator without functions"))
    }

    /// The region that parts are mutated in.
    pub fn region(&self) -> Region {
        Region::of_number(self.region.get().into())
    }

    /// Runs `work`, while which parts are mutated in another region. Everything inside a pattern is a part of it.
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

impl Obj<StructuralMutator> {
    /// What a value becomes: the value itself if it stays.
    ///
    /// # Errors
    /// What the mutation ends in.
    pub fn mutate(&self, value: AnyView<'_>) -> Result<Any, Error> {
        self.ask(value).map(|answer| resolved(answer, value))
    }

    /// What a value becomes, or that it stays.
    pub(super) fn ask(&self, value: AnyView<'_>) -> Result<Any, Error> {
        // SAFETY: a mutator's table is for mutators of its kind.
        unsafe { take(self.table()?.mutate, self.as_raw(), value) }
    }

    /// As [`ask`](Self::ask), of a value that may be changed in place.
    pub(super) fn ask_in_place(&self, value: AnyView<'_>) -> Result<Any, Error> {
        // SAFETY: a mutator's table is for mutators of its kind.
        unsafe { take(self.table()?.mutate_in_place, self.as_raw(), value) }
    }

    /// What was noted for a variable; no value if nothing was.
    ///
    /// # Errors
    /// Those of the mutator.
    pub fn get_variable(&self, variable: AnyView<'_>) -> Result<Any, Error> {
        // SAFETY: a mutator's table is for mutators of its kind.
        unsafe { take(self.table()?.get, self.as_raw(), variable) }.map(|answer| resolved(answer, variable))
    }

    /// Notes what stands for a variable.
    ///
    /// # Errors
    /// Those of the mutator.
    pub fn set_variable(&self, variable: AnyView<'_>, value: AnyView<'_>) -> Result<(), Error> {
        stack::expect()?;
        // SAFETY: a mutator's table is for mutators of its kind; the answer is owned.
        let answer = unsafe { Any::from_raw((self.table()?.set)(self.as_raw(), variable.to_raw(), value.to_raw())) };
        result(answer).map(drop)
    }

    /// A value as its type says: by its hook, else with its parts mutated.
    ///
    /// # Errors
    /// As [`mutate`](Self::mutate).
    pub fn default_mutate(&self, value: AnyView<'_>) -> Result<Any, Error> {
        if let Some(hook) = hook::of(value.type_index(), &attr::STRUCTURAL_MUTATE) {
            return self.mutate_by(&hook, value).map(|answer| resolved(answer, value));
        }
        let (kind, region) = (parts::kind_of(value.type_index()), self.region());
        let is_variable = kind == StructuralKind::FreeVar;
        if is_variable || kind == StructuralKind::Dag {
            let known = self.get_variable(value)?;
            if !known.is_none() {
                return Ok(known);
            }
            if is_variable && region == Region::Use {
                return Ok(value.to_owned());
            }
        }
        let Some(parts) = parts::of(value, region)? else { return Ok(value.to_owned()) };
        let parts_now = parts.values.iter().map(|(part, region)| self.in_region(*region, || self.mutate(part.view())));
        let values = try_gathered::<_, Error>(parts_now)?;
        let new = match parts.are_other(&values) {
            true => parts.replaced(value, values)?,
            false => value.to_owned(),
        };
        if is_noted(kind, region, is_same(value, new.view())) {
            self.set_variable(value, new.view())?;
        }
        Ok(new)
    }

    /// What a value becomes by the hook of its type, or that it stays.
    pub(super) fn mutate_by(&self, hook: &Any, value: AnyView<'_>) -> Result<Any, Error> {
        // SAFETY: the attribute is for such hooks.
        unsafe { call_hook(hook, self, value) }
    }
}

/// Whether it is noted what an object of a kind became in a region.
pub(super) fn is_noted(kind: StructuralKind, region: Region, stays: bool) -> bool {
    match kind {
        StructuralKind::Dag => true,
        // A variable that stays stands for itself where nothing is noted. But in a pattern it may come again.
        StructuralKind::FreeVar => !stays || region == Region::Define,
        _ => false,
    }
}

/// The value itself where an answer says that it stays.
pub(super) fn resolved(answer: Any, value: AnyView<'_>) -> Any {
    match is_unchanged(&answer) {
        true => value.to_owned(),
        false => answer,
    }
}

/// That a value stays, where it became what it is.
pub(super) fn told(new: Any, value: AnyView<'_>) -> Any {
    match is_same(value, new.view()) {
        true => unchanged(),
        false => new,
    }
}
