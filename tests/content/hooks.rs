//! What types say of their own content.

use super::*;
use bowline::function::Error;
use bowline::object::ObjectType;
use bowline::reflect::attr;
use bowline::value::{AnyView, Str};
use std::sync::atomic::{self, AtomicU32};

fn hook(call: impl Fn(&[AnyView<'_>]) -> Result<Any, Error> + Send + Sync + 'static) -> Any {
    Function::from_packed(call).into_any()
}

fn part(view: AnyView<'_>) -> Any {
    view.as_ref::<Hooked>().unwrap().part.get()
}

/// Hooks belong to the type, so one test has them all.
#[test]
fn hooks() {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    let index = Hooked::type_index();
    let hooked = |part: Any| Hooked::new(part).into_any();
    let (a, b) = (hooked(list([1.into_any()])), hooked(array([1.into_any()])));
    assert!(!equal(&a, &b));

    // Equal when the parts are, or when they are both `1`.
    let equal_parts = hook(|arguments| {
        CALLS.fetch_add(1, atomic::Ordering::Relaxed);
        let ask = |a: &Any, b: &Any| Function::call_view(arguments[2], &[a.view(), b.view()]);
        let (a, b) = (part(arguments[0]), part(arguments[1]));
        // What was found unequal on the way is not equal later.
        let other = ask(&a, &b)?;
        assert!(same(&other, &ask(&a, &b)?));
        Ok(other)
    });
    attr::set(index, "__ffi_eq__", equal_parts).unwrap();
    assert_eq!(content::hash(a.view()).unwrap_err().kind(), "ValueError");
    let parts = hook(|arguments| Function::call_view(arguments[1], &[part(arguments[0]).view()]));
    attr::set(index, "__ffi_hash__", parts).unwrap();
    assert!(!equal(&a, &b));
    let again = hooked(list([1.into_any()]));
    assert!(equal(&a, &again));
    assert!(equal(&array([a.clone(), a.clone()]), &array([again.clone(), again])));
    assert!(CALLS.load(atomic::Ordering::Relaxed) >= 2);

    // A cycle through the hook.
    a.view().as_ref::<Hooked>().unwrap().part.set(list([a.clone()]));
    let other = hooked(list([a.clone()]));
    assert!(equal(&a, &other));
    a.view().as_ref::<Hooked>().unwrap().part.set(1.into_any());

    let compare =
        hook(|arguments| Function::call_view(arguments[2], &[part(arguments[0]).view(), part(arguments[1]).view()]));
    attr::set(index, "__ffi_compare__", compare).unwrap();
    assert_eq!(order(&array([hooked(1.into_any())]), &array([hooked(2.into_any())])), Ok(Ordering::Less));
    assert_eq!(order(&hooked(1.into_any()), &hooked("1".into_any())), Err("TypeError".to_owned()));

    let show = hook(|arguments| {
        let inner = Function::call_view(arguments[1], &[part(arguments[0]).view()])?;
        Ok(Str::from(format!("<{}>", inner.view().as_str().unwrap()).as_str()).into_any())
    });
    attr::set(index, "__ffi_repr__", show).unwrap();
    assert_eq!(text(&array([hooked(1.into_any()), hooked("a".into_any())])), "(<1>, <\"a\">)");
    let holder = hooked(Any::none());
    holder.view().as_ref::<Hooked>().unwrap().part.set(list([holder.clone()]));
    assert_eq!(text(&holder), "<[...]>");
    holder.view().as_ref::<Hooked>().unwrap().part.set(Any::none());

    // Hooks within hooks end before the stack does.
    let mut deep = hooked(Any::none());
    for _ in 0..100_000 {
        deep = hooked(deep);
    }
    assert_eq!(content::text(deep.view()).unwrap_err().kind(), "RecursionError");
    assert_eq!(content::hash(deep.view()).unwrap_err().kind(), "RecursionError");
    let other = deep_copy(&deep);
    assert_eq!(content::equal(deep.view(), other.view()).unwrap_err().kind(), "RecursionError");
    assert_eq!(content::order(deep.view(), other.view()).unwrap_err().kind(), "RecursionError");

    // Another hook hands its function to a thread, which comes too late.
    static KEPT: std::sync::Mutex<Option<Any>> = std::sync::Mutex::new(None);
    let keep = hook(|arguments| {
        *KEPT.lock().unwrap() = Some(AnyView::to_owned(arguments[1]));
        Ok("kept".into_any())
    });
    attr::set(index, "__ffi_repr__", keep).unwrap();
    assert_eq!(text(&hooked(Any::none())), "kept");
    let late = KEPT.lock().unwrap().take().unwrap();
    let error = std::thread::spawn(move || Function::call_view(late.view(), &[Any::none().view()]).unwrap_err());
    assert_eq!(error.join().unwrap().kind(), "RuntimeError");

    let copy = hook(|arguments| Ok(Hooked::new(part(arguments[0])).into_any()));
    attr::set(index, "__ffi_shallow_copy__", copy).unwrap();
    let original = hooked(list([]));
    let shallow = content::copy_shallow(original.view()).unwrap();
    assert!(same(&part(shallow.view()), &part(original.view())));
    assert!(!same(&part(deep_copy(&original).view()), &part(original.view())));
    attr::set(index, "__ffi_shallow_copy__", hook(|_| Ok(Any::none()))).unwrap();
    assert_eq!(content::deep_copy(original.view()).unwrap_err().kind(), "TypeError");
}
