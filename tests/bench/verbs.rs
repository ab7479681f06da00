//! What the protocol's verbs take by themselves. Refcounts of the host are those of one thread with the GIL, and its storage
//! is a box, so that next to nothing is timed but the verbs.
//!
//! cargo bench --bench verbs
#![allow(missing_docs)]

use bowline::protocol::{self, Counted, Dormancy, Fresh, Host, InTransition, Tie};
use bowline::word::{AtomicWord, WRAPPER_ALIGN};
use divan::{black_box, Bencher};
use std::cell::Cell;
use std::convert::Infallible;
use std::ptr::NonNull;

fn main() {
    divan::main();
}

/// An object, which does not end when its count does: a bench drops it.
#[derive(Default)]
struct Object {
    count: Cell<usize>,
    word: AtomicWord,
}

#[repr(align(16))]
struct Wrapper {
    count: Cell<usize>,
    holds: Cell<Option<NonNull<Object>>>,
}

const _: () = assert!(align_of::<Wrapper>() >= WRAPPER_ALIGN);

/// Wrappers of one tier.
struct OneThread {
    rich: bool,
}

fn wrapper<'a>(pointer: NonNull<Wrapper>) -> &'a Wrapper {
    // SAFETY: storages are freed by `free`, `discard` and `defer_free` only. After that no verb asks for them.
    unsafe { pointer.as_ref() }
}

impl OneThread {
    fn free_box(pointer: NonNull<Wrapper>) {
        // SAFETY: made by `allocate`, freed this once.
        drop(unsafe { Box::from_raw(pointer.as_ptr()) });
    }
}

// SAFETY: with one thread every step is atomic, and none is ever in another's section. A count of zero is a death, after
// which `decref` runs `retire` before anything else.
unsafe impl Host for OneThread {
    type Object = NonNull<Object>;
    type Wrapper = Wrapper;
    type Error = Infallible;
    type Section = ();

