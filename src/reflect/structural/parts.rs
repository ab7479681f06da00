//! What structure counts as the parts of a value. It makes values like others with other parts, too.
//! Upholds: a value is never changed; what it becomes with other parts is of its own type.

use super::Region;
use crate::container::{ArrayObj, DictObj, ListObj, MapObj};
use crate::function::Error;
use crate::object::grow::{gathered, try_gathered, Grow};
use crate::object::{registry, Obj, Object};
use crate::reflect::children::{children, field, frozen_items, Children};
use crate::reflect::content::{by_hook, is_shared};
use crate::reflect::record::{FieldRecord, STRUCTURAL_DEFINES, STRUCTURAL_DEFINES_FLAT, STRUCTURAL_IGNORE};
use crate::reflect::{attr, hook, info, instance, record_access, record_own};
use crate::reflect::{FieldRole, Reflection, StructuralKind};
use crate::value::{tag, Any, AnyView, IntoAny};

/// Where the parts of a value are.
enum Form {
    /// They are items.
    Items,
    /// They are the values of these keys.
    Entries(Vec<Any>),
    /// They are the fields that structure counts.
    Fields(&'static Reflection),
    /// They are these fields of a type of another maker.
    Records(Vec<&'static FieldRecord>),
}

/// The parts of a value, each with the region that it is in.
pub(super) struct Parts {
    pub values: Vec<(Any, Region)>,
    form: Form,
}

/// The parts of a value that lies in a region. They are items, values of a mapping, fields that structure counts; none if it
/// has none.
///
/// # Errors
/// What getters of other makers end in.
pub(super) fn of(view: AnyView<'_>, region: Region) -> Result<Option<Parts>, Error> {
    let Some(object) = view.as_object() else { return Ok(None) };
    if let Some(items) = frozen_items(view) {
        let values = gathered(items.iter().map(|item| (item.clone(), region)));
        return Ok((!values.is_empty()).then_some(Parts { values, form: Form::Items }));
    }
    if is_shared(view) || matches!(view.type_index(), tag::TENSOR | tag::MODULE | tag::OPAQUE | tag::BIG_INT) {
        return Ok(None);
    }
    let (form, values) = match children(view) {
        Children::Items(items) => (Form::Items, gathered(items.into_iter().map(|item| (item, region)))),
        Children::Entries(entries) => {
            let keys = gathered(entries.iter().map(|(key, _)| key.clone()));
            (Form::Entries(keys), gathered(entries.into_iter().map(|(_, value)| (value, region))))
        }
        Children::Fields(reflection) => {
            let mut values = Vec::new();
            values.grow(reflection.fields.len());
            let counted = counted(reflection);
            values.extend(counted.map(|(at, role)| (field(reflection, at, object), region.of_part(role))));
            (Form::Fields(reflection), values)
        }
        Children::Leaf => {
            let records = record_access::chain(view.type_index())?;
            let fields = records.iter().flat_map(|record| record.fields());
            let fields = gathered(fields.filter(|field| field.flags & STRUCTURAL_IGNORE == 0));
            let values = fields.iter().map(|field| {
                // SAFETY: the object is of the type, and the view lends it. Fields of such types are read as C++ reads them.
                Ok((unsafe { field.get(object) }?, region.of_part(role_of(field))))
            });
            let values = try_gathered::<_, Error>(values)?;
            (Form::Records(fields), values)
        }
    };
    Ok((!values.is_empty()).then_some(Parts { values, form }))
}

/// The fields that structure counts: where they are, and how.
pub(super) fn counted(reflection: &Reflection) -> impl Iterator<Item = (usize, FieldRole)> + '_ {
    let roles = reflection.fields.iter().map(|field| field.flags().structural).enumerate();
    roles.filter(|(_, role)| *role != FieldRole::Ignored)
}

fn role_of(field: &FieldRecord) -> FieldRole {
    match field.flags {
        flags if flags & STRUCTURAL_DEFINES_FLAT != 0 => FieldRole::DefinesFlat,
        flags if flags & STRUCTURAL_DEFINES != 0 => FieldRole::Defines,
        _ => FieldRole::Compared,
    }
}

impl Parts {
    /// Whether other values stand for some of the parts.
    pub(super) fn are_other(&self, values: &[Any]) -> bool {
        self.values.iter().zip(values).any(|((old, _), new)| !is_same(old.view(), new.view()))
    }

