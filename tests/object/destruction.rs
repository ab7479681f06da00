//! How objects end: deep, wide, with panics, while a thread ends, made by others, tied.
//! Uses `Node`, which owns other objects.
//! Fails when an end is lost, doubled, too early or recursive.

use crate::{counter, load, object_type, Leaf};
use bowline::object::header::{Deleter, BOTH, DESTROY, FREE};
use bowline::object::{set_untie_hook, Header, Obj, Object, ObjectType, WeakObj};
use bowline::word::{State, Word};
use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// What a test does when a node ends.
type AtEnd = Arc<dyn Fn(u64) + Send + Sync>;

#[repr(C)]
struct Node {
    header: Header,
    id: u64,
    at_end: AtEnd,
    children: Vec<Obj<Object>>,
}
object_type!(Node: Object = "test.Node");

impl Drop for Node {
    fn drop(&mut self) {
        (self.at_end)(self.id);
    }
}

fn node(id: u64, at_end: &AtEnd, children: Vec<Obj<Object>>) -> Obj<Object> {
    Obj::new(Node { header: Header::placeholder(), id, at_end: at_end.clone(), children }).upcast()
}

fn chain(length: u64, at_end: &AtEnd) -> Obj<Object> {
    (1..length).fold(node(0, at_end, vec![]), |next, id| node(id, at_end, vec![next]))
}

fn counting() -> (Arc<AtomicUsize>, AtEnd) {
    let ends = counter();
    let count = ends.clone();
    (ends, Arc::new(move |_| _ = count.fetch_add(1, Ordering::SeqCst)))
}

/// Runs on a stack that recursion through a long chain would overflow.
fn on_a_small_stack(test: impl FnOnce() + Send) {
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(128 << 10).spawn_scoped(scope, test).unwrap();
        thread.join().unwrap();
    });
}

const LONG: u64 = 1_000_000;

/// As the storage table of wrappers does, which a visitor reads meanwhile.
#[test]
fn a_weak_count_taken_during_the_end_keeps_the_memory() {
    static TAKEN: Mutex<Option<WeakObj<Object>>> = Mutex::new(None);
    let place = Arc::new(AtomicUsize::new(0));
    let own = place.clone();
    let at_end: AtEnd = Arc::new(move |_| {
        let raw = NonNull::new(own.load(Ordering::SeqCst) as *mut Object).unwrap();
        // SAFETY: the object is being destroyed, its memory is there. The handle owns the count taken here.
        *TAKEN.lock().unwrap() = Some(unsafe {
            raw.as_ref().header().counts().retain_weak();
            WeakObj::from_raw(raw)
        });
    });
    let only = node(1, &at_end, vec![]);
    place.store(only.as_raw().as_ptr() as usize, Ordering::SeqCst);
    let keep_out = only.as_raw();
    drop(only);
    let weak = TAKEN.lock().unwrap().take().unwrap();
    assert!(weak.upgrade().is_none());
    // SAFETY: the weak handle keeps the memory, which is not given to another object meanwhile.
    let counts = || unsafe { keep_out.as_ref() }.header().counts();
    assert_eq!((counts().strong(), counts().weak()), (0, 1));
    let others: Vec<_> = (0..100).map(|id| node(id, &(Arc::new(|_| ()) as AtEnd), vec![])).collect();
    assert!(others.iter().all(|other| other.as_raw() != keep_out), "the memory was freed");
    drop(weak);
}

/// Answers weakness 15.
#[test]
fn a_chain_of_a_million() {
    on_a_small_stack(|| {
        let (ends, at_end) = counting();
        drop(chain(LONG, &at_end));
        assert_eq!(load(&ends) as u64, LONG);
    });
}

#[test]
fn a_long_chain_that_is_weakly_held() {
    on_a_small_stack(|| {
        let (ends, at_end) = counting();
        let mut weak: Vec<WeakObj<Object>> = vec![];
        let mut head = node(0, &at_end, vec![]);
        for id in 1..LONG / 10 {
            weak.push(head.downgrade());
            head = node(id, &at_end, vec![head]);
        }
        drop(head);
        assert_eq!(load(&ends) as u64, LONG / 10);
        assert!(weak.iter().all(|weak| weak.upgrade().is_none()));
    });
}

#[test]
fn a_bushy_tree() {
    on_a_small_stack(|| {
        let (ends, at_end) = counting();
        let mut roots = vec![];
        for id in 0..200 {
            let broom = node(id, &at_end, (0..50).map(|_| chain(100, &at_end)).collect());
            roots = vec![node(id, &at_end, roots), broom];
        }
        drop(roots);
        assert_eq!(load(&ends), 200 * (2 + 50 * 100));
    });
}

