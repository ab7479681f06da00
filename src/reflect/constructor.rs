//! `__ffi_init__`: a type's constructor as a function. It is for callers that know the type by reflection only.
//! Upholds: an error leaves nothing behind.

use super::{attr, info, instance, record_init, sentinel, FieldDefault, FieldInfo, InitSignature, Reflection};
use crate::function::{Error, Function};
use crate::object::grow::try_gathered;
use crate::object::{Obj, Object};
use crate::value::{convert, Any, AnyView, IntoAny, Str};
use std::sync::OnceLock;

const INIT: &str = "__ffi_init__";

/// A function that makes objects of a type from values of its fields. The values come by position, and behind
/// [`sentinel::kwargs`] by name. A field that is not given, or is [`sentinel::missing`], gets its default.
///
/// ```
/// use bowline::object::ObjectType;
/// use bowline::reflect::{self, sentinel};
/// use bowline::value::IntoAny;
///
/// bowline::object! {
///     #[key = "doc.Range"]
///     pub struct Range { pub end: i64, pub begin: i64 = 0, #[field(kw_only)] pub step: i64 = 1 }
/// }
///
/// let make = reflect::constructor(reflect::info(Range::type_index()).unwrap());
/// let (nine, step, two) = (9.into_any(), "step".into_any(), 2.into_any());
/// let kwargs = sentinel::kwargs().clone().into_any();
/// let made = make.call(&[nine.view(), kwargs.view(), step.view(), two.view()]).unwrap();
/// let made = made.view().as_ref::<Range>().unwrap();
/// assert_eq!((made.begin, made.end, made.step), (0, 9, 2));
/// ```
pub fn constructor(reflection: &'static Reflection) -> Function {
    // Made by the first call. It takes a blank object to see whether there can be one.
    let signature = OnceLock::new();
    Function::from_packed(move |arguments| {
        construct(signature.get_or_init(|| InitSignature::of(reflection)), arguments).map(IntoAny::into_any)
    })
}

/// The attribute `__ffi_init__` of a type. It is its [`constructor`], made now, unless another was set; none if its objects
/// [cannot be made](Reflection::constructible) of values for the fields. Of a type of another maker that is known by its record,
/// a constructor by that.
pub fn init_of(index: i32) -> Option<Any> {
    let known = info(index);
    if known.is_some_and(Reflection::is_foreign) {
        return attr::set_if_none(index, INIT, || record_init::constructor(index).into_any()).ok();
    }
    let reflection = known.filter(|reflection| reflection.constructible);
    match reflection {
        Some(reflection) => attr::set_if_none(index, INIT, || constructor(reflection).into_any()).ok(),
        None => attr::get(index, INIT),
    }
}

/// # Errors
/// Kind `TypeError` for arguments that do not suit. It is also for a type's maker that makes something else. Errors of default
/// factories and `MemoryError` pass through.
fn construct(signature: &InitSignature, arguments: &[AnyView<'_>]) -> Result<Obj<Object>, Error> {
    let given = assign(signature, arguments)?;
    let fields = signature.reflection().fields.iter();
    let values = try_gathered(fields.zip(given).map(|(field, given)| value(field, given)))?;
    // SAFETY: each was accepted by its field.
    unsafe { instance::assemble(signature, values) }
}

/// Which field each argument is for.
fn assign<'a>(signature: &InitSignature, arguments: &[AnyView<'a>]) -> Result<Vec<Option<AnyView<'a>>>, Error> {
    let end = arguments.iter().position(|view| sentinel::is_kwargs(*view));
    let (by_position, by_name) = match end {
        Some(end) => (&arguments[..end], &arguments[end + 1..]),
        None => (arguments, &[][..]),
    };
    if by_position.len() > signature.positional().len() {
        return Err(signature.too_many(by_position.len()));
    }
    let (pairs, []) = by_name.as_chunks::<2>() else { return Err(signature.unpaired(by_name.len())) };
    let mut given = vec![None; signature.reflection().fields.len()];
    for (at, view) in signature.positional().iter().zip(by_position) {
        given[*at] = Some(*view);
    }
    for [name, value] in pairs {
        let at = match convert::<Str>(*name) {
            Ok(name) => signature.named(&name)?,
            Err(_) => return Err(signature.no_name(&name.type_name())),
        };
        if given[at].replace(*value).is_some() {
            return Err(signature.twice(at));
        }
    }
    given.iter_mut().for_each(|given| *given = given.filter(|view| !sentinel::is_missing(*view)));
    match (0..given.len()).any(|at| given[at].is_none() && signature.is_required(at)) {
        true => Err(signature.missing(|at| given[at].is_some())),
        false => Ok(given),
    }
}

/// What a field starts with; none for what it has anyway.
fn value(field: &FieldInfo, given: Option<AnyView<'_>>) -> Result<Option<Any>, Error> {
    let accept = |value| field.accept(value).map_err(|error| field.wrap(&error));
    match (given, &field.default) {
        (Some(view), _) => accept(AnyView::to_owned(view)).map(Some),
        (None, FieldDefault::Value(value)) => Ok(Some(value.clone())),
        (None, FieldDefault::Factory(factory)) => factory.call(&[]).and_then(accept).map(Some),
        (None, FieldDefault::Required) => Ok(None),
    }
}
