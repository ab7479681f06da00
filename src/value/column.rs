//! A value for each type, in one array that never moves. It is an attribute of types, as the C ABI reads it.
//! Upholds: an entry stays where it is for good; what a reader in C may have borrowed is never released.

use super::cell::{is_none, replace_none};
use super::{Any, Mutable};
use crate::object::AllocError;
use crate::sync::global::{AtomicBool, AtomicI32, AtomicPtr, Ordering};
use std::alloc::Layout;
use std::ptr::null_mut;

/// How many types have an entry.
pub const COLUMN_SIZE: i32 = 1 << 20;

/// Values by type index, laid out as the C ABI has it. Made for statics and leaked boxes.
///
/// | member | protected by |
/// |---|---|
/// | `entries` | set once, from null |
/// | `size` | written after `entries`, once |
/// | `begin` | constant |
/// | `is_lent` | atomic; set for good |
///
/// All entries are there from the beginning. A reader in C keeps no lock and no count, and would not notice a larger array.
/// The system gives the memory of an entry when it is first written.
#[derive(Debug)]
#[repr(C)]
pub struct Column {
    entries: AtomicPtr<Mutable<Any>>,
    size: AtomicI32,
    begin: i32,
    is_lent: AtomicBool,
}

const _: () = assert!(std::mem::offset_of!(Column, begin) == 12 && size_of::<Mutable<Any>>() == 16);

impl Column {
    /// A column without values.
    #[allow(clippy::new_without_default, reason = "for statics")]
    pub const fn new() -> Column {
        let (entries, size) = (AtomicPtr::new(null_mut()), AtomicI32::new(0));
        Column { entries, size, begin: 0, is_lent: AtomicBool::new(false) }
    }

    /// Whether the column ever had a value, or was lent.
    pub fn is_made(&self) -> bool {
        // Relaxed: what was set is read through `entry`.
        !self.entries.load(Ordering::Relaxed).is_null()
    }

    /// The entry of a type, if the column ever had a value.
    #[inline]
    fn entry(&self, index: i32) -> Option<&Mutable<Any>> {
        // Acquire: pairs with the Release in `entries`. Carries: the fresh memory.
        let entries = self.entries.load(Ordering::Acquire);
        if entries.is_null() || !(0..COLUMN_SIZE).contains(&index) {
            return None;
        }
        // SAFETY: there are `COLUMN_SIZE` entries, which are never freed; zeroed memory is no value.
        Some(unsafe { &*entries.add(index as usize) })
    }

    /// Whether a type has a value. Takes no count, so that nothing is released.
    #[inline]
    pub fn has(&self, index: i32) -> bool {
        // SAFETY: the entry is a whole value, in memory that stays.
        self.entry(index).is_some_and(|entry| unsafe { !is_none(entry.as_ptr()) })
    }

    /// The value of a type; no value if it has none.
    #[inline]
    pub fn get(&self, index: i32) -> Any {
        let Some(entry) = self.entry(index) else { return Any::none() };
        // SAFETY: the entry is a whole value, in memory that stays. Most types have none, which is seen without a pin.
        match unsafe { is_none(entry.as_ptr()) } {
            true => Any::none(),
            false => entry.get(),
        }
    }

    /// Sets the value of a type. False, having done nothing, for a type without an entry.
    ///
    /// # Panics
    /// With the [`AllocError`] when there is no memory.
    pub fn set(&self, index: i32, value: Any) -> bool {
        self.entries();
        let Some(entry) = self.entry(index) else { return false };
        // SAFETY: the entry is a whole value, in memory that stays, and written by `cell` only.
        if unsafe { replace_none(entry.as_ptr(), value.clone()) }.is_err() {
            self.keep(entry);
            entry.set(value);
        }
        true
    }

    /// Sets the value of a type that has none. Linearises under the stripe of the entry.
    ///
    /// # Errors
    /// The value that the type has; for a type without an entry the value itself.
    ///
    /// # Panics
    /// As [`set`](Self::set).
    pub fn set_if_none(&self, index: i32, value: Any) -> Result<(), Any> {
        self.entries();
        let Some(entry) = self.entry(index) else { return Err(value) };
        // SAFETY: the entry is a whole value, in memory that stays, and written by `cell` only.
        unsafe { replace_none(entry.as_ptr(), value) }
    }

    /// The column for a reader in C. All entries are there, and what they hold stays from then on.
    ///
    /// # Panics
    /// As [`set`](Self::set).
    pub fn lend(&'static self) -> &'static Column {
        self.entries();
        // Relaxed: one who replaces a value at this moment may have come before.
        self.is_lent.store(true, Ordering::Relaxed);
        self
    }

    /// Keeps a value that is to be replaced, if readers in C may have it.
    fn keep(&self, entry: &Mutable<Any>) {
        // Relaxed: see `lend`.
        if self.is_lent.load(Ordering::Relaxed) {
            std::mem::forget(entry.get());
        }
    }

    /// Makes the entries unless they are there.
    fn entries(&self) {
        // Relaxed: readers take it by an Acquire.
        if !self.entries.load(Ordering::Relaxed).is_null() {
            return;
        }
        let fresh = memory::reserve();
        // Release: pairs with the Acquire in `entry`. Relaxed on failure: nothing is read.
        if self.entries.compare_exchange(null_mut(), fresh, Ordering::Release, Ordering::Relaxed).is_err() {
            memory::give_back(fresh);
        }
        // Release: a reader in C that sees the size sees the entries. It pairs with its reads, in the order that it has got
        // the column in.
        self.size.store(COLUMN_SIZE, Ordering::Release);
    }
}

/// A column that the crate itself looks into, by its attribute's name. There is one in a process.
#[derive(Debug)]
pub struct NamedColumn {
    name: &'static str,
    #[cfg(not(feature = "guest"))]
    own: Column,
    #[cfg(feature = "guest")]
    of_host: AtomicPtr<Column>,
}

impl NamedColumn {
    /// The column of this name.
    pub const fn new(name: &'static str) -> NamedColumn {
        NamedColumn {
            name,
            #[cfg(not(feature = "guest"))]
            own: Column::new(),
            #[cfg(feature = "guest")]
            of_host: AtomicPtr::new(null_mut()),
        }
    }

