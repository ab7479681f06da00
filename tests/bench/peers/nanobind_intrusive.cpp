// The bench's classes by nanobind, counted by its `intrusive` counter: the object holds its wrapper, which stays.
#include <nanobind/nanobind.h>
// After nanobind.h: only then ref.h teaches nanobind about references.
#include <nanobind/intrusive/counter.h>
#include <nanobind/intrusive/counter.inl>
#include <nanobind/intrusive/ref.h>
#include <nanobind/stl/bind_vector.h>
#include <vector>

namespace nb = nanobind;

struct Leaf : nb::intrusive_base {
    int64_t n;
    explicit Leaf(int64_t n) : n(n) {}
};

struct Node : nb::intrusive_base {
    nb::ref<Leaf> x, y;
    int64_t n;
    Node(Leaf *x, Leaf *y, int64_t n) : x(x), y(y), n(n) {}
};

struct Root : nb::intrusive_base {
    nb::ref<Node> a;
    explicit Root(Node *a) : a(a) {}
};

using Leaves = std::vector<nb::ref<Leaf>>;
NB_MAKE_OPAQUE(Leaves)

NB_MODULE(bench_nanobind_intrusive, m) {
    nb::intrusive_init(
        [](PyObject *o) noexcept {
            nb::gil_scoped_acquire guard;
            Py_INCREF(o);
        },
        [](PyObject *o) noexcept {
            nb::gil_scoped_acquire guard;
            Py_DECREF(o);
        });
    nb::class_<nb::intrusive_base>(
        m, "Base", nb::intrusive_ptr<nb::intrusive_base>([](nb::intrusive_base *o, PyObject *po) noexcept { o->set_self_py(po); }));
    nb::class_<Leaf, nb::intrusive_base>(m, "Leaf").def(nb::init<int64_t>()).def_ro("n", &Leaf::n);
    nb::class_<Node, nb::intrusive_base>(m, "Node")
        .def(nb::init<Leaf *, Leaf *, int64_t>())
        .def_ro("x", &Node::x)
        .def_ro("y", &Node::y)
        .def_ro("n", &Node::n);
    nb::class_<Root, nb::intrusive_base>(m, "Root").def(nb::init<Node *>()).def_ro("a", &Root::a);
    nb::bind_vector<Leaves>(m, "Leaves");
    m.def("echo", [](nb::ref<Leaf> leaf) { return leaf; });
    m.def("nop", []() {});
    m.def("apply", [](nb::callable f, nb::ref<Leaf> leaf) { return f(leaf); });
}
