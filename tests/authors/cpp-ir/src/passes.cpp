// Passes over expressions: folding constants, rewriting by a callback, evaluating.
#include "expr.h"

namespace cpp_ir {
namespace {

// An expression with other children; the same one if they are the same.
Expr WithChildren(const Expr& expr, const std::vector<Expr>& now) {
  std::vector<Expr> before = Children(expr);
  bool same = true;
  for (size_t i = 0; i < now.size(); ++i) same = same && now[i].same_as(before[i]);
  if (same) return expr;
  if (auto* call = expr.as<CallObj>()) return Call(call->op, ffi::Array<Expr>(now.begin(), now.end()));
  return Add(now[0], now[1]);
}

int64_t Sum(int64_t a, int64_t b) {
  int64_t sum;
  if (__builtin_add_overflow(a, b, &sum)) TVM_FFI_THROW(OverflowError) << a << " + " << b << " does not fit 64 bits";
  return sum;
}

// Folds sums of integers, and sums with zero. What does not change stays the same object.
Expr Simplify(const Expr& root) {
  return Fold<Expr>(root, [](const Expr& old, std::vector<Expr> children) -> Expr {
    Expr expr = WithChildren(old, children);
    auto* add = expr.as<AddObj>();
    if (add == nullptr) return expr;
    auto *a = add->a.as<IntObj>(), *b = add->b.as<IntObj>();
    if (a != nullptr && b != nullptr) return Int(Sum(a->value, b->value));
    if (a != nullptr && a->value == 0) return add->b;
    if (b != nullptr && b->value == 0) return add->a;
    return expr;
  });
}

// Rewrites from the inside out: what the callback returns, if it is not None, takes an expression's place.
Expr Rewrite(const Expr& root, const ffi::TypedFunction<ffi::Optional<Expr>(Expr)>& callback) {
  return Fold<Expr>(root, [&](const Expr& old, std::vector<Expr> children) {
    Expr expr = WithChildren(old, children);
    return callback(expr).value_or(expr);
  });
}

int64_t Apply(const CallObj* call, const std::vector<int64_t>& values) {
  if (call->op == "mul") {
    int64_t product = 1;
    for (int64_t value : values) {
      if (__builtin_mul_overflow(product, value, &product)) TVM_FFI_THROW(OverflowError) << "a product does not fit 64 bits";
    }
    return product;
  }
  if (call->op == "max" && !values.empty()) {
    int64_t most = values[0];
    for (int64_t value : values) most = std::max(most, value);
    return most;
  }
  TVM_FFI_THROW(ValueError) << "the operator `" << call->op << "` has no meaning for " << values.size() << " arguments";
}

// The value of an expression, of which `env` has the variables.
int64_t Evaluate(const Expr& root, const ffi::Map<ffi::String, int64_t>& env) {
  return Fold<int64_t>(root, [&](const Expr& expr, std::vector<int64_t> values) -> int64_t {
    if (auto* constant = expr.as<IntObj>()) return constant->value;
    if (auto* var = expr.as<VarObj>()) {
      if (auto value = env.Get(var->name)) return *value;
      TVM_FFI_THROW(cpp_ir.UnboundVariable) << "the variable `" << var->name << "` has no value";
    }
    if (auto* call = expr.as<CallObj>()) return Apply(call, values);
    return Sum(values[0], values[1]);
  });
}

TVM_FFI_STATIC_INIT_BLOCK() {
  tvm::ffi::reflection::GlobalDef()
      .def("cpp_ir.simplify", Simplify)
      .def("cpp_ir.rewrite", Rewrite)
      .def("cpp_ir.evaluate", Evaluate);
}

}  // namespace
}  // namespace cpp_ir
