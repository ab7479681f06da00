//! `FieldProperty` is the data descriptor of a field of a native object. Python reads and writes the field through it.
//! Upholds P6: reading a field whose object has a living wrapper writes nothing but that wrapper's refcount.

use crate::from_python::convert;
use crate::interpreter::exceptions::{PyAttributeError, PyTypeError};
use crate::interpreter::make::Make;
use crate::interpreter::members::{Answer, Members};
use crate::interpreter::refcount;
use crate::interpreter::take;
use crate::interpreter::trampoline::{counted, slot};
use crate::types::field::field_cache::FieldCache;
use crate::types::field::read::ReadField;
use crate::types::object::slots;
use crate::wrapper::layout::Wrapper;
use crate::wrapper::{class_table, metaclass, tie};
use bowline::object::{registry, Object};
use bowline::reflect::FieldInfo;
use bowline::value::cell;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;
use std::ffi::{c_int, c_void};
use std::ptr::{null_mut, NonNull};
use std::sync::atomic::{AtomicPtr, Ordering};

/// Member by member, what protects it:
/// * `ob_base`: CPython;
/// * `reader`, `owner` and `frozen`: written once before publication;
/// * `class`: atomic; null or a class that was registered, which is never freed.
#[repr(C)]
pub struct FieldProperty {
    ob_base: ffi::PyObject,
    reader: ReadField,
    /// The type that declares the field.
    owner: i32,
    /// Whether Python may not write it.
    pub frozen: bool,
    class: AtomicPtr<ffi::PyTypeObject>,
}

static TYPE: PyOnceLock<Py<PyType>> = PyOnceLock::new();

/// Makes the type, with these methods and attributes, and adds it to the module.
///
/// # Errors
/// Those of making a type.
pub fn install(module: &Bound<'_, PyModule>, members: Members) -> PyResult<()> {
    let py = module.py();
    let [table, attributes] = members.slots();
    let made = slots::make_type(
        py,
        c"bowline._core.FieldProperty",
        size_of::<FieldProperty>() as c_int,
        ffi::Py_TPFLAGS_DEFAULT | ffi::Py_TPFLAGS_IMMUTABLETYPE | ffi::Py_TPFLAGS_DISALLOW_INSTANTIATION,
        &mut [
            slots::type_slot(ffi::Py_tp_descr_get, descr_get as *mut c_void),
            slots::type_slot(ffi::Py_tp_descr_set, descr_set as *mut c_void),
            slots::type_slot(ffi::Py_tp_repr, repr as *mut c_void),
            slots::type_slot(ffi::Py_tp_dealloc, dealloc as *mut c_void),
            // No doc of the type: its attribute would hide the fields' own.
            table,
            attributes,
            slots::type_slot(0, null_mut()),
        ],
    )?;
    module.add("FieldProperty", &made)?;
    let _ = TYPE.set(py, made.unbind());
    Ok(())
}

/// A property for a field. It refuses writing when `frozen` or when the field does.
///
/// # Errors
/// `MemoryError`.
pub fn make<'py>(py: Python<'py>, field: &'static FieldInfo, frozen: bool) -> Answer<'py> {
    let class = TYPE.get(py).expect("the module is initialised").as_ptr().cast();
    // SAFETY: attached; the members of the fresh instance are written before it is published.
    unsafe {
        let op = ffi::PyType_GenericAlloc(class, 0);
        let made = Bound::from_owned_ptr_or_err(py, op)?;
        let property = op.cast::<FieldProperty>();
        (&raw mut (*property).reader).write(ReadField::new(field));
        (&raw mut (*property).owner).write(field.owner());
        (&raw mut (*property).frozen).write(frozen || field.is_read_only());
        (&raw mut (*property).class).write(AtomicPtr::default());
        Ok(made)
    }
}

unsafe extern "C" fn dealloc(op: *mut ffi::PyObject) {
    // SAFETY: called by the interpreter; the members need no dropping, the type is a heap type.
    unsafe {
        let class = refcount::class_of(op);
        ffi::PyObject_Free(op.cast());
        ffi::Py_DECREF(class.cast());
    }
}

