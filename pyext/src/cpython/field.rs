//! `FieldProperty`: the data descriptor through which Python reads and writes a field of a native object.
//! Imports the tie, `value`, the core's reflection and `sync`; conversions come from `crate::convert`.
//! Upholds P6: reading a field whose object has a living wrapper writes nothing but that wrapper's refcount.

use super::methods::{self, Answer, Arguments, Attribute, Members, OneArgument};
use super::refcount;
use super::trampoline::{counted, slot};
use super::value::{borrowed_to_python, living, object_to_python, plain_to_python, to_python};
use super::{class, shortcut, slots};
use super::{tie, wrapper::Wrapper};
use crate::{convert, schema};
use bowline::object::{registry, Object};
use bowline::reclaim;
use bowline::reflect::FieldInfo;
use bowline::sync::alone::alone;
use bowline::value::{cell, Storage};
use pyo3::exceptions::{PyAttributeError, PyTypeError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple, PyType};
use std::ffi::{c_int, c_void};
use std::ptr::{null_mut, NonNull};
use std::sync::atomic::{AtomicPtr, Ordering};

/// Member by member, what protects it:
/// * `ob_base`: CPython;
/// * `field`, `frozen` and the three copies of what `field` says: written once before publication;
/// * `class`: atomic; null or a class that was registered, which lives for ever.
#[repr(C)]
struct FieldProperty {
    ob_base: ffi::PyObject,
    field: &'static FieldInfo,
    owner: i32,
    storage: Storage,
    /// Of the field; the property's own may be stricter.
    stays: bool,
    frozen: bool,
    class: AtomicPtr<ffi::PyTypeObject>,
}

static TYPE: PyOnceLock<Py<PyType>> = PyOnceLock::new();

