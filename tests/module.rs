//! Modules from outside: look-ups, imports.
//! Uses the crate's public interface only.
//! A test fails when a function is found twice or in the wrong module.
#![cfg(not(any(bowline_loom, bowline_shuttle)))]

use bowline::function::{global, Error, Function};
use bowline::module::{load, system, ModuleObj};
use bowline::object::Obj;
use bowline::value::{convert, Any, AnyView, IntoAny, Str};
use std::path::Path;
use std::sync::Barrier;

/// A module with one function, which returns a number.
fn module(name: &'static str, number: i64) -> Obj<ModuleObj> {
    let function = Function::from_packed(move |_| Ok(number.into_any()));
    let lookup = move |arguments: &[AnyView<'_>]| {
        let asked: Str = convert(arguments[0])?;
        match asked.as_str() {
            "broken" => Err(Error::new("KeyError", "broken")),
            asked if asked == name => Ok(function.clone().into_any()),
            _ => Ok(Any::none()),
        }
    };
    ModuleObj::make("test", Function::from_packed(lookup))
}

fn number(module: &Obj<ModuleObj>, name: &str, imports: bool) -> Option<i64> {
    let found = module.get(name, imports).unwrap()?;
    found.call(&[]).unwrap().view().as_int()
}

#[test]
fn imports_are_searched_when_that_is_asked_for() {
    let (a, b, c, other) = (module("a", 1), module("b", 2), module("c", 3), module("c", 4));
    a.import(b.clone()).unwrap();
    b.import(c.clone()).unwrap();
    a.import(other.clone()).unwrap();
    assert_eq!((number(&a, "a", false), number(&a, "b", false)), (Some(1), None));
    // Depth first: what an import imports goes before the next import.
    assert_eq!((number(&a, "b", true), number(&a, "c", true)), (Some(2), Some(3)));
    assert_eq!(number(&a, "d", true), None);
    a.clear_imports().unwrap();
    assert_eq!(number(&a, "b", true), None);
    let error = a.get("broken", false).unwrap_err();
    assert_eq!((error.kind(), error.message()), ("KeyError", "broken"));
}

#[test]
fn modules_do_not_import_each_other() {
    let (a, b, c) = (module("a", 1), module("b", 2), module("c", 3));
    assert_eq!(a.import(a.clone()).unwrap_err().kind(), "ValueError");
    a.import(b.clone()).unwrap();
    b.import(c.clone()).unwrap();
    assert_eq!(c.import(a.clone()).unwrap_err().kind(), "ValueError");
    assert!(c.imports_.get().is_empty());
    // A caller that goes round the check by the field itself still gets an answer.
    c.imports_.set([a.clone().into_any(), 5.into_any()].into_iter().collect());
    assert_eq!((number(&c, "b", true), number(&c, "d", true)), (Some(2), None));
    c.clear_imports().unwrap();
}

#[test]
fn the_system_library_looks_with_and_without_prefix() {
    system::register("test.module.f", Function::from_packed(|_| Ok(1.into_any())));
    system::register("test_module_g", Function::from_packed(|_| Ok(2.into_any())));
    let module = system::library("test.module.");
    assert_eq!((number(&module, "f", false), number(&module, "test_module_g", false)), (Some(1), Some(2)));
    assert_eq!(number(&module, "g", false), None);
    let former = system::register("test.module.f", Function::from_packed(|_| Ok(3.into_any())));
    assert_eq!(former.unwrap().call(&[]).unwrap().view().as_int(), Some(1));
    assert_eq!(number(&module, "f", false), Some(3));
}

#[test]
fn there_is_one_system_library_for_each_prefix() {
    let start = Barrier::new(8);
    let ask = || {
        start.wait();
        system::library("test.module.race.")
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
        let found: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        assert!(found.iter().all(|module| module.ptr_eq(&found[0])));
    });
    assert!(!system::library("").ptr_eq(&system::library("test.module.race.")));
}

#[test]
fn files_that_cannot_be_loaded() {
    // SAFETY: none of them is a library.
    let refused = |path: &str| unsafe { load(Path::new(path), false) }.unwrap_err();
    for (path, text) in [
        ("/nowhere/lib.so", "Failed to load dynamic shared library /nowhere/lib.so"),
        ("/nowhere/lib", "Failed to get file format from /nowhere/lib"),
        ("/nowhere/lib.zzz", "no global function ffi.Module.load_from_file.zzz"),
    ] {
        let error = refused(path);
        assert_eq!(error.kind(), "RuntimeError");
        assert!(error.message().contains(text), "{error}");
    }
}

#[test]
fn endings_have_loaders() {
    let loader = |path: Str, ending: Str| {
        assert_eq!((path.as_str(), ending.as_str()), ("/nowhere/a.test_module", "test_module"));
        module("loaded", 9)
    };
    global::register_typed("ffi.Module.load_from_file.test_module", loader, "").unwrap();
    // SAFETY: no library.
    let loaded = unsafe { load(Path::new("/nowhere/a.test_module"), false) }.unwrap();
    assert_eq!((loaded.kind().unwrap().as_str(), number(&loaded, "loaded", false)), ("test", Some(9)));
}
