//! Global functions under `testing.` that take tensors.
//! Upholds: as `functions`.
#![forbid(unsafe_code)]

use bowline::container::{Array, Dict, List, Map};
use bowline::function::global::{register_described, register_typed};
use bowline::function::{Error, Function};
use bowline::object::grow::gathered;
use bowline::tensor::{Tensor, TensorObj, TensorView};
use bowline::value::{Any, DataType, IntoAny, Str};

fn entries<M: FromIterator<(Str, Any)>>(entries: impl IntoIterator<Item = (&'static str, Any)>) -> M {
    entries.into_iter().map(|(key, value)| (Str::from(key), value)).collect()
}

fn array(items: impl IntoIterator<Item = Any>) -> Array {
    items.into_iter().collect()
}

/// Registers those that put tensors into containers.
fn install_containers() -> Result<(), Error> {
    register_typed("testing.make_array_with_tensor", |tensor: Tensor| array([tensor.into_any()]), "")?;
    register_typed(
        "testing.make_array_with_mixed",
        |tensor: Tensor, value: i64| array([tensor.into_any(), value.into_any(), "hello".into_any()]),
        "",
    )?;
    register_typed(
        "testing.make_nested_array_with_tensor",
        |tensor: Tensor| {
            let inner = array([tensor.clone().into_any(), 42.into_any()]);
            array([inner.into_any(), tensor.into_any()])
        },
        "",
    )?;
    register_typed(
        "testing.make_list_with_tensor",
        |tensor: Tensor, value: i64| [tensor.into_any(), value.into_any()].into_iter().collect::<List>(),
        "",
    )?;
    register_typed(
        "testing.make_map_with_tensor",
        |tensor: Tensor| -> Map<Str, Any> {
            entries([("tensor", tensor.into_any()), ("value", 42.into_any()), ("name", "test".into_any())])
        },
        "",
    )?;
    register_typed(
        "testing.make_dict_with_tensor",
        |tensor: Tensor| -> Dict<Str, Any> { entries([("tensor", tensor.into_any()), ("value", 42.into_any())]) },
        "",
    )?;
    register_typed("testing.make_empty_array_with_tensor_input", |_: Tensor| array([]), "")?;
    register_typed(
        "testing.make_nested_map_with_tensor",
        |first: Tensor, second: Tensor| -> Map<Str, Any> {
            let inner: Map<Str, Any> = entries([("t", first.clone().into_any())]);
            let items = array([first.into_any(), second.into_any()]);
            entries([("array", items.into_any()), ("map", inner.into_any()), ("scalar", 99.into_any())])
        },
        "",
    )
}

/// Registers all of them.
///
/// # Errors
/// Those of registration.
pub fn install() -> Result<(), Error> {
    install_containers()?;
    register_typed("testing.make_tensor", |dtype: DataType, shape: Array<i64>| make_tensor(dtype, &shape), "")?;
    register_typed("testing.schema_id_tensor", |tensor: Tensor| tensor, "")?;
    register_typed("testing.schema_tensor_view_input", |_: TensorView| (), "")?;
    register_typed("testing.optional_tensor_view_has_value", |view: Option<TensorView>| view.is_some(), "")?;
    let schema = "{\\\"type\\\":\\\"DLTensor*\\\"}";
    let name = "testing.schema_id_dltensor";
    let refuse = |_: TensorView| -> Result<(), Error> {
        Err(Error::runtime("a DLTensor* owns nothing, so that none can be returned; return a Tensor instead"))
    };
    register_described(
        name,
        Function::from_typed(name, refuse),
        &format!("{{\"type_schema\":\"{{\\\"type\\\":\\\"ffi.Function\\\",\\\"args\\\":[{schema},{schema}]}}\"}}"),
        true,
    )
}

/// A tensor of zeros.
fn make_tensor(dtype: DataType, shape: &Array<i64>) -> Result<Tensor, Error> {
    TensorObj::zeros(dtype, &gathered(shape.iter()))
}
