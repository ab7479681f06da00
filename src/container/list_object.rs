//! Objects that are mutable sequences, which threads share.
//! Upholds: every operation takes effect at once, under the list's stripe; what it displaces is released after that; no
//! foreign code runs and no object is allocated under the stripe.

use super::seq::SeqCell;
use super::slice::{gap, place, Slice};
use crate::object::grow::{gathered, Grow};
use crate::object::{AllocError, Header, Obj, Object, ObjectType};
use crate::value::{stripe, tag, Any, AnyView};
use std::cell::UnsafeCell;
use std::convert::Infallible;
use std::ops::Range;

/// The object behind a [`List`](super::List).
///
/// | member | protected by |
/// |---|---|
/// | `cell` | the stripe of the object's address |
#[repr(C)]
pub struct ListObj {
    header: Header,
    cell: UnsafeCell<SeqCell>,
}

const _: () = assert!(std::mem::offset_of!(ListObj, cell) == size_of::<Header>());

// SAFETY: `cell` is accessed under its stripe; items are Send + Sync.
unsafe impl Send for ListObj {}
// SAFETY: `cell` is accessed under its stripe; items are Send + Sync.
unsafe impl Sync for ListObj {}

// SAFETY: repr(C), starts with the header.
unsafe impl ObjectType for ListObj {
    const TYPE_KEY: &'static str = "ffi.List";
    type Parent = Object;
    #[inline]
    fn type_index() -> i32 {
        tag::LIST
    }
}

/// Unwinds if there was no room for an item. The item is released first, under no stripe.
#[inline]
fn unwind_without_memory(added: Result<(), (AllocError, Any)>) {
    if let Err((error, item)) = added {
        drop(item);
        error.handle();
    }
}

impl ListObj {
    /// A list of these items.
    pub fn make(items: impl IntoIterator<Item = Any>) -> Obj<ListObj> {
        let Ok(list) = ListObj::try_make(items.into_iter().map(Ok::<Any, Infallible>));
        list
    }

    /// A list of these items, or the first error. No other code knows the list before it is whole.
    ///
    /// # Errors
    /// That.
    pub fn try_make<E>(mut items: impl Iterator<Item = Result<Any, E>>) -> Result<Obj<ListObj>, E> {
        let mut list = Obj::new(ListObj { header: Header::placeholder(), cell: UnsafeCell::new(SeqCell::growing()) });
        // SAFETY: only a part is written.
        let cell = unsafe { list.get_unique_mut() }.expect("it has one owner").cell_mut();
        let _ = cell.reserve(items.size_hint().0);
        let mut push = |item| cell.push(item).unwrap_or_else(|error| error.handle());
        items.try_for_each(|item| item.map(&mut push)).map(|()| list)
    }

    pub(super) fn cell_mut(&mut self) -> &mut SeqCell {
        self.cell.get_mut()
    }

    /// Runs `work`, which neither releases values nor calls out, under the stripe.
    #[inline]
    fn held<R>(&self, work: impl FnOnce(&mut SeqCell) -> R) -> R {
        let _held = stripe::of(self).hold();
        // SAFETY: accessed under the stripe only, and `work` does not come back here.
        work(unsafe { &mut *self.cell.get() })
    }

    /// How many items there are, now.
    #[inline]
    pub fn len(&self) -> usize {
        self.held(|cell| cell.len())
    }

    /// Whether there are none, now.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// An item.
    #[inline]
    pub fn get(&self, index: usize) -> Option<Any> {
        // SAFETY: under the stripe.
        self.held(|cell| unsafe { cell.items() }.get(index).cloned())
    }

    /// Replaces an item; false when there is none at the index.
    pub fn set(&self, index: usize, value: Any) -> bool {
        self.swap(index, value).is_ok()
    }

    /// Replaces an item and gives the old one. Gives the value back when there is none at the index.
    pub fn swap(&self, index: usize, value: Any) -> Result<Any, Any> {
        self.held(|cell| {
            if index >= cell.len() {
                return Err(value);
            }
            // SAFETY: inside; the old item is moved out as the new one moves in.
            Ok(unsafe { cell.data.add(index).replace(value) })
        })
    }

    /// Adds an item at the end.
    #[inline]
    pub fn push(&self, value: Any) {
        let added = self.held(|cell| {
            let at = cell.len();
            // SAFETY: the place is inside or at the end.
            unsafe { cell.insert(at, value) }
        });
        unwind_without_memory(added);
    }

    /// Adds an item before the one at `index`. It goes to the end when there are fewer.
    pub fn insert(&self, index: usize, value: Any) {
        let added = self.held(|cell| {
            let at = index.min(cell.len());
            // SAFETY: the place is inside or at the end.
            unsafe { cell.insert(at, value) }
        });
        unwind_without_memory(added);
    }

    /// Takes the last item out.
    #[inline]
    pub fn pop(&self) -> Option<Any> {
        self.held(|cell| {
            let last = cell.len().checked_sub(1)?;
            // SAFETY: inside.
            Some(unsafe { cell.extract(last) })
        })
    }

    /// Takes an item out.
    pub fn remove(&self, index: usize) -> Option<Any> {
        // SAFETY: inside.
        self.held(|cell| (index < cell.len()).then(|| unsafe { cell.extract(index) }))
    }

