// The bench's classes by nanobind over std::shared_ptr.
#include "shared_ptr.h"
#include <nanobind/nanobind.h>
#include <nanobind/stl/bind_vector.h>
#include <nanobind/stl/shared_ptr.h>

namespace nb = nanobind;
NB_MAKE_OPAQUE(Leaves)

NB_MODULE(bench_nanobind_shared, m) {
    nb::class_<Leaf>(m, "Leaf").def(nb::init<int64_t>()).def_ro("n", &Leaf::n);
    nb::class_<Node>(m, "Node")
        .def(nb::init<std::shared_ptr<Leaf>, std::shared_ptr<Leaf>, int64_t>())
        .def_ro("x", &Node::x)
        .def_ro("y", &Node::y)
        .def_ro("n", &Node::n);
    nb::class_<Root>(m, "Root").def(nb::init<std::shared_ptr<Node>>()).def_ro("a", &Root::a);
    nb::bind_vector<Leaves>(m, "Leaves");
    m.def("echo", [](std::shared_ptr<Leaf> leaf) { return leaf; });
    m.def("nop", []() {});
    m.def("apply", [](nb::callable f, std::shared_ptr<Leaf> leaf) { return f(leaf); });
}
