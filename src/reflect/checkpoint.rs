//! Checkpoints of long work, at which it may be ended or let other threads run.
//! Upholds: work that has checkpoints is interrupted at a checkpoint, and only there.

use crate::function::Error;
use crate::object::grow::expect_memory;
use std::sync::OnceLock;

/// Called at a checkpoint; an error ends the work.
pub type Hook = fn() -> Result<(), Error>;

static HOOK: OnceLock<Hook> = OnceLock::new();

/// Steps of the work between two checkpoints.
pub const STEPS_BETWEEN: u32 = 4096;

/// Sets what happens at every checkpoint of all work, once for the process.
pub fn set_hook(hook: Hook) {
    let _ = HOOK.set(hook);
}

/// A checkpoint: lets others run, or ends the work.
///
/// # Errors
/// What the work is to end in.
#[cfg(not(feature = "guest"))]
pub fn check() -> Result<(), Error> {
    HOOK.get().map_or(Ok(()), |hook| hook())
}

/// A checkpoint, which is the host's: lets others run, or ends the work.
///
/// # Errors
/// What the work is to end in.
#[cfg(feature = "guest")]
pub fn check() -> Result<(), Error> {
    // SAFETY: the host's function.
    match unsafe { (crate::runtime::get().checkpoint)() } {
        0 => Ok(()),
        code => Err(crate::function::failure(code)),
    }
}

/// Work that is done piece by piece. Its caller can do something else in between.
pub trait Work {
    /// What comes of it.
    type Output;

    /// Goes on, for so many steps at most. None: there is more to do.
    ///
    /// # Errors
    /// What ends the work; it cannot be gone on with then.
    fn work(&mut self, steps: u32) -> Result<Option<Self::Output>, Error>;
}

/// Does all of some work, with checkpoints.
///
/// # Errors
/// What the work ends in, or the checkpoint hook.
pub fn finish<W: Work>(mut work: W) -> Result<W::Output, Error> {
    with_checkpoints(|steps| work.work(steps))
}

/// Does piece after piece, with checkpoints in between, until there is an outcome.
pub(super) fn with_checkpoints<T>(mut piece: impl FnMut(u32) -> Result<Option<T>, Error>) -> Result<T, Error> {
    loop {
        if let Some(outcome) = piece(STEPS_BETWEEN)? {
            return Ok(outcome);
        }
        check()?;
    }
}

/// Counts the steps of one piece of work, with a checkpoint at every [`STEPS_BETWEEN`].
#[derive(Debug, Default)]
pub(super) struct Checkpoints(u32);

impl Checkpoints {
    /// One step further.
    #[inline]
    pub(super) fn step(&mut self) -> Result<(), Error> {
        expect_memory();
        self.0 += 1;
        match self.0 % STEPS_BETWEEN {
            0 => check(),
            _ => Ok(()),
        }
    }
}