    fn enter(&self) {}
    unsafe fn word(&self, object: NonNull<Object>) -> &AtomicWord {
        // SAFETY: the object is alive: `Host` asks its callers for that.
        unsafe { &(*object.as_ptr()).word }
    }
    unsafe fn retain(&self, object: NonNull<Object>) {
        // SAFETY: the object is alive: `Host` asks its callers for that.
        unsafe { object.as_ref() }.count.update(|count| count + 1);
    }
    unsafe fn release(&self, object: NonNull<Object>) {
        // SAFETY: the object is alive: `Host` asks its callers for that.
        unsafe { object.as_ref() }.count.update(|count| count - 1);
    }
    unsafe fn allocate(&self, object: NonNull<Object>) -> Result<Fresh<Wrapper>, Infallible> {
        let made = Box::new(Wrapper { count: Cell::new(1), holds: Cell::new(Some(object)) });
        Ok(Fresh { wrapper: NonNull::from(Box::leak(made)), rich: self.rich })
    }
    unsafe fn discard(&self, pointer: NonNull<Wrapper>) {
        OneThread::free_box(pointer);
    }
    unsafe fn incref_own(&self, pointer: NonNull<Wrapper>, is_preserved: impl FnOnce() -> bool) -> bool {
        // SAFETY: read from a word in this section; what is not `Own` took no count.
        unsafe { self.try_incref(pointer, is_preserved) == Counted::Own }
    }
    unsafe fn try_incref(&self, pointer: NonNull<Wrapper>, is_preserved: impl FnOnce() -> bool) -> Counted {
        match wrapper(pointer).count.get() {
            0 => Counted::Dead,
            _ if self.rich && is_preserved() => Counted::Preserved,
            count => {
                wrapper(pointer).count.set(count + 1);
                Counted::Own
            }
        }
    }
    unsafe fn decref_within(&self, (): (), pointer: NonNull<Wrapper>) {
        // SAFETY: the caller's count.
        unsafe { self.decref(pointer) };
    }
    unsafe fn decref(&self, pointer: NonNull<Wrapper>) {
        let count = wrapper(pointer).count.get() - 1;
        wrapper(pointer).count.set(count);
        if count > 0 {
            return;
        }
        let Some(object) = wrapper(pointer).holds.get() else { return OneThread::free_box(pointer) };
        // SAFETY: the life that ended owned a count.
        unsafe {
            match self.rich {
                true => protocol::retire_rich(self, (), pointer, object),
                false => protocol::retire_lean(self, object),
            }
        }
    }
    unsafe fn dormancy(&self, _: NonNull<Wrapper>, _: bool) -> Dormancy {
        Dormancy::Dormant
    }
    unsafe fn is_claimed(&self, _: NonNull<Wrapper>) -> bool {
        false
    }
    unsafe fn revive(&self, pointer: NonNull<Wrapper>, _: bool) -> bool {
        wrapper(pointer).count.set(1);
        true
    }
    unsafe fn claim(&self, _: NonNull<Wrapper>) -> bool {
        true
    }
    unsafe fn has_one_count(&self, pointer: NonNull<Wrapper>) -> bool {
        wrapper(pointer).count.get() == 1
    }
    unsafe fn claim_end(&self, object: NonNull<Object>) -> bool {
        // SAFETY: alive by the caller's count.
        unsafe { object.as_ref() }.count.get() == 1
    }
    unsafe fn renounce_end(&self, _: NonNull<Object>) {}
    unsafe fn is_sole(&self, object: NonNull<Object>) -> bool {
        // SAFETY: alive by the caller's count.
        unsafe { object.as_ref() }.count.get() == 1
    }
    unsafe fn needs_finalizer(&self, _: NonNull<Wrapper>) -> bool {
        false
    }
    unsafe fn run_finalizer(&self, _: NonNull<Wrapper>) {}
    unsafe fn end(&self, pointer: NonNull<Wrapper>, object: NonNull<Object>) {
        // SAFETY: alive by the caller's count.
        unsafe {
            self.word(object).untie(pointer);
            OneThread::free_box(pointer);
            self.release(object);
        }
    }
    unsafe fn is_blank(&self, _: NonNull<Wrapper>) -> bool {
        true
    }
    unsafe fn free(&self, pointer: NonNull<Wrapper>) {
        OneThread::free_box(pointer);
    }
    unsafe fn begin_move(&self, pointer: NonNull<Wrapper>) -> Option<NonNull<Object>> {
        wrapper(pointer).holds.take()
    }
    unsafe fn begin_bind(&self, pointer: NonNull<Wrapper>, object: NonNull<Object>) -> bool {
        wrapper(pointer).holds.replace(Some(object)).is_none()
    }
    unsafe fn begin_rebind(&self, pointer: NonNull<Wrapper>) -> Result<Option<NonNull<Object>>, InTransition> {
        Ok(wrapper(pointer).holds.get())
    }
    unsafe fn defer_retires(&self, pointer: NonNull<Wrapper>) -> Option<NonNull<Object>> {
        wrapper(pointer).holds.get()
    }
    unsafe fn set_object(&self, pointer: NonNull<Wrapper>, object: NonNull<Object>) {
        wrapper(pointer).holds.set(Some(object));
    }
    unsafe fn finish_bind(&self, _: NonNull<Wrapper>, _: Tie) {}
    unsafe fn is_rich(&self, _: NonNull<Wrapper>) -> bool {
        self.rich
    }
    unsafe fn forget_moved(&self, _: NonNull<Wrapper>) {}
    unsafe fn limbo(&self, _: NonNull<Wrapper>, _: Option<NonNull<Object>>) {}
    unsafe fn keep_for_readers(&self, _: NonNull<Wrapper>, _: NonNull<Object>) {}
}

const LEAN: OneThread = OneThread { rich: false };
const RICH: OneThread = OneThread { rich: true };

