//! Passes the cfgs of the interpreter that is built for.

use std::env;

fn main() {
    // Sets the cfgs `Py_GIL_DISABLED` and `Py_3_x` that the refcount layer chooses by.
    pyo3_build_config::use_pyo3_cfgs();

    // See src/cpython/thread_exit.rs. Not in fuzz/python, which builds these sources into a program.
    println!("cargo:rustc-check-cfg=cfg(threads_unwind_at_exit)");
    let version = pyo3_build_config::get().version;
    let unwinds = (version.major, version.minor) < (3, 14)
        && env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux")
        && env::var("CARGO_CFG_TARGET_ENV").as_deref() == Ok("gnu");
    if unwinds && env::var("CARGO_PKG_NAME").as_deref() == Ok("bowline-python") {
        println!("cargo:rustc-cfg=threads_unwind_at_exit");
        println!("cargo:rustc-link-arg=-Wl,--wrap=rust_eh_personality");
    }
}
