//! Functions, errors and the global table from outside.
//! Uses the crate's public interface only.
//! Error texts are part of the interface: Python users match on them.
#![cfg(not(any(bowline_loom, bowline_shuttle)))]

use bowline::function::error::{raise, set_read_frames, take_raised, Update};
use bowline::function::{global, Error, Function, IntoTyped};
use bowline::object::{Obj, Object};
use bowline::value::{convert, Any, AnyView, IntoAny, RawAny, RvalueSlot, Str};
use std::ffi::c_void;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::Arc;

/// How often a stress test does what it does; Miri looks closer instead.
const ROUNDS: usize = if cfg!(miri) { 6 } else { 200 };

fn call(function: &Function, args: &[Any]) -> Result<Any, Error> {
    function.call(Any::views(args))
}

fn message(result: Result<Any, Error>) -> String {
    let error = result.unwrap_err();
    format!("{}: {}", error.kind(), error.message())
}

#[test]
fn typed_functions_check_count_and_types() {
    let add = Function::from_typed("name", |a: i64| a + 1);
    assert_eq!(call(&add, &[41.into_any()]).unwrap().view().as_int(), Some(42));
    assert_eq!(
        message(call(&add, &["x".into_any()])),
        "TypeError: Mismatched type on argument #0 when calling: `name(0: int) -> int`. Expected `int` but got `str`",
    );
    assert_eq!(
        message(call(&add, &[])),
        "TypeError: Mismatched number of arguments when calling: `name(0: int) -> int`. \
         Expected 1 but got 0 arguments",
    );
    let none = Function::from_typed("nothing", || ());
    assert!(call(&none, &[]).unwrap().is_none());
    fn signature<A, F: IntoTyped<A>>(_: &F) -> String {
        F::signature("f").to_string()
    }
    assert_eq!(signature(&|_: Option<Str>| 1.5_f64), "f(0: str | None) -> float");
}

#[test]
fn eight_arguments_of_many_types() {
    let eight = Function::from_typed(
        "eight",
        |a: i64, b: f64, c: bool, d: Str, e: Option<i64>, f: Any, g: Vec<i64>, h: Function| {
            let args = [a.into_any(), b.into_any(), c.into_any(), d.into_any(), e.into_any(), f, g.into_any()];
            h.call(Any::views(&args))
        },
    );
    let count = Function::from_packed(|args| Ok(args.len().into_any()));
    let args = [1.into_any(), 2.into_any(), true.into_any(), "d".into_any(), Any::none(), Any::none()];
    let args: Vec<Any> = args.into_iter().chain([vec![1_i64, 2].into_any(), count.into_any()]).collect();
    assert_eq!(call(&eight, &args).unwrap().view().as_int(), Some(7));
    assert_eq!(
        message(call(&eight, &args[..7])),
        "TypeError: Mismatched number of arguments when calling: `eight(0: int, 1: float, 2: bool, 3: str, \
         4: int | None, 5: Any, 6: Array[int], 7: Callable[..., Any]) -> Any`. Expected 8 but got 7 arguments",
    );
    let args: Vec<Any> = args[..6].iter().cloned().chain([vec!["a"].into_any(), args[7].clone()]).collect();
    assert!(message(call(&eight, &args)).ends_with("Expected `Array[int]` but got `ffi.Array[index 0: str]`"));
}

#[test]
fn errors_travel_as_they_are() {
    let inner = Error::with_backtrace("KeyError", "no such key", "frame 1\n");
    let raised = inner.clone();
    let fails = Function::from_packed(move |_| Err(raised.clone()));
    let through = Function::from_packed(move |args| fails.call(args));
    let error = call(&through, &[]).unwrap_err();
    assert!(error.as_object().ptr_eq(inner.as_object()), "the same object, however many calls it went through");
    assert_eq!((error.to_string().as_str(), &*error.backtrace()), ("KeyError: no such key", "frame 1\n"));
    error.update_backtrace("frame 2\n", Update::Append);
    assert_eq!(&*inner.backtrace(), "frame 1\nframe 2\n");
    error.update_backtrace("other", Update::Replace);
    assert_eq!(&*inner.backtrace(), "other");
    let context = Obj::new(Object::placeholder());
    error.set_extra_context(Some(context.clone()));
    error.set_cause(Some(Error::runtime("deeper").into_object().upcast()));
    assert!(inner.extra_context().unwrap().ptr_eq(&context));
    let cause: Error = convert(inner.cause().unwrap().into_any().view()).unwrap();
    assert_eq!(cause.message(), "deeper");
    error.set_extra_context(None);
    assert!(inner.extra_context().is_none());
}

