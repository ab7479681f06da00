//! The entries of a mapping as the C ABI lays them out. They are in the order of first insertion.
//! Upholds: inlined C++ may read and change the table between any two operations; what an operation displaces it returns, so
//! that nothing is released inside.
//!
//! Up to four entries are an array, which is searched from its beginning. More are in the dense form, see [`super::dense`]. C++
//! turns one into the other, and frees memory of either by the deleter that stands beside it.

use super::key;
use super::key_hashes::{KeyHashes, Obstacle};
use super::table_memory::{allocate, free, EntriesDeleter, Memory};
use crate::object::AllocError;
use crate::value::{Any, AnyView};
use std::ffi::c_void;
use std::ptr::{from_ref, null_mut};

/// How many entries the small form has at most.
pub(super) const SMALL: usize = 4;
/// Of a number of slots: the table is in the small form.
const IS_SMALL: u64 = 1 << 63;
/// No slot: the end of the order.
pub(super) const NONE: u64 = u64::MAX;

/// Where an entry is, as long as the table does not change. It is its index in the small form, its slot in the dense one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct EntryPlace(usize);

/// Key and value.
pub(super) type Pair = (Any, Any);

/// One of the small form, as the ABI has it.
#[repr(C)]
pub(super) struct SmallItem {
    key: Any,
    value: Any,
}

/// What stands behind the header of a mapping.
///
/// | member | |
/// |---|---|
/// | `data` | the entries; in the small form perhaps a part of the object |
/// | `size` | how many entries there are |
/// | `slots` | how many there is room for; the highest bit says that the form is small |
/// | `deleter` | frees `data`; none if that is a part of the object |
/// | the rest | means something in the dense form only; in the small form C++ may have entries there |
#[repr(C)]
pub(super) struct Table {
    data: *mut c_void,
    size: u64,
    slots: u64,
    deleter: Option<EntriesDeleter>,
    shift: u32,
    first: u64,
    last: u64,
}

const _: () = assert!(size_of::<Table>() == 56 && std::mem::offset_of!(Table, first) == 40);
const _: () = assert!(size_of::<SmallItem>() == 32);

// SAFETY: keys and values are Send + Sync. The object that holds the table says who may change it.
unsafe impl Send for Table {}
// SAFETY: keys and values are Send + Sync. The object that holds the table says who may change it.
unsafe impl Sync for Table {}

impl Default for Table {
    fn default() -> Table {
        Table::small(null_mut(), 0, None)
    }
}

impl Table {
    fn small(data: *mut c_void, room: usize, deleter: Option<EntriesDeleter>) -> Table {
        Table { data, size: 0, slots: IS_SMALL | room as u64, deleter, shift: 0, first: NONE, last: NONE }
    }

    /// A table without entries in blocks from `malloc`.
    pub(super) fn of_blocks(data: *mut u8, slots: u64, shift: u32) -> Table {
        Table { data: data.cast(), size: 0, slots, deleter: Some(free), shift, first: NONE, last: NONE }
    }

    /// Gives a table without memory places that are a part of its object.
    pub(super) fn place_inside(&mut self, places: *mut SmallItem, room: usize) {
        (self.data, self.slots) = (places.cast(), IS_SMALL | room as u64);
    }

    // ---- members, for the dense form -----------------------------------------------------------------------------------

    #[inline]
    pub(super) fn data(&self) -> *mut u8 {
        self.data.cast()
    }
    #[inline]
    pub(super) fn is_small(&self) -> bool {
        self.slots & IS_SMALL != 0
    }
    #[inline]
    pub(super) fn slots(&self) -> usize {
        (self.slots & !IS_SMALL) as usize
    }
    #[inline]
    pub(super) fn shift(&self) -> u32 {
        self.shift & 63
    }
    /// The end of the order. C++ leaves the members of an empty table as they come.
    #[inline]
    pub(super) fn last_slot(&self) -> u64 {
        if self.size > 0 {
            self.last
        } else {
            NONE
        }
    }
    pub(super) fn set_first(&mut self, slot: u64) {
        self.first = slot;
    }
    pub(super) fn set_last(&mut self, slot: u64) {
        self.last = slot;
    }
    pub(super) fn set_len(&mut self, len: usize) {
        self.size = len as u64;
    }

