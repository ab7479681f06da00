//! Alignments, the replaceable allocator, failure, raw allocation, how many objects there are.
//! Tests that replace the allocator take turns; they look at allocations of their own types only.
//! Fails when a body is misaligned, freed by the wrong means or leaked.

use crate::{counter, load, object_type, passes_in_child, Bare};
use bowline::container::Array;
use bowline::function::Function;
use bowline::object::alloc::{allocate_raw, allocator, set_allocator, set_deleter, CustomAllocator};
use bowline::object::destroy::free_raw;
use bowline::object::header::{BOTH, FLAG_DELETE_SPACE, FLAG_PREFIX, FREE};
use bowline::object::{destroy, stats, AllocError, Header, Obj, Object, ObjectType};
use bowline::value::{convert, tag, AnyView, IntoAny, RvalueSlot};
use std::alloc::Layout;
use std::ffi::c_void;
use std::ptr::{null_mut, NonNull};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicIsize, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

/// An object that counts its drops, and that no other file allocates. Theirs would be counted, or fail.
#[repr(C)]
struct Own {
    base: Object,
    drops: Arc<AtomicUsize>,
    value: u64,
}
object_type!(Own: Object = "test.Own");

impl Own {
    fn new(drops: &Arc<AtomicUsize>, value: u64) -> Own {
        Own { base: Object::placeholder(), drops: drops.clone(), value }
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        self.drops.fetch_add(1, Ordering::SeqCst);
    }
}

static TURN: Mutex<()> = Mutex::new(());

pub fn turn() -> MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Objects aligned to `$align`, tied and bare, are where they should be. They do not disturb each other.
macro_rules! aligned {
    ($($align:literal)*) => {$({
        #[repr(C, align($align))]
        struct Tied(Header, [u8; $align], Arc<AtomicUsize>);
        object_type!(Tied: Object = concat!("test.Tied", $align));
        #[repr(C, align($align))]
        struct Free(Header, [u8; $align], Arc<AtomicUsize>);
        object_type!(Free: Object = concat!("test.Free", $align), NO_PREFIX = true);
        let count = counter();
        for _ in 0..3 {
            let tied = |n| Obj::new(Tied(Header::placeholder(), [n; $align], count.clone()));
            let bare = |n| Obj::new(Free(Header::placeholder(), [n; $align], count.clone()));
            let objects: Vec<_> = (0..40).map(|n| (tied(n), bare(n))).collect();
            for (n, (tied, bare)) in objects.iter().enumerate() {
                let (of_tied, of_bare) = (usize::max($align, 8), usize::max($align, 16));
                assert_eq!((tied.as_ptr().addr() % of_tied, bare.as_ptr().addr() % of_bare), (0, 0));
                assert_eq!((tied.1, bare.1), ([n as u8; $align], [n as u8; $align]));
                assert!(tied.tie_word().unwrap().observe().is_detached() && bare.tie_word().is_none());
            }
            assert_eq!(Arc::strong_count(&count), 81);
        }
        assert_eq!(Arc::strong_count(&count), 1);
    })*};
}

fn every_alignment() {
    aligned!(1 2 4 8 16 32 64 128 256 512 1024 2048 4096);
}

/// Answers weakness 38: any alignment can be tied.
#[test]
fn alignments_from_1_to_4096() {
    let _turn = turn();
    every_alignment();
}

/// An allocator that counts and remembers how to free.
struct Counting {
    /// Only allocations of this type are counted, because other tests allocate too.
    of: AtomicI32,
    live: AtomicIsize,
    made: AtomicUsize,
    fails: AtomicBool,
}

impl Counting {
    const fn new() -> Counting {
        Counting {
            of: AtomicI32::new(0),
            live: AtomicIsize::new(0),
            made: AtomicUsize::new(0),
            fails: AtomicBool::new(false),
        }
    }

    fn of(&self, type_index: i32) -> &Self {
        self.of.store(type_index, Ordering::SeqCst);
        self
    }

    fn install(&'static self) {
        let context = std::ptr::from_ref(self).cast_mut().cast();
        // SAFETY: `allocate` and `delete` keep to the contract.
        unsafe { set_allocator(Some(CustomAllocator { allocate: Self::allocate, context })) };
    }

