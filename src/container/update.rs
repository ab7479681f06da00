//! Containers that one owner alone has, changed where they are, as C++ does it.
//! Upholds: nothing is replaced in a container that has a second handle; nothing of a container is borrowed while its owner says what
//! replaces a part.

use super::mapping_object::Mapping;
use super::seq::SeqCell;
use super::table::{EntryPlace, Table};
use crate::function::Error;
use crate::object::grow::gathered;
use crate::object::{Obj, ObjectType};
use crate::value::{Any, AnyView};

/// Something with parts that can be replaced one by one.
pub(super) trait Replaceable {
    /// How a part is found again.
    type EntryPlace: Copy;
    /// Where all parts are.
    fn places(&self) -> Vec<Self::EntryPlace>;
    /// The part at a place.
    fn part(&self, place: Self::EntryPlace) -> Option<&Any>;
    /// Replaces the part at a place that has one; gives the former one.
    fn put(&mut self, place: Self::EntryPlace, part: Any) -> Any;
}

impl Replaceable for SeqCell {
    type EntryPlace = usize;

    fn places(&self) -> Vec<usize> {
        gathered(0..self.len())
    }

    fn part(&self, at: usize) -> Option<&Any> {
        // SAFETY: the sequence is lent for as long as the item is.
        unsafe { self.items() }.get(at)
    }

    fn put(&mut self, at: usize, part: Any) -> Any {
        assert!(at < self.len(), "a place of the sequence");
        // SAFETY: there is an item.
        unsafe { self.data.add(at).replace(part) }
    }
}

impl Replaceable for Table {
    type EntryPlace = EntryPlace;

    fn places(&self) -> Vec<EntryPlace> {
        gathered(Table::places(self))
    }

    fn part(&self, place: EntryPlace) -> Option<&Any> {
        self.entry_if_there(place).map(|(_, value)| value)
    }

    fn put(&mut self, place: EntryPlace, part: Any) -> Any {
        self.replace(place, part)
    }
}

/// Asks for each part what replaces it. False, having done nothing, if there is another handle of the container.
///
/// # Errors
/// What `change` ends in; kind `RuntimeError` when it makes another handle of the container.
pub(super) fn update<T: ObjectType, P: Replaceable>(
    container: &mut Obj<T>,
    parts: impl Fn(&mut T) -> &mut P,
    mut change: impl FnMut(AnyView<'_>) -> Result<Option<Any>, Error>,
) -> Result<bool, Error> {
    // SAFETY: only parts are replaced, here and below.
    let Some(unique) = (unsafe { container.get_unique_mut() }) else { return Ok(false) };
    for place in parts(unique).places() {
        // SAFETY: only parts are replaced, not the container's value.
        let unique = unsafe { container.get_unique_mut() }.ok_or_else(handed_on)?;
        let Some(part) = parts(unique).part(place).map(|part| part.view().to_raw()) else { continue };
        // SAFETY: the part is there while its only owner does not change the container. That owner waits for the answer.
        let answer = change(unsafe { AnyView::from_raw(part) })?;
        if let Some(new) = answer {
            // SAFETY: only parts are replaced, not the container's value.
            let unique = unsafe { container.get_unique_mut() }.ok_or_else(handed_on)?;
            let parts = parts(unique);
            let former = parts.part(place).is_some().then(|| parts.put(place, new));
            drop(former);
        }
    }
    Ok(true)
}

#[cold]
fn handed_on() -> Error {
    Error::runtime("a container was handed on while it was mutated in place")
}

macro_rules! updatable {
    ($($container:ident, $parts:expr;)*) => {$(
        impl super::$container {
            /// Asks for each item, or value of a mapping, what replaces it. If there is another handle it gives false, having
            /// done nothing.
            ///
            /// # Errors
            /// What `change` ends in; kind `RuntimeError` when it makes another handle.
            pub(crate) fn update(
                container: &mut Obj<Self>,
                change: impl FnMut(AnyView<'_>) -> Result<Option<Any>, Error>,
            ) -> Result<bool, Error> {
                update(container, $parts, change)
            }
        }
    )*};
}
updatable! {
    ArrayObj, |array| array.cell_mut();
    ListObj, |list| list.cell_mut();
    MapObj, |map| map.table_mut();
    DictObj, |dict| dict.table_mut();
}
