//! Graphs of any depth and sharing, and work that goes piece by piece.

use super::*;

/// Runs on a stack that recursion would leave at once.
fn on_a_small_stack(work: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(128 * 1024).spawn(work).unwrap().join().unwrap();
}

fn nested(make: fn(Any) -> Any, depth: usize) -> Any {
    (0..depth).fold(Any::none(), |inner, _| make(inner))
}

#[test]
fn a_million_within_each_other() {
    on_a_small_stack(|| {
        let deep = nested(|inner| array([inner]), 1_000_000);
        let copy = deep_copy(&deep);
        assert!(!same(&copy, &deep));
        assert!(content::equal(deep.view(), copy.view()).unwrap());
        assert_eq!(content::order(deep.view(), copy.view()).unwrap(), Ordering::Equal);
        assert_eq!(content::hash(deep.view()).unwrap(), content::hash(copy.view()).unwrap());
        assert!(text(&deep).len() > 3_000_000);
    });
}

#[test]
fn objects_and_containers_of_any_depth() {
    on_a_small_stack(|| {
        let makers: [fn(Any) -> Any; 3] = [
            |inner| node(1, inner),
            |inner| list([inner]),
            |inner| [(1.into_any(), inner)].into_iter().collect::<Map>().into_any(),
        ];
        for make in makers {
            let deep = nested(make, 50_000);
            assert!(equal(&deep, &deep_copy(&deep)));
            assert!(text(&deep).len() >= 100_000);
        }
    });
}

#[test]
fn sharing_costs_nothing() {
    // As a tree it has 2**60 leaves.
    let wide = |leaf: i64| (0..60).fold(array([leaf.into_any()]), |inner, _| array([inner.clone(), inner]));
    let (a, b) = (wide(1), wide(1));
    assert!(equal(&a, &b));
    assert_eq!(order(&a, &wide(2)), Ok(Ordering::Less));
    assert_eq!(order(&a, &b), Ok(Ordering::Equal));
    assert!(equal(&a, &deep_copy(&a)));
}

#[test]
fn work_goes_piece_by_piece() {
    let items = || list((0..100).map(|n| list([n.into_any()])));
    let (a, b) = (items(), items());
    let mut work = content::Equality::new(a.view(), b.view());
    let mut pieces = 0;
    while work.work(7).unwrap().is_none() {
        pieces += 1;
    }
    assert!(pieces > 10);
}
