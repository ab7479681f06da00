//! When two values are the same key, and the hash that goes with it.
//! Upholds: equal keys hash alike; but for what [`Custom`] does no foreign code runs, so that keys can be compared under a
//! lock.

use crate::function::stack;
use crate::function::{Error, Function};
use crate::value::{convert, tag, Any, AnyView, Column};
use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;

static SEED: OnceLock<RandomState> = OnceLock::new();

/// By type, the function that hashes an object as a key, and the one that compares two.
static HASH: Column = Column::new();
static EQUAL: Column = Column::new();

/// The attributes of types that say how their objects are keys, each with the place where it is kept.
pub(crate) static ATTRIBUTES: [(&str, &Column); 2] = [("__any_hash__", &HASH), ("__any_equal__", &EQUAL)];

/// What a value hashes by, beside its kind.
enum KeyRepr<'a> {
    Bits(i32, u64),
    Content(bool, &'a [u8]),
}

/// Plain data by type and bits, where all zeros and all NaNs of a float are one; strings and bytes by content; objects
/// by identity.
fn key_repr<'a>(view: &'a AnyView<'_>) -> KeyRepr<'a> {
    if let Some((text, content)) = view.text_or_bytes() {
        return KeyRepr::Content(text, content);
    }
    match view.as_float() {
        Some(0.0) => KeyRepr::Bits(tag::FLOAT, 0),
        Some(float) if float.is_nan() => KeyRepr::Bits(tag::FLOAT, f64::NAN.to_bits()),
        _ => KeyRepr::Bits(view.type_index(), view.to_raw().to_bits()),
    }
}

/// Whether both are one key at a glance.
#[inline]
pub(super) fn equal(a: &AnyView<'_>, b: &AnyView<'_>) -> bool {
    match (key_repr(a), key_repr(b)) {
        (KeyRepr::Bits(kind, bits), KeyRepr::Bits(other, others)) => kind == other && bits == others,
        (KeyRepr::Content(text, content), KeyRepr::Content(other, others)) => text == other && content == others,
        _ => false,
    }
}

/// The hash of a key whose type does not say otherwise, the same for the life of the process.
#[inline]
pub(super) fn hash(view: &AnyView<'_>) -> u64 {
    let seed = SEED.get_or_init(RandomState::new);
    match key_repr(view) {
        KeyRepr::Bits(kind, bits) => seed.hash_one((kind, bits)),
        KeyRepr::Content(text, content) => seed.hash_one((text, content)),
    }
}

/// How objects of a type are keys: by its own idea of what is equal. Not inherited, as no hook is.
pub(super) struct Custom {
    equal: Any,
}

impl Custom {
    /// That of a value's type, if it has one. Without `__any_equal__` a key is equal to none but itself.
    #[inline]
    pub(super) fn of(view: &AnyView<'_>) -> Option<Custom> {
        let index = view.type_index();
        if index < tag::OBJECT {
            return None;
        }
        let equal = EQUAL.get(index);
        (!equal.is_none()).then_some(Custom { equal })
    }

    /// What the type says is the hash; the same for all objects if it says nothing.
    pub(super) fn hash(&self, view: AnyView<'_>) -> Result<u64, Error> {
        let hook = HASH.get(view.type_index());
        if hook.is_none() {
            return Ok(0);
        }
        stack::expect()?;
        let answer = Function::call_view(hook.view(), &[view])?;
        convert::<i64>(answer.view()).map(|hash| hash as u64).map_err(|_| wrong("__any_hash__", view, &answer, "int"))
    }

    /// Whether the type says that both are equal.
    pub(super) fn equal(&self, a: AnyView<'_>, b: AnyView<'_>) -> Result<bool, Error> {
        stack::expect()?;
        let answer = Function::call_view(self.equal.view(), &[a, b])?;
        convert::<bool>(answer.view()).map_err(|_| wrong("__any_equal__", a, &answer, "bool"))
    }

    /// The hash by which tables find it.
    pub(super) fn hash_in_table(&self, view: AnyView<'_>) -> Result<u64, Error> {
        let own = self.hash(view)?;
        Ok(SEED.get_or_init(RandomState::new).hash_one((view.type_index(), own)))
    }
}

#[cold]
fn wrong(hook: &str, of: AnyView<'_>, answer: &Any, expected: &str) -> Error {
    let (of, found) = (of.type_name(), answer.view().type_name());
    Error::type_error(format!("{hook} of `{of}` returned `{found}`, expected {expected}"))
}

/// The hash that an object's type says it has as a key; none for what is a key by its value or its identity.
///
/// # Errors
/// What the type's `__any_hash__` ends in.
pub fn custom_hash(view: AnyView<'_>) -> Result<Option<u64>, Error> {
    Custom::of(&view).map(|custom| custom.hash(view)).transpose()
}

/// Whether a value's type says how its objects are keys.
pub(crate) fn is_custom(view: AnyView<'_>) -> bool {
    Custom::of(&view).is_some()
}
