//! Deep copies of values.
//! Upholds: a deep copy has the sharing and the cycles of its original; nothing of the original changes. The copy keeps nothing
//! of it alive but what both share: strings, functions, errors, shapes, variants of enumerations, sentinels.

use super::address;
use super::shallow::{by_hook, is_shared};
use crate::container::key::is_custom;
use crate::container::{ArrayObj, DictObj, ListObj, MapObj};
use crate::function::Error;
use crate::object::grow::{gather_into, gathered, out_of_memory, Grow};
use crate::object::{Obj, Object};
use crate::reflect::checkpoint::{finish, Work};
use crate::reflect::children::{children, field, Children};
use crate::reflect::number_map::{NumberMap, NumberSet};
use crate::reflect::structural::StructuralKey;
use crate::reflect::{info, instance, own_copy, Reflection};
use crate::tensor::TensorObj;
use crate::value::{tag, Any, AnyView, IntoAny};
use std::sync::{Arc, Mutex};

/// A copy of a value and of all that it consists of.
///
/// # Errors
/// Kind `RuntimeError` for objects that cannot be copied, `MemoryError`, what hooks end in.
pub fn deep_copy(value: AnyView<'_>) -> Result<Any, Error> {
    finish(DeepCopy::new(value, Arc::default(), Box::new(|_| Ok(None))))
}

/// What was copied so far, for copies that are to share. It has the original and its copy by address.
#[derive(Default)]
pub struct Memo(Mutex<NumberMap<usize, (Any, Any)>>);

impl Memo {
    fn locked<R>(&self, work: impl FnOnce(&mut NumberMap<usize, (Any, Any)>) -> R) -> R {
        work(&mut self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()))
    }

    /// The copy of an object, if there is one.
    pub fn get(&self, original: AnyView<'_>) -> Option<Any> {
        self.locked(|copies| copies.get(&address(original)).map(|(_, copy)| copy.clone()))
    }

    /// Notes a copy, unless there is one; gives the one that there is now.
    fn note(&self, original: Any, copy: Any) -> Any {
        let at = address(original.view());
        // What is late is released once the lock is open.
        let (first, _late) = self.locked(|copies| match (copies.try_reserve(1), copies.get(&at)) {
            (_, Some((_, first))) => (Some(first.clone()), Some((original, copy))),
            (Err(_), None) => (None, Some((original, copy))),
            (Ok(()), None) => {
                copies.insert(at, (original, copy.clone()));
                (Some(copy), None)
            }
        });
        first.unwrap_or_else(|| out_of_memory())
    }
}

/// What copies objects that the core does not look into. It may also have been told of copies, and is asked for each object
/// once. None: the core shall do it.
pub type OtherCopier<'a> = Box<dyn FnMut(AnyView<'_>) -> Result<Option<Any>, Error> + Send + 'a>;

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
/// What can be made before its parts is made first. It waits to be filled until nothing is left that needs its parts first. So
/// cycles close: each leads through a list, a dict, or a field that can be set.
pub struct DeepCopy<'a> {
    memo: Arc<Memo>,
    elsewhere: OtherCopier<'a>,
    todo: Vec<Task>,
    made: Vec<Any>,
    /// Objects whose copies need their parts first, which are being copied.
    open: NumberSet<usize>,
    /// Copies, and the parts of which each is to get copies.
    waiting: Vec<(Any, Vec<Any>)>,
    /// Dicts whose keys say themselves what is equal, and the copies for each. For that the keys have to be whole.
    late: Vec<(Any, Vec<Any>)>,
    /// Maps with such keys.
    maps: Vec<Any>,
    /// Structural keys, inner ones first. `renewed` of them have been made anew since `late` was looked at.
    keys: Vec<Any>,
    renewed: usize,
    /// Whether what is in keys may have changed after that.
    filled: bool,
    plans: NumberMap<i32, Arc<Plan>>,
}

