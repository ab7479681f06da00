//! Function objects: the C calling convention around a Rust closure.
//! Upholds: `safe_call` never unwinds into its caller; the result is written exactly when 0 is returned.

use super::error::{raise, take_raised};
use super::{Error, IntoTyped};
use crate::object::alloc::add_flags;
use crate::object::header::{FLAG_LEAF, FLAG_SHORT};
use crate::object::{Header, Obj, Object, ObjectType};
use crate::value::{tag, Any, AnyView, ConvertError, RawAny, Schema};
use std::ffi::c_void;
use std::panic::{catch_unwind, AssertUnwindSafe};

/// A call by the C convention. It takes the function, borrowed arguments and their number, and where the result goes. 0 is
/// success; -1 means that the error is in the thread's slot, -2 that a host exception is pending.
pub type SafeCall = unsafe extern "C" fn(*mut c_void, *const RawAny, i32, *mut RawAny) -> i32;

/// What the C ABI sees of a function. Never written after construction.
#[repr(C)]
pub struct FunctionCell {
    pub(super) safe_call: SafeCall,
    pub(super) cpp_call: *mut c_void,
}

/// A function object; what it closes over follows.
#[repr(C)]
pub struct FunctionObj {
    pub(super) header: Header,
    pub(super) cell: FunctionCell,
}

const _: () =
    assert!(std::mem::offset_of!(FunctionObj, cell) == size_of::<Header>() && size_of::<FunctionCell>() == 16);

// SAFETY: never written after construction; what the closure holds is Send + Sync by the constructors' bounds.
unsafe impl Send for FunctionObj {}
// SAFETY: never written after construction; what the closure holds is Send + Sync.
unsafe impl Sync for FunctionObj {}

// SAFETY: repr(C), starts with the header.
unsafe impl ObjectType for FunctionObj {
    const TYPE_KEY: &'static str = "ffi.Function";
    type Parent = Object;
    #[inline]
    fn type_index() -> i32 {
        tag::FUNCTION
    }
}

/// A function that any language can call.
pub type Function = Obj<FunctionObj>;

#[repr(C)]
struct Closure<F> {
    function: FunctionObj,
    call: F,
}

// SAFETY: repr(C), starts with its parent. The index is the parent's: code outside cannot name the type to ask for it.
unsafe impl<F: Send + Sync + 'static> ObjectType for Closure<F> {
    const TYPE_KEY: &'static str = FunctionObj::TYPE_KEY;
    type Parent = FunctionObj;
    #[inline]
    fn type_index() -> i32 {
        tag::FUNCTION
    }
}

impl Function {
    /// A function over dynamic values.
    pub fn from_packed<F>(call: F) -> Function
    where
        F: Fn(&[AnyView<'_>]) -> Result<Any, Error> + Send + Sync + 'static,
    {
        let cell = FunctionCell { safe_call: invoke::<F>, cpp_call: std::ptr::null_mut() };
        let function = FunctionObj { header: Header::placeholder(), cell };
        Obj::new(Closure { function, call }).upcast()
    }

    /// A function over typed values; `name` is for error texts.
    pub fn from_typed<Args: 'static, F: IntoTyped<Args>>(name: &str, call: F) -> Function {
        let name = Box::<str>::from(name);
        Function::from_packed(move |args| call.call(&name, args))
    }

    /// A function from another language: `safe_call` is called with `handle`, which `deleter` frees.
    ///
    /// # Safety
    /// `safe_call` follows the C convention with this handle, on any thread, and `deleter` ends the handle once.
    pub unsafe fn from_c(
        handle: *mut c_void,
        safe_call: SafeCall,
        deleter: Option<unsafe extern "C" fn(*mut c_void)>,
    ) -> Function {
        struct Handle(*mut c_void, Option<unsafe extern "C" fn(*mut c_void)>);
        // SAFETY: the constructor's contract: any thread may call.
        unsafe impl Send for Handle {}
        // SAFETY: the constructor's contract: any thread may call.
        unsafe impl Sync for Handle {}
        impl Drop for Handle {
            fn drop(&mut self) {
                if let Some(deleter) = self.1 {
                    // SAFETY: the deleter is for this handle, on any thread; dropped once.
                    unsafe { deleter(self.0) };
                }
            }
        }
        impl Handle {
            fn get(&self) -> *mut c_void {
                self.0
            }
        }
        let handle = Handle(handle, deleter);
        // SAFETY: the function is for this handle, on any thread, as the constructor demands.
        Function::from_packed(move |args| unsafe { call_raw(safe_call, handle.get(), args) })
    }
}

impl Function {
    /// Says that the function does not block. Then callers need not let others run meanwhile.
    ///
    /// # Panics
    /// When the function is shared already.
    pub fn short(self) -> Function {
        // SAFETY: the flag promises nothing that safety rests on.
        unsafe { self.with_flags(FLAG_SHORT) }
    }

    /// Says that the function does not block, and runs no code but its own. Until it has returned it calls no function
    /// that it was given, and drops nothing whose end may run such code. It can be lent its arguments, and itself, by a
    /// caller who could not protect them from such code.
    ///
    /// # Panics
    /// When the function is shared already.
    ///
    /// # Safety
    /// It is so.
    pub unsafe fn leaf(self) -> Function {
        // SAFETY: the function does not block and does not come back, as `# Safety` asks.
        unsafe { self.with_flags(FLAG_SHORT | FLAG_LEAF) }
    }

