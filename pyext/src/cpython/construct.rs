//! `__ffi_init__`: native objects from field values, by a plan that is made once for each type.
//! Imports the tie, `class`, `words`; conversions come from `crate::convert`, field origins from `crate::field`.
//! Upholds: all values are converted before anything is allocated, so that user code never meets a half-made object, and
//! an error leaves the wrapper as it was.

use super::opaque::Payload;
use super::refcount;
use super::trampoline::{counted, slot};
use super::words::Words;
use super::{class, slots, tie};
use crate::sentinel::{is_kwargs, is_missing};
use crate::{convert, error, field};
use bowline::function::Function;
use bowline::object::table::IndexTable;
use bowline::object::{registry, Obj, Object};
use bowline::reflect::{self, instance, FieldDefault, FieldInfo, Reflection, Signature};
use bowline::value::Any;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyType};
use pyo3::{ffi, intern};
use smallvec::SmallVec;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicPtr, Ordering};

/// Types with more fields than this use the heap for their arguments.
const INLINE: usize = 12;

/// What a field that was not passed starts with.
enum Start {
    /// It has to be passed.
    Required,
    /// What the blank object has.
    Blank,
    Value(Any),
    Native(&'static Function),
    Python(&'static Payload),
}

struct Parameter {
    field: &'static FieldInfo,
    /// Interned.
    name: Payload,
    start: Start,
}

/// How objects of a type are made.
pub struct Plan {
    /// The class whose wrappers the plan is for: the one registered for the type, which may change.
    class: AtomicPtr<ffi::PyTypeObject>,
    index: i32,
    key: &'static str,
    reflection: &'static Reflection,
    signature: Signature,
    /// One for each field.
    parameters: Vec<Parameter>,
    /// Whether positional arguments are for the fields in their order, and an object is zeroed memory to begin with.
    straight: bool,
    /// If so, and each field is one word of a kind that is quickly converted.
    words: Option<Words>,
}

static PLANS: IndexTable<Plan> = IndexTable::new();

/// Plans by class, so that finding one takes a look. A hint: an entry may be pushed out by another class's.
static RECENT: [AtomicPtr<Plan>; 1024] = [const { AtomicPtr::new(null_mut()) }; 1024];

fn recent(class: *mut ffi::PyTypeObject) -> &'static AtomicPtr<Plan> {
    let hash = (class as u64 >> 4).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    &RECENT[(hash >> 54) as usize]
}

/// Forgets the plan of a type whose registration is taken back.
pub fn forget(index: i32) {
    let Some(plan) = PLANS.get(index) else { return };
    // Relaxed, here and below: compared only; registered classes live for ever.
    let entry = recent(plan.class.load(Ordering::Relaxed));
    // Relaxed: plans are never freed.
    let _ =
        entry.compare_exchange(std::ptr::from_ref(plan).cast_mut(), null_mut(), Ordering::Relaxed, Ordering::Relaxed);
}

impl Plan {
    fn make(py: Python<'_>, class: &Bound<'_, PyType>) -> PyResult<&'static Plan> {
        let name = || class.name().map_or_else(|_| "?".to_owned(), |name| name.to_string());
        let refuse = || Err(PyTypeError::new_err(format!("'{}' objects cannot be made from field values", name())));
        let Some(index) = class::type_index_of(class) else { return refuse() };
        if let Some(plan) = PLANS.get(index) {
            // An unregistered subclass of the plan's class.
            return Ok(plan.remember(class));
        }
        let Some(reflection) = reflect::info(index) else { return refuse() };
        if !reflection.constructible {
            return refuse();
        }
        let signature = Signature::of(reflection);
        let mut parameters = Vec::with_capacity(reflection.fields.len());
        for (at, field) in reflection.fields.iter().enumerate() {
            let factory = field::origin(field).and_then(|origin| origin.factory.as_ref());
            let start = match (&field.default, factory) {
                (FieldDefault::Value(value), _) => Start::Value(value.clone()),
                (FieldDefault::Factory(_), Some(factory)) => Start::Python(factory),
                (FieldDefault::Factory(function), None) => Start::Native(function),
                (FieldDefault::Required, _) if signature.is_required(at) => Start::Required,
                (FieldDefault::Required, _) => Start::Blank,
            };
            let name = Payload::new(PyString::intern(py, &field.name).as_any());
            parameters.push(Parameter { field, name, start });
        }
        let in_order = signature.positional().iter().copied().eq(0..parameters.len());
        let straight = signature.is_blank() && reflection.creator.is_none() && in_order;
        let plan = Plan {
            words: if straight { Words::of(reflection) } else { None },
            class: AtomicPtr::default(),
            index,
            key: registry::type_info(index).map_or("?", |info| info.key),
            reflection,
            signature,
            parameters,
            straight,
        };
        let plan = match PLANS.set(index, Box::new(plan)) {
            Ok(plan) => Some(plan),
            // Another thread was first.
            Err(_) => PLANS.get(index),
        };
        plan.map_or_else(refuse, |plan| Ok(plan.remember(class)))
    }