    /// The attribute's name.
    pub const fn name(&self) -> &'static str {
        self.name
    }
}

#[cfg(not(feature = "guest"))]
impl std::ops::Deref for NamedColumn {
    type Target = Column;
    #[inline(always)]
    fn deref(&self) -> &Column {
        &self.own
    }
}

#[cfg(feature = "guest")]
impl std::ops::Deref for NamedColumn {
    type Target = Column;
    fn deref(&self) -> &Column {
        // Relaxed: what is in a column carries its own order. The column is as old as the host.
        let mut column = self.of_host.load(Ordering::Relaxed);
        if column.is_null() {
            // SAFETY: the host's function; the name is lent.
            column =
                unsafe { (crate::runtime::get().column)(crate::runtime::Text::of(self.name), true) }.cast_mut().cast();
            self.of_host.store(column, Ordering::Relaxed);
        }
        // SAFETY: a column of the host, which stays. Its layout goes with the number of the table.
        unsafe { column.as_ref() }.expect("the host makes every column")
    }
}

const LAYOUT: Layout = match Layout::array::<Mutable<Any>>(COLUMN_SIZE as usize) {
    Ok(layout) => layout,
    Err(_) => panic!("a column fits the address space"),
};

/// Address space of which only what is written takes memory. Miri has no such mapping.
#[cfg(all(unix, not(miri)))]
mod memory {
    use super::{AllocError, Any, Mutable, LAYOUT};
    use std::ptr::null_mut;

    pub(super) fn reserve() -> *mut Mutable<Any> {
        let (access, kind) =
            (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANON | libc::MAP_NORESERVE);
        // SAFETY: a new mapping, at an address of the system's choice.
        let first = unsafe { libc::mmap(null_mut(), LAYOUT.size(), access, kind, -1, 0) };
        if first == libc::MAP_FAILED {
            AllocError::new(LAYOUT).handle()
        }
        tell_leak_checker(first);
        first.cast()
    }

    /// Lets a leak checker look for pointers here as well as in the heap. The process may have none.
    fn tell_leak_checker(first: *mut libc::c_void) {
        type Register = unsafe extern "C" fn(*const libc::c_void, usize);
        let process = libloading::os::unix::Library::this();
        // SAFETY: the function that LeakSanitizer has under this name.
        if let Ok(register) = unsafe { process.get::<Register>(b"__lsan_register_root_region\0") } {
            // SAFETY: the mapping stays.
            unsafe { register(first, LAYOUT.size()) };
        }
    }

    pub(super) fn give_back(first: *mut Mutable<Any>) {
        // SAFETY: mapped by `reserve` with this size, and seen by no other thread.
        unsafe { libc::munmap(first.cast(), LAYOUT.size()) };
    }
}

#[cfg(any(not(unix), miri))]
mod memory {
    use super::{AllocError, Any, Mutable, LAYOUT};
    use std::alloc::{alloc_zeroed, dealloc};

    pub(super) fn reserve() -> *mut Mutable<Any> {
        // SAFETY: the layout is not empty.
        let first = unsafe { alloc_zeroed(LAYOUT) };
        if first.is_null() {
            AllocError::new(LAYOUT).handle()
        }
        first.cast()
    }

    pub(super) fn give_back(first: *mut Mutable<Any>) {
        // SAFETY: allocated by `reserve` with this layout, and seen by no other thread.
        unsafe { dealloc(first.cast(), LAYOUT) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::IntoAny;

    #[test]
    fn has_a_value_for_each_type_and_keeps_the_first() {
        static COLUMN: Column = Column::new();
        assert!(COLUMN.get(70).is_none());
        assert!(COLUMN.set_if_none(70, 1.into_any()).is_ok());
        assert_eq!(COLUMN.set_if_none(70, 2.into_any()).unwrap_err().view().as_int(), Some(1));
        assert!(COLUMN.set(70, 3.into_any()) && COLUMN.set(COLUMN_SIZE - 1, 4.into_any()));
        assert!(!COLUMN.set(COLUMN_SIZE, 5.into_any()) && !COLUMN.set(-1, 6.into_any()));
        assert_eq!([70, 71, COLUMN_SIZE - 1, COLUMN_SIZE].map(|index| COLUMN.has(index)), [true, false, true, false]);
        assert_eq!([70, 71, COLUMN_SIZE - 1].map(|index| COLUMN.get(index).view().as_int()), [Some(3), None, Some(4)]);
        let lent = COLUMN.lend();
        // SAFETY: as a reader in C does: the entries are there, and no thread writes now.
        let read = unsafe { lent.entries.load(Ordering::Relaxed).cast::<Any>().add(70).as_ref() };
        assert_eq!(read.and_then(|value| value.view().as_int()), Some(3));
        assert_eq!(lent.size.load(Ordering::Relaxed), COLUMN_SIZE);
    }
}
