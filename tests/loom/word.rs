//! What the edges of a word hand over (`word`). Whole verbs would take too many preemptions to show it.
//! Upholds: who takes an edge, or finds it taken, sees the life that the word speaks of.

use super::*;
use bowline::word::{AtomicWord, State, Word};
use std::ptr::NonNull;
use support::cell::Block;

/// Stands for a wrapper: its contents are those of its present life.
#[repr(align(16))]
#[derive(Default)]
struct Wrapper(Block);

/// One thread makes a wrapper its object's, with what it wrote. Two others take it over: the one that does sees it.
#[test]
fn preserved_with_its_contents() {
    explore_with(1, || {
        let (word, wrapper) = (Arc::new(AtomicWord::new()), Arc::new(Wrapper::default()));
        let pointer = NonNull::from(&*wrapper);
        word.publish(Word::tied(pointer, State::Active)).unwrap();
        let others = [(); 2].map(|()| {
            let (word, wrapper) = (word.clone(), wrapper.clone());
            spawn(move || {
                if word.resume(NonNull::from(&*wrapper)).is_ok() {
                    assert_eq!(wrapper.0.contents("a wrapper"), 1, "the life before");
                }
            })
        });
        wrapper.0.fill(1, "a wrapper");
        word.preserve(pointer).unwrap();
        others.into_iter().for_each(|other| other.join().unwrap());
    });
}
