//! Replacing the allocator while other threads make and free objects (`object::alloc`).
//! Upholds: a body is freed by the means it came from, at the offset it came with, whatever was installed in between.

use super::real::Leaf;
use super::*;
use bowline::object::alloc::{allocator, set_allocator, CustomAllocator, PREFIX_SIZE};
use bowline::object::Obj;
use std::alloc::{alloc, dealloc, Layout};
use std::ffi::c_void;

/// An allocator that knows what it made. What it makes is in front of the prefix: a pointer to it, and the size.
#[derive(Default)]
struct Source {
    made: AtomicUsize,
    alive: AtomicUsize,
}

const FRONT: usize = 16 + PREFIX_SIZE;

impl Source {
    fn new() -> &'static Source {
        // Leaked: an allocator stays valid for the rest of the process.
        Box::leak(Box::default())
    }

    fn install(&'static self) {
        let context = std::ptr::from_ref(self).cast_mut().cast();
        // SAFETY: `allocate` and `free` keep to the contract.
        unsafe { set_allocator(Some(CustomAllocator { allocate, context })) };
    }
}

fn layout(size: usize) -> Layout {
    Layout::from_size_align(FRONT + size, 16).unwrap()
}

unsafe extern "C" fn allocate(size: usize, align: usize, _type_index: i32, context: *mut c_void) -> *mut c_void {
    assert!(align <= 16);
    // SAFETY: the front has room for what is written there. `free` is the last pointer before the body.
    unsafe {
        let base = alloc(layout(size));
        base.cast::<(*mut c_void, usize)>().write((context, size));
        let body = base.add(FRONT);
        body.cast::<unsafe extern "C" fn(*mut c_void)>().sub(1).write(free);
        let source = &*context.cast::<Source>();
        source.made.fetch_add(1, Relaxed);
        source.alive.fetch_add(1, Relaxed);
        body.cast()
    }
}

unsafe extern "C" fn free(body: *mut c_void) {
    // SAFETY: `allocate` made the body; a body from elsewhere would have another front.
    unsafe {
        let base = body.cast::<u8>().sub(FRONT);
        let (source, size) = base.cast::<(*const Source, usize)>().read();
        (*source).alive.fetch_sub(1, Relaxed);
        dealloc(base, layout(size));
    }
}

/// Objects of before, amid and after a replacement are freed where they came from. Either thread frees them.
#[test]
fn freed_where_they_came_from() {
    explore_with(1, || {
        let [first, second] = [Source::new(), Source::new()];
        first.install();
        let before = Obj::new(Leaf::default());
        let other = spawn(move || {
            let amid = Obj::new(Leaf::default());
            drop(before);
            amid
        });
        second.install();
        let after = Obj::new(Leaf::default());
        let amid = other.join().unwrap();
        assert_eq!(first.made.load(Relaxed) + second.made.load(Relaxed), 3);
        assert!(second.made.load(Relaxed) >= 1, "the one who replaced the allocator went on with the former");
        drop((amid, after));
        assert_eq!((first.alive.load(Relaxed), second.alive.load(Relaxed)), (0, 0));
    });
}

/// The first replacement of the builtin allocator, and its return, while two threads allocate.
#[test]
fn builtin_or_custom() {
    explore_with(1, || {
        let source = Source::new();
        let others = [(); 2].map(|()| spawn(|| drop(Obj::new(Leaf::default()))));
        source.install();
        let inside = Obj::new(Leaf::default());
        // SAFETY: the builtin allocator needs nothing.
        unsafe { set_allocator(None) };
        assert!(allocator().context.is_null());
        let made = source.made.load(Relaxed);
        drop(Obj::new(Leaf::default()));
        drop(inside);
        others.into_iter().for_each(|other| other.join().unwrap());
        assert!((1..=3).contains(&source.made.load(Relaxed)) && made >= 1);
        assert_eq!(source.alive.load(Relaxed), 0);
    });
}

/// Two threads that replace it: one of the two allocators stays, whole.
#[test]
fn one_replacement_stays() {
    explore_with(1, || {
        let sources = [Source::new(), Source::new()];
        let other = spawn(move || sources[1].install());
        sources[0].install();
        other.join().unwrap();
        drop(Obj::new(Leaf::default()));
        let made = sources.map(|source| source.made.load(Relaxed));
        assert!(made == [1, 0] || made == [0, 1]);
        assert!(sources.iter().all(|source| source.alive.load(Relaxed) == 0));
    });
}