    /// The value like this one with other values for its parts.
    ///
    /// # Errors
    /// Kind `TypeError` when it cannot be copied, or a field cannot have its value; what hooks, getters and setters end in.
    pub(super) fn replaced(&self, original: AnyView<'_>, values: Vec<Any>) -> Result<Any, Error> {
        let below = registry::below_root(original.type_index());
        match &self.form {
            Form::Items if below == tag::LIST => Ok(ListObj::make(values).into_any()),
            Form::Items => Ok(ArrayObj::make(values.into_iter()).into_any()),
            Form::Entries(keys) => {
                let entries = keys.iter().cloned().zip(values);
                match below == tag::DICT {
                    true => DictObj::make(entries).map(IntoAny::into_any),
                    false => MapObj::make(entries).map(IntoAny::into_any),
                }
            }
            Form::Fields(reflection) => self.with_fields(original, reflection, values),
            Form::Records(fields) => {
                let copy = by_hook(original)?.ok_or_else(|| uncopyable(original))?;
                let object = distinct(original, copy)?;
                for ((field, (old, _)), new) in fields.iter().zip(&self.values).zip(values) {
                    if !is_same(old.view(), new.view()) {
                        // SAFETY: the copy is of the field's type, and no other thread knows it.
                        unsafe { field.set(object.as_raw(), new.view()) }?;
                    }
                }
                Ok(object.into())
            }
        }
    }

    fn with_fields(
        &self,
        original: AnyView<'_>,
        reflection: &'static Reflection,
        values: Vec<Any>,
    ) -> Result<Any, Error> {
        let places = counted(reflection).map(|(at, _)| at);
        if let Some(copy) = by_hook(original)? {
            let object = distinct(original, copy)?;
            for ((at, (old, _)), new) in places.zip(&self.values).zip(values) {
                if !is_same(old.view(), new.view()) {
                    reflection.fields[at].set_frozen(&object, new)?;
                }
            }
            return Ok(object.into());
        }
        let Some(object) = original.as_object().filter(|_| reflection.is_copyable()) else {
            return Err(uncopyable(original));
        };
        let mut all = gathered((0..reflection.fields.len()).map(|at| field(reflection, at, object)));
        for (at, value) in places.zip(values) {
            all[at] = value;
        }
        instance::make(reflection.index, all).map(IntoAny::into_any)
    }
}

#[cold]
fn uncopyable(original: AnyView<'_>) -> Error {
    Error::type_error(format!("`{}` does not support copying", original.type_name()))
}

/// A copy that may be changed.
fn distinct(original: AnyView<'_>, copy: Any) -> Result<Obj<Object>, Error> {
    let name = original.type_name();
    let same = copy.view().as_object() == original.as_object();
    let object = copy.into_object().ok().filter(|_| !same);
    object.ok_or_else(|| Error::type_error(format!("__ffi_shallow_copy__ of `{name}` returned its argument")))
}

/// Whether a value stands for another without a difference. It is the same object, equal plain data or text; floats are
/// compared by their bits.
pub(super) fn is_same(old: AnyView<'_>, new: AnyView<'_>) -> bool {
    old.same(&new) || old.text_or_bytes().is_some_and(|text| new.text_or_bytes() == Some(text))
}

/// How structure treats objects of a type.
pub(super) fn kind_of(index: i32) -> StructuralKind {
    if let Some(reflection) = info(index) {
        return reflection.structural;
    }
    match record_own::of(index).and_then(|record| record.metadata()).map_or(0, |metadata| metadata.structural) {
        2 => StructuralKind::FreeVar,
        3 => StructuralKind::Dag,
        _ => StructuralKind::Unsupported,
    }
}

/// The hook of a value's type. Types that the core knows are gone through without theirs, which does the same.
pub(super) fn hook_of(view: AnyView<'_>, which: &attr::Frequent) -> Option<Any> {
    match view.type_index() {
        ..=tag::BIG_INT => None,
        index => hook::of(index, which),
    }
}
