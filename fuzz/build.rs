//! Links the target that holds a Python interpreter. The interpreter's own extension modules have to find it.

fn main() {
    if std::env::var_os("CARGO_FEATURE_PYTHON").is_none() {
        return;
    }
    println!("cargo:rustc-link-arg-bin=pickle_load=-rdynamic");
    // Where a shared libpython is found again, or what a static one needs beside itself. ci/fuzz asks the interpreter.
    println!("cargo:rerun-if-env-changed=BOWLINE_FUZZ_LINK");
    for argument in std::env::var("BOWLINE_FUZZ_LINK").unwrap_or_default().split_whitespace() {
        println!("cargo:rustc-link-arg-bin=pickle_load={argument}");
    }
}
