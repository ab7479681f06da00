/* Types of C++ for visit.cpp, with structural hooks of each sort and without, and the text of what is in a value. */
#ifndef VISIT_TYPES_H_
#define VISIT_TYPES_H_

#include <tvm/ffi/big_int.h>
#include <tvm/ffi/container/dict.h>
#include <tvm/ffi/container/list.h>
#include <tvm/ffi/extra/structural_mutate.h>
#include <tvm/ffi/extra/structural_visit.h>
#include <tvm/ffi/tvm_ffi.h>

#include <cstring>
#include <initializer_list>
#include <string>
#include <vector>

extern "C" {
#include "check.h"
}

namespace {

namespace ffi = tvm::ffi;
namespace refl = tvm::ffi::reflection;
using ffi::Any;
using ffi::AnyView;
using ffi::Array;
using ffi::Dict;
using ffi::Error;
using ffi::Expected;
using ffi::Function;
using ffi::InplaceMode;
using ffi::List;
using ffi::Map;
using ffi::Object;
using ffi::ObjectRef;
using ffi::Optional;
using ffi::String;
using ffi::StructuralMutatorObj;
using ffi::StructuralVisitorObj;
using ffi::Tuple;
using ffi::Unchanged;
using ffi::UnchangedOr;
using ffi::VisitInterrupt;

int alive = 0;

// Has no hooks: gone through by its fields.
class PairObj : public Object {
 public:
  Any a, b;
  int64_t note = 0;
  PairObj(Any a, Any b) : a(std::move(a)), b(std::move(b)) { ++alive; }
  PairObj(const PairObj& other) : Object(other), a(other.a), b(other.b), note(other.note) { ++alive; }
  ~PairObj() { --alive; }
  static constexpr bool _type_mutable = true;
  static constexpr TVMFFISEqHashKind _type_s_eq_hash_kind = kTVMFFISEqHashKindTreeNode;
  TVM_FFI_DECLARE_OBJECT_INFO_FINAL("visit.Pair", PairObj, Object);
};

// A variable that knows its type.
class VarObj : public Object {
 public:
  String name;
  Any type;
  VarObj(String name, Any type) : name(std::move(name)), type(std::move(type)) { ++alive; }
  VarObj(const VarObj& other) : Object(other), name(other.name), type(other.type) { ++alive; }
  ~VarObj() { --alive; }
  static constexpr bool _type_mutable = true;
  static constexpr TVMFFISEqHashKind _type_s_eq_hash_kind = kTVMFFISEqHashKindFreeVar;
  TVM_FFI_DECLARE_OBJECT_INFO_FINAL("visit.Var", VarObj, Object);
};

class LetObj : public Object {
 public:
  Any var, body;
  LetObj(Any var, Any body) : var(std::move(var)), body(std::move(body)) { ++alive; }
  LetObj(const LetObj& other) : Object(other), var(other.var), body(other.body) { ++alive; }
  ~LetObj() { --alive; }
  static constexpr bool _type_mutable = true;
  static constexpr TVMFFISEqHashKind _type_s_eq_hash_kind = kTVMFFISEqHashKindTreeNode;
  TVM_FFI_DECLARE_OBJECT_INFO_FINAL("visit.Let", LetObj, Object);
};

// Has hooks: `shown` is visited and mutated, `hidden` never.
class HookedObj : public Object {
 public:
  Any hidden, shown;
  HookedObj(Any hidden, Any shown) : hidden(std::move(hidden)), shown(std::move(shown)) { ++alive; }
  HookedObj(const HookedObj& other) : Object(other), hidden(other.hidden), shown(other.shown) { ++alive; }
  ~HookedObj() { --alive; }
  static constexpr bool _type_mutable = true;
  static constexpr TVMFFISEqHashKind _type_s_eq_hash_kind = kTVMFFISEqHashKindTreeNode;
  TVM_FFI_DECLARE_OBJECT_INFO_FINAL("visit.Hooked", HookedObj, Object);
};

// Has hooks that are functions.
class CalledObj : public Object {
 public:
  Any hidden, shown;
  CalledObj(Any hidden, Any shown) : hidden(std::move(hidden)), shown(std::move(shown)) { ++alive; }
  CalledObj(const CalledObj& other) : Object(other), hidden(other.hidden), shown(other.shown) { ++alive; }
  ~CalledObj() { --alive; }
  TVM_FFI_DECLARE_OBJECT_INFO_FINAL("visit.Called", CalledObj, Object);
};

int visits = 0, mutations = 0, in_place = 0;

Expected<Optional<VisitInterrupt>> VisitHooked(StructuralVisitorObj* visitor, AnyView value) noexcept {
  ++visits;
  TVM_FFI_S_VISIT_MAYBE_EARLY_RETURN(visitor->VisitExpected(value.cast<const HookedObj*>()->shown));
  return Optional<VisitInterrupt>(std::nullopt);
}

Expected<UnchangedOr<Any>> MutateHooked(StructuralMutatorObj* mutator, AnyView value) noexcept {
  ++mutations;
  const auto* self = value.cast<const HookedObj*>();
  TVM_FFI_S_MUTATE_ASSIGN_OR_RETURN(UnchangedOr<Any>, shown, mutator->MutateExpected(self->shown));
  if (shown.UnchangedOrSameAs(self->shown)) return Unchanged();
  auto copy = ffi::make_object<HookedObj>(*self);
  copy->shown = std::move(shown).ValueUnchecked();
  return Any(ObjectRef(copy));
}

Expected<UnchangedOr<Any>> MutateHookedInPlace(StructuralMutatorObj* mutator, AnyView value) noexcept {
  ++in_place;
  auto* self = const_cast<HookedObj*>(value.cast<const HookedObj*>());
  TVM_FFI_S_MUTATE_ASSIGN_OR_RETURN(UnchangedOr<Any>, shown, mutator->MutateExpected(self->shown, InplaceMode::kAllow));
  if (!shown.UnchangedOrSameAs(self->shown)) self->shown = std::move(shown).ValueUnchecked();
  return Unchanged();
}

void declare() {
  refl::ObjectDef<PairObj>()
      .def_rw("a", &PairObj::a)
      .def_rw("b", &PairObj::b)
      .def_rw("note", &PairObj::note, refl::AttachFieldFlag::SEqHashIgnore());
  refl::ObjectDef<VarObj>()
      .def_rw("name", &VarObj::name, refl::AttachFieldFlag::SEqHashIgnore())
      .def_rw("type", &VarObj::type);
  refl::ObjectDef<LetObj>()
      .def_rw("var", &LetObj::var, refl::AttachFieldFlag::SEqHashDefSimple())
      .def_rw("body", &LetObj::body);
  refl::ObjectDef<HookedObj>().def_rw("hidden", &HookedObj::hidden).def_rw("shown", &HookedObj::shown);
  refl::TypeAttrDef<HookedObj>()
      .native_fn_attr<&VisitHooked>(ffi::type_attr::kStructuralVisit)
      .native_fn_attr<&MutateHooked>(ffi::type_attr::kStructuralMutate)
      .native_fn_attr<&MutateHookedInPlace>(ffi::type_attr::kStructuralMaybeInplaceMutate);
}

void declare_functions() {
  refl::ObjectDef<CalledObj>().def_ro("hidden", &CalledObj::hidden).def_ro("shown", &CalledObj::shown);
  auto visit = [](StructuralVisitorObj* visitor, AnyView value) -> Optional<VisitInterrupt> {
    return visitor->Visit(value.cast<const CalledObj*>()->shown);
  };
  auto mutate = [](StructuralMutatorObj* mutator, AnyView value) -> Any {
    const auto* self = value.cast<const CalledObj*>();
    UnchangedOr<Any> shown = mutator->Mutate(self->shown);
    if (shown.UnchangedOrSameAs(self->shown)) return Unchanged();
    return ObjectRef(ffi::make_object<CalledObj>(self->hidden, std::move(shown).ValueUnchecked()));
  };
  refl::TypeAttrDef<CalledObj>().def("__s_visit__", visit).def("__s_mutate__", mutate);
}

template <typename T, typename... Arguments>
Any make(Arguments&&... arguments) {
  return Any(ObjectRef(ffi::make_object<T>(std::forward<Arguments>(arguments)...)));
}
Any pair(Any a, Any b) { return make<PairObj>(std::move(a), std::move(b)); }
Any hooked(Any hidden, Any shown) { return make<HookedObj>(std::move(hidden), std::move(shown)); }

template <typename T>
const T* as(const Any& value) {
  return value.as<T>();
}

// A value's content as text: the library need not know the types.
std::string text(const Any& value) {
  std::string all;
  auto each = [&](const char* name, std::initializer_list<Any> parts) {
    all += name;
    for (const Any& part : parts) all += " " + text(part);
    all += ")";
  };
  auto items = [&](const char* name, const auto& container) {
    all += name;
    for (const Any& item : container) all += " " + text(item);
    all += ")";
  };
  auto entries = [&](const char* name, const auto& container) {
    all += name;
    for (const auto& [key, item] : container) all += " " + text(key) + ": " + text(item);
    all += ")";
  };
  if (auto number = value.as<int64_t>()) return std::to_string(*number);
  if (auto string = value.as<String>()) return *string;
  if (auto array = value.as<Array<Any>>()) items("Array(", *array);
  if (auto list = value.as<List<Any>>()) items("List(", *list);
  if (auto map = value.as<Map<Any, Any>>()) entries("Map(", *map);
  if (auto dict = value.as<Dict<Any, Any>>()) entries("Dict(", *dict);
  if (auto self = as<PairObj>(value)) each("Pair(", {self->a, self->b});
  if (auto self = as<CalledObj>(value)) each("Called(", {self->hidden, self->shown});
  if (auto self = as<HookedObj>(value)) each("Hooked(", {self->hidden, self->shown});
  return all;
}

bool equal(const Any& a, const Any& b) { return text(a) == text(b); }

}  // namespace

#endif
