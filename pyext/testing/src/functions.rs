//! Global functions under `testing.`.
//! Upholds: names and types are those that users of the object system test with.
#![forbid(unsafe_code)]

use crate::symbol;
use crate::types::{TestIntPair, TestUnregisteredBaseObject, TestUnregisteredObject};
use bowline::container::{Array, ArrayObj, Dict, List, Map};
use bowline::function::global::{register_described, register_typed};
use bowline::function::{Error, Function};
use bowline::module::system;
use bowline::object::grow::out_of_memory;
use bowline::object::{Obj, Object};
use bowline::reflect::{checkpoint, instance};
use bowline::value::{Any, AnyView, Bytes, DataType, Device, IntoAny, OneOf, Str};
use std::time::Duration;

fn apply(arguments: &[AnyView<'_>]) -> Result<Any, Error> {
    let [function, arguments @ ..] = arguments else {
        return Err(Error::type_error("testing.apply needs a function"));
    };
    Function::call_view(*function, arguments)
}

/// An Array of so many shallow copies of an object, which no wrapper has seen.
fn copies(object: Obj<Object>, count: i64) -> Result<Any, Error> {
    let copy = || instance::copy_shallow(&object).map(IntoAny::into_any);
    // Says what is wrong with the type; then only memory can be missing. No vector: what it leaves behind would be counted as the objects'.
    copy()?;
    let items = (0..count.max(0) as usize).map(|_| copy().unwrap_or_else(|_| out_of_memory()));
    Ok(ArrayObj::make(items).into_any())
}

/// Looks for signals for some time, as long native work does.
fn run_check_signal(seconds: i64) -> Result<(), Error> {
    for _ in 0..seconds.max(0) * 10 {
        std::thread::sleep(Duration::from_millis(100));
        checkpoint::check()?;
    }
    Ok(())
}

/// Registers those that say what they take and return.
fn install_typed() -> Result<(), Error> {
    register_typed("testing.add_one", |x: i64| x.wrapping_add(1), "")?;
    register_typed("testing.TestIntPairSum", |pair: Obj<TestIntPair>| pair.a + pair.b, "")?;
    register_typed(
        "testing.test_raise_error",
        |kind: Str, message: Str| -> Result<(), Error> {
            Err(Error::new(&kind, message.as_str()).in_function("TestRaiseError"))
        },
        "",
    )?;
    register_typed("testing.run_check_signal", run_check_signal, "")?;
    // The call holds two while it lasts: the argument's and this one.
    register_typed("testing.object_use_count", |object: Obj<Object>| i64::from(object.strong_count()) - 2, "")?;
    register_typed(
        "testing.make_unregistered_object",
        || -> Obj<Object> { TestUnregisteredObject::new(TestUnregisteredBaseObject::value(41), 42).upcast() },
        "",
    )?;
    register_typed("testing.enum_variant_get", crate::enumerations::enum_variant, "")?;
    register_typed("testing.get_add_one_c_symbol", || symbol::add_one as *const () as i64, "")?;
    register_typed("testing.get_mlir_add_one_c_symbol", || symbol::mlir_add_one as *const () as i64, "")
}

macro_rules! identities {
    ($($name:literal: $type:ty),* $(,)?) => {
        $(register_typed(concat!("testing.schema_id_", $name), |x: $type| x, "")?;)*
    };
}

/// Registers those that show each type in a schema.
fn install_schemas() -> Result<(), Error> {
    let attributes = "\"bool_attr\":true,\"int_attr\":1,\"str_attr\":\"hello\"";
    register_typed("testing.schema_id_int", |x: i64| x, attributes)?;
    identities! {
        "float": f64, "bool": bool, "device": Device, "dtype": DataType, "string": Str, "bytes": Bytes,
        "func": Function, "any": Any, "object": Obj<Object>,
        "opt_int": Option<i64>, "opt_str": Option<Str>, "opt_obj": Option<Obj<Object>>,
        "arr_int": Array<i64>, "arr_str": Array<Str>, "arr_obj": Array<Obj<Object>>, "arr": Array,
        "list_int": List<i64>, "list_str": List<Str>, "list_obj": List<Obj<Object>>,
        "map_str_int": Map<Str, i64>, "map_str_str": Map<Str, Str>, "map_str_obj": Map<Str, Obj<Object>>, "map": Map,
        "dict_str_int": Dict<Str, i64>, "dict_str_str": Dict<Str, Str>, "variant_int_str": OneOf<(i64, Str)>,
    }
    let typed = "{\"type\":\"ffi.Function\",\"args\":[{\"type\":\"None\"},{\"type\":\"int\"},{\"type\":\"float\"},\
                 {\"type\":\"ffi.Function\"}]}";
    let typed = format!("{{\"type\":\"ffi.Function\",\"args\":[{typed},{typed}]}}").replace('"', "\\\"");
    register_described(
        "testing.schema_id_func_typed",
        Function::from_typed("testing.schema_id_func_typed", |x: Function| x),
        &format!("{{\"type_schema\":\"{typed}\"}}"),
        true,
    )?;
    register_typed(
        "testing.schema_arr_map_opt",
        |_: Array<Option<i64>>, map: Map<Str, Array<i64>>, _: Option<Str>| map,
        "",
    )?;
    register_typed("testing.schema_variant_mix", |x: OneOf<(i64, Str, Array<i64>)>| x, "")?;
    register_typed("testing.schema_no_args", || 1_i64, "")?;
    register_typed("testing.schema_no_return", |_: i64| (), "")?;
    register_typed("testing.schema_no_args_no_return", || (), "")
}

/// Registers all of them.
///
/// # Errors
/// Those of registration.
pub fn install() -> Result<(), Error> {
    let packed = "{\"type_schema\":\"{\\\"type\\\":\\\"ffi.Function\\\"}\"}";
    register_described("testing.echo", Function::identity("testing.echo"), packed, true)?;
    register_described("testing.nop", Function::nothing(), packed, true)?;
    register_described("testing.apply", Function::from_packed(apply).short(), packed, true)?;
    register_typed("testing.copies", copies, "")?;
    register_described("testing.schema_packed", Function::from_packed(|_| Ok(Any::none())), packed, true)?;
    system::register("testing.add_one", Function::from_typed("testing.add_one", |x: i64| x.wrapping_add(1)));
    install_typed()?;
    install_schemas()
}
