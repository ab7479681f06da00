// The bench's classes over std::shared_ptr, for binding libraries that make a wrapper anew when the old one is gone.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

struct Leaf {
    int64_t n;
    explicit Leaf(int64_t n) : n(n) {}
};

struct Node {
    std::shared_ptr<Leaf> x, y;
    int64_t n;
    Node(std::shared_ptr<Leaf> x, std::shared_ptr<Leaf> y, int64_t n) : x(std::move(x)), y(std::move(y)), n(n) {}
};

struct Root {
    std::shared_ptr<Node> a;
    explicit Root(std::shared_ptr<Node> a) : a(std::move(a)) {}
};

using Leaves = std::vector<std::shared_ptr<Leaf>>;
