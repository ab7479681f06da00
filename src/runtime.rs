//! The one runtime of a process as a guest reaches it. It is a table of C functions that the host fills.
//! May import nothing of the crate. Only what C can describe crosses: host and guest may come from different compilers.
//! Upholds: table, layouts and protocols belong to one number, [`ABI`]; a guest of another number is refused before it begins.
//!
//! A guest is a library of native types that was built with the feature `guest`: it has the code of this crate, and none of its
//! state. What that state is, the members of [`Runtime`] say.

#![allow(clippy::type_complexity, reason = "a table of functions")]

use std::ffi::c_void;
use std::sync::atomic::AtomicUsize;
use std::sync::OnceLock;

/// The number of this table. It stands for the layouts that go with it, and the protocols of counts and words, too.
///
/// It changes with each of them. Host and guest need the same one.
pub const ABI: u32 = 3;

/// Room for something of the host's. A guest keeps it for the time of a read or a write.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct HostPlace(pub [usize; 4]);

/// A text that is lent for a call.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Text {
    /// Its first byte.
    pub data: *const u8,
    /// How many bytes it has.
    pub size: usize,
}

impl Text {
    /// Lends a text.
    pub const fn of(text: &str) -> Text {
        Text { data: text.as_ptr(), size: text.len() }
    }

    /// The text.
    ///
    /// # Safety
    /// It is UTF-8 and there for `'a`.
    pub unsafe fn get<'a>(self) -> &'a str {
        // SAFETY: the bytes are UTF-8 and there for `'a`.
        unsafe { std::str::from_utf8_unchecked(std::slice::from_raw_parts(self.data, self.size)) }
    }
}

/// What a type is, from its registration on. Never freed.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct TypeFacts {
    /// Its name.
    pub key: Text,
    /// The indices of its ancestors, the root first.
    pub ancestors: *const i32,
    /// How many ancestors it has.
    pub depth: usize,
}

/// Something to be called once, with its argument.
pub type Call = unsafe extern "C" fn(*mut c_void);

/// What the host's allocator has where the C library has nothing left. It stays for good, and any thread may call its functions.
///
/// Host and guest free a block by this, or by the C library's `free`. None crosses between them.
#[derive(Debug)]
#[repr(C)]
pub struct ReserveTable {
    /// Where the blocks that are always set aside begin.
    pub start: *const u8,
    /// How many bytes they are.
    pub size: usize,
    /// How many rooms there are, which are set aside for some work. There is one as long as a block of it is out.
    pub rooms: *const AtomicUsize,
    /// Gives a block, or null. It is of this thread's room, else of those that are always set aside.
    pub take: unsafe extern "C" fn(size: usize, align: usize) -> *mut c_void,
    /// Whether a block is from `take`. A null or foreign one is not.
    pub has: unsafe extern "C" fn(block: *mut c_void) -> bool,
    /// Gives a block back. False, having done nothing, if it is not from `take`.
    pub give_back: unsafe extern "C" fn(block: *mut c_void) -> bool,
    /// Calls with so many bytes set aside. False, having called nothing, if there are not so many. The call does not unwind.
    pub with_room: unsafe extern "C" fn(bytes: usize, Call, *mut c_void) -> bool,
    /// Whether what is set aside goes to its end.
    pub is_low: unsafe extern "C" fn() -> bool,
    /// Whether the thread's next allocation may be given. A host for tests refuses some; null in all others.
    pub gives: Option<unsafe extern "C" fn() -> bool>,
}

// SAFETY: what the pointers name stays. It is only looked at as an address or an atomic.
unsafe impl Sync for ReserveTable {}

static RESERVE: OnceLock<&'static ReserveTable> = OnceLock::new();

/// Sets what the program's allocator keeps in reserve. Once for the process, before guests are loaded.
pub fn set_reserve(reserve: &'static ReserveTable) {
    let _ = RESERVE.set(reserve);
}

