//! The operations of the object system as global functions. They are for callers that know names only: `ffi.Array`,
//! `ffi.DeepCopy` and others. Upholds: a function does what the Rust function of the same sense does, and nothing more.
//!
//! ```
//! use bowline::function::global;
//! use bowline::reflect::named;
//! use bowline::value::IntoAny;
//!
//! named::declare();
//! let list = global::get("ffi.List").unwrap().call(&[1.into_any().view()]).unwrap();
//! global::get("ffi.ListAppend").unwrap().call(&[list.view(), "two".into_any().view()]).unwrap();
//! let text = global::get("ffi.ReprPrint").unwrap().call(&[list.view()]).unwrap();
//! assert_eq!(text.view().as_str(), Some("[1, \"two\"]"));
//! ```

mod big_int;
mod containers;
mod structure;

use self::containers::{declare_mappings, declare_sequences, inside, packed};
use super::children::{children, Children};
use super::structural;
use super::{attr, content, info, init_of, instance, json, sentinel, FieldDefault, Reflection};
use crate::container::{Array, ShapeObj};
use crate::function::global::{self, declare as typed};
use crate::function::{Error, Function};
use crate::object::grow::{gather_into, gathered, try_gathered, Grow};
use crate::object::registry;
use crate::object::{Obj, Object};
use crate::tensor::dlpack::CPU;
use crate::tensor::TensorObj;
use crate::value::{convert, tag, Any, AnyView, Bytes, Device, IntoAny, Pointer, Schema, Str};
use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

/// Registers all of them, unless their names are taken.
pub fn declare() {
    structural::declare();
    sentinel::declare();
    big_int::declare();
    declare_content();
    structure::declare();
    declare_json();
    declare_values();
    declare_sequences();
    declare_mappings();
    declare_registry();
}

fn declare_content() {
    typed("ffi.RecursiveEq", |a: Any, b: Any| content::equal(a.view(), b.view()));
    typed("ffi.RecursiveHash", |value: Any| content::hash(value.view()).map(|hash| hash as i64));
    let order = |a: Any, b: Any| content::order(a.view(), b.view());
    typed("ffi.RecursiveLt", move |a: Any, b: Any| order(a, b).map(Ordering::is_lt));
    typed("ffi.RecursiveLe", move |a: Any, b: Any| order(a, b).map(Ordering::is_le));
    typed("ffi.RecursiveGt", move |a: Any, b: Any| order(a, b).map(Ordering::is_gt));
    typed("ffi.RecursiveGe", move |a: Any, b: Any| order(a, b).map(Ordering::is_ge));
    typed("ffi.ReprPrint", |value: Any| content::text(value.view()).map(|text| Str::from(text.as_str())));
    typed("ffi.DeepCopy", |value: Any| content::deep_copy(value.view()));
}

