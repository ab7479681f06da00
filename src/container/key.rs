//! When two values are the same key, and the hash that goes with it.
//! Imports `value` only.
//! Upholds: no foreign code runs, so that keys can be compared under a lock; equal keys hash alike.

use crate::value::{tag, AnyView};
use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;

static SEED: OnceLock<RandomState> = OnceLock::new();

/// What a value hashes by, beside its kind.
enum Facts<'a> {
    Bits(i32, u64),
    Content(bool, &'a [u8]),
}

/// Plain data by type and bits, where all zeros and all NaNs of a float are one; strings and bytes by content; objects
/// by identity.
fn facts<'a>(view: &'a AnyView<'_>) -> Facts<'a> {
    if let Some((text, content)) = view.text_or_bytes() {
        return Facts::Content(text, content);
    }
    match view.as_float() {
        Some(0.0) => Facts::Bits(tag::FLOAT, 0),
        Some(float) if float.is_nan() => Facts::Bits(tag::FLOAT, f64::NAN.to_bits()),
        _ => Facts::Bits(view.type_index(), view.to_raw().to_bits()),
    }
}

/// Whether both are one key.
#[inline]
pub(super) fn equal(a: &AnyView<'_>, b: &AnyView<'_>) -> bool {
    match (facts(a), facts(b)) {
        (Facts::Bits(kind, bits), Facts::Bits(other, others)) => kind == other && bits == others,
        (Facts::Content(text, content), Facts::Content(other, others)) => text == other && content == others,
        _ => false,
    }
}

/// The hash of a key, the same for the life of the process.
#[inline]
pub(super) fn hash(view: &AnyView<'_>) -> u64 {
    let seed = SEED.get_or_init(RandomState::new);
    match facts(view) {
        Facts::Bits(kind, bits) => seed.hash_one((kind, bits)),
        Facts::Content(text, content) => seed.hash_one((text, content)),
    }
}