    fn numbers(&self) -> (usize, isize) {
        (load(&self.made), self.live.load(Ordering::SeqCst))
    }

    unsafe extern "C" fn allocate(size: usize, align: usize, type_index: i32, context: *mut c_void) -> *mut c_void {
        // SAFETY: installed with a `Counting` that is never freed.
        let this = unsafe { &*context.cast::<Counting>() };
        let counted = this.of.load(Ordering::SeqCst) == type_index;
        if counted && this.fails.load(Ordering::SeqCst) {
            return null_mut();
        }
        let front = 64_usize.next_multiple_of(align);
        let layout = Layout::from_size_align(front + size, align).unwrap();
        // SAFETY: not empty. The front has room for a note (base, layout, counter) and for the prefix behind it.
        unsafe {
            let base = std::alloc::alloc(layout);
            let body = base.add(front);
            body.write_bytes(0xa5, size);
            let note = body.cast::<usize>();
            note.sub(3).write(base.expose_provenance());
            note.sub(4).write(layout.size());
            note.sub(5).write(align);
            note.sub(6).cast::<Option<&Counting>>().write(counted.then_some(this));
            note.sub(1).cast::<unsafe extern "C" fn(*mut c_void)>().write(Self::delete);
            if counted {
                this.live.fetch_add(1, Ordering::SeqCst);
                this.made.fetch_add(1, Ordering::SeqCst);
            }
            body.cast()
        }
    }

    unsafe extern "C" fn delete(body: *mut c_void) {
        let note = body.cast::<usize>();
        // SAFETY: `allocate` left the note.
        unsafe {
            let base = std::ptr::with_exposed_provenance_mut(note.sub(3).read());
            if let Some(this) = note.sub(6).cast::<Option<&Counting>>().read() {
                this.live.fetch_sub(1, Ordering::SeqCst);
            }
            std::alloc::dealloc(base, Layout::from_size_align(note.sub(4).read(), note.sub(5).read()).unwrap());
        }
    }
}

fn builtin_again() {
    // SAFETY: the builtin allocator needs nothing.
    unsafe { set_allocator(None) };
}

#[test]
fn objects_come_from_the_custom_allocator_and_go_back_to_it() {
    let _turn = turn();
    let builtin = allocator();
    static COUNTING: Counting = Counting::new();
    let counting = COUNTING.of(Own::type_index());
    let before = Obj::new(Own::new(&counter(), 0));
    counting.install();
    assert_eq!(allocator().context, std::ptr::from_ref(counting).cast_mut().cast());
    let inside = Obj::new(Own::new(&counter(), 1));
    let weak = inside.downgrade();
    assert_eq!(counting.numbers().1, 1);
    drop(before);
    every_alignment();
    let zeroed = allocate_raw(Layout::from_size_align(100, 4).unwrap(), Own::type_index(), true, true).unwrap();
    // SAFETY: ours alone, of this size; nothing in it needs an end.
    unsafe {
        assert_eq!(zeroed.cast::<[u8; 76]>().byte_add(24).read(), [0; 76], "the allocator left dirt");
        free_raw(zeroed, Layout::from_size_align(100, 4).unwrap());
    }
    builtin_again();
    assert_eq!((allocator().allocate as usize, allocator().context), (builtin.allocate as usize, null_mut()));
    drop(inside);
    assert_eq!(counting.numbers().1, 1, "the weak handle keeps the memory");
    drop(weak);
    assert_eq!(counting.numbers().1, 0);
}

#[test]
fn objects_without_prefix_stay_out_of_it() {
    let _turn = turn();
    static COUNTING: Counting = Counting::new();
    let counting = COUNTING.of(Bare::type_index());
    counting.install();
    let bare = Obj::new(Bare { header: Header::placeholder(), drops: counter() });
    builtin_again();
    drop(bare);
    assert_eq!(counting.numbers(), (0, 0));
}

