//! Histories of the tie protocol, four bytes a step. They run on the model of CPython and against its
//! reference.
//! Upholds: what tests/protocol.rs asserts of random histories, for those that coverage leads to.
#![no_main]

#[path = "../../tests/support/mod.rs"]
mod support;

use support::history::{play, Step};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let steps: Vec<Step> = bytes.chunks_exact(4).map(|step| Step(step.try_into().unwrap())).collect();
    play(&steps);
});
