//! Field reads without the interpreter's attribute lookup: a table of a registered class's fields, and the `tp_getattro`
//! that looks there first.
//! Imports the tie, `field`, `turns`, the core's reflection and `sync`.
//! Upholds: what a read returns is what `PyObject_GenericGetAttr` would return: a table is used only while the class has
//! the version that the table was made for, and names only what the lookup found then.

use super::field;
use super::integer;
use super::refcount;
use super::trampoline::slot;
use super::turns::Turns;
use super::value;
use super::wrapper::Wrapper;
use bowline::reflect::{self, FieldInfo};
use bowline::sync::alone::alone;
use bowline::value::{cell, Storage};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyString;
use std::ffi::c_uint;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, Ordering};

/// A class object of our metaclass: what every class has, then what is ours.
///
/// * `shortcut`: atomic; null or a shortcut, which is never freed. Set at registration.
#[repr(C)]
pub struct ClassObject {
    heap: ffi::PyHeapTypeObject,
    shortcut: AtomicPtr<Shortcut>,
}

/// The shortcut of a registered class; `None` for classes without one.
///
/// # Safety
/// A live class whose metaclass is ours.
#[inline(always)]
pub unsafe fn of<'a>(class: *mut ffi::PyTypeObject) -> Option<&'a Shortcut> {
    // SAFETY: by contract the class object is as large; shortcuts are never freed.
    // Acquire: pairs with the Release in `install` and `Shortcut::renew`. Carries: the shortcut's content.
    unsafe { (*class.cast::<ClassObject>()).shortcut.load(Ordering::Acquire).as_ref() }
}

/// The metaclass of most registered classes: that of the first one.
static USUAL: AtomicPtr<ffi::PyTypeObject> = AtomicPtr::new(null_mut());

/// Whether instances of a class are wrappers for certain: it is registered, and its metaclass is the usual one.
///
/// # Safety
/// A live class.
#[inline(always)]
pub unsafe fn is_usual(class: *mut ffi::PyTypeObject) -> bool {
    // SAFETY: by contract; a class of that metaclass is a class object of ours.
    // Relaxed: compared only; a metaclass lives as long as its classes, and registered classes for ever.
    unsafe { refcount::class_of(class.cast()) == USUAL.load(Ordering::Relaxed) && of(class).is_some() }
}

/// How many tables a class may have in its life. They stay in memory, for readers without any protection; a class whose
/// attributes keep changing is left to the interpreter's lookup.
const TABLES: u32 = 32;

/// A table of fields by name, for one version of a class. Constant after publication.
pub struct Shortcut {
    /// What `tp_version_tag` has to be; 0, which no valid version is, while there is nothing in the table.
    version: c_uint,
    /// The class's type. A wrapper may hold another type's object, whose fields are elsewhere.
    index: i32,
    /// Where a name's entry is, in bytes: these bits of the name's address.
    shift: u32,
    mask: usize,
    entries: Box<[Entry]>,
    /// Which table of the class this is.
    number: u32,
    /// Shared by all tables of the class.
    pub turns: &'static Turns,
    /// As `turns`.
    pub calls: &'static Calls,
}

/// What is known of calls of a class (see `class_call`): the last version that was looked at, and what was found. A
/// version names one state of one class for ever.
#[derive(Default)]
pub struct Calls(AtomicU64);

impl Calls {
    const PLAIN: u64 = 1 << 32;

    /// Whether calls of the class in this version are plain, if that was found out.
    #[inline(always)]
    pub fn is_plain(&self, version: c_uint) -> Option<bool> {
        // Relaxed: one word says all.
        let found = self.0.load(Ordering::Relaxed);
        (version != 0 && found as u32 == version).then_some(found & Self::PLAIN != 0)
    }

    /// Notes what was found.
    pub fn note(&self, version: c_uint, plain: bool) {
        // Relaxed: as above.
        self.0.store(if plain { Self::PLAIN } else { 0 } | u64::from(version), Ordering::Relaxed);
    }
}

struct Entry {
    /// An interned string, counted for ever; null in an empty place.
    name: *mut ffi::PyObject,
    offset: usize,
    kind: Kind,
    field: Option<&'static FieldInfo>,
}

const ENTRY_BITS: u32 = size_of::<Entry>().trailing_zeros();
const _: () = assert!(size_of::<Entry>().is_power_of_two());

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// An object in a field that stays.
    Frozen,
    /// An object in a field that others may write.
    Mutable,
    /// Any value in a field that stays.
    FrozenAny,
    /// Any value in a field that others may write.
    MutableAny,
    Int,
    Other,
}

impl Shortcut {
    fn empty(index: i32, turns: &'static Turns, calls: &'static Calls, number: u32) -> Shortcut {
        let entries = Box::new([Entry { name: null_mut(), offset: 0, kind: Kind::Other, field: None }]);
        Shortcut { version: 0, index, shift: 0, mask: 0, entries, number, turns, calls }
    }

