//! What Python's cyclic garbage collector sees of native objects.
//! Upholds: an edge is shown only if no thread can change it before user code runs again; nothing is remembered of it.
//!
//! A wrapper shows the Python objects that its native object alone leads to. A walk goes on through objects that nothing else
//! has a count of, strong or weak, down to the last holders, functions and opaque objects. Each of those owns its Python object
//! unchanged for life. A cycle such as a List that holds a callback that closes over the List's wrapper runs through such
//! objects, and is collected.
//!
//! # Why a collection takes nothing that lives
//! The collector counts the edges to each object, against the object's refcount; what has a count from elsewhere lives, and
//! what it leads to is marked. An edge may be *hidden* whenever we like: its far end then has a count from elsewhere. One that
//! is counted must (1) stand in the far end's refcount, (2) be counted once, and (3) be shown again when its near end is
//! marked.
//!
//! All counting and marking between two runs of user code is one *stretch*. With the GIL it is one call of
//! `deduce_unreachable` (Python/gc.c). On free-threaded builds it is one stop of the world around `deduce_unreachable_heap` or
//! `handle_resurrected_objects` (Python/gc_free_threading.c; read in 3.13, and what 3.14 marks before it counts can only add).
//! A collection has two, before and after finalizers and callbacks of weak references; the second counts anew, and decides. No
//! thread that is attached runs in a stretch but the collector, and no refcount of Python's changes: threads without Python
//! leave what they owe to `release_queue`. They do take and give native counts, at any time; but
//!
//! **what is exclusive stays so for the stretch.** Call an object exclusive if it has a single strong count and no weak handle,
//! and the strong count is that of a wrapper, or of an exclusive object. A thread that takes a count of an object, or changes what it
//! holds, has a count of it already, or has borrowed one. It borrows from a wrapper (`tie::handle`), which attached threads do,
//! and do not come to a safe point with. Or it borrows from another object, of which it has a count: then what is below that
//! is not exclusive. Or from a field under a guard, whose former value keeps its count until the guard is gone. No thread has any of these of an
//! exclusive object. (`trim` finds objects by the storage table: on an attached thread. `is_unique` is an Acquire load, so that the
//! walk sees what former holders did.)
//!
//! So an edge that is shown stays as it is (3), and stays with the one wrapper that it was shown for (2). Its holder was made
//! by an attached thread, hence before the stretch, and its count of the Python object with it (1). What becomes exclusive amid
//! the stretch, because a thread let go of it, is shown from then on: to mark more is no harm. Nothing needs to be known about
//! the visitor, the pass or the thread, and nothing is remembered from one visit to the next.
//!
//! # Other visitors
//! `gc.get_referents` visits while other threads run and may let go of what they have. So the walk counts what it stands on;
//! natively, since the collector is amid its own sums over Python's refcounts. In a stretch these counts are never the last
//! ones of anything; outside of it a traversal is ordinary code, and what it is the last to let go of ends there, after the
//! visits.
//!
//! # Memory
//! A walk allocates for its path only. Without memory it hides what is below. What was counted is marked for all that: the path
//! there has the same length as when it was counted, and its memory stays with the thread until the collection is over.
//!
//! # Young collections
//! They happen often, and a million objects may be one wrapper to them. Unless a collection is full, which `gc.callbacks` tell
//! us, the sizes of all objects on the path to an edge multiply to [`YOUNG_REACH`] at most. That is a property of the path,
//! which stays in the stretch; a limit for the walk as a whole would not, since what becomes exclusive would use it up.

use crate::from_python::callable::{PyCallable, PyCallableOf};
use crate::interpreter::refcount;
use crate::to_python::opaque::{OpaqueObj, Payload};
use crate::wrapper::layout::Wrapper;
use crate::wrapper::rich;
use bowline::container::{ArrayObj, DictObj, ListObj, MapObj};
use bowline::function::FunctionObj;
use bowline::object::{self, Obj, Object};
use bowline::reflect::{self, instance};
use bowline::value::{tag, AnyView};
use pyo3::ffi;
use pyo3::prelude::*;
use std::cell::RefCell;
use std::ffi::{c_int, c_void};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The product of the sizes along a path, in a collection that is not full. With at least 2 for each, a walk comes to so many
/// objects at each of ten levels.
const YOUNG_REACH: usize = 1000;

