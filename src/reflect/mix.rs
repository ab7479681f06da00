//! The arithmetic of hashes that are the same on all machines.

/// One number more.
pub(super) fn mix(hash: u64, more: u64) -> u64 {
    let x = (hash ^ more).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (x ^ (x >> 29)).rotate_left(17).wrapping_add(0x632B_E59B_D9B4_E019)
}

/// These bytes, and how many.
pub(super) fn mix_bytes(hash: u64, bytes: &[u8]) -> u64 {
    let words = bytes.chunks(8).map(|chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        u64::from_le_bytes(word)
    });
    words.fold(mix(hash, bytes.len() as u64), mix)
}
