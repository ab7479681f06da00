//! A table of names, each of which finds at most one value at a time.
//! Upholds: a name has one entry, which is never freed; a value is seen whole; neither finding nor adding waits for another thread,
//! so that a forked child finds the table usable.

use super::{array_of, const_fn, AtomicPtr, Ordering};
use std::ptr::{self, null_mut};

/// All names, in `BUCKETS` lists.
pub struct Names<T: 'static, const BUCKETS: usize> {
    newest: [AtomicPtr<Name<T>>; BUCKETS],
}

/// A name, and the value that it finds. However often a name changes hands, finding it and its neighbours takes as long.
pub struct Name<T: 'static> {
    name: &'static str,
    /// Null while the name is free.
    holder: AtomicPtr<T>,
    next: *const Name<T>,
}

// SAFETY: `next` is written before the entry is published and never again. Values are shared between all threads.
unsafe impl<T: Sync> Sync for Name<T> {}

impl<T: Sync, const BUCKETS: usize> Names<T, BUCKETS> {
    const_fn! {
        /// A table without names.
        #[allow(clippy::new_without_default, reason = "for statics")]
        pub fn new() -> Self {
            Names { newest: array_of!(AtomicPtr::new(null_mut()); BUCKETS) }
        }
    }

    /// The entry of a name, if there is one.
    pub fn find(&self, name: &str) -> Option<&'static Name<T>> {
        // Acquire: pairs with the Release in `entry`. Carries: the entries of the bucket.
        // Weaker fails: tests/loom.rs names::found_whole.
        find_from(self.bucket(name).load(Ordering::Acquire), name)
    }

    /// The entry of a name, which is free if it is new.
    pub fn entry(&self, name: &'static str) -> &'static Name<T> {
        if let Some(found) = self.find(name) {
            return found;
        }
        let bucket = self.bucket(name);
        let fresh = Box::into_raw(Box::new(Name { name, holder: AtomicPtr::new(null_mut()), next: ptr::null() }));
        // Acquire, here and on failure: as in `find`. Weaker fails: tests/loom.rs names::one_entry.
        let mut newest = bucket.load(Ordering::Acquire);
        loop {
            if let Some(other) = find_from(newest, name) {
                // Another thread was first.
                // SAFETY: the entry was not published.
                drop(unsafe { Box::from_raw(fresh) });
                return other;
            }
            // SAFETY: not published yet.
            unsafe { (*fresh).next = newest };
            // Release: pairs with the Acquire in `find`. Carries: the entry. Weaker fails: tests/loom.rs names::found_whole.
            match bucket.compare_exchange(newest, fresh, Ordering::Release, Ordering::Acquire) {
                // SAFETY: leaked from now on, and shared only.
                Ok(_) => return unsafe { &*fresh },
                Err(now) => newest = now,
            }
        }
    }

    /// Frees all entries, but no value.
    ///
    /// # Safety
    /// No other thread uses the table, and no entry that it gave out is used again.
    #[cfg(fuzzing)]
    pub unsafe fn forget(&self) {
        // Relaxed: there is one thread.
        for bucket in &self.newest {
            let mut at = bucket.swap(null_mut(), Ordering::Relaxed);
            while !at.is_null() {
                // SAFETY: made by `entry`, and unlinked just now.
                at = unsafe { Box::from_raw(at) }.next.cast_mut();
            }
        }
    }

    fn bucket(&self, name: &str) -> &AtomicPtr<Name<T>> {
        let hash = hash(name);
        &self.newest[(hash ^ (hash >> 32)) as usize % BUCKETS]
    }
}

impl<T: Sync> Name<T> {
    /// The value that the name finds.
    pub fn holder(&self) -> Option<&'static T> {
        // Acquire: pairs with the Release in `give`. Carries: the value. Weaker fails: tests/loom.rs names::held_whole.
        // SAFETY: null, or from a reference that `give` got.
        unsafe { self.holder.load(Ordering::Acquire).as_ref() }
    }

    /// Gives the name from one value to another. `Err` with the present holder when that is not `from`. Linearises at the CAS.
    pub fn give(&self, from: Option<&'static T>, to: Option<&'static T>) -> Result<(), Option<&'static T>> {
        let raw = |value: Option<&'static T>| value.map_or(null_mut(), |value| ptr::from_ref(value).cast_mut());
        // Release: pairs with the Acquire in `holder`. Carries: the value. Weaker fails: tests/loom.rs names::held_whole.
        // Acquire on failure: as in `holder`. Weaker fails: tests/loom.rs names::given_once.
        let given = self.holder.compare_exchange(raw(from), raw(to), Ordering::Release, Ordering::Acquire);
        // SAFETY: null, or from a reference that `give` got.
        given.map(drop).map_err(|now| unsafe { now.as_ref() })
    }
}

/// A number that depends on a name alone.
pub fn hash(name: &str) -> u64 {
    // FNV-1a
    name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn find_from<T>(newest: *const Name<T>, name: &str) -> Option<&'static Name<T>> {
    // SAFETY: entries are leaked, and whole when they are published.
    let mut at = unsafe { newest.as_ref() };
    while let Some(entry) = at {
        if entry.name == name {
            return Some(entry);
        }
        // SAFETY: entries are leaked, and whole when they are published.
        at = unsafe { entry.next.as_ref() };
    }
    None
}

#[cfg(all(test, not(any(bowline_loom, bowline_shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn a_name_finds_its_holder_and_no_neighbour() {
        static VALUES: [usize; 3] = [0, 1, 2];
        static NAMES: Names<usize, 2> = Names::new();
        let names = ["a", "b", "c", "d", "e"];
        assert!(names.iter().all(|name| NAMES.find(name).is_none()));
        let entries = names.map(|name| ptr::from_ref(NAMES.entry(name)));
        assert_eq!(names.map(|name| ptr::from_ref(NAMES.entry(name))), entries);
        let entry = NAMES.entry("c");
        assert_eq!(entry.give(None, Some(&VALUES[1])), Ok(()));
        assert_eq!(entry.give(None, Some(&VALUES[2])), Err(Some(&1)));
        assert_eq!(entry.give(Some(&VALUES[1]), Some(&VALUES[2])), Ok(()));
        let found = names.map(|name| NAMES.find(name).unwrap().holder());
        assert_eq!(found, [None, None, Some(&2), None, None]);
        assert_eq!((entry.give(Some(&VALUES[2]), None), entry.holder()), (Ok(()), None));
    }
}
