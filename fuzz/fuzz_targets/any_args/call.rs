//! Calls. Typed functions get the wrong and the right arguments, packed ones misbehave in every allowed way.
//! Upholds: an error comes out as the object that went in, a panic as an error; a C function's handle ends once.

use super::make::{is_function, Made};
use super::model::Model;
use super::oracle::MISMATCH;
use super::table::Row;
use bowline::container::Array;
use bowline::function::error::raise;
use bowline::function::{Error, Function};
use bowline::value::{Any, AnyView, IntoAny, RawAny, RvalueSlot};
use libfuzzer_sys::arbitrary::{Result, Unstructured};
use std::cell::Cell;
use std::ffi::c_void;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

thread_local! {
    static EXPECTED: Cell<bool> = const { Cell::new(false) };
}

/// libFuzzer ends the process at every panic. Those that a function is to catch are let through.
pub fn expect_panics() {
    let fatal = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if !EXPECTED.get() {
            fatal(info);
        }
    }));
}

fn arguments<'a>(u: &mut Unstructured<'_>, pool: &'a [Made]) -> Result<Vec<&'a Made>> {
    let count = u.int_in_range(0..=5)?;
    (0..count).map(|_| u.choose(pool)).collect()
}

fn views<'a>(arguments: &[&'a Made]) -> Vec<AnyView<'a>> {
    arguments.iter().map(|(value, _)| value.view()).collect()
}

/// Calls a function that returns its one argument.
pub fn typed(u: &mut Unstructured<'_>, rows: &[Row], pool: &[Made]) -> Result<()> {
    let row = u.choose(rows)?;
    let arguments = arguments(u, pool)?;
    let schema = (row.schema)();
    let signature = format!("`identity(0: {schema}) -> {schema}`");
    let found = row.identity.call(&views(&arguments));
    let [(_, model)] = arguments[..] else {
        let error = found.expect_err("a wrong number of arguments");
        let got = arguments.len();
        let text =
            format!("Mismatched number of arguments when calling: {signature}. Expected 1 but got {got} arguments");
        assert_eq!((error.kind(), error.message()), (MISMATCH, text.as_str()));
        return Ok(());
    };
    match (row.expected.convert(model), found) {
        (Ok(expected), Ok(value)) => expected.expect(value.view()),
        (Err(kind), Err(error)) => {
            let text = format!("Mismatched type on argument #0 when calling: {signature}. Expected `{schema}` but got");
            assert!(error.kind() == kind && error.message().starts_with(&text), "{error}");
        }
        (expected, found) => panic!("{:?}, but {found:?}", expected.is_ok()),
    }
    Ok(())
}