impl FieldProperty {
    /// The field.
    #[inline(always)]
    pub fn field(&self) -> &'static FieldInfo {
        self.reader.field
    }

    /// The object behind `op`, if it has the field. Good until Python code runs.
    ///
    /// # Safety
    /// A live Python object; attached.
    #[inline(always)]
    unsafe fn object(&self, op: *mut ffi::PyObject) -> Option<NonNull<Object>> {
        // SAFETY: live; a wrapper by its class.
        unsafe {
            let class = refcount::class_of(op);
            // Relaxed: compared only.
            if class != self.class.load(Ordering::Relaxed) && !self.admit(class) {
                return None;
            }
            let object = (*op.cast::<Wrapper>()).handle.read().object()?;
            let index = object.as_ref().type_index();
            (index == self.owner || registry::is_instance(index, self.owner)).then_some(object)
        }
    }

    /// Whether instances of a class are wrappers; remembers the first registered one.
    #[inline(never)]
    unsafe fn admit(&self, class: *mut ffi::PyTypeObject) -> bool {
        // SAFETY: attached; two live classes.
        unsafe {
            if ffi::PyType_IsSubtype(class, metaclass::base_type(Python::assume_attached())) == 0 {
                return false;
            }
        }
        // SAFETY: attached; two live classes.
        let registered = || unsafe { class_table::exact_type_index(class) }.is_some();
        // Relaxed: a hint, compared only. Registered classes are never freed, so that the address stays theirs.
        if self.class.load(Ordering::Relaxed).is_null() && registered() {
            self.class.store(class, Ordering::Relaxed);
        }
        true
    }

    /// Why [`FieldProperty::object`] found none.
    #[cold]
    fn refuse(&self, ob: &Bound<'_, PyAny>) -> PyErr {
        let owner = registry::type_info(self.field().owner()).map_or("?", |info| info.key);
        let name = &self.field().name;
        match tie::handle(ob) {
            None if tie::is_wrapper(ob) => {
                let class = class_name(ob);
                PyAttributeError::new_err(format!("'{name}' of an empty '{class}': it holds no native object"))
            }
            None => {
                PyTypeError::new_err(format!("field '{name}' of '{owner}' does not apply to a '{}'", class_name(ob)))
            }
            Some(object) => {
                // SAFETY: read from the handle just now.
                let found = unsafe { object.as_ref() }.type_index();
                let found = registry::type_info(found).map_or("?", |info| info.key);
                PyTypeError::new_err(format!("field '{name}' of '{owner}' does not apply to a '{found}'"))
            }
        }
    }

    /// # Safety
    /// A live Python object; attached.
    #[inline]
    pub unsafe fn read<'py>(&self, py: Python<'py>, op: *mut ffi::PyObject) -> Answer<'py> {
        // SAFETY: attached; a live object. `object` gives one that has the field.
        unsafe {
            match self.reader.read(py, || self.object(op)) {
                Some(found) => found,
                None => Err(self.refuse(&Bound::from_borrowed_ptr(py, op))),
            }
        }
    }

    /// Writes a value if its conversion cannot run Python code. False, having done nothing, otherwise.
    ///
    /// # Safety
    /// Live Python objects; attached.
    #[inline]
    unsafe fn write_exact(&self, py: Python<'_>, op: *mut ffi::PyObject, value: *mut ffi::PyObject) -> bool {
        let field = self.field();
        // SAFETY: attached; live objects. Nothing runs between finding the object and the exchange of values.
        unsafe {
            let value = Bound::from_borrowed_ptr(py, value);
            let Some(value) = convert::exact_for_field(&value, field) else { return false };
            match self.object(op) {
                Some(object) if !field.flags().frozen => {
                    cell::store(field.address(object), field.storage(), value);
                    true
                }
                _ => false,
            }
        }
    }

    /// # Safety
    /// Live Python objects; attached.
    pub unsafe fn write(&self, py: Python<'_>, op: *mut ffi::PyObject, value: *mut ffi::PyObject) -> PyResult<()> {
        let field = self.field();
        // SAFETY: live objects, attached, as `# Safety` says. The object is looked up again after the conversion, which may run anything, and nothing
        // runs between that and the exchange of values, with which `store` begins.
        unsafe {
            let (ob, value) = (Bound::from_borrowed_ptr(py, op), Bound::from_borrowed_ptr(py, value));
            if self.object(op).is_none() {
                return Err(self.refuse(&ob));
            }
            let value = convert::for_field(&value, field)?;
            let Some(object) = self.object(op) else { return Err(self.refuse(&ob)) };
            if !field.flags().frozen && !field.is_foreign() {
                cell::store(field.address(object), field.storage(), value);
                return Ok(());
            }
            let object = bowline::object::Obj::<Object>::from_borrowed(object);
            field.set_frozen(&object, value).map_err(|error| crate::to_python::error::to_python(py, &error))
        }
    }
}