/// Answers weakness 11: an allocator that returns null is noticed.
#[test]
fn an_allocator_that_fails_is_an_error() {
    let _turn = turn();
    static COUNTING: Counting = Counting::new();
    let counting = COUNTING.of(Own::type_index());
    counting.fails.store(true, Ordering::SeqCst);
    counting.install();
    let drops = counter();
    let error = Obj::try_new(Own::new(&drops, 1)).unwrap_err();
    let raw = allocate_raw(Layout::new::<Own>(), Own::type_index(), true, true);
    builtin_again();
    assert_eq!((load(&drops), error.layout(), raw), (1, Layout::new::<Own>(), Err(error)));
    assert_eq!(error.to_string(), format!("out of memory: an object of {} bytes", size_of::<Own>()));
}

/// Answers weakness 11: a constructor that cannot report the failure unwinds with it. It unwinds up to the next call,
/// which answers with a `MemoryError`; an argument on offer stays on offer.
#[test]
fn running_out_of_memory_unwinds_to_the_next_call() {
    let _turn = turn();
    static COUNTING: Counting = Counting::new();
    let counting = COUNTING.of(Own::type_index());
    let drops = counter();
    let make = |drops: &Arc<AtomicUsize>| Obj::new(Own::new(drops, 1)).into_any();
    let given = drops.clone();
    let function = Function::from_packed(move |_| Ok(make(&given)));
    let offered = Array::<bool>::from_iter([true, false]);
    let slot = RvalueSlot::new(offered.as_object().clone());
    counting.fails.store(true, Ordering::SeqCst);
    counting.install();
    let unwound = std::panic::catch_unwind(|| drop(make(&drops)));
    let error = function.call(&[]).unwrap_err();
    counting.of(tag::ARRAY);
    let lost = std::panic::catch_unwind(|| convert::<Array<i64>>(AnyView::of_rvalue(&slot)).map(drop));
    builtin_again();
    assert_eq!(unwound.unwrap_err().downcast_ref::<AllocError>().unwrap().layout(), Layout::new::<Own>());
    assert_eq!((error.kind(), load(&drops)), ("MemoryError", 2));
    assert!(lost.unwrap_err().is::<AllocError>() && !slot.is_empty());
    assert_eq!(offered.as_object().strong_count(), 2);
}

/// The builtin one may be called through: what it leaves for freeing is enough.
#[test]
fn the_builtin_allocator_can_be_wrapped() {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    static BUILTIN: Mutex<Option<CustomAllocator>> = Mutex::new(None);
    unsafe extern "C" fn through(size: usize, align: usize, type_index: i32, _: *mut c_void) -> *mut c_void {
        CALLS.fetch_add(1, Ordering::SeqCst);
        let builtin = BUILTIN.lock().unwrap().unwrap();
        // SAFETY: the builtin allocator's own function and context; the arguments are the caller's.
        unsafe { (builtin.allocate)(size, align, type_index, builtin.context) }
    }
    let _turn = turn();
    *BUILTIN.lock().unwrap() = Some(allocator());
    // SAFETY: `through` keeps to the contract because the builtin one does.
    unsafe { set_allocator(Some(CustomAllocator { allocate: through, context: null_mut() })) };
    every_alignment();
    builtin_again();
    assert!(load(&CALLS) >= 13 * 3 * 40);
}

#[repr(C)]
struct Churn {
    header: Header,
    thread: usize,
    n: usize,
}
object_type!(Churn: Object = "test.Churn");

/// Answers weakness 38: several front ends may install theirs, one after the other.
#[test]
fn the_allocator_is_replaced_while_threads_allocate() {
    let _turn = turn();
    static COUNTING: [Counting; 2] = [const { Counting::new() }; 2];
    let allocators = COUNTING.each_ref().map(|counting| counting.of(Churn::type_index()));
    let done = AtomicBool::new(false);
    let (send, receive) = std::sync::mpsc::channel::<Obj<Churn>>();
    thread::scope(|scope| {
        for id in 0..3 {
            let (send, done) = (send.clone(), &done);
            scope.spawn(move || {
                let mut n = 0;
                while !done.load(Ordering::SeqCst) {
                    let object = Obj::new(Churn { header: Header::placeholder(), thread: id, n });
                    assert_eq!((object.thread, object.n), (id, n));
                    n += 1;
                    if n % 4 == 0 {
                        send.send(object).unwrap();
                    }
                }
            });
        }
        drop(send);
        scope.spawn(move || receive.iter().for_each(|object| assert_eq!(object.n % 4, 3)));
        let enough = |counting: &Counting| counting.numbers().0 > 2_000;
        while !allocators.iter().all(|counting| enough(counting)) {
            for counting in allocators {
                counting.install();
                thread::yield_now();
                builtin_again();
            }
        }
        done.store(true, Ordering::SeqCst);
    });
    builtin_again();
    assert_eq!(allocators.map(|counting| counting.numbers().1), [0, 0]);
}

