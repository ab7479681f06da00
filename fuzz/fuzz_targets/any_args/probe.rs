//! Objects of a small hierarchy that know whether they are still alive.
//! Upholds: an object that is destroyed twice, or not at all, is noticed.

use bowline::object::registry::CachedIndex;
use bowline::object::{Header, Obj, Object, ObjectType};
use std::sync::atomic::{AtomicU32, Ordering};

const CANARY: u32 = 0x5EED_CAFE;

/// Notices a second destruction.
pub struct Canary(AtomicU32);

impl Drop for Canary {
    fn drop(&mut self) {
        assert_eq!(self.0.swap(0, Ordering::Relaxed), CANARY, "destroyed twice");
    }
}

fn canary() -> Canary {
    Canary(AtomicU32::new(CANARY))
}

macro_rules! probe {
    ($name:ident: $parent:ty = $key:literal, $value:expr) => {
        // SAFETY: repr(C), starts with its parent, the key is its own.
        unsafe impl ObjectType for $name {
            const TYPE_KEY: &'static str = $key;
            type Parent = $parent;
            fn type_index() -> i32 {
                static INDEX: CachedIndex = CachedIndex::new();
                INDEX.get_or_register::<$name>()
            }
        }
        impl $name {
            pub fn make() -> Obj<$name> {
                Obj::new($value)
            }
        }
    };
}

#[repr(C)]
pub struct Base(Header, Canary);
#[repr(C)]
pub struct Derived(Base, Canary);
#[repr(C)]
pub struct Other(Header, Canary);

probe!(Base: Object = "fuzz.Base", Base(Header::placeholder(), canary()));
probe!(Derived: Base = "fuzz.Derived", Derived(Base(Header::placeholder(), canary()), canary()));
probe!(Other: Object = "fuzz.Other", Other(Header::placeholder(), canary()));
