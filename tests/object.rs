//! Native objects from outside: layout, allocation, counts, destruction, registry.
//! Uses the crate's public interface only.
//! Each file of `tests/object/` tests one of them; what they share is here.
#![cfg(not(any(bowline_loom, bowline_shuttle)))]

use bowline::object::registry::CachedIndex;
use bowline::object::{Header, Obj, Object, ObjectType};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

#[path = "object/allocation.rs"]
mod allocation;
#[path = "object/destruction.rs"]
mod destruction;
#[path = "object/handles.rs"]
mod handles;
#[path = "object/layout.rs"]
mod layout;
#[path = "object/types.rs"]
mod types;

/// Implements [`ObjectType`] for a struct that starts with its parent's.
macro_rules! object_type {
    ($type:ty: $parent:ty = $key:expr $(, $const:ident = $value:expr)?) => {
        // SAFETY: `repr(C)`, starts with the parent's struct, and no other type has the key.
        unsafe impl bowline::object::ObjectType for $type {
            const TYPE_KEY: &'static str = $key;
            $(const $const: bool = $value;)?
            type Parent = $parent;
            fn type_index() -> i32 {
                static INDEX: bowline::object::registry::CachedIndex = bowline::object::registry::CachedIndex::new();
                INDEX.get_or_register::<Self>()
            }
        }
    };
}
pub(crate) use object_type;

/// An object that counts its drops.
#[repr(C)]
pub(crate) struct Leaf {
    pub base: Object,
    pub drops: Arc<AtomicUsize>,
    pub value: u64,
}
object_type!(Leaf: Object = "test.Leaf");

impl Leaf {
    pub(crate) fn new(drops: &Arc<AtomicUsize>, value: u64) -> Leaf {
        Leaf { base: Object::placeholder(), drops: drops.clone(), value }
    }
}

impl Drop for Leaf {
    fn drop(&mut self) {
        self.drops.fetch_add(1, Ordering::SeqCst);
    }
}

/// A type derived from [`Leaf`].
#[repr(C)]
pub(crate) struct Twig {
    pub base: Leaf,
    pub more: Arc<()>,
}
object_type!(Twig: Leaf = "test.Twig");

/// A type beside them, without tie word.
#[repr(C)]
pub(crate) struct Bare {
    pub header: Header,
    pub drops: Arc<AtomicUsize>,
}
object_type!(Bare: Object = "test.Bare", NO_PREFIX = true);

impl Drop for Bare {
    fn drop(&mut self) {
        self.drops.fetch_add(1, Ordering::SeqCst);
    }
}

pub(crate) fn counter() -> Arc<AtomicUsize> {
    Arc::new(AtomicUsize::new(0))
}

pub(crate) fn load(counter: &AtomicUsize) -> usize {
    counter.load(Ordering::SeqCst)
}

/// Whether this process runs one test for a parent that looks at how it ends.
pub(crate) fn is_child() -> bool {
    std::env::var_os("BOWLINE_TEST_CHILD").is_some()
}

/// Runs the named test alone in a process of its own.
pub(crate) fn in_child(test: &str) -> Output {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", test, "--test-threads=1", "--nocapture"]).env("BOWLINE_TEST_CHILD", "1");
    // Sizes beyond all memory are an error to be tested. No sanitizer is to report it.
    child.env("ASAN_OPTIONS", "allocator_may_return_null=1").env("TSAN_OPTIONS", "allocator_may_return_null=1");
    child.output().unwrap()
}

/// The child must pass, and must have run the test.
pub(crate) fn passes_in_child(test: &str) {
    let output = in_child(test);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}{}", String::from_utf8_lossy(&output.stderr));
}

/// [`ObjectType`] as a value, for tables of types.
pub(crate) fn index_of<T: ObjectType>() -> i32 {
    T::type_index()
}

#[test]
fn cached_index_registers_once() {
    static INDEX: CachedIndex = CachedIndex::new();
    let calls = counter();
    let get = || INDEX.get_or(|| 1000 + calls.fetch_add(1, Ordering::SeqCst) as i32);
    assert_eq!((get(), get(), load(&calls)), (1000, 1000, 1));
    assert!(Obj::new(Object::placeholder()).is::<Object>());
}
