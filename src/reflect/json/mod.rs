//! Graphs of values as JSON text: `{"root_index": …, "nodes": [{"type": …, "data": …}, …]}`.
//! Upholds: what is written is read back with the same structure and sharing; depth is no limit.
//!
//! ```
//! use bowline::container::Array;
//! use bowline::reflect::json;
//! use bowline::value::{convert, IntoAny};
//!
//! let items: Array<i64> = [5, 5].into_iter().collect();
//! let text = json::write(items.into_any().view(), None).unwrap();
//! assert_eq!(text, r#"{"root_index":1,"nodes":[{"type":"int","data":5},{"type":"ffi.Array","data":[0,0]}]}"#);
//! assert_eq!(convert::<Array<i64>>(json::read(&text).unwrap().view()).unwrap().at(1), Some(5));
//! ```

mod plain;
mod read;
mod tree;
mod write;

pub use plain::{parse, stringify};
pub use read::read;
pub use write::write;
