//! Types with every kind of field.

use bowline::container::{Array, Dict, List, Map};
use bowline::function::{Error, Function};
use bowline::object::{Obj, Object};
use bowline::value::{Any, Bytes, DataType, Device, IntoAny, Mutable, Str};
use std::sync::Mutex;

bowline::object! {
    /// Fields that any thread may write.
    #[key = "guest.Cell"]
    pub struct Cell {
        /// Anything.
        pub value: Mutable<Any>,
        /// A number.
        pub number: Mutable<i64> = 7,
        /// A text.
        pub text: Mutable<Str> = "seven",
        /// Another one.
        pub next: Mutable<Option<Obj<Cell>>> = None,
    }
}

bowline::object! {
    /// Fields of every storage.
    #[key = "guest.Wide"]
    pub struct Wide {
        pub small: i8,
        pub byte: u8,
        pub word: u32,
        pub long: u64,
        pub single: f32,
        pub double: f64,
        pub yes: bool,
        pub dtype: DataType,
        pub device: Device,
        pub text: Str,
        pub bytes: Bytes,
        pub any: Any,
        pub object: Obj<Object>,
        pub maybe: Option<Obj<Wide>>,
        pub array: Array<i64>,
        pub list: List<Str>,
        pub map: Map<Str, i64>,
        pub dict: Dict<i64, Any>,
        pub function: Function,
    }
}

bowline::object! {
    /// Members that Python does not see, beside a field that cannot be blank.
    #[key = "guest.Hidden"]
    pub struct Hidden {
        pub first: Obj<Object>,
    }
    native {
        log: Mutex<Vec<String>> = Mutex::new(vec!["begun".to_owned()]),
    }
    methods {
        /// Adds a line.
        fn note(&self, line: Str) {
            self.log.lock().unwrap().push(line.to_string());
        }
        /// The lines.
        fn lines(&self) -> Array<Str> {
            self.log.lock().unwrap().iter().map(|line| Str::from(&**line)).collect()
        }
        /// One of it in another one.
        static fn twice(first: Obj<Object>) -> Obj<Hidden> {
            Hidden::new(Hidden::new(first).upcast())
        }
    }
}

/// Panics when it is dropped.
pub struct Bang(bool);

impl Drop for Bang {
    fn drop(&mut self) {
        if self.0 {
            panic!("dropped");
        }
    }
}

bowline::object! {
    /// Its end panics.
    #[key = "guest.Loud"]
    pub struct Loud {
        pub value: Any,
    }
    native {
        bang: Bang = Bang(true),
    }
}

pub fn make_cell(value: Any) -> Obj<Cell> {
    Cell::new(value, 1, "one".into(), None)
}

pub fn make_loud(value: Any) -> Obj<Loud> {
    Loud::new(value)
}

/// Writes all fields, often.
pub fn write_cell(cell: &Cell, values: Array<Any>, rounds: i64) {
    for round in 0..rounds {
        for value in values.iter() {
            cell.value.set(value);
            cell.number.set(round);
            cell.text.set(format!("a text beyond the inline ones, number {round}").as_str().into());
            cell.next.set(Some(make_cell(round.into_any())));
        }
    }
    cell.next.set(None);
}

/// Reads all fields, often, on a thread of its own.
pub fn read_cell(cell: Obj<Cell>, rounds: i64) -> Result<i64, Error> {
    let reader = std::thread::spawn(move || {
        let mut sum = 0;
        for _ in 0..rounds {
            let _ = cell.value.get();
            assert!(cell.text.get().len() > 2);
            if let Some(next) = cell.next.get() {
                sum += next.number.get();
            }
            sum += cell.number.get();
        }
        sum
    });
    reader.join().map_err(|_| Error::runtime("the reader panicked"))
}

/// Whether a weak handle follows its object's life.
pub fn weak() -> bool {
    let cell = make_cell(1.into_any());
    let weak = cell.downgrade();
    let lives = weak.upgrade().is_some_and(|again| again.ptr_eq(&cell));
    drop(cell);
    lives && weak.upgrade().is_none()
}
