//! `MISSING` and `KWARGS`: objects that say something about arguments instead of being some.
//! Upholds: there is one of each in a process; a copy is the sentinel itself.

use super::attr;
use crate::function::{Error, Function};
use crate::object::{Obj, ObjectType};
use crate::value::{AnyView, IntoAny, Str};
use std::sync::OnceLock;

crate::object! {
    /// A value that stands for itself.
    #[key = "ffi.Sentinel"]
    pub struct Sentinel {
        /// What it is called.
        pub name: Str,
    }
    options { constructible: false, copyable: false, structural: crate::reflect::StructuralKind::Unique }
}

static MISSING: OnceLock<Obj<Sentinel>> = OnceLock::new();
static KWARGS: OnceLock<Obj<Sentinel>> = OnceLock::new();

#[cfg(not(feature = "guest"))]
fn named<'a>(cell: &'a OnceLock<Obj<Sentinel>>, name: &str) -> &'a Obj<Sentinel> {
    cell.get_or_init(|| {
        declare();
        Sentinel::new(Str::from(name))
    })
}

/// The host's.
#[cfg(feature = "guest")]
fn named<'a>(cell: &'a OnceLock<Obj<Sentinel>>, name: &str) -> &'a Obj<Sentinel> {
    cell.get_or_init(|| {
        // SAFETY: an object of this type, lent for good.
        unsafe {
            let object = (crate::runtime::get().sentinel)(name == "KWARGS").cast();
            Obj::from_borrowed(std::ptr::NonNull::new(object).expect("the host has both"))
        }
    })
}

/// "Not given": an argument that leaves a parameter its default. On any thread.
pub fn missing() -> &'static Obj<Sentinel> {
    named(&MISSING, "MISSING")
}

/// "Names follow": behind it, arguments are names and values by turns. On any thread.
pub fn kwargs() -> &'static Obj<Sentinel> {
    named(&KWARGS, "KWARGS")
}

/// Whether a value is [`missing`].
pub fn is_missing(view: AnyView<'_>) -> bool {
    is(&MISSING, view)
}

/// Whether a value is [`kwargs`].
pub fn is_kwargs(view: AnyView<'_>) -> bool {
    is(&KWARGS, view)
}

fn is(cell: &OnceLock<Obj<Sentinel>>, view: AnyView<'_>) -> bool {
    // A guest may be given one before it has asked for it.
    #[cfg(feature = "guest")]
    named(cell, if std::ptr::eq(cell, &KWARGS) { "KWARGS" } else { "MISSING" });
    match (cell.get(), view.as_object()) {
        (Some(sentinel), Some(object)) => sentinel.as_raw().cast() == object,
        _ => false,
    }
}

/// Registers the type, and how it reads.
pub(super) fn declare() {
    static READS: OnceLock<()> = OnceLock::new();
    READS.get_or_init(|| {
        let text =
            Function::from_packed(|arguments| match arguments.first().and_then(|view| view.as_ref::<Sentinel>()) {
                Some(sentinel) => Ok(Str::from(format!("<{}>", &*sentinel.name).as_str()).into_any()),
                None => Err(Error::type_error("expected a sentinel")),
            });
        let _ = attr::set(Sentinel::type_index(), "__ffi_repr__", text.into_any());
    });
}
