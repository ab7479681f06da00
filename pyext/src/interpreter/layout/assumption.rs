//! One thing that is taken for granted of CPython's memory. The search for a word is here, too.
//! Upholds: who refuses an interpreter says which number was built in, and which was found.

use crate::interpreter::exceptions::PyImportError;
use pyo3::prelude::*;

/// One thing that is taken for granted.
pub struct Assumption {
    /// What has the numbers.
    pub what: String,
    /// The file that relies on it.
    pub used_by: &'static str,
    /// The number that was built in.
    pub built_for: usize,
    /// The interpreter's number; [`NOWHERE`] for a word that could not be found.
    pub found: usize,
}

impl Assumption {
    /// Compares the numbers.
    ///
    /// # Errors
    /// `ImportError` that names both.
    pub fn check(&self) -> PyResult<()> {
        if self.found == self.built_for {
            return Ok(());
        }
        let Assumption { what, used_by, built_for, found } = self;
        let found = match *found {
            NOWHERE => "not to be found".to_owned(),
            found => found.to_string(),
        };
        Err(PyImportError::new_err(format!(
            "this build of bowline is for another interpreter: {what} was {built_for} in the CPython {BUILT_FOR} that it was \
             built for, and here it is {found} ({used_by}); install bowline anew for this interpreter"
        )))
    }
}

/// The version that the build was for.
pub const BUILT_FOR: &str = env!("BOWLINE_PYTHON");

/// What stands for the place of a word that is nowhere.
pub const NOWHERE: usize = usize::MAX;

/// Takes each assumption, and may end it.
pub type See<'a> = &'a mut dyn FnMut(Assumption) -> PyResult<()>;

/// Where a word is, in bytes from the beginning of `words` words. It is at `expected` if it is there, else in the first place.
///
/// # Safety
/// So many words can be read.
pub unsafe fn place_of(word: usize, at: *const usize, words: usize, expected: usize) -> usize {
    let places = [expected / size_of::<usize>()].into_iter().chain(0..words).filter(|place| *place < words);
    // SAFETY: so many words can be read, as `# Safety` says. Others may write some of them meanwhile, but not those that are looked for.
    let found = places.into_iter().find(|place| unsafe { at.add(*place).read_volatile() } == word);
    found.map_or(NOWHERE, |place| place * size_of::<usize>())
}
