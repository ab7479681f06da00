//! What the C ABI needs of the layers below. Its functions get bad arguments. tests/abi has the programs in C.
//! Registers types, with numbers of their own, in a process of its own.

use bowline::abi::{error, function, types, value};
use bowline::function::error::take_raised;
use bowline::function::{Error, Function};
use bowline::object::registry::{
    is_instance, register_placed, register_type, type_index_of, type_info, types, RegistryError, TypePlace, DYNAMIC,
    OBJECT,
};
use bowline::reflect::{self, instance, record, record_own, Definition, FieldDefault, FieldFlags, FieldInfo};
use bowline::value::{Any, AnyView, ByteArray, IntoAny, RawAny, Schema, Storage, Str};
use std::ptr::{null, null_mut};
use std::thread;

#[test]
fn descendants_lie_behind_their_ancestor_while_there_is_room() {
    let place = |reserved, can_overflow| TypePlace { index: None, reserved, can_overflow };
    let base = register_placed("test.place.Base", OBJECT, place(4, true)).unwrap().index;
    let first = register_placed("test.place.First", base, place(1, false)).unwrap().index;
    let second = register_type("test.place.Second", base).unwrap().index;
    assert_eq!((first, second), (base + 1, base + 3));
    let inner = register_type("test.place.Inner", first).unwrap().index;
    assert_eq!(inner, base + 2);
    // No room: elsewhere, or not at all.
    assert_eq!(register_type("test.place.None", first).unwrap_err(), RegistryError::NoneReserved(first));
    assert!(register_placed("test.place.Large", base, place(1, true)).unwrap().index > base + 4);
    assert_eq!(register_type("test.place.Last", base).unwrap().index, base + 4);
    assert!(register_type("test.place.Over", base).unwrap().index > base + 4);
    // Others are not there.
    assert!(register_type("test.place.Other", OBJECT).unwrap().index > base + 4);
    assert!(is_instance(inner, base) && is_instance(inner, first) && !is_instance(inner, second));
}

#[test]
fn reserved_indices_are_given_out_once() {
    let place = TypePlace { index: None, reserved: 300, can_overflow: true };
    let base = register_placed("test.race.Base", OBJECT, place).unwrap().index;
    let register = |thread: i32| {
        let each = (0..100).map(move |n| register_type(&format!("test.race.{thread}.{n}"), base).unwrap().index);
        each.collect::<Vec<_>>()
    };
    let mut all: Vec<i32> = thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|n| scope.spawn(move || register(n))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 400);
    assert_eq!(all[..300], (base + 1..=base + 300).collect::<Vec<_>>());
}

#[test]
fn numbered_types() {
    let number = |index| TypePlace { index: Some(index), ..TypePlace::default() };
    let info = register_placed("test.Numbered", OBJECT, number(119)).unwrap();
    assert_eq!((info.index, type_index_of("test.Numbered")), (119, Some(119)));
    assert!(std::ptr::eq(type_info(119).unwrap(), info) && is_instance(119, OBJECT));
    assert!(types().any(|info| info.index == 119));
    let child = register_type("test.NumberedChild", 119).unwrap().index;
    assert!(child >= DYNAMIC && is_instance(child, 119));
    for taken in [119, 65, 63, DYNAMIC, -1] {
        let refused = register_placed("test.NumberedTwice", OBJECT, number(taken)).unwrap_err();
        assert_eq!(refused, RegistryError::BadIndex { key: "test.NumberedTwice".to_owned(), index: taken });
    }
    assert!(type_info(118).is_none());
}

