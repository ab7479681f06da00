//! What can be asked of a module: its virtual functions, here and in C++.
//! Upholds: what was made here is asked without C++.

use super::base::{self, reached};
use super::cxx::{self, Virtual};
use super::object::ModuleObj;
use super::own::own;
use crate::container::Array;
use crate::function::{Error, Function};
use crate::object::Obj;
use crate::value::{convert, Any, AnyView, Bytes, IntoAny, Str};

/// What a module says; of one that C++ made, its virtual functions.
impl Obj<ModuleObj> {
    /// The function of a name. With `imports` it may come from the modules that this one imports, and those that they
    /// import.
    ///
    /// # Errors
    /// Those of the lookup.
    pub fn get(&self, name: &str, imports: bool) -> Result<Option<Function>, Error> {
        self.first(imports, |module| match own(module) {
            Some(own) => own.get(name),
            None => Ok(convert(module.ask(Virtual::Function, name)?.view())?),
        })
    }

    /// Whether there is a function of a name. A module of C++ may have one that cannot be called yet.
    ///
    /// # Errors
    /// Those of the lookup.
    pub fn implements(&self, name: &str, imports: bool) -> Result<bool, Error> {
        let found = self.first(imports, |module| {
            let implements = match own(module) {
                Some(own) => own.get(name)?.is_some(),
                None => convert(module.ask(Virtual::Implements, name)?.view())?,
            };
            Ok(implements.then_some(()))
        });
        found.map(|found| found.is_some())
    }

    /// What the module that has a function says about it: JSON text.
    ///
    /// # Errors
    /// As [`get`](Self::get), and what the module's own function for that ends in.
    pub fn metadata(&self, name: &str, imports: bool) -> Result<Option<Str>, Error> {
        self.said(Virtual::Metadata, base::METADATA, name, imports)
    }

    /// The documentation of a function.
    ///
    /// # Errors
    /// As [`metadata`](Self::metadata).
    pub fn doc(&self, name: &str, imports: bool) -> Result<Option<Str>, Error> {
        self.said(Virtual::Doc, base::DOC, name, imports)
    }

    /// What kind of module it is.
    ///
    /// # Errors
    /// Those of a module of C++.
    pub fn kind(&self) -> Result<Str, Error> {
        match own(self) {
            Some(own) => Ok(own.kind()),
            None => Ok(convert(self.call(Virtual::Kind, &[])?.view())?),
        }
    }

    /// What can be done with it. 1: it can be written as bytes, 2: its functions can be called, 4: it can be compiled.
    ///
    /// # Errors
    /// Those of a module of C++, as of the functions below.
    pub fn property_mask(&self) -> Result<i64, Error> {
        Ok(convert(self.call(Virtual::PropertyMask, &[])?.view())?)
    }

    /// Writes it to a file.
    ///
    /// # Errors
    /// Kind `RuntimeError` where that cannot be done, as with all modules of bowline's.
    pub fn write_to_file(&self, path: &str, format: &str) -> Result<(), Error> {
        let (path, format) = (path.into_any(), format.into_any());
        self.call(Virtual::WriteToFile, &[path.view(), format.view()]).map(drop)
    }

    /// The formats in which it can be written.
    ///
    /// # Errors
    /// See [`property_mask`](Self::property_mask).
    pub fn write_formats(&self) -> Result<Array<Str>, Error> {
        Ok(convert(self.call(Virtual::WriteFormats, &[])?.view())?)
    }

    /// The module as bytes.
    ///
    /// # Errors
    /// Kind `RuntimeError` where that cannot be done, as with all modules of bowline's.
    pub fn save_to_bytes(&self) -> Result<Bytes, Error> {
        Ok(convert(self.call(Virtual::SaveToBytes, &[])?.view())?)
    }

    /// The source, in a format; empty where there is none.
    ///
    /// # Errors
    /// See [`property_mask`](Self::property_mask).
    pub fn inspect_source(&self, format: &str) -> Result<Str, Error> {
        Ok(convert(self.ask(Virtual::InspectSource, format)?.view())?)
    }

    /// Imports another module.
    ///
    /// # Errors
    /// Kind `ValueError` when that one imports this one, over others perhaps: neither would ever be released.
    pub fn import(&self, other: Obj<ModuleObj>) -> Result<(), Error> {
        self.call(Virtual::Import, &[other.into_any().view()]).map(drop)
    }

    /// Forgets what it imports.
    ///
    /// # Errors
    /// See [`property_mask`](Self::property_mask).
    pub fn clear_imports(&self) -> Result<(), Error> {
        self.call(Virtual::ClearImports, &[]).map(drop)
    }

    /// Calls a virtual function.
    fn call(&self, which: Virtual, arguments: &[AnyView<'_>]) -> Result<Any, Error> {
        match own(self) {
            Some(_) => base::answer(self, which, arguments),
            None => cxx::call(self, which, arguments),
        }
    }

    fn ask(&self, which: Virtual, name: &str) -> Result<Any, Error> {
        self.call(which, &[name.into_any().view()])
    }

    fn said(&self, which: Virtual, about: &str, name: &str, imports: bool) -> Result<Option<Str>, Error> {
        self.first(imports, |module| match own(module) {
            Some(own) => own.said(about, name),
            None => Ok(convert(module.ask(which, name)?.view())?),
        })
    }

    /// What the first module has: this one, or, with `imports`, one that it reaches.
    fn first<T>(
        &self,
        imports: bool,
        look: impl Fn(&Obj<ModuleObj>) -> Result<Option<T>, Error>,
    ) -> Result<Option<T>, Error> {
        if let Some(found) = look(self)? {
            return Ok(Some(found));
        }
        if imports {
            for module in reached(self) {
                if let Some(found) = look(&module)? {
                    return Ok(Some(found));
                }
            }
        }
        Ok(None)
    }
}
