//! Element types and devices as text: `float32x4`, `cuda:1`.
//! Upholds: what is written is read back as the same value.

use super::{DataType, Device};
use crate::object::grow::owned;
use std::fmt;
use std::str::FromStr;

/// Names of kinds that are followed by bits and lanes.
const SIZED: [(&str, u8); 5] = [("int", 0), ("uint", 1), ("float", 2), ("bfloat", 4), ("complex", 5)];

/// Names of types whose bits are fixed, with code and bits.
const NAMED: [(&str, u8, u8); 13] = [
    ("bool", 6, 8),
    ("float8_e3m4", 7, 8),
    ("float8_e4m3", 8, 8),
    ("float8_e4m3b11fnuz", 9, 8),
    ("float8_e4m3fn", 10, 8),
    ("float8_e4m3fnuz", 11, 8),
    ("float8_e5m2", 12, 8),
    ("float8_e5m2fnuz", 13, 8),
    ("float8_e8m0fnu", 14, 8),
    ("float6_e2m3fn", 15, 6),
    ("float6_e3m2fn", 16, 6),
    ("float4_e2m1fn", 17, 4),
    ("handle", 3, 64),
];

/// What short names begin with, and what they stand for: `i8`, `bf16x2`, `fp8_e4m3`.
const SHORT: [(&str, &str); 7] = [
    ("i", "int"),
    ("u", "uint"),
    ("f", "float"),
    ("bf", "bfloat"),
    ("fp8_", "float8_"),
    ("fp6_", "float6_"),
    ("fp4_", "float4_"),
];

/// A text that names no element type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadDtype(String);

impl fmt::Display for BadDtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown dtype `{}`", self.0)
    }
}
impl std::error::Error for BadDtype {}

impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let DataType { code, bits, lanes } = *self;
        if (code, bits, lanes) == (3, 0, 0) {
            return f.write_str("void");
        }
        if let Some((name, ..)) = NAMED.iter().find(|(_, known, width)| (*known, *width) == (code, bits)) {
            f.write_str(name)?;
        } else if let Some((name, _)) = SIZED.iter().find(|(_, known)| *known == code) {
            write!(f, "{name}{bits}")?;
        } else {
            write!(f, "code{code}_{bits}")?;
        }
        match lanes {
            1 => Ok(()),
            // As a signed number it is negative.
            lanes if lanes >= SCALABLE => write!(f, "xvscalex{}", lanes.wrapping_neg()),
            lanes => write!(f, "x{lanes}"),
        }
    }
}

impl FromStr for DataType {
    type Err = BadDtype;

    fn from_str(text: &str) -> Result<DataType, BadDtype> {
        parse(text).ok_or_else(|| BadDtype(owned(text)))
    }
}

fn parse(text: &str) -> Option<DataType> {
    if text == "void" || text.is_empty() {
        return Some(DataType { code: 3, bits: 0, lanes: 0 });
    }
    let full = unshortened(text);
    let text = full.as_deref().unwrap_or(text);
    // The longest name first, since some begin like others.
    let named = NAMED.iter().filter(|(name, ..)| text.starts_with(name)).max_by_key(|(name, ..)| name.len());
    let (code, bits, rest) = match named {
        Some((name, code, bits)) => (*code, *bits, &text[name.len()..]),
        None => {
            let Some((name, code)) = SIZED.iter().find(|(name, _)| text.starts_with(name)) else {
                return parse_nameless(text);
            };
            let rest = &text[name.len()..];
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            let bits = match end {
                0 if *code == 4 => 16,
                0 if *code == 5 => 64,
                0 => 32,
                end => rest[..end].parse().ok()?,
            };
            (*code, bits, &rest[end..])
        }
    };
    // Two four-bit floats share a byte, and some write them apart: `float4_e2m1fn_x2`.
    let rest = if (code, bits) == (17, 4) && rest == "_x2" { "x2" } else { rest };
    Some(DataType { code, bits, lanes: lanes(rest)? })
}

/// The full name behind a short one. It has a known beginning, and then figures or the rest of a name with figures.
fn unshortened(text: &str) -> Option<String> {
    SHORT.iter().find_map(|(short, full)| {
        let rest = text.strip_prefix(short)?;
        let complete = short.ends_with('_') || rest.starts_with(|c: char| c.is_ascii_digit());
        complete.then(|| format!("{full}{rest}"))
    })
}

/// `code5_64x2`: a kind without name.
fn parse_nameless(text: &str) -> Option<DataType> {
    let (code, rest) = text.strip_prefix("code")?.split_once('_')?;
    let (bits, rest) = rest.split_at(rest.find('x').unwrap_or(rest.len()));
    Some(DataType { code: code.parse().ok()?, bits: bits.parse().ok()?, lanes: lanes(rest)? })
}

impl DataType {
    /// Whether only the machine knows how many lanes there are.
    pub fn is_scalable(self) -> bool {
        self.lanes >= SCALABLE
    }
}

/// From this number on lanes are those of a vector whose length the machine says. It is a multiple of the number's
/// negative.
const SCALABLE: u16 = 1 << 15;

