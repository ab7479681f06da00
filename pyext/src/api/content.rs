//! Equality, order, hash and text by content, for Python.
//! Upholds: what is equal to a Python tuple hashes as that does; long work lets other threads run and ends on a signal.
#![forbid(unsafe_code)]

use crate::from_python::{convert, sequence};
use crate::interpreter::entry::add_function;
use crate::interpreter::exceptions::{PyOverflowError, PyTypeError};
use crate::interpreter::interrupt::is_interrupt;
use crate::interpreter::make::Make;
use crate::interpreter::names::intern;
use crate::interpreter::take;
use crate::interpreter::trampoline::or_memory_error;
use crate::interpreter::{attach, make};
use crate::to_python::opaque::OpaqueObj;
use crate::to_python::{error, own_text, value};
use crate::wrapper::tie;
use bowline::container::ArrayObj;
use bowline::function::{Error, Function};
use bowline::object::ObjectType;
use bowline::reflect::attr;
use bowline::reflect::checkpoint::{self, Work};
use bowline::reflect::content::{self, ContentHash, ContentText, Equality, Front, OrderWork, Scheme, Shared};
use bowline::value::{tag, Any, AnyView, IntoAny, Str};
use bowline_python_macros::{guarded, pyfunction};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyNotImplemented};

/// Does short work at once, the rest while other threads may have the interpreter.
///
/// # Errors
/// What the work ends in, and what a signal handler raises.
pub fn run<W: Work + Send>(py: Python<'_>, mut work: W) -> PyResult<W::Output>
where
    W::Output: Send,
{
    or_memory_error(py, || {
        let outcome = match work.work(checkpoint::STEPS_BETWEEN) {
            Ok(Some(done)) => return Ok(done),
            Ok(None) => py.detach(|| checkpoint::finish(work)),
            Err(error) => Err(error),
        };
        outcome.map_err(|error| error::to_python(py, &error))
    })
}

/// Python's hashes of plain values, and of tuples.
pub struct PythonHashing;

impl Scheme for PythonHashing {
    fn plain(&self, view: AnyView<'_>) -> Result<u64, Error> {
        if view.as_float().is_some_and(f64::is_nan) {
            // Python's differ from object to object.
            return Ok(0);
        }
        let hash = attach::with_python(|py| {
            error::guarded(py, || value::to_python(py, AnyView::to_owned(view)).and_then(|value| value.hash()))
        });
        let hash = hash.unwrap_or_else(|| Err(Error::runtime("there is no Python interpreter to hash by")));
        hash.map(|hash| hash as u64)
    }

    /// As CPython's `tuple_hash` (Objects/tupleobject.c, 3.8 and later). That is xxHash of 64 bits with the items as lanes.
    fn sequence(&self, items: &[u64]) -> u64 {
        const PRIMES: [u64; 3] = [11_400_714_785_074_694_791, 14_029_467_366_897_019_727, 2_870_177_450_012_600_261];
        let hash = items.iter().fold(PRIMES[2], |hash, item| {
            hash.wrapping_add(item.wrapping_mul(PRIMES[1])).rotate_left(31).wrapping_mul(PRIMES[0])
        });
        match hash.wrapping_add(items.len() as u64 ^ (PRIMES[2] ^ 3_527_539)) {
            u64::MAX => 1_546_275_796,
            hash => hash,
        }
    }
}

fn is_empty_wrapper(ob: &Bound<'_, PyAny>) -> bool {
    tie::is_wrapper(ob) && tie::handle(ob).is_none()
}

/// Whether two values have the same content.
#[pyfunction]
#[guarded]
fn content_equal(a: &Bound<'_, PyAny>, b: &Bound<'_, PyAny>) -> PyResult<bool> {
    if is_empty_wrapper(a) || is_empty_wrapper(b) {
        return Ok(is_empty_wrapper(a) && is_empty_wrapper(b));
    }
    let py = a.py();
    let (a, b) = (convert::any(a)?, convert::any(b)?);
    run(py, Equality::new(a.view(), b.view()))
}

/// Whether an Array or a List has the items of another. The other may be a Python list or tuple; NotImplemented for other values.
#[pyfunction]
#[guarded]
fn content_equal_items<'py>(mine: &Bound<'py, PyAny>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = mine.py();
    let answer = |equal: bool| equal.make(py);
    let is_native = tie::object_of(other).is_some_and(|other| matches!(other.type_index(), tag::ARRAY | tag::LIST));
    if !is_native && (tie::is_wrapper(other) || !sequence::is_sequence(other)) {
        return match is_empty_wrapper(other) && other.get_type().is(mine.get_type()) {
            true => answer(is_empty_wrapper(mine)),
            false => Ok(PyNotImplemented::get(py).to_owned().into_any()),
        };
    }
    let Some(object) = tie::object_of(mine) else { return answer(false) };
    let mine = object.into_any();
    let other = match is_native {
        true => convert::any(other),
        false => sequence::collect_items(other).map(|items| ArrayObj::make(items.into_iter()).into_any()),
    };
    let other = match other {
        Ok(other) => other,
        // What no native value can be is equal to none.
        Err(raised) if raised.is_instance_of::<PyOverflowError>(py) || raised.is_instance_of::<PyTypeError>(py) => {
            return answer(false);
        }
        Err(raised) => return Err(raised),
    };
    let work = match mine.type_index() == other.type_index() && is_native {
        true => Equality::new(mine.view(), other.view()),
        false => Equality::loosely(mine.view(), other.view()),
    };
    answer(run(py, work)?)
}