unsafe extern "C" fn delete_raw(object: *mut c_void, flags: i32) {
    let object = NonNull::new(object.cast()).unwrap();
    // SAFETY: called with its object. The objects below have this layout, as the bare ones need, and no owned fields.
    unsafe { destroy::delete(object, flags, || (), || raw_layout(object)) };
}

fn raw_layout(object: NonNull<Object>) -> Layout {
    // SAFETY: the layout is written behind the header.
    let [size, align] = unsafe { object.cast::<usize>().add(3).cast::<[usize; 2]>().read() };
    Layout::from_size_align(size, align).unwrap()
}

#[test]
fn raw_objects_of_any_layout() {
    let _turn = turn();
    for (size, align) in [(40, 8), (41, 1), (64, 16), (100, 32), (8192, 4096)] {
        for (prefix, zeroed) in [(true, true), (true, false), (false, true), (false, false)] {
            let layout = Layout::from_size_align(size, align).unwrap();
            // Dirt, for `zeroed` to clean.
            drop((0..9).map(|_| vec![0xff_u8; size + align]).collect::<Vec<_>>());
            let object = allocate_raw(layout, Own::type_index(), prefix, zeroed).unwrap();
            // SAFETY: a fresh object of this layout, ours alone, and `Own` by its index only.
            unsafe {
                let body = std::slice::from_raw_parts(object.as_ptr().cast::<u8>(), if zeroed { size } else { 24 });
                assert!(body[24..].iter().all(|&byte| byte == 0));
                let flags = match (prefix, align) {
                    (false, _) => 0,
                    (true, ..=8) => FLAG_PREFIX,
                    (true, _) => FLAG_PREFIX | FLAG_DELETE_SPACE,
                };
                assert_eq!(
                    (object.as_ref().type_index(), object.as_ref().header().flags()),
                    (Own::type_index(), flags)
                );
                assert_eq!(bowline::object::tie_word(object).is_some(), prefix);
                object.cast::<usize>().add(3).cast::<[usize; 2]>().write([size, align]);
                set_deleter(object, delete_raw);
                let object = Obj::<Object>::from_raw(object);
                let weak = object.downgrade();
                drop(object);
                drop(weak);
            }
        }
    }
}

#[test]
#[should_panic(expected = "no room for the header")]
fn raw_objects_have_a_header() {
    let _ = allocate_raw(Layout::from_size_align(16, 8).unwrap(), 64, true, false);
}

#[test]
fn alive_counts_allocations() {
    if !crate::is_child() {
        return passes_in_child("allocation::alive_counts_allocations");
    }
    assert_eq!(stats::alive(), 0);
    let leaf = Obj::new(Own::new(&counter(), 1));
    let bare = Obj::new(Bare { header: Header::placeholder(), drops: counter() });
    let items = Obj::new_with_extra_items(Own::new(&counter(), 1), [1, 2].into_iter());
    let raw = allocate_raw(Layout::new::<Own>(), 64, true, true).unwrap();
    assert_eq!(stats::alive(), 4);
    let weak = leaf.downgrade();
    thread::spawn(move || drop((leaf, bare, items))).join().unwrap();
    assert_eq!(stats::alive(), 2, "the weak handle keeps an allocation");
    drop(weak);
    // SAFETY: ours alone, and nothing in it needs an end.
    unsafe { free_raw(raw, Layout::new::<Own>()) };
    assert_eq!((stats::alive(), FREE | 1), (0, BOTH));
}
