//! Arbitrary values, converted to and passed to functions of many types. A second statement of the rules checks them.
//! Upholds: a conversion gives what the annotation says or the error it says, an error leaves the value (rvalues too) as
//! it was, and when all is dropped no object is left.
#![no_main]

#[path = "any_args/call.rs"]
mod call;
#[path = "any_args/make.rs"]
mod make;
#[path = "any_args/model.rs"]
mod model;
#[path = "any_args/oracle.rs"]
mod oracle;
#[path = "any_args/probe.rs"]
mod probe;
#[path = "any_args/table.rs"]
mod table;

use bowline::function::error::take_raised;
use bowline::object::stats;
use bowline::value::{AnyView, ByteArray, ConvertError, RvalueSlot};
use libfuzzer_sys::arbitrary::{Result, Unstructured};
use make::Made;
use model::Model;
use std::cell::LazyCell;
use table::Row;

thread_local! {
    static ROWS: LazyCell<Vec<Row>> = const { LazyCell::new(table::table) };
}

/// More values than this tell nothing new.
const POOL: usize = 24;

/// What came of a conversion is what the oracle said.
fn judge(row: &Row, model: &Model, found: &std::result::Result<bowline::value::Any, ConvertError>) {
    match (row.expected.convert(model), found) {
        (Ok(expected), Ok(value)) => expected.expect(value.view()),
        (Err(kind), Err(error)) => {
            assert_eq!((error.kind(), error.expected()), (kind, &(row.schema)()));
            assert_eq!(error.to_string(), format!("Expected `{}` but got `{}`", error.expected(), error.found()));
        }
        (Ok(_), Err(error)) => panic!("refused: {error}"),
        (Err(kind), Ok(value)) => panic!("accepted, {kind} expected: {value:?}"),
    }
}

fn convert(u: &mut Unstructured<'_>, rows: &[Row], pool: &[Made]) -> Result<()> {
    let row = u.choose(rows)?;
    match u.int_in_range(0..=5)? {
        0 => {
            let text = make::c_string(u)?;
            let model = Model::RawStr(text.as_bytes().to_vec());
            judge(row, &model, &(row.convert)(AnyView::of_c_str(&text)));
        }
        1 => {
            let length = u.int_in_range(0..=12)?;
            let bytes = u.bytes(length)?;
            let array = ByteArray::new(bytes);
            judge(row, &Model::RawBytes(bytes.to_vec()), &(row.convert)(AnyView::of_byte_array(&array)));
        }
        2 => {
            let (value, model) = u.choose(pool)?;
            let Ok(object) = value.clone().into_object() else { return Ok(()) };
            let slot = RvalueSlot::new(object);
            let found = (row.convert)(AnyView::of_rvalue(&slot));
            judge(row, model, &found);
            assert_eq!(slot.is_empty(), found.is_ok(), "an object leaves its slot when it suits");
            if found.is_ok() {
                let again = (row.convert)(AnyView::of_rvalue(&slot)).expect_err("it was moved");
                assert_eq!(again.kind(), oracle::RANGE);
            }
        }
        3 => {
            let (value, model) = u.choose(pool)?;
            judge(row, model, &(row.convert_owned)(value.clone()));
        }
        _ => {
            let (value, model) = u.choose(pool)?;
            let found = (row.convert)(value.view());
            judge(row, model, &found);
            let fits = (row.schema)().check(value.view());
            match &found {
                Ok(made) if made.view().same(value.as_view()) => assert!(fits, "converts to itself: {value:?}"),
                Ok(_) => {}
                Err(error) => assert!(!fits || oracle::is_narrow(&(row.schema)(), error.kind()), "{error}"),
            }
            model.expect(value.view());
        }
    }
    Ok(())
}

fn play(u: &mut Unstructured<'_>, rows: &[Row], pool: &mut Vec<Made>) -> Result<()> {
    pool.push(make::value(u, pool)?);
    while !u.is_empty() {
        match u.int_in_range(0..=7)? {
            0..=2 if pool.len() < POOL => pool.push(make::value(u, pool)?),
            3 => make::mutate(u, pool)?,
            0..=4 => convert(u, rows, pool)?,
            5 => call::typed(u, rows, pool)?,
            _ => call::packed(u, pool)?,
        }
    }
    Ok(())
}

libfuzzer_sys::fuzz_target!(init: call::expect_panics(), |bytes: &[u8]| {
    ROWS.with(|rows| {
        LazyCell::force(rows);
        let start = stats::alive();
        let mut pool = Vec::new();
        // It ends with the bytes, amid a step or not.
        let _ = play(&mut Unstructured::new(bytes), rows, &mut pool);
        make::untangle(&pool);
        drop(pool);
        assert!(take_raised().is_none(), "an error that was not taken");
        assert_eq!(stats::alive(), start, "objects are left");
    });
});
