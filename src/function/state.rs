//! Functions with a state that is found again by its type.
//! Upholds: a state is seen as what it is, whatever made the function.

use super::closure::{answer, FunctionCell, FunctionObj};
use super::{Error, Function};
use crate::object::{Header, Obj, ObjectType};
use crate::value::{tag, Any, AnyView, RawAny};
use std::any::TypeId;
use std::ffi::c_void;

/// What a call ends in.
type Answer = Result<Any, Error>;

/// Calls with a pointer to the state.
type CallState = unsafe fn(*const (), &[AnyView<'_>]) -> Answer;

/// What is known of a state, whatever its type.
#[repr(C)]
struct StateHead {
    of: TypeId,
    call: CallState,
    /// Where the state is, from the function's beginning.
    at: usize,
}

/// A function made by [`Function::from_state`]. However the state is aligned, the head is at the same place.
#[repr(C)]
struct Stateful<S> {
    function: FunctionObj,
    head: StateHead,
    state: S,
}

// SAFETY: repr(C), starts with its parent. The index is the parent's: code outside cannot name the type to ask for it.
unsafe impl<S: Send + Sync + 'static> ObjectType for Stateful<S> {
    const TYPE_KEY: &'static str = FunctionObj::TYPE_KEY;
    type Parent = FunctionObj;
    #[inline]
    fn type_index() -> i32 {
        tag::FUNCTION
    }
}

impl Function {
    /// A function over dynamic values whose state can be looked at again with [`FunctionObj::state`].
    pub fn from_state<S>(state: S, call: fn(&S, &[AnyView<'_>]) -> Result<Any, Error>) -> Function
    where
        S: Send + Sync + 'static,
    {
        let cell = FunctionCell { safe_call: invoke_state, cpp_call: std::ptr::null_mut() };
        let function = FunctionObj { header: Header::placeholder(), cell };
        // SAFETY: both types are called alike. Their first argument is a thin pointer, and all else is the same.
        let call = unsafe { std::mem::transmute::<fn(&S, &[AnyView<'_>]) -> Answer, CallState>(call) };
        let head = StateHead { of: TypeId::of::<S>(), call, at: std::mem::offset_of!(Stateful<S>, state) };
        Obj::new(Stateful { function, head, state }).upcast()
    }

    /// The state of a function made by [`Function::from_state`] from an `S`, to be changed. `None` for all other functions, and
    /// when the function has another handle of either kind, or a wrapper.
    pub fn state_mut<S: Send + Sync + 'static>(&mut self) -> Option<&mut S> {
        let untied = self.tie_word().is_none_or(|word| word.observe().is_detached());
        if !untied || !self.header.counts().is_unique() || self.state::<S>().is_none() {
            return None;
        }
        // SAFETY: a function with such a state, whose only handle is borrowed mutably.
        Some(unsafe { &mut (*self.as_raw().cast::<Stateful<S>>().as_ptr()).state })
    }
}

impl FunctionObj {
    /// The state of a function made by [`Function::from_state`] from an `S`; `None` for all others.
    pub fn state<S: Send + Sync + 'static>(&self) -> Option<&S> {
        // The entry point has one address, as it is neither generic nor inlined. Of another crate's copy, in a guest, it has
        // another: what a type id is there, is not known here.
        if self.cell.safe_call as usize != invoke_state as *const () as usize {
            return None;
        }
        let this: *const FunctionObj = self;
        // SAFETY: `from_state` alone uses this entry point, so that a head follows, whatever the state is. A function whose
        // entry point was merged with it has the same code, and with that the same parts at the same places.
        let head = unsafe { &(*this.cast::<Stateful<()>>()).head };
        if head.of != TypeId::of::<S>() {
            return None;
        }
        // SAFETY: the type id says that the state is an `S`.
        Some(unsafe { &(*this.cast::<Stateful<S>>()).state })
    }
}

/// The C entry point of all functions with a state. Its address says that a function is one.
///
/// # Safety
/// `handle` is a `Stateful<S>` of some type `S`, alive. `args` are `count` valid values; `result` can be written.
#[inline(never)]
unsafe extern "C" fn invoke_state(handle: *mut c_void, args: *const RawAny, count: i32, result: *mut RawAny) -> i32 {
    // SAFETY: `handle` is alive, and its head is where that of any other state is.
    let StateHead { call, at, .. } = unsafe { &(*handle.cast::<Stateful<()>>()).head };
    // SAFETY: the state is at that place, and of the type for which `call` is. `args` are `count` valid values; `result` can
    // be written.
    unsafe { answer(|args| call(handle.byte_add(*at).cast_const().cast(), args), args, count, result) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::IntoAny;

    #[test]
    fn state_is_found_by_its_type_alone() {
        let adds = Function::from_state(40i64, |state, args| Ok((state + args.len() as i64).into_any()));
        let counts = Function::from_state(40u64, |state, args| Ok((*state as i64 + args.len() as i64).into_any()));
        assert_eq!((adds.state::<i64>(), adds.state::<u64>()), (Some(&40), None));
        assert_eq!((counts.state::<i64>(), counts.state::<u64>()), (None, Some(&40)));
        let one = 1i64.into_any();
        assert!(matches!(adds.call(&[one.view(), one.view()]), Ok(sum) if sum.view().same(&42i64.into_any().view())));
        assert!(Function::from_packed(|_| Ok(Any::none())).state::<i64>().is_none());
    }

    /// A state that is not behind its head at once.
    #[test]
    fn state_is_aligned_as_its_type() {
        #[repr(align(64))]
        struct Wide(i64);
        let function = Function::from_state(Wide(40), |state, args| {
            assert!(std::ptr::from_ref(state).is_aligned());
            Ok((state.0 + args.len() as i64).into_any())
        });
        assert_eq!(function.state::<Wide>().map(|state| state.0), Some(40));
        assert!(matches!(function.call(&[]), Ok(sum) if sum.view().same(&40i64.into_any().view())));
    }

    #[test]
    fn state_is_changed_by_its_only_owner() {
        let mut answers = Function::from_state(40i64, |state, _| Ok((*state).into_any()));
        assert_eq!(answers.state_mut::<u64>(), None);
        *answers.state_mut::<i64>().unwrap() += 2;
        let other = answers.clone();
        assert_eq!(answers.state_mut::<i64>(), None);
        drop(other);
        let weak = answers.downgrade();
        assert_eq!(answers.state_mut::<i64>(), None);
        drop(weak);
        assert_eq!(answers.state_mut::<i64>(), Some(&mut 42));
        assert!(matches!(answers.call(&[]), Ok(answer) if answer.view().same(&42i64.into_any().view())));
    }
}
