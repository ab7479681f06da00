//! Collections of the guest's own, where memory may be missing.

use bowline::object::grow::{self, Grow};
use std::collections::HashMap;

/// Many small blocks, none of which asks.
pub fn own_texts(count: i64) -> i64 {
    let texts: Vec<String> = (0..count).map(|n| n.to_string()).collect();
    let lengths: HashMap<&str, Box<usize>> = texts.iter().map(|text| (&**text, Box::new(text.len()))).collect();
    lengths.values().map(|length| **length as i64).sum()
}

/// One block that is as large as is asked for.
pub fn own_numbers(count: i64) -> i64 {
    let mut numbers = Vec::new();
    numbers.grow(count as usize);
    numbers.extend(0..count);
    numbers.iter().sum()
}

/// What asks for nothing, in room that is set aside. What it leaves is freed by another thread. Gives a number that Python need not make.
pub fn own_room(count: i64) -> i64 {
    let left = grow::with_room(1 << 20, || (0..count).map(|n| n.to_string()).collect::<Vec<_>>());
    let freed = std::thread::spawn(move || left.len() as i64 == count);
    freed.join().map_or(-1, i64::from)
}

/// Ends early while the reserve goes to its end.
pub fn own_steps(count: i64) -> i64 {
    let mut steps = Vec::new();
    for n in 0..count {
        grow::expect_memory();
        steps.grow(1);
        steps.push(Box::new(n));
    }
    steps.len() as i64
}
