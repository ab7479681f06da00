//! How objects of a type are made of arguments. There is a plan, which is made once for each type.
//! Upholds: all values are converted before anything is allocated, so that user code never meets a half-made object.

use crate::interpreter::exceptions::PyTypeError;
use crate::to_python::error;
use crate::types::init::arguments;
use crate::types::init::fast::{Fast, INLINE_FIELDS};
use crate::types::init::parameter::Parameter;
use crate::wrapper::{class_table, lookup, tie};
use bowline::object::table::IndexTable;
use bowline::object::{registry, Obj, Object};
use bowline::reflect::{self, instance, InitSignature, Reflection};
use bowline::value::Any;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyType;
use smallvec::SmallVec;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicPtr, Ordering};

/// How objects of a type are made.
pub struct Plan {
    /// The class whose wrappers the plan is for. It is the one registered for the type, which may change.
    class: AtomicPtr<ffi::PyTypeObject>,
    index: i32,
    /// The type's key.
    pub key: &'static str,
    reflection: &'static Reflection,
    /// What arguments there may be.
    pub signature: InitSignature,
    /// One for each field.
    pub parameters: Vec<Parameter>,
    /// For calls with one positional argument for each.
    fast: Option<Fast>,
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
    // Relaxed, here and below: compared only; registered classes are never freed.
    let entry = recent(plan.class.load(Ordering::Relaxed));
    // Relaxed: plans are never freed.
    let _ =
        entry.compare_exchange(std::ptr::from_ref(plan).cast_mut(), null_mut(), Ordering::Relaxed, Ordering::Relaxed);
}

impl Plan {
    fn make(py: Python<'_>, class: &Bound<'_, PyType>) -> PyResult<&'static Plan> {
        let refuse = || {
            let name = class_table::name_of(class);
            let why = match lookup::exact_index(class) {
                None => format!(": {name} is not registered; decorate it with @py_class"),
                Some(_) => String::new(),
            };
            Err(PyTypeError::new_err(format!("'{name}' objects cannot be made from field values{why}")))
        };
        let Some(index) = class_table::type_index_of(class) else { return refuse() };
        if let Some(plan) = PLANS.get(index) {
            // An unregistered subclass of the plan's class.
            return Ok(plan.remember(class));
        }
        let Some(reflection) = reflect::info(index) else { return refuse() };
        if !reflection.constructible {
            return refuse();
        }
        let signature = InitSignature::of(reflection);
        let mut parameters = Vec::with_capacity(reflection.fields.len());
        for (at, field) in reflection.fields.iter().enumerate() {
            parameters.push(Parameter::new(py, field, at, &signature)?);
        }
        let plan = Plan {
            fast: Fast::for_type(reflection, &signature),
            class: AtomicPtr::default(),
            index,
            key: registry::type_info(index).map_or("?", |info| info.key),
            reflection,
            signature,
            parameters,
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
        if class == class_table::registered(self.index) {
            self.class.store(class, Ordering::Relaxed);
            // Release: pairs with the Acquire in `for_class`. Carries: the plan and its class.
            // Weaker: see src/sync/edges.md.
            recent(class).store(std::ptr::from_ref(self).cast_mut(), Ordering::Release);
        }
        self
    }

    /// The plan for wrappers of a class.
    ///
    /// # Errors
    /// `TypeError` when there can be none.
    #[inline]
    pub fn for_class(py: Python<'_>, class: *mut ffi::PyTypeObject) -> PyResult<&'static Plan> {
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

    /// An object made of the arguments.
    ///
    /// # Errors
    /// `TypeError` when the arguments do not fit; what converting and default factories raise.
    ///
    /// # Safety
    /// As [`arguments::assign`].
    #[inline]
    pub unsafe fn object(
        &self,
        py: Python<'_>,
        arguments: *const *mut ffi::PyObject,
        count: usize,
        keywords: *mut ffi::PyObject,
    ) -> PyResult<Obj<Object>> {
        // SAFETY: `arguments` has `count` live objects and those of `keywords` (the caller). There is one for each parameter where a fast way is tried; the
        // values are converted for their fields.
        unsafe {
            if keywords.is_null() && count == self.parameters.len() {
                if let Some(fast) = &self.fast {
                    let made = fast.object(py, self.index, self.reflection, &self.parameters, arguments)?;
                    if let Some(object) = made {
                        return Ok(object);
                    }
                }
            }
            let given = arguments::assign(py, &self.signature, &self.parameters, arguments, count, keywords)?;
            let mut values: SmallVec<[Option<Any>; INLINE_FIELDS]> = SmallVec::new();
            for (parameter, given) in self.parameters.iter().zip(given) {
                values.push(match given.is_null() {
                    true => parameter.start(py, self.key)?,
                    false => Some(parameter.convert(&Bound::from_borrowed_ptr(py, given))?),
                });
            }
            instance::assemble(&self.signature, values).map_err(|error| error::to_python(py, &error))
        }
    }

    /// Makes an object of the arguments, and its wrapper. The wrapper is of the class that is registered for it: `class`,
    /// unless the registration was taken back.
    ///
    /// # Errors
    /// As [`Plan::object`].
    ///
    /// # Safety
    /// As [`arguments::assign`].
    #[inline]
    pub unsafe fn make_instance(
        &self,
        py: Python<'_>,
        class: *mut ffi::PyTypeObject,
        arguments: *const *mut ffi::PyObject,
        count: usize,
        keywords: *mut ffi::PyObject,
    ) -> PyResult<*mut ffi::PyObject> {
        // SAFETY: the arguments are as `arguments::assign` asks (the caller); attached, and `class` is a live class.
        unsafe {
            let object = self.object(py, arguments, count, keywords)?;
            if class_table::registered(self.index) == class {
                return match self.reflection.creator {
                    None => tie::wrap_new(py, object, class),
                    // Its maker may know it.
                    Some(_) => tie::wrap(py, object),
                }
                .map(Bound::into_ptr);
            }
            let class = Bound::<PyAny>::from_borrowed_ptr(py, class.cast()).cast_into_unchecked::<PyType>();
            let wrapper = tie::empty(&class)?;
            tie::bind(&wrapper, object)?;
            Ok(wrapper.into_ptr())
        }
    }
}