    // ---- looking -------------------------------------------------------------------------------------------------------

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.size as usize
    }

    /// The entries of the small form.
    #[inline]
    fn items(&self) -> &[SmallItem] {
        match self.len() {
            0 => &[],
            // SAFETY: so many entries are there.
            len => unsafe { std::slice::from_raw_parts(self.data.cast(), len) },
        }
    }

    /// Key and value at a place.
    #[inline]
    pub(super) fn entry(&self, place: EntryPlace) -> (&Any, &Any) {
        if self.is_small() {
            let item = &self.items()[place.0];
            return (&item.key, &item.value);
        }
        // SAFETY: places are of filled slots.
        let item = unsafe { &*self.item(place.0) };
        (&item.key, &item.value)
    }

    /// The value at a place.
    #[inline]
    pub(super) fn value(&self, place: EntryPlace) -> &Any {
        self.entry(place).1
    }

    /// Where a key is, told at a glance.
    #[inline]
    pub(super) fn find(&self, hash: u64, key: &AnyView<'_>) -> Option<EntryPlace> {
        if self.is_small() {
            return self.items().iter().position(|item| key::equal(item.key.as_view(), key)).map(EntryPlace);
        }
        let mut chain = self.chain(hash);
        // SAFETY: the slots of a chain are filled.
        chain.find(|slot| unsafe { key::equal((*self.item(*slot)).key.as_view(), key) }).map(EntryPlace)
    }

    /// The keys that may be equal to one of a hash.
    pub(super) fn candidates(&self, hash: u64) -> impl Iterator<Item = (EntryPlace, &Any)> {
        let small = if self.is_small() { 0..self.len() } else { 0..0 };
        let chain = (!self.is_small()).then(|| self.chain(hash)).into_iter().flatten();
        small.chain(chain).map(|at| (EntryPlace(at), self.entry(EntryPlace(at)).0))
    }

    /// Whether a hash leads to the entry at a place.
    pub(super) fn leads_to(&self, hash: u64, place: EntryPlace) -> bool {
        self.is_small() || self.chain(hash).any(|slot| slot == place.0)
    }

    /// The entry at a place, if there is one. The table may have changed since the place was found.
    pub(super) fn entry_if_there(&self, place: EntryPlace) -> Option<(&Any, &Any)> {
        let is_there = if self.is_small() { place.0 < self.len() } else { self.is_filled(place.0) };
        is_there.then(|| self.entry(place))
    }

    /// Where the first entry is.
    #[inline]
    pub(super) fn first(&self) -> Option<EntryPlace> {
        match self.is_small() {
            _ if self.size == 0 => None,
            true => Some(EntryPlace(0)),
            false => self.place_of(self.first),
        }
    }

    /// Where the entry is that was inserted last.
    pub(super) fn last(&self) -> Option<EntryPlace> {
        match self.is_small() {
            true => self.len().checked_sub(1).map(EntryPlace),
            false => self.place_of(self.last_slot()),
        }
    }

    /// Where the entry is that stands behind another.
    #[inline]
    pub(super) fn next(&self, place: EntryPlace) -> Option<EntryPlace> {
        match self.is_small() {
            true => (place.0 + 1 < self.len()).then(|| EntryPlace(place.0 + 1)),
            false => self.place_of(self.behind(place.0)),
        }
    }

    #[inline]
    fn place_of(&self, slot: u64) -> Option<EntryPlace> {
        (slot != NONE).then_some(EntryPlace(slot as usize))
    }

    /// Where the entries are, in order.
    #[inline]
    pub(super) fn places(&self) -> impl Iterator<Item = EntryPlace> + Clone + '_ {
        std::iter::successors(self.first(), |place| self.next(*place))
    }

    /// The entries in order.
    #[inline]
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Any, &Any)> + Clone {
        self.places().map(|place| self.entry(place))
    }

    /// Shows keys and values by turns until `look` finds something. It begins with the part of that number, and gives what was
    /// found and the number of the part behind.
    pub(super) fn find_from<R>(
        &self,
        from: usize,
        mut look: impl FnMut(AnyView<'_>) -> Option<R>,
    ) -> Option<(usize, R)> {
        // Zero is the beginning. Else it is twice the place, one more for its value, and two more.
        let (mut place, mut skip_key) = match from.checked_sub(2) {
            None => (self.first(), false),
            Some(part) => (Some(EntryPlace(part / 2)), part % 2 == 1),
        };
        while let Some(at) = place {
            let (key, value) = self.entry_if_there(at)?;
            let next = self.next(at);
            if let Some(found) = if skip_key { None } else { look(key.view()) } {
                return Some((2 * at.0 + 3, found));
            }
            if let Some(found) = look(value.view()) {
                return Some((next.map_or(usize::MAX, |next| 2 * next.0 + 2), found));
            }
            (place, skip_key) = (next, false);
        }
        None
    }

    // ---- changes -------------------------------------------------------------------------------------------------------

    /// Sets the value at a place; returns the former one.
    pub(super) fn replace(&mut self, place: EntryPlace, value: Any) -> Any {
        // SAFETY: the place has an entry.
        unsafe {
            match self.is_small() {
                true => (&raw mut (*self.data.cast::<SmallItem>().add(place.0)).value).replace(value),
                false => (&raw mut (*self.item(place.0)).value).replace(value),
            }
        }
    }

    /// Adds an entry at the end, of a key that is not there. Gives memory that is not needed any more.
    ///
    /// # Errors
    /// What is in the way, and the entry; nothing is changed.
    #[inline]
    pub(super) fn push(
        &mut self,
        hash: u64,
        entry: Pair,
        hashes: &KeyHashes,
    ) -> Result<Option<Memory>, (Obstacle, Pair)> {
        let entry = match self.push_here(hash, entry) {
            Ok(()) => return Ok(None),
            Err(entry) => entry,
        };
        let mut memory = None;
        let mut entry = Some(entry);
        while let Some(pair) = entry.take() {
            match self.enlarge(hashes) {
                Ok(former) => drop(memory.replace(former)),
                Err(obstacle) => return Err((obstacle, pair)),
            }
            entry = self.push_here(hash, pair).err();
        }
        Ok(memory)
    }

    /// Adds an entry, or gives it back if there is no room.
    #[inline]
    fn push_here(&mut self, hash: u64, (key, value): Pair) -> Result<(), Pair> {
        if !self.is_small() {
            return self.push_dense(hash, (key, value));
        }
        if self.len() >= self.slots() {
            return Err((key, value));
        }
        // SAFETY: there is room behind the last entry.
        unsafe { self.data.cast::<SmallItem>().add(self.len()).write(SmallItem { key, value }) };
        self.size += 1;
        Ok(())
    }

    /// Makes room for more entries. Gives the former memory.
    #[cold]
    fn enlarge(&mut self, hashes: &KeyHashes) -> Result<Memory, Obstacle> {
        let larger = match self.is_small() && self.slots() < SMALL {
            true => self.larger_array()?,
            false => self.larger(hashes)?,
        };
        let former = Memory::new(self.data, self.deleter);
        // SAFETY: the former table is forgotten, and its entries with it. They are in the larger one.
        unsafe { std::ptr::from_mut(self).write(larger) };
        Ok(former)
    }

    fn larger_array(&self) -> Result<Table, AllocError> {
        let data = allocate(SMALL * size_of::<SmallItem>())?;
        let mut larger = Table::small(data.cast(), SMALL, Some(free));
        // SAFETY: there is room; the entries move as bytes.
        unsafe { data.cast::<SmallItem>().copy_from_nonoverlapping(self.items().as_ptr(), self.len()) };
        larger.size = self.size;
        Ok(larger)
    }

    /// Removes the entry at a place; returns it.
    pub(super) fn remove(&mut self, place: EntryPlace) -> Pair {
        if !self.is_small() {
            return self.remove_dense(place.0);
        }
        // SAFETY: the place has an entry, which moves out; those behind it move down.
        unsafe {
            let at = self.data.cast::<SmallItem>().add(place.0);
            let SmallItem { key, value } = at.read();
            at.copy_from(at.add(1), self.len() - place.0 - 1);
            self.size -= 1;
            (key, value)
        }
    }

    /// Takes all entries out.
    pub(super) fn take(&mut self) -> TakenEntries {
        if self.is_small() {
            let mut few = [const { None }; SMALL];
            let count = self.len().min(SMALL);
            for (at, place) in few.iter_mut().enumerate().take(count) {
                // SAFETY: the entry moves out: it is not counted any more.
                *place = Some(unsafe { self.data.cast::<SmallItem>().add(at).read() });
            }
            self.size = 0;
            return TakenEntries::Few { _entries: few };
        }
        TakenEntries::Many { _table: std::mem::take(self) }
    }

    /// Lets entries go that another table has.
    pub(super) fn forget_entries(&mut self) {
        (self.size, self.first, self.last) = (0, NONE, NONE);
    }
}

/// Entries that were taken out, to be released under no stripe.
pub(super) enum TakenEntries {
    /// Of the small form.
    Few { _entries: [Option<SmallItem>; SMALL] },
    /// Of the dense form.
    Many { _table: Table },
}

impl Drop for Table {
    /// Releases the entries in order.
    fn drop(&mut self) {
        let _after_the_entries = Memory::new(self.data, self.deleter);
        let mut place = self.first();
        while let Some(at) = place {
            let (key, value) = self.entry(at);
            let (key, value) = (from_ref(key), from_ref(value));
            place = self.next(at);
            // SAFETY: the end of the table; each entry ends once.
            unsafe { drop((key.read(), value.read())) };
        }
    }
}
