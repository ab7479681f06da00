//! `object!`: a native object type in a few lines.
//! Upholds: the struct is `repr(C)`, starts with its parent's, and every field is registered at its offset.

/// Declares an object type. That is the struct, its place in the registry, its reflection and a constructor.
///
/// A field of a plain type never changes once its object exists, and is read as a Rust field. A
/// [`Mutable`](crate::value::Mutable) one may be written by any thread, Python's included, while others read it. A default
/// serves those who make objects by reflection. Types register on first use; [`declare`](crate::reflect::declare)
/// registers them earlier, for those who look them up by key.
///
/// `#[field(…)]` before a field says how reflection treats it: `no_init`, `kw_only`, `no_repr`, `no_hash`, `no_compare`,
/// `ignored`, `defines`, `defines_flat` (see [`FieldFlags`](crate::reflect::FieldFlags)); `#[metadata = "…"]` adds JSON
/// facts. `native { … }` after the struct has members of any Rust type, which Python does not see, each with its first value; objects of such
/// a type are not copied field by field. A method is a Rust method, `fn f(&self, …)`, or a closure over the object. After the methods, `options { copyable: false }` sets members of [`Definition`](crate::reflect::Definition).
///
/// ```
/// use bowline::object::{Obj, ObjectType};
/// use bowline::reflect;
/// use bowline::value::{Mutable, Str};
///
/// bowline::object! {
///     /// A point.
///     #[key = "doc.Point"]
///     pub struct Point {
///         /// How far to the right.
///         pub x: i64,
///         pub y: Mutable<i64> = 7,
///     }
///     methods {
///         /// The sum of both.
///         fn sum(&self) -> i64 {
///             self.x + self.y.get()
///         }
///         static fn origin() -> Obj<Point> {
///             Point::new(0, 0)
///         }
///         fn difference = |this: &Point| this.x - this.y.get();
///     }
/// }
/// bowline::object! {
///     #[key = "doc.Point3"]
///     pub struct Point3: Point {
///         pub z: i64,
///         pub name: Str = "origin",
///         pub next: Option<Obj<Point>>,
///     }
/// }
///
/// let near = Point::new(1, 2);
/// let far = Point3::new(Point::value(3, 4), 5, Str::from("far"), Some(near.clone()));
/// assert_eq!((far.x, far.z, far.next.as_ref().unwrap().x), (3, 5, 1));
///
/// let reflection = reflect::info(Point3::type_index()).unwrap();
/// let y = reflection.field("y").unwrap();
/// y.set(&far, 40.into()).unwrap();
/// assert_eq!(far.y.get(), 40);
/// let sum = &reflection.method("sum").unwrap().function;
/// assert_eq!(sum.call(&[far.into_any().view()]).unwrap().view().as_int(), Some(43));
/// # use bowline::value::IntoAny;
/// ```
#[macro_export]
macro_rules! object {
    (
        $(#[doc = $doc:expr])*
        #[key = $key:literal]
        $(#[$meta:meta])*
        $vis:vis struct $name:ident { $($fields:tt)* }
        $(native { $($native:tt)* })?
        $(methods { $($methods:tt)* })?
        $(options { $($options:tt)* })?
    ) => {
        $crate::__object_struct! {
            [$($doc)*] [$key] [$($meta)*] [$vis] $name [$crate::object::Object] root { $($fields)* }
            { $($($native)*)? } { $($($methods)*)? } { $($($options)*)? }
        }
    };
    (
        $(#[doc = $doc:expr])*
        #[key = $key:literal]
        $(#[$meta:meta])*
        $vis:vis struct $name:ident: $parent:ty { $($fields:tt)* }
        $(native { $($native:tt)* })?
        $(methods { $($methods:tt)* })?
        $(options { $($options:tt)* })?
    ) => {
        $crate::__object_struct! {
            [$($doc)*] [$key] [$($meta)*] [$vis] $name [$parent] derived { $($fields)* }
            { $($($native)*)? } { $($($methods)*)? } { $($($options)*)? }
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __object_struct {
    (
        [$($doc:expr)*] [$key:literal] [$($meta:meta)*] [$vis:vis] $name:ident [$parent:ty] $rank:ident
        { $(
            $(#[doc = $field_doc:expr])* $(#[field($($flag:ident),*)])? $(#[metadata = $metadata:expr])?
            $field_vis:vis $field:ident: $type:ty $(= $default:expr)?
        ),* $(,)? }
        { $($(#[doc = $member_doc:expr])* $member_vis:vis $member:ident: $member_type:ty = $first:expr),* $(,)? }
        { $($methods:tt)* } { $($option:ident: $setting:expr),* $(,)? }
    ) => {
        $(#[doc = $doc])*
        $(#[$meta])*
        #[repr(C)]
        $vis struct $name {
            __parent: $parent,
            $($(#[doc = $field_doc])* $field_vis $field: $type,)*
            $($(#[doc = $member_doc])* $member_vis $member: $member_type,)*
        }

        // SAFETY: repr(C), starts with the parent's struct. Every object made by `new` or by reflection holds a whole one. Fields
        // are Send + Sync by `Field`.
        unsafe impl $crate::object::ObjectType for $name {
            const TYPE_KEY: &'static str = $key;
            type Parent = $parent;
            #[inline]
            fn type_index() -> i32 {
                static DECLARED: $crate::reflect::Declared = $crate::reflect::Declared::new();
                DECLARED.index::<Self>()
            }
        }

        impl $crate::reflect::Declaration for $name {
            fn definition() -> $crate::reflect::Definition {
                #[allow(unused_mut, reason = "not every type has methods")]
                let mut methods = ::std::vec::Vec::new();
                $crate::__object_methods! { methods $key $($methods)* }
                $crate::reflect::Definition {
                    doc: $crate::reflect::__text(&[$($doc),*]),
                    // SAFETY: each field is registered at its offset.
                    fields: ::std::vec![$(unsafe {
                        $crate::reflect::FieldInfo::of_rust::<$type>(
                            ::std::stringify!($field),
                            ::std::mem::offset_of!(Self, $field),
                        )
                        .with_doc(&$crate::reflect::__text(&[$($field_doc),*]))
                        $(.with_flags($crate::__object_flags!($($flag)*)))?
                        $(.with_metadata($metadata))?
                        $(.with_default($crate::reflect::FieldDefault::Value(
                            $crate::value::IntoAny::into_any($crate::__object_default!($type, $default)),
                        )))?
                    }),*],
                    methods,
                    // SAFETY: the struct consists of its parent's and of the fields above.
                    native: ::std::option::Option::Some(unsafe { $crate::reflect::Native::new::<Self>() }),
                    $($option: $setting,)*
                    ..::std::default::Default::default()
                }
            }

            fn blank() -> ::std::option::Option<Self> {
                ::std::option::Option::Some($name {
                    __parent: <$parent as $crate::reflect::Declaration>::blank()?,
                    $($field: $crate::__object_blank!($type $(, $default)?),)*
                    $($member: $first,)*
                })
            }

            const HAS_MEMBERS: bool = <$parent as $crate::reflect::Declaration>::HAS_MEMBERS
                || !<[&str]>::is_empty(&[$(::std::stringify!($member)),*]);

            unsafe fn begin(this: *mut Self) {
                // SAFETY: memory for the struct, of which each member is written once.
                unsafe {
                    <$parent as $crate::reflect::Declaration>::begin(&raw mut (*this).__parent);
                    $((&raw mut (*this).$member).write($first);)*
                }
            }
        }

        impl ::std::ops::Deref for $name {
            type Target = $parent;
            #[inline]
            fn deref(&self) -> &$parent {
                &self.__parent
            }
        }

        $crate::__object_new! { $rank [$vis] $name [$parent] [$($member: $first,)*] $($field: $type,)* }
        $crate::__object_inherent! { [$vis] $name $($methods)* }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __object_flags {
    ($($flag:ident)*) => {{
        let mut flags = $crate::reflect::FieldFlags::default();
        $($crate::__object_flags! { @ flags $flag })*
        flags
    }};
    (@ $flags:ident no_init) => { $flags.init = false; };
    (@ $flags:ident no_repr) => { $flags.repr = false; };
    (@ $flags:ident no_hash) => { $flags.hash = false; };
    (@ $flags:ident no_compare) => { $flags.compare = false; };
    (@ $flags:ident kw_only) => { $flags.kw_only = true; };
    (@ $flags:ident ignored) => { $flags.structural = $crate::reflect::FieldRole::Ignored; };
    (@ $flags:ident defines) => { $flags.structural = $crate::reflect::FieldRole::Defines; };
    (@ $flags:ident defines_flat) => { $flags.structural = $crate::reflect::FieldRole::DefinesFlat; };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __object_blank {
    ($type:ty) => {
        <$type as $crate::value::Field>::blank()?
    };
    ($type:ty, $default:expr) => {
        <$type as $crate::value::Field>::from_value($crate::__object_default!($type, $default))
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __object_default {
    ($type:ty, $default:expr) => {
        $crate::reflect::__default::<<$type as $crate::value::Field>::Value, _>($default)
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __object_new {
    (root [$vis:vis] $name:ident [$parent:ty] [$($member:ident: $first:expr,)*] $($field:ident: $type:ty,)*) => {
        #[allow(dead_code, clippy::too_many_arguments, clippy::new_ret_no_self, reason = "as many as there are fields")]
        impl $name {
            /// A new object of these fields.
            $vis fn new($($field: <$type as $crate::value::Field>::Value),*) -> $crate::object::Obj<Self> {
                $crate::object::Obj::new(Self::value($($field),*))
            }

            /// The part of a derived object that this type is.
            $vis fn value($($field: <$type as $crate::value::Field>::Value),*) -> Self {
                $name {
                    __parent: $crate::object::Object::placeholder(),
                    $($field: <$type as $crate::value::Field>::from_value($field),)*
                    $($member: $first,)*
                }
            }
        }
    };
    (derived [$vis:vis] $name:ident [$parent:ty] [$($member:ident: $first:expr,)*] $($field:ident: $type:ty,)*) => {
        #[allow(dead_code, clippy::too_many_arguments, clippy::new_ret_no_self, reason = "as many as there are fields")]
        impl $name {
            /// A new object of its parent's part and these fields.
            $vis fn new(
                parent: $parent,
                $($field: <$type as $crate::value::Field>::Value),*
            ) -> $crate::object::Obj<Self> {
                $crate::object::Obj::new(Self::value(parent, $($field),*))
            }

            /// The part of a derived object that this type is.
            $vis fn value(parent: $parent, $($field: <$type as $crate::value::Field>::Value),*) -> Self {
                $name {
                    __parent: parent,
                    $($field: <$type as $crate::value::Field>::from_value($field),)*
                    $($member: $first,)*
                }
            }
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __object_methods {
    ($methods:ident $key:literal) => {};
    (
        $methods:ident $key:literal $(#[doc = $doc:expr])* $(#[metadata = $metadata:literal])?
        fn $name:ident = $body:expr; $($rest:tt)*
    ) => {
        $crate::__object_methods! { @one $methods $key bound [$($doc)*] [$($metadata)?] $name $body }
        $crate::__object_methods! { $methods $key $($rest)* }
    };
    (
        $methods:ident $key:literal $(#[doc = $doc:expr])* $(#[metadata = $metadata:literal])?
        fn $name:ident(&$this:ident $(, $argument:ident: $type:ty)* $(,)?) $(-> $result:ty)? $body:block $($rest:tt)*
    ) => {
        $crate::__object_methods! {
            @one $methods $key bound [$($doc)*] [$($metadata)?] $name
            |object: &Self $(, $argument: $type)*| Self::$name(object $(, $argument)*)
        }
        $crate::__object_methods! { $methods $key $($rest)* }
    };
    (
        $methods:ident $key:literal $(#[doc = $doc:expr])* $(#[metadata = $metadata:literal])?
        static fn $name:ident($($argument:ident: $type:ty),* $(,)?) $(-> $result:ty)? $body:block $($rest:tt)*
    ) => {
        $crate::__object_methods! {
            @one $methods $key without_object [$($doc)*] [$($metadata)?] $name
            |$($argument: $type),*| Self::$name($($argument),*)
        }
        $crate::__object_methods! { $methods $key $($rest)* }
    };
    (
        $methods:ident $key:literal $(#[doc = $doc:expr])* $(#[metadata = $metadata:literal])?
        static fn $name:ident = $body:expr; $($rest:tt)*
    ) => {
        $crate::__object_methods! { @one $methods $key without_object [$($doc)*] [$($metadata)?] $name $body }
        $crate::__object_methods! { $methods $key $($rest)* }
    };
    (@one $methods:ident $key:literal $new:ident [$($doc:expr)*] [$($metadata:literal)?] $name:ident $body:expr) => {
        $methods.push($crate::reflect::MethodInfo {
            doc: $crate::reflect::__text(&[$($doc),*]),
            ..$crate::reflect::MethodInfo::typed(
                ::std::stringify!($name),
                ::std::concat!($key, ".", ::std::stringify!($name)),
                $body,
                ::std::concat!("", $($metadata)?),
            )
            .$new()
        });
    };
}

/// The methods that are written as Rust has them, which are Rust's, too.
#[doc(hidden)]
#[macro_export]
macro_rules! __object_inherent {
    ([$vis:vis] $type:ident) => {};
    ([$vis:vis] $type:ident $(#[$meta:meta])* $(static)? fn $name:ident = $body:expr; $($rest:tt)*) => {
        $crate::__object_inherent! { [$vis] $type $($rest)* }
    };
    (
        [$vis:vis] $type:ident $(#[doc = $doc:expr])* $(#[metadata = $metadata:literal])? $(static)?
        fn $name:ident($($arguments:tt)*) $(-> $result:ty)? $body:block $($rest:tt)*
    ) => {
        impl $type {
            $(#[doc = $doc])*
            $vis fn $name($($arguments)*) $(-> $result)? $body
        }
        $crate::__object_inherent! { [$vis] $type $($rest)* }
    };
}
