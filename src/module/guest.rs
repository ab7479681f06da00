//! What a guest has of modules: functions that it adds to those of the process.

pub mod system {
    //! The host's functions of this process, as a guest adds to them.

    use crate::function::Function;
    use crate::runtime::{self, Text};

    /// Names a function, so that `bowline.system_lib` finds it.
    pub fn register(name: &str, function: Function) {
        let raw = function.into_raw().as_ptr().cast();
        // SAFETY: the host's function; the name is lent, the function's count is given.
        unsafe { (runtime::get().name_symbol)(Text::of(name), raw) };
    }
}
