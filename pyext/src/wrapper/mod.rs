//! The tie on CPython: wrappers, their classes, storage and lives.
//!
//! | file | one job |
//! |---|---|
//! | `census` | Counting wrappers, and freeing the storage of dormant ones |
//! | `class_object` | Class objects of our metaclass: what every class has, then what is ours |
//! | `class_table` | Which Python class wraps which native type, and whether that class is lean |
//! | `ends` | The end of a rich wrapper, and of the object with it |
//! | `forget` | Classes whose wrappers know nothing of their former lives |
//! | `host` | CPython as a host of the tie protocol |
//! | `layout` | The layout of a wrapper and of the handle inside |
//! | `limbo` | Things that wait until every attached thread has passed a safe point |
//! | `lookup` | Classes by type index, as Python objects |
//! | `metaclass` | The types beneath `bowline.Object`: the base of all wrappers, and its metaclass |
//! | `release_queue` | What Python must release, handed over by threads that may not touch Python |
//! | `retired` | What is left over when an object is taken out of its wrapper |
//! | `rich` | How wrappers of rich classes die, and what the collector does to them |
//! | `rich_slots` | The slots of rich classes that are ours: how their instances die |
//! | `state` | What Python knows of an object in its rich wrapper |
//! | `storage` | The storage of wrappers: made, entered in the storage table, freed |
//! | `tie` | The tie as the rest of the extension sees it: from objects to wrappers and back |
//! | `trashcan` | CPython's trashcan, which postpones deaths near the end of a thread's stack |

pub mod census;
pub mod class_object;
pub mod class_table;
pub mod ends;
pub mod forget;
pub mod host;
pub mod layout;
pub mod limbo;
pub mod lookup;
pub mod metaclass;
pub mod release_queue;
pub mod retired;
pub mod rich;
pub mod rich_slots;
pub mod state;
pub mod storage;
pub mod tie;
pub mod trashcan;
