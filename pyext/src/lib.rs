//! The extension module `bowline._core`.
//! Wires the modules below together; everything that talks to the C API lives in `cpython`.
//! Upholds: the module declares that it does not use the GIL.

mod attr;
mod beat;
mod call;
mod cany;
mod container;
mod content;
mod convert;
mod copy;
mod cpython;
mod error;
mod failure;
mod field;
mod json;
mod mapping;
mod module;
mod named;
mod object;
mod pickle;
mod plain;
mod protocols;
mod registry;
mod rvalue;
mod schema;
mod sentinel;
mod sequence;
mod state;
mod stdlib;
mod stream;
mod structural;
mod tensor;
mod testing;

use pyo3::prelude::*;

/// The native half of the package `bowline`.
#[pymodule(gil_used = false)]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    cpython::interpreter::expect_main(module.py())?;
    bowline::sync::alone::ask();
    cpython::integer::find_small(module.py());
    stdlib::install(module.py())?;
    cpython::slots::install(module, object::members())?;
    cpython::fork::install()?;
    #[cfg(all(Py_GIL_DISABLED, not(Py_3_14)))]
    cpython::gate::install(module)?;
    bowline::object::set_untie_hook(cpython::tie::untie);
    bowline::function::Error::reserve();
    cpython::constructor::install(module.py())?;
    cpython::field::install(module)?;
    cpython::function::install(module)?;
    cpython::sequence::install(module)?;
    cpython::extern_c::install(module)?;
    failure::install(module)?;
    sentinel::install(module)?;
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<schema::TypeSchema>()?;
    module.add_class::<rvalue::Rvalue>()?;
    module.add_class::<cany::CAny>()?;
    module.add_class::<cany::OpaquePyObject>()?;
    module.add_function(wrap_pyfunction!(schema::schema_of_key, module)?)?;
    registry::install(module)?;
    attr::install(module)?;
    call::install(module)?;
    sequence::install(module)?;
    cpython::mapping::install(module)?;
    mapping::install(module)?;
    state::install(module)?;
    pickle::install(module)?;
    plain::install(module)?;
    json::install(module)?;
    bowline::reflect::enumeration::declare();
    beat::install();
    structural::install(module)?;
    tensor::install(module)?;
    stream::install(module)?;
    module::install(module)?;
    content::install(module)?;
    copy::install(module)?;
    named::install(module.py())?;
    testing::install(module)?;
    Ok(())
}