#[test]
fn ends_are_in_the_order_of_fields() {
    for depth in [1, 10, 47, 48, 49, 50, 200] {
        let order = Arc::new(Mutex::new(vec![]));
        let record = order.clone();
        let at_end: AtEnd = Arc::new(move |id| record.lock().unwrap().push(id));
        let silent: AtEnd = Arc::new(|_| ());
        // At the bottom of a chain. 1 owns 2 and 5, 2 owns 3 and 4.
        let two = node(2, &at_end, vec![node(3, &at_end, vec![]), node(4, &at_end, vec![])]);
        let bottom = node(1, &at_end, vec![two, node(5, &at_end, vec![])]);
        drop((1..depth).fold(bottom, |next, id| node(id, &silent, vec![next])));
        assert_eq!(*order.lock().unwrap(), [1, 2, 3, 4, 5], "depth {depth}");
    }
}

/// What a destructor drops by itself is gone when it looks. Ends must not nest very deep for that.
#[test]
fn a_destructor_sees_its_own_drops() {
    let drops = counter();
    let seen = drops.clone();
    let held = Mutex::new(Some(Obj::new(Leaf::new(&drops, 1))));
    let at_end: AtEnd = Arc::new(move |_| {
        drop(held.lock().unwrap().take());
        assert_eq!(load(&seen), 1);
    });
    drop(node(0, &at_end, vec![]));
    assert_eq!(load(&drops), 1);
}

#[test]
fn panics_lose_nothing() {
    for length in [1, 5, 48, 100, 5_000] {
        let ends = counter();
        let count = ends.clone();
        let at_end: AtEnd = Arc::new(move |id| {
            count.fetch_add(1, Ordering::SeqCst);
            if id % 3 == 0 {
                std::panic::resume_unwind(Box::new(id));
            }
        });
        let head = chain(length, &at_end);
        let weak = head.downgrade();
        let first = catch_unwind(AssertUnwindSafe(|| drop(head))).unwrap_err();
        assert_eq!(*first.downcast::<u64>().unwrap(), (length - 1) / 3 * 3, "the first panic goes on");
        assert_eq!(load(&ends) as u64, length);
        drop(weak);
        drop(chain(2, &counting().1));
    }
}

#[test]
fn a_panic_during_a_panic_does_not_abort() {
    let ends = counter();
    let count = ends.clone();
    let at_end: AtEnd = Arc::new(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        std::panic::resume_unwind(Box::new("inner"));
    });
    let outer = catch_unwind(AssertUnwindSafe(|| {
        let _unwound = chain(100, &at_end);
        std::panic::resume_unwind(Box::new("outer"));
    }));
    assert_eq!((*outer.unwrap_err().downcast::<&str>().unwrap(), load(&ends)), ("outer", 100));
}

#[test]
fn chains_end_while_their_thread_ends() {
    thread_local! {
        static KEPT: RefCell<Option<Obj<Object>>> = const { RefCell::new(None) };
        static AGAIN: Cell<Option<Obj<Object>>> = const { Cell::new(None) };
    }
    let (ends, at_end) = counting();
    on_a_small_stack(|| {
        KEPT.with(|kept| *kept.borrow_mut() = Some(chain(100_000, &at_end)));
        AGAIN.set(Some(chain(100_000, &at_end)));
    });
    assert_eq!(load(&ends), 200_000);
}

/// An object as another compiler makes it. It has no prefix, a deleter of its own, memory of its own.
#[repr(C)]
struct Foreign {
    counts: u64,
    type_index: i32,
    padding: u32,
    deleter: Option<Deleter>,
    owned: Option<Obj<Object>>,
    calls: Arc<Mutex<Vec<i32>>>,
}

fn foreign(owned: Option<Obj<Object>>, calls: &Arc<Mutex<Vec<i32>>>) -> NonNull<Object> {
    unsafe extern "C" fn delete(this: *mut c_void, flags: i32) {
        // SAFETY: the deleter of a boxed `Foreign`, called as the counts say.
        unsafe {
            (*this.cast::<Foreign>()).calls.lock().unwrap().push(flags);
            if flags & DESTROY != 0 {
                (*this.cast::<Foreign>()).owned = None;
            }
            if flags & FREE != 0 {
                drop(Box::from_raw(this.cast::<Foreign>()));
            }
        }
    }
    let calls = calls.clone();
    let object = Foreign { counts: 0x1_0000_0001, type_index: 64, padding: 0, deleter: Some(delete), owned, calls };
    assert_eq!((object.counts as u32, object.type_index, object.padding), (1, 64, 0));
    NonNull::from(Box::leak(Box::new(object))).cast()
}