    /// # Safety
    /// What the flags say is so.
    unsafe fn with_flags(self, flags: u32) -> Function {
        assert!(self.header().counts().is_unique(), "a function that is shared already");
        // SAFETY: the object is not published; the flags are this crate's.
        unsafe { add_flags(self.as_raw(), flags) };
        self
    }

    /// Returns its one argument; `name` is for the error text.
    pub fn identity(name: &'static str) -> Function {
        let identity = move |args: &[AnyView<'_>]| match args {
            [value] => Ok(AnyView::to_owned(*value)),
            _ => Err(Error::type_error(format!("{name} takes 1 argument, got {}", args.len()))),
        };
        // SAFETY: takes a count, or moves one.
        unsafe { Function::from_packed(identity).leaf() }
    }

    /// Takes any arguments, and does nothing.
    pub fn nothing() -> Function {
        // SAFETY: what it does not do runs nothing.
        unsafe { Function::from_packed(|_| Ok(Any::none())).leaf() }
    }

    /// Calls the function.
    #[inline]
    pub fn call(&self, args: &[AnyView<'_>]) -> Result<Any, Error> {
        // SAFETY: `safe_call` belongs to this object and follows the convention.
        unsafe { call_raw(self.cell.safe_call, self.as_raw().as_ptr().cast(), args) }
    }

    /// Calls the function that a value is, without a count of its own.
    ///
    /// # Errors
    /// Kind `TypeError` when the value is no function; otherwise what the call ends in.
    #[inline]
    pub fn call_view(function: AnyView<'_>, args: &[AnyView<'_>]) -> Result<Any, Error> {
        let Some(object) = function.as_object().filter(|_| function.type_index() == tag::FUNCTION) else {
            return Err(ConvertError::mismatch(Schema::Callable(None), function).into());
        };
        // SAFETY: the view lends a function, whose `safe_call` follows the convention.
        unsafe { call_raw((*object.cast::<FunctionObj>().as_ptr()).cell.safe_call, object.as_ptr().cast(), args) }
    }
}

impl FunctionObj {
    /// Whether it does not block; see [`Function::short`].
    #[inline]
    pub fn is_short(&self) -> bool {
        self.header.flags() & FLAG_SHORT != 0
    }

    /// Whether it runs no code but its own; see [`Function::leaf`].
    #[inline]
    pub fn is_leaf(&self) -> bool {
        self.header.flags() & FLAG_LEAF != 0
    }

    /// The C entry point; its first argument is the object.
    pub fn safe_call(&self) -> SafeCall {
        self.cell.safe_call
    }
}

/// # Safety
/// `safe_call` follows the C convention with `handle`.
#[inline]
unsafe fn call_raw(safe_call: SafeCall, handle: *mut c_void, args: &[AnyView<'_>]) -> Result<Any, Error> {
    let mut result = RawAny::NONE;
    // SAFETY: views are transparent over `RawAny`. The result is preset to no value, as the convention asks.
    let code = unsafe { safe_call(handle, args.as_ptr().cast(), args.len() as i32, &mut result) };
    if code != 0 {
        return Err(failure(code));
    }
    // SAFETY: on success the callee wrote an owned value, or left no value.
    Ok(unsafe { Any::from_raw(result) })
}

/// The error that a function of the calling convention left when it returned `code`.
#[cold]
pub(crate) fn failure(code: i32) -> Error {
    match take_raised() {
        Some(error) => error,
        None if code == -2 => Error::new("EnvErrorAlreadySet", "an exception of the host language is pending"),
        None => Error::runtime(format!("a function returned {code} without an error")),
    }
}

/// The C entry point of a closure.
///
/// # Safety
/// `handle` is a `Closure<F>`, alive; `args` are `count` valid values; `result` can be written.
unsafe extern "C" fn invoke<F>(handle: *mut c_void, args: *const RawAny, count: i32, result: *mut RawAny) -> i32
where
    F: Fn(&[AnyView<'_>]) -> Result<Any, Error> + Send + Sync + 'static,
{
    // SAFETY: `handle` is a `Closure<F>`, alive.
    let closure = unsafe { &*handle.cast::<Closure<F>>() };
    // SAFETY: `args` are `count` valid values; `result` can be written.
    unsafe { answer(|args| (closure.call)(args), args, count, result) }
}

/// Calls, and answers by the C convention.
///
/// # Safety
/// `args` are `count` valid values; `result` can be written.
#[inline]
pub(super) unsafe fn answer(
    call: impl FnOnce(&[AnyView<'_>]) -> Result<Any, Error>,
    args: *const RawAny,
    count: i32,
    result: *mut RawAny,
) -> i32 {
    let args: &[AnyView<'_>] = match usize::try_from(count) {
        Ok(0) | Err(_) => &[],
        // SAFETY: `args` are `count` valid values; views are transparent over `RawAny`.
        Ok(count) => unsafe { std::slice::from_raw_parts(args.cast(), count) },
    };
    match catch_unwind(AssertUnwindSafe(|| call(args))) {
        Ok(Ok(value)) => {
            // SAFETY: `result` can be written; it holds no value, so nothing is lost.
            unsafe { result.write(value.into_raw()) };
            0
        }
        Ok(Err(error)) => {
            raise(error);
            -1
        }
        Err(panic) => {
            raise(Error::from_panic(panic));
            -1
        }
    }
}
