//! What Python's cyclic garbage collector sees of native objects.
//! Imports the core's reflection and containers, `callback`, `opaque`, `tie`.
//! Upholds: the passes of one collection see the same edges, and an edge only if everything that holds its far end is
//! shown too; so the collector never takes what something native still holds.
//!
//! A wrapper shows the Python objects that its native object alone leads to: the walk goes on through native objects
//! whose only count is the edge it came by. A cycle such as a List that holds a callback that closes over the List's
//! wrapper runs through such objects, and is collected.
//!
//! A native thread may take a count of such an object at any time, say in a call whose caller let go of the interpreter.
//! An edge that one pass had counted and the next one missed would make the collector clear a living object: so what a
//! wrapper has shown is remembered from the start of a collection to its end, which `gc.callbacks` tell us. Without being
//! told, nothing is shown, and cycles through native objects stay.
//!
//! A young collection happens often, and a chain of a million objects is one wrapper to it: unless the collection is a full
//! one, each walk ends after [`YOUNG_WALK`] objects.

use super::callback::{PyCallable, PyCallableOf};
use super::opaque::OpaqueObj;
use super::refcount;
use super::tie;
use super::wrapper::Wrapper;
use bowline::container::{ArrayObj, DictObj, ListObj, MapObj};
use bowline::function::FunctionObj;
use bowline::object::Object;
use bowline::reclaim;
use bowline::reflect;
use bowline::value::{tag, AnyView};
use pyo3::ffi;
use pyo3::prelude::*;
use std::collections::HashMap;
use std::ffi::{c_int, c_void};
use std::ptr::NonNull;
use std::sync::{Mutex, MutexGuard};

/// How many native objects a walk enters in a collection that is not full.
const YOUNG_WALK: usize = 1000;

/// A collection under way.
struct Collection {
    /// How many native objects a walk enters.
    reach: usize,
    /// What wrappers have shown, by address: Python objects, by address.
    shown: HashMap<usize, Vec<usize>>,
}

/// Only the collecting thread locks it.
static COLLECTION: Mutex<Option<Collection>> = Mutex::new(None);

fn collection() -> MutexGuard<'static, Option<Collection>> {
    COLLECTION.lock().unwrap_or_else(|e| e.into_inner())
}

/// A collection starts.
pub fn begin(generation: u32) {
    let reach = if generation >= 2 { usize::MAX } else { YOUNG_WALK };
    *collection() = Some(Collection { reach, shown: HashMap::new() });
}

/// The collection is over.
pub fn end() {
    *collection() = None;
}

/// `tp_traverse` of the base type: all other threads are stopped, or wait for the GIL.
pub unsafe extern "C" fn traverse(op: *mut ffi::PyObject, visit: ffi::visitproc, arg: *mut c_void) -> c_int {
    // SAFETY: called by the collector on a living wrapper; heap types show their class. What was shown before in this
    // collection is alive: its holder still is.
    unsafe {
        let class = visit(refcount::class_of(op).cast(), arg);
        if class != 0 {
            return class;
        }
        let mut collection = collection();
        let Some(Collection { reach, shown }) = collection.as_mut() else { return 0 };
        let edges = match shown.get(&(op as usize)) {
            Some(edges) => edges,
            None => match walk(op, *reach) {
                edges if edges.is_empty() => return 0,
                edges => shown.entry(op as usize).or_insert(edges),
            },
        };
        edges.iter().map(|edge| visit(*edge as *mut ffi::PyObject, arg)).find(|result| *result != 0).unwrap_or(0)
    }
}

/// The Python objects that a wrapper's object alone leads to.
///
/// # Safety
/// As for `traverse`.
unsafe fn walk(op: *mut ffi::PyObject, reach: usize) -> Vec<usize> {
    let mut walk = Walk { edges: Vec::new(), ahead: Vec::new() };
    // SAFETY: a living wrapper, whose life keeps its object.
    unsafe {
        let Some(object) = (*op.cast::<Wrapper>()).handle.read().object() else { return walk.edges };
        if object.as_ref().header().counts().strong() == 1 {
            // One pin for the walk; those within it cost next to nothing.
            reclaim::look(|_| walk.from(object, reach));
        }
    }
    walk.edges
}

/// `tp_clear` of the base type: a wrapper that is garbage lets go of an object that nobody else holds. An object that is
/// held elsewhere stays tied: no cycle runs through it, and it will be fetched again.
pub unsafe extern "C" fn clear(op: *mut ffi::PyObject) -> c_int {
    // SAFETY: called by the collector, attached, with a count of the wrapper, whose life has one of the object.
    unsafe {
        let held = (*op.cast::<Wrapper>()).handle.read().object();
        if held.is_some_and(|object| object.as_ref().header().counts().strong() == 1) {
            drop(tie::take(&Bound::from_borrowed_ptr(Python::assume_attached(), op)));
        }
    }
    0
}

struct Walk {
    edges: Vec<usize>,
    /// Objects still to be entered, each held by one edge that was seen.
    ahead: Vec<NonNull<Object>>,
}

impl Walk {
    /// # Safety
    /// `object` is alive, and so is all it leads to: nothing is released during a traversal.
    unsafe fn from(&mut self, object: NonNull<Object>, reach: usize) {
        self.ahead.push(object);
        for _ in 0..reach {
            let Some(object) = self.ahead.pop() else { return };
            // SAFETY: handed on.
            unsafe { self.enter(object) };
        }
    }

    unsafe fn enter(&mut self, object: NonNull<Object>) {
        // SAFETY: alive; the index says what it is.
        unsafe {
            match object.as_ref().type_index() {
                tag::ARRAY => object.cast::<ArrayObj>().as_ref().views().iter().for_each(|item| self.edge(*item)),
                tag::MAP => object.cast::<MapObj>().as_ref().entries().for_each(|(key, value)| {
                    self.edge(key);
                    self.edge(value);
                }),
                // A list that a native thread is amid changing hides its items this time.
                tag::LIST => drop(object.cast::<ListObj>().as_ref().try_visit(|item| self.edge(item))),
                tag::DICT => drop(object.cast::<DictObj>().as_ref().try_visit(|item| self.edge(item))),
                tag::FUNCTION => {
                    let function = object.cast::<FunctionObj>().as_ref();
                    if let Some(payload) = function.state::<PyCallable>().and_then(PyCallable::payload) {
                        self.show(payload.as_ptr());
                    } else if let Some(callable) = function.state::<PyCallableOf>() {
                        self.show(callable.payload.as_ptr());
                        self.show(callable.class.as_ptr());
                    }
                }
                tag::OPAQUE => self.show(object.cast::<OpaqueObj>().as_ref().as_payload().as_ptr()),
                index => {
                    if let Some(reflection) = reflect::info(index) {
                        reflect::instance::visit(reflection, object, |item| self.edge(item));
                    }
                }
            }
        }
    }

    /// An edge to a value: followed if it is the only one.
    fn edge(&mut self, item: AnyView<'_>) {
        if let Some(object) = item.as_object() {
            // SAFETY: alive while its holder is.
            if unsafe { object.as_ref() }.header().counts().strong() == 1 {
                self.ahead.push(object);
            }
        }
    }

    fn show(&mut self, op: *mut ffi::PyObject) {
        self.edges.push(op as usize);
    }
}
