//! The protocol on one OS thread. It plays random histories against the reference, and the stories that once went wrong.
//! Upholds: wrong states after legal histories are found here, without concurrency; re-entrancy included.
#![cfg(not(any(bowline_loom, bowline_shuttle)))]

mod support;

use proptest::collection::vec;
use proptest::prelude::*;
use support::history::{play, Step};

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, max_shrink_iters: 100_000, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn histories_agree_with_the_reference(steps in vec(any::<[u8; 4]>().prop_map(Step), 0..200)) {
        play(&steps);
    }
}
