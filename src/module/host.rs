//! The table by which guests reach this runtime: see [`crate::runtime`].
//! Upholds: a guest shares counters, stripes, grace periods, ties, types, errors and functions with the host; no panic crosses.

use super::system;
use crate::container::part_cursors;
use crate::function::boundary::{answer, catch};
use crate::function::error::{raise, take_raised, ErrorObj};
use crate::function::{global, Error, Function};
use crate::object::registry::{self, RegistryError};
use crate::object::{destroy, side, Obj, Object};
use crate::reclaim::{self, Guard};
use crate::reflect::description::{self, Description};
use crate::reflect::foreign_field;
use crate::reflect::{attr, checkpoint as work, record, record_own, sentinel};
use crate::runtime::{self, Call, HostPlace, ReserveTable, Runtime, Text, TypeFacts, ABI};
use crate::stream;
use crate::sync::counter::{self, Event};
use crate::sync::global::MutexGuard;
use crate::value::{stripe, Device};
use crate::word::Word;
use std::ffi::c_void;
use std::mem::ManuallyDrop;
use std::ptr::{null, null_mut, NonNull};

/// The table.
pub static RUNTIME: Runtime = Runtime {
    abi: ABI,
    count,
    sum,
    reserve: lent_reserve,
    stripe_hold,
    stripe_release,
    stripe_version,
    part_cursors: part,
    pin,
    unpin,
    retire,
    defer,
    flush,
    settle,
    untie,
    resume,
    side_word,
    type_index,
    register_type,
    type_facts,
    type_record,
    changes,
    describe,
    ordered,
    column,
    raise: raise_given,
    take_raised: take,
    function,
    name_function,
    sentinel: sentinel_of,
    name_symbol,
    checkpoint,
    stream: current_stream,
    set_stream,
};

/// What `runtime` says of a place holds. It is as large and as aligned as what is put there.
const fn fits<T>() {
    assert!(size_of::<T>() <= size_of::<HostPlace>() && align_of::<T>() <= align_of::<HostPlace>());
}

/// # Safety
/// `place` can be written.
unsafe fn put<T>(place: *mut HostPlace, value: T) {
    const { fits::<T>() };
    // SAFETY: `place` can be written, and the value fits.
    unsafe { place.cast::<T>().write(value) };
}

/// # Safety
/// `place` has a `T`, which is taken this once.
unsafe fn take_out<T>(place: *mut HostPlace) -> T {
    const { fits::<T>() };
    // SAFETY: `place` has a `T`, which is taken this once.
    unsafe { place.cast::<T>().read() }
}

fn event(number: u32) -> Option<Event> {
    use Event::{Object, Queued, Revived, SideSlot, Superseded};
    [Object, Revived, Superseded, Queued, SideSlot].get(number as usize).copied()
}

unsafe extern "C" fn count(number: u32, delta: i64) {
    if let Some(event) = event(number) {
        counter::add(event, delta);
    }
}

unsafe extern "C" fn sum(number: u32) -> i64 {
    event(number).map_or(0, counter::sum)
}

unsafe extern "C" fn lent_reserve() -> *const ReserveTable {
    runtime::reserve().map_or(null(), std::ptr::from_ref)
}

type Held = Option<MutexGuard<'static, ()>>;

unsafe extern "C" fn stripe_hold(number: usize, place: *mut HostPlace) {
    // SAFETY: the guest lends a place that holds nothing.
    unsafe { put::<Held>(place, stripe::numbered(number).hold()) };
}

unsafe extern "C" fn stripe_release(place: *mut HostPlace) {
    // SAFETY: the guest's place has what `stripe_hold` put there, given back once.
    drop(unsafe { take_out::<Held>(place) });
}

unsafe extern "C" fn stripe_version(number: usize) -> *const c_void {
    std::ptr::from_ref(stripe::numbered(number).version()).cast()
}

unsafe extern "C" fn part(dict: *const c_void, table: *const c_void) -> bool {
    // SAFETY: the guest holds the stripe, and this is the dict's table.
    catch(|| Ok(unsafe { part_cursors(dict, table) })).unwrap_or(false)
}

unsafe extern "C" fn pin(place: *mut HostPlace) {
    // SAFETY: the guest lends a place that holds nothing.
    unsafe { put::<Guard>(place, reclaim::pin()) };
}

unsafe extern "C" fn unpin(place: *mut HostPlace, quietly: bool) {
    // SAFETY: the guest's place has what `pin` put there, given back once.
    let guard = unsafe { take_out::<Guard>(place) };
    match quietly {
        true => guard.end_quietly(),
        // What is released may be anything.
        false => drop(catch(|| {
            drop(guard);
            Ok(())
        })),
    }
}

/// A function of a guest's and what it is called with.
struct Release(Call, *mut c_void);

// SAFETY: the guest lets any thread call it.
unsafe impl Send for Release {}

impl Release {
    fn run(self) {
        // SAFETY: the guest's function is called once with its data.
        unsafe { (self.0)(self.1) };
    }
}

unsafe extern "C" fn retire(call: Call, data: *mut c_void) {
    let release = Release(call, data);
    let _ = catch(|| {
        reclaim::retire(move || release.run());
        Ok(())
    });
}

unsafe extern "C" fn defer(call: Call, data: *mut c_void) {
    let release = Release(call, data);
    let _ = catch(|| {
        reclaim::defer(move || release.run());
        Ok(())
    });
}

unsafe extern "C" fn flush() {
    let _ = catch(|| {
        reclaim::flush();
        Ok(())
    });
}

