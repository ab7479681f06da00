//! Compiles the C++ file.

use std::env;

fn main() {
    let header = "../python/bowline/include";
    println!("cargo:rerun-if-changed=src/door.cpp");
    println!("cargo:rerun-if-changed={header}/bowline.h");
    // What is exported, the Rust file says (see there). No `-fvisibility=hidden`: it would hide what the two have in common.
    let mut build = cc::Build::new();
    build.cpp(true).std("c++17").include(header).warnings(true).extra_warnings(true);
    // Where a linker leaves out what is not used, functions have to be apart.
    build.flag_if_supported("-ffunction-sections").file("src/door.cpp");
    // The flags of the sanitizers come from `CXXFLAGS`; the optimisation is cargo's.
    build.compile("bowline_cxx");
    println!("cargo:target={}", env::var("TARGET").unwrap_or_default());
}
