//! JSON text as a tree of what it says.
//! Upholds: a text costs time by its length, and memory that is asked for; of equal keys the last says the value.

use crate::function::Error;
use crate::object::grow::{expect_memory, owned, with_room, Grow};
use serde_core::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use std::borrow::Cow;
use std::fmt;

/// What a JSON text says. Texts are lent from there where they stand as they are.
#[derive(Debug, PartialEq)]
pub(super) enum Tree<'a> {
    Null,
    Bool(bool),
    Int(i64),
    /// A number that is too large for an [`Tree::Int`].
    Unsigned(u64),
    Float(f64),
    Text(Cow<'a, str>),
    Items(Vec<Tree<'a>>),
    Fields(Vec<(Cow<'a, str>, Tree<'a>)>),
}

impl<'a> Tree<'a> {
    /// The tree of a text. serde_json allocates without asking where it undoes escapes; what that may need is set aside before.
    ///
    /// # Errors
    /// Kind `ValueError` for text that is no JSON.
    pub(super) fn of(text: &'a str) -> Result<Tree<'a>, Error> {
        // A buffer that has just doubled its size, and the one that it had before.
        const BUFFERS: usize = 4;
        let read = || serde_json::from_str(text);
        with_room(text.len().saturating_mul(BUFFERS), read).map_err(|error| Error::value_error(format!("{error}")))
    }

    pub(super) fn as_bool(&self) -> Option<bool> {
        match self {
            Tree::Bool(truth) => Some(*truth),
            _ => None,
        }
    }

    pub(super) fn as_i64(&self) -> Option<i64> {
        match self {
            Tree::Int(number) => Some(*number),
            _ => None,
        }
    }

    pub(super) fn as_u64(&self) -> Option<u64> {
        match self {
            Tree::Int(number) => u64::try_from(*number).ok(),
            Tree::Unsigned(number) => Some(*number),
            _ => None,
        }
    }

    /// Any number.
    pub(super) fn as_f64(&self) -> Option<f64> {
        match self {
            Tree::Int(number) => Some(*number as f64),
            Tree::Unsigned(number) => Some(*number as f64),
            Tree::Float(number) => Some(*number),
            _ => None,
        }
    }

    pub(super) fn as_str(&self) -> Option<&str> {
        match self {
            Tree::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn as_items(&self) -> Option<&[Tree<'a>]> {
        match self {
            Tree::Items(items) => Some(items),
            _ => None,
        }
    }

    pub(super) fn as_fields(&self) -> Option<&[(Cow<'a, str>, Tree<'a>)]> {
        match self {
            Tree::Fields(fields) => Some(fields),
            _ => None,
        }
    }

    /// What stands at a key.
    pub(super) fn get(&self, key: &str) -> Option<&Tree<'a>> {
        self.as_fields()?.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Tree<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Tree<'a>, D::Error> {
        deserializer.deserialize_any(Tell)
    }
}

/// A key. A `Cow` by itself would be a copy.
struct Key<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Key<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Key<'a>, D::Error> {
        struct Tell;
        impl<'de> Visitor<'de> for Tell {
            type Value = Key<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(owned(text))))
            }
        }
        deserializer.deserialize_str(Tell)
    }
}

/// What serde_json tells of a value.
struct Tell;

impl<'de> Visitor<'de> for Tell {
    type Value = Tree<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_unit<E>(self) -> Result<Tree<'de>, E> {
        Ok(Tree::Null)
    }
    fn visit_bool<E>(self, truth: bool) -> Result<Tree<'de>, E> {
        Ok(Tree::Bool(truth))
    }
    fn visit_i64<E>(self, number: i64) -> Result<Tree<'de>, E> {
        Ok(Tree::Int(number))
    }
    fn visit_u64<E>(self, number: u64) -> Result<Tree<'de>, E> {
        Ok(i64::try_from(number).map_or(Tree::Unsigned(number), Tree::Int))
    }
    fn visit_f64<E>(self, number: f64) -> Result<Tree<'de>, E> {
        Ok(Tree::Float(number))
    }
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Tree<'de>, E> {
        Ok(Tree::Text(Cow::Borrowed(text)))
    }
    fn visit_str<E>(self, text: &str) -> Result<Tree<'de>, E> {
        Ok(Tree::Text(Cow::Owned(owned(text))))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Tree<'de>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            expect_memory();
            items.grow(1);
            items.push(item);
        }
        Ok(Tree::Items(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Tree<'de>, A::Error> {
        let mut fields = Vec::new();
        while let Some(Key(key)) = access.next_key()? {
            expect_memory();
            fields.grow(1);
            fields.push((key, access.next_value()?));
        }
        Ok(Tree::Fields(fields))
    }
}

/// The JSON text.
impl fmt::Display for Tree<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |text: &str| Value::String(owned(text));
        match self {
            Tree::Null => f.write_str("null"),
            Tree::Bool(truth) => write!(f, "{truth}"),
            Tree::Int(number) => write!(f, "{number}"),
            Tree::Unsigned(number) => write!(f, "{number}"),
            Tree::Float(number) => write!(f, "{}", Value::from(*number)),
            Tree::Text(content) => write!(f, "{}", text(content)),
            Tree::Items(items) => {
                for (at, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if at == 0 { "[" } else { "," })?;
                }
                f.write_str(if items.is_empty() { "[]" } else { "]" })
            }
            Tree::Fields(fields) => {
                for (at, (key, value)) in fields.iter().enumerate() {
                    write!(f, "{}{}:{value}", if at == 0 { "{" } else { "," }, text(key))?;
                }
                f.write_str(if fields.is_empty() { "{}" } else { "}" })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trees_say_what_values_of_serde_json_say() {
        for text in [
            "null",
            "true",
            "-5",
            "9223372036854775807",
            "9223372036854775808",
            "1e400",
            "0.1",
            "123456789012345678901234567890",
            r#""a\n\"b\u00e9""#,
            "[]",
            "[[1,2.5],[]]",
            "{}",
            r#"{"b":{"c":[null]},"a\t":"x"}"#,
            "[1,]",
            "{1:2}",
            "nul",
            "1 2",
            "",
        ] {
            let value = serde_json::from_str::<Value>(text);
            let tree = Tree::of(text);
            assert_eq!(
                tree.as_ref().map(ToString::to_string).map_err(ToString::to_string),
                value.as_ref().map(ToString::to_string).map_err(|error| format!("ValueError: {error}")),
                "{text}"
            );
            if let (Ok(tree), Ok(value)) = (tree, value) {
                assert_eq!(
                    (tree.as_i64(), tree.as_u64(), tree.as_f64()),
                    (value.as_i64(), value.as_u64(), value.as_f64())
                );
                assert_eq!((tree.as_bool(), tree.as_str()), (value.as_bool(), value.as_str()));
            }
        }
        let deep = "[".repeat(200);
        assert!(Tree::of(&deep).is_err_and(|error| error.message().starts_with("recursion limit exceeded")));
    }

    #[test]
    fn texts_are_lent_and_the_last_of_equal_keys_counts() {
        let tree = Tree::of(r#"{"a": 1, "b": "text", "a": "\u0041"}"#).unwrap();
        assert_eq!(tree.get("a"), Some(&Tree::Text(Cow::Borrowed("A"))));
        assert!(matches!(tree.get("b"), Some(Tree::Text(Cow::Borrowed("text")))) && tree.get("c").is_none());
    }
}