/// Makes the type and adds it to the module.
///
/// # Errors
/// Those of making a type.
pub fn install(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    let [table, attributes] = Members::new()
        .method(methods::one_argument::<Get>())
        .method(methods::arguments::<Set>())
        .attribute(methods::attribute::<Name>())
        .attribute(methods::attribute::<Doc>())
        .attribute(methods::attribute::<Frozen>())
        .attribute(methods::attribute::<Fget>())
        .attribute(methods::attribute::<Fset>())
        .attribute(methods::attribute::<Fdel>())
        .attribute(methods::attribute::<FieldSchema>())
        .attribute(methods::attribute::<Offset>())
        .slots();
    let made = slots::make_type(
        py,
        c"bowline._core.FieldProperty",
        size_of::<FieldProperty>() as c_int,
        ffi::Py_TPFLAGS_DEFAULT | ffi::Py_TPFLAGS_IMMUTABLETYPE | ffi::Py_TPFLAGS_DISALLOW_INSTANTIATION,
        &mut [
            slots::slot(ffi::Py_tp_descr_get, descr_get as *mut c_void),
            slots::slot(ffi::Py_tp_descr_set, descr_set as *mut c_void),
            slots::slot(ffi::Py_tp_repr, repr as *mut c_void),
            slots::slot(ffi::Py_tp_dealloc, dealloc as *mut c_void),
            // No doc of the type: its attribute would hide the fields' own.
            table,
            attributes,
            slots::slot(0, null_mut()),
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
    // SAFETY: attached; the members of the fresh instance are written before anyone sees it.
    unsafe {
        let op = ffi::PyType_GenericAlloc(class, 0);
        let made = Bound::from_owned_ptr_or_err(py, op)?;
        let property = op.cast::<FieldProperty>();
        (&raw mut (*property).field).write(field);
        (&raw mut (*property).owner).write(field.owner());
        (&raw mut (*property).storage).write(field.storage());
        (&raw mut (*property).stays).write(field.flags().frozen);
        (&raw mut (*property).frozen).write(frozen || field.flags().frozen);
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
            if ffi::PyType_IsSubtype(class, slots::base_type(Python::assume_attached())) == 0 {
                return false;
            }
        }
        // Relaxed: a hint, compared only; registered classes live for ever, so that the address stays theirs.
        if self.class.load(Ordering::Relaxed).is_null() && class::exact_type_index(class).is_some() {
            self.class.store(class, Ordering::Relaxed);
        }
        true
    }

    /// Why [`FieldProperty::object`] found none.
    #[cold]
    fn refuse(&self, ob: &Bound<'_, PyAny>) -> PyErr {
        let owner = registry::type_info(self.field.owner()).map_or("?", |info| info.key);
        let name = &self.field.name;
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
    unsafe fn read<'py>(&self, py: Python<'py>, op: *mut ffi::PyObject) -> Answer<'py> {
        let (field, storage) = (self.field, self.storage);
        // SAFETY: by contract; between looking at the handle and counting what was found no Python code runs: pins, which
        // may, come before.
        unsafe {
            if storage.owns() && !self.stays && !alone() {
                let guard = reclaim::pin();
                return match self.object(op) {
                    Some(object) => read_mutable(py, object, field, guard),
                    None => {
                        drop(guard);
                        Err(self.refuse(&Bound::from_borrowed_ptr(py, op)))
                    }
                };
            }
            let Some(object) = self.object(op) else { return Err(self.refuse(&Bound::from_borrowed_ptr(py, op))) };
            read_staying(py, object, field, storage)
        }
    }

    /// Writes a value that needs no conversion which could run Python code; false, having done nothing, otherwise.
    ///
    /// # Safety
    /// Live Python objects; attached.
    #[inline]
    unsafe fn write_exact(&self, py: Python<'_>, op: *mut ffi::PyObject, value: *mut ffi::PyObject) -> bool {
        let field = self.field;
        // SAFETY: by contract; nothing runs between finding the object and the exchange of values.
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
    unsafe fn write(&self, py: Python<'_>, op: *mut ffi::PyObject, value: *mut ffi::PyObject) -> PyResult<()> {
        let field = self.field;
        // SAFETY: by contract. The object is looked up again after the conversion, which may run anything, and nothing
        // runs between that and the exchange of values, with which `store` begins.
        unsafe {
            let (ob, value) = (Bound::from_borrowed_ptr(py, op), Bound::from_borrowed_ptr(py, value));
            if self.object(op).is_none() {
                return Err(self.refuse(&ob));
            }
            let value = convert::for_field(&value, field)?;
            let Some(object) = self.object(op) else { return Err(self.refuse(&ob)) };
            if !field.flags().frozen {
                cell::store(field.address(object), field.storage(), value);
                return Ok(());
            }
            let object = bowline::object::Obj::<Object>::from_borrowed(object);
            field.set_frozen(&object, value).map_err(|error| crate::error::to_python(py, &error))
        }
    }
}

/// Plain data, or what a field holds that nobody writes meanwhile: a frozen one, or any if there is one thread.
///
/// # Safety
/// The object has the field and is alive until Python code runs; attached.
#[inline]
unsafe fn read_staying<'py>(
    py: Python<'py>,
    object: NonNull<Object>,
    field: &'static FieldInfo,
    storage: Storage,
) -> Answer<'py> {
    // SAFETY: by contract; what is found lives as long as its owner, or until this thread next runs Python code.
    unsafe {
        if !storage.owns() {
            return plain_to_python(py, cell::load_frozen(field.address(object), storage).view());
        }
        match field.peek_frozen_raw(object) {
            Some(child) => borrowed_to_python(py, child),
            None => to_python(py, cell::load_frozen(field.address(object), storage)),
        }
    }
}

