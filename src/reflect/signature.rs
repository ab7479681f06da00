//! Which arguments make an object of a type. They come by position, by name, or not at all.
//! Upholds: construction by reflection and from Python takes arguments by the same rules, with the same errors.

use super::{FieldDefault, FieldInfo, Reflection};
use crate::function::Error;
use crate::object::grow::joined;
use crate::object::registry;

/// The parameters of a type's constructor: one for each field, in the order of [`Reflection::fields`].
#[derive(Debug)]
pub struct InitSignature {
    reflection: &'static Reflection,
    /// Whether an object may be made blank and filled then.
    blank: bool,
    parameters: Vec<Parameter>,
    positional: Vec<usize>,
}

#[derive(Debug)]
struct Parameter {
    passed: bool,
    required: bool,
}

impl InitSignature {
    /// The parameters for a type's objects.
    pub fn of(reflection: &'static Reflection) -> InitSignature {
        let blank = reflection.can_be_blank();
        let parameter = |(at, field): (usize, &FieldInfo)| {
            let hidden = reflection.fields[at + 1..].iter().any(|other| other.name == field.name);
            let passed = field.flags().init && !hidden;
            Parameter { passed, required: matches!(field.default, FieldDefault::Required) && (passed || !blank) }
        };
        let parameters: Vec<Parameter> = reflection.fields.iter().enumerate().map(parameter).collect();
        let by_position = |at: &usize| parameters[*at].passed && !reflection.fields[*at].flags().kw_only;
        let (first, second): (Vec<usize>, Vec<usize>) =
            (0..parameters.len()).filter(by_position).partition(|at| parameters[*at].required);
        InitSignature { reflection, blank, positional: [first, second].concat(), parameters }
    }

    /// What is known of the type.
    pub fn reflection(&self) -> &'static Reflection {
        self.reflection
    }

    /// Whether an object can be made without values for its fields.
    pub fn is_blank(&self) -> bool {
        self.blank
    }

    /// The fields that can be passed by position, in that order: required ones first.
    #[inline]
    pub fn positional(&self) -> &[usize] {
        &self.positional
    }

    /// Whether a field can be passed. It cannot when a derived type has a field of the same name.
    #[inline]
    pub fn is_passed(&self, at: usize) -> bool {
        self.parameters[at].passed
    }

    /// Whether a field must have a value.
    #[inline]
    pub fn is_required(&self, at: usize) -> bool {
        self.parameters[at].required
    }

    /// The field that a name passes.
    ///
    /// # Errors
    /// Kind `TypeError` when there is none.
    pub fn named(&self, name: &str) -> Result<usize, Error> {
        let found = self.reflection.fields.iter().zip(&self.parameters);
        found.into_iter().position(|(field, parameter)| parameter.passed && *field.name == *name).ok_or_else(|| {
            Error::type_error(format!("{}.__init__() got an unexpected keyword argument '{name}'", self.key()))
        })
    }

    fn key(&self) -> &'static str {
        registry::type_info(self.reflection.index).map_or("?", |info| info.key)
    }

    /// The error of so many arguments by position.
    #[cold]
    pub fn too_many(&self, count: usize) -> Error {
        let (key, takes) = (self.key(), self.positional.len());
        let s = if takes == 1 { "" } else { "s" };
        Error::type_error(format!("{key}.__init__() takes {takes} positional argument{s} but {count} were given"))
    }

    /// The error of passing a field twice.
    #[cold]
    pub fn twice(&self, at: usize) -> Error {
        let (key, name) = (self.key(), &self.reflection.fields[at].name);
        Error::type_error(format!("{key}.__init__() got multiple values for argument '{name}'"))
    }

    /// The error of names and values that do not pair up.
    #[cold]
    pub fn unpaired(&self, count: usize) -> Error {
        let key = self.key();
        Error::type_error(format!("{key}.__init__() takes names and values by turns behind KWARGS, got {count}"))
    }

    /// The error of a name that is none.
    #[cold]
    pub fn no_name(&self, found: &str) -> Error {
        let key = self.key();
        Error::type_error(format!("{key}.__init__() takes a str as a name behind KWARGS, got {found}"))
    }

    /// The error of required fields that were not passed.
    #[cold]
    pub fn missing(&self, is_given: impl Fn(usize) -> bool) -> Error {
        let lost = |keyword: bool| {
            let fields = self.reflection.fields.iter().enumerate();
            let lost = fields
                .filter(|(at, field)| !is_given(*at) && self.is_required(*at) && field.flags().kw_only == keyword);
            lost.map(|(_, field)| format!("'{}'", field.name)).collect::<Vec<_>>()
        };
        let (names, kind) = match lost(false) {
            names if names.is_empty() => (lost(true), "keyword-only "),
            names => (names, ""),
        };
        let s = if names.len() == 1 { "" } else { "s" };
        let key = self.key();
        let names = match names.split_last() {
            Some((last, [])) => last.clone(),
            Some((last, rest)) => format!("{} and {last}", joined(rest, ", ")),
            None => String::new(),
        };
        Error::type_error(format!("{key}.__init__() missing required {kind}argument{s}: {names}"))
    }
}