unsafe extern "C" fn settle() {
    let _ = catch(|| {
        reclaim::settle();
        Ok(())
    });
}

unsafe extern "C" fn untie(word: usize) {
    destroy::untie_slow(Word::from_bits(word));
}

unsafe extern "C" fn resume(object: *mut c_void) -> bool {
    NonNull::new(object.cast::<Object>()).is_some_and(destroy::resume)
}

unsafe extern "C" fn side_word(flags: u32) -> *const c_void {
    side::word(flags).map_or(null(), |word| std::ptr::from_ref(word).cast())
}

unsafe extern "C" fn type_index(key: Text) -> i32 {
    // SAFETY: the guest lends a text for the call, here and below.
    registry::type_index_of(unsafe { key.get() }).unwrap_or(-1)
}

unsafe extern "C" fn register_type(key: Text, parent: i32) -> i32 {
    let mut index = -1;
    answer(|| {
        // SAFETY: the guest lends the key, in UTF-8, for the call.
        index = match registry::register_type(unsafe { key.get() }, parent) {
            Ok(info) => info.index,
            // The guest sees whether the parent is the same.
            Err(RegistryError::Duplicate { index, .. }) => index,
            Err(error) => return Err(Error::type_error(error.to_string())),
        };
        Ok(())
    });
    index
}

unsafe extern "C" fn type_facts(index: i32, out: *mut TypeFacts) -> bool {
    let Some(info) = registry::type_info(index) else { return false };
    let facts = TypeFacts { key: Text::of(info.key), ancestors: info.ancestors.as_ptr(), depth: info.ancestors.len() };
    // SAFETY: the guest's `out` can be written; what is named is never freed.
    unsafe { out.write(facts) };
    true
}

unsafe extern "C" fn type_record(index: i32) -> *const c_void {
    catch(|| Ok(record_own::of(index).map_or(null(), |record| std::ptr::from_ref(record).cast()))).unwrap_or(null())
}

unsafe extern "C" fn changes() -> usize {
    record::changes()
}

unsafe extern "C" fn describe(description: *const c_void) -> i32 {
    // SAFETY: the guest lends a `Description` of this number's layout.
    answer(|| unsafe { description::receive(&*description.cast::<Description>()) })
}

unsafe extern "C" fn ordered(object: *mut c_void, call: Call, data: *mut c_void) {
    match NonNull::new(object.cast::<Object>()) {
        // SAFETY: the guest's `call` takes `data`, once, and does not unwind.
        Some(object) => foreign_field::ordered(object, || unsafe { call(data) }),
        // SAFETY: the guest's `call` takes `data`, once, and does not unwind.
        None => unsafe { call(data) },
    }
}

unsafe extern "C" fn column(name: Text, make: bool) -> *const c_void {
    // SAFETY: the guest lends the name, in UTF-8, for the call.
    let name = unsafe { name.get() };
    let found = || if make { Some(attr::make(name)) } else { attr::column(name) };
    catch(|| Ok(found().map_or(null(), |column| std::ptr::from_ref(column).cast()))).unwrap_or(null())
}

unsafe extern "C" fn raise_given(error: *mut c_void) {
    if let Some(error) = NonNull::new(error.cast::<Object>()) {
        // SAFETY: the guest gives an error, with its count.
        raise(Error::from(unsafe { Obj::<ErrorObj>::from_raw(error) }));
    }
}

unsafe extern "C" fn take() -> *mut c_void {
    take_raised().map_or(null_mut(), |error| error.into_object().into_raw().as_ptr().cast())
}

unsafe extern "C" fn function(name: Text) -> *mut c_void {
    // SAFETY: the guest lends the name, in UTF-8, for the call.
    let name = unsafe { name.get() };
    let found = || global::get(name).map_or(null_mut(), |function| function.into_raw().as_ptr().cast());
    catch(|| Ok(found())).unwrap_or(null_mut())
}

unsafe extern "C" fn name_function(name: Text, function: *mut c_void, metadata: Text, again: bool) -> i32 {
    answer(|| {
        let function = NonNull::new(function.cast::<Object>()).ok_or_else(|| Error::value_error("no function"))?;
        // SAFETY: the guest keeps the function, which is alive.
        let function = ManuallyDrop::new(unsafe { Function::from_raw(function) });
        // SAFETY: the guest lends both texts, in UTF-8, for the call.
        let (name, metadata) = unsafe { (name.get(), metadata.get()) };
        global::register_described(name, Function::clone(&function), metadata, again)
    })
}

unsafe extern "C" fn sentinel_of(kwargs: bool) -> *mut c_void {
    let object = if kwargs { sentinel::kwargs() } else { sentinel::missing() };
    object.as_raw().as_ptr().cast()
}

unsafe extern "C" fn name_symbol(name: Text, function: *mut c_void) {
    let _ = catch(|| {
        if let Some(function) = NonNull::new(function.cast::<Object>()) {
            // SAFETY: by the guest's contract the text is lent, and the function's count is given.
            let (name, function) = unsafe { (name.get(), Function::from_raw(function)) };
            drop(system::register(name, function));
        }
        Ok(())
    });
}

unsafe extern "C" fn checkpoint() -> i32 {
    answer(work::check)
}

unsafe extern "C" fn current_stream(kind: i32, id: i32) -> *mut c_void {
    stream::current(Device { kind, id })
}

unsafe extern "C" fn set_stream(kind: i32, id: i32, stream: *mut c_void) -> *mut c_void {
    stream::set(Device { kind, id }, stream)
}
