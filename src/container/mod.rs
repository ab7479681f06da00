//! Sequences and mappings of dynamic values, immutable and shared-mutable.
//! Upholds: what is immutable needs no lock; what is mutable is whole to every reader, and releases nothing under a lock.
//!
//! ```
//! use bowline::container::{Array, Dict, List, Map};
//! use bowline::value::{convert, IntoAny, Str};
//!
//! let array: Array<i64> = (1..=3).collect();
//! assert_eq!(array.iter().sum::<i64>(), 6);
//!
//! let list: List<i64> = List::from_iter([1, 2]);
//! let shared = list.clone();
//! shared.push(3.into_any());
//! assert_eq!(list.len(), 3);
//! assert_eq!(list.at(2), Some(3));
//!
//! let dict: Dict<Str, i64> = Dict::from_iter([(Str::from("one"), 1)]);
//! dict.set("two".into_any(), 2.into_any()).unwrap();
//! let map: Map<Str, i64> = convert(dict.into_any().view()).unwrap();
//! assert_eq!(map.iter().map(|(_, value)| value).collect::<Vec<_>>(), [1, 2]);
//! ```

pub mod array;
mod check;
mod convert;
mod cursor;
#[cfg(not(feature = "guest"))]
pub(crate) use cursor::part_cursors;
mod dense;
pub mod dict;
mod dict_entries;
pub(crate) mod key;
mod key_hashes;
pub mod list;
mod list_object;
pub mod map;
mod mapping_object;
mod search;
mod seq;
pub mod shape;
pub mod slice;
mod table;
mod table_memory;
#[cfg(test)]
mod table_tests;
mod update;

pub use array::{Array, ArrayObj};
pub use dict::{Dict, DictObj, Entry};
pub use dict_entries::DictEntries;
pub use key::custom_hash;
pub use list::List;
pub use list_object::ListObj;
pub use map::{Map, MapEntries, MapObj};
pub use shape::ShapeObj;
pub use slice::Slice;
