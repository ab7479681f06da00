//! Counting in a process of one thread. Threads that come later rely on it. Without a harness, which has threads.

use bowline::container::{List, ListObj};
use bowline::object::{Obj, WeakObj};
use bowline::sync::single_threaded::{locate, single_threaded};
use bowline::value::IntoAny;

fn main() {
    assert!(!single_threaded(), "the variable is not located yet");
    locate();
    let expected = cfg!(all(target_os = "linux", target_env = "gnu")) && !cfg!(any(bowline_loom, bowline_shuttle));
    assert_eq!(single_threaded(), expected);

    let list = List::<i64>::new().into_object();
    let others: Vec<Obj<ListObj>> = (0..9).map(|_| list.clone()).collect();
    let weak: WeakObj<ListObj> = list.downgrade();
    let counts = |list: &Obj<ListObj>| (list.header().counts().strong(), list.header().counts().weak());
    assert_eq!(counts(&list), (10, 2));
    list.push(list.clone().into_any());
    assert_eq!(counts(&list), (11, 2));
    drop((list.pop(), others));
    assert_eq!(counts(&list), (1, 2));

    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                assert!(!single_threaded(), "threads were started");
                for _ in 0..1000 {
                    drop((list.clone(), weak.upgrade().expect("it is held")));
                }
            });
        }
    });
    assert!(!single_threaded(), "a process that had threads");
    assert_eq!(counts(&list), (1, 2));
    drop(list);
    assert!(weak.upgrade().is_none());
    println!("single_threaded: passed");
}
