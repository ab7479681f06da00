//! Plain data that values carry: element types, devices, borrowed byte ranges of the C ABI.
//! Upholds: layouts are those of the C ABI.

/// An element type, as DLPack describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(C)]
pub struct DataType {
    /// The kind: 0 int, 1 uint, 2 float, 3 handle, 4 bfloat, …
    pub code: u8,
    /// Bits of one lane.
    pub bits: u8,
    /// How many lanes.
    pub lanes: u16,
}

impl DataType {
    /// The value's payload.
    #[inline]
    pub const fn to_bits(self) -> u64 {
        let [a, b] = self.lanes.to_ne_bytes();
        u64::from_ne_bytes([self.code, self.bits, a, b, 0, 0, 0, 0])
    }

    /// From a value's payload.
    #[inline]
    pub const fn from_bits(bits: u64) -> DataType {
        let b = bits.to_ne_bytes();
        DataType { code: b[0], bits: b[1], lanes: u16::from_ne_bytes([b[2], b[3]]) }
    }
}

/// A device, as DLPack describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(C)]
pub struct Device {
    /// The kind: 1 CPU, 2 CUDA, …
    pub kind: i32,
    /// Which of its kind.
    pub id: i32,
}

impl Device {
    /// The value's payload.
    #[inline]
    pub const fn to_bits(self) -> u64 {
        let (k, i) = (self.kind.to_ne_bytes(), self.id.to_ne_bytes());
        u64::from_ne_bytes([k[0], k[1], k[2], k[3], i[0], i[1], i[2], i[3]])
    }

    /// From a value's payload.
    #[inline]
    pub const fn from_bits(bits: u64) -> Device {
        let b = bits.to_ne_bytes();
        Device { kind: i32::from_ne_bytes([b[0], b[1], b[2], b[3]]), id: i32::from_ne_bytes([b[4], b[5], b[6], b[7]]) }
    }
}

/// A range of bytes that another object owns.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct ByteArray {
    /// The first byte; may be anything when the size is zero.
    pub data: *const u8,
    /// How many bytes.
    pub size: usize,
}

// SAFETY: a description of bytes; a reader answers for their owner.
unsafe impl Send for ByteArray {}
// SAFETY: a description of bytes; a reader answers for their owner.
unsafe impl Sync for ByteArray {}

impl ByteArray {
    /// Describes `bytes`.
    #[inline]
    pub const fn new(bytes: &[u8]) -> ByteArray {
        ByteArray { data: bytes.as_ptr(), size: bytes.len() }
    }

    /// The bytes.
    ///
    /// # Safety
    /// The described bytes are alive for `'a` and not written meanwhile.
    #[inline]
    pub unsafe fn as_slice<'a>(&self) -> &'a [u8] {
        if self.size == 0 {
            return &[];
        }
        // SAFETY: the described bytes are alive for `'a` and not written meanwhile.
        unsafe { std::slice::from_raw_parts(self.data, self.size) }
    }
}

const _: () = assert!(size_of::<DataType>() == 4 && align_of::<DataType>() == 2);
const _: () = assert!(size_of::<Device>() == 8 && align_of::<Device>() == 4);
const _: () = assert!(size_of::<ByteArray>() == 16);
