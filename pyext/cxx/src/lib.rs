//! The C++ side of the C ABI: `door.cpp`, and the C++ names under which libraries import what is in it.
//! May not be called from Rust. Upholds: a library that links to this has these names among its symbols.
//!
//! A linker that Rust runs exports what Rust says and nothing else, so what C++ defines under a C++ name stays inside. Hence `door.cpp`
//! has plain names, and here each C++ name is an instruction that jumps to one. A jump leaves all registers and the stack as they
//! are, whatever the signature is, and an exception passes by it.
#![cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]

use bowline::module::cxx::Door;
use std::ffi::{c_char, c_void};

extern "C" {
    fn bowline_cxx_door() -> &'static Door;
}

/// Runs when the library is loaded.
///
/// Here and not in the C++ file, since nothing that this calls is exported: what is may be bound to another copy of the library that
/// was loaded before, and that copy would be left with a door into this one, which is refused and unloaded.
#[used]
#[link_section = ".init_array"]
static AT_LOAD: extern "C" fn() = {
    extern "C" fn install() {
        // SAFETY: the C++ file's door is constant, its members are what they say, and no module was made yet.
        unsafe { bowline::module::cxx::install(bowline_cxx_door()) }
    }
    install
};

macro_rules! cxx_names {
    ($($name:literal = $to:ident;)*) => {
        extern "C" {
            $(fn $to();)*
        }
        $(const _: () = {
            #[unsafe(naked)]
            #[export_name = $name]
            unsafe extern "C" fn jump() {
                #[cfg(target_arch = "x86_64")]
                core::arch::naked_asm!("jmp {}", sym $to);
                #[cfg(target_arch = "aarch64")]
                core::arch::naked_asm!("b {}", sym $to);
            }
        };)*
    };
}

cxx_names! {
    "_ZN3tvm3ffi4json5ParseERKNS0_6StringEPS2_" = bowline_cxx_json_parse;
    "_ZN3tvm3ffi4json9StringifyERKNS0_3AnyERKNS0_8OptionalIivEE" = bowline_cxx_json_stringify;
    // Before 0.1.13.
    "_ZN3tvm3ffi4json9StringifyERKNS0_3AnyENS0_8OptionalIivEE" = bowline_cxx_json_stringify_old;
    "_ZN3tvm3ffi11ToJSONGraphERKNS0_3AnyES3_" = bowline_cxx_to_json_graph;
    "_ZN3tvm3ffi13FromJSONGraphERKNS0_3AnyE" = bowline_cxx_from_json_graph;
    "_ZN3tvm3ffi15StructuralEqual5EqualERKNS0_3AnyES4_bb" = bowline_cxx_structural_equal;
    "_ZN3tvm3ffi15StructuralEqual16GetFirstMismatchERKNS0_3AnyES4_bb" = bowline_cxx_first_mismatch;
    "_ZN3tvm3ffi14StructuralHash4HashERKNS0_3AnyEbb" = bowline_cxx_structural_hash;
    "_ZN3tvm3ffi17VisitErrorContext15FindAccessPathsERKNS0_9ObjectRefERKS1_b" = bowline_cxx_find_access_paths;
    "_ZN3tvm3ffi9ReprPrintERKNS0_3AnyE" = bowline_cxx_repr;
    "_ZN3tvm3ffi8DeepCopyERKNS0_3AnyE" = bowline_cxx_deep_copy;
    "_ZN3tvm3ffi13RecursiveHashERKNS0_3AnyE" = bowline_cxx_recursive_hash;
    "_ZN3tvm3ffi11RecursiveEqERKNS0_3AnyES3_" = bowline_cxx_recursive_eq;
    "_ZN3tvm3ffi11RecursiveLtERKNS0_3AnyES3_" = bowline_cxx_recursive_lt;
    "_ZN3tvm3ffi11RecursiveLeERKNS0_3AnyES3_" = bowline_cxx_recursive_le;
    "_ZN3tvm3ffi11RecursiveGtERKNS0_3AnyES3_" = bowline_cxx_recursive_gt;
    "_ZN3tvm3ffi11RecursiveGeERKNS0_3AnyES3_" = bowline_cxx_recursive_ge;
    "_ZN3tvm3ffi6Module12LoadFromFileERKNS0_6StringE" = bowline_cxx_load_from_file;
    "_ZN3tvm3ffi6Module19VisitContextSymbolsERKNS0_13TypedFunctionIFvNS0_6StringEPvEEE" = bowline_cxx_visit_context_symbols;
    "_ZN3tvm3ffi9ModuleObj11GetFunctionERKNS0_6StringEb" = bowline_cxx_get_function;
    "_ZN3tvm3ffi9ModuleObj18ImplementsFunctionERKNS0_6StringEb" = bowline_cxx_implements_function;
    "_ZN3tvm3ffi9ModuleObj14GetFunctionDocERKNS0_6StringEb" = bowline_cxx_get_doc;
    "_ZN3tvm3ffi9ModuleObj19GetFunctionMetadataERKNS0_6StringEb" = bowline_cxx_get_metadata;
    "_ZN3tvm3ffi9ModuleObj12ImportModuleERKNS0_6ModuleE" = bowline_cxx_import_module;
    "_ZN3tvm3ffi9ModuleObj12ClearImportsEv" = bowline_cxx_clear_imports;
}

