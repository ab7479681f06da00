//! Growth of Rust's own collections where a user's data says how far.
//! Upholds: without memory the work unwinds with an [`AllocError`], as when an object cannot be made; nothing aborts.
//!
//! Rust's collections end the process when they cannot grow. A small block can always be had where the program's allocator
//! keeps a reserve, as that of the Python extension does (`pyext/src/interpreter/reserve.rs`), which guests share (`reserving`). What is
//! larger than its blocks, because it grows with what users hand in, asks for its room here first.

use super::alloc_error::AllocError;
use crate::runtime::{self, Call};
use std::alloc::Layout;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet, TryReserveError};
use std::ffi::c_void;
use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::ops::Deref;
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};

#[cold]
#[inline(never)]
fn fail<T>(more: usize) -> ! {
    let layout = Layout::array::<T>(more).unwrap_or(Layout::new::<T>());
    AllocError::new(layout).handle()
}

fn or_unwind<T>(made: Result<(), TryReserveError>, more: usize) {
    if made.is_err() {
        fail::<T>(more);
    }
}

/// Collections that make room before they grow, and unwind where there is none.
pub trait Grow {
    /// Makes room for `more` elements.
    fn grow(&mut self, more: usize);
}

impl<T> Grow for Vec<T> {
    #[inline]
    fn grow(&mut self, more: usize) {
        if self.capacity() - self.len() < more {
            or_unwind::<T>(self.try_reserve(more), more);
        }
    }
}

impl Grow for String {
    #[inline]
    fn grow(&mut self, more: usize) {
        if self.capacity() - self.len() < more {
            or_unwind::<u8>(self.try_reserve(more), more);
        }
    }
}

impl<K: Eq + Hash, V, S: BuildHasher> Grow for HashMap<K, V, S> {
    #[inline]
    fn grow(&mut self, more: usize) {
        or_unwind::<(K, V)>(self.try_reserve(more), more);
    }
}

impl<T: Eq + Hash, S: BuildHasher> Grow for HashSet<T, S> {
    #[inline]
    fn grow(&mut self, more: usize) {
        or_unwind::<T>(self.try_reserve(more), more);
    }
}

/// All items of an iterator, as `collect` gives them.
pub fn gathered<T>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut all = Vec::new();
    gather_into(&mut all, items);
    all
}

/// All items of an iterator, or the first error.
///
/// # Errors
/// That.
pub fn try_gathered<T, E>(items: impl IntoIterator<Item = Result<T, E>>) -> Result<Vec<T>, E> {
    let mut all = Vec::new();
    for item in items {
        all.grow(1);
        all.push(item?);
    }
    Ok(all)
}

/// As [`try_gathered`], with room for as many items as are announced from the beginning.
///
/// # Errors
/// The first error.
pub fn try_gathered_exact<T, E>(items: impl ExactSizeIterator<Item = Result<T, E>>) -> Result<Vec<T>, E> {
    let mut all = Vec::new();
    all.grow(items.len());
    for item in items {
        all.grow(1);
        all.push(item?);
    }
    Ok(all)
}

/// Adds all items of an iterator, as `extend` does.
pub fn gather_into<T>(all: &mut Vec<T>, items: impl IntoIterator<Item = T>) {
    let items = items.into_iter();
    all.grow(items.size_hint().0);
    for item in items {
        all.grow(1);
        all.push(item);
    }
}

/// A copy of a map, with room for one more.
pub fn copied<K: Clone + Eq + Hash, V: Clone, S: BuildHasher + Default>(
    map: Option<&HashMap<K, V, S>>,
) -> HashMap<K, V, S> {
    let mut copy = HashMap::<K, V, S>::default();
    copy.grow(map.map_or(0, HashMap::len) + 1);
    copy.extend(map.into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())));
    copy
}

/// A copy of a text.
pub fn owned(text: &str) -> String {
    let mut copy = String::new();
    copy.grow(text.len());
    copy.push_str(text);
    copy
}

/// A text that is given away, or a copy of one that is lent.
pub fn into_owned(text: Cow<'_, str>) -> String {
    match text {
        Cow::Borrowed(text) => owned(text),
        Cow::Owned(text) => text,
    }
}

/// A text of bytes as far as they are one. There is a mark where they are not.
pub fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut text = TextBuf::default();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
    Cow::Owned(text.into_string())
}

/// Texts with another between each two.
pub fn joined<T: AsRef<str>>(texts: impl IntoIterator<Item = T>, between: &str) -> String {
    let mut all = TextBuf::default();
    for (at, text) in texts.into_iter().enumerate() {
        all.push_str(if at == 0 { "" } else { between });
        all.push_str(text.as_ref());
    }
    all.into_string()
}

/// The text of a format, as `format!` makes it.
pub fn formatted(parts: fmt::Arguments<'_>) -> String {
    let mut text = TextBuf::default();
    // Writing cannot fail, and showing should not. If it does, the text ends there.
    let _ = fmt::Write::write_fmt(&mut text, parts);
    text.into_string()
}

