//! What a panic tells where there is no memory.
//! Upholds: it tells its message, and waits for nothing.

use std::io::Write;
use std::sync::Once;

/// What a backtrace with the names of functions takes at most, or so.
const BACKTRACE: usize = 16 << 20;

/// Lets a panic's message be told alone where there is no memory for its backtrace. With `RUST_BACKTRACE` set, std reads this
/// library's symbols into large blocks, and waits for itself without end if there is no memory for them.
///
/// Each library has a std of its own, and with it a hook.
pub fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let mut room = Vec::<u8>::new();
            match std::hint::black_box(&mut room).try_reserve_exact(BACKTRACE) {
                Ok(()) => {
                    drop(room);
                    usual(panic);
                }
                // As the usual one. If that cannot be written there is nothing to be done, least of all a panic within a panic.
                Err(_) => drop(writeln!(std::io::stderr(), "{panic}")),
            }
        }));
    });
}