impl<'a> DeepCopy<'a> {
    /// Of this value, with the copies in `memo` known already.
    pub fn new(value: AnyView<'_>, memo: Arc<Memo>, elsewhere: OtherCopier<'a>) -> DeepCopy<'a> {
        DeepCopy {
            memo,
            elsewhere,
            todo: vec![Task::Copy(AnyView::to_owned(value))],
            made: Vec::new(),
            open: NumberSet::default(),
            waiting: Vec::new(),
            late: Vec::new(),
            maps: Vec::new(),
            keys: Vec::new(),
            renewed: 0,
            filled: false,
            plans: NumberMap::default(),
        }
    }

    fn plan(&mut self, view: AnyView<'_>) -> Result<Arc<Plan>, Error> {
        let index = view.type_index();
        if let Some(plan) = self.plans.get(&index) {
            return Ok(plan.clone());
        }
        let reflection = info(index);
        let hooked = own_copy::hook(index).is_some();
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
            self.made.grow(1);
            self.made.push(original);
            return Ok(());
        }
        if let Some(copy) = self.memo.get(view) {
            self.made.grow(1);
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
        match children(view) {
            Children::Items(items) if view.type_index() == tag::LIST => {
                self.begin(original, ListObj::make([]).into_any(), items);
            }
            Children::Entries(entries) if view.type_index() == tag::DICT => {
                let items = gathered(entries.into_iter().flat_map(|(key, value)| [key, value]));
                self.begin(original, DictObj::empty().into_any(), items);
            }
            Children::Items(items) => self.postpone(original, items),
            Children::Entries(entries) => {
                self.postpone(original, gathered(entries.into_iter().flat_map(|(key, value)| [key, value])));
            }
            Children::Fields(_) | Children::Leaf => self.copy_object(original)?,
        }
        Ok(())
    }

    fn copy_object(&mut self, original: Any) -> Result<(), Error> {
        let view = original.view();
        let plan = self.plan(view)?;
        let Some(object) = view.as_object() else { return Ok(()) };
        if let Some(copy) = by_hook(view)? {
            let set = |at: &usize| field(plan.reflection, *at, object);
            let values = gathered(plan.settable.iter().map(set));
            self.begin(original, copy, values);
        } else if plan.blank {
            let values = gathered(plan.settable.iter().map(|at| field(plan.reflection, *at, object)));
            let copy = instance::new_zeroed(view.type_index())?.into_any();
            self.begin(original, copy, values);
        } else {
            let values = gathered(plan.needed.iter().map(|at| field(plan.reflection, *at, object)));
            self.postpone(original, values);
        }
        Ok(())
    }

    /// A copy is there, but for what it gets afterwards.
    fn begin(&mut self, original: Any, copy: Any, parts: Vec<Any>) {
        let copy = self.finish(original, copy);
        self.waiting.grow(1);
        self.waiting.push((copy, parts));
    }

    /// A copy needs its parts first.
    fn postpone(&mut self, original: Any, parts: Vec<Any>) {
        self.open.grow(1);
        self.open.insert(address(original.view()));
        self.todo.grow(1);
        self.todo.push(Task::Make(original, parts.len()));
        gather_into(&mut self.todo, parts.into_iter().rev().map(Task::Copy));
    }

    /// Notes a copy as a value for the copies that wait for it. Gives the one that counts, should there be an earlier one.
    fn finish(&mut self, original: Any, copy: Any) -> Any {
        let copy = self.memo.note(original, copy);
        self.made.grow(1);
        self.made.push(copy.clone());
        copy
    }

    fn top(&mut self, count: usize) -> Vec<Any> {
        let first = self.made.len() - count;
        gathered(self.made.drain(first..))
    }

    fn make(&mut self, original: Any, count: usize) -> Result<(), Error> {
        let view = original.view();
        let values = self.top(count);
        self.open.remove(&address(view));
        let copy = match view.type_index() {
            tag::ARRAY => ArrayObj::make(values.into_iter()).into_any(),
            tag::MAP => self.make_map(view, values)?,
            _ => {
                let plan = self.plan(view)?;
                let Some(object) = view.as_object() else { return Ok(()) };
                // What is set afterwards begins as it is.
                let mut all: Vec<Any> =
                    (0..plan.reflection.fields.len()).map(|at| field(plan.reflection, at, object)).collect();
                let settable = gathered(plan.settable.iter().map(|at| all[*at].clone()));
                plan.needed.iter().zip(values).for_each(|(at, value)| all[*at] = value);
                let copy = instance::make(plan.reflection.index, all)?.into_any();
                if copy.view().as_ref::<StructuralKey>().is_some() {
                    self.keys.grow(1);
                    self.keys.push(copy.clone());
                }
                self.begin(original, copy, settable);
                return Ok(());
            }
        };
        self.finish(original, copy);
        Ok(())
    }

    fn make_map(&mut self, view: AnyView<'_>, values: Vec<Any>) -> Result<Any, Error> {
        let Some(original) = view.as_ref::<MapObj>() else { return Ok(Any::none()) };
        let custom = has_custom_keys(&values);
        let copy = MapObj::make_copy(original, in_pairs(values))?.into_any();
        if custom {
            self.maps.grow(1);
            self.maps.push(copy.clone());
        }
        Ok(copy)
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
            self.late.grow(1);
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
    // The field is blank as the original's. It may be, even if its type does not say so.
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
                        self.todo.grow(1);
                        self.todo.push(Task::Fill(copy, parts.len()));
                        gather_into(&mut self.todo, parts.into_iter().rev().map(Task::Copy));
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
