//! The last strong handle of an object against weak ones (`object::{handle, weak, destroy}` on real objects).
//! Upholds: an object is destroyed once and freed once after that; the owner of a strong handle sees it whole.

use super::real::Leaf;
use super::*;
use bowline::object::Obj;

/// An upgrade succeeds before the last strong handle goes, or fails after.
#[test]
fn upgraded_or_destroyed() {
    explore_with(2, || {
        let strong = Obj::new(Leaf::default());
        let (weak, drops) = (strong.downgrade(), strong.drops());
        let other = spawn(move || {
            if let Some(upgraded) = weak.upgrade() {
                upgraded.look();
            }
        });
        strong.look();
        drop(strong);
        other.join().unwrap();
        assert_eq!(drops.load(Relaxed), 1);
    });
}

/// The last strong handle, an upgrade, and the last weak handle, on three threads.
#[test]
fn memory_outlives_the_last_weak_handle() {
    explore_with(1, || {
        let strong = Obj::new(Leaf::default());
        let (weak, another, drops) = (strong.downgrade(), strong.downgrade(), strong.drops());
        let upgrader = spawn(move || {
            if let Some(upgraded) = weak.upgrade() {
                upgraded.look();
            }
        });
        let dropper = spawn(move || drop(another.clone()));
        drop(strong);
        upgrader.join().unwrap();
        dropper.join().unwrap();
        assert_eq!(drops.load(Relaxed), 1);
    });
}

/// Two upgrades and the last strong handle: all of them see one end.
#[test]
fn two_upgrades() {
    explore_with(1, || {
        let strong = Obj::new(Leaf::default());
        let drops = strong.drops();
        let others = [(); 2].map(|()| {
            let weak = strong.downgrade();
            spawn(move || weak.upgrade().into_iter().for_each(|upgraded| upgraded.look()))
        });
        drop(strong);
        others.into_iter().for_each(|other| other.join().unwrap());
        assert_eq!(drops.load(Relaxed), 1);
    });
}
