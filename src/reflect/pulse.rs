//! The pulse of long work: every so often somebody may ask it to stop, or use the pause.
//! Imports the errors.
//! Upholds: work that beats is interrupted at a beat, and only there.

use crate::function::Error;
use std::sync::OnceLock;

/// Called at a beat; an error ends the work.
pub type Hook = fn() -> Result<(), Error>;

static HOOK: OnceLock<Hook> = OnceLock::new();

/// Steps of the work between two beats.
const STEPS: u32 = 4096;

/// Sets what happens at every beat of all work, once for the process.
pub fn set_hook(hook: Hook) {
    let _ = HOOK.set(hook);
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
            0 => HOOK.get().map_or(Ok(()), |hook| hook()),
            _ => Ok(()),
        }
    }
}