/// Calls a function over dynamic values.
pub fn packed(u: &mut Unstructured<'_>, pool: &[Made]) -> Result<()> {
    let arguments = arguments(u, pool)?;
    match u.int_in_range(0..=6)? {
        0 => {
            let echo =
                Function::from_packed(|args| Ok(args.iter().copied().collect::<Array<AnyView<'_>>>().into_any()));
            let Ok(all) = echo.call(&views(&arguments)) else { panic!("an echo fails") };
            let array = all.view();
            let found = array.as_ref::<bowline::container::ArrayObj>().expect("an array").as_slice();
            assert_eq!(found.len(), arguments.len());
            found.iter().zip(&arguments).for_each(|(value, (_, model))| model.expect(value.view()));
        }
        1 => {
            let error = Error::new(["ValueError", "KeyError", "no kind", ""][u.int_in_range(0..=3)?], "text");
            let (raised, deep) = (error.clone(), u.int_in_range(0..=6)?);
            let mut function = Function::from_packed(move |_| Err(raised.clone()));
            for _ in 0..deep {
                function = Function::from_packed(move |args| function.call(args));
            }
            let found = function.call(&views(&arguments)).expect_err("it fails");
            assert!(found.as_object().ptr_eq(error.as_object()));
        }
        2 => {
            EXPECTED.set(true);
            let text: String = u.arbitrary::<&str>()?.to_owned();
            let panics = Function::from_packed(move |args| panic!("{text}{}", args.len()));
            let found = panics.call(&views(&arguments));
            EXPECTED.set(false);
            let error = found.expect_err("it panics");
            assert!(error.kind() == "RuntimeError" && error.message().ends_with(&arguments.len().to_string()));
        }
        3 => foreign(u, &views(&arguments))?,
        4 => {
            // The callee takes what it is offered, or leaves it.
            let takes: bool = u.arbitrary()?;
            let callee = Function::from_packed(move |args| match takes {
                true => Ok(args[0].to_owned()),
                false => Ok(args.len().into_any()),
            });
            let (value, model) = u.choose(pool)?;
            let Ok(object) = value.clone().into_object() else { return Ok(()) };
            let slot = RvalueSlot::new(object);
            let found = callee.call(&[AnyView::of_rvalue(&slot)]);
            assert_eq!(slot.is_empty(), takes);
            match (found, takes) {
                (Ok(found), true) => model.expect(found.view()),
                (found, _) => assert_eq!(found.ok().and_then(|found| found.view().as_int()), Some(1)),
            }
        }
        _ => {
            let (callee, _) = u.choose(pool)?;
            let found = Function::call_view(callee.view(), &views(&arguments));
            match is_function(callee) {
                true => Model::Int(arguments.len() as i64).expect(found.expect("it counts").view()),
                false => assert_eq!(found.expect_err("no function").kind(), MISMATCH),
            }
        }
    }
    Ok(())
}

/// What a function of another language answers.
struct Answer {
    code: i32,
    leaves_error: bool,
    calls: AtomicUsize,
    ends: Arc<AtomicUsize>,
}

unsafe extern "C" fn answer(handle: *mut c_void, args: *const RawAny, count: i32, result: *mut RawAny) -> i32 {
    // SAFETY: the handle that `foreign` made, alive until `end`. The arguments and the place for the result are
    // the caller's.
    unsafe {
        let this = &*handle.cast::<Answer>();
        this.calls.fetch_add(1, Ordering::Relaxed);
        if this.leaves_error {
            raise(Error::new("KeyError", "left behind"));
        }
        if this.code == 0 && count > 0 {
            result.write(AnyView::from_raw(*args).to_owned().into_raw());
        }
        this.code
    }
}

unsafe extern "C" fn end(handle: *mut c_void) {
    // SAFETY: called once, with the box that `foreign` gave away.
    let this = unsafe { Box::from_raw(handle.cast::<Answer>()) };
    this.ends.fetch_add(1, Ordering::Relaxed);
}

fn foreign(u: &mut Unstructured<'_>, arguments: &[AnyView<'_>]) -> Result<()> {
    let code = *u.choose(&[0, -1, -2, 1, i32::MIN])?;
    let leaves_error = code != 0 && u.arbitrary()?;
    let ends = Arc::new(AtomicUsize::new(0));
    let handle = Box::into_raw(Box::new(Answer { code, leaves_error, calls: AtomicUsize::new(0), ends: ends.clone() }));
    // SAFETY: `answer` follows the convention with this handle, `end` frees it.
    let function = unsafe { Function::from_c(handle.cast(), answer, Some(end)) };
    let rounds = u.int_in_range(1..=3)?;
    for _ in 0..rounds {
        match (code, function.call(arguments)) {
            (0, Ok(value)) => match arguments.first() {
                Some(first) => assert!(value.view().same(first)),
                None => assert!(Any::is_none(&value)),
            },
            (0, Err(error)) => panic!("{error}"),
            (_, Ok(_)) => panic!("{code} is no success"),
            (code, Err(error)) => match (leaves_error, code) {
                (true, _) => assert_eq!(error.to_string(), "KeyError: left behind"),
                (false, -2) => assert_eq!(error.kind(), "EnvErrorAlreadySet"),
                (false, _) => assert_eq!(error.kind(), "RuntimeError"),
            },
        }
    }
    // SAFETY: not ended yet.
    assert_eq!(unsafe { &*handle }.calls.load(Ordering::Relaxed), rounds);
    drop(function);
    assert_eq!(ends.load(Ordering::Relaxed), 1, "a handle ends once");
    Ok(())
}