    fn remember(&'static self, class: &Bound<'_, PyType>) -> &'static Plan {
        let class = class.as_type_ptr();
        if class == class::registered(self.index) {
            self.class.store(class, Ordering::Relaxed);
            // Release: pairs with the Acquire in `of`. Carries: the plan and its class.
            recent(class).store(std::ptr::from_ref(self).cast_mut(), Ordering::Release);
        }
        self
    }

    /// The plan for wrappers of a class.
    ///
    /// # Errors
    /// `TypeError` when there can be none.
    #[inline]
    pub fn of(py: Python<'_>, class: *mut ffi::PyTypeObject) -> PyResult<&'static Plan> {
        // Acquire: pairs with the Release in `remember`.
        let plan = recent(class).load(Ordering::Acquire);
        // SAFETY: null or a plan, which is never freed; the class is live.
        unsafe {
            match plan.as_ref() {
                Some(plan) if plan.class.load(Ordering::Relaxed) == class => Ok(plan),
                _ => Plan::make(py, &Bound::from_borrowed_ptr(py, class.cast()).cast_into_unchecked()),
            }
        }
    }

    /// Which field each argument is for.
    ///
    /// # Safety
    /// `arguments` are live, as many as `count` and the length of `keywords`, which is a tuple of strings or null.
    #[inline]
    unsafe fn assign(
        &self,
        py: Python<'_>,
        arguments: *const *mut ffi::PyObject,
        count: usize,
        keywords: *mut ffi::PyObject,
    ) -> PyResult<SmallVec<[*mut ffi::PyObject; INLINE]>> {
        let raise = |error| error::to_python(py, &error);
        let mut given: SmallVec<[*mut ffi::PyObject; INLINE]> = SmallVec::new();
        given.resize(self.parameters.len(), null_mut());
        // SAFETY: by contract.
        unsafe {
            let positional = if count == 0 { &[][..] } else { std::slice::from_raw_parts(arguments, count) };
            let end = positional.iter().position(|argument| is_kwargs(py, *argument)).unwrap_or(count);
            if end > self.signature.positional().len() {
                return Err(raise(self.signature.too_many(end)));
            }
            for (at, argument) in self.signature.positional().iter().zip(&positional[..end]) {
                given[*at] = *argument;
            }
            let mut name = |name, argument| {
                let at = self.find(py, name)?;
                match std::mem::replace(&mut given[at], argument).is_null() {
                    true => Ok(()),
                    false => Err(raise(self.signature.twice(at))),
                }
            };
            if end < count {
                let (pairs, rest) = positional[end + 1..].as_chunks::<2>();
                if !rest.is_empty() {
                    return Err(raise(self.signature.unpaired(count - end - 1)));
                }
                for [key, argument] in pairs {
                    name(*key, *argument)?;
                }
            }
            if !keywords.is_null() {
                for i in 0..ffi::PyTuple_GET_SIZE(keywords) as usize {
                    name(ffi::PyTuple_GET_ITEM(keywords, i as isize), *arguments.add(count + i))?;
                }
            }
            for value in &mut given {
                if !value.is_null() && is_missing(&Bound::from_borrowed_ptr(py, *value)) {
                    *value = null_mut();
                }
            }
        }
        let missing = |(parameter, value): (&Parameter, &*mut ffi::PyObject)| {
            value.is_null() && matches!(parameter.start, Start::Required)
        };
        match self.parameters.iter().zip(&given).any(missing) {
            true => Err(raise(self.signature.missing(|at| !given[at].is_null()))),
            false => Ok(given),
        }
    }

    /// The field that a keyword names.
    ///
    /// # Safety
    /// `name` is a live object.
    #[inline]
    unsafe fn find(&self, py: Python<'_>, name: *mut ffi::PyObject) -> PyResult<usize> {
        let same =
            |(at, parameter): (usize, &Parameter)| parameter.name.as_ptr() == name && self.signature.is_passed(at);
        if let Some(at) = self.parameters.iter().enumerate().position(same) {
            return Ok(at);
        }
        // SAFETY: by contract.
        let name = unsafe { Bound::from_borrowed_ptr(py, name) };
        let found = match name.cast::<PyString>() {
            Ok(name) => self.signature.named(&name.to_string_lossy()),
            Err(_) => Err(self.signature.no_name(&convert::describe(&name))),
        };
        found.map_err(|error| error::to_python(py, &error))
    }

    /// What a field that was not passed starts with; none for what it has anyway.
    fn start(&self, py: Python<'_>, parameter: &Parameter) -> PyResult<Option<Any>> {
        Ok(Some(match &parameter.start {
            Start::Required | Start::Blank => return Ok(None),
            Start::Value(value) => value.clone(),
            Start::Python(factory) => {
                let value = factory.get(py).call0()?;
                convert::for_field(&value, parameter.field)?
            }
            Start::Native(function) => {
                let value = function.call(&[]).map_err(|error| error::to_python(py, &error))?;
                match parameter.field.accept(value) {
                    Ok(value) => value,
                    Err(error) => {
                        let name = &parameter.field.name;
                        return Err(PyTypeError::new_err(format!(
                            "default of field '{name}' of {}: {error}",
                            self.key
                        )));
                    }
                }
            }
        }))
    }

    /// An object made of the arguments.
    ///
    /// # Safety
    /// As [`Plan::assign`].
    #[inline]
    unsafe fn object(
        &self,
        py: Python<'_>,
        arguments: *const *mut ffi::PyObject,
        count: usize,
        keywords: *mut ffi::PyObject,
    ) -> PyResult<Obj<Object>> {
        // SAFETY: by contract; the values are converted for their fields.
        unsafe {
            if keywords.is_null() && self.straight && count == self.parameters.len() {
                let object = match &self.words {
                    Some(words) => words.object(py, self.reflection, arguments)?,
                    None => self.quick(py, arguments)?,
                };
                if let Some(object) = object {
                    return Ok(object);
                }
            }
            let given = self.assign(py, arguments, count, keywords)?;
            let mut values: SmallVec<[Option<Any>; INLINE]> = SmallVec::new();
            for (parameter, given) in self.parameters.iter().zip(given) {
                values.push(match given.is_null() {
                    true => self.start(py, parameter)?,
                    false => Some(self.convert(&Bound::from_borrowed_ptr(py, given), parameter)?),
                });
            }
            instance::assemble(&self.signature, values).map_err(|error| error::to_python(py, &error))
        }
    }

    /// An object of as many values as there are fields, if none takes Python code to convert.
    ///
    /// # Safety
    /// As [`Plan::assign`], with an argument for each parameter.
    #[inline]
    unsafe fn quick(&self, py: Python<'_>, arguments: *const *mut ffi::PyObject) -> PyResult<Option<Obj<Object>>> {
        let mut values: SmallVec<[Any; INLINE]> = SmallVec::new();
        // SAFETY: by contract; the values are converted for their fields, and nobody else knows the object.
        unsafe {
            for (at, parameter) in self.parameters.iter().enumerate() {
                let given = Bound::from_borrowed_ptr(py, *arguments.add(at));
                let Some(value) = convert::exact_for_field(&given, parameter.field) else { return Ok(None) };
                values.push(value);
            }
            let object = instance::new_zeroed(self.index).map_err(|error| error::to_python(py, &error))?;
            for (parameter, value) in self.parameters.iter().zip(values) {
                parameter.field.init_raw(object.as_raw(), value);
            }
            Ok(Some(object))
        }
    }

    /// Makes an object of the arguments and binds it to the wrapper.
    ///
    /// # Safety
    /// As [`Plan::assign`].
    unsafe fn run(
        &self,
        this: &Bound<'_, PyAny>,
        arguments: *const *mut ffi::PyObject,
        count: usize,
        keywords: *mut ffi::PyObject,
    ) -> PyResult<()> {
        // SAFETY: by contract.
        let object = unsafe { self.object(this.py(), arguments, count, keywords)? };
        tie::bind(this, object).map(drop)
    }

    /// Makes an object of the arguments, and its wrapper, which is of the class that is registered for it: `class`,
    /// unless the registration was taken back.
    ///
    /// # Safety
    /// As [`Plan::assign`].
    #[inline]
    pub unsafe fn make_instance(
        &self,
        py: Python<'_>,
        class: *mut ffi::PyTypeObject,
        arguments: *const *mut ffi::PyObject,
        count: usize,
        keywords: *mut ffi::PyObject,
    ) -> PyResult<*mut ffi::PyObject> {
        // SAFETY: by contract; attached, a live class.
        unsafe {
            let object = self.object(py, arguments, count, keywords)?;
            if class::registered(self.index) == class {
                return match self.reflection.creator {
                    None => tie::wrap_new(py, object, class),
                    // Its maker may know it.
                    Some(_) => tie::wrap(py, object),
                }
                .map(Bound::into_ptr);
            }
            let class = Bound::<PyAny>::from_borrowed_ptr(py, class.cast()).cast_into_unchecked::<PyType>();
            let wrapper = empty(&class)?;
            tie::bind(&wrapper, object)?;
            Ok(wrapper.into_ptr())
        }
    }

    #[inline]
    fn convert(&self, given: &Bound<'_, PyAny>, parameter: &Parameter) -> PyResult<Any> {
        match convert::exact_for_field(given, parameter.field) {
            Some(value) => Ok(value),
            None => counted(|_| convert::for_field(given, parameter.field)),
        }
    }
}