    #[inline(always)]
    fn entry(&self, name: *mut ffi::PyObject) -> &Entry {
        let at = (name as usize >> self.shift) & self.mask;
        debug_assert!(at / size_of::<Entry>() < self.entries.len());
        // SAFETY: the mask has the bits of a multiple of an entry's size, below the size of all.
        unsafe { &*self.entries.as_ptr().byte_add(at) }
    }

    /// The table for a class as it is now.
    ///
    /// # Safety
    /// Attached; a live class.
    unsafe fn make(py: Python<'_>, class: *mut ffi::PyTypeObject, former: &Shortcut) -> Shortcut {
        let empty = || Shortcut::empty(former.index, former.turns, former.calls, former.number + 1);
        let Some(reflection) = reflect::info(former.index) else { return empty() };
        let fields = &reflection.fields;
        let mut version = 0;
        let mut found = Vec::with_capacity(fields.len());
        for field in fields {
            let name = PyString::intern(py, &field.name);
            // SAFETY: by contract. The first lookup gives the class a version if it has none.
            let attribute = unsafe { lookup(py, class, &name) };
            // SAFETY: by contract.
            let now = unsafe { self::version(class) };
            if now == 0 || (version != 0 && now != version) {
                return empty();
            }
            version = now;
            let Some(field) = attribute.as_ref().and_then(field::of_property) else { continue };
            if bowline::object::registry::is_instance(former.index, field.owner()) {
                found.push((name, field));
            }
        }
        let Some((shift, last)) = spread(found.iter().map(|(name, _)| name.as_ptr() as usize)) else { return empty() };
        let mut entries = Vec::new();
        entries.resize_with(last + 1, || Entry { name: null_mut(), offset: 0, kind: Kind::Other, field: None });
        for (name, field) in found {
            let kind = match field.storage() {
                Storage::Object if field.flags().frozen => Kind::Frozen,
                Storage::Object => Kind::Mutable,
                Storage::Any if field.flags().frozen => Kind::FrozenAny,
                Storage::Any => Kind::MutableAny,
                Storage::I64 => Kind::Int,
                _ => Kind::Other,
            };
            let name = name.into_ptr();
            entries[(name as usize >> shift) & last] = Entry { name, offset: field.offset(), kind, field: Some(field) };
        }
        let (shift, mask) = (shift - ENTRY_BITS, last << ENTRY_BITS);
        Shortcut { version, shift, mask, entries: entries.into_boxed_slice(), ..empty() }
    }
}

/// Bits of the addresses that tell them apart.
fn spread(names: impl Iterator<Item = usize> + Clone) -> Option<(u32, usize)> {
    let count = names.clone().count();
    if count == 0 {
        return None;
    }
    for bits in count.next_power_of_two().trailing_zeros()..=10 {
        let mask = (1 << bits) - 1;
        for shift in ENTRY_BITS..24 {
            let mut taken = vec![false; mask + 1];
            if names.clone().all(|name| !std::mem::replace(&mut taken[(name >> shift) & mask], true)) {
                return Some((shift, mask));
            }
        }
    }
    None
}

extern "C" {
    #[cfg(not(Py_3_13))]
    fn _PyType_Lookup(class: *mut ffi::PyTypeObject, name: *mut ffi::PyObject) -> *mut ffi::PyObject;
    #[cfg(Py_3_13)]
    fn _PyType_LookupRef(class: *mut ffi::PyTypeObject, name: *mut ffi::PyObject) -> *mut ffi::PyObject;
}

/// What the classes in the MRO have under a name, as it is; gives the class a version.
///
/// # Safety
/// Attached; a live class.
pub unsafe fn lookup<'py>(
    py: Python<'py>,
    class: *mut ffi::PyTypeObject,
    name: &Bound<'py, PyString>,
) -> Option<Bound<'py, PyAny>> {
    // SAFETY: by contract; before 3.13 the result is borrowed, and the GIL is held.
    unsafe {
        #[cfg(Py_3_13)]
        let found = Bound::from_owned_ptr_or_opt(py, _PyType_LookupRef(class, name.as_ptr()));
        #[cfg(not(Py_3_13))]
        let found = Bound::from_borrowed_ptr_or_opt(py, _PyType_Lookup(class, name.as_ptr()));
        found
    }
}

/// The number that the interpreter gives to each state of a class: 0 from a change of the class, or of one that it
/// derives from, to the next lookup (`PyType_Modified` in CPython's Objects/typeobject.c).
///
/// # Safety
/// A live class.
#[inline(always)]
pub unsafe fn version(class: *mut ffi::PyTypeObject) -> c_uint {
    // Relaxed: as the interpreter's specialised instructions read it.
    // SAFETY: by contract; CPython writes the field atomically where threads are free.
    unsafe { AtomicU32::from_ptr(&raw mut (*class).tp_version_tag) }.load(Ordering::Relaxed)
}

