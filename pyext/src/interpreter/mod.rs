//! What CPython is, and what a guest of it needs: nothing of objects or wrappers.
//!
//! | file | one job |
//! |---|---|
//! | `argument` | How PyO3's functions take an argument: one of a wrong type is named |
//! | `attach` | Whether this thread may touch Python |
//! | `dict` | The entries of a Python dict, read at one moment |
//! | `entry` | PyO3 as its attributes find it here: what they make of functions and methods is entered through a guard of ours |
//! | `exceptions` | The exceptions that this crate raises, by PyO3's names: their messages are made without a panic |
//! | `ffi` | The C symbols of CPython that pyo3-ffi does not declare, each with where it is from |
//! | `finalize_gate` | Keeps daemon threads from stopping the world while a free-threaded 3.13 finalizes |
//! | `fork` | What must be free in the child of a `fork` |
//! | `interrupt` | Exceptions that are about the program as a whole, not about what it was asked to do |
//! | `layout` | What this extension takes for granted of CPython's memory, asked of the interpreter when it is imported |
//! | `list` | The items of a Python list, read at one moment |
//! | `main_only` | Which interpreter this is |
//! | `make` | Python objects from Rust's values: where there is no memory, a `MemoryError` |
//! | `members` | Methods and attributes of C types, made from safe functions |
//! | `names` | Names of attributes and modules that are looked up again and again |
//! | `nomemory` | Allocation failures on demand, in builds for tests; in others every allocation is given |
//! | `recursion` | How deep native code and user code may call each other |
//! | `refcount` | Refcount headers: taking a count of what may be dead, beginning a life, ending one for good |
//! | `reserve` | Rust's allocator: the C library's, and a reserve for the small blocks that Rust cannot do without |
//! | `room` | Memory that is set aside for third-party code that allocates without asking |
//! | `small_int` | Small integers in both directions, without a call into the interpreter |
//! | `stdlib` | Classes of the standard library that conversions ask for |
//! | `stop_the_world` | Stopping every other thread for a moment |
//! | `take` | Rust's values from Python objects: where there is no memory, a `MemoryError` |
//! | `thread_exit` | What becomes of a thread that may not enter the interpreter any more because it is being finalized |
//! | `trampoline` | Between C slots and Rust: errors are left with the interpreter, panics become exceptions |
//! | `type_lookup` | What the interpreter finds in a class, and the number it gives to each state of one |

pub mod argument;
pub mod attach;
pub mod dict;
pub mod entry;
pub mod exceptions;
pub mod ffi;
#[cfg(all(Py_GIL_DISABLED, not(Py_3_14)))]
pub mod finalize_gate;
pub mod fork;
pub mod interrupt;
pub mod layout;
pub mod list;
pub mod main_only;
pub mod make;
pub mod members;
pub mod names;
pub mod nomemory;
pub mod recursion;
pub mod refcount;
pub mod reserve;
pub mod room;
pub mod small_int;
pub mod stdlib;
pub mod stop_the_world;
pub mod take;
#[cfg(threads_unwind_at_exit)]
pub mod thread_exit;
pub mod trampoline;
pub mod type_lookup;
