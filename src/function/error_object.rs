//! The objects of errors. The C ABI sees a part of any maker's; this crate keeps more behind its own.
//! Upholds: kind and message never change; the backtrace changes as a whole; a foreign reader never sees freed text.

use crate::object::grow::{lossy, owned, Grow};
use crate::object::shared_text::SharedText;
use crate::object::{AllocError, Header, Obj, Object, ObjectType};
use crate::reclaim;
use crate::value::{stripe, tag, ByteArray, Mutable};
use std::cell::UnsafeCell;
use std::ffi::c_void;
use std::sync::OnceLock;

/// What the C ABI sees of an error. Kind and message of ours end in a NUL that does not count.
///
/// | member | protected by |
/// |---|---|
/// | `kind`, `message` | never written again |
/// | `backtrace` | the stripe of its address; replaced text outlives the readers under a pin. Of an error that stands for another language's, behind until they are asked for. Of an error of another maker, nothing |
/// | `cause_chain`, `extra_context` | [`Mutable`] |
#[repr(C)]
pub struct ErrorCell {
    kind: ByteArray,
    message: ByteArray,
    backtrace: UnsafeCell<ByteArray>,
    update_backtrace: unsafe extern "C" fn(*mut c_void, *const ByteArray, i32),
    pub(super) cause_chain: Mutable<Option<Obj<Object>>>,
    pub(super) extra_context: Mutable<Option<Obj<Object>>>,
}

/// The object behind an [`Error`](super::Error), as the C ABI has it. What keeps its texts follows, known to its maker only.
#[repr(C)]
pub struct ErrorObj {
    header: Header,
    pub(super) cell: ErrorCell,
}

const _: () = assert!(std::mem::offset_of!(ErrorObj, cell) == size_of::<Header>() && size_of::<ErrorCell>() == 72);

// SAFETY: the `UnsafeCell` is accessed under its stripe only.
unsafe impl Send for ErrorObj {}
// SAFETY: the `UnsafeCell` is accessed under its stripe only.
unsafe impl Sync for ErrorObj {}

// SAFETY: repr(C), starts with the header.
unsafe impl ObjectType for ErrorObj {
    const TYPE_KEY: &'static str = "ffi.Error";
    type Parent = Object;
    #[inline]
    fn type_index() -> i32 {
        tag::ERROR
    }
}

/// An error that was made here.
#[repr(C)]
struct Own {
    error: ErrorObj,
    _kind: String,
    _message: String,
    backtrace: UnsafeCell<Backtrace>,
}

// SAFETY: the `UnsafeCell` is accessed under its stripe only; the texts are never written.
unsafe impl Send for Own {}
// SAFETY: the `UnsafeCell` is accessed under its stripe only; the texts are never written.
unsafe impl Sync for Own {}

// SAFETY: repr(C), starts with its parent. The index is the parent's: the type has no name outside of this file.
unsafe impl ObjectType for Own {
    const TYPE_KEY: &'static str = ErrorObj::TYPE_KEY;
    type Parent = ErrorObj;
    #[inline]
    fn type_index() -> i32 {
        tag::ERROR
    }
}

/// The frames that an error came through, most recent first.
#[derive(Clone)]
struct Backtrace {
    text: SharedText,
    /// Whether frames of what is attached to the error come first. They are not in the text yet.
    is_behind: bool,
}

/// Reads the frames out of what a language attached to an error. It gives none while it cannot.
pub type ReadFrames = fn(&Obj<Object>) -> Option<String>;

static READ_FRAMES: OnceLock<ReadFrames> = OnceLock::new();

/// Sets how frames are read out of what a front end attaches to errors, once.
///
/// An exception that passes through n native frames is an error n times. Its frames are read when they are asked for, which
/// hardly any program does, and not each time.
pub fn set_read_frames(read: ReadFrames) {
    let _ = READ_FRAMES.set(read);
}

/// What to do with the backtrace that an error has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Update {
    /// Forget it.
    Replace = 0,
    /// Add to its end: frames are kept most recent call first, and propagation goes outwards.
    Append = 1,
}

/// A text that ends in a NUL, as C++ reads it. With it goes the part before that.
fn terminated(mut text: String) -> (String, ByteArray) {
    text.grow(1);
    text.push('\0');
    let content = ByteArray::new(&text.as_bytes()[..text.len() - 1]);
    (text, content)
}

/// The text of another maker, as far as it is UTF-8.
///
/// # Safety
/// The bytes are alive for `'a` and not written meanwhile.
unsafe fn text<'a>(bytes: &ByteArray) -> &'a str {
    // SAFETY: the bytes are alive for `'a` and not written meanwhile.
    let bytes = unsafe { bytes.as_slice() };
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default(),
    }
}

impl ErrorObj {
    /// A new error.
    ///
    /// # Errors
    /// When there is no memory.
    pub(super) fn make(kind: &str, message: String, backtrace: &str) -> Result<Obj<ErrorObj>, AllocError> {
        let ((kind, kind_content), (message, content)) = (terminated(owned(kind)), terminated(message));
        let backtrace = SharedText::from(backtrace);
        let cell = ErrorCell {
            kind: kind_content,
            message: content,
            backtrace: UnsafeCell::new(ByteArray::new(backtrace.as_bytes())),
            update_backtrace,
            cause_chain: Mutable::new(None),
            extra_context: Mutable::new(None),
        };
        let error = ErrorObj { header: Header::placeholder(), cell };
        let backtrace = UnsafeCell::new(Backtrace { text: backtrace, is_behind: false });
        Obj::try_new(Own { error, _kind: kind, _message: message, backtrace }).map(Obj::upcast)
    }

