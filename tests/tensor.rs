//! Tensors from outside: sharing, refusals, content.
//! Uses the crate's public interface only.
//! A test fails when memory ends twice, never, or while a tensor has it.
#![cfg(not(any(bowline_loom, bowline_shuttle)))]

use bowline::object::Object;
use bowline::reflect::structural::{self, Options};
use bowline::tensor::dlpack::{
    DLManagedTensor, DLManagedTensorVersioned, DLPackVersion, DLTensor, Managed, CPU, IS_COPIED, READ_ONLY,
    SUBBYTE_PADDED, VERSION,
};
use bowline::tensor::{share, Tensor, TensorObj, MAX_NDIM};
use bowline::value::{convert, DataType, Device, IntoAny};
use proptest::prelude::*;
use std::mem::offset_of;
use std::ptr::{null_mut, NonNull};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

const INT16: DataType = DataType { code: 0, bits: 16, lanes: 1 };

/// Memory of another library, which counts its ends.
#[repr(C)]
struct Foreign<M> {
    managed: M,
    content: Vec<i16>,
    shape: Vec<i64>,
    strides: Option<Vec<i64>>,
    ends: Arc<AtomicUsize>,
}

unsafe extern "C" fn end<M>(managed: *mut M) {
    // SAFETY: called with what `foreign` or `plain` made, once.
    let foreign = unsafe { Box::from_raw(managed.cast::<Foreign<M>>()) };
    foreign.ends.fetch_add(1, Ordering::Relaxed);
}

fn describe<M>(foreign: &mut Foreign<M>) -> DLTensor {
    DLTensor {
        data: foreign.content.as_mut_ptr().cast(),
        device: Device { kind: CPU, id: 0 },
        ndim: foreign.shape.len() as i32,
        dtype: INT16,
        shape: foreign.shape.as_mut_ptr(),
        strides: foreign.strides.as_mut().map_or(null_mut(), |strides| strides.as_mut_ptr()),
        byte_offset: 0,
    }
}

const BLANK: DLTensor = DLTensor {
    data: null_mut(),
    device: Device { kind: CPU, id: 0 },
    ndim: 0,
    dtype: INT16,
    shape: null_mut(),
    strides: null_mut(),
    byte_offset: 0,
};

fn plain(shape: &[i64], strides: Option<&[i64]>, ends: &Arc<AtomicUsize>) -> Managed {
    let managed = DLManagedTensor { dl_tensor: BLANK, manager_ctx: null_mut(), deleter: Some(end) };
    let mut foreign = Box::new(Foreign {
        managed,
        content: (0..64).collect(),
        shape: shape.to_vec(),
        strides: strides.map(<[i64]>::to_vec),
        ends: ends.clone(),
    });
    foreign.managed.dl_tensor = describe(&mut foreign);
    Managed::Plain(NonNull::from(Box::leak(foreign)).cast())
}

fn versioned(version: DLPackVersion, flags: u64, ends: &Arc<AtomicUsize>) -> Managed {
    let managed =
        DLManagedTensorVersioned { version, manager_ctx: null_mut(), deleter: Some(end), flags, dl_tensor: BLANK };
    let content = (0..64).collect();
    let mut foreign = Box::new(Foreign { managed, content, shape: vec![2, 3], strides: None, ends: ends.clone() });
    foreign.managed.dl_tensor = describe(&mut foreign);
    Managed::Versioned(NonNull::from(Box::leak(foreign)).cast())
}

/// Takes over what `plain` or `versioned` made.
fn import(managed: Managed) -> Tensor {
    // SAFETY: made above; ends on any thread.
    unsafe { TensorObj::from_managed(managed) }.unwrap()
}

