//! The bytes of an object, as `bowline::docs::native_abi` gives them.
//! Uses raw pointers into objects that the test owns.
//! Fails when a member moves or an initial value changes.

use crate::{counter, object_type, Bare, Leaf};
use bowline::object::alloc::{CustomAllocator, BODY_ALIGN, PREFIX_SIZE, WORD_SIZE};
use bowline::object::count::Counts;
use bowline::object::header::{BOTH, DESTROY, FLAG_DELETE_SPACE, FLAG_PREFIX, FREE};
use bowline::object::{Header, Obj, Object, ObjectType, WeakObj};
use std::ffi::c_void;
use std::mem::offset_of;
use std::ptr::{null_mut, NonNull};

#[test]
fn sizes() {
    assert_eq!((size_of::<Header>(), align_of::<Header>()), (24, 8));
    assert_eq!((size_of::<Object>(), size_of::<Counts>()), (24, 8));
    assert_eq!((PREFIX_SIZE, BODY_ALIGN, WORD_SIZE), (16, 16, 8));
    assert_eq!(size_of::<CustomAllocator>(), 2 * size_of::<usize>());
    assert_eq!(offset_of!(CustomAllocator, context), size_of::<usize>());
    assert_eq!((DESTROY, FREE, BOTH), (1, 2, 3));
}

#[test]
fn handles_are_pointers() {
    assert_eq!(size_of::<Obj<Leaf>>(), size_of::<usize>());
    assert_eq!(size_of::<Option<Obj<Leaf>>>(), size_of::<usize>());
    assert_eq!(size_of::<Option<WeakObj<Leaf>>>(), size_of::<usize>());
    let none: Option<Obj<Leaf>> = None;
    // SAFETY: sizes are equal, and every bit pattern is a usize.
    assert_eq!(unsafe { std::mem::transmute::<Option<Obj<Leaf>>, usize>(none) }, 0);
}

#[test]
fn bytes_of_a_fresh_object() {
    // Allocated by the builtin allocator.
    let _turn = crate::allocation::turn();
    let leaf = Obj::new(Leaf::new(&counter(), 7));
    let body = leaf.as_raw().as_ptr().cast::<u8>();
    assert_eq!(body.addr() % WORD_SIZE, 0);
    // SAFETY: the header and the 8 bytes before it belong to the object. It is not shared.
    unsafe {
        assert_eq!(body.cast::<u64>().read(), 0x1_0000_0001, "counts");
        assert_eq!(body.add(8).cast::<i32>().read(), Leaf::type_index());
        assert_eq!(body.add(12).cast::<u32>().read(), FLAG_PREFIX);
        assert_ne!(body.add(16).cast::<usize>().read(), 0, "deleter");
        assert_eq!(body.sub(8).cast::<usize>().read(), 0, "word");
        assert_eq!(std::ptr::from_ref(leaf.tie_word().unwrap()).cast(), body.sub(8).cast_const());
    }
    let (_strong, _weak) = (leaf.clone(), leaf.downgrade());
    // SAFETY: the 8 bytes before the header belong to the object. It is not shared.
    assert_eq!(unsafe { body.cast::<u64>().read() }, 0x2_0000_0002);
}

#[test]
fn bytes_before_an_aligned_object() {
    #[repr(C, align(16))]
    struct Aligned(Header);
    object_type!(Aligned: Object = "test.Aligned");
    let _turn = crate::allocation::turn();
    let object = Obj::new(Aligned(Header::placeholder()));
    let body = object.as_raw().as_ptr().cast::<u8>();
    assert_eq!((body.addr() % BODY_ALIGN, object.header().flags()), (0, FLAG_PREFIX | FLAG_DELETE_SPACE));
    // SAFETY: the 16 bytes before the header belong to the object, which is not shared.
    unsafe {
        assert_ne!(body.sub(16).cast::<usize>().read(), 0, "delete_space");
        assert_eq!(body.sub(8).cast::<usize>().read(), 0, "word");
    }
    assert_eq!(std::ptr::from_ref(object.tie_word().unwrap()).cast(), body.wrapping_sub(8).cast_const());
}

#[test]
fn objects_without_prefix_say_so() {
    let bare = Obj::new(Bare { header: Header::placeholder(), drops: counter() });
    assert_eq!((bare.header().flags(), bare.tie_word().is_none()), (0, true));
}

#[test]
fn placeholder_is_inert() {
    let header = Header::placeholder();
    assert_eq!((header.type_index(), header.flags(), header.deleter()), (0, 0, None));
    assert_eq!((header.counts().strong(), header.counts().weak()), (1, 1));
}

/// Answers weakness 10: an object without prefix at the start of a page. Nothing may be read before it.
#[cfg(all(unix, not(miri)))]
#[test]
fn nothing_is_read_in_front_of_an_object_without_prefix() {
    extern "C" {
        fn mmap(at: *mut c_void, size: usize, prot: i32, flags: i32, file: i32, offset: i64) -> *mut c_void;
        fn mprotect(at: *mut c_void, size: usize, prot: i32) -> i32;
        fn munmap(at: *mut c_void, size: usize) -> i32;
        fn sysconf(name: i32) -> i64;
    }
    const PAGE_SIZE: i32 = if cfg!(target_os = "macos") { 29 } else { 30 };
    const ANONYMOUS: i32 = if cfg!(target_os = "macos") { 0x1000 } else { 0x20 };
    const PRIVATE: i32 = 2;
    const NONE: i32 = 0;
    const READ_WRITE: i32 = 3;
    // SAFETY: fresh memory of our own. The object lies in its second page and is not destroyed.
    unsafe {
        let page = sysconf(PAGE_SIZE) as usize;
        let base = mmap(null_mut(), 2 * page, READ_WRITE, PRIVATE | ANONYMOUS, -1, 0);
        assert_ne!(base as isize, -1);
        assert_eq!(mprotect(base, page, NONE), 0);
        let object = NonNull::new(base.byte_add(page).cast::<Header>()).unwrap();
        object.write(Header::placeholder());
        let object = object.cast::<Object>();
        assert!(bowline::object::tie_word(object).is_none());
        bowline::object::retain(object);
        let handle = Obj::<Object>::from_raw(object);
        assert!(handle.tie_word().is_none() && handle.strong_count() == 2);
        drop(handle);
        assert_eq!(munmap(base, 2 * page), 0);
    }
}
