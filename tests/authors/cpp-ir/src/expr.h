// The expressions of a small language: objects that C++ and Python share.
#ifndef CPP_IR_EXPR_H_
#define CPP_IR_EXPR_H_

#include <tvm/ffi/tvm_ffi.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

namespace cpp_ir {

namespace ffi = tvm::ffi;

// Lets go of the children of an expression that ends, without recursion: a tree may be deep.
void EndLater(ffi::ObjectRef child);

// Any expression.
class ExprObj : public ffi::Object {
 public:
  static constexpr TVMFFISEqHashKind _type_s_eq_hash_kind = kTVMFFISEqHashKindTreeNode;
  static constexpr uint32_t _type_child_slots = 4;
  TVM_FFI_DECLARE_OBJECT_INFO("cpp_ir.Expr", ExprObj, ffi::Object);
};

class Expr : public ffi::ObjectRef {
 public:
  explicit Expr(ffi::ObjectPtr<ExprObj> made) : ObjectRef(std::move(made)) {}
  TVM_FFI_DEFINE_OBJECT_REF_METHODS_NOTNULLABLE(Expr, ffi::ObjectRef, ExprObj);
};

// A variable, which is the same as another where structures are compared.
class VarObj : public ExprObj {
 public:
  ffi::String name;
  explicit VarObj(ffi::String name) : name(std::move(name)) {}
  VarObj() = default;
  static constexpr TVMFFISEqHashKind _type_s_eq_hash_kind = kTVMFFISEqHashKindFreeVar;
  TVM_FFI_DECLARE_OBJECT_INFO_FINAL("cpp_ir.Var", VarObj, ExprObj);
};

class Var : public Expr {
 public:
  explicit Var(ffi::String name) : Expr(ffi::make_object<VarObj>(std::move(name))) {}
  TVM_FFI_DEFINE_OBJECT_REF_METHODS_NOTNULLABLE(Var, Expr, VarObj);
};

// An integer.
class IntObj : public ExprObj {
 public:
  int64_t value = 0;
  explicit IntObj(int64_t value) : value(value) {}
  IntObj() = default;
  TVM_FFI_DECLARE_OBJECT_INFO_FINAL("cpp_ir.Int", IntObj, ExprObj);
};

class Int : public Expr {
 public:
  explicit Int(int64_t value) : Expr(ffi::make_object<IntObj>(value)) {}
  TVM_FFI_DEFINE_OBJECT_REF_METHODS_NOTNULLABLE(Int, Expr, IntObj);
};

// A sum.
class AddObj : public ExprObj {
 public:
  Expr a, b;
  AddObj(Expr a, Expr b) : a(std::move(a)), b(std::move(b)) {}
  // For Python, which writes each field then.
  explicit AddObj(ffi::UnsafeInit tag) : a(tag), b(tag) {}
  ~AddObj() {
    EndLater(std::move(a));
    EndLater(std::move(b));
  }
  TVM_FFI_DECLARE_OBJECT_INFO_FINAL("cpp_ir.Add", AddObj, ExprObj);
};

class Add : public Expr {
 public:
  Add(Expr a, Expr b) : Expr(ffi::make_object<AddObj>(std::move(a), std::move(b))) {}
  TVM_FFI_DEFINE_OBJECT_REF_METHODS_NOTNULLABLE(Add, Expr, AddObj);
};

// The result of an operator.
class CallObj : public ExprObj {
 public:
  ffi::String op;
  ffi::Array<Expr> args;
  CallObj(ffi::String op, ffi::Array<Expr> args) : op(std::move(op)), args(std::move(args)) {}
  CallObj() = default;
  ~CallObj() { EndLater(std::move(args)); }
  TVM_FFI_DECLARE_OBJECT_INFO_FINAL("cpp_ir.Call", CallObj, ExprObj);
};

class Call : public Expr {
 public:
  Call(ffi::String op, ffi::Array<Expr> args) : Expr(ffi::make_object<CallObj>(std::move(op), std::move(args))) {}
  TVM_FFI_DEFINE_OBJECT_REF_METHODS_NOTNULLABLE(Call, Expr, CallObj);
};

// Expressions by name, with members that only C++ sees.
class TableObj : public ffi::Object {
 public:
  ffi::String name;
  int64_t size = 0;
  void Insert(const ffi::String& key, Expr value);
  ffi::Optional<Expr> Get(const ffi::String& key) const;
  ffi::Array<ffi::String> Keys() const;
  TVM_FFI_DECLARE_OBJECT_INFO_FINAL("cpp_ir.Table", TableObj, ffi::Object);

 private:
  // Python calls from several threads at once.
  mutable std::mutex mutex_;
  std::vector<ffi::String> order_;
  std::map<ffi::String, Expr> values_;
};

// The expressions that one consists of, in their order.
std::vector<Expr> Children(const Expr& expr);

// Computes something from the inside out, without recursion: `visit` gets an expression and what came of its children.
template <typename T, typename Visit>
T Fold(const Expr& root, Visit visit) {
  struct Step {
    Expr expr;
    std::vector<Expr> children;
    std::vector<T> results;
  };
  std::vector<Step> steps{{root, Children(root), {}}};
  while (true) {
    Step& step = steps.back();
    if (step.results.size() < step.children.size()) {
      Expr child = step.children[step.results.size()];
      steps.push_back({child, Children(child), {}});
      continue;
    }
    T result = visit(step.expr, std::move(step.results));
    steps.pop_back();
    if (steps.empty()) return result;
    steps.back().results.push_back(std::move(result));
  }
}

}  // namespace cpp_ir

#endif  // CPP_IR_EXPR_H_