#[test]
fn layout_of_the_c_abi() {
    let tensor = TensorObj::zeros(INT16, &[2]).unwrap();
    let body = tensor.as_raw().as_ptr().cast::<u8>();
    assert_eq!(tensor.type_index(), 70);
    assert_eq!((body.addr() + 24, size_of::<Object>()), (std::ptr::from_ref(tensor.dl_tensor()).addr(), 24));
    let offsets = [
        offset_of!(DLTensor, data),
        offset_of!(DLTensor, device),
        offset_of!(DLTensor, ndim),
        offset_of!(DLTensor, dtype),
        offset_of!(DLTensor, shape),
        offset_of!(DLTensor, strides),
        offset_of!(DLTensor, byte_offset),
    ];
    assert_eq!(offsets, [0, 8, 16, 20, 24, 32, 40]);
    assert_eq!(offset_of!(DLManagedTensor, deleter), 56);
    assert_eq!((offset_of!(DLManagedTensorVersioned, deleter), offset_of!(DLManagedTensorVersioned, flags)), (16, 24));
}

#[test]
fn foreign_memory_ends_once_with_the_last_who_has_it() {
    let ends = Arc::new(AtomicUsize::new(0));
    let tensor = import(plain(&[4, 5], None, &ends));
    assert_eq!((tensor.shape(), &*tensor.strides(), tensor.numel()), (&[4, 5][..], &[5, 1][..], 20));
    let (other, exported) = (share(&tensor).unwrap(), tensor.clone().export().unwrap());
    let address = tensor.data();
    drop(tensor);
    assert_eq!((other.data(), ends.load(Ordering::Relaxed)), (address, 0));
    let again = TensorObj::from_exported(exported).unwrap();
    drop(other);
    assert_eq!((again.data(), ends.load(Ordering::Relaxed)), (address, 0));
    std::thread::spawn(move || drop(again)).join().unwrap();
    assert_eq!(ends.load(Ordering::Relaxed), 1);
}

#[test]
fn what_is_refused_has_ended() {
    let ends = Arc::new(AtomicUsize::new(0));
    // SAFETY: made here; ends on any thread.
    let refused = unsafe { TensorObj::from_managed(plain(&[4, -5], None, &ends)) };
    assert_eq!((refused.unwrap_err().kind(), ends.load(Ordering::Relaxed)), ("ValueError", 1));
}

#[test]
fn an_export_that_is_not_taken_ends() {
    let tensor = TensorObj::zeros(INT16, &[2]).unwrap();
    drop(tensor.clone().export().unwrap());
    drop(tensor.clone().export_versioned(false));
    assert_eq!(tensor.strong_count(), 1);
}

#[test]
fn flags_go_along() {
    let ends = Arc::new(AtomicUsize::new(0));
    let tensor = import(versioned(VERSION, READ_ONLY | IS_COPIED, &ends));
    assert_eq!(tensor.flags(), READ_ONLY | IS_COPIED);
    assert_eq!(tensor.clone().export().unwrap_err().kind(), "ValueError");
    let again = TensorObj::from_exported(tensor.clone().export_versioned(false)).unwrap();
    assert_eq!(again.flags(), READ_ONLY);
    assert_eq!(TensorObj::from_exported(tensor.export_versioned(true)).unwrap().flags(), READ_ONLY | IS_COPIED);
    let other = versioned(DLPackVersion { major: 2, minor: 0 }, 0, &ends);
    // SAFETY: alive; ended this once.
    unsafe {
        assert!(!other.is_understood());
        other.delete();
    }
    drop(again);
    assert_eq!(ends.load(Ordering::Relaxed), 2);
}

/// What `check` says of a description.
fn refusal(change: impl FnOnce(&mut DLTensor)) -> Option<String> {
    let mut dims = [1_i64; 2];
    let mut content = [0_i16; 4];
    let shape = dims.as_mut_ptr();
    let mut tensor = DLTensor { data: content.as_mut_ptr().cast(), ndim: 2, shape, ..BLANK };
    change(&mut tensor);
    // SAFETY: two sizes, unless the change takes them away or says otherwise, which is refused first.
    unsafe { TensorObj::check(&tensor) }.err().map(|error| error.message().to_owned())
}

