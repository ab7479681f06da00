//! Callbacks for values by their types, in the order in which they are tried.
//! Upholds: a callback gets a value only of its type, or of one derived from it.

use super::answer::result;
use crate::container::{ArrayObj, ListObj};
use crate::function::{Error, Function};
use crate::object::grow::{gather_into, gathered, try_gathered};
use crate::object::registry;
use crate::reflect::sentinel;
use crate::value::{convert, tag, Any, AnyView};
use std::sync::{Arc, Mutex, MutexGuard};

/// A callback, and the values that it is for.
pub struct Row {
    /// The type of the values; [`tag::ANY`] for all.
    index: i32,
    call: Function,
    /// Whether it gets one more argument: what that is says who calls it.
    with_more: bool,
    /// Whether `MISSING` for an answer says that it is not for the value after all.
    declines: bool,
    /// Types of values that it is not for, however the first says.
    except: &'static [i32],
}

impl Row {
    /// A callback for values of a type.
    pub fn new(index: i32, call: Function, with_more: bool) -> Row {
        Row { index, call, with_more, declines: false, except: &[] }
    }

    /// A callback that answers `MISSING` where it is not for a value.
    pub fn choosy(call: Function, with_more: bool) -> Row {
        Row { index: tag::ANY, call, with_more, declines: true, except: &[] }
    }

    /// The same callback, but not for values of exactly these types.
    pub fn except(self, types: &'static [i32]) -> Row {
        Row { except: types, ..self }
    }

    #[inline]
    fn suits(&self, index: i32) -> bool {
        let suits = match self.index {
            tag::ANY => true,
            tag::STR if index == tag::SMALL_STR => true,
            tag::BYTES if index == tag::SMALL_BYTES => true,
            wanted if wanted < tag::OBJECT || index < tag::OBJECT => wanted == index,
            wanted => registry::is_instance(index, wanted),
        };
        suits && !self.except.contains(&index)
    }
}

/// All callbacks of a walk.
#[derive(Default)]
pub struct Rows(Vec<Row>);

impl Rows {
    /// These.
    pub fn new(rows: Vec<Row>) -> Rows {
        Rows(rows)
    }

    /// Adds those of a sequence of tuples. Each has a type index and a function, and a truth value if `with_more` does not
    /// say for all of them whether they get more.
    ///
    /// # Errors
    /// Kind `TypeError` for something else.
    pub fn add(&mut self, rows: AnyView<'_>, with_more: Option<bool>) -> Result<(), Error> {
        let rows = items(rows)?.into_iter().map(|row| {
            let row = items(row.view())?;
            let (index, call, more) = match (&row[..], with_more) {
                ([index, call], Some(more)) => (index, call, more),
                ([index, call, more], None) => (index, call, convert::<bool>(more.view())?),
                _ => return Err(wrong()),
            };
            Ok(Row::new(convert::<i32>(index.view())?, convert::<Function>(call.view())?, more))
        });
        gather_into(&mut self.0, try_gathered::<_, Error>(rows)?);
        Ok(())
    }

    /// What the first suitable callback gives for a value and a further argument. None if no callback suits.
    ///
    /// # Errors
    /// What the callback ends in, or gives as an error.
    pub fn answer(
        &self,
        value: AnyView<'_>,
        further: Option<AnyView<'_>>,
        more: AnyView<'_>,
    ) -> Result<Option<Any>, Error> {
        let index = value.type_index();
        for row in self.0.iter().filter(|row| row.suits(index)) {
            let answer = match (further, row.with_more) {
                (None, false) => row.call.call(&[value]),
                (None, true) => row.call.call(&[value, more]),
                (Some(further), false) => row.call.call(&[value, further]),
                (Some(further), true) => row.call.call(&[value, further, more]),
            };
            let answer = result(answer?)?;
            if !(row.declines && sentinel::is_missing(answer.view())) {
                return Ok(Some(answer));
            }
        }
        Ok(None)
    }
}

/// Callbacks for as long as the walk lasts that they are for. A visitor or mutator that is kept does not keep them, which may
/// know it in turn. What another thread began by it before the end goes on with them.
pub(super) struct Lent(Mutex<Option<Arc<Rows>>>);

impl Lent {
    pub(super) fn new(rows: Rows) -> Lent {
        Lent(Mutex::new(Some(Arc::new(rows))))
    }

    fn rows(&self) -> MutexGuard<'_, Option<Arc<Rows>>> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// The callbacks.
    ///
    /// # Errors
    /// Kind `RuntimeError` after the end.
    pub(super) fn get(&self) -> Result<Arc<Rows>, Error> {
        self.rows().clone().ok_or_else(|| Error::runtime("a visitor or mutator is used after the end of its walk"))
    }

    /// The walk is over.
    pub(super) fn end(&self) {
        let rows = self.rows().take();
        // Released under no lock.
        drop(rows);
    }
}

#[cold]
fn wrong() -> Error {
    Error::type_error("expected a sequence of tuples of a type index and a function")
}

fn items(view: AnyView<'_>) -> Result<Vec<Any>, Error> {
    match (view.as_ref::<ArrayObj>(), view.as_ref::<ListObj>()) {
        (Some(array), _) => Ok(gathered(array.as_slice().iter().cloned())),
        (_, Some(list)) => Ok(list.snapshot()),
        _ => Err(wrong()),
    }
}
