//! The bench's classes by PyO3, twice. Fields are Python objects (`held`), or lie behind `Arc` (`arc`).

use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;
use std::sync::Arc;

#[pymodule(gil_used = false)]
mod bench_pyo3 {
    #[pymodule_export]
    use super::{arc, held};
}

#[pyfunction]
fn nop() {}

#[pyfunction]
fn apply<'py>(f: Bound<'py, PyAny>, v: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    f.call1((v,))
}

/// `#[pyo3(get)] Py<T>`.
#[pymodule(gil_used = false)]
mod held {
    use super::*;
    #[pymodule_export]
    use super::{apply, nop};

    #[pyclass(frozen)]
    pub struct Leaf {
        #[pyo3(get)]
        n: i64,
    }
    #[pymethods]
    impl Leaf {
        #[new]
        fn new(n: i64) -> Self {
            Leaf { n }
        }
    }

    #[pyclass(frozen)]
    pub struct Node {
        #[pyo3(get)]
        x: Py<Leaf>,
        #[pyo3(get)]
        y: Py<Leaf>,
        #[pyo3(get)]
        n: i64,
    }
    #[pymethods]
    impl Node {
        #[new]
        fn new(x: Py<Leaf>, y: Py<Leaf>, n: i64) -> Self {
            Node { x, y, n }
        }
    }

    #[pyclass(frozen)]
    pub struct Root {
        #[pyo3(get)]
        a: Py<Node>,
    }
    #[pymethods]
    impl Root {
        #[new]
        fn new(a: Py<Node>) -> Self {
            Root { a }
        }
    }

    #[pyclass(frozen)]
    pub struct Leaves(Vec<Py<Leaf>>);
    #[pymethods]
    impl Leaves {
        #[new]
        fn new(items: Vec<Py<Leaf>>) -> Self {
            Leaves(items)
        }
        fn __len__(&self) -> usize {
            self.0.len()
        }
        fn __getitem__(&self, py: Python<'_>, at: usize) -> PyResult<Py<Leaf>> {
            self.0.get(at).map(|leaf| leaf.clone_ref(py)).ok_or_else(|| PyIndexError::new_err(at))
        }
    }

    #[pyfunction]
    fn echo(v: Py<Leaf>) -> Py<Leaf> {
        v
    }
}

/// Fields behind `Arc`: a wrapper anew for each read.
#[pymodule(gil_used = false)]
mod arc {
    use super::*;
    #[pymodule_export]
    use super::{apply, nop};

    struct LeafData {
        n: i64,
    }
    #[pyclass(frozen, skip_from_py_object)]
    #[derive(Clone)]
    pub struct Leaf(Arc<LeafData>);
    #[pymethods]
    impl Leaf {
        #[new]
        fn new(n: i64) -> Self {
            Leaf(Arc::new(LeafData { n }))
        }
        #[getter]
        fn n(&self) -> i64 {
            self.0.n
        }
    }

    struct NodeData {
        x: Leaf,
        y: Leaf,
        n: i64,
    }
    #[pyclass(frozen, skip_from_py_object)]
    #[derive(Clone)]
    pub struct Node(Arc<NodeData>);
    #[pymethods]
    impl Node {
        #[new]
        fn new(x: &Bound<'_, Leaf>, y: &Bound<'_, Leaf>, n: i64) -> Self {
            Node(Arc::new(NodeData { x: x.get().clone(), y: y.get().clone(), n }))
        }
        #[getter]
        fn x(&self) -> Leaf {
            self.0.x.clone()
        }
        #[getter]
        fn y(&self) -> Leaf {
            self.0.y.clone()
        }
        #[getter]
        fn n(&self) -> i64 {
            self.0.n
        }
    }

    #[pyclass(frozen)]
    pub struct Root(Node);
    #[pymethods]
    impl Root {
        #[new]
        fn new(a: &Bound<'_, Node>) -> Self {
            Root(a.get().clone())
        }
        #[getter]
        fn a(&self) -> Node {
            self.0.clone()
        }
    }

    #[pyclass(frozen)]
    pub struct Leaves(Vec<Leaf>);
    #[pymethods]
    impl Leaves {
        #[new]
        fn new(items: Vec<Bound<'_, Leaf>>) -> Self {
            Leaves(items.iter().map(|leaf| leaf.get().clone()).collect())
        }
        fn __len__(&self) -> usize {
            self.0.len()
        }
        fn __getitem__(&self, at: usize) -> PyResult<Leaf> {
            self.0.get(at).cloned().ok_or_else(|| PyIndexError::new_err(at))
        }
    }

    #[pyfunction]
    fn echo(v: &Bound<'_, Leaf>) -> Leaf {
        v.get().clone()
    }
}