/// A constant pointer among the tables of a C++ class.
#[repr(transparent)]
pub struct Pointer(*const c_void);

// SAFETY: constant.
unsafe impl Sync for Pointer {}

extern "C" {
    /// The virtual functions of what describes a class with one base: two words, then these.
    #[link_name = "_ZTVN10__cxxabiv120__si_class_type_infoE"]
    static OF_DESCRIPTIONS: [usize; 5];
    #[link_name = "_ZTVN10__cxxabiv117__class_type_infoE"]
    static OF_DESCRIPTIONS_WITHOUT_BASE: [usize; 5];
    #[link_name = "__cxa_pure_virtual"]
    fn pure_virtual();
}

/// The name of the class as C++ writes it.
#[export_name = "_ZTSN3tvm3ffi9ModuleObjE"]
static NAME: [c_char; 21] = name(b"N3tvm3ffi9ModuleObjE");
static NAME_OF_BASE: [c_char; 21] = name(b"N3tvm3ffi6ObjectE");

/// The text with a NUL behind it, at least one.
const fn name(text: &[u8]) -> [c_char; 21] {
    let mut all = [0; 21];
    let mut at = 0;
    while at < text.len() {
        all[at] = text[at] as c_char;
        at += 1;
    }
    all
}

/// The description of the class `tvm::ffi::Object`, which has no virtual functions: its kind and name.
static BASE: [Pointer; 2] = [
    Pointer((&raw const OF_DESCRIPTIONS_WITHOUT_BASE).cast::<usize>().wrapping_add(2).cast()),
    Pointer((&raw const NAME_OF_BASE).cast()),
];

/// The description of the class `tvm::ffi::ModuleObj`: its kind, name and base.
#[export_name = "_ZTIN3tvm3ffi9ModuleObjE"]
static DESCRIPTION: [Pointer; 3] = [
    Pointer((&raw const OF_DESCRIPTIONS).cast::<usize>().wrapping_add(2).cast()),
    Pointer((&raw const NAME).cast()),
    Pointer((&raw const BASE).cast()),
];

/// The virtual functions of `tvm::ffi::ModuleObj` itself, of which there is no object: a class that is derived from it has these
/// while its constructor has not begun. It brings those that can be called then from the headers, so here are those that cannot.
#[export_name = "_ZTVN3tvm3ffi9ModuleObjE"]
static TABLE: [Pointer; 14] = {
    let mut table = [const { Pointer(pure_virtual as *const c_void) }; 14];
    table[0] = Pointer(std::ptr::null());
    table[1] = Pointer((&raw const DESCRIPTION).cast());
    table[12] = Pointer(bowline_cxx_import_module as *const c_void);
    table[13] = Pointer(bowline_cxx_clear_imports as *const c_void);
    table
};
