//! Text of values that are no objects, and of strings and bytes.
//! Upholds: what cannot be printed is escaped, as Python does.

use super::number;
use crate::object::grow::TextBuf;
use crate::value::{tag, AnyView};
use std::fmt::Write;

/// The numbers, separated by commas.
pub(super) fn listed(numbers: &[i64]) -> TextBuf {
    let mut text = TextBuf::default();
    for (at, number) in numbers.iter().enumerate() {
        let _ = write!(text, "{}{number}", if at == 0 { "" } else { ", " });
    }
    text
}

/// Writing to a text does not fail.
pub(super) fn show_plain(out: &mut TextBuf, view: AnyView<'_>) {
    if let Some(text) = view.as_str() {
        out.push('"');
        text.chars().for_each(|char| match escape(char) {
            Some(escaped) => out.push_str(escaped),
            None if char.is_ascii_control() => {
                let _ = write!(out, "\\x{:02x}", u32::from(char));
            }
            None => out.push(char),
        });
        return out.push('"');
    }
    if let Some(bytes) = view.as_bytes() {
        out.push_str("b\"");
        for byte in bytes {
            let _ = match escape(char::from(*byte)) {
                Some(escaped) => write!(out, "{escaped}"),
                None if (32..127).contains(byte) => write!(out, "{}", char::from(*byte)),
                None => write!(out, "\\x{byte:02x}"),
            };
        }
        return out.push('"');
    }
    let _ = match view.type_index() {
        tag::NONE => write!(out, "None"),
        _ => {
            match (view.as_int(), view.as_bool(), view.as_float(), view.as_dtype(), view.as_device(), view.as_pointer())
            {
                (Some(int), ..) => write!(out, "{int}"),
                (_, Some(truth), ..) => write!(out, "{}", if truth { "True" } else { "False" }),
                (_, _, Some(float), ..) => write!(out, "{}", number::shortest(float)),
                (_, _, _, Some(dtype), ..) => write!(out, "{dtype}"),
                (_, _, _, _, Some(device), _) => write!(out, "{device}"),
                (.., Some(pointer)) => write!(out, "{pointer:p}"),
                _ => write!(out, "{}", view.type_name()),
            }
        }
    };
}

fn escape(char: char) -> Option<&'static str> {
    Some(match char {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        _ => return None,
    })
}
