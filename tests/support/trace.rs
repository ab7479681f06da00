//! The story of one execution, told when it fails. It says who did what to which wrapper, in the order that the
//! model saw.
//! Upholds: costs one branch unless BOWLINE_TRACE is set; adds no edge that a model would see.

use std::cell::RefCell;
use std::sync::OnceLock;

thread_local! {
    // All threads of a modelled execution run on one OS thread. So this is the execution's own.
    static STORY: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Whether BOWLINE_TRACE asks for the story.
pub fn enabled() -> bool {
    static ENABLED: OnceLock<bool> = OnceLock::new();
    *ENABLED.get_or_init(|| {
        let enabled = std::env::var_os("BOWLINE_TRACE").is_some();
        if enabled {
            let usual = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                // Loom ends its coroutines by panics of their own kind.
                if panic.payload().is::<&str>() || panic.payload().is::<String>() {
                    STORY.with_borrow_mut(|story| story.drain(..).for_each(|line| eprintln!("{line}")));
                }
                usual(panic);
            }));
        }
        enabled
    })
}

/// Begins a new story.
pub fn begin() {
    if enabled() {
        STORY.with_borrow_mut(Vec::clear);
    }
}

/// Adds a line.
pub fn tell(thread: usize, line: impl FnOnce() -> String) {
    if enabled() {
        STORY.with_borrow_mut(|story| {
            story.push(format!("  {:width$}thread {thread}: {}", "", line(), width = 4 * thread))
        });
    }
}