/// What a field holds that others may write.
///
/// # Safety
/// As [`read_staying`]; the guard was made before the object was looked up.
#[inline]
unsafe fn read_mutable<'py>(
    py: Python<'py>,
    object: NonNull<Object>,
    field: &'static FieldInfo,
    guard: reclaim::Guard,
) -> Answer<'py> {
    // SAFETY: by contract; the guard keeps what is found until a count of it is taken.
    unsafe {
        let found = match field.peek_raw(object, &guard) {
            Some(child) => living(py, child),
            None => {
                let value = cell::load(field.address(object), field.storage());
                drop(guard);
                return to_python(py, value);
            }
        };
        drop(guard);
        match found {
            Ok(wrapper) => Ok(wrapper),
            Err(child) => object_to_python(py, child),
        }
    }
}

/// The value of a field in the object of a wrapper; none if the object is not of exactly the type `index`.
///
/// # Safety
/// A live wrapper; objects of the type have the field; attached.
pub unsafe fn read<'py>(
    py: Python<'py>,
    op: *mut ffi::PyObject,
    field: &'static FieldInfo,
    index: i32,
) -> Option<Answer<'py>> {
    // SAFETY: by contract; as in `FieldProperty::read`.
    unsafe {
        let object = || {
            let object = (*op.cast::<Wrapper>()).handle.read().object()?;
            (object.as_ref().type_index() == index).then_some(object)
        };
        if field.storage().owns() && !field.flags().frozen && !alone() {
            let guard = reclaim::pin();
            return Some(read_mutable(py, object()?, field, guard));
        }
        Some(read_staying(py, object()?, field, field.storage()))
    }
}

/// The field of a property; none for other Python objects.
pub fn of_property(ob: &Bound<'_, PyAny>) -> Option<&'static FieldInfo> {
    let class = TYPE.get(ob.py())?.as_ptr();
    // SAFETY: a live object, and one of ours if its type is.
    unsafe {
        let op = ob.as_ptr();
        (refcount::class_of(op).cast() == class).then(|| (*op.cast::<FieldProperty>()).field)
    }
}

fn class_name(ob: &Bound<'_, PyAny>) -> String {
    ob.get_type().name().map_or_else(|_| "?".to_owned(), |name| name.to_string())
}

unsafe extern "C" fn descr_get(
    this: *mut ffi::PyObject,
    op: *mut ffi::PyObject,
    _: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter with a property and an instance, or null for access through the class.
    unsafe {
        if op.is_null() {
            return ffi::Py_NewRef(this);
        }
        let property = &*this.cast::<FieldProperty>();
        let class = refcount::class_of(op);
        // Relaxed: compared only.
        if class == property.class.load(Ordering::Relaxed) {
            if let Some(shortcut) = shortcut::of(class) {
                shortcut.turns.field_was_read(class);
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
                return Err(not_settable(&property.field.name, &ob, value.is_null(), property.frozen));
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
        (false, _) => format!("property '{name}' of '{class}' object has no setter"),
        (true, true) => format!("property '{name}' of '{class}' object has no deleter"),
        (true, false) => format!("field '{name}' of '{class}' object cannot be deleted"),
    })
}

unsafe extern "C" fn repr(this: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter with a property.
    unsafe {
        slot(|py| {
            let field = (*this.cast::<FieldProperty>()).field;
            let owner = registry::type_info(field.owner()).map_or("?", |info| info.key);
            let text = format!("<field '{}' of '{owner}': {}>", field.name, field.schema());
            Ok(text.into_pyobject(py)?.into_any().into_ptr())
        })
    }
}

/// The property behind a method's receiver.
fn this<'a>(ob: &'a Bound<'_, PyAny>) -> &'a FieldProperty {
    // SAFETY: methods and attributes of the type are called by the interpreter with its instances only.
    unsafe { &*ob.as_ptr().cast::<FieldProperty>() }
}

/// What reads a field, as `property` names it.
struct Fget;
impl Attribute for Fget {
    const NAME: &'static std::ffi::CStr = c"fget";
    const DOC: &'static std::ffi::CStr = c"What reads the field of an object.";
    fn get<'py>(property: &Bound<'py, PyAny>) -> Answer<'py> {
        property.getattr("get")
    }
}

