//! Attributes of functions that Python calls.

use proc_macro::{Delimiter, Group, TokenStream, TokenTree};

/// Guards a `#[pyfunction]`, or a method within `#[pymethods]`, against running out of memory.
///
/// PyO3 panics where it gets no memory for a Python object, and the core unwinds where it gets none for a native one. Both become
/// `MemoryError`, also in making a Python object of what the function returns:
///
/// ```text
/// fn name(arguments) -> R { body }
/// fn name(arguments) -> PyResult<Made<<R as Returned>::Value>> { guard(move || -> R { body }) }
/// ```
#[proc_macro_attribute]
pub fn guarded(_: TokenStream, function: TokenStream) -> TokenStream {
    let mut head: Vec<TokenTree> = function.into_iter().collect();
    let Some(TokenTree::Group(body)) = head.pop() else { return message("expected a function with a body") };
    let is = |token: &TokenTree, char: char| matches!(token, TokenTree::Punct(punct) if punct.as_char() == char);
    let is_list =
        |token: &TokenTree| matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis);
    // The arrow behind the parameters, which are the first list behind `fn`.
    let start = head.iter().position(|token| matches!(token, TokenTree::Ident(name) if name.to_string() == "fn"));
    let parameters = start.and_then(|start| Some(start + head[start..].iter().position(is_list)?));
    let arrow = parameters.map(|at| at + 1).filter(|at| head.get(*at).is_some_and(|token| is(token, '-')));
    let result: TokenStream = match arrow {
        Some(at) => head.drain(at..).skip(2).collect(),
        None => parse("()"),
    };
    let mut made = TokenStream::from_iter(head);
    made.extend(parse("-> ::pyo3::PyResult<crate::interpreter::make::Made<<"));
    made.extend(result.clone());
    made.extend(parse("as crate::interpreter::make::Returned>::Value>>"));
    let mut inner = parse("move || -> ");
    inner.extend(result);
    inner.extend([TokenTree::Group(body)]);
    let mut outer = parse("crate::interpreter::trampoline::guard");
    outer.extend([TokenTree::Group(Group::new(Delimiter::Parenthesis, inner))]);
    made.extend([TokenTree::Group(Group::new(Delimiter::Brace, outer))]);
    made
}

/// As PyO3's attribute, for a function that is entered through our guard: `pyext/src/interpreter/entry.rs`.
#[proc_macro_attribute]
pub fn pyfunction(options: TokenStream, function: TokenStream) -> TokenStream {
    let mut made = parse(&format!("#[::pyo3::pyfunction(crate = {ENTRY:?}, {options})]"));
    made.extend(function);
    made
}

/// As PyO3's attribute, for methods that are entered through our guard: `pyext/src/interpreter/entry.rs`.
#[proc_macro_attribute]
pub fn pymethods(_: TokenStream, methods: TokenStream) -> TokenStream {
    let mut made = parse(&format!("#[::pyo3::pymethods] #[pyo3(crate = {ENTRY:?})]"));
    made.extend(methods);
    made
}

/// What PyO3's attributes take for PyO3.
const ENTRY: &str = "crate::interpreter::entry";

fn parse(tokens: &str) -> TokenStream {
    tokens.parse().expect("tokens")
}

fn message(text: &str) -> TokenStream {
    parse(&format!("compile_error!({text:?});"))
}
