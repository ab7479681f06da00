//! When two values are the same key, and the hash that goes with it. Both are as the C ABI has them.
//! Upholds: but for what [`Custom`] does no foreign code runs, so that keys can be compared under a lock; the hash of a key
//! is the one by which inlined C++ looks for it.

use crate::function::stack;
use crate::function::{Error, Function};
use crate::value::{convert, tag, Any, AnyView, NamedColumn, RawAny};

/// The functions by type that hash an object as a key, and that compare two.
static HASH: NamedColumn = NamedColumn::new("__any_hash__");
static EQUAL: NamedColumn = NamedColumn::new("__any_equal__");

/// The attributes by which types say how their objects are keys. They are named by the places where they are kept.
pub(crate) static ATTRIBUTES: [&NamedColumn; 2] = [&HASH, &EQUAL];

/// Whether both are one key at a glance. Plain data is compared by type and bits, strings and bytes by content, objects by
/// identity.
#[inline]
pub(super) fn equal(a: &AnyView<'_>, b: &AnyView<'_>) -> bool {
    a.same(b)
}

/// The ABI's way to mix a type index with a hash.
#[inline]
fn combine(index: i32, hash: u64) -> u64 {
    let index = index as u64;
    index ^ hash.wrapping_add(0x9E37_79B9).wrapping_add(index << 6).wrapping_add(index >> 2)
}

/// The ABI's hash of a text. It takes words in little endian, the last one filled up with zeros.
#[inline]
fn hash_bytes(content: &[u8]) -> u64 {
    const PRIME: u64 = (1 << 31) - 1;
    let mix =
        |hash: u64, word: [u8; 8]| hash.wrapping_mul(0x100_0000_01B3).wrapping_add(u64::from_le_bytes(word)) % PRIME;
    let (words, rest) = content.as_chunks::<8>();
    let hash = words.iter().fold(0, |hash, word| mix(hash, *word));
    if rest.is_empty() {
        return hash;
    }
    let mut word = [0; 8];
    word[..rest.len()].copy_from_slice(rest);
    mix(hash, word)
}

/// The hash of a key whose type does not say otherwise. It is the same in every process but for addresses.
#[inline]
pub(super) fn hash(view: &AnyView<'_>) -> u64 {
    match view.text_or_bytes() {
        Some((true, content)) => combine(tag::STR, hash_bytes(content)),
        Some((false, content)) => combine(tag::BYTES, hash_bytes(content)),
        None => combine(view.type_index(), view.to_raw().to_bits()),
    }
}

/// How objects of a type are keys: by its own idea of what is equal. Not inherited, as no hook is.
pub(super) struct Custom {
    hash: Any,
    equal: Any,
}

impl Custom {
    /// That of a value's type, if it has one.
    #[inline]
    pub(super) fn of(view: &AnyView<'_>) -> Option<Custom> {
        let index = view.type_index();
        if index < tag::OBJECT || !(HASH.has(index) || EQUAL.has(index)) {
            return None;
        }
        Some(Custom { hash: HASH.get(index), equal: EQUAL.get(index) })
    }

    /// What the type says is the hash, if it says anything.
    fn hash(&self, view: AnyView<'_>) -> Result<Option<u64>, Error> {
        if self.hash.is_none() {
            return Ok(None);
        }
        let answer = ask(&self.hash, &[view])?;
        let hash = convert::<i64>(answer.view()).map_err(|_| wrong("__any_hash__", view, &answer, "int"))?;
        Ok(Some(hash as u64))
    }

    /// Whether the type says that both are equal. One that says nothing has no equal objects.
    pub(super) fn equal(&self, a: AnyView<'_>, b: AnyView<'_>) -> Result<bool, Error> {
        if self.equal.is_none() {
            return Ok(false);
        }
        let answer = ask(&self.equal, &[a, b])?;
        convert::<bool>(answer.view()).map_err(|_| wrong("__any_equal__", a, &answer, "bool"))
    }

