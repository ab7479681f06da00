//! Hooks are functions of a type that do a part of a walk. They are handed the walk to go on with.
//! Upholds: nothing is held while a hook runs; whatever a hook does with the walk, it comes back whole or the walk ends in
//! an error; hooks within hooks end before the stack does.

use super::attr;
use crate::function::stack;
use crate::function::{Error, Function};
use crate::value::{Any, AnyView};
use std::sync::{Arc, Mutex};

/// The hook that a type has of a kind. Hooks are not inherited: a child has parts that its parent's hook does not know.
#[inline]
pub(super) fn of(index: i32, hook: &attr::Frequent) -> Option<Any> {
    hook.get(index)
}

type Lent<S> = Mutex<Option<S>>;

fn take<S>(lent: &Lent<S>) -> Option<S> {
    lent.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take()
}

fn put<S>(lent: &Lent<S>, state: S) {
    *lent.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(state);
}

/// Calls `hook(arguments…, function)`. The function goes on with the walk in the state as `go_on` says. It does so for one
/// caller at a time, and until the hook ends.
pub(super) fn call<S: Default + Send + 'static>(
    state: &mut S,
    hook: &Any,
    arguments: &[AnyView<'_>],
    go_on: impl Fn(&mut S, &[AnyView<'_>]) -> Result<Any, Error> + Send + Sync + 'static,
) -> Result<Any, Error> {
    stack::expect()?;
    let lent = Arc::new(Lent::new(Some(std::mem::take(state))));
    let inner = lent.clone();
    let function = Function::from_packed(move |arguments| {
        let mut state = take(&inner).ok_or_else(|| {
            Error::runtime("the function that a hook got goes on for one caller at a time, and until the hook ends")
        })?;
        let result = go_on(&mut state, arguments);
        put(&inner, state);
        result
    });
    let mut all = arguments.to_vec();
    all.push(AnyView::of_object(&function));
    let answer = Function::call_view(hook.view(), &all);
    match (answer, take(&lent)) {
        (answer, Some(back)) => {
            *state = back;
            answer
        }
        (Err(error), None) => Err(error),
        (Ok(_), None) => Err(Error::runtime("a hook ended while the function that it got was still at work")),
    }
}