    /// An item. Here and in the operations below a negative index counts from the end, as it is at that moment: with
    /// other threads inside the list, no length asked for before says where that is.
    #[inline]
    pub fn item(&self, index: isize) -> Option<Any> {
        // SAFETY: under the stripe; the place is inside.
        self.held(|cell| place(index, cell.len()).map(|at| unsafe { cell.items() }[at].clone()))
    }

    /// Replaces an item and gives the old one. Gives the value back when there is none at the index.
    ///
    /// # Errors
    /// The value.
    pub fn set_item(&self, index: isize, value: Any) -> Result<Any, Any> {
        self.held(|cell| match place(index, cell.len()) {
            // SAFETY: inside; the old item is moved out as the new one moves in.
            Some(at) => Ok(unsafe { cell.data.add(at).replace(value) }),
            None => Err(value),
        })
    }

    /// Adds an item before the one at an index, which is clamped to the ends.
    pub fn insert_item(&self, index: isize, value: Any) {
        let added = self.held(|cell| {
            let at = gap(index, cell.len());
            // SAFETY: the place is inside or at the end.
            unsafe { cell.insert(at, value) }
        });
        unwind_without_memory(added);
    }

    /// Takes an item out.
    pub fn remove_item(&self, index: isize) -> Option<Any> {
        // SAFETY: the place is inside.
        self.held(|cell| place(index, cell.len()).map(|at| unsafe { cell.extract(at) }))
    }

    /// Takes an item out if it is still this one.
    pub fn remove_if(&self, index: isize, item: AnyView<'_>) -> bool {
        let removed = self.held(|cell| {
            let at = place(index, cell.len())?;
            // SAFETY: under the stripe; the place is inside.
            unsafe { cell.items()[at].view().same(&item).then(|| cell.extract(at)) }
        });
        removed.is_some()
    }

    /// Removes the items of a slice.
    pub fn remove_slice(&self, slice: Slice) {
        let mut old = Vec::new();
        let removed = self.held(|cell| {
            let span = slice.span(cell.len());
            // SAFETY: the places are inside, lowest first.
            unsafe { cell.extract_all(span.count(), span.upward(), &mut old) }
        });
        drop(old);
        removed.unwrap_or_else(|error| error.handle());
    }

    /// Replaces the items of a slice by others. `items` may come from this very list.
    ///
    /// # Errors
    /// How many items the slice has, when there are others for it and its step is not 1; nothing is done then.
    pub fn replace_slice(&self, slice: Slice, items: impl IntoIterator<Item = Any>) -> Result<(), usize> {
        let mut items = gathered(items);
        let mut old = Vec::new();
        let replaced = self.held(|cell| {
            let span = slice.span(cell.len());
            if slice.step.get() == 1 {
                // SAFETY: the span is inside.
                return Ok(unsafe { cell.replace(span.start(), span.count(), &mut items, &mut old) });
            }
            if items.len() != span.count() {
                return Err(span.count());
            }
            for (at, value) in span.places().zip(&mut items) {
                // SAFETY: inside; what was there leaves with `items`.
                std::mem::swap(unsafe { &mut *cell.data.add(at) }, value);
            }
            Ok(Ok(()))
        });
        replaced.map(|made| made.unwrap_or_else(|error| error.handle()))
    }

    /// Removes the items of a range, as much of it as there is.
    pub fn remove_range(&self, range: Range<usize>) {
        self.replace_range(range, []);
    }

    /// Replaces the items of a range, as much of it as there is, by others. `items` may come from this very list.
    pub fn replace_range(&self, range: Range<usize>, items: impl IntoIterator<Item = Any>) {
        let mut items = gathered(items);
        let mut old = Vec::new();
        let replaced = self.held(|cell| {
            let start = range.start.min(cell.len());
            let count = range.end.clamp(start, cell.len()) - start;
            // SAFETY: the range is inside.
            unsafe { cell.replace(start, count, &mut items, &mut old) }
        });
        drop(old);
        replaced.unwrap_or_else(|error| error.handle());
    }

    /// Removes all items.
    pub fn clear(&self) {
        let old = self.held(|cell| std::mem::replace(cell, SeqCell::growing()));
        drop(old);
    }

    /// Reverses the order.
    pub fn reverse(&self) {
        self.held(|cell| {
            if cell.size > 1 {
                // SAFETY: `size` items are behind `data`, and we are under the stripe.
                unsafe { std::slice::from_raw_parts_mut(cell.data, cell.len()) }.reverse();
            }
        });
    }

    /// The items as they are at one moment.
    pub fn snapshot(&self) -> Vec<Any> {
        // Room is made outside; retried when the list grew meanwhile.
        let mut items = Vec::new();
        loop {
            items.grow(self.len());
            let room = items.capacity();
            let whole = self.held(|cell| {
                let fits = cell.len() <= room;
                if fits {
                    // SAFETY: under the stripe.
                    items.extend_from_slice(unsafe { cell.items() });
                }
                fits
            });
            if whole {
                return items;
            }
        }
    }

    /// Shows the items to a garbage collector, without counts. It goes from place `from` on until `look` finds something,
    /// and gives that and the place to go on from. `look` neither comes back to any container or field, nor releases
    /// anything.
    pub fn find_from<R>(&self, from: usize, mut look: impl FnMut(AnyView<'_>) -> Option<R>) -> Option<(usize, R)> {
        self.held(|cell| {
            // SAFETY: under the stripe.
            let mut items = unsafe { cell.items() }.iter().enumerate().skip(from);
            items.find_map(|(at, item)| look(item.view()).map(|found| (at + 1, found)))
        })
    }
}
