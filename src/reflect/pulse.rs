//! The pulse of long work: every so often somebody may ask it to stop, or use the pause.
//! Imports the errors.
//! Upholds: work that beats is interrupted at a beat, and only there.

use crate::function::Error;
use std::sync::OnceLock;

/// Called at a beat; an error ends the work.
pub type Hook = fn() -> Result<(), Error>;

static HOOK: OnceLock<Hook> = OnceLock::new();

/// Steps of the work between two beats.
pub const STEPS: u32 = 4096;

/// Sets what happens at every beat of all work, once for the process.
pub fn set_hook(hook: Hook) {
    let _ = HOOK.set(hook);
}

fn call_hook() -> Result<(), Error> {
    HOOK.get().map_or(Ok(()), |hook| hook())
}

/// Work that can be done piece by piece, by whoever wants to do something else in between.
pub trait Work {
    /// What comes of it.
    type Output;

    /// Goes on, for so many steps at most. None: there is more to do.
    ///
    /// # Errors
    /// What ends the work; it cannot be gone on with then.
    fn work(&mut self, steps: u32) -> Result<Option<Self::Output>, Error>;
}

/// Does all of some work, with beats.
///
/// # Errors
/// What the work ends in, or the hook of the beats.
pub fn finish<W: Work>(mut work: W) -> Result<W::Output, Error> {
    beating(|steps| work.work(steps))
}

/// Does piece after piece, with beats in between, until there is an outcome.
pub(super) fn beating<T>(mut piece: impl FnMut(u32) -> Result<Option<T>, Error>) -> Result<T, Error> {
    loop {
        if let Some(outcome) = piece(STEPS)? {
            return Ok(outcome);
        }
        call_hook()?;
    }
}

/// Counts the steps of one piece of work.
#[derive(Debug, Default)]
pub(super) struct Pulse(u32);

impl Pulse {
    /// One step further.
    #[inline]
    pub(super) fn beat(&mut self) -> Result<(), Error> {
        self.0 += 1;
        match self.0 % STEPS {
            0 => call_hook(),
            _ => Ok(()),
        }
    }
}
