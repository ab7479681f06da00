//! Typed Rust functions as functions over dynamic values.
//! Upholds: arity and every argument are checked before the function runs; the error texts name argument and signature.

use super::Error;
use crate::object::ObjectType;
use crate::value::{convert, Any, AnyView, ConvertError, FromAny, IntoAny, Schema};
use std::fmt;

/// What a typed function may return: a value, or a result of one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be what a function returns to Python",
    label = "not a result's type",
    note = "return a value that implements `IntoAny`, or `Result<T, E>` of one whose `E` converts into `bowline::function::Error`"
)]
pub trait Return {
    /// The value's type.
    fn schema() -> Schema;
    /// The value or the error.
    fn into_result(self) -> Result<Any, Error>;
}

impl<T: IntoAny> Return for T {
    fn schema() -> Schema {
        T::schema()
    }
    #[inline]
    fn into_result(self) -> Result<Any, Error> {
        Ok(self.into_any())
    }
}

impl<T: IntoAny, E: Into<Error>> Return for Result<T, E> {
    fn schema() -> Schema {
        T::schema()
    }
    #[inline]
    fn into_result(self) -> Result<Any, Error> {
        self.map(T::into_any).map_err(E::into)
    }
}

/// A function's name and types, as error texts show them: `name(0: int, 1: str) -> int`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The name; may be empty.
    pub name: String,
    /// The parameters' types.
    pub parameters: Vec<Schema>,
    /// The result's type.
    pub result: Schema,
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(", self.name)?;
        for (i, parameter) in self.parameters.iter().enumerate() {
            write!(f, "{}{i}: {parameter}", if i == 0 { "" } else { ", " })?;
        }
        write!(f, ") -> {}", self.result)
    }
}

impl Signature {
    /// The type of functions of this signature.
    pub fn to_schema(&self) -> Schema {
        Schema::Callable(Some((Some(self.parameters.clone()), Box::new(self.result.clone()))))
    }

    #[cold]
    fn wrong_count(&self, given: usize) -> Error {
        let expected = self.parameters.len();
        Error::type_error(format!(
            "Mismatched number of arguments when calling: `{self}`. Expected {expected} but got {given} arguments"
        ))
    }

    #[cold]
    fn wrong_type(&self, index: usize, error: &ConvertError) -> Error {
        Error::behind(error).unwrap_or_else(|| {
            Error::new(error.kind(), format!("Mismatched type on argument #{index} when calling: `{self}`. {error}"))
        })
    }
}

/// A Rust function of up to eight arguments whose types convert. `Args` only tells the implementations apart.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a function that Python can call",
    note = "it takes up to eight arguments that implement `FromAny`, the first of them perhaps `&T` of an object type",
    note = "it returns what implements `IntoAny`, or a `Result` of that",
    note = "a closure says the types of its arguments: `|x: i64| x + 1`"
)]
pub trait IntoTyped<Args>: Send + Sync + 'static {
    /// The signature under a name.
    fn signature(name: &str) -> Signature;
    /// Converts the arguments and calls.
    fn call(&self, name: &str, args: &[AnyView<'_>]) -> Result<Any, Error>;
}

/// Marks functions whose first argument is a borrowed object, as a method's is.
pub struct Method<T>(std::marker::PhantomData<T>);

macro_rules! typed {
    ($count:literal $($arg:ident $at:tt)*) => {
        impl<F, R, $($arg),*> IntoTyped<($($arg,)*)> for F
        where
            F: Fn($($arg),*) -> R + Send + Sync + 'static,
            R: Return,
            $($arg: FromAny,)*
        {
            fn signature(name: &str) -> Signature {
                Signature { name: name.to_owned(), parameters: vec![$($arg::schema()),*], result: R::schema() }
            }
            #[inline]
            #[allow(unused_variables, reason = "no arguments")]
            fn call(&self, name: &str, args: &[AnyView<'_>]) -> Result<Any, Error> {
                if args.len() != $count {
                    return Err(<F as IntoTyped<($($arg,)*)>>::signature(name).wrong_count(args.len()));
                }
                let wrong = |index: usize, error: ConvertError| {
                    <F as IntoTyped<($($arg,)*)>>::signature(name).wrong_type(index, &error)
                };
                self($(convert::<$arg>(args[$at]).map_err(|error| wrong($at, error))?),*).into_result()
            }
        }
    };
}
typed!(0);
typed!(1 A 0);
typed!(2 A 0 B 1);
typed!(3 A 0 B 1 C 2);
typed!(4 A 0 B 1 C 2 D 3);
typed!(5 A 0 B 1 C 2 D 3 E 4);
typed!(6 A 0 B 1 C 2 D 3 E 4 G 5);
typed!(7 A 0 B 1 C 2 D 3 E 4 G 5 H 6);
typed!(8 A 0 B 1 C 2 D 3 E 4 G 5 H 6 I 7);

macro_rules! method {
    ($count:literal $($arg:ident $at:tt)*) => {
        impl<F, T, R, $($arg),*> IntoTyped<(Method<T>, $($arg,)*)> for F
        where
            F: Fn(&T, $($arg),*) -> R + Send + Sync + 'static,
            T: ObjectType,
            R: Return,
            $($arg: FromAny,)*
        {
            fn signature(name: &str) -> Signature {
                let parameters = vec![Schema::of_index(T::type_index()), $($arg::schema()),*];
                Signature { name: name.to_owned(), parameters, result: R::schema() }
            }
            #[inline]
            fn call(&self, name: &str, args: &[AnyView<'_>]) -> Result<Any, Error> {
                if args.len() != $count {
                    return Err(<F as IntoTyped<(Method<T>, $($arg,)*)>>::signature(name).wrong_count(args.len()));
                }
                let wrong = |index: usize, error: ConvertError| {
                    <F as IntoTyped<(Method<T>, $($arg,)*)>>::signature(name).wrong_type(index, &error)
                };
                let owned;
                let this = match args[0].as_ref::<T>() {
                    Some(this) => this,
                    None => {
                        owned = convert::<crate::object::Obj<T>>(args[0]).map_err(|error| wrong(0, error))?;
                        &*owned
                    }
                };
                self(this, $(convert::<$arg>(args[$at]).map_err(|error| wrong($at, error))?),*).into_result()
            }
        }
    };
}
method!(1);
method!(2 A 1);
method!(3 A 1 B 2);
method!(4 A 1 B 2 C 3);
method!(5 A 1 B 2 C 3 D 4);
method!(6 A 1 B 2 C 3 D 4 E 5);
method!(7 A 1 B 2 C 3 D 4 E 5 G 6);
method!(8 A 1 B 2 C 3 D 4 E 5 G 6 H 7);