#[test]
fn objects_of_other_makers_end_by_their_own_deleter() {
    let calls = Arc::new(Mutex::new(vec![]));
    // SAFETY: a fresh object with one count, here and below.
    let object = unsafe { Obj::<Object>::from_raw(foreign(None, &calls)) };
    assert!(object.tie_word().is_none());
    drop(object.clone());
    drop(object);
    assert_eq!(*calls.lock().unwrap(), [BOTH]);
    // SAFETY: a fresh object with one count.
    let object = unsafe { Obj::<Object>::from_raw(foreign(None, &calls)) };
    let weak = object.downgrade();
    drop(object);
    assert_eq!(*calls.lock().unwrap(), [BOTH, DESTROY]);
    drop(weak);
    assert_eq!(*calls.lock().unwrap(), [BOTH, DESTROY, FREE]);
}

#[test]
fn chains_through_other_makers_objects() {
    on_a_small_stack(|| {
        let (ends, at_end) = counting();
        let calls = Arc::new(Mutex::new(vec![]));
        let link = |next, id| {
            // SAFETY: a fresh object with one count.
            let between = unsafe { Obj::from_raw(foreign(Some(next), &calls)) };
            node(id, &at_end, vec![between])
        };
        drop((1..50_000).fold(node(0, &at_end, vec![]), link));
        assert_eq!((load(&ends), calls.lock().unwrap().len()), (50_000, 49_999));
    });
}

#[test]
fn objects_without_deleter_stay() {
    let object = Box::new(Foreign {
        counts: 0x1_0000_0001,
        type_index: 64,
        padding: 0,
        deleter: None,
        owned: None,
        calls: Arc::default(),
    });
    let raw = NonNull::from(Box::leak(object));
    // SAFETY: a fresh object with one count; nothing frees it but the test.
    unsafe {
        let object = Obj::<Object>::from_raw(raw.cast());
        let weak = object.downgrade();
        drop((object, weak));
        assert_eq!(raw.as_ref().counts, 0);
        drop(Box::from_raw(raw.as_ptr()));
    }
}

/// A deleter that foreign code calls, not a handle, cannot let a panic out.
#[test]
fn a_panic_stays_inside_a_foreign_call() {
    let drops = counter();
    let child = Obj::new(Leaf::new(&drops, 1)).upcast();
    let at_end: AtEnd = Arc::new(|_| std::panic::resume_unwind(Box::new("lost")));
    let object = node(0, &at_end, vec![child]).into_raw();
    // SAFETY: what a foreign holder of the last count does.
    unsafe { object.as_ref().header().deleter().unwrap()(object.as_ptr().cast(), BOTH) };
    assert_eq!(load(&drops), 1);
    drop(chain(3, &counting().1));
}

/// Answers weakness 37: the wrapper goes with the last strong count. Weak handles make no difference.
#[test]
fn a_tied_object_is_untied_before_its_fields_go() {
    static SEEN: Mutex<Vec<(Word, usize)>> = Mutex::new(vec![]);
    static DROPS: Mutex<Option<Arc<AtomicUsize>>> = Mutex::new(None);
    set_untie_hook(|word| {
        let drops = DROPS.lock().unwrap();
        SEEN.lock().unwrap().push((word, load(drops.as_ref().unwrap())));
    });
    let drops = counter();
    *DROPS.lock().unwrap() = Some(drops.clone());
    let wrapper = |n: usize| NonNull::new((n * 16) as *mut u8).unwrap();
    let words = [Word::tied(wrapper(1), State::Lean), Word::tied(wrapper(2), State::Active)];
    for (n, word) in words.into_iter().enumerate() {
        let leaf = Obj::new(Leaf::new(&drops, 0));
        leaf.tie_word().unwrap().publish(word).unwrap();
        let weak = leaf.downgrade();
        thread::spawn(move || drop(leaf)).join().unwrap();
        assert_eq!(SEEN.lock().unwrap()[n..], [(word, n)]);
        assert_eq!(load(&drops), n + 1);
        drop(weak);
        assert_eq!(SEEN.lock().unwrap().len(), n + 1, "untied once");
    }
    // A tie that was made after the object's end is ended with its memory. It should not happen.
    let leaf = Obj::new(Leaf::new(&drops, 0));
    let (weak, raw) = (leaf.downgrade(), leaf.as_raw());
    drop(leaf);
    // SAFETY: the weak handle keeps the memory.
    unsafe { bowline::object::tie_word(raw) }.unwrap().publish(words[0]).unwrap();
    drop(weak);
    assert_eq!(SEEN.lock().unwrap()[2..], [(words[0], 3)]);
    assert_eq!(Leaf::TYPE_KEY, "test.Leaf");
}
