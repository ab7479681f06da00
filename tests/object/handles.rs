//! Strong and weak handles, casts, unique access, trailing items, overflow.
//! Uses `Leaf` and its kin.
//! Fails when a count is lost or a handle outlives its object.

use crate::{counter, in_child, is_child, load, object_type, passes_in_child, Bare, Leaf, Twig};
use bowline::object::{retain, Header, Obj, Object, ObjectType};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;

#[test]
fn last_strong_handle_destroys() {
    let drops = counter();
    let a = Obj::new(Leaf::new(&drops, 5));
    let b = a.clone();
    assert_eq!((a.strong_count(), a.weak_count(), b.value), (2, 0, 5));
    assert!(a.ptr_eq(&b) && !a.ptr_eq(&Obj::new(Leaf::new(&counter(), 5))));
    drop(a);
    assert_eq!(load(&drops), 0);
    drop(b);
    assert_eq!(load(&drops), 1);
}

#[test]
fn raw_pointers_carry_their_count() {
    let drops = counter();
    let raw = Obj::new(Leaf::new(&drops, 1)).into_raw();
    // SAFETY: the count that `into_raw` gave is taken by `from_raw`. Each other one is taken by the handle that
    // it makes.
    unsafe {
        let borrowed = Obj::<Leaf>::from_borrowed(raw);
        retain(raw);
        let third = Obj::<Object>::from_raw(raw);
        assert_eq!(borrowed.strong_count(), 3);
        drop((borrowed, third));
        assert_eq!(load(&drops), 0);
        bowline::object::release(raw);
    }
    assert_eq!(load(&drops), 1);
}

#[test]
fn weak_handles_keep_memory_only() {
    let drops = counter();
    let strong = Obj::new(Leaf::new(&drops, 9));
    let weak = strong.downgrade();
    let other = weak.clone();
    assert!(weak.ptr_eq(&other) && weak.as_raw() == strong.as_raw());
    assert_eq!((strong.weak_count(), weak.upgrade().unwrap().value), (2, 9));
    drop(strong);
    assert_eq!((load(&drops), weak.strong_count()), (1, 0));
    assert!(weak.upgrade().is_none() && other.upgrade().is_none());
    // SAFETY: the count goes from handle to handle.
    let again = unsafe { bowline::object::WeakObj::<Leaf>::from_raw(weak.into_raw()) };
    assert!(again.upgrade().is_none());
}

#[test]
fn casts_follow_the_dynamic_type() {
    let twig = Obj::new(Twig { base: Leaf::new(&counter(), 3), more: Arc::new(()) });
    let more = twig.more.clone();
    assert_eq!(twig.upcast_ref::<Leaf>().value, 3);
    let object: Obj<Object> = twig.upcast();
    assert_eq!((object.type_index(), object.type_info().key), (Twig::type_index(), "test.Twig"));
    assert!(object.is::<Twig>() && object.is::<Leaf>() && object.is::<Object>() && !object.is::<Bare>());
    assert_eq!(object.downcast_ref::<Leaf>().unwrap().value, 3);
    let object = object.downcast::<Bare>().unwrap_err();
    let leaf = object.downcast::<Leaf>().unwrap();
    assert!(leaf.clone().downcast::<Twig>().is_ok());
    assert!(format!("{leaf:?}").starts_with("test.Twig(0x"));
    drop(leaf);
    assert_eq!(Arc::strong_count(&more), 1, "an object ends as what it is, whatever its handle says");
}

#[test]
fn unique_access_wants_no_other_handle() {
    let mut leaf = Obj::new(Leaf::new(&counter(), 1));
    // SAFETY: a field that is not the header is written, here and below.
    unsafe { leaf.get_unique_mut() }.unwrap().value = 2;
    let weak = leaf.downgrade();
    // SAFETY: a field that is not the header is written.
    assert!(unsafe { leaf.get_unique_mut() }.is_none());
    drop(weak);
    let other = leaf.clone();
    // SAFETY: a field that is not the header is written.
    assert!(unsafe { leaf.get_unique_mut() }.is_none());
    thread::spawn(move || drop(other)).join().unwrap();
    // SAFETY: a field that is not the header is written.
    assert_eq!(unsafe { leaf.get_unique_mut() }.unwrap().value, 2);
}

#[test]
fn clones_and_drops_on_many_threads() {
    let drops = counter();
    let leaf = Obj::new(Leaf::new(&drops, 0));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..20_000).for_each(|_| drop((leaf.clone(), leaf.downgrade().upgrade().unwrap()))));
        }
    });
    assert_eq!((leaf.strong_count(), leaf.weak_count(), load(&drops)), (1, 0, 0));
}

#[test]
fn upgrade_vs_last_drop_has_one_outcome() {
    for _ in 0..2_000 {
        let drops = counter();
        let strong = Obj::new(Leaf::new(&drops, 1));
        let weak = strong.downgrade();
        let start = Barrier::new(2);
        thread::scope(|scope| {
            scope.spawn(|| {
                start.wait();
                drop(strong);
            });
            start.wait();
            if let Some(strong) = weak.upgrade() {
                assert_eq!((strong.value, load(&drops)), (1, 0));
            }
        });
        assert_eq!((load(&drops), weak.upgrade().is_none()), (1, true));
    }
}

