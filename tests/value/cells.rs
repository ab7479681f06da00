//! Fields of objects under threads: nothing is torn, and what was replaced is released.

use super::*;

/// A field of some storage, alone in the world.
#[repr(C, align(16))]
struct Cell(UnsafeCell<[u64; 2]>);
// SAFETY: accessed through `cell` only.
unsafe impl Sync for Cell {}

impl Cell {
    fn new() -> Cell {
        Cell(UnsafeCell::new([0; 2]))
    }
    fn at(&self) -> *mut u8 {
        self.0.get().cast()
    }
}

#[test]
fn every_storage_gives_back_what_it_took() {
    let device = Device { kind: -1, id: i32::MAX };
    let dtype = DataType { code: 255, bits: 1, lanes: u16::MAX };
    let object = Obj::new(Object::placeholder());
    for (storage, value) in [
        (Storage::I8, (-128).into_any()),
        (Storage::I16, (-32768).into_any()),
        (Storage::I32, i32::MIN.into_any()),
        (Storage::I64, i64::MIN.into_any()),
        (Storage::U8, 255.into_any()),
        (Storage::U16, 65535.into_any()),
        (Storage::U32, u32::MAX.into_any()),
        (Storage::U64, u64::MAX.into_any()),
        (Storage::F32, 1.5.into_any()),
        (Storage::F64, f64::MIN_POSITIVE.into_any()),
        (Storage::Bool, true.into_any()),
        (Storage::Pointer, std::ptr::without_provenance_mut::<std::ffi::c_void>(0x1234).into_any()),
        (Storage::Object, object.clone().into_any()),
        (Storage::Object, Any::none()),
        (Storage::Any, object.into_any()),
        (Storage::Any, "small".into_any()),
        (Storage::DType, dtype.into_any()),
        (Storage::Device, device.into_any()),
    ] {
        let field = Cell::new();
        let value = cell::fit(value, storage).unwrap();
        // SAFETY: a zeroed field, aligned for everything, accessed through `cell`.
        unsafe {
            cell::store(field.at(), storage, value.clone());
            assert!(cell::load(field.at(), storage).view().same(&value.view()), "{storage:?}");
            assert!(cell::load_frozen(field.at(), storage).view().same(&value.view()), "{storage:?}");
            cell::drop_in_place(field.at(), storage);
        }
        if storage != Storage::Any {
            assert!(cell::fit("text".into_any(), storage).is_err(), "{storage:?}");
        }
    }
    assert_eq!(cell::fit(300.into_any(), Storage::U8).unwrap_err().kind(), "ValueError");
}

/// Other tests of the process may hold a pin for a moment. Or they run what this thread deferred.
fn until(mut done: impl FnMut() -> bool) {
    for _ in 0..100_000 {
        if done() {
            return;
        }
        bowline::reclaim::settle();
        std::thread::yield_now();
    }
    panic!("it never happened");
}

#[test]
fn replaced_values_are_released() {
    let alive = Arc::new(AtomicI64::new(0));
    for storage in [Storage::Object, Storage::Any] {
        let field = Cell::new();
        let object = probe(&alive, 1);
        // SAFETY: a zeroed field, accessed through `cell`.
        unsafe {
            cell::store(field.at(), storage, object.clone().into_any());
            assert_eq!(object.strong_count(), 2);
            drop(cell::load(field.at(), storage));
            assert_eq!(object.strong_count(), 2);
            cell::store(field.at(), storage, Any::none());
            until(|| object.strong_count() == 1);
            cell::store(field.at(), storage, object.clone().into_any());
            cell::drop_in_place(field.at(), storage);
            assert_eq!(object.strong_count(), 1, "{storage:?}");
        }
    }
    assert_eq!(alive.load(Ordering::Relaxed), 0);
}

/// What a reader peeked at lives for as long as its guard. A writer replaces it meanwhile.
#[test]
fn a_guard_keeps_what_was_replaced() {
    for storage in [Storage::Object, Storage::Any] {
        let alive = Arc::new(AtomicI64::new(0));
        let field = Cell::new();
        // SAFETY: a zeroed field, accessed through `cell`; the guard protects what is peeked at.
        unsafe {
            cell::store(field.at(), storage, probe(&alive, 7).into_any());
            let guard = bowline::reclaim::pin();
            let peeked = cell::peek_object(field.at(), storage, &guard).unwrap().cast::<Probe>();
            let replaced = Obj::new(Object::placeholder()).into_any();
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    cell::store(field.at(), storage, replaced);
                    cell::store(field.at(), storage, Any::none());
                });
            });
            assert_eq!(alive.load(Ordering::Relaxed), 1);
            check(peeked.as_ref());
            drop(guard);
            until(|| alive.load(Ordering::Relaxed) == 0);
        }
    }
}