/// What assignment calls, as `property` names it.
struct Fset;
impl Attribute for Fset {
    const NAME: &'static std::ffi::CStr = c"fset";
    const DOC: &'static std::ffi::CStr = c"What assignment to the field calls; None if it is refused.";
    fn get<'py>(property: &Bound<'py, PyAny>) -> Answer<'py> {
        match this(property).frozen {
            true => Ok(property.py().None().into_bound(property.py())),
            false => property.getattr("set"),
        }
    }
}

/// What deletion calls, as `property` names it.
struct Fdel;
impl Attribute for Fdel {
    const NAME: &'static std::ffi::CStr = c"fdel";
    const DOC: &'static std::ffi::CStr = c"None: a field cannot be deleted.";
    fn get<'py>(property: &Bound<'py, PyAny>) -> Answer<'py> {
        Ok(property.py().None().into_bound(property.py()))
    }
}

struct Get;
impl OneArgument for Get {
    const NAME: &'static std::ffi::CStr = c"get";
    const DOC: &'static std::ffi::CStr = c"get($self, obj, /)\n--\n\nThe field's value in an object.";
    fn call<'py>(property: &Bound<'py, PyAny>, ob: &Bound<'py, PyAny>) -> Answer<'py> {
        // SAFETY: both live.
        unsafe { this(property).read(ob.py(), ob.as_ptr()) }
    }
}

struct Set;
impl Arguments for Set {
    const NAME: &'static std::ffi::CStr = c"set";
    const DOC: &'static std::ffi::CStr =
        c"set($self, obj, value, /)\n--\n\nReplaces the field's value in an object, frozen or not.";
    fn call<'py>(
        property: &Bound<'py, PyAny>,
        arguments: &Bound<'py, PyTuple>,
        keywords: Option<&Bound<'py, PyDict>>,
    ) -> Answer<'py> {
        let py = property.py();
        if keywords.is_some_and(|keywords| !keywords.is_empty()) {
            return Err(PyTypeError::new_err("set() takes no keyword arguments"));
        }
        let (ob, value): (Bound<'_, PyAny>, Bound<'_, PyAny>) = arguments.extract()?;
        // SAFETY: all live.
        unsafe { this(property).write(py, ob.as_ptr(), value.as_ptr())? };
        Ok(py.None().into_bound(py))
    }
}

macro_rules! attribute {
    ($name:ident, $text:literal, $doc:literal, |$py:ident, $field:ident, $frozen:ident| $value:expr) => {
        struct $name;
        impl Attribute for $name {
            const NAME: &'static std::ffi::CStr = $text;
            const DOC: &'static std::ffi::CStr = $doc;
            fn get<'py>(property: &Bound<'py, PyAny>) -> Answer<'py> {
                let ($py, $field, $frozen) = (property.py(), this(property).field, this(property).frozen);
                let _ = ($field, $frozen);
                $value
            }
        }
    };
}
attribute!(Name, c"__name__", c"The field's name.", |py, field, _frozen| Ok(field
    .name
    .as_str()
    .into_pyobject(py)?
    .into_any()));
attribute!(Doc, c"__doc__", c"What the field is for.", |py, field, _frozen| match field.doc.as_str() {
    "" => Ok(py.None().into_bound(py)),
    doc => Ok(doc.into_pyobject(py)?.into_any()),
});
attribute!(Frozen, c"frozen", c"Whether assignment is refused.", |py, _field, frozen| Ok(frozen
    .into_pyobject(py)?
    .to_owned()
    .into_any()));
attribute!(FieldSchema, c"schema", c"What the field holds.", |py, field, _frozen| {
    Ok(Bound::new(py, schema::TypeSchema::from(field.schema().clone()))?.into_any())
});
attribute!(Offset, c"offset", c"Where the field lies in the native object, in bytes.", |py, field, _frozen| Ok(field
    .offset()
    .into_pyobject(py)?
    .into_any()));
