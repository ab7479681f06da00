//! Compiles the C++ file.

fn main() {
    let header = "../python/bowline/include";
    println!("cargo:rerun-if-changed=src/door.cpp");
    println!("cargo:rerun-if-changed={header}/bowline.h");
    let mut build = cc::Build::new();
    // What is exported, the Rust file says (see there). No `-fvisibility=hidden`: it would hide what the two have in common.
    build.cpp(true).std("c++17").include(header).warnings(true).extra_warnings(true).file("src/door.cpp");
    build.compile("bowline_cxx");
}
