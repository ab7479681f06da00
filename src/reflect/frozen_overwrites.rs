//! Values that a frozen field held, kept until the field's object ends.
//! Upholds: readers of frozen fields need no protection, since nothing they may have seen is released before the object.

use crate::object::Object;
use crate::sync::global::{AtomicUsize, Ordering};
use crate::value::{stripe, tag, Any};
use std::cell::UnsafeCell;
use std::ptr::NonNull;

/// What the objects of one stripe keep, by their addresses. Protected by that stripe.
struct Shard(UnsafeCell<Vec<(usize, Any)>>);

// SAFETY: accessed under its stripe only; values are Send.
unsafe impl Sync for Shard {}

static SHARDS: [Shard; stripe::COUNT] = [const { Shard(UnsafeCell::new(Vec::new())) }; stripe::COUNT];

/// How many values are kept altogether: while none is, ends of objects look no further.
static KEPT: AtomicUsize = AtomicUsize::new(0);

/// Keeps `old` until `object` ends.
pub(super) fn keep(object: NonNull<Object>, old: Any) {
    if old.type_index() < tag::OBJECT {
        return;
    }
    // Relaxed: the thread that ends the object has its last count. That was handed on with Release and Acquire from the
    // caller's.
    KEPT.fetch_add(1, Ordering::Relaxed);
    let _held = stripe::of(object.as_ptr()).hold();
    // SAFETY: under the stripe of this shard.
    unsafe { &mut *SHARDS[stripe::index(object.as_ptr())].0.get() }.push((object.as_ptr() as usize, old));
}

/// Releases what was kept for `object`, whose end has come.
#[inline]
pub(super) fn release(object: NonNull<Object>) {
    // Relaxed: see `keep`.
    if KEPT.load(Ordering::Relaxed) != 0 {
        release_slow(object);
    }
}

#[cold]
fn release_slow(object: NonNull<Object>) {
    let mut old = Vec::new();
    let held = stripe::of(object.as_ptr()).hold();
    // SAFETY: under the stripe of this shard.
    let shard = unsafe { &mut *SHARDS[stripe::index(object.as_ptr())].0.get() };
    let mut at = 0;
    while at < shard.len() {
        match shard[at].0 == object.as_ptr() as usize {
            true => old.push(shard.swap_remove(at)),
            false => at += 1,
        }
    }
    drop(held);
    // Relaxed: a count.
    KEPT.fetch_sub(old.len(), Ordering::Relaxed);
    drop(old);
}
