//! Passes the cfgs of the interpreter that is built for, and the name of the library.

use std::env;

fn main() {
    // Sets the cfgs `Py_GIL_DISABLED` and `Py_3_x` that the refcount layer chooses by.
    pyo3_build_config::use_pyo3_cfgs();

    // See src/interpreter/thread_exit.rs. Not in fuzz/python, which builds these sources into a program.
    println!("cargo:rustc-check-cfg=cfg(threads_unwind_at_exit)");
    let version = pyo3_build_config::get().version();
    // See src/interpreter/layout.
    println!("cargo:rustc-env=BOWLINE_PYTHON={}.{}", version.major, version.minor);
    let unwinds = (version.major, version.minor) < (3, 14)
        && env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux")
        && env::var("CARGO_CFG_TARGET_ENV").as_deref() == Ok("gnu");
    if unwinds && env::var("CARGO_PKG_NAME").as_deref() == Ok("bowline-python") {
        println!("cargo:rustc-cfg=threads_unwind_at_exit");
        println!("cargo:rustc-link-arg=-Wl,--wrap=rust_eh_personality");
    }

    // The name by which libraries of others ask for the functions of the C ABI, which this library has.
    let is_extension = env::var("CARGO_PKG_NAME").as_deref() == Ok("bowline-python");
    if is_extension && env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libtvm_ffi.so");
    }
}