/// That of a full collection: no limit.
const FULL_REACH: usize = usize::MAX;

/// Of the collection under way.
static REACH: AtomicUsize = AtomicUsize::new(YOUNG_REACH);

/// Objects from a wrapper's to where a walk is.
type Path = Vec<Step>;

thread_local! {
    /// Room for the path of a walk.
    static PATH: RefCell<Path> = const { RefCell::new(Vec::new()) };
}

/// A collection starts. Its generation is 2 when it was asked for (`gc.collect()`). An automatic one has it with the GIL, up to 3.13
/// and from 3.15 on; where collections are incremental, as early 3.14 has them, it is 1 (Python/gc.c). Free-threaded builds
/// say 0 of each automatic collection, though they look at the whole heap (`gc_should_collect` in Python/gc_free_threading.c).
pub fn begin(_: Python<'_>, generation: u32) {
    // Relaxed: read by the thread that collects, which is this one. To others it is a matter of cost.
    REACH.store(if generation >= 2 { FULL_REACH } else { YOUNG_REACH }, Ordering::Relaxed);
    // SAFETY: attached, as who has a `Python`.
    unsafe { rich::end_waits() };
}

/// The collection is over. If we are not told, the next one to begin takes the place of this one.
pub fn end(_: Python<'_>) {
    REACH.store(YOUNG_REACH, Ordering::Relaxed);
    // SAFETY: attached, as who has a `Python`.
    unsafe { rich::end_waits() };
    let _ = PATH.try_with(|path| path.try_borrow_mut().map(|mut path| drop(std::mem::take(&mut *path))));
}

/// `tp_traverse` of the base type.
pub unsafe extern "C" fn traverse(op: *mut ffi::PyObject, visit: ffi::visitproc, arg: *mut c_void) -> c_int {
    // SAFETY: called with a living wrapper; heap types show their class. The handle is read, and its object counted, before the
    // thread comes to a safe point, as in `tie::object_of`.
    unsafe {
        let class = visit(refcount::class_of(op).cast(), arg);
        if class != 0 {
            return class;
        }
        let wrapper = NonNull::new_unchecked(op.cast::<Wrapper>());
        let held = wrapper.as_ref().handle.read().object();
        // A preserved wrapper has no count of its object. A holder of one shows what is below.
        let Some(object) =
            held.filter(|object| preserved(*object) != Some(wrapper)).and_then(|object| exclusive(object))
        else {
            return 0;
        };
        // A walk within a walk is that of a visitor that runs code. Whole collections in there see nothing.
        let walked = PATH.try_with(|path| {
            path.try_borrow_mut().map(|mut path| {
                let result = walk(&mut path, object, visit, arg);
                path.clear();
                result
            })
        });
        walked.ok().and_then(Result::ok).unwrap_or(0)
    }
}

/// `tp_clear` of the base type, where the search of `subtype_clear` for it ends.
pub unsafe extern "C" fn clear(op: *mut ffi::PyObject) -> c_int {
    // SAFETY: called by the collector, attached, with a count of the wrapper.
    unsafe { rich::release_object(op) };
    0
}

/// Shows the Python objects that `object` alone leads to, depth first. Ends with what a visit says, if that is not 0.
///
/// # Safety
/// `visit` is to be called with `arg`; `object` is exclusive but for the handle.
unsafe fn walk(path: &mut Path, object: Obj<Object>, visit: ffi::visitproc, arg: *mut c_void) -> c_int {
    // Relaxed: see `begin`.
    let mut ahead = Some((object, REACH.load(Ordering::Relaxed)));
    loop {
        if let Some((object, reach)) = ahead.take() {
            // SAFETY: alive by our count.
            if let Some(wrapper) = unsafe { preserved(object.as_raw()) } {
                // SAFETY: the object's count keeps the wrapper.
                let result = unsafe { visit(wrapper.as_ptr().cast(), arg) };
                if result != 0 {
                    return result;
                }
            }
            for payload in payloads(&object).into_iter().flatten() {
                // SAFETY: the holder, which we have a count of, keeps the Python object.
                let result = unsafe { visit(payload.as_ptr(), arg) };
                if result != 0 {
                    return result;
                }
            }
            if let (Some(step), Ok(())) = (Step::into(object, reach), path.try_reserve(1)) {
                path.push(step);
            }
        }
        let Some(step) = path.last_mut() else { return 0 };
        match step.next() {
            Some(below) => ahead = Some((below, step.reach)),
            None => drop(path.pop()),
        }
    }
}