#[repr(C)]
struct Row {
    header: Header,
    drops: Arc<AtomicUsize>,
}
object_type!(Row: Object = "test.Row");

impl Drop for Row {
    fn drop(&mut self) {
        self.drops.fetch_add(1_000, Ordering::SeqCst);
    }
}

fn row(drops: &Arc<AtomicUsize>) -> Row {
    Row { header: Header::placeholder(), drops: drops.clone() }
}

/// An item, aligned beyond what objects are.
#[repr(align(64))]
struct Item(Arc<AtomicUsize>);

impl Drop for Item {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn items_live_and_end_with_their_object() {
    for count in [0, 1, 2, 17, 1000] {
        let drops = counter();
        let object = Obj::new_with_extra_items(row(&drops), (0..count).map(|_| Item(drops.clone())));
        // SAFETY: made with these types.
        let items = unsafe { object.extra_items::<Item>() };
        assert_eq!((items.len(), items.as_ptr().addr() % 64), (count, 0));
        let weak = object.downgrade();
        drop(object);
        assert_eq!(load(&drops), 1_000 + count);
        drop(weak);
        let small = Obj::new_with_extra_items(row(&drops), 0..count as u16);
        // SAFETY: made with these types.
        assert!(unsafe { small.extra_items::<u16>() }.iter().copied().eq(0..count as u16));
    }
}

#[test]
fn items_of_a_failing_iterator_are_dropped() {
    let drops = counter();
    let failing = (0..10).map(|n| if n < 4 { Item(drops.clone()) } else { panic!("no more") });
    assert!(catch_unwind(AssertUnwindSafe(|| Obj::new_with_extra_items(row(&drops), failing))).is_err());
    assert_eq!(load(&drops), 1_004);

    struct Liar(usize, Arc<AtomicUsize>);
    impl Iterator for Liar {
        type Item = Item;
        fn next(&mut self) -> Option<Item> {
            self.0 = self.0.checked_sub(1)?;
            Some(Item(self.1.clone()))
        }
    }
    impl ExactSizeIterator for Liar {
        fn len(&self) -> usize {
            3
        }
    }
    let drops = counter();
    let short = Liar(2, drops.clone());
    assert!(catch_unwind(AssertUnwindSafe(|| Obj::new_with_extra_items(row(&drops), short))).is_err());
    assert_eq!(load(&drops), 1_002);
    let drops = counter();
    drop(Obj::new_with_extra_items(row(&drops), Liar(5, drops.clone())));
    assert_eq!(load(&drops), 1_003);
}

#[test]
fn impossible_sizes_are_an_error() {
    if !is_child() {
        return passes_in_child("handles::impossible_sizes_are_an_error");
    }
    // Beyond what a layout can say, and within that but beyond any memory.
    for count in [usize::MAX / 2, usize::MAX / 9, isize::MAX as usize / 8 - 100] {
        let drops = counter();
        assert!(Obj::try_new_with_extra_items(row(&drops), std::iter::repeat_n(0_u64, count)).is_err());
        assert_eq!(load(&drops), 1_000, "the value of an object that could not be made is dropped");
    }
}

/// Writes counts next to the limit into an object. It is the only way to get there within a test.
fn near_overflow(strong: u32, weak: u32) -> Obj<Leaf> {
    let leaf = Obj::new(Leaf::new(&counter(), 0));
    // SAFETY: the counts are the first eight bytes; the object is not shared.
    unsafe { leaf.as_raw().as_ptr().cast::<u64>().write(u64::from(weak) << 32 | u64::from(strong)) };
    leaf
}

fn dies_of(test: &str, overflow: impl FnOnce()) {
    if is_child() {
        overflow();
        return;
    }
    let output = in_child(&format!("handles::{test}"));
    #[cfg(unix)]
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&output.status), Some(6), "{output:?}");
    assert!(!output.status.success() && !String::from_utf8_lossy(&output.stdout).contains("1 passed"));
}

/// Answers weakness 14.
#[test]
fn strong_overflow_aborts() {
    dies_of("strong_overflow_aborts", || {
        let leaf = near_overflow(i32::MAX as u32, 1);
        std::mem::forget(leaf.clone());
        eprintln!("2^31 counts are allowed");
        std::mem::forget(leaf.clone());
    });
}

#[test]
fn weak_overflow_aborts() {
    dies_of("weak_overflow_aborts", || {
        let leaf = near_overflow(1, i32::MAX as u32);
        std::mem::forget(leaf.downgrade());
        std::mem::forget(leaf.downgrade());
    });
}

#[test]
fn upgrade_overflow_aborts() {
    dies_of("upgrade_overflow_aborts", || {
        let leaf = near_overflow(i32::MAX as u32, 1);
        let weak = leaf.downgrade();
        std::mem::forget(weak.upgrade());
        std::mem::forget(weak.upgrade());
    });
}
