//! The constructor of types that are known by records only. It has a creator, and setters for the fields.
//! Upholds: arguments by position and by name go where an [`InitSignature`](super::InitSignature) would put them; an error leaves
//! nothing behind.

use super::record::{FieldRecord, DEFAULT_IS_FACTORY, HAS_DEFAULT, INIT_OFF, KW_ONLY};
use super::record_access::{chain, create};
use super::sentinel;
use crate::function::{Error, Function};
use crate::object::{registry, Obj, Object};
use crate::value::{Any, AnyView, IntoAny};

/// A function that makes objects of a type. What is known of the type is looked up by each call: more may be registered
/// later.
pub(super) fn constructor(index: i32) -> Function {
    Function::from_packed(move |arguments| construct(index, arguments).map(IntoAny::into_any))
}

fn construct(index: i32, arguments: &[AnyView<'_>]) -> Result<Obj<Object>, Error> {
    let records = chain(index)?;
    let key = registry::type_info(index).map_or("?", |info| info.key);
    let creator = records.last().and_then(|record| record.metadata()).and_then(|metadata| metadata.creator);
    let creator = creator.ok_or_else(|| Error::type_error(format!("`{key}` has no function that makes objects")))?;
    let fields: Vec<&FieldRecord> = records.iter().flat_map(|record| record.fields()).collect();
    let given = assign(key, &fields, arguments)?;
    let object = create(creator)?;
    for (field, given) in fields.iter().zip(given) {
        let default = match given {
            Some(_) => None,
            None => default_of(field)?,
        };
        if let Some(value) = given.or(default.as_ref().map(Any::view)) {
            // SAFETY: the creator made an object of the type that the field belongs to. This thread alone knows it.
            unsafe { field.set(object.as_raw(), value) }?;
        }
    }
    Ok(object)
}

/// What a field starts with, beside what its creator gave it.
fn default_of(field: &FieldRecord) -> Result<Option<Any>, Error> {
    if field.flags & HAS_DEFAULT == 0 {
        return Ok(None);
    }
    // SAFETY: a record's default is retained.
    let default: AnyView<'_> = unsafe { AnyView::from_raw(field.default) };
    match field.flags & DEFAULT_IS_FACTORY {
        0 => Ok(Some(default.to_owned())),
        _ => Function::call_view(default, &[]).map(Some),
    }
}

/// Which argument each field gets.
fn assign<'a>(
    key: &str,
    fields: &[&FieldRecord],
    arguments: &[AnyView<'a>],
) -> Result<Vec<Option<AnyView<'a>>>, Error> {
    let end = arguments.iter().position(|view| sentinel::is_kwargs(*view)).unwrap_or(arguments.len());
    let (by_position, by_name) = (&arguments[..end], arguments.get(end + 1..).unwrap_or(&[]));
    // A derived type's field of the same name is meant.
    let is_hidden = |at: usize| fields[at + 1..].iter().any(|other| other.name() == fields[at].name());
    let is_passed = |at: usize| fields[at].flags & INIT_OFF == 0 && !is_hidden(at);
    let is_required = |at: usize| is_passed(at) && fields[at].flags & HAS_DEFAULT == 0;
    let by_position_only = |at: &usize| is_passed(*at) && fields[*at].flags & KW_ONLY == 0;
    let (first, second): (Vec<usize>, Vec<usize>) =
        (0..fields.len()).filter(by_position_only).partition(|at| is_required(*at));
    let places = [first, second].concat();
    if by_position.len() > places.len() {
        let (takes, count) = (places.len(), by_position.len());
        return Err(wrong(key, &format!("takes {takes} positional arguments but {count} were given")));
    }
    let mut given = vec![None; fields.len()];
    for (at, view) in places.iter().zip(by_position) {
        given[*at] = Some(*view);
    }
    let (pairs, []) = by_name.as_chunks::<2>() else {
        return Err(wrong(key, &format!("takes names and values by turns behind KWARGS, got {}", by_name.len())));
    };
    for [name, value] in pairs {
        let found = name
            .as_str()
            .ok_or_else(|| wrong(key, &format!("takes a str as a name behind KWARGS, got {}", name.type_name())))?;
        let at = (0..fields.len()).find(|at| is_passed(*at) && fields[*at].name() == found);
        let at = at.ok_or_else(|| wrong(key, &format!("got an unexpected keyword argument '{found}'")))?;
        if given[at].replace(*value).is_some() {
            return Err(wrong(key, &format!("got multiple values for argument '{found}'")));
        }
    }
    given.iter_mut().for_each(|given| *given = given.filter(|view| !sentinel::is_missing(*view)));
    match (0..fields.len()).find(|at| given[*at].is_none() && is_required(*at)) {
        Some(at) => Err(wrong(key, &format!("missing required argument: '{}'", fields[at].name()))),
        None => Ok(given),
    }
}

#[cold]
fn wrong(key: &str, what: &str) -> Error {
    Error::type_error(format!("{key}.__init__() {what}"))
}