/// What the program's allocator keeps in reserve. In a guest it is the host's.
#[inline]
pub fn reserve() -> Option<&'static ReserveTable> {
    RESERVE.get().copied()
}

/// What the host has. Objects are addresses of headers; `-1` and null say that the thread's error is set, where it is not said
/// otherwise.
#[derive(Debug)]
#[repr(C)]
pub struct Runtime {
    /// The host's [`ABI`].
    pub abi: u32,
    /// Counts an event.
    pub count: unsafe extern "C" fn(event: u32, delta: i64),
    /// The sum of an event's counts.
    pub sum: unsafe extern "C" fn(event: u32) -> i64,
    /// What the host's allocator keeps in reserve; null if it keeps nothing.
    pub reserve: unsafe extern "C" fn() -> *const ReserveTable,

    /// Takes a stripe. The place is for `stripe_release`, on the same thread.
    pub stripe_hold: unsafe extern "C" fn(number: usize, *mut HostPlace),
    /// Gives it back.
    pub stripe_release: unsafe extern "C" fn(*mut HostPlace),
    /// The version of a stripe: an atomic that stays.
    pub stripe_version: unsafe extern "C" fn(number: usize) -> *const c_void,
    /// Gives the cursors of a dict copies of its entries, under its stripe. The dict is to be changed. False without memory.
    pub part_cursors: unsafe extern "C" fn(dict: *const c_void, table: *const c_void) -> bool,

    /// Begins a read. The place is for `unpin`, on the same thread.
    pub pin: unsafe extern "C" fn(*mut HostPlace),
    /// Ends it; quietly, without releasing what others replaced.
    pub unpin: unsafe extern "C" fn(*mut HostPlace, quietly: bool),
    /// Calls when all present readers are done, perhaps now.
    pub retire: unsafe extern "C" fn(Call, *mut c_void),
    /// As `retire`, later, for what is no user code.
    pub defer: unsafe extern "C" fn(Call, *mut c_void),
    /// Releases what is ripe.
    pub flush: unsafe extern "C" fn(),
    /// Releases all that was replaced.
    pub settle: unsafe extern "C" fn(),

    /// Ends the tie that a word said.
    pub untie: unsafe extern "C" fn(word: usize),
    /// Uses up the last count of an object that has a preserved wrapper. False if it cannot.
    pub resume: unsafe extern "C" fn(object: *mut c_void) -> bool,
    /// The word in a side slot; null if there is none.
    pub side_word: unsafe extern "C" fn(flags: u32) -> *const c_void,

    /// The index of a type key; -1 if there is none. Sets no error.
    pub type_index: unsafe extern "C" fn(key: Text) -> i32,
    /// The index of a type key, which is registered if it is free.
    pub register_type: unsafe extern "C" fn(key: Text, parent: i32) -> i32,
    /// What a type is; false if there is none. Sets no error.
    pub type_facts: unsafe extern "C" fn(index: i32, *mut TypeFacts) -> bool,
    /// The record of a type; null if there is none. Sets no error.
    pub type_record: unsafe extern "C" fn(index: i32) -> *const c_void,
    /// A number that changes when any record does.
    pub changes: unsafe extern "C" fn() -> usize,
    /// Registers fields, methods and ends of a type: a description of `reflect`.
    pub describe: unsafe extern "C" fn(description: *const c_void) -> i32,
    /// Calls while no other thread is in another maker's code for the object. After a long wait it calls all the same.
    pub ordered: unsafe extern "C" fn(object: *mut c_void, Call, *mut c_void),
    /// The column of an attribute; null if it was not made. With `make` it is.
    pub column: unsafe extern "C" fn(name: Text, make: bool) -> *const c_void,

