// Walks through expressions.
#include <string>
#include <thread>
#include <unordered_set>

#include "expr.h"

namespace cpp_ir {

std::vector<Expr> Children(const Expr& expr) {
  if (auto* add = expr.as<AddObj>()) return {add->a, add->b};
  if (auto* call = expr.as<CallObj>()) return {call->args.begin(), call->args.end()};
  return {};
}

namespace {

int64_t Count(const Expr& root) {
  return Fold<int64_t>(root, [](const Expr&, std::vector<int64_t> counts) {
    int64_t sum = 1;
    for (int64_t count : counts) sum += count;
    return sum;
  });
}

ffi::Array<Var> Variables(const Expr& root) {
  std::unordered_set<const ffi::Object*> seen;
  ffi::Array<Var> found;
  Fold<bool>(root, [&](const Expr& expr, std::vector<bool>) {
    if (auto var = expr.as<Var>(); var && seen.insert(var->get()).second) found.push_back(*var);
    return true;
  });
  return found;
}

Expr Chain(int64_t n) {
  Expr sum = Var("x");
  for (int64_t i = 0; i < n; ++i) sum = Add(std::move(sum), Int(i));
  return sum;
}

// Takes over what a caller moves here, so that the worker lets go of the last reference.
void DropOnThread(ffi::RValueRef<ffi::Array<Expr>> nodes) {
  std::thread worker([nodes = *std::move(nodes)]() mutable { nodes = ffi::Array<Expr>(); });
  worker.join();
}

TVM_FFI_STATIC_INIT_BLOCK() {
  tvm::ffi::reflection::GlobalDef()
      .def("cpp_ir.count", Count)
      .def("cpp_ir.variables", Variables)
      .def("cpp_ir.chain", Chain)
      .def("cpp_ir.drop_on_thread", DropOnThread);
}

}  // namespace
}  // namespace cpp_ir
