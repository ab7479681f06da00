//! Modules that a library carries as bytes, with who imports whom.
//! Upholds: no byte behind the bundle is read; a bundle that is broken is an error.
//!
//! ```text
//! bundle  = u64 number of bytes that follow, tree, module …
//! tree    = list of u64: where the imports of each module begin, and where the last ones end; list of u64: the imports
//! module  = text "_lib": the library itself; or text kind, text content
//! list    = u64 number, items        text = u64 length, bytes
//! ```
//! Numbers are little-endian. The first module is what loading the library gives.

use super::object::ModuleObj;
use crate::function::{global, Error};
use crate::object::grow::Grow;
use crate::object::Obj;
use crate::value::{convert, Bytes, IntoAny};

/// Stands for the library itself.
const LIBRARY: &[u8] = b"_lib";

struct Reader<'a>(&'a [u8]);

fn broken() -> Error {
    Error::runtime(
        "the modules that the library carries are broken: the bytes end too early, or name what is not there",
    )
}

impl<'a> Reader<'a> {
    fn bytes(&mut self, count: usize) -> Result<&'a [u8], Error> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or_else(broken)?;
        self.0 = rest;
        Ok(taken)
    }

    fn number(&mut self) -> Result<usize, Error> {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(self.bytes(8)?);
        usize::try_from(u64::from_le_bytes(bytes)).map_err(|_| broken())
    }

    fn text(&mut self) -> Result<&'a [u8], Error> {
        let length = self.number()?;
        self.bytes(length)
    }

    fn numbers(&mut self) -> Result<Vec<usize>, Error> {
        let count = self.number()?;
        if count > self.0.len() / 8 {
            return Err(broken());
        }
        let mut all = Vec::new();
        all.grow(count);
        for _ in 0..count {
            all.push(self.number()?);
        }
        Ok(all)
    }
}

/// Makes the modules of a bundle around that of the library. The bundle's length in front is not given along. Gives the first.
///
/// # Errors
/// Those of the global functions `ffi.Module.load_from_bytes.<kind>`; kind `RuntimeError` when there is none, or the bundle is broken.
pub(super) fn read(bundle: &[u8], library: &Obj<ModuleObj>) -> Result<Obj<ModuleObj>, Error> {
    let mut reader = Reader(bundle);
    let (begins, imports) = (reader.numbers()?, reader.numbers()?);
    let mut modules = Vec::new();
    for _ in 1..begins.len() {
        let kind = reader.text()?;
        modules.grow(1);
        modules.push(match kind {
            LIBRARY => library.clone(),
            kind => from_bytes(&String::from_utf8_lossy(kind), reader.text()?)?,
        });
    }
    for (module, range) in modules.iter().zip(begins.windows(2)) {
        for import in imports.get(range[0]..range[1]).ok_or_else(broken)? {
            module.import(modules.get(*import).ok_or_else(broken)?.clone())?;
        }
    }
    modules.into_iter().next().ok_or_else(broken)
}

fn from_bytes(kind: &str, content: &[u8]) -> Result<Obj<ModuleObj>, Error> {
    let name = format!("ffi.Module.load_from_bytes.{kind}");
    let loader = global::get(&name).ok_or_else(|| {
        Error::runtime(format!("the library carries a module of kind {kind}, and there is no global function {name}"))
    })?;
    Ok(convert(loader.call(&[Bytes::from(content).into_any().view()])?.view())?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::Function;
    use crate::value::{Any, Str};

    fn number(into: &mut Vec<u8>, number: u64) {
        into.extend(number.to_le_bytes());
    }

    fn text(into: &mut Vec<u8>, text: &[u8]) {
        number(into, text.len() as u64);
        into.extend(text);
    }

    fn bundle(begins: &[u64], imports: &[u64], modules: &[(&str, &str)]) -> Vec<u8> {
        let mut all = Vec::new();
        for list in [begins, imports] {
            number(&mut all, list.len() as u64);
            list.iter().for_each(|item| number(&mut all, *item));
        }
        for (kind, content) in modules {
            text(&mut all, kind.as_bytes());
            if *kind != "_lib" {
                text(&mut all, content.as_bytes());
            }
        }
        all
    }

    fn module(kind: &str) -> Obj<ModuleObj> {
        ModuleObj::make(kind, Function::from_packed(|_| Ok(Any::none())))
    }

    #[test]
    fn modules_come_with_their_imports() {
        let loader = |content: Bytes| module(&String::from_utf8_lossy(&content));
        global::register_typed("ffi.Module.load_from_bytes.test_bundle", loader, "").unwrap();
        let library = module("library");
        let bytes = bundle(&[0, 2, 2, 2], &[1, 2], &[("test_bundle", "root"), ("_lib", ""), ("test_bundle", "leaf")]);
        let root = read(&bytes, &library).unwrap();
        assert_eq!(root.kind().unwrap(), Str::from("root"));
        let imports: Vec<Obj<ModuleObj>> =
            root.imports_.get().iter().map(|import| convert(import.view()).unwrap()).collect();
        assert!(imports[0].ptr_eq(&library));
        assert_eq!(imports[1].kind().unwrap(), Str::from("leaf"));
    }

    #[test]
    fn what_is_broken_is_an_error() {
        let library = module("library");
        let whole = bundle(&[0, 0, 0], &[], &[("_lib", ""), ("_lib", "")]);
        assert!(read(&whole, &library).is_ok());
        for end in 0..whole.len() {
            assert_eq!(read(&whole[..end], &library).unwrap_err().kind(), "RuntimeError");
        }
        for (begins, imports, modules) in [
            (&[][..], &[][..], &[][..]),
            (&[0], &[], &[]),
            (&[0, 1], &[], &[("_lib", "")]),
            (&[0, 1], &[7], &[("_lib", "")]),
            (&[1, 0], &[0], &[("_lib", "")]),
            (&[0, 0], &[], &[("test.unknown", "")]),
        ] {
            assert_eq!(read(&bundle(begins, imports, modules), &library).unwrap_err().kind(), "RuntimeError");
        }
        let itself = bundle(&[0, 1], &[0], &[("_lib", "")]);
        assert_eq!(read(&itself, &library).unwrap_err().kind(), "ValueError");
    }
}