/// Readers see whole, living values while writers replace them.
fn stress(storage: Storage, write: impl Fn(i64) -> Any + Sync, check: impl Fn(&Any) + Sync) {
    let field = Cell::new();
    let start = Barrier::new(4);
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..2)
            .map(|writer| {
                let (field, start, write) = (&field, &start, &write);
                scope.spawn(move || {
                    start.wait();
                    for n in 0..ROUNDS {
                        // SAFETY: a zeroed field, accessed through `cell`, values in form.
                        unsafe { cell::store(field.at(), storage, write(n * 2 + writer)) };
                    }
                })
            })
            .collect();
        for _ in 0..2 {
            scope.spawn(|| {
                start.wait();
                while !stop.load(Ordering::Relaxed) {
                    // SAFETY: a zeroed field, accessed through `cell`, values in form.
                    check(&unsafe { cell::load(field.at(), storage) });
                }
            });
        }
        let ends: Vec<_> = writers.into_iter().map(|writer| writer.join()).collect();
        stop.store(true, Ordering::Relaxed);
        ends.into_iter().for_each(|end| end.unwrap());
    });
    // SAFETY: the last use.
    unsafe { cell::drop_in_place(field.at(), storage) };
}

#[test]
fn store_vs_load_of_objects() {
    let alive = Arc::new(AtomicI64::new(0));
    stress(
        Storage::Object,
        |n| probe(&alive, n).into_any(),
        |value| value.view().as_ref::<Probe>().into_iter().for_each(check),
    );
    until(|| alive.load(Ordering::Relaxed) == 0);
}

#[test]
fn store_vs_load_of_values() {
    let alive = Arc::new(AtomicI64::new(0));
    let long = |n: i64| format!("a heap string of number {n}");
    stress(
        Storage::Any,
        |n| match n % 5 {
            0 => n.into_any(),
            1 => (n as f64).into_any(),
            2 => probe(&alive, n).into_any(),
            3 => long(n).into_any(),
            _ => format!("s{n}").into_any(),
        },
        |value| {
            let view = value.view();
            match view.type_index() {
                tag::NONE => {}
                tag::INT => assert_eq!(view.as_int().unwrap() % 5, 0),
                tag::FLOAT => assert_eq!(view.as_float().unwrap() % 5.0, 1.0),
                tag::STR => {
                    let text = view.as_str().unwrap();
                    let n: i64 = text.rsplit(' ').next().unwrap().parse().unwrap();
                    assert_eq!((n % 5, long(n).as_str()), (3, text));
                }
                tag::SMALL_STR => assert_eq!(view.as_str().unwrap()[1..].parse::<i64>().unwrap() % 5, 4),
                _ => {
                    let probe = view.as_ref::<Probe>().expect("a torn value");
                    check(probe);
                    assert_eq!(probe.number % 5, 2);
                }
            }
        },
    );
    until(|| alive.load(Ordering::Relaxed) == 0);
}

#[test]
fn store_vs_load_of_split_data() {
    stress(
        Storage::Device,
        |n| Device { kind: n as i32, id: -(n as i32) }.into_any(),
        |value| {
            let Device { kind, id } = value.view().as_device().unwrap();
            assert_eq!(kind, -id);
        },
    );
    stress(
        Storage::DType,
        |n| DataType { code: n as u8, bits: n as u8, lanes: n as u16 & 255 }.into_any(),
        |value| {
            let DataType { code, bits, lanes } = value.view().as_dtype().unwrap();
            assert!(code == bits && u16::from(code) == lanes);
        },
    );
}

/// Destroying an object that a field let go of comes back to that field.
#[test]
fn store_vs_itself_from_a_destructor() {
    #[repr(C)]
    struct Comes {
        header: Header,
        back: i64,
    }
    // SAFETY: repr(C), starts with a header; the key is this type's.
    unsafe impl ObjectType for Comes {
        const TYPE_KEY: &'static str = "test.value.Comes";
        type Parent = Object;
        fn type_index() -> i32 {
            static INDEX: CachedIndex = CachedIndex::new();
            INDEX.get_or_register::<Comes>()
        }
    }
    fn field() -> &'static Mutable<Any> {
        static FIELD: OnceLock<Mutable<Any>> = OnceLock::new();
        FIELD.get_or_init(|| Mutable::new(Any::none()))
    }
    static ENDS: AtomicI64 = AtomicI64::new(0);
    impl Drop for Comes {
        fn drop(&mut self) {
            ENDS.fetch_add(1, Ordering::Relaxed);
            drop(field().get());
            let next = match self.back {
                0 => "the last, which is longer than seven bytes".into_any(),
                back => Obj::new(Comes { header: Header::placeholder(), back: back - 1 }).into_any(),
            };
            field().set(next);
        }
    }
    field().set(Obj::new(Comes { header: Header::placeholder(), back: 20 }).into_any());
    until(|| {
        field().set(Any::none());
        ENDS.load(Ordering::Relaxed) == 21
    });
}
