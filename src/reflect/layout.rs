//! Where the fields of types declared at run time lie.
//! Upholds: a child's fields start where its parent's end, before the parent's padding; an object's size is a multiple
//! of eight.

use crate::value::Storage;

/// The place of fields behind a parent's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Each field's offset.
    pub offsets: Vec<usize>,
    /// Where the last field ends; a child goes on here.
    pub end: usize,
    /// The object's size.
    pub total_size: usize,
}

/// Places fields behind a parent that ends at `end`.
pub fn place(end: usize, fields: impl IntoIterator<Item = Storage>) -> Placed {
    let mut end = end;
    let offsets = fields
        .into_iter()
        .map(|storage| {
            let offset = end.next_multiple_of(storage.align());
            end = offset + storage.size();
            offset
        })
        .collect();
    Placed { offsets, end, total_size: end.next_multiple_of(8) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Storage::{Any, Bool, DType, Device, Object, I64};

    #[test]
    fn children_go_on_in_their_parents_padding() {
        let parent = place(24, [I64, Bool]);
        assert_eq!(parent, Placed { offsets: vec![24, 32], end: 33, total_size: 40 });
        let child = place(parent.end, [Bool, DType, Device, Any, Object]);
        assert_eq!(child, Placed { offsets: vec![33, 34, 40, 48, 64], end: 72, total_size: 72 });
        assert_eq!(place(child.end, []), Placed { offsets: vec![], end: 72, total_size: 72 });
    }
}
