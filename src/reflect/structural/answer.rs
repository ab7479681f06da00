//! How functions of C++ and of this crate call each other in visits and mutations. A value goes in, an answer comes out.
//! Upholds: a panic, and an error, is an answer that is an error; an answer is owned by the one who gets it.

use crate::function::error::ErrorObj;
use crate::function::{stack, Error, Function};
use crate::object::{Obj, Object, ObjectType};
use crate::value::{convert, tag, Any, AnyView, RawAny};
use std::ffi::c_void;
use std::mem::ManuallyDrop;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::ptr::NonNull;

/// Does something with a value for the visitor or mutator that is given first. Both are lent; the answer is given away: an
/// error, or what the visitor's or mutator's type says.
pub type Step = unsafe extern "C" fn(NonNull<Object>, RawAny) -> RawAny;

/// "The value stays as it is": the answer of a mutation.
pub fn unchanged() -> Any {
    // SAFETY: plain data.
    unsafe { Any::from_raw(RawAny::bits(tag::UNCHANGED, 0)) }
}

/// Whether an answer is [`unchanged`].
pub fn is_unchanged(answer: &Any) -> bool {
    answer.type_index() == tag::UNCHANGED
}

/// Makes an answer of a result, also of a panic.
pub(super) fn give(inside: impl FnOnce() -> Result<Any, Error>) -> RawAny {
    let result = catch_unwind(AssertUnwindSafe(inside)).unwrap_or_else(|panic| Err(Error::from_panic(panic)));
    result.unwrap_or_else(|error| error.into_object().into()).into_raw()
}

/// Makes a result of an answer.
pub(super) fn result(answer: Any) -> Result<Any, Error> {
    match answer.view().as_ref::<ErrorObj>() {
        None => Ok(answer),
        Some(_) => Err(convert::<Error>(answer.view())?),
    }
}

/// Calls a function of C++ or of this crate.
///
/// # Errors
/// The error that it answers; kind `RecursionError` where the stack is short.
///
/// # Safety
/// `step` is such a function for drivers of the object's kind; the object is alive.
pub(super) unsafe fn take(step: Step, driver: NonNull<Object>, value: AnyView<'_>) -> Result<Any, Error> {
    stack::expect()?;
    // SAFETY: `step` is for drivers of the object's kind; the answer is owned.
    result(unsafe { Any::from_raw(step(driver, value.to_raw())) })
}

/// Calls a type's hook. It is the address of a [`Step`], or a function of the driver and the value.
///
/// # Errors
/// What the hook ends in; kind `TypeError` if it is neither.
///
/// # Safety
/// If the hook is an address, it is that of a step for drivers of the kind that `T` is.
pub(super) unsafe fn call_hook<T: ObjectType>(hook: &Any, driver: &Obj<T>, value: AnyView<'_>) -> Result<Any, Error> {
    if let Some(address) = hook.view().as_pointer().and_then(NonNull::new) {
        // SAFETY: an address is that of a step for drivers of `T`'s kind.
        return unsafe { take(std::mem::transmute::<NonNull<_>, Step>(address), driver.as_raw(), value) };
    }
    if hook.type_index() != tag::FUNCTION {
        let (owner, found) = (value.type_name(), hook.view().type_name());
        return Err(Error::type_error(format!("expected a function as a structural hook of `{owner}`, got `{found}`")));
    }
    stack::expect()?;
    result(Function::call_view(hook.view(), &[AnyView::of_object(driver), value])?)
}

/// The address of a step, as the value of a type's attribute.
pub(super) fn pointer(step: Step) -> Any {
    (step as *mut c_void).into()
}

/// What a caller in C++ lends a step.
///
/// # Safety
/// The object is a `T` and alive during `'a`, and so is the value.
pub(super) unsafe fn lent<'a, T: ObjectType>(
    driver: NonNull<Object>,
    value: RawAny,
) -> (ManuallyDrop<Obj<T>>, AnyView<'a>) {
    // SAFETY: driver and value are alive for `'a`. The count stays the caller's, since the handle is not dropped.
    unsafe { (ManuallyDrop::new(Obj::from_raw(driver)), AnyView::from_raw(value)) }
}