#[test]
fn what_cannot_be_is_refused() {
    let size = |size: i64| {
        move |tensor: &mut DLTensor| {
            // SAFETY: the two sizes of `refusal`.
            unsafe { tensor.shape.write(size) };
        }
    };
    assert_eq!(refusal(|_| ()), None);
    assert_eq!(refusal(size(0)), None);
    assert!(refusal(size(-1)).unwrap().contains("size -1"));
    assert!(refusal(size(i64::MAX)).unwrap().contains("more memory"));
    assert!(refusal(size(1 << 60)).unwrap().contains("more memory"));
    assert!(refusal(|tensor| tensor.ndim = i32::MAX).unwrap().contains("2147483647 dimensions"));
    assert!(refusal(|tensor| tensor.ndim = MAX_NDIM + 1).unwrap().contains("dimensions"));
    assert!(refusal(|tensor| tensor.ndim = -1).unwrap().contains("-1 dimensions"));
    assert!(refusal(|tensor| tensor.shape = null_mut()).unwrap().contains("no shape"));
    assert!(refusal(|tensor| tensor.data = null_mut()).unwrap().contains("no memory"));
    assert!(refusal(|tensor| tensor.dtype.bits = 0).unwrap().contains("0 bits"));
    assert!(refusal(|tensor| tensor.dtype.lanes = 0).unwrap().contains("0 lanes"));
    let mut strides = [i64::MIN, 1];
    let far = |tensor: &mut DLTensor| {
        size(2)(tensor);
        tensor.strides = strides.as_mut_ptr();
    };
    assert!(refusal(far).unwrap().contains("out of memory"));
    // That memory is not read.
    assert_eq!(refusal(|tensor| tensor.device.kind = 2), None);
}

#[test]
fn content_of_other_orders() {
    let ends = Arc::new(AtomicUsize::new(0));
    let transposed = import(plain(&[2, 3], Some(&[1, 2]), &ends));
    assert!(!transposed.is_contiguous());
    let bytes = |numbers: &[i16]| numbers.iter().flat_map(|number| number.to_ne_bytes()).collect::<Vec<_>>();
    assert_eq!(*transposed.content().unwrap(), bytes(&[0, 2, 4, 1, 3, 5]));
    let packed = transposed.copy().unwrap();
    assert!(packed.is_contiguous());
    assert_eq!(packed.data().addr() % 64, 0);
    assert!(packed.is_same(&transposed).unwrap());
    let broadcast = import(plain(&[2, 2], Some(&[0, 1]), &ends));
    assert_eq!(*broadcast.content().unwrap(), bytes(&[0, 1, 0, 1]));
    // A stride does not count where there is nothing to stride over.
    assert!(import(plain(&[1, 3], Some(&[77, 1]), &ends)).is_contiguous());
    let scalar = import(plain(&[], None, &ends));
    assert_eq!((scalar.numel(), scalar.is_contiguous(), scalar.size()), (1, true, 2));
    let empty = import(plain(&[0, 3], Some(&[5, 7]), &ends));
    assert_eq!((empty.numel(), empty.is_contiguous(), empty.content().unwrap().len()), (0, true, 0));
}

#[test]
fn over_memory_that_is_there() {
    let memory: Arc<[u8; 4]> = Arc::new([1, 0, 2, 0]);
    let block = NonNull::from(&memory[..]);
    // SAFETY: the keeper keeps the memory, which the flag forbids to write.
    let over = |shape: &[i64]| unsafe { TensorObj::over(INT16, shape, block, READ_ONLY, Box::new(memory.clone())) };
    let tensor = over(&[2]).unwrap();
    assert_eq!((tensor.data().cast_const().cast(), tensor.flags()), (memory.as_ptr(), READ_ONLY));
    assert_eq!((&*tensor.content().unwrap(), Arc::strong_count(&memory)), (&[1, 0, 2, 0][..], 2));
    assert_eq!(over(&[3]).unwrap_err().message(), "expected 6 bytes for the elements of a tensor, got 4");
    drop(tensor);
    assert_eq!(Arc::strong_count(&memory), 1);
}

