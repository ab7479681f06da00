//! A table of a registered class's fields by name. It serves reads without the interpreter's attribute lookup.
//! Upholds: a table names only what the lookup finds while the class has the version that the table was made for.

use crate::types::call_cache::CallCache;
use crate::types::field::getattro_backoff::{GetAttribute, GetattroBackoff};
use crate::types::field::read::QuickRead;
use crate::wrapper::class_object::ClassObject;
use bowline::reflect::FieldInfo;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyString;
use std::ffi::c_uint;
use std::ptr::null_mut;
use std::sync::atomic::Ordering;

/// How many tables a class may have in its life. They stay in memory, for readers without any protection; a class whose
/// attributes keep changing is left to the interpreter's lookup.
const MAX_TABLES: u32 = 32;

/// A table of fields by name, for one version of a class. Constant after publication.
pub struct FieldCache {
    /// What `tp_version_tag` has to be. It is 0, which no valid version is, while there is nothing in the table.
    pub version: c_uint,
    /// The class's type. A wrapper may hold another type's object, whose fields are elsewhere.
    pub index: i32,
    /// Where a name's place is, in bytes: these bits of the name's address.
    shift: u32,
    mask: usize,
    places: Box<[CachedField]>,
    /// Which table of the class this is.
    number: u32,
    /// Shared by all tables of the class.
    pub backoff: &'static GetattroBackoff,
    /// As `backoff`.
    pub calls: &'static CallCache,
}

/// A place of a table.
pub struct CachedField {
    /// An interned string, of which a count is kept; null in an empty place.
    pub name: *mut ffi::PyObject,
    /// Where the field is in an object.
    pub offset: isize,
    pub read: QuickRead,
    pub field: Option<&'static FieldInfo>,
}

impl CachedField {
    const EMPTY: CachedField = CachedField { name: null_mut(), offset: 0, read: QuickRead::Never, field: None };
}

const PLACE_BITS: u32 = size_of::<CachedField>().trailing_zeros();
const _: () = assert!(size_of::<CachedField>().is_power_of_two());

impl FieldCache {
    /// The table of a registered class; none of a class without one.
    ///
    /// # Safety
    /// A live class whose metaclass is ours.
    #[inline(always)]
    pub unsafe fn of_class<'a>(class: *mut ffi::PyTypeObject) -> Option<&'a FieldCache> {
        // SAFETY: the metaclass is ours, so that the class object is as large. Tables are never freed. Acquire: pairs
        // with the Release in `publish_first` and `replace`. Carries: the table's content. Weaker: see
        // src/sync/edges.md, here and below.
        unsafe { (*class.cast::<ClassObject>()).fields.load(Ordering::Acquire).cast::<FieldCache>().as_ref() }
    }

    /// Gives a class that is being registered for `index` a table, an empty one. Its field reads are done by `getattro`.
    ///
    /// # Safety
    /// Attached; a live class whose metaclass is ours.
    pub unsafe fn publish_first(class: *mut ffi::PyTypeObject, index: i32, getattro: GetAttribute) {
        let first = FieldCache {
            version: 0,
            index,
            shift: 0,
            mask: 0,
            places: Box::new([CachedField::EMPTY]),
            number: 0,
            backoff: Box::leak(Box::new(GetattroBackoff::new(getattro))),
            calls: Box::leak(Box::default()),
        };
        let first = Box::into_raw(Box::new(first));
        // SAFETY: the metaclass is ours, so that the class object is as large. Release: pairs with the Acquire in
        // `of_class`.
        unsafe { (*class.cast::<ClassObject>()).fields.store(first.cast(), Ordering::Release) };
    }

    /// Puts `next` in this table's place, unless another thread has done so. Gives the table that holds then, as far as
    /// known.
    ///
    /// # Safety
    /// Attached; a live class, whose table this is or was.
    pub unsafe fn replace(&self, class: *mut ffi::PyTypeObject, next: FieldCache) -> &FieldCache {
        let next = Box::into_raw(Box::new(next));
        let former = std::ptr::from_ref(self).cast_mut();
        // SAFETY: the metaclass is ours, so that the class object is as large. No other thread has `next` until the
        // exchange succeeds.
        unsafe {
            let place = &(*class.cast::<ClassObject>()).fields;
            // Release: pairs with the Acquire in `of_class`. Relaxed on failure: the winner's is found by the next read.
            match place.compare_exchange(former.cast(), next.cast(), Ordering::Release, Ordering::Relaxed) {
                Ok(_) => &*next,
                Err(_) => {
                    drop(Box::from_raw(next));
                    self
                }
            }
        }
    }

    /// Whether the class has had as many tables as it may.
    pub fn is_last(&self) -> bool {
        self.number >= MAX_TABLES
    }

    /// The next table, of fields that the lookup found while the class had a version. None if they do not go into one.
    pub fn next_of(
        &self,
        version: c_uint,
        found: Vec<(Bound<'_, PyString>, &'static FieldInfo)>,
    ) -> Option<FieldCache> {
        let (shift, last) = spread(found.iter().map(|(name, _)| name.as_ptr() as usize))?;
        let mut places = Vec::new();
        places.resize_with(last + 1, || CachedField::EMPTY);
        for (name, field) in found {
            let (name, read) = (name.into_ptr(), QuickRead::of_field(field));
            let place = CachedField { name, offset: field.offset(), read, field: Some(field) };
            places[(name as usize >> shift) & last] = place;
        }
        Some(FieldCache {
            version,
            index: self.index,
            shift: shift - PLACE_BITS,
            mask: last << PLACE_BITS,
            places: places.into_boxed_slice(),
            number: self.number + 1,
            backoff: self.backoff,
            calls: self.calls,
        })
    }

    /// The only place in which a name may be.
    #[inline(always)]
    pub fn place_of(&self, name: *mut ffi::PyObject) -> &CachedField {
        let at = (name as usize >> self.shift) & self.mask;
        debug_assert!(at / size_of::<CachedField>() < self.places.len());
        // SAFETY: the mask has the bits of a multiple of a place's size. It is below the size of all.
        unsafe { &*self.places.as_ptr().byte_add(at) }
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
        for shift in PLACE_BITS..24 {
            let mut taken = vec![false; mask + 1];
            if names.clone().all(|name| !std::mem::replace(&mut taken[(name >> shift) & mask], true)) {
                return Some((shift, mask));
            }
        }
    }
    None
}
