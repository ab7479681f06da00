//! What a failed allocation ends in.
//! Upholds: nothing is printed and no panic hook runs; the boundary to the language above makes an error of it.

use std::alloc::Layout;
use std::fmt;

/// An object could not be allocated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllocError {
    layout: Layout,
}

impl AllocError {
    pub(crate) fn new(layout: Layout) -> Self {
        AllocError { layout }
    }

    /// The layout of the body that was asked for.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// Unwinds with the error, as an infallible constructor does. The boundary to the language above makes it an
    /// error of that language. Nothing is printed, no panic hook runs.
    #[cold]
    pub(crate) fn handle(self) -> ! {
        std::panic::resume_unwind(Box::new(self))
    }
}

impl fmt::Display for AllocError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "out of memory: an object of {} bytes", self.layout.size())
    }
}

impl std::error::Error for AllocError {}