/// The wrapper that an object owns a count of.
///
/// # Safety
/// Something keeps `object` alive for the time of the call.
unsafe fn preserved(object: NonNull<Object>) -> Option<NonNull<Wrapper>> {
    // SAFETY: alive, as `# Safety` says.
    let word = unsafe { object::tie_word(object) }?.observe();
    word.wrapper().filter(|_| word.is_preserved())
}

/// The Python objects that a last holder owns.
fn payloads(object: &Obj<Object>) -> [Option<&Payload>; 2] {
    // SAFETY: the index says what it is.
    unsafe {
        match object.type_index() {
            tag::FUNCTION => {
                let function = part::<FunctionObj>(object);
                match function.state::<PyCallableOf>() {
                    Some(callable) => [Some(&callable.payload), Some(&callable.class)],
                    None => [function.state::<PyCallable>().and_then(PyCallable::payload), None],
                }
            }
            tag::OPAQUE => [Some(part::<OpaqueObj>(object).as_payload()), None],
            _ => [None, None],
        }
    }
}

/// Counts an object, if it has one count and no other of either kind. The caller knows who owns that one.
///
/// # Safety
/// Something keeps `object` alive for the time of the call.
unsafe fn exclusive(object: NonNull<Object>) -> Option<Obj<Object>> {
    // SAFETY: the object is kept alive for the time of the call, as `# Safety` says.
    unsafe { object.as_ref().header().counts().is_unique().then(|| Obj::from_borrowed(object)) }
}

/// An object that a walk has entered.
struct Step {
    object: Obj<Object>,
    /// The part to go on from.
    from: usize,
    /// What the sizes below may multiply to.
    reach: usize,
}

impl Step {
    /// Enters an object that holds others, if it is within reach.
    fn into(object: Obj<Object>, reach: usize) -> Option<Step> {
        let index = object.type_index();
        // SAFETY: the index says what it is.
        let size = unsafe {
            match index {
                tag::ARRAY => part::<ArrayObj>(&object).len(),
                tag::LIST => part::<ListObj>(&object).len(),
                tag::MAP => 2 * part::<MapObj>(&object).len(),
                tag::DICT => 2 * part::<DictObj>(&object).len(),
                _ => instance::size(reflect::info(index)?),
            }
        };
        let reach = if reach == FULL_REACH { reach } else { reach / size.max(2) };
        (size > 0 && reach > 0).then_some(Step { object, from: 0, reach })
    }

    /// The next object that this one alone holds.
    fn next(&mut self) -> Option<Obj<Object>> {
        let (object, from) = (&self.object, self.from);
        let look = |item: AnyView<'_>| {
            // SAFETY: alive while its holder shows it. That is under a stripe, a guard, or because it cannot change.
            item.as_object().and_then(|object| unsafe { exclusive(object) })
        };
        // SAFETY: the index says what it is; alive by our count.
        let (next, found) = unsafe {
            match object.type_index() {
                tag::ARRAY => {
                    let mut items = part::<ArrayObj>(object).views().iter().enumerate().skip(from);
                    items.find_map(|(at, item)| look(*item).map(|found| (at + 1, found)))
                }
                tag::LIST => part::<ListObj>(object).find_from(from, look),
                tag::MAP => part::<MapObj>(object).find_from(from, look),
                tag::DICT => part::<DictObj>(object).find_from(from, look),
                index => instance::find_from(reflect::info(index)?, object.as_raw(), from, look),
            }
        }?;
        self.from = next;
        Some(found)
    }
}

/// # Safety
/// The object is a `T`.
unsafe fn part<T>(object: &Obj<Object>) -> &T {
    // SAFETY: the object is a `T`, and objects start where their type does.
    unsafe { object.as_raw().cast::<T>().as_ref() }
}