/// A text that makes room for what is written to it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TextBuf(String);

impl TextBuf {
    /// Adds a text.
    #[inline]
    pub fn push_str(&mut self, text: &str) {
        self.0.grow(text.len());
        self.0.push_str(text);
    }

    /// Adds a character.
    #[inline]
    pub fn push(&mut self, char: char) {
        self.0.grow(char.len_utf8());
        self.0.push(char);
    }

    /// The text, given away.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl Deref for TextBuf {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TextBuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Write for TextBuf {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push_str(text);
        Ok(())
    }
}

/// Does work of code that allocates without asking, with room for what it may need. What it leaves may keep the room.
///
/// An allocator that sets nothing aside is asked whether it has as much, which is all that can be done.
pub fn with_room<R>(bytes: usize, work: impl FnOnce() -> R) -> R {
    let Some(reserve) = runtime::reserve() else {
        let mut room = Vec::<u8>::new();
        room.grow(bytes);
        drop(std::hint::black_box(room));
        return work();
    };
    let mut task = Task { work: Some(work), outcome: None };
    // SAFETY: `run` takes the task, which is there until this returns, and does not unwind.
    unsafe { (reserve.with_room)(bytes, task.entry(), (&raw mut task).cast()) };
    match task.outcome {
        Some(outcome) => outcome.unwrap_or_else(|panic| resume_unwind(panic)),
        None => fail::<u8>(bytes),
    }
}

/// Work that C calls, and how it ended.
struct Task<F, R> {
    work: Option<F>,
    outcome: Option<std::thread::Result<R>>,
}

impl<R, F: FnOnce() -> R> Task<F, R> {
    /// What runs a task of this type.
    fn entry(&self) -> Call {
        Self::run
    }

    /// # Safety
    /// A task of this type, which nothing else uses meanwhile.
    unsafe extern "C" fn run(task: *mut c_void) {
        // SAFETY: as `# Safety` says.
        let task = unsafe { &mut *task.cast::<Self>() };
        task.outcome = task.work.take().map(|work| catch_unwind(AssertUnwindSafe(work)));
    }
}

/// Unwinds with an [`AllocError`].
#[cold]
pub fn out_of_memory() -> ! {
    fail::<usize>(1)
}

/// Whether the reserve goes to its end.
#[inline]
pub fn is_short() -> bool {
    // SAFETY: any thread may ask.
    runtime::reserve().is_some_and(|reserve| unsafe { (reserve.is_low)() })
}

/// Unwinds with an [`AllocError`] while the reserve goes to its end. For each step of work that makes small blocks, one for
/// each part of what a user handed in.
#[inline]
pub fn expect_memory() {
    if is_short() {
        out_of_memory();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::catch_unwind;

    fn fails(work: impl FnOnce() + std::panic::UnwindSafe) -> bool {
        catch_unwind(work).is_err_and(|payload| payload.is::<AllocError>())
    }

    #[test]
    fn room_that_there_is_not_unwinds() {
        assert!(fails(|| Vec::<u64>::new().grow(usize::MAX / 8)));
        assert!(fails(|| Vec::<u64>::new().grow(usize::MAX / 16)));
        assert!(fails(|| String::new().grow(usize::MAX)));
        assert!(fails(|| HashMap::<u64, u64>::new().grow(usize::MAX / 32)));
        assert!(fails(|| HashSet::<u64>::new().grow(usize::MAX / 32)));
        struct Endless;
        impl Iterator for Endless {
            type Item = u8;
            fn next(&mut self) -> Option<u8> {
                Some(1)
            }
            fn size_hint(&self) -> (usize, Option<usize>) {
                (usize::MAX, None)
            }
        }
        assert!(fails(|| drop(gathered(Endless))));
    }

    #[test]
    fn a_format_is_a_text() {
        assert_eq!(formatted(format_args!("{}-{:>3}", "a", 7)), "a-  7");
    }

    #[test]
    fn joined_and_lossy_are_as_those_of_std() {
        assert_eq!(joined(["a", "", "b"], ", "), ["a", "", "b"].join(", "));
        assert_eq!(joined([""; 0], ", "), "");
        for bytes in [b"a text".as_slice(), b"", b"\xff", b"a\xed\xa0\x80b\xe2\x82", "\u{20ac}\0".as_bytes()] {
            assert_eq!(lossy(bytes), String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn what_is_gathered_is_whole() {
        assert_eq!(gathered((0..100).filter(|n| n % 2 == 0)), (0..50).map(|n| n * 2).collect::<Vec<_>>());
        let mut text = TextBuf::default();
        text.push_str("one");
        text.push(' ');
        fmt::Write::write_fmt(&mut text, format_args!("{}", 2)).unwrap();
        assert_eq!(text.into_string(), "one 2");
    }
}
