//! Passes the cfgs of the interpreter that is built for.

fn main() {
    // Sets the cfgs `Py_GIL_DISABLED` and `Py_3_x` that the refcount layer chooses by.
    pyo3_build_config::use_pyo3_cfgs();
}
