//! Structural equality, hash, walks, visits and mutations by name. They are `ffi.StructuralEqual`,
//! `ffi.StructuralMap` and others. Upholds: callbacks come as tuples of a type index and a function; of them the
//! first that suits a value is called.

use super::containers::packed;
use crate::container::Array;
use crate::function::global::declare as typed;
use crate::function::{Error, Function};
use crate::object::Obj;
use crate::reflect::structural::{
    self, AccessPath, Flow, Options, Order, Region, Rows, StructuralKey, StructuralMutator, StructuralVisitor,
    VisitErrorContext, VisitInterrupt, Way,
};
use crate::value::{convert, Any, AnyView, IntoAny};

/// The options behind the first `count` arguments, each false if it is not given.
fn options(name: &str, arguments: &[AnyView<'_>], count: usize) -> Result<Options, Error> {
    if !(count..=count + 2).contains(&arguments.len()) {
        let given = arguments.len();
        return Err(Error::type_error(format!("{name} takes {count} to {} arguments, got {given}", count + 2)));
    }
    let option = |at: usize| arguments.get(count + at).map_or(Ok(false), |view| convert::<bool>(*view));
    Ok(Options { map_free_vars: option(0)?, skip_tensor_content: option(1)? })
}

/// Registers them, unless their names are taken.
pub(super) fn declare() {
    packed("ffi.StructuralEqual", |arguments| {
        let options = options("ffi.StructuralEqual", arguments, 2)?;
        structural::equal(arguments[0], arguments[1], options).map(IntoAny::into_any)
    });
    packed("ffi.StructuralHash", |arguments| {
        let options = options("ffi.StructuralHash", arguments, 1)?;
        structural::hash(arguments[0], options).map(|hash| (hash as i64).into_any())
    });
    packed("ffi.GetFirstStructuralMismatch", |arguments| {
        let options = options("ffi.GetFirstStructuralMismatch", arguments, 2)?;
        let paths = |(left, right): (Obj<AccessPath>, Obj<AccessPath>)| {
            [left, right].into_iter().collect::<Array<Obj<AccessPath>>>().into_any()
        };
        let found = structural::mismatch(arguments[0], arguments[1], options)?;
        Ok(found.map_or_else(Any::none, paths))
    });
    typed("ffi.StructuralKey", |value: Any| StructuralKey::of(value.view()));
    typed("ffi.StructuralKeyEqual", |a: Obj<StructuralKey>, b: Obj<StructuralKey>| a.same(&b));
    typed("ffi.VisitInterrupt", |value: Any| VisitInterrupt::new(value));
    packed("ffi.VisitErrorContext.FindAccessPaths", |arguments| {
        let (root, context, prefixes) = match arguments {
            [root, context] => (root, context, false),
            [root, context, prefixes] => (root, context, convert::<bool>(*prefixes)?),
            _ => {
                let given = arguments.len();
                let name = "ffi.VisitErrorContext.FindAccessPaths";
                return Err(Error::type_error(format!("{name} takes 2 or 3 arguments, got {given}")));
            }
        };
        convert::<Obj<VisitErrorContext>>(*context)?.find_access_paths(*root, prefixes).map(IntoAny::into_any)
    });
    declare_visits();
    declare_mutations();
}

fn declare_visits() {
    typed("ffi.StructuralWalk", |root: Any, callbacks: Any, with_region: Any, order: i64| {
        let order = if order == 0 { Order::Pre } else { Order::Post };
        let rows = rows(&[(&callbacks, Some(false)), (&with_region, Some(true))])?;
        let visit = |view: AnyView<'_>, region: Region| {
            let answer = rows.answer(view, None, (region as i64).into_any().view())?.unwrap_or_default();
            match (answer.is_none(), answer.view().as_int()) {
                (true, _) | (_, Some(0)) => Ok(Flow::Advance),
                (_, Some(1)) => Ok(Flow::Skip),
                _ => Ok(Flow::Interrupt(convert::<Obj<VisitInterrupt>>(answer.view())?.into_any())),
            }
        };
        structural::walk(root.view(), order, visit).map(Option::unwrap_or_default)
    });
    typed("ffi.StructuralVisit", |root: Any, callbacks: Any| {
        let rows = rows(&[(&callbacks, Some(false))])?;
        structural::visit(root.view(), rows).map(Option::unwrap_or_default)
    });
    typed("ffi.StructuralVisitorVisit", |visitor: Obj<StructuralVisitor>, value: Any| {
        visitor.visit(value.view()).map(Option::unwrap_or_default)
    });
    typed("ffi.StructuralVisitorDefaultVisit", |visitor: Obj<StructuralVisitor>, value: Any| {
        visitor.default_visit(value.view()).map(Option::unwrap_or_default)
    });
    typed("ffi.StructuralVisitorDefRegionKind", |visitor: Obj<StructuralVisitor>| visitor.region() as i64);
    typed("ffi.StructuralVisitorWithDefRegionKind", |visitor: Obj<StructuralVisitor>, kind: i64, call: Function| {
        visitor.with_region(Region::of_number(kind), || call.call(&[]))
    });
}

fn declare_mutations() {
    typed("ffi.StructuralMap", |root: Any, callbacks: Any, with_region: Any, order: i64| {
        let way = if order == 0 { Way::Before } else { Way::After };
        let rows = rows(&[(&callbacks, Some(false)), (&with_region, Some(true))])?;
        structural::rewrite(root.view(), way, rows)
    });
    typed("ffi.StructuralMutate", |root: Any, callbacks: Any| {
        structural::rewrite(root.view(), Way::Instead, rows(&[(&callbacks, None)])?)
    });
    typed("ffi.StructuralMutatorMutate", |mutator: Obj<StructuralMutator>, value: Any| mutator.mutate(value.view()));
    typed("ffi.StructuralMutatorDefaultMutate", |mutator: Obj<StructuralMutator>, value: Any| {
        mutator.default_mutate(value.view())
    });
    typed("ffi.StructuralMutatorVarRemapGet", |mutator: Obj<StructuralMutator>, variable: Any| {
        mutator.get_variable(variable.view())
    });
    typed("ffi.StructuralMutatorVarRemapSet", |mutator: Obj<StructuralMutator>, variable: Any, value: Any| {
        mutator.set_variable(variable.view(), value.view())
    });
    typed("ffi.StructuralMutatorDefRegionKind", |mutator: Obj<StructuralMutator>| mutator.region() as i64);
    typed("ffi.StructuralMutatorWithDefRegionKind", |mutator: Obj<StructuralMutator>, kind: i64, call: Function| {
        mutator.with_region(Region::of_number(kind), || call.call(&[]))
    });
}

/// Callbacks, in the order of the sequences that they come in.
fn rows(sequences: &[(&Any, Option<bool>)]) -> Result<Rows, Error> {
    let mut rows = Rows::default();
    for (sequence, with_more) in sequences {
        rows.add(sequence.view(), *with_more)?;
    }
    Ok(rows)
}
