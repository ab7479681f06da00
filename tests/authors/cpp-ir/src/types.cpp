// The types, as Python sees them.
#include "expr.h"

namespace cpp_ir {

namespace refl = tvm::ffi::reflection;

void EndLater(ffi::ObjectRef child) {
  thread_local std::vector<ffi::ObjectRef>* waiting = nullptr;
  if (waiting != nullptr) {
    waiting->push_back(std::move(child));
    return;
  }
  std::vector<ffi::ObjectRef> own;
  waiting = &own;
  own.push_back(std::move(child));
  while (!own.empty()) {
    // It ends here, if this was the last count; its children come into `own`.
    ffi::ObjectRef next = std::move(own.back());
    own.pop_back();
  }
  waiting = nullptr;
}

void TableObj::Insert(const ffi::String& key, Expr value) {
  std::lock_guard<std::mutex> guard(mutex_);
  auto [place, added] = values_.try_emplace(key, value);
  if (added) {
    order_.push_back(key);
    // Python reads it at any time.
    __atomic_store_n(&size, static_cast<int64_t>(order_.size()), __ATOMIC_RELAXED);
  } else {
    // The former one ends with the parameter, after the lock: other code may run then, and come back here.
    std::swap(place->second, value);
  }
}

ffi::Optional<Expr> TableObj::Get(const ffi::String& key) const {
  std::lock_guard<std::mutex> guard(mutex_);
  auto found = values_.find(key);
  if (found == values_.end()) return std::nullopt;
  return found->second;
}

ffi::Array<ffi::String> TableObj::Keys() const {
  std::lock_guard<std::mutex> guard(mutex_);
  return ffi::Array<ffi::String>(order_.begin(), order_.end());
}

TVM_FFI_STATIC_INIT_BLOCK() {
  refl::ObjectDef<ExprObj>(refl::init(false));
  refl::ObjectDef<VarObj>().def_ro("name", &VarObj::name);
  refl::ObjectDef<IntObj>().def_ro("value", &IntObj::value);
  refl::ObjectDef<AddObj>().def_ro("a", &AddObj::a).def_ro("b", &AddObj::b);
  refl::ObjectDef<CallObj>()
      .def_ro("op", &CallObj::op)
      .def_ro("args", &CallObj::args);
  refl::ObjectDef<TableObj>()
      .def_ro("name", &TableObj::name)
      .def_ro("size", &TableObj::size, refl::init(false))
      .def("insert", &TableObj::Insert, "Adds an entry, or replaces the one that the key has.")
      .def("get", &TableObj::Get, "The entry of a key.")
      .def("keys", &TableObj::Keys, "The keys, in the order of their insertion.");
}

}  // namespace cpp_ir