/// `__ffi_init__(*args, **kwargs)`.
///
/// # Safety
/// Called by the interpreter as a METH_FASTCALL | METH_KEYWORDS method of wrappers.
pub unsafe extern "C" fn init(
    this: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
    keywords: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: by contract.
    unsafe {
        slot(|py| {
            let plan = Plan::of(py, refcount::class_of(this))?;
            plan.run(&Bound::from_borrowed_ptr(py, this), arguments, count as usize, keywords)?;
            Ok(ffi::Py_NewRef(ffi::Py_None()))
        })
    }
}

/// The definition of `__ffi_init__`.
pub fn method() -> ffi::PyMethodDef {
    ffi::PyMethodDef {
        ml_name: c"__ffi_init__".as_ptr(),
        ml_meth: ffi::PyMethodDefPointer { PyCFunctionFastWithKeywords: init },
        ml_flags: ffi::METH_FASTCALL | ffi::METH_KEYWORDS,
        ml_doc: c"__ffi_init__($self, /, *args, **kwargs)\n--\n\nMakes the native object from values of its fields."
            .as_ptr(),
    }
}

/// An object of a class's type whose fields have their defaults, and are blank where there is none.
///
/// # Errors
/// `TypeError` when such an object cannot be; what default factories raise.
pub fn blank(py: Python<'_>, class: &Bound<'_, PyType>, defaults: bool) -> PyResult<Obj<Object>> {
    let plan = Plan::of(py, class.as_type_ptr())?;
    if !plan.signature.is_blank() {
        return Err(PyTypeError::new_err(format!("{} has fields that cannot be left without a value", plan.key)));
    }
    let mut values: SmallVec<[Option<Any>; INLINE]> = SmallVec::new();
    for parameter in &plan.parameters {
        values.push(if defaults { plan.start(py, parameter)? } else { None });
    }
    // SAFETY: defaults, of their fields.
    unsafe { instance::assemble(&plan.signature, values).map_err(|error| error::to_python(py, &error)) }
}

