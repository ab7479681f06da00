//! Races between two or three verbs, in every schedule and memory order that loom reaches.
//! Runs under `--cfg bowline_loom` only; imports the model of CPython in tests/support.
//! Upholds: each module is a race `a_vs_b`, each test a claim about it; all of P1–P9 are asserted by the model throughout.
#![cfg(bowline_loom)]

mod support;

use bowline::protocol::Tie;
use bowline::sync::single_threaded;
use bowline::sync::thread::{spawn, JoinHandle};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use support::{Class, Held, Moment, Object, Thread, World};

/// Explores `race` with the preemptions of LOOM_MAX_PREEMPTIONS (2 if not set), and `more` or less. Small races afford one
/// more, those of three threads with long verbs one less. Tells how many executions it took.
fn explore_with(more: isize, race: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    let bound = builder.preemption_bound.unwrap_or(2).saturating_add_signed(more);
    builder.preemption_bound = Some(bound);
    let executions = Arc::new(AtomicUsize::new(0));
    let count = executions.clone();
    let started = std::time::Instant::now();
    builder.check(move || {
        count.fetch_add(1, Relaxed);
        single_threaded::begin();
        race();
    });
    let name = std::thread::current().name().unwrap_or("?").to_owned();
    let (executions, took) = (executions.load(Relaxed), started.elapsed().as_secs_f32());
    // In one piece, because other tests print too.
    let line = format!("{name}: {executions} executions with up to {bound} preemptions in {took:.1} s\n");
    eprint!("{line}");
}

fn explore(race: impl Fn() + Send + Sync + 'static) {
    explore_with(0, race);
}

/// As [`explore_with`], of a tier. Rich verbs have so many steps that one preemption less is as much as is affordable.
fn explore_tier(class: Class, more: isize, race: impl Fn() + Send + Sync + 'static) {
    explore_with(more - isize::from(class.rich), race);
}

/// Three threads in rich verbs are too many for two preemptions: shuttle goes there.
fn explore_wide(class: Class, race: impl Fn() + Send + Sync + 'static) {
    explore_with(if class.rich { -1 } else { 0 }, race);
}

/// Runs `body` as attached thread `id`.
fn on(world: &Arc<World>, id: usize, body: impl FnOnce(&Thread) + Send + 'static) -> JoinHandle<()> {
    let world = world.clone();
    spawn(move || body(&world.thread(id)))
}

/// Runs `body` as a thread that Python does not know.
fn on_foreign(world: &Arc<World>, id: usize, body: impl FnOnce(&Thread) + Send + 'static) -> JoinHandle<()> {
    let world = world.clone();
    spawn(move || body(&world.foreign(id)))
}

/// A new object whose counts are the caller's and, one each, those of `others` threads.
fn object(world: &Arc<World>, main: &Thread, class: Class, others: usize) -> Object {
    let object = world.object(class);
    (0..others).for_each(|_| main.retain(object));
    object
}

/// Leaves the object with a dormant wrapper.
fn leave_dormant(main: &Thread, object: Object) {
    let held = main.fetch(object).unwrap();
    main.drop_held(held);
}

/// What a fetcher does with a count of its own: fetch, look again, drop, release.
fn fetch_and_drop(me: &Thread, object: Object) {
    let held = me.fetch(object).unwrap();
    me.drop_held(held);
    me.release(object);
}

/// Two claims of the same name, one for each tier.
macro_rules! for_both_tiers {
    ($($(#[$doc:meta])* fn $claim:ident($class:ident) $body:block)*) => {$(
        $(#[$doc])*
        mod $claim {
            use super::*;
            fn claim($class: Class) $body
            #[test]
            fn lean() {
                claim(Class::LEAN);
            }
            #[test]
            fn rich() {
                claim(Class::RICH);
            }
        }
    )*};
}

#[path = "loom/allocator_vs_allocation.rs"]
mod allocator_vs_allocation;
#[path = "loom/bind_vs_bind.rs"]
mod bind_vs_bind;
#[path = "loom/bind_vs_fetch.rs"]
mod bind_vs_fetch;
#[path = "loom/bind_vs_move_out.rs"]
mod bind_vs_move_out;
#[path = "loom/bitmap.rs"]
mod bitmap;
#[path = "loom/chunked.rs"]
mod chunked;
#[path = "loom/counts.rs"]
mod counts;
#[path = "loom/evict_vs_drop.rs"]
mod evict_vs_drop;
#[path = "loom/evict_vs_evict.rs"]
mod evict_vs_evict;
#[path = "loom/evict_vs_fetch.rs"]
mod evict_vs_fetch;
#[path = "loom/evict_vs_release.rs"]
mod evict_vs_release;
#[path = "loom/fetch_vs_drop.rs"]
mod fetch_vs_drop;
#[path = "loom/fetch_vs_error.rs"]
mod fetch_vs_error;
#[path = "loom/fetch_vs_fetch.rs"]
mod fetch_vs_fetch;
#[path = "loom/forget_vs_fetch.rs"]
mod forget_vs_fetch;
#[path = "loom/gate.rs"]
mod gate;
#[path = "loom/hit_vs_drop.rs"]
mod hit_vs_drop;
#[path = "loom/lease.rs"]
mod lease;
#[path = "loom/move_out_vs_fetch.rs"]
mod move_out_vs_fetch;
#[path = "loom/move_out_vs_move_out.rs"]
mod move_out_vs_move_out;
#[path = "loom/move_out_vs_rebind.rs"]
mod move_out_vs_rebind;
#[path = "loom/names.rs"]
mod names;
#[path = "loom/once_table.rs"]
mod once_table;
#[path = "loom/pop_vs_push.rs"]
mod pop_vs_push;
#[path = "loom/preserve.rs"]
mod preserve;
#[path = "loom/push_vs_take.rs"]
mod push_vs_take;
#[path = "loom/real.rs"]
mod real;
#[path = "loom/rebind_vs_fetch.rs"]
mod rebind_vs_fetch;
#[path = "loom/rebind_vs_rebind.rs"]
mod rebind_vs_rebind;
#[path = "loom/release_vs_teardown.rs"]
mod release_vs_teardown;
#[path = "loom/retire_vs_revive.rs"]
mod retire_vs_revive;
#[path = "loom/room.rs"]
mod room;
#[path = "loom/seqlock.rs"]
mod seqlock;
#[path = "loom/slots.rs"]
mod slots;
#[path = "loom/storage_table.rs"]
mod storage_table;
#[path = "loom/trim_vs_release.rs"]
mod trim_vs_release;
#[path = "loom/upgrade_vs_drop.rs"]
mod upgrade_vs_drop;
#[path = "loom/verbs.rs"]
mod verbs;
#[path = "loom/word.rs"]
mod word;