/// A type declared at run time. It has a field of every storage that a schema asks for.
#[test]
fn records_of_declared_types() {
    let index = register_type("test.Recorded", OBJECT).unwrap().index;
    assert!(record_own::of(index).unwrap().fields().is_empty());
    let frozen = FieldFlags { frozen: true, kw_only: true, ..FieldFlags::default() };
    let schemas = [Schema::Int, Schema::Float, Schema::Bool, Schema::Str, Schema::Device, Schema::DType, Schema::Any];
    let mut fields: Vec<FieldInfo> =
        schemas.iter().enumerate().map(|(n, schema)| FieldInfo::new(&format!("f{n}"), schema.clone())).collect();
    fields[3] = fields[3].clone().with_flags(frozen).with_default(FieldDefault::Value("a default".into_any()));
    let definition = Definition { fields, doc: "what it is".into(), ..Definition::default() };
    let reflection = reflect::register(index, definition).unwrap();
    // The record that was given out before is completed.
    let own = record_own::of(index).unwrap();
    assert!(std::ptr::eq(own, record::of(index).unwrap()));
    assert_eq!(own.fields().len(), schemas.len());
    assert_eq!(own.metadata().unwrap().total_size as usize, reflection.total_size);
    let object = instance::new_zeroed(index).unwrap();
    let values = [7.into_any(), 0.5.into_any(), true.into_any(), "a text of some length".into_any()];
    for ((field, info), value) in own.fields().iter().zip(&reflection.fields).zip(&values) {
        assert_eq!(
            (field.name(), field.offset as usize, field.size as usize),
            (&*info.name, info.offset() as usize, info.size())
        );
        assert_eq!(field.flags & record::WRITABLE != 0, !info.flags().frozen);
        // SAFETY: a field of the object, which no other thread has.
        unsafe {
            field.set(object.as_raw(), value.view()).unwrap();
            assert!(field.get(object.as_raw()).unwrap().view().same(&value.view()));
        }
        assert!(info.get(&object).unwrap().view().same(&value.view()));
    }
    let text = &own.fields()[3];
    assert_eq!(text.flags & (record::HAS_DEFAULT | record::KW_ONLY), record::HAS_DEFAULT | record::KW_ONLY);
    // SAFETY: retained by the record; as above.
    unsafe {
        assert_eq!(AnyView::from_raw(text.default).as_str(), Some("a default"));
        assert_eq!(own.fields()[0].set(object.as_raw(), "x".into_any().view()).unwrap_err().kind(), "TypeError");
    }
}

#[test]
fn every_storage_is_listed_once() {
    for (n, storage) in Storage::ALL.iter().enumerate() {
        assert!(!Storage::ALL[..n].contains(storage));
    }
    assert_eq!(Storage::ALL.iter().map(|storage| storage.size()).sum::<usize>(), 87);
}

/// The code, and the error that it stands for.
fn error_of(code: i32) -> Error {
    assert_eq!(code, -1);
    take_raised().expect("a function that fails leaves an error")
}

#[test]
fn what_is_null_or_no_text_is_an_error() {
    let bad = ByteArray::new(b"a\xff");
    let (mut out, mut index, mut raw) = (null_mut(), 0, RawAny::NONE);
    // SAFETY: null, or places of this test.
    unsafe {
        let codes = [
            function::TVMFFIFunctionGetGlobal(null(), &mut out),
            function::TVMFFIFunctionGetGlobal(&bad, &mut out),
            function::TVMFFIFunctionSetGlobal(&bad, null_mut(), 0),
            types::TVMFFITypeKeyToIndex(null(), &mut index),
            types::TVMFFITypeKeyToIndex(&ByteArray::new(b"ffi.Array"), null_mut()),
            value::TVMFFIAnyViewToOwnedAny(null(), &mut raw),
            value::TVMFFIDataTypeFromString(&bad, null_mut()),
            value::TVMFFIStringFromByteArray(null(), &mut raw),
        ];
        // Each left an error in turn, of which the last is there.
        assert_eq!(codes, [-1; 8]);
        assert_eq!(take_raised().unwrap().kind(), "ValueError");
        assert!(take_raised().is_none());
        assert_eq!(error_of(function::TVMFFIFunctionGetGlobal(&bad, &mut out)).kind(), "ValueError");
        // These say it by their result alone.
        assert_eq!(error::TVMFFIErrorCreate(null(), &bad, &bad, &mut out), -1);
        assert!(take_raised().is_none() && out.is_null());
    }
}

#[test]
fn a_panic_is_an_error() {
    let panics = Function::from_packed(|_| panic!("in a callback"));
    let mut result = RawAny::NONE;
    std::panic::set_hook(Box::new(|_| {}));
    // SAFETY: a function, no arguments, a place for the result.
    let code = unsafe { function::TVMFFIFunctionCall(panics.as_raw().as_ptr(), null(), 0, &mut result) };
    assert_eq!(error_of(code).message(), "in a callback");
}

/// Strings of other makers may hold anything; nothing that wants text takes them for it.
#[test]
fn a_string_that_is_not_utf8() {
    for content in [&b"\xffab"[..], b"\xff a long one of these \xfe"] {
        let mut raw = RawAny::NONE;
        // SAFETY: bytes of this test, and a place for the result, which is owned.
        let string = unsafe {
            assert_eq!(value::TVMFFIStringFromByteArray(&ByteArray::new(content), &mut raw), 0);
            Any::from_raw(raw)
        };
        let view = string.view();
        assert_eq!((view.as_text(), view.as_str(), view.as_bytes()), (Some(content), None, None));
        let error = bowline::value::convert::<Str>(view).unwrap_err();
        assert_eq!((error.kind(), error.to_string().contains("not UTF-8")), ("ValueError", true));
        assert!(view.same(&Any::text(content).view()));
    }
    let ours = Str::from("a long one, made here");
    assert_eq!(Any::text(ours.as_str().as_bytes()).view().as_str(), Some(ours.as_str()));
}