/// A copy of an object in which some fields, given by position, have other values, which were converted for them.
///
/// # Errors
/// `TypeError` when objects of the type cannot be copied, `MemoryError`.
pub fn changed_copy(
    py: Python<'_>,
    object: &Obj<Object>,
    reflection: &Reflection,
    changes: Vec<(usize, Any)>,
) -> PyResult<Obj<Object>> {
    let copy = instance::copy_shallow(object).map_err(|error| error::to_python(py, &error))?;
    for (at, value) in changes {
        // SAFETY: nobody else knows the copy; the value is one of the field's.
        unsafe { reflection.fields[at].init_raw(copy.as_raw(), value) };
    }
    Ok(copy)
}

/// `CObject` itself.
pub fn base_class(py: Python<'_>) -> Bound<'_, PyType> {
    // SAFETY: a live type.
    unsafe { Bound::from_borrowed_ptr(py, slots::base_type(py).cast()).cast_into_unchecked() }
}

/// A wrapper of a class that holds nothing. Does not call `__init__`, nor a `__new__` of the class.
///
/// # Errors
/// `TypeError` when the class is none of wrappers.
pub fn empty<'py>(class: &Bound<'py, PyType>) -> PyResult<Bound<'py, PyAny>> {
    base_class(class.py()).call_method1(intern!(class.py(), "__new__"), (class,))
}