/// A number below, at or above 0. By it one value comes before, with or after another.
#[pyfunction]
#[guarded]
fn content_order(a: &Bound<'_, PyAny>, b: &Bound<'_, PyAny>) -> PyResult<i32> {
    let py = a.py();
    let (a, b) = (convert::any(a)?, convert::any(b)?);
    Ok(run(py, OrderWork::new(a.view(), b.view()))? as i32)
}

/// A hash that is the same for values of the same content.
#[pyfunction]
#[guarded]
fn content_hash(value: &Bound<'_, PyAny>) -> PyResult<i64> {
    let py = value.py();
    if is_empty_wrapper(value) {
        return Ok(PythonHashing.sequence(&[]) as i64);
    }
    let value = convert::any(value)?;
    // Attached throughout, since every part takes Python; the checkpoints let others run.
    or_memory_error(py, || {
        let hash = checkpoint::finish(ContentHash::new(value.view(), &PythonHashing));
        hash.map(|hash| hash as i64).map_err(|error| error::to_python(py, &error))
    })
}

/// The text of a wrapper. It is that of its class and handle where a part cannot be shown.
#[pyfunction]
#[guarded]
fn object_text(ob: &Bound<'_, PyAny>) -> PyResult<String> {
    let py = ob.py();
    let name = || ob.get_type().name().map_or_else(|_| "?".to_owned(), |name| take::shown(&name));
    let Some(object) = tie::object_of(ob) else { return Ok(format!("{}(chandle=None)", name())) };
    let at = object.as_raw();
    match run(py, ContentText::new(object.into_any().view())) {
        Err(raised) if !is_interrupt(py, &raised) => Ok(format!("{}(chandle={at:p})", name())),
        outcome => outcome,
    }
}

/// The handles of the objects for which a text has references.
#[pyfunction]
#[guarded]
fn object_shared(ob: &Bound<'_, PyAny>) -> PyResult<Vec<usize>> {
    run(ob.py(), Shared::new(convert::any(ob)?.view()))
}

/// Whether `os.environ` asks for addresses; none on threads that Python does not know.
///
/// What a mapping's methods would look up is looked up in its dict (`os._Environ` in CPython's Lib/os.py): they run as Python code
/// does, and a signal that came meanwhile could not raise its exception.
fn asks_for_addresses() -> Option<bool> {
    let ask = |py: Python<'_>| -> PyResult<bool> {
        let environment =
            py.import(intern!(py, "os"))?.getattr(intern!(py, "environ"))?.getattr(intern!(py, "_data"))?;
        let value = environment.cast::<PyDict>()?.get_item(make::bytes(py, b"TVM_FFI_REPR_WITH_ADDR")?)?;
        Ok(value.is_some_and(|value| value.cast::<PyBytes>().is_ok_and(|value| value.as_bytes() == b"1")))
    };
    if !attach::known() {
        return None;
    }
    attach::with_python(|py| or_memory_error(py, || ask(py)).ok())?
}

// ---- Python objects among native values ------------------------------------------------------------------------------

/// The Python objects in the first arguments, with the interpreter, for `work`.
fn with_payloads<const N: usize>(
    arguments: &[AnyView<'_>],
    work: impl FnOnce(&[Bound<'_, PyAny>; N]) -> PyResult<Any>,
) -> Result<Any, Error> {
    let found: Vec<&OpaqueObj> = arguments.iter().take(N).filter_map(|view| view.as_ref::<OpaqueObj>()).collect();
    let found: [&OpaqueObj; N] =
        found.try_into().map_err(|_| Error::type_error(format!("expected {N} Python objects")))?;
    attach::with_python(|py| {
        let payloads = found.map(|opaque| opaque.payload(py));
        error::guarded(py, || work(&payloads))
    })
    .unwrap_or_else(|| Err(Error::runtime("there is no Python interpreter for its objects")))
}

/// Python objects in native graphs are compared, hashed and shown as Python does it.
fn install_hooks() -> Result<(), Error> {
    let hook = |name: &str, function: fn(&[AnyView<'_>]) -> Result<Any, Error>| {
        attr::set(OpaqueObj::type_index(), name, Function::from_packed(function).into_any())
    };
    hook("__ffi_eq__", |arguments| {
        with_payloads(arguments, |[a, b]| Ok((a.is(b) || (a.get_type().is(b.get_type()) && a.eq(b)?)).into_any()))
    })?;
    hook("__ffi_hash__", |arguments| with_payloads(arguments, |[ob]| Ok((ob.hash()? as i64).into_any())))?;
    hook("__ffi_repr__", |arguments| {
        with_payloads(arguments, |[ob]| Ok(Str::from(&*take::lent(&ob.repr()?)).into_any()))
    })
}

/// Adds what is here to the module.
///
/// # Errors
/// Those of adding it.
pub fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    let raise = |error: Error| error::to_python(py, &error);
    install_hooks().map_err(raise)?;
    content::decide_addresses(asks_for_addresses);
    content::set_front(Front { tells: own_text::may_tell, tell: own_text::tell });
    add_function!(module, content_equal)?;
    add_function!(module, content_equal_items)?;
    add_function!(module, content_order)?;
    add_function!(module, content_hash)?;
    add_function!(module, object_shared)?;
    add_function!(module, object_text)
}