    /// The hash by which tables find it.
    pub(super) fn hash_in_table(&self, view: AnyView<'_>) -> Result<u64, Error> {
        Ok(self.hash(view)?.map_or_else(|| hash(&view), |own| combine(view.type_index(), own)))
    }
}

/// Whether a type says what its objects hash as. Then only foreign code knows the hash of one.
#[inline]
pub(super) fn hashes_itself(view: &AnyView<'_>) -> bool {
    let index = view.type_index();
    index >= tag::OBJECT && HASH.has(index)
}

/// Calls a hook. It is a function object or, as C++ may set it, the address of a C function.
fn ask(hook: &Any, keys: &[AnyView<'_>]) -> Result<Any, Error> {
    type Hash = unsafe extern "C" fn(&AnyView<'_>) -> RawAny;
    type Equal = unsafe extern "C" fn(&AnyView<'_>, &AnyView<'_>) -> RawAny;
    stack::expect()?;
    let Some(address) = hook.view().as_pointer() else {
        return Function::call_view(hook.view(), keys);
    };
    if address.is_null() {
        return Err(Error::type_error("a hook of keys is a null pointer"));
    }
    // SAFETY: the ABI says of such an attribute that it is a function of this type. It lends its arguments and gives its
    // result away.
    let answer = unsafe {
        Any::from_raw(match keys {
            [one, other] => std::mem::transmute::<*mut std::ffi::c_void, Equal>(address)(one, other),
            _ => std::mem::transmute::<*mut std::ffi::c_void, Hash>(address)(&keys[0]),
        })
    };
    match answer.type_index() {
        tag::ERROR => Err(convert::<Error>(answer.view()).map_err(Error::from)?),
        _ => Ok(answer),
    }
}

#[cold]
fn wrong(hook: &str, of: AnyView<'_>, answer: &Any, expected: &str) -> Error {
    let (of, found) = (of.type_name(), answer.view().type_name());
    Error::type_error(format!("{hook} of `{of}` returned `{found}`, expected {expected}"))
}

/// The hash that an object's type says it has as a key. It is none for what is a key by its value or its identity. Zero
/// where the type says what is equal, and no more.
///
/// # Errors
/// What the type's `__any_hash__` ends in.
pub fn custom_hash(view: AnyView<'_>) -> Result<Option<u64>, Error> {
    match Custom::of(&view) {
        Some(custom) if !custom.equal.is_none() => Ok(Some(custom.hash(view)?.unwrap_or(0))),
        _ => Ok(None),
    }
}

/// Whether a value's type says how its objects are keys.
pub(crate) fn is_custom(view: AnyView<'_>) -> bool {
    Custom::of(&view).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::IntoAny;

    /// As computed by hand from the ABI's rule, and by C++ in `tests/abi/map.cpp`.
    #[test]
    fn hashes_are_those_of_the_abi() {
        let of = |key: Any| hash(key.as_view());
        assert_eq!(of(5.into_any()), 1 ^ (5 + 0x9E37_79B9 + 64));
        assert_eq!(of("".into_any()), 65 ^ (0x9E37_79B9 + (65 << 6) + 16));
        assert_eq!(of("a".into_any()), 65 ^ (97 + 0x9E37_79B9 + (65 << 6) + 16));
        assert_eq!(of(b"a".as_slice().into_any()), 66 ^ (97 + 0x9E37_79B9 + (66 << 6) + 16));
        assert_eq!(
            hash_bytes(b"\0\0\0\0\0\0\0\x01b"),
            (1_u64 << 25).wrapping_mul(0x100_0000_01B3).wrapping_add(98) % 2_147_483_647
        );
        let small = AnyView::of_c_str(c"a");
        assert!(hash(&small) == of("a".into_any()) && equal(&small, "a".into_any().as_view()));
    }

    #[test]
    fn floats_are_keys_by_their_bits() {
        let same = |a: f64, b: f64| equal(a.into_any().as_view(), b.into_any().as_view());
        assert!(same(0.0, 0.0) && same(f64::NAN, f64::NAN) && !same(0.0, -0.0) && !same(f64::NAN, -f64::NAN));
    }
}