#[test]
fn panics_become_errors() {
    let literal = Function::from_packed(|_| panic!("as it is"));
    assert_eq!(message(call(&literal, &[])), "RuntimeError: as it is");
    let formatted = Function::from_typed("f", |n: i64| -> i64 { panic!("number {n}") });
    assert_eq!(message(call(&formatted, &[3.into_any()])), "RuntimeError: number 3");
    let strange = Function::from_packed(|_| std::panic::panic_any(3));
    assert_eq!(message(call(&strange, &[])), "RuntimeError: panic");
    struct Worse;
    impl Drop for Worse {
        fn drop(&mut self) {
            if !std::thread::panicking() {
                panic!("again");
            }
        }
    }
    let worse = Function::from_packed(|_| std::panic::panic_any(Worse));
    assert_eq!(message(call(&worse, &[])), "RuntimeError: panic");
}

#[test]
fn appended_backtraces_are_all_there() {
    let error = Error::runtime("shared");
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let error = &error;
            scope.spawn(move || {
                for n in 0..ROUNDS {
                    error.update_backtrace(&format!("{thread}.{n} "), Update::Append);
                    assert!(error.backtrace().contains(&format!("{thread}.{n} ")));
                }
            });
        }
    });
    let text = error.backtrace();
    let frames: Vec<&str> = text.split_whitespace().collect();
    assert_eq!(frames.len(), 4 * ROUNDS);
    for thread in 0..4 {
        let own: Vec<&str> = frames.iter().copied().filter(|frame| frame.starts_with(&format!("{thread}."))).collect();
        let expected: Vec<String> = (0..ROUNDS).map(|n| format!("{thread}.{n}")).collect();
        assert_eq!(own, expected);
    }
}

#[test]
fn raised_errors_belong_to_their_thread() {
    assert!(take_raised().is_none());
    raise(Error::runtime("here"));
    std::thread::spawn(|| assert!(take_raised().is_none())).join().unwrap();
    raise(Error::runtime("in its place"));
    assert_eq!(take_raised().unwrap().message(), "in its place");
    assert!(take_raised().is_none());
}

static FREED: AtomicI64 = AtomicI64::new(0);