/// The JSON text of a value, and of metadata if they are given. These are any value that JSON has.
fn graph(name: &str, arguments: &[AnyView<'_>]) -> Result<String, Error> {
    match arguments {
        [value] => json::write(*value, None),
        [value, metadata] if metadata.is_none() => json::write(*value, None),
        [value, metadata] => json::write(*value, Some(&json::stringify(*metadata, None)?)),
        _ => Err(Error::type_error(format!("{name} takes 1 or 2 arguments, got {}", arguments.len()))),
    }
}

fn declare_json() {
    packed("ffi.ToJSONGraphString", |arguments| {
        graph("ffi.ToJSONGraphString", arguments).map(|text| Str::from(text.as_str()).into_any())
    });
    packed("ffi.ToJSONGraph", |arguments| graph("ffi.ToJSONGraph", arguments).and_then(|text| json::parse(&text)));
    typed("ffi.FromJSONGraphString", |text: Str| json::read(&text));
    typed("ffi.FromJSONGraph", |graph: Any| json::stringify(graph.view(), None).and_then(|text| json::read(&text)));
    typed("ffi.json.Parse", |text: Str| json::parse(&text));
    packed("ffi.json.Stringify", |arguments| {
        let (value, indent) = match arguments {
            [value] => (value, None),
            [value, indent] => (value, convert::<Option<i64>>(*indent)?),
            _ => {
                let given = arguments.len();
                return Err(Error::type_error(format!("ffi.json.Stringify takes 1 or 2 arguments, got {given}")));
            }
        };
        let indent = indent.map(|indent| {
            usize::try_from(indent).map_err(|_| Error::value_error(format!("an indent cannot be {indent}")))
        });
        json::stringify(*value, indent.transpose()?).map(|text| Str::from(text.as_str()).into_any())
    });
}

fn declare_values() {
    typed("ffi.String", |text: Str| text);
    typed("ffi.Bytes", |bytes: Bytes| bytes);
    packed("ffi.Shape", |arguments| {
        let numbers = try_gathered(arguments.iter().map(|number| convert::<i64>(*number)))?;
        Ok(ShapeObj::make(&numbers).into_any())
    });
    let cast = Function::from_packed(|arguments| {
        let [view] = arguments else { return Err(Error::type_error("expected one value")) };
        if view.as_ref::<ShapeObj>().is_some() {
            return Ok(AnyView::to_owned(*view));
        }
        let numbers = match children(*view) {
            Children::Items(items) => try_gathered(items.iter().map(|item| convert::<i64>(item.view()))).ok(),
            _ => None,
        };
        let numbers = numbers
            .ok_or_else(|| Error::type_error(format!("Cannot cast from `{}` to `ffi.Shape`", view.type_name())))?;
        Ok(ShapeObj::make(&numbers).into_any())
    });
    attr::set(tag::SHAPE, "__ffi_convert__", cast.into_any()).expect("a type that is registered");
}

/// `(type index or key, name, value, name, value, …)`: an object of the type with these field values, the others at their
/// defaults.
fn make_object(arguments: &[AnyView<'_>]) -> Result<Any, Error> {
    let [which, pairs @ ..] = arguments else { return Err(Error::type_error("expected a type index or a type key")) };
    let reflection = match which.as_str() {
        Some(key) => {
            let index = registry::type_index_of(key);
            known(index.ok_or_else(|| Error::type_error(format!("Cannot find object type index for '{key}'")))?.into())?
        }
        None => known(convert::<i64>(*which)?)?,
    };
    if !pairs.len().is_multiple_of(2) {
        return Err(Error::type_error("expected names and values by turns"));
    }
    let owner = Schema::Object(reflection.index);
    let mut given: HashMap<Str, Any> = HashMap::new();
    for pair in pairs.chunks(2) {
        let name = convert::<Str>(pair[0])?;
        if reflection.field(&name).is_none() {
            return Err(Error::type_error(format!("`{owner}` has no field `{name}`")));
        }
        given.insert(name, AnyView::to_owned(pair[1]));
    }
    let values = reflection.fields.iter().map(|field| match (given.get(&Str::from(&*field.name)), &field.default) {
        (Some(value), _) => Ok(value.clone()),
        (None, FieldDefault::Value(value)) => Ok(value.clone()),
        (None, FieldDefault::Factory(factory)) => factory.call(&[]),
        (None, FieldDefault::Required) => {
            Err(Error::type_error(format!("Required field `{}` not set in type `{owner}`", field.name)))
        }
    });
    instance::make(reflection.index, try_gathered(values)?).map(IntoAny::into_any)
}

/// What is known of the type with an index that a caller gave.
fn known(index: i64) -> Result<&'static Reflection, Error> {
    let reflection = i32::try_from(index).ok().and_then(info);
    reflection.ok_or_else(|| Error::type_error(format!("type {index} has no fields that are known")))
}

/// The device of the first tensor in nested containers that is not the CPU. The CPU if there is none.
fn first_other_device(value: AnyView<'_>) -> Device {
    let mut todo = vec![AnyView::to_owned(value)];
    let mut seen = HashSet::new();
    while let Some(value) = todo.pop() {
        if let Some(tensor) = value.view().as_ref::<TensorObj>() {
            if tensor.device().kind != CPU {
                return tensor.device();
            }
        }
        seen.grow(1);
        let address = value.view().as_object().map_or(0, |object| object.as_ptr() as usize);
        let parts = match children(value.view()) {
            Children::Items(items) if seen.insert(address) => items,
            Children::Entries(entries) if seen.insert(address) => {
                gathered(entries.into_iter().flat_map(|(key, value)| [key, value]))
            }
            _ => Vec::new(),
        };
        gather_into(&mut todo, parts.into_iter().rev());
    }
    Device { kind: CPU, id: 0 }
}

fn declare_registry() {
    packed("ffi.MakeObjectFromPackedArgs", make_object);
    typed("ffi._RegisterFFIInit", |index: i64| match i32::try_from(index).ok().and_then(init_of) {
        Some(_) => Ok(()),
        None => known(index).map(drop),
    });
    typed("ffi._PyClassRegisterTypeAttrColumns", |index: i64, size: i64| {
        let reflection = known(index)?;
        if usize::try_from(size) != Ok(reflection.total_size) {
            let (name, known) = (Schema::Object(reflection.index), reflection.total_size);
            return Err(Error::value_error(format!("objects of `{name}` have {known} bytes, not {size}")));
        }
        let new = Function::from_typed("__ffi_new__", || instance::new_zeroed(reflection.index));
        let copy = Function::from_typed("__ffi_shallow_copy__", |object: Obj<Object>| instance::copy_shallow(&object));
        attr::set(reflection.index, "__ffi_new__", new.into_any())?;
        attr::set(reflection.index, "__ffi_shallow_copy__", copy.into_any())
    });
    typed("ffi.GetInvalidObject", || sentinel::missing().clone());
    typed("ffi.GetKwargsObject", || sentinel::kwargs().clone());
    typed("ffi.ContainerFindFirstNonCPUDevice", |value: Any| first_other_device(value.view()));
    typed("ffi.FunctionRemoveGlobal", |name: Str| global::remove(&name));
    typed("ffi.FunctionListGlobalNamesFunctor", || {
        let names = global::names();
        Function::from_packed(move |arguments| {
            let [at] = arguments else { return Err(Error::type_error("expected one number: -1, or a position")) };
            match convert::<i64>(*at)? {
                -1 => Ok((names.len() as i64).into_any()),
                at => inside(at, names.len()).map(|at| Str::from(names[at].as_str()).into_any()),
            }
        })
    });
    typed("ffi.GetGlobalFuncMetadata", |name: Str| match global::metadata(&name) {
        Some(metadata) if !metadata.is_empty() => Ok(Str::from(&*metadata)),
        Some(_) => Ok(Str::from("{}")),
        None => Err(Error::value_error(format!("Cannot find global function {name}"))),
    });
    typed("ffi.GetRegisteredTypeKeys", || registry::types().map(|info| Str::from(info.key)).collect::<Array<Str>>());
    typed("ffi.FunctionFromExternC", |handle: Option<Pointer>, call: Pointer, deleter: Option<Pointer>| {
        if call.0.is_null() {
            return Err(Error::value_error("the address of a C function cannot be null"));
        }
        let handle = handle.map_or(std::ptr::null_mut(), |handle| handle.0);
        let deleter = deleter.map(|deleter| deleter.0).filter(|deleter| !deleter.is_null());
        // SAFETY: the name promises this of its arguments. They are addresses of C functions of these types, callable on any
        // thread.
        unsafe {
            let call = std::mem::transmute::<*mut std::ffi::c_void, crate::function::SafeCall>(call.0);
            let deleter = deleter.map(|deleter| {
                std::mem::transmute::<*mut std::ffi::c_void, unsafe extern "C" fn(*mut std::ffi::c_void)>(deleter)
            });
            Ok(Function::from_c(handle, call, deleter))
        }
    });
}
