//! The extension module `bowline._core`.
//!
//! The rooms below are listed bottom up: each may use those before it in the list, never those after it (`ci/check/layers`).
//! Upholds: the module declares that it does not use the GIL.
//!
//! ## Five ways through the house
//!
//! A step is a file, a function, and what it does there. It is called by the nearest step above it that is further left. Files of
//! the core begin with `src/`. `tests/python/test_five_ways.py` follows these ways through the files.
//!
//! ```text
//! a.x
//!   types/field/getattro.rs: get_attribute             CPython calls it as tp_getattro
//!     types/field/field_cache.rs: of_class             finds the class's table
//!     types/field/field_cache.rs: place_of             finds the field in it
//!     types/field/read.rs: read                        reads the field
//!       to_python/value.rs: cached_object              shows the object that is in it
//!         src/protocol/fetch.rs: hit_own               looks at the object's word
//!           wrapper/host.rs: incref_own                counts the wrapper, if it lives and is the thread's own
//!             interpreter/refcount/biased.rs: incref_own
//!         to_python/value.rs: cached_of_another        takes what else may be there
//!           to_python/value.rs: wrap_slow              makes a wrapper otherwise
//!             to_python/value.rs: object_to_python
//!               wrapper/tie.rs: wrap
//! a.x = y
//!   types/field/descriptor.rs: descr_set               CPython calls it as tp_descr_set
//!     types/field/descriptor.rs: write_exact           writes what takes no Python code to convert
//!       from_python/convert.rs: exact_for_field        converts it
//!         from_python/convert.rs: exact_for
//!           from_python/classify.rs: is                asks for the exact class
//!           from_python/scalar.rs: int
//!       src/value/cell.rs: store                       exchanges the values
//!     types/field/descriptor.rs: write                 writes anything else
//!       from_python/convert.rs: for_field              converts it, by any code
//!         from_python/convert.rs: to_native
//! Add(i, j)
//!   types/init/type_call.rs: vectorcall                CPython calls it as tp_vectorcall of the class
//!     types/init/plan.rs: for_class                    finds the type's plan
//!     types/init/plan.rs: make_instance
//!       types/init/plan.rs: object                     makes the native object
//!         types/init/fast.rs: object                   in the way that suits the type
//!           types/init/raw_fields.rs: object           from its bits, if all fields are words
//!             types/init/raw_fields.rs: convert
//!               from_python/classify.rs: is_raw        asks for the exact class
//!             src/reflect/instance.rs: from_words
//!         types/init/arguments.rs: assign              or by names and defaults
//!         types/init/parameter.rs: convert
//!       wrapper/tie.rs: wrap_new                       makes its wrapper
//!         wrapper/storage.rs: make
//! f(callback)
//!   types/call/function.rs: vectorcall                 CPython calls it as the function's vectorcall
//!     types/call/fast.rs: run
//!       types/call/fast.rs: call_counted               calls a function that does not block
//!         types/call/fast.rs: own                      converts an argument
//!           from_python/callable.rs: lend              lends a native function for the callback
//!             from_python/callable.rs: of_payload
//!               from_python/callable.rs: call_python   is called back by native code
//!                 from_python/callable.rs: call_attached
//!                   from_python/callable.rs: call_few
//!                     to_python/value.rs: view_to_python
//!                   from_python/callable.rs: to_result
//!                     from_python/convert.rs: any      converts what the callback returned
//!         types/call/fast.rs: show                     shows the function's result
//! the last native drop
//!   src/object/handle.rs: drop                         a native handle is gone
//!     src/object/reference.rs: release                 gives the last count back
//!       src/object/destroy.rs: finish                  ends the object
//!         src/object/destroy.rs: end
//!           src/reflect/allocate.rs: delete (src/reflect/allocate.rs)   the deleter that its maker gave it
//!             src/object/destroy.rs: delete
//!               src/object/destroy.rs: untie           ends its tie
//!                 src/object/destroy.rs: untie_slow
//!                   wrapper/tie.rs: untie (lib.rs)     by the hook that is set below
//!                     src/protocol/teardown.rs: teardown   takes the dormant wrapper along
//!                       wrapper/host.rs: free
//!                         wrapper/storage.rs: leave    tells the storage table, without Python
//!                         wrapper/release_queue.rs: free_storage
//! ```

/// As std's, but unwinds, to a `MemoryError`, where a growing text finds no room. Such a text grows with what users hand in;
/// std's ends the process.
macro_rules! format {
    ($($part:tt)*) => { ::bowline::object::grow::formatted(::std::format_args!($($part)*)) };
}

/// The names that C++ imports come with it.
extern crate bowline_cxx as _;

mod interpreter;

mod wrapper;

mod to_python;

mod from_python;

mod types;

mod api;

#[cfg(feature = "testing")]
mod testing;

use crate::interpreter::entry::add_function;
use pyo3::prelude::*;

/// The native half of the package `bowline`.
#[pymodule(gil_used = false)]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    interpreter::main_only::expect_main(module.py())?;
    api::module::expect_only_runtime(module.py())?;
    interpreter::entry::install(module.py());
    interpreter::names::install(module.py())?;
    interpreter::layout::expect(module.py())?;
    bowline::sync::single_threaded::locate();
    interpreter::small_int::find_small(module.py());
    interpreter::stdlib::install(module.py())?;
    types::object::slots::install(module, api::object::members())?;
    interpreter::fork::install()?;
    #[cfg(all(Py_GIL_DISABLED, not(Py_3_14)))]
    interpreter::finalize_gate::install(module)?;
    interpreter::attach::install(module.py())?;
    bowline::object::set_untie_hook(wrapper::tie::untie);
    bowline::object::set_resume_hook(wrapper::tie::resume);
    bowline::function::Error::reserve();
    interpreter::reserve::install();
    to_python::error::install();
    types::init::method::install(module.py())?;
    types::field::descriptor::install(module, types::field::property_members::all())?;
    types::call::function::install(module)?;
    types::sequence::slots::install(module)?;
    types::call::from_c::install(module)?;
    types::error::install(module)?;
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<types::schema::TypeSchema>()?;
    module.add_class::<from_python::rvalue::Rvalue>()?;
    module.add_class::<types::any::CAny>()?;
    module.add_class::<to_python::opaque_object::OpaquePyObject>()?;
    add_function!(module, types::schema::schema_of_key)?;
    api::registry::install(module)?;
    api::reflection::install(module)?;
    api::attr::install(module)?;
    api::call::install(module)?;
    api::sentinel::install(module)?;
    api::sequence::install(module)?;
    types::mapping::install(module)?;
    api::mapping::install(module)?;
    types::mapping_iterator::install(module)?;
    api::stats::install(module)?;
    api::pickle::install(module)?;
    api::plain::install(module)?;
    api::json::install(module)?;
    bowline::reflect::enumeration::declare();
    api::interrupts::install(module)?;
    api::structural::install(module)?;
    api::rewrite::install(module)?;
    types::tensor::install(module)?;
    api::stream::install(module)?;
    api::module::install(module)?;
    api::content::install(module)?;
    api::copy::install(module)?;
    api::global_functions::install(module.py())?;
    #[cfg(feature = "testing")]
    testing::install(module)?;
    Ok(())
}