unsafe extern "C" fn foreign(handle: *mut c_void, args: *const RawAny, count: i32, result: *mut RawAny) -> i32 {
    // SAFETY: called by the convention with the handle below.
    unsafe {
        let args: &[AnyView<'_>] =
            if count == 0 { &[] } else { std::slice::from_raw_parts(args.cast(), count as usize) };
        match args.first().and_then(|arg| arg.as_int()) {
            Some(code) if code < 0 => code as i32,
            Some(n) => {
                *result = (n + *handle.cast::<i64>()).into_any().into_raw();
                0
            }
            None => {
                raise(Error::value_error("no number"));
                -1
            }
        }
    }
}

unsafe extern "C" fn free(handle: *mut c_void) {
    // SAFETY: called once with the handle below.
    drop(unsafe { Box::from_raw(handle.cast::<i64>()) });
    FREED.fetch_add(1, Ordering::Relaxed);
}

#[test]
fn foreign_functions_follow_the_convention() {
    let handle: *mut i64 = Box::into_raw(Box::new(100));
    // SAFETY: `foreign` keeps to the convention, `free` ends the handle.
    let function = unsafe { Function::from_c(handle.cast(), foreign, Some(free)) };
    assert_eq!(call(&function, &[5.into_any()]).unwrap().view().as_int(), Some(105));
    assert_eq!(message(call(&function, &[])), "ValueError: no number");
    assert_eq!(call(&function, &[(-2).into_any()]).unwrap_err().kind(), "EnvErrorAlreadySet");
    assert_eq!(call(&function, &[(-1).into_any()]).unwrap_err().kind(), "RuntimeError");
    let mut result = RawAny::NONE;
    let args = [7.into_any()];
    // SAFETY: a call by the convention.
    let code = unsafe {
        let entry = function.safe_call();
        entry(function.as_raw().as_ptr().cast(), args.as_ptr().cast(), 1, &mut result)
    };
    assert_eq!((code, result.to_bits()), (0, 107));
    drop(function);
    assert_eq!(FREED.load(Ordering::Relaxed), 1);
}

#[test]
fn arguments_are_borrowed_and_rvalues_moved() {
    let object = Obj::new(Object::placeholder());
    let count = Function::from_typed("count", |object: Obj<Object>| object.strong_count());
    let borrowed = count.call(&[AnyView::of_object(&object)]).unwrap();
    assert_eq!((borrowed.view().as_int(), object.strong_count()), (Some(2), 1));
    let slot = RvalueSlot::new(object);
    assert_eq!(count.call(&[AnyView::of_rvalue(&slot)]).unwrap().view().as_int(), Some(1));
    let again = count.call(&[AnyView::of_rvalue(&slot)]);
    assert!(message(again).starts_with("ValueError: Mismatched type on argument #0"));
    let method = Function::from_typed("method", |this: &Object, n: i64| i64::from(this.type_index()) + n);
    let object = Obj::new(Object::placeholder());
    assert_eq!(method.call(&[AnyView::of_object(&object), 1.into_any().view()]).unwrap().view().as_int(), Some(65));
    let wrong = method.call(&[1.into_any().view(), 1.into_any().view()]);
    assert!(message(wrong).ends_with("`method(0: ffi.Object, 1: int) -> int`. Expected `ffi.Object` but got `int`"));
}

#[test]
fn values_are_called_when_they_are_functions() {
    let add = Function::from_typed("add", |a: i64, b: i64| a + b);
    let args = [1.into_any(), 2.into_any()];
    let value = add.clone().into_any();
    assert_eq!(Function::call_view(value.view(), Any::views(&args)).unwrap().view().as_int(), Some(3));
    assert_eq!(
        message(Function::call_view(args[0].view(), &[])),
        "TypeError: Expected `Callable[..., Any]` but got `int`"
    );
    assert_eq!(add.strong_count(), 2);
}

#[test]
fn closures_are_freed_with_their_function() {
    let captured = Arc::new(());
    let clone = captured.clone();
    let function = Function::from_packed(move |_| Ok((Arc::strong_count(&clone)).into_any()));
    assert_eq!(call(&function, &[]).unwrap().view().as_int(), Some(2));
    drop(function);
    assert_eq!(Arc::strong_count(&captured), 1);
}

#[test]
fn global_names() {
    let one = Function::from_typed("one", || 1);
    let two = Function::from_typed("two", || 2);
    global::register("test.global", one.clone(), false).unwrap();
    let error = global::register("test.global", two.clone(), false).unwrap_err();
    assert_eq!(error.to_string(), "RuntimeError: Global Function `test.global` is already registered");
    assert!(global::get("test.global").unwrap().ptr_eq(&one));
    global::register("test.global", two.clone(), true).unwrap();
    assert!(global::get("test.global").unwrap().ptr_eq(&two));
    assert!(global::names().contains(&"test.global".to_owned()));
    assert!(global::remove("test.global") && !global::remove("test.global"));
    assert!(global::get("test.global").is_none());
    // Another test may be copying the same part of the table just now.
    let forgotten = || (one.strong_count(), two.strong_count()) == (1, 1);
    assert!((0..100_000).any(|_| forgotten() || (std::thread::yield_now(), false).1), "forgotten names own nothing");
}

#[test]
fn global_register_vs_get() {
    std::thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || {
                for n in 0..ROUNDS {
                    let name = format!("race.{thread}.{n}");
                    let function = Function::from_typed("n", move || n);
                    global::register(&name, function, false).unwrap();
                    let found = global::get(&name).unwrap();
                    assert_eq!(found.call(&[]).unwrap().view().as_int(), Some(n as i64));
                    if n % 2 == 0 {
                        assert!(global::remove(&name));
                    }
                }
            });
        }
        for _ in 0..ROUNDS {
            let function = Function::from_typed("one", || 1);
            let _ = global::register("race.contended", function, true);
            assert!(global::get("race.contended").is_some());
        }
    });
    let left = global::names().iter().filter(|name| name.starts_with("race.") && !name.ends_with('d')).count();
    assert_eq!(left, 2 * ROUNDS);
}

#[test]
fn frames_of_another_language_are_read_when_they_are_asked_for() {
    static READ: AtomicUsize = AtomicUsize::new(0);
    set_read_frames(|context| {
        READ.fetch_add(1, Ordering::Relaxed);
        // A string stands for the exception of a language.
        context.clone().into_any().view().as_str().map(|text| format!("frame of {text}\n"))
    });
    let context = || Str::from("a string that is no small one").into_any().into_object().unwrap();
    let passes = |error: Error| Function::from_packed(move |_| Err(error.clone())).call(&[]).unwrap_err();
    let error = (0..100).fold(Error::standing_for("ValueError", "m", context()), |error, _| passes(error));
    assert_eq!(READ.load(Ordering::Relaxed), 0);
    error.update_backtrace("native\n", Update::Append);
    for _ in 0..2 {
        assert_eq!(&*error.backtrace(), "frame of a string that is no small one\nnative\n");
    }
    assert_eq!(READ.load(Ordering::Relaxed), 1);

    let replaced = Error::standing_for("ValueError", "m", context());
    replaced.update_backtrace("other", Update::Replace);
    assert_eq!(&*replaced.backtrace(), "other");

    // Nothing that has frames: what there is.
    let unknown = Error::standing_for("ValueError", "m", Error::runtime("none").into_object().upcast());
    unknown.update_backtrace("native\n", Update::Append);
    assert_eq!(&*unknown.backtrace(), "native\n");
}
