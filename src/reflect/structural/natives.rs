//! How visitors and mutators of C++ go through the containers and texts of this crate. They are hooks of these types, as
//! addresses.
//! Upholds: mutable containers are looked at as a whole, at one moment, unless the caller alone has them; a value that stays is
//! answered with that.

use super::answer::{give, is_unchanged, lent, pointer, unchanged, Step};
use super::mutator::StructuralMutator;
use super::parts::{self, is_same};
use super::visitor::StructuralVisitor;
use crate::container::{ArrayObj, DictObj, ListObj, MapObj};
use crate::function::Error;
use crate::object::grow::try_gathered;
use crate::object::{Obj, Object, ObjectType};
use crate::reflect::attr;
use crate::value::{tag, Any, AnyView, RawAny};
use std::mem::ManuallyDrop;
use std::ptr::NonNull;

/// Visits items, or the values of a mapping.
///
/// # Safety
/// As [`Step`], of any visitor.
unsafe extern "C" fn visit(visitor: NonNull<Object>, value: RawAny) -> RawAny {
    // SAFETY: the visitor and the value are lent for the call.
    let (visitor, value) = unsafe { lent::<StructuralVisitor>(visitor, value) };
    give(|| {
        let Some(parts) = parts::of(value, visitor.region())? else { return Ok(Any::none()) };
        for (part, _) in &parts.values {
            if let Some(ended) = visitor.visit(part.view())? {
                return Ok(ended);
            }
        }
        Ok(Any::none())
    })
}

/// Leaves a value as it is.
///
/// # Safety
/// As [`Step`], of any mutator.
unsafe extern "C" fn keep(_mutator: NonNull<Object>, _value: RawAny) -> RawAny {
    unchanged().into_raw()
}

/// Mutates items, or the values of a mapping.
///
/// # Safety
/// As [`Step`], of any mutator.
unsafe extern "C" fn mutate(mutator: NonNull<Object>, value: RawAny) -> RawAny {
    // SAFETY: the mutator and the value are lent for the call.
    let (mutator, value) = unsafe { lent::<StructuralMutator>(mutator, value) };
    give(|| copied(&mutator, value))
}

fn copied(mutator: &Obj<StructuralMutator>, value: AnyView<'_>) -> Result<Any, Error> {
    let Some(parts) = parts::of(value, mutator.region())? else { return Ok(unchanged()) };
    let values = try_gathered::<_, Error>(parts.values.iter().map(|(part, _)| mutator.mutate(part.view())))?;
    match parts.are_other(&values) {
        true => parts.replaced(value, values),
        false => Ok(unchanged()),
    }
}

/// A container whose parts the only one who has it may replace.
trait InPlace: ObjectType {
    /// Calls `change` for each part; what it gives replaces the part. False, having done nothing, if others have the container, too.
    fn update(
        container: &mut Obj<Self>,
        change: impl FnMut(AnyView<'_>) -> Result<Option<Any>, Error>,
    ) -> Result<bool, Error>;
}

macro_rules! in_place {
    ($($container:ident)*) => {$(
        impl InPlace for $container {
            fn update(
                container: &mut Obj<Self>,
                change: impl FnMut(AnyView<'_>) -> Result<Option<Any>, Error>,
            ) -> Result<bool, Error> {
                $container::update(container, change)
            }
        }
    )*};
}
in_place! { ArrayObj ListObj MapObj DictObj }

/// Mutates parts where they are.
///
/// # Safety
/// As [`Step`], of any mutator, and the value is a `T` that the caller alone has.
unsafe extern "C" fn mutate_in_place<T: InPlace>(mutator: NonNull<Object>, value: RawAny) -> RawAny {
    // SAFETY: the mutator and the value, a `T` that the caller alone has, are lent.
    let (mutator, value) = unsafe { lent::<StructuralMutator>(mutator, value) };
    give(|| {
        let Some(object) = value.as_object() else { return Ok(unchanged()) };
        // SAFETY: it is a `T`, by the attribute that this stands in. The count stays the caller's, since the handle is not
        // dropped.
        let mut container = ManuallyDrop::new(unsafe { Obj::<T>::from_raw(object) });
        let change = |part: AnyView<'_>| {
            // The caller alone has a part that only this container has. It is so all the way from the root.
            let answer = match is_sole(part) {
                true => mutator.ask_in_place(part),
                false => mutator.ask(part),
            }?;
            Ok((!is_unchanged(&answer) && !is_same(part, answer.view())).then_some(answer))
        };
        match T::update(&mut container, change)? {
            true => Ok(unchanged()),
            false => copied(&mutator, value),
        }
    })
}

/// Whether an object has one strong count, and no weak one.
fn is_sole(part: AnyView<'_>) -> bool {
    part.as_object().is_some_and(|object| {
        // SAFETY: the view lends the object. The count stays the container's, since the handle is not dropped.
        let handle = ManuallyDrop::new(unsafe { Obj::<Object>::from_raw(object) });
        handle.is_unique()
    })
}

/// Sets the attributes of the types that C++ goes through by these.
pub(super) fn declare() {
    let set = |index: i32, name: &str, step: Step| {
        // What was there first stays.
        let _ = attr::set_once(index, name, pointer(step));
    };
    for index in [tag::STR, tag::BYTES, tag::BIG_INT] {
        set(index, "__s_mutate__", keep);
        set(index, "__s_maybe_inplace_mutate__", keep);
    }
    let containers: [(i32, Step); 4] = [
        (tag::ARRAY, mutate_in_place::<ArrayObj>),
        (tag::LIST, mutate_in_place::<ListObj>),
        (tag::MAP, mutate_in_place::<MapObj>),
        (tag::DICT, mutate_in_place::<DictObj>),
    ];
    for (index, in_place) in containers {
        set(index, "__s_visit__", visit);
        set(index, "__s_mutate__", mutate);
        set(index, "__s_maybe_inplace_mutate__", in_place);
    }
}
