//! Copies of values, shallow and deep.
//! Imports this folder, `reflect::{parts, hook, instance, pulse, enumeration}`, `container`.
//! Upholds: a deep copy has the sharing and the cycles of its original; nothing of the original changes, and nothing of it
//! is kept alive by the copy but what both share: strings, functions, errors, shapes, variants of enumerations, sentinels.

use super::address;
use crate::container::key::is_custom;
use crate::container::{ArrayObj, DictObj, ListObj, MapObj};
use crate::function::{Error, Function};
use crate::object::{registry, Obj, Object, ObjectType};
use crate::reflect::enumeration::Enum;
use crate::reflect::parts::{field, is_plain, parts, Parts};
use crate::reflect::pulse::{finish, Work};
use crate::reflect::sentinel::Sentinel;
use crate::reflect::structural::StructuralKey;
use crate::reflect::{hook, info, instance, Reflection};
use crate::tensor::{self, Tensor, TensorObj};
use crate::value::{tag, Any, AnyView, FromAny, IntoAny};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

/// A copy with the same parts: of an object, a container, or as the type's `__ffi_shallow_copy__` makes it; of a tensor one
/// over the same memory. What never changes is its own copy.
///
/// # Errors
/// Kind `TypeError` for objects that cannot be copied, `MemoryError`, what the hook ends in.
pub fn copy_shallow(value: AnyView<'_>) -> Result<Any, Error> {
    if is_shared(value) {
        return Ok(AnyView::to_owned(value));
    }
    if let Some(copy) = by_hook(value)? {
        return Ok(copy);
    }
    if let Ok(tensor) = Tensor::from_any(value) {
        return tensor::share(&tensor).map(IntoAny::into_any);
    }
    match parts(value) {
        Parts::Items(items) if value.type_index() == tag::LIST => Ok(ListObj::make(items).into_any()),
        Parts::Items(items) => Ok(ArrayObj::make(items.into_iter()).into_any()),
        Parts::Entries(entries) if value.type_index() == tag::DICT => Ok(DictObj::make(entries)?.into_any()),
        Parts::Entries(entries) => Ok(MapObj::make(entries)?.into_any()),
        Parts::Fields(_) => match AnyView::to_owned(value).into_object() {
            Ok(object) => instance::copy_shallow(&object).map(IntoAny::into_any),
            Err(plain) => Ok(plain),
        },
        Parts::Leaf => Err(Error::type_error(format!("`{}` does not support copying", value.type_name()))),
    }
}

/// A copy of a value and of all that it consists of.
///
/// # Errors
/// Kind `RuntimeError` for objects that cannot be copied, `MemoryError`, what hooks end in.
pub fn deep_copy(value: AnyView<'_>) -> Result<Any, Error> {
    finish(DeepCopy::new(value, Arc::default(), Box::new(|_| Ok(None))))
}

/// What never changes, or is the only one of its kind.
fn is_shared(view: AnyView<'_>) -> bool {
    is_plain(view)
        || matches!(view.type_index(), tag::FUNCTION | tag::ERROR | tag::SHAPE)
        || registry::is_instance(view.type_index(), Enum::type_index())
        || view.as_ref::<Sentinel>().is_some()
}

fn by_hook(view: AnyView<'_>) -> Result<Option<Any>, Error> {
    let Some(hook) = hook::of(view.type_index(), "__ffi_shallow_copy__") else { return Ok(None) };
    let copy = Function::call_view(hook.view(), &[view])?;
    match copy.type_index() == view.type_index() {
        true => Ok(Some(copy)),
        false => Err(Error::type_error(format!(
            "__ffi_shallow_copy__ of `{}` returned `{}`",
            view.type_name(),
            copy.view().type_name()
        ))),
    }
}

/// What was copied so far, for copies that are to share: by address the original and its copy.
#[derive(Default)]
pub struct Memo(Mutex<HashMap<usize, (Any, Any)>>);

