//! Native objects: header, counts, allocation, handles, destruction and the type registry.
//! Upholds: an object is destroyed once, freed once and after that, by the means it was allocated with.
//!
//! | file | one job |
//! |---|---|
//! | `root` | what every object type starts with |
//! | `header` | the 24 bytes that every object starts with |
//! | `count` | the combined strong and weak count |
//! | `alloc`, `alloc_error` | where objects' memory comes from and goes to |
//! | `prefix` | what stands in front of a body, and where the tie word is |
//! | `vtable`, `cxx` | objects behind a pointer to virtual functions, as C++ has them |
//! | `handle`, `weak` | [`Obj`] and [`WeakObj`] |
//! | `extra` | objects with trailing items |
//! | `destroy` | destruction without recursion |
//! | `reference` | strong counts, taken and given back |
//! | `table` | append-only, lock-free tables by type index |
//! | `registry`, `cached_index` | type indices, keys and ancestors |
//! | `type_info` | what is known of a type |
//! | `grow`, `shared_text` | growth of Rust's own collections, and texts, that may be refused |
//! | `reserving`, `panic_hook` | an allocator that has a reserve; panics that need no memory to be told |
//! | `side`, `interpose` | words of objects that have no room for one, and what ends these |
//! | `stats` | how many objects are alive |

pub mod alloc;
mod alloc_error;
mod cached_index;
pub mod count;
mod cxx;
pub mod destroy;
mod extra;
pub mod grow;
mod handle;
pub mod header;
mod interpose;
pub mod panic_hook;
mod place;
mod prefix;
mod reference;
#[cfg(not(feature = "guest"))]
pub mod registry;
#[cfg(feature = "guest")]
#[path = "guest_registry.rs"]
pub mod registry;
pub mod reserving;
mod root;
pub mod shared_text;
pub mod side;
pub mod stats;
pub mod table;
mod type_info;
pub mod vtable;
mod weak;

pub use alloc::AllocError;
pub use cxx::new_behind_vtable;
pub use destroy::{set_resume_hook, set_untie_hook};
pub use handle::Obj;
pub use header::Header;
pub use interpose::{is_weakly_held_elsewhere, make_tie_word};
pub use prefix::{prefix_word, tie_word};
pub use reference::{claim_end, end, is_ending, is_sole, release, renounce_end, retain};
pub use root::{Object, ObjectType};

pub use weak::WeakObj;