fn lanes(text: &str) -> Option<u16> {
    if let Some(factor) = text.strip_prefix("xvscalex") {
        return factor.parse().ok().filter(|factor| (1..=SCALABLE).contains(factor)).map(u16::wrapping_neg);
    }
    match text.strip_prefix('x') {
        Some(lanes) => lanes.parse().ok().filter(|lanes| *lanes < SCALABLE),
        None => text.is_empty().then_some(1),
    }
}

/// Kinds of devices and their names.
const DEVICES: [(i32, &str); 16] = [
    (1, "cpu"),
    (2, "cuda"),
    (3, "cuda_host"),
    (4, "opencl"),
    (7, "vulkan"),
    (8, "metal"),
    (9, "vpi"),
    (10, "rocm"),
    (11, "rocm_host"),
    (12, "ext_dev"),
    (13, "cuda_managed"),
    (14, "oneapi"),
    (15, "webgpu"),
    (16, "hexagon"),
    (17, "maia"),
    (18, "trn"),
];

/// Names that are read as another.
const SYNONYMS: [(&str, &str); 2] = [("mps", "metal"), ("wgpu", "webgpu")];

/// A text that names no device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadDevice(String);

impl fmt::Display for BadDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unknown device: {}", self.0)
    }
}
impl std::error::Error for BadDevice {}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match DEVICES.iter().find(|(kind, _)| *kind == self.kind) {
            Some((_, name)) => write!(f, "{name}:{}", self.id),
            None => write!(f, "device{}:{}", self.kind, self.id),
        }
    }
}

impl FromStr for Device {
    type Err = BadDevice;

    fn from_str(text: &str) -> Result<Device, BadDevice> {
        let bad = || BadDevice(owned(text));
        let (name, id) = match text.split_once(':') {
            Some((name, id)) => (name, id.parse().map_err(|_| bad())?),
            None => (text, 0),
        };
        let name = SYNONYMS.iter().find(|(other, _)| *other == name).map_or(name, |(_, name)| name);
        let kind = match DEVICES.iter().find(|(_, known)| *known == name) {
            Some((kind, _)) => *kind,
            None => name.strip_prefix("device").and_then(|kind| kind.parse().ok()).ok_or_else(bad)?,
        };
        Ok(Device { kind, id })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dtypes_are_read_and_written() {
        for (text, code, bits, lanes) in [
            ("int32", 0, 32, 1),
            ("uint8", 1, 8, 1),
            ("float32x4", 2, 32, 4),
            ("bool", 6, 8, 1),
            ("boolx4", 6, 8, 4),
            ("bfloat16", 4, 16, 1),
            ("handle", 3, 64, 1),
            ("void", 3, 0, 0),
            ("float8_e4m3fn", 10, 8, 1),
            ("float8_e4m3", 8, 8, 1),
            ("float4_e2m1fnx2", 17, 4, 2),
            ("int1", 0, 1, 1),
            ("complex128", 5, 128, 1),
            ("code200_24", 200, 24, 1),
            ("code200_24x3", 200, 24, 3),
            ("int32xvscalex4", 0, 32, 4u16.wrapping_neg()),
            ("int8xvscalex32768", 0, 8, 1 << 15),
        ] {
            let dtype: DataType = text.parse().unwrap();
            assert_eq!((dtype.code, dtype.bits, dtype.lanes), (code, bits, lanes), "{text}");
            assert_eq!(dtype.to_string(), text);
        }
        for (short, full) in [
            ("float", "float32"),
            ("i8", "int8"),
            ("u64", "uint64"),
            ("f16x4", "float16x4"),
            ("bf16", "bfloat16"),
            ("f8_e4m3fn", "float8_e4m3fn"),
            ("fp8_e5m2x4", "float8_e5m2x4"),
            ("fp6_e2m3fn", "float6_e2m3fn"),
            ("f4_e2m1fn_x2", "float4_e2m1fnx2"),
            ("float4_e2m1fn_x2", "float4_e2m1fnx2"),
        ] {
            assert_eq!(short.parse::<DataType>().unwrap().to_string(), full, "{short}");
        }
        for bad in [
            "nope",
            "int32y",
            "int32x",
            "float8_nope",
            "int8_x2",
            "i",
            "ix2",
            "fp32",
            "fp8_nope",
            "int999",
            "x4",
            "code",
            "code1",
            "code1_",
            "code1_2_3",
            "code999_8",
            "code1_8y",
        ] {
            assert_eq!(bad.parse::<DataType>(), Err(BadDtype(bad.to_owned())), "{bad}");
        }
    }

    #[test]
    fn devices_are_read_and_written() {
        for (text, kind, id, written) in [
            ("cpu", 1, 0, "cpu:0"),
            ("cuda:3", 2, 3, "cuda:3"),
            ("mps", 8, 0, "metal:0"),
            ("device99:1", 99, 1, "device99:1"),
        ] {
            let device: Device = text.parse().unwrap();
            assert_eq!((device.kind, device.id, &*device.to_string()), (kind, id, written));
        }
        for bad in ["nope", "gpu", "llvm", "nvptx", "cl", "cpu:x", "", "cpu:0:1"] {
            assert_eq!(bad.parse::<Device>(), Err(BadDevice(bad.to_owned())), "{bad}");
        }
    }
}