    /// Leaves an error, which is given, in the thread's slot.
    pub raise: unsafe extern "C" fn(error: *mut c_void),
    /// Takes the error out of the thread's slot; null if there is none.
    pub take_raised: unsafe extern "C" fn() -> *mut c_void,
    /// The function of a name; null if there is none. Sets no error.
    pub function: unsafe extern "C" fn(name: Text) -> *mut c_void,
    /// Names a function, which is lent, and says more about it.
    pub name_function: unsafe extern "C" fn(name: Text, function: *mut c_void, metadata: Text, again: bool) -> i32,
    /// `MISSING`, or `KWARGS`: lent for good.
    pub sentinel: unsafe extern "C" fn(kwargs: bool) -> *mut c_void,
    /// Names a function, which is given, for the module of this process's own functions.
    pub name_symbol: unsafe extern "C" fn(name: Text, function: *mut c_void),
    /// A checkpoint of long work. -1 says that the work is to end in the thread's error.
    pub checkpoint: unsafe extern "C" fn() -> i32,
    /// The thread's stream for a device.
    pub stream: unsafe extern "C" fn(kind: i32, id: i32) -> *mut c_void,
    /// Sets it; gives the former one.
    pub set_stream: unsafe extern "C" fn(kind: i32, id: i32, stream: *mut c_void) -> *mut c_void,
}

/// What a guest's library has under the name `BOWLINE_GUEST`.
#[derive(Debug)]
#[repr(C)]
pub struct Guest {
    /// The guest's [`ABI`].
    pub abi: u32,
    /// Gives the guest its host, and registers what it has. -1 says that the thread's error is set.
    pub begin: unsafe extern "C" fn(*const Runtime) -> i32,
}

#[cfg(feature = "guest")]
pub use guest::{begin, get};

#[cfg(feature = "guest")]
mod guest {
    use super::{Runtime, ABI};
    use std::ptr::null_mut;
    use std::sync::atomic::{AtomicPtr, Ordering};

    static HOST: AtomicPtr<Runtime> = AtomicPtr::new(null_mut());

    /// Sets the host. The first one stays.
    ///
    /// # Safety
    /// The table is a host's, of the number [`ABI`].
    pub unsafe fn begin(host: *const Runtime) {
        // Relaxed: the table is constant, and was there before any guest was loaded.
        let _ = HOST.compare_exchange(null_mut(), host.cast_mut(), Ordering::Relaxed, Ordering::Relaxed);
        // SAFETY: the table is a host's, of this number; what it keeps in reserve stays.
        if let Some(reserve) = unsafe { ((*host).reserve)().as_ref() } {
            super::set_reserve(reserve);
        }
    }

    /// The host.
    ///
    /// # Panics
    /// When there is none, or one of another number: then nothing of a guest can work.
    #[inline]
    pub fn get() -> &'static Runtime {
        // Relaxed: see `begin`.
        // SAFETY: null, or a table that stays.
        unsafe { HOST.load(Ordering::Relaxed).as_ref() }.unwrap_or_else(|| find())
    }

    /// The host of a process whose loader did not come by. It is the library by whose name those of others ask for the C ABI.
    #[cold]
    fn find() -> &'static Runtime {
        #[cfg(unix)]
        {
            use libloading::os::unix::Library;
            type Host = unsafe extern "C" fn() -> *const Runtime;
            // SAFETY: nothing is loaded: what is loaded already is looked up. It stays, as all hosts do.
            unsafe {
                let named = Library::open(Some("libtvm_ffi.so"), libc::RTLD_LAZY | libc::RTLD_NOLOAD).ok();
                let host = named.and_then(|named| Some((*named.get::<Host>(b"BowlineRuntime\0").ok()?)()));
                if let Some(host) = host.and_then(|host| host.as_ref()) {
                    let found = host.abi;
                    assert!(found == ABI, "built for bowline ABI {ABI}, but the bowline of this process has {found}");
                    begin(host);
                    return host;
                }
            }
        }
        panic!("there is no bowline in this process yet: import bowline first, and load this library by bowline.load_module")
    }
}
