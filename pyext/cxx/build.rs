//! Compiles the C++ file.

fn main() {
    // In an archive of sources the package is at the top.
    let places = ["../python/bowline/include", "../../python/bowline/include"];
    let header = places.into_iter().find(|place| std::path::Path::new(place).exists()).unwrap_or(places[0]);
    println!("cargo:rerun-if-changed=src/door.cpp");
    println!("cargo:rerun-if-changed={header}/bowline.h");
    let mut build = cc::Build::new();
    // What is exported, the Rust file says (see there). No `-fvisibility=hidden`: it would hide what the two have in common.
    build.cpp(true).std("c++17").include(header).warnings(true).extra_warnings(true).file("src/door.cpp");
    build.compile("bowline_cxx");
}
