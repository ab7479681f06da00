//! `library!` says what a crate of native types has. It serves a plain Rust program and a library that Python loads.
//! Upholds: what is declared is registered once, before any of it is used.

use crate::function::{global, Error, Function, IntoTyped};

/// Says what types and functions a crate of native types has.
///
/// Makes a function `declare`, which registers them, and which a Rust program calls when it begins. In a crate that is built with the
/// feature `guest` it also exports what `bowline.load_module` looks for, which calls `declare`. Types come before those that
/// extend them; a function's name is the one that `bowline.get_global_func` finds it by. `setup { function }` names what is called
/// after that, once, for what goes beyond: attributes of types, functions with other metadata. It returns a `Result<(), Error>`.
///
/// A guest gets a `#[global_allocator]`: the C library's, with the host's reserve, so that small blocks are there when memory is not
/// ([`grow`](crate::object::grow) says what else asks). With `allocator { own }`, which comes last, it gets none: a crate that has an
/// allocator of its own says so.
///
/// ```
/// use bowline::function::{global, Error};
/// use bowline::object::ObjectType;
/// use bowline::value::{convert, IntoAny, Str};
///
/// bowline::object! {
///     /// A name.
///     #[key = "doc.Name"]
///     pub struct Name {
///         pub text: Str,
///     }
/// }
///
/// /// Greets.
/// fn greet(who: Str) -> Str {
///     Str::from(format!("hello {}", who.as_str()).as_str())
/// }
///
/// bowline::library! {
///     types { Name }
///     functions {
///         "doc.greet" = greet,
///     }
///     setup { describe }
/// }
///
/// /// Gives the type an attribute.
/// fn describe() -> Result<(), Error> {
///     bowline::reflect::attr::set(Name::type_index(), "doc.colour", "blue".into_any())
/// }
///
/// # fn main() -> Result<(), Error> {
/// declare()?;
/// let greeting = global::get("doc.greet").unwrap().call(&["you".into_any().view()])?;
/// assert_eq!(convert::<Str>(greeting.view())?, "hello you");
/// # Ok(())
/// # }
/// ```
#[macro_export]
macro_rules! library {
    (
        types { $($type:ty),* $(,)? }
        $(functions { $($name:literal = $function:expr),* $(,)? })?
        $(setup { $setup:path })?
        $(allocator { $allocator:ident })?
    ) => {
        /// Registers the types and functions of this library. Again it does nothing.
        ///
        /// # Errors
        /// Kind `RuntimeError` when another library has a function of such a name; what the setup ends in.
        ///
        /// # Panics
        /// When another library has a type of such a key.
        pub fn declare() -> ::std::result::Result<(), $crate::function::Error> {
            static DONE: ::std::sync::OnceLock<::std::result::Result<(), $crate::function::Error>> =
                ::std::sync::OnceLock::new();
            ::std::clone::Clone::clone(DONE.get_or_init(|| {
                $(<$type as $crate::object::ObjectType>::type_index();)*
                $($($crate::library::name($name, $function)?;)*)?
                $($setup()?;)?
                ::std::result::Result::Ok(())
            }))
        }

        $crate::__library_export! { $($allocator)? }
    };
}

#[doc(hidden)]
#[cfg(feature = "guest")]
#[macro_export]
macro_rules! __library_export {
    () => {
        /// The C library's, with what the host keeps in reserve for small blocks.
        #[global_allocator]
        static BOWLINE_ALLOCATOR: $crate::object::reserving::Reserving<$crate::object::reserving::LentReserve> =
            $crate::object::reserving::Reserving::new();

        $crate::__library_export! { own }
    };
    (own) => {
        /// What the host looks for.
        #[no_mangle]
        #[used]
        pub static BOWLINE_GUEST: $crate::runtime::Guest = {
            unsafe extern "C" fn begin(host: *const $crate::runtime::Runtime) -> i32 {
                // SAFETY: the loader calls it with the host's table, of this number.
                unsafe { $crate::library::begin(host, declare) }
            }
            $crate::runtime::Guest { abi: $crate::runtime::ABI, begin }
        };
    };
}

#[doc(hidden)]
#[cfg(not(feature = "guest"))]
#[macro_export]
macro_rules! __library_export {
    () => {};
    (own) => {};
}

/// Names a function of a library with its types.
#[doc(hidden)]
pub fn name<Args: 'static, F: IntoTyped<Args>>(name: &str, call: F) -> Result<(), Error> {
    let metadata = F::signature(name).to_schema().to_metadata("");
    global::register_described(name, Function::from_typed(name, call), &metadata, false)
}

/// Gives a guest its host, and lets it declare what it has.
///
/// # Safety
/// The table is a host's, of this number.
#[doc(hidden)]
#[cfg(feature = "guest")]
pub unsafe fn begin(host: *const crate::runtime::Runtime, declare: fn() -> Result<(), Error>) -> i32 {
    // SAFETY: the table is a host's, of this number.
    unsafe { crate::runtime::begin(host) };
    crate::object::panic_hook::install();
    crate::function::boundary::answer(declare)
}
