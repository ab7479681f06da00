//! Rust types that the `object!` macro declares: registered with index and fields on first use.
//! Upholds: a type that is ready has both its index and its fields registered; types may refer to each other and to
//! themselves; no thread waits for another.

use super::table::is_declared;
use super::{register, Declaration};
use crate::object::shared_text::SharedText;
use crate::object::{registry, ObjectType};
use crate::sync::global::{AtomicI32, Ordering};
use crate::value::{Bytes, Str};
use std::cell::RefCell;

/// Where a declared type keeps its index.
#[derive(Debug, Default)]
pub struct Declared {
    /// Set once index and fields are registered.
    ready: AtomicI32,
}

/// Completes a type.
type Complete = fn() -> i32;

thread_local! {
    /// The types that fields named while this thread registers them. They are completed afterwards.
    static NAMED: RefCell<Option<Vec<Complete>>> = const { RefCell::new(None) };
}

impl Declared {
    /// Not registered yet.
    pub const fn new() -> Declared {
        Declared { ready: AtomicI32::new(0) }
    }

    /// The index of `T`, which is registered the first time. Asked while this thread registers another type's fields, the
    /// index comes alone, and `T`'s fields follow when those are done: types may name each other in any way.
    #[inline]
    pub fn index<T: Declaration>(&self) -> i32 {
        // Acquire: pairs with the Release in `register`. Carries: the type and its fields.
        match self.ready.load(Ordering::Acquire) {
            0 => self.register::<T>(),
            index => index,
        }
    }

    #[cold]
    fn register<T: Declaration>(&self) -> i32 {
        let index = match registry::get_or_register_type(T::TYPE_KEY, T::Parent::type_index()) {
            Ok(info) => info.index,
            Err(error) => panic!("{error}"),
        };
        let outermost = NAMED.with_borrow_mut(|named| match named {
            Some(named) => {
                named.push(T::type_index);
                false
            }
            None => {
                *named = Some(Vec::new());
                true
            }
        });
        if !outermost {
            return index;
        }
        let named = Named;
        if !is_declared(index) {
            if let Err(error) = register(index, T::definition()) {
                // Another thread may have been first; then its registration says the same.
                assert!(is_declared(index), "{error}");
            }
        }
        // Release: pairs with the Acquire in `index`.
        self.ready.store(index, Ordering::Release);
        named.take().into_iter().for_each(|complete| {
            complete();
        });
        index
    }
}

/// Ends what `NAMED` says, also when a definition panics.
struct Named;

impl Named {
    fn take(self) -> Vec<Complete> {
        NAMED.take().unwrap_or_default()
    }
}

impl Drop for Named {
    fn drop(&mut self) {
        NAMED.set(None);
    }
}

/// Several declared types at once.
pub trait Declarations {
    /// Registers them all.
    fn declare();
}

/// Registers declared types now. So they are known by their keys before their first use.
pub fn declare<T: Declarations>() {
    T::declare();
}

macro_rules! tuple {
    ($($name:ident)*) => {
        impl<$($name: Declaration),*> Declarations for ($($name,)*) {
            fn declare() {
                $($name::type_index();)*
            }
        }
    };
}
tuple!(A);
tuple!(A B);
tuple!(A B C);
tuple!(A B C D);
tuple!(A B C D E);
tuple!(A B C D E F);
tuple!(A B C D E F G);
tuple!(A B C D E F G H);

/// The text of doc comments, each line with the space that follows the slashes.
#[doc(hidden)]
pub fn __text(lines: &[&str]) -> SharedText {
    let lines: Vec<&str> = lines.iter().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    lines.join("\n").trim().into()
}

/// What may stand as the default of a field of type `V` in `object!`. It is a `V`, or a literal for it. Not `From`, which
/// would leave the type of number literals open.
pub trait DefaultOf<V> {
    /// The value.
    fn value(self) -> V;
}

impl<V> DefaultOf<V> for V {
    fn value(self) -> V {
        self
    }
}

impl DefaultOf<Str> for &str {
    fn value(self) -> Str {
        self.into()
    }
}

impl DefaultOf<Bytes> for &[u8] {
    fn value(self) -> Bytes {
        self.into()
    }
}

#[doc(hidden)]
pub fn __default<V, D: DefaultOf<V>>(default: D) -> V {
    default.value()
}