/// The field of a property; none for other Python objects.
pub fn of_property(ob: &Bound<'_, PyAny>) -> Option<&'static FieldInfo> {
    let class = TYPE.get(ob.py())?.as_ptr();
    // SAFETY: a live object, and one of ours if its type is.
    unsafe {
        let op = ob.as_ptr();
        (refcount::class_of(op).cast() == class).then(|| (*op.cast::<FieldProperty>()).field())
    }
}

fn class_name(ob: &Bound<'_, PyAny>) -> String {
    ob.get_type().name().map_or_else(|_| "?".to_owned(), |name| take::shown(&name))
}

unsafe extern "C" fn descr_get(
    this: *mut ffi::PyObject,
    op: *mut ffi::PyObject,
    _: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter with a property and an instance. The instance is null for access through the class.
    unsafe {
        if op.is_null() {
            return ffi::Py_NewRef(this);
        }
        let property = &*this.cast::<FieldProperty>();
        let class = refcount::class_of(op);
        // Relaxed: compared only.
        if class == property.class.load(Ordering::Relaxed) {
            if let Some(cache) = FieldCache::of_class(class) {
                cache.backoff.field_was_read(class);
            }
        }
        slot(|py| (*this.cast::<FieldProperty>()).read(py, op).map(Bound::into_ptr))
    }
}

unsafe extern "C" fn descr_set(this: *mut ffi::PyObject, op: *mut ffi::PyObject, value: *mut ffi::PyObject) -> c_int {
    // SAFETY: called by the interpreter with a property, an instance, and a value or null.
    unsafe {
        slot(|py| {
            let property = &*this.cast::<FieldProperty>();
            if value.is_null() || property.frozen {
                let ob = Bound::from_borrowed_ptr(py, op);
                return Err(not_settable(&property.field().name, &ob, value.is_null(), property.frozen));
            }
            match property.write_exact(py, op, value) {
                true => Ok(0),
                false => counted(|py| property.write(py, op, value)).map(|()| 0),
            }
        })
    }
}

#[cold]
fn not_settable(name: &str, ob: &Bound<'_, PyAny>, delete: bool, frozen: bool) -> PyErr {
    let class = class_name(ob);
    PyAttributeError::new_err(match (delete, frozen) {
        (false, _) => format!("cannot assign to frozen field '{name}' of '{class}' object"),
        (true, true) => format!("cannot delete frozen field '{name}' of '{class}' object"),
        (true, false) => format!("field '{name}' of '{class}' object cannot be deleted"),
    })
}

unsafe extern "C" fn repr(this: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter with a property.
    unsafe {
        slot(|py| {
            let field = (*this.cast::<FieldProperty>()).field();
            let owner = registry::type_info(field.owner()).map_or("?", |info| info.key);
            let text = format!("<field '{}' of '{owner}': {}>", field.name, field.schema());
            Ok(text.make(py)?.into_ptr())
        })
    }
}