impl Memo {
    fn locked<R>(&self, work: impl FnOnce(&mut HashMap<usize, (Any, Any)>) -> R) -> R {
        work(&mut self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()))
    }

    /// The copy of an object, if there is one.
    pub fn get(&self, original: AnyView<'_>) -> Option<Any> {
        self.locked(|copies| copies.get(&address(original)).map(|(_, copy)| copy.clone()))
    }

    /// Notes a copy, unless there is one; gives the one that there is now.
    fn note(&self, original: Any, copy: Any) -> Any {
        let at = address(original.view());
        let (first, _late) = self.locked(|copies| match copies.get(&at) {
            // Released once the lock is open.
            Some((_, first)) => (first.clone(), Some((original, copy))),
            None => {
                copies.insert(at, (original, copy.clone()));
                (copy, None)
            }
        });
        first
    }
}

/// What copies objects that the core does not look into, or was told of copies: asked for each object once. None: the core
/// shall do it.
pub type Elsewhere<'a> = Box<dyn FnMut(AnyView<'_>) -> Result<Option<Any>, Error> + Send + 'a>;

enum Task {
    Copy(Any),
    /// The topmost values are the parts without which the copy cannot be made.
    Make(Any, usize),
    /// The topmost values are parts that the copy gets afterwards.
    Fill(Any, usize),
}

/// Which fields of a type's objects a copy can be made without.
struct Plan {
    reflection: &'static Reflection,
    /// Whether the copy begins blank.
    blank: bool,
    /// Fields that it must be made with; and those that are set afterwards.
    needed: Vec<usize>,
    settable: Vec<usize>,
}

impl Plan {
    fn of(reflection: &'static Reflection) -> Plan {
        let blank = reflection.can_be_blank();
        // A blank field, frozen or not, is set without anything being kept for former readers. Where copies begin as
        // shallow ones, frozen fields would keep the original's parts.
        let settable = |at: &usize| {
            let field = &reflection.fields[*at];
            !field.is_plain() && (blank || !field.flags().frozen)
        };
        let (settable, needed): (Vec<usize>, Vec<usize>) = (0..reflection.fields.len()).partition(settable);
        let blank = blank && needed.is_empty();
        Plan { reflection, blank, needed, settable }
    }
}

/// The work of [`deep_copy`].
///
/// What can be made before its parts is, and waits to be filled until nothing is left that needs its parts first: so
/// cycles close, as each leads through a list, a dict, or a field that can be set.
pub struct DeepCopy<'a> {
    memo: Arc<Memo>,
    elsewhere: Elsewhere<'a>,
    todo: Vec<Task>,
    made: Vec<Any>,
    /// Objects whose copies need their parts first, which are being copied.
    open: HashSet<usize>,
    /// Copies, and the parts of which each is to get copies.
    waiting: Vec<(Any, Vec<Any>)>,
    /// Dicts whose keys say themselves what is equal, for which they have to be whole, and the copies for each.
    late: Vec<(Any, Vec<Any>)>,
    /// Maps with such keys.
    maps: Vec<Any>,
    /// Structural keys, inner ones first, and how many have been made anew since `late` was looked at.
    keys: Vec<Any>,
    renewed: usize,
    /// Whether what is in keys may have changed after that.
    filled: bool,
    plans: HashMap<i32, Arc<Plan>>,
}