#[test]
fn content_of_small_elements() {
    let int4 = DataType { code: 0, bits: 4, lanes: 1 };
    let three = TensorObj::from_bytes(int4, &[3], &[0x21, 0x03]).unwrap();
    assert_eq!(three.size(), 2);
    assert_eq!(TensorObj::from_bytes(int4, &[3], &[0; 3]).unwrap_err().kind(), "ValueError");
    let ends = Arc::new(AtomicUsize::new(0));
    let keeper = Arc::new(ends);
    let (mut shape, mut strides, mut memory) = ([2_i64, 2], [1_i64, 2], [0_u8; 4]);
    let described = DLTensor {
        data: memory.as_mut_ptr().cast(),
        ndim: 2,
        dtype: int4,
        shape: shape.as_mut_ptr(),
        strides: strides.as_mut_ptr(),
        ..BLANK
    };
    // SAFETY: the memory outlives both tensors.
    let (packed, padded) = unsafe {
        let make = |flags| TensorObj::from_kept(described, flags, Box::new(keeper.clone())).unwrap();
        (make(0), make(SUBBYTE_PADDED))
    };
    assert_eq!(packed.content().unwrap_err().kind(), "RuntimeError");
    assert_eq!(padded.content().unwrap().len(), 4);
}

#[test]
fn memory_elsewhere_is_not_read() {
    let mut shape = [2_i64];
    let cuda = Device { kind: 2, id: 0 };
    let described = DLTensor { data: 64 as *mut _, device: cuda, ndim: 1, shape: shape.as_mut_ptr(), ..BLANK };
    // SAFETY: nothing reads it, which is the test.
    let tensor = unsafe { TensorObj::from_kept(described, 0, Box::new(())) }.unwrap();
    assert_eq!(tensor.content().unwrap_err().kind(), "RuntimeError");
    assert!(tensor.is_same(&share(&tensor).unwrap()).unwrap());
    assert!(tensor.is_same(&TensorObj::zeros(INT16, &[2]).unwrap()).is_err());
}

#[test]
fn structure() {
    let make = |content: &[u8]| TensorObj::from_bytes(INT16, &[2], content).unwrap().into_any();
    let (a, b, other) = (make(&[1, 2, 3, 4]), make(&[1, 2, 3, 4]), make(&[1, 2, 3, 5]));
    let equal = |a: &bowline::value::Any, b, options| structural::equal(a.view(), b, options).unwrap();
    let hash = |a: &bowline::value::Any, options| structural::hash(a.view(), options).unwrap();
    let (all, skip) = (Options::default(), Options { skip_tensor_content: true, ..Options::default() });
    assert!(equal(&a, b.view(), all) && !equal(&a, other.view(), all) && equal(&a, other.view(), skip));
    assert_eq!(hash(&a, all), hash(&b, all));
    assert_ne!(hash(&a, all), hash(&other, all));
    assert_eq!(hash(&a, skip), hash(&other, skip));
    let wide = TensorObj::zeros(INT16, &[2, 1]).unwrap().into_any();
    assert!(!equal(&a, wide.view(), skip));
    let (here, there) = structural::mismatch(a.view(), other.view(), all).unwrap().unwrap();
    assert_eq!((here.text(), there.text()), ("<root>".to_owned(), "<root>".to_owned()));
    assert!(convert::<Tensor>(a.view()).is_ok() && convert::<Tensor>(1.into_any().view()).is_err());
}

proptest! {
    #[test]
    fn content_is_that_of_a_plain_loop(
        shape in proptest::collection::vec(1_i64..4, 0..4),
        order in any::<u64>(),
    ) {
        let ends = Arc::new(AtomicUsize::new(0));
        // Strides of some permutation of the dimensions.
        let mut dims: Vec<usize> = (0..shape.len()).collect();
        dims.sort_by_key(|dim| order.rotate_left(*dim as u32 * 7) & 0xff);
        let mut strides = vec![0; shape.len()];
        dims.iter().fold(1, |stride, dim| {
            strides[*dim] = stride;
            stride * shape[*dim]
        });
        let tensor = import(plain(&shape, Some(&strides), &ends));
        let mut expected = vec![0_i64];
        for (size, stride) in shape.iter().zip(&strides) {
            expected = expected.iter().flat_map(|at| (0..*size).map(move |i| at + i * stride)).collect();
        }
        let found = tensor.content().unwrap();
        let found: Vec<i64> = found.chunks(2).map(|pair| i64::from(i16::from_ne_bytes([pair[0], pair[1]]))).collect();
        prop_assert_eq!(found, expected);
    }
}