/// Gives a class that is being registered for `index` a shortcut.
///
/// # Safety
/// Attached; a live class whose metaclass is ours.
pub unsafe fn install(class: *mut ffi::PyTypeObject, index: i32) {
    // SAFETY: by contract.
    let metaclass = unsafe { refcount::class_of(class.cast()) };
    // Relaxed: see `is_usual`.
    let _ = USUAL.compare_exchange(null_mut(), metaclass, Ordering::Relaxed, Ordering::Relaxed);
    let turns = Box::leak(Box::new(Turns::default()));
    let calls = Box::leak(Box::default());
    let first = Box::leak(Box::new(Shortcut::empty(index, turns, calls, 0)));
    // SAFETY: by contract.
    // Release: pairs with the Acquire in `of`.
    unsafe { (*class.cast::<ClassObject>()).shortcut.store(first, Ordering::Release) };
}

/// How large class objects of our metaclass are. The interpreter's own are as large as the build's headers say, or the
/// extension would not fit anyway.
pub const CLASS_SIZE: usize = size_of::<ClassObject>();

/// `tp_getattro` of registered classes while it is the field reads' turn.
pub unsafe extern "C" fn get_attribute(op: *mut ffi::PyObject, name: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter with a live instance of a class with our metaclass, and a name. Nothing here runs
    // Python code before a count of what is returned is taken.
    unsafe {
        let class = refcount::class_of(op);
        let Some(shortcut) = of(class) else { return ffi::PyObject_GenericGetAttr(op, name) };
        let entry = shortcut.entry(name);
        if entry.name != name || version(class) != shortcut.version {
            return otherwise(op, name);
        }
        let Some(object) = (*op.cast::<Wrapper>()).handle.read().settled() else { return otherwise(op, name) };
        if object.as_ref().type_index() != shortcut.index {
            return otherwise(op, name);
        }
        let address = object.as_ptr().cast::<u8>().add(entry.offset);
        match entry.kind {
            Kind::Mutable | Kind::MutableAny if !alone() => otherwise(op, name),
            Kind::Frozen | Kind::Mutable => match cell::peek_object_frozen(address, Storage::Object) {
                Some(child) => match value::object_at_hand(child) {
                    Some(wrapper) => wrapper,
                    None => otherwise(op, name),
                },
                None => otherwise(op, name),
            },
            Kind::FrozenAny | Kind::MutableAny => any(op, name, address),
            Kind::Int => {
                let value = cell::load_frozen(address, Storage::I64);
                integer::new(value.view().to_raw().to_bits() as i64)
            }
            Kind::Other => otherwise(op, name),
        }
    }
}

/// Any value that nobody writes meanwhile. Out of line, so that the other kinds need no stack.
///
/// # Safety
/// As for `get_attribute`, with the address of such a field.
#[inline(never)]
unsafe fn any(op: *mut ffi::PyObject, name: *mut ffi::PyObject, address: *const u8) -> *mut ffi::PyObject {
    // SAFETY: by contract.
    unsafe {
        match value::at_hand(cell::peek_frozen(address, Storage::Any)) {
            Some(found) => found,
            None => otherwise(op, name),
        }
    }
}

/// What the table does not answer.
#[inline(never)]
unsafe fn otherwise(op: *mut ffi::PyObject, name: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: as for `get_attribute`.
    unsafe {
        let class = refcount::class_of(op);
        if let Some(mut shortcut) = of(class) {
            if version(class) != shortcut.version {
                shortcut = renew(Python::assume_attached(), class, shortcut);
            }
            let entry = shortcut.entry(name);
            if entry.name == name && version(class) == shortcut.version {
                if let Some(field) = entry.field {
                    let mut suits = true;
                    let found = slot(|py| match field::read(py, op, field, shortcut.index) {
                        Some(found) => found.map(Bound::into_ptr),
                        None => {
                            suits = false;
                            Ok(null_mut())
                        }
                    });
                    if suits {
                        return found;
                    }
                }
            }
            shortcut.turns.missed(class);
        }
        ffi::PyObject_GenericGetAttr(op, name)
    }
}

/// Brings a class's table up to date.
///
/// # Safety
/// Attached; a live class with this shortcut.
#[cold]
unsafe fn renew<'a>(py: Python<'_>, class: *mut ffi::PyTypeObject, former: &'a Shortcut) -> &'a Shortcut {
    if former.number >= TABLES {
        // SAFETY: by contract.
        unsafe { former.turns.give_up(class) };
        return former;
    }
    // SAFETY: by contract.
    unsafe {
        let next = Shortcut::make(py, class, former);
        if next.version == 0 {
            return former;
        }
        let next = Box::into_raw(Box::new(next));
        let place = &(*class.cast::<ClassObject>()).shortcut;
        // Release: pairs with the Acquire in `of`. Relaxed on failure: the winner's is found by the next read.
        match place.compare_exchange(std::ptr::from_ref(former).cast_mut(), next, Ordering::Release, Ordering::Relaxed)
        {
            Ok(_) => &*next,
            Err(_) => {
                drop(Box::from_raw(next));
                former
            }
        }
    }
}