/// An object with a count of the bench's own, which the bench frees.
struct Owned(NonNull<Object>);

impl Owned {
    fn new() -> Owned {
        let object = Object { count: Cell::new(1), ..Object::default() };
        Owned(NonNull::from(Box::leak(Box::new(object))))
    }
    fn fetch(&self, host: &OneThread) -> NonNull<Wrapper> {
        // SAFETY: alive.
        unsafe { protocol::fetch(host, self.0) }.unwrap_or_else(|never| match never {})
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        // SAFETY: the object's end; no life of a wrapper is left.
        unsafe {
            protocol::teardown(&LEAN, self.0.as_ref().word.take());
            drop(Box::from_raw(self.0.as_ptr()));
        }
    }
}

fn drop_wrapper(host: &OneThread, pointer: NonNull<Wrapper>) {
    // SAFETY: a count that the bench has.
    unsafe { host.decref(pointer) };
}

/// A living wrapper is found, and the count given back.
#[divan::bench(args = [false, true])]
fn hit(bencher: Bencher, rich: bool) {
    let (host, object) = (OneThread { rich }, Owned::new());
    let held = object.fetch(&host);
    bencher.bench_local(|| {
        // SAFETY: alive.
        let found = unsafe { protocol::hit(&host, object.0, host.word(black_box(object.0)), Some, || None) };
        drop_wrapper(&host, found.unwrap());
    });
    drop_wrapper(&host, held);
}

/// A dormant wrapper begins a life, which ends.
#[divan::bench(args = [false, true])]
fn revive_and_retire(bencher: Bencher, rich: bool) {
    let (host, object) = (OneThread { rich }, Owned::new());
    drop_wrapper(&host, object.fetch(&host));
    bencher.bench_local(|| drop_wrapper(&host, black_box(&object).fetch(&host)));
}

/// An object's first wrapper is made, dies, and goes with the object.
#[divan::bench(args = [false, true])]
fn first_fetch_to_teardown(bencher: Bencher, rich: bool) {
    let host = OneThread { rich };
    bencher.bench_local(|| {
        let object = black_box(Owned::new());
        drop_wrapper(&host, object.fetch(&host));
    });
}

/// As `first_fetch_to_teardown`, without a wrapper.
#[divan::bench]
fn untied_object() {
    black_box(Owned::new());
}

/// A dormant wrapper is made, and evicted.
#[divan::bench]
fn fetch_and_evict(bencher: Bencher) {
    let object = Owned::new();
    bencher.bench_local(|| {
        drop_wrapper(&LEAN, black_box(&object).fetch(&LEAN));
        // SAFETY: the bench's count.
        OneThread::free_box(unsafe { protocol::evict(&LEAN, object.0) }.expect("a dormant wrapper"));
    });
}

/// An object is moved out of its wrapper, and bound to it again.
#[divan::bench]
fn move_out_and_bind(bencher: Bencher) {
    let object = Owned::new();
    let held = object.fetch(&LEAN);
    bencher.bench_local(|| {
        // SAFETY: counts of both; the object has a word.
        unsafe {
            let taken = protocol::move_out(&LEAN, black_box(held), |_| true).unwrap();
            assert!(matches!(protocol::bind(&LEAN, held, taken, true), Ok(Tie::Tied)));
        }
    });
    drop_wrapper(&LEAN, held);
}

/// A wrapper is given another object in place of the one that it holds.
#[divan::bench]
fn rebind(bencher: Bencher) {
    let objects = [Owned::new(), Owned::new()];
    let held = objects[0].fetch(&RICH);
    let mut turn = 0;
    bencher.bench_local(|| {
        turn ^= 1;
        let next = objects[turn].0;
        // SAFETY: a count of the wrapper, and one of the object for the life. Both objects have words.
        unsafe {
            RICH.retain(next);
            protocol::rebind(&RICH, held, next, |_| true);
        }
    });
    drop_wrapper(&RICH, held);
}
