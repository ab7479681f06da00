// The bench's classes by pybind11 over std::shared_ptr.
#include "shared_ptr.h"
#include <pybind11/pybind11.h>
#include <pybind11/stl_bind.h>

namespace py = pybind11;
PYBIND11_MAKE_OPAQUE(Leaves)

PYBIND11_MODULE(bench_pybind11_shared, m, py::mod_gil_not_used()) {
    py::class_<Leaf, std::shared_ptr<Leaf>>(m, "Leaf").def(py::init<int64_t>()).def_readonly("n", &Leaf::n);
    py::class_<Node, std::shared_ptr<Node>>(m, "Node")
        .def(py::init<std::shared_ptr<Leaf>, std::shared_ptr<Leaf>, int64_t>())
        .def_readonly("x", &Node::x)
        .def_readonly("y", &Node::y)
        .def_readonly("n", &Node::n);
    py::class_<Root, std::shared_ptr<Root>>(m, "Root").def(py::init<std::shared_ptr<Node>>()).def_readonly("a", &Root::a);
    py::bind_vector<Leaves, std::shared_ptr<Leaves>>(m, "Leaves");
    m.def("echo", [](std::shared_ptr<Leaf> leaf) { return leaf; });
    m.def("nop", []() {});
    m.def("apply", [](py::function f, std::shared_ptr<Leaf> leaf) { return f(leaf); });
}