    /// The object as one that was made here.
    fn own(&self) -> Option<&Own> {
        if self.cell.update_backtrace as usize != update_backtrace as *const () as usize {
            return None;
        }
        let this: *const ErrorObj = self;
        // SAFETY: only `make` uses this function, for objects of an `Own`, which starts with this.
        Some(unsafe { &*this.cast::<Own>() })
    }

    /// The kind. Of another maker's error, the part that is UTF-8.
    pub(super) fn kind(&self) -> &str {
        // SAFETY: never written, and there for as long as the object.
        unsafe { text(&self.cell.kind) }
    }

    /// The message; as [`kind`](Self::kind).
    pub(super) fn message(&self) -> &str {
        // SAFETY: never written, and there for as long as the object.
        unsafe { text(&self.cell.message) }
    }

    pub(super) fn backtrace(&self) -> SharedText {
        match self.own() {
            Some(own) => own.read_backtrace(),
            // SAFETY: the text is the object's. That its maker changes it meanwhile is for its holders to prevent.
            None => SharedText::from(unsafe { text(&*self.cell.backtrace.get()) }),
        }
    }

    pub(super) fn update_backtrace(&self, text: &str, how: Update) {
        match self.own() {
            Some(own) => own.update(text, how),
            None => {
                let this: *const ErrorObj = self;
                // SAFETY: the function is the maker's, for this object.
                unsafe {
                    let text = ByteArray::new(text.as_bytes());
                    (self.cell.update_backtrace)(this.cast_mut().cast(), &text, how as i32);
                }
            }
        }
    }

    /// Says that frames of what is attached to the error are read when asked for.
    pub(super) fn set_behind(&self) {
        let Some(own) = self.own() else { return };
        let _held = stripe::of(&own.backtrace).hold();
        // SAFETY: accessed under the stripe.
        unsafe { &mut *own.backtrace.get() }.is_behind = true;
    }
}

impl Own {
    fn now(&self) -> Backtrace {
        let _held = stripe::of(&self.backtrace).hold();
        // SAFETY: accessed under the stripe.
        unsafe { &*self.backtrace.get() }.clone()
    }

    fn read_backtrace(&self) -> SharedText {
        loop {
            let now = self.now();
            if !now.is_behind {
                return now.text;
            }
            // Code of another language: nothing is held meanwhile.
            let context = self.error.cell.extra_context.get();
            let frames = context.and_then(|context| READ_FRAMES.get().and_then(|read| read(&context)));
            let Some(frames) = frames else { return now.text };
            let text: SharedText = format!("{frames}{}", now.text).into();
            // Whether it was, or another thread was faster, is seen in the next round.
            self.replace(Some(&now), Backtrace { text, is_behind: false });
        }
    }

    fn update(&self, text: &str, how: Update) {
        loop {
            let (now, next) = match how {
                Update::Replace => (None, Backtrace { text: text.into(), is_behind: false }),
                Update::Append => {
                    let now = self.now();
                    let text = format!("{}{text}", now.text).into();
                    let is_behind = now.is_behind;
                    (Some(now), Backtrace { text, is_behind })
                }
            };
            if self.replace(now.as_ref(), next) {
                return;
            }
        }
    }

    /// Puts a backtrace in the place of the present one. False, having done nothing, if that is not the one expected.
    fn replace(&self, expected: Option<&Backtrace>, next: Backtrace) -> bool {
        let held = stripe::of(&self.backtrace).hold();
        // SAFETY: accessed under the stripe.
        let (current, view) = unsafe { (&mut *self.backtrace.get(), &mut *self.error.cell.backtrace.get()) };
        let as_expected =
            |expected: &Backtrace| current.text.is(&expected.text) && current.is_behind == expected.is_behind;
        if !expected.is_none_or(as_expected) {
            return false;
        }
        *view = ByteArray::new(next.text.as_bytes());
        let replaced = std::mem::replace(current, next);
        drop(held);
        // A foreign reader of the cell may look at the text still.
        reclaim::defer(move || drop(replaced));
        true
    }
}

/// [`Error::update_backtrace`](super::Error::update_backtrace) for the C ABI.
///
/// Never inlined: [`ErrorObj::own`] goes by its address, and only a function that is not has surely one.
///
/// # Safety
/// `error` is an error object of this library, `text` describes readable bytes.
#[inline(never)]
unsafe extern "C" fn update_backtrace(error: *mut c_void, text: *const ByteArray, mode: i32) {
    // SAFETY: `error` is an error object of this library, `text` describes readable bytes.
    let (error, text) = unsafe { (&*error.cast::<ErrorObj>(), (*text).as_slice()) };
    let how = if mode == Update::Append as i32 { Update::Append } else { Update::Replace };
    // Without memory the backtrace stays as it is.
    let update = || error.update_backtrace(&lossy(text), how);
    if let Err(panic) = std::panic::catch_unwind(std::panic::AssertUnwindSafe(update)) {
        std::mem::forget(panic);
    }
}
