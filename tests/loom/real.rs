//! A native object as production makes them, with a field that loom watches.
//! Upholds: a look at a destroyed object is found by assertion, one that races with the destruction by causality.

use super::*;
use bowline::object::registry::CachedIndex;
use bowline::object::{Header, Object, ObjectType};
use support::cell::Block;

#[derive(Default)]
#[repr(C)]
pub struct Leaf {
    header: Header,
    block: Block,
    drops: Arc<AtomicUsize>,
}

// SAFETY: `repr(C)`, starts with the parent's struct, and no other type has the key.
unsafe impl ObjectType for Leaf {
    const TYPE_KEY: &'static str = "test.Leaf";
    type Parent = Object;
    fn type_index() -> i32 {
        static INDEX: CachedIndex = CachedIndex::new();
        INDEX.get_or_register::<Self>()
    }
}

impl Leaf {
    /// Reads the fields.
    pub fn look(&self) {
        self.block.touch("an object");
    }

    /// How often it was dropped: once, at last.
    pub fn drops(&self) -> Arc<AtomicUsize> {
        self.drops.clone()
    }
}

impl Drop for Leaf {
    fn drop(&mut self) {
        self.block.free("an object");
        self.drops.fetch_add(1, Relaxed);
    }
}