impl<'a> DeepCopy<'a> {
    /// Of this value, with the copies in `memo` known already.
    pub fn new(value: AnyView<'_>, memo: Arc<Memo>, elsewhere: Elsewhere<'a>) -> DeepCopy<'a> {
        DeepCopy {
            memo,
            elsewhere,
            todo: vec![Task::Copy(AnyView::to_owned(value))],
            made: Vec::new(),
            open: HashSet::new(),
            waiting: Vec::new(),
            late: Vec::new(),
            maps: Vec::new(),
            keys: Vec::new(),
            renewed: 0,
            filled: false,
            plans: HashMap::new(),
        }
    }

    fn plan(&mut self, view: AnyView<'_>) -> Result<Arc<Plan>, Error> {
        let index = view.type_index();
        if let Some(plan) = self.plans.get(&index) {
            return Ok(plan.clone());
        }
        let reflection = info(index);
        let hooked = hook::of(index, "__ffi_shallow_copy__").is_some();
        let plan = match reflection {
            Some(reflection) if reflection.copyable || hooked => Plan::of(reflection),
            _ => {
                let name = view.type_name();
                return Err(Error::runtime(format!("`{name}` cannot be copied: it is not copy-constructible")));
            }
        };
        Ok(self.plans.entry(index).or_insert(Arc::new(plan)).clone())
    }

    fn copy(&mut self, original: Any) -> Result<(), Error> {
        let view = original.view();
        if is_shared(view) {
            self.made.push(original);
            return Ok(());
        }
        if let Some(copy) = self.memo.get(view) {
            self.made.push(copy);
            return Ok(());
        }
        if self.open.contains(&address(view)) {
            return Err(Error::runtime(format!("`{}` is in a cycle of what cannot be changed", view.type_name())));
        }
        if let Some(copy) = (self.elsewhere)(view)? {
            self.finish(original, copy);
            return Ok(());
        }
        if let Some(tensor) = view.as_ref::<TensorObj>() {
            let copy = tensor.copy()?.into_any();
            self.finish(original, copy);
            return Ok(());
        }
        match parts(view) {
            Parts::Items(items) if view.type_index() == tag::LIST => {
                self.begin(original, ListObj::make([]).into_any(), items);
            }
            Parts::Entries(entries) if view.type_index() == tag::DICT => {
                let items = entries.into_iter().flat_map(|(key, value)| [key, value]).collect();
                self.begin(original, DictObj::empty().into_any(), items);
            }
            Parts::Items(items) => self.postpone(original, items),
            Parts::Entries(entries) => {
                self.postpone(original, entries.into_iter().flat_map(|(key, value)| [key, value]).collect());
            }
            Parts::Fields(_) | Parts::Leaf => self.copy_object(original)?,
        }
        Ok(())
    }

    fn copy_object(&mut self, original: Any) -> Result<(), Error> {
        let view = original.view();
        let plan = self.plan(view)?;
        let Some(object) = view.as_object() else { return Ok(()) };
        if let Some(copy) = by_hook(view)? {
            let set = |at: &usize| field(plan.reflection, *at, object);
            let values = plan.settable.iter().map(set).collect();
            self.begin(original, copy, values);
        } else if plan.blank {
            let values = plan.settable.iter().map(|at| field(plan.reflection, *at, object)).collect();
            let copy = instance::new_zeroed(view.type_index())?.into_any();
            self.begin(original, copy, values);
        } else {
            let values = plan.needed.iter().map(|at| field(plan.reflection, *at, object)).collect();
            self.postpone(original, values);
        }
        Ok(())
    }

    /// A copy is there, but for what it gets afterwards.
    fn begin(&mut self, original: Any, copy: Any, parts: Vec<Any>) {
        let copy = self.finish(original, copy);
        self.waiting.push((copy, parts));
    }

    /// A copy needs its parts first.
    fn postpone(&mut self, original: Any, parts: Vec<Any>) {
        self.open.insert(address(original.view()));
        self.todo.push(Task::Make(original, parts.len()));
        self.todo.extend(parts.into_iter().rev().map(Task::Copy));
    }

    /// Notes a copy as a value for whoever waits; gives the one that counts, should there be an earlier one.
    fn finish(&mut self, original: Any, copy: Any) -> Any {
        let copy = self.memo.note(original, copy);
        self.made.push(copy.clone());
        copy
    }

    fn top(&mut self, count: usize) -> Vec<Any> {
        self.made.split_off(self.made.len() - count)
    }

    fn make(&mut self, original: Any, count: usize) -> Result<(), Error> {
        let view = original.view();
        let values = self.top(count);
        self.open.remove(&address(view));
        let copy = match view.type_index() {
            tag::ARRAY => ArrayObj::make(values.into_iter()).into_any(),
            tag::MAP => self.make_map(view, values),
            _ => {
                let plan = self.plan(view)?;
                let Some(object) = view.as_object() else { return Ok(()) };
                // What is set afterwards begins as it is.
                let mut all: Vec<Any> =
                    (0..plan.reflection.fields.len()).map(|at| field(plan.reflection, at, object)).collect();
                let settable = plan.settable.iter().map(|at| all[*at].clone()).collect();
                plan.needed.iter().zip(values).for_each(|(at, value)| all[*at] = value);
                let copy = instance::make(plan.reflection.index, all)?.into_any();
                if copy.view().as_ref::<StructuralKey>().is_some() {
                    self.keys.push(copy.clone());
                }
                self.begin(original, copy, settable);
                return Ok(());
            }
        };
        self.finish(original, copy);
        Ok(())
    }

    fn make_map(&mut self, view: AnyView<'_>, values: Vec<Any>) -> Any {
        let Some(original) = view.as_ref::<MapObj>() else { return Any::none() };
        let custom = has_custom_keys(&values);
        let copy = MapObj::make_copy(original, in_pairs(values)).into_any();
        if custom {
            self.maps.push(copy.clone());
        }
        copy
    }

    /// What could not be done before all copies were whole; false when nothing is left.
    fn end(&mut self) -> Result<bool, Error> {
        if let Some(key) = self.keys.get(self.renewed).and_then(|key| key.view().as_ref::<StructuralKey>()) {
            key.renew()?;
            self.renewed += 1;
            return Ok(true);
        }
        if let Some((copy, values)) = self.late.pop() {
            self.filled = true;
            if let Some(dict) = copy.view().as_ref::<DictObj>() {
                for (key, value) in in_pairs(values) {
                    drop(dict.set(key, value)?);
                }
            }
            return Ok(true);
        }
        if std::mem::take(&mut self.filled) {
            self.renewed = 0;
            return Ok(true);
        }
        let Some(copy) = self.maps.pop() else { return Ok(false) };
        match copy.view().as_ref::<MapObj>().map_or(Ok(true), MapObj::is_sound)? {
            true => Ok(true),
            false => {
                Err(Error::runtime("a Map cannot be copied: the copy of a key has another __any_hash__ than the key"))
            }
        }
    }

    fn fill(&mut self, copy: Any, values: Vec<Any>) -> Result<(), Error> {
        let view = copy.view();
        if view.type_index() == tag::DICT && has_custom_keys(&values) {
            self.late.push((copy, values));
            return Ok(());
        }
        if let Some(list) = view.as_ref::<ListObj>() {
            list.replace_range(0..list.len(), values);
        } else if let Some(dict) = view.as_ref::<DictObj>() {
            for (key, value) in in_pairs(values) {
                drop(dict.set(key, value)?);
            }
        } else if let Ok(object) = copy.clone().into_object() {
            let plan = self.plan(view)?;
            for (at, value) in plan.settable.iter().zip(values) {
                set(plan.reflection, *at, &object, value)?;
            }
        }
        Ok(())
    }
}

fn set(reflection: &'static Reflection, at: usize, object: &Obj<Object>, value: Any) -> Result<(), Error> {
    let field = &reflection.fields[at];
    // Blank as the original's: a field may be, even if its type does not say so.
    if value.is_none() && field.get(object)?.is_none() {
        return Ok(());
    }
    field.set_frozen(object, value)
}

fn has_custom_keys(pairs: &[Any]) -> bool {
    pairs.iter().step_by(2).any(|key| is_custom(key.view()))
}

fn in_pairs(values: Vec<Any>) -> impl Iterator<Item = (Any, Any)> {
    let mut values = values.into_iter();
    std::iter::from_fn(move || values.next().zip(values.next()))
}

impl Work for DeepCopy<'_> {
    type Output = Any;
    fn work(&mut self, steps: u32) -> Result<Option<Any>, Error> {
        for _ in 0..steps {
            match self.todo.pop() {
                Some(Task::Copy(original)) => self.copy(original)?,
                Some(Task::Make(original, count)) => self.make(original, count)?,
                Some(Task::Fill(copy, count)) => {
                    let values = self.top(count);
                    self.fill(copy, values)?;
                }
                None => match self.waiting.pop() {
                    Some((copy, parts)) => {
                        self.todo.push(Task::Fill(copy, parts.len()));
                        self.todo.extend(parts.into_iter().rev().map(Task::Copy));
                    }
                    None => {
                        if !self.end()? {
                            return Ok(self.made.pop());
                        }
                    }
                },
            }
        }
        Ok(None)
    }
}
