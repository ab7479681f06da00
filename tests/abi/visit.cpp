// Structural visits and mutations between C++, by tvm-ffi's own headers, and the library: layouts, hooks as addresses, engines of both
// sides on types of both.
//
//   visit [reference]
#include "visit_types.h"

int checks, failures;

namespace {

// What is private, seen from a derived class.
struct Visitor : StructuralVisitorObj {
  static constexpr size_t table() { return offsetof(Visitor, vtable_); }
  static constexpr size_t region() { return offsetof(Visitor, def_region_mode_); }
};
struct Mutator : StructuralMutatorObj {
  static constexpr size_t table() { return offsetof(Mutator, vtable_); }
  static constexpr size_t region() { return offsetof(Mutator, def_region_mode_); }
};

// The index of a type of that name; the attribute that a type of that index has.
int32_t index_of(const char* key) {
  TVMFFIByteArray name{key, std::strlen(key)};
  int32_t index = -1;
  return TVMFFITypeKeyToIndex(&name, &index) == 0 ? index : -1;
}
AnyView attribute(const char* name, int32_t index) { return refl::TypeAttrColumn(name)[index]; }

void layouts() {
  CHECK(sizeof(StructuralVisitorObj) == 40 && sizeof(StructuralMutatorObj) == 40);
  CHECK(Visitor::table() == 24 && Visitor::region() == 32 && Mutator::table() == 24 && Mutator::region() == 32);
  CHECK(sizeof(ffi::StructuralVisitorVTable) == 8 && sizeof(ffi::StructuralMutatorVTable) == 32);
  CHECK(index_of("ffi.StructuralVisitor") == StructuralVisitorObj::RuntimeTypeIndex());
  CHECK(index_of("ffi.StructuralMutator") == StructuralMutatorObj::RuntimeTypeIndex());
  CHECK(index_of("ffi.Unchanged") == 13 && Any(Unchanged()).type_index() == 13);
  CHECK(Any(Unchanged()).GetTypeKey() == "ffi.Unchanged");
  for (int32_t index : {65, 66, 78}) {
    CHECK(attribute("__s_mutate__", index).type_index() == ffi::TypeIndex::kTVMFFIOpaquePtr);
    CHECK(attribute("__s_maybe_inplace_mutate__", index).type_index() == ffi::TypeIndex::kTVMFFIOpaquePtr);
    CHECK(attribute("__s_visit__", index).type_index() == ffi::TypeIndex::kTVMFFINone);
  }
  for (int32_t index : {71, 72, 75, 76}) {
    for (const char* name : {"__s_visit__", "__s_mutate__", "__s_maybe_inplace_mutate__"}) {
      CHECK(attribute(name, index).type_index() == ffi::TypeIndex::kTVMFFIOpaquePtr);
    }
  }
  CHECK(attribute("__s_mutate__", ffi::TypeIndex::kTVMFFITensor).type_index() == ffi::TypeIndex::kTVMFFINone);
}

// Of all sorts: containers of both kinds, types with and without hooks.
Any graph() {
  return Array<Any>{1, String("a text that is long"), List<Any>{2, hooked(3, 4)}, Map<Any, Any>{{5, 6}, {String("key"), pair(7, 8)}},
                    Dict<Any, Any>{{9, 10}}, nullptr};
}
const std::vector<int64_t> numbers = {1, 2, 4, 6, 7, 8, 10};

// Engines of C++ through types of the library.
void engines_of_cpp() {
  std::vector<int64_t> found;
  Any root = graph();
  auto end = ffi::StructuralWalk<ffi::WalkOrder::kPreOrder>(root, [&](int64_t number) -> Expected<ffi::WalkResult> {
    found.push_back(number);
    return ffi::WalkResult::Advance();
  });
  CHECK(!end.has_value() && found == numbers);
  end = ffi::StructuralWalk<ffi::WalkOrder::kPostOrder>(root, [&](int64_t number) -> Expected<ffi::WalkResult> {
    return number == 6 ? ffi::WalkResult::Interrupt(VisitInterrupt(Any(60))) : ffi::WalkResult::Advance();
  });
  CHECK(end.has_value() && end.value()->value.cast<int>() == 60);
  found.clear();
  end = ffi::StructuralVisit(root, [&](int64_t number, StructuralVisitorObj*) -> Expected<Optional<VisitInterrupt>> {
    found.push_back(number);
    return Optional<VisitInterrupt>(std::nullopt);
  });
  CHECK(!end.has_value() && found == numbers);

  auto up = [](int64_t number) -> Any { return number + 1; };
  Any other = ffi::StructuralMap<ffi::WalkOrder::kPostOrder>(root, up);
  CHECK(equal(root, graph()) && !equal(root, other) && !other.same_as(root));
  Array<Any> items = other.cast<Array<Any>>();
  CHECK(items[0].cast<int>() == 2 && items[1].same_as(root.cast<Array<Any>>()[1]) && items[5] == nullptr);
  CHECK(items[2].cast<List<Any>>()[0].cast<int>() == 3);
  CHECK(as<HookedObj>(items[2].cast<List<Any>>()[1])->shown.cast<int>() == 5);
  CHECK(as<HookedObj>(items[2].cast<List<Any>>()[1])->hidden.cast<int>() == 3);
  Map<Any, Any> map = items[3].cast<Map<Any, Any>>();
  CHECK(map[5].cast<int>() == 7);
  CHECK(as<PairObj>(map[String("key")])->b.cast<int>() == 9);
  Dict<Any, Any> dict = items[4].cast<Dict<Any, Any>>();
  CHECK(dict[9].cast<int>() == 11);
  Any same = ffi::StructuralMap<ffi::WalkOrder::kPreOrder>(root, [](double number) -> Any { return number; });
  CHECK(same.same_as(root));
  same = ffi::StructuralMap<ffi::WalkOrder::kPreOrder>(root, [](int64_t number) -> Any { return number; });
  CHECK(same.same_as(root));

  // What fails says where.
  auto refuse = [](int64_t number) -> Expected<Any> {
    if (number == 8) return ffi::Unexpected(Error("KeyError", "eight", ""));
    return Any(number);
  };
  Expected<Any> failed = ffi::StructuralMapExpected<ffi::WalkOrder::kPostOrder>(root, refuse);
  CHECK(failed.is_err() && failed.error().kind() == "KeyError");
  auto context = failed.error().extra_context().value().as<ffi::VisitErrorContext>();
  CHECK(context.has_value() && (*context)->reverse_visit_pattern.size() == 3);
  CHECK((*context)->reverse_visit_pattern[0].as<PairObj>() != nullptr);
}

// Containers that only the caller has are changed where they are.
int64_t first(const Any& value) {
  if (auto array = value.as<Array<Any>>()) return (*array)[0].cast<int64_t>();
  if (auto list = value.as<List<Any>>()) return (*list)[0].cast<int64_t>();
  if (auto map = value.as<Map<Any, Any>>()) return (*map)[0].cast<int64_t>();
  return value.cast<Dict<Any, Any>>()[0].cast<int64_t>();
}

template <typename Make>
void one_in_place(Make make) {
  auto up = [](int64_t number) -> Any { return number + 1; };
  Any held = make();
  const Object* object = held.as<Object>();
  Any other = ffi::StructuralMap<ffi::WalkOrder::kPostOrder>(held, up);
  CHECK(other.as<Object>() != object && first(held) == 1 && first(other) == 2);
  Any same = ffi::StructuralMap<ffi::WalkOrder::kPostOrder>(std::move(held), up);
  CHECK(same.as<Object>() == object && first(same) == 2);
  CHECK(equal(same, other));
}

void in_place_by_cpp() {
  one_in_place([] { return Array<Any>{1, 2, 3}; });
  one_in_place([] { return List<Any>{1, 2, 3}; });
  one_in_place([] { return Map<Any, Any>{{0, 1}, {1, 2}}; });
  one_in_place([] { return Dict<Any, Any>{{0, 1}, {1, 2}}; });
  one_in_place([] { return Map<Any, Any>{{0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 5}, {5, 6}, {6, 7}}; });
  one_in_place([] { return Dict<Any, Any>{{0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 5}, {5, 6}, {6, 7}}; });
  // All the way down, through a type of C++: but not what others have, too.
  Any outer = Array<Any>{List<Any>{hooked(0, Array<Any>{1})}};
  auto leaf = [](const Any& outer) {
    return as<HookedObj>(outer.cast<Array<Any>>()[0].cast<List<Any>>()[0])->shown.as<Object>();
  };
  const Object* before = leaf(outer);
  auto up = [](int64_t number) -> Any { return number + 1; };
  in_place = 0;
  outer = ffi::StructuralMap<ffi::WalkOrder::kPostOrder>(std::move(outer), up);
  CHECK(leaf(outer) == before && in_place == 1);
  Any kept = as<HookedObj>(outer.cast<Array<Any>>()[0].cast<List<Any>>()[0])->shown;
  outer = ffi::StructuralMap<ffi::WalkOrder::kPostOrder>(std::move(outer), up);
  CHECK(leaf(outer) != before && first(kept) == 2 && in_place == 2);
}

// Variables: defined, used, remembered.
void variables() {
  Any var = make<VarObj>("v", 1), free = make<VarObj>("w", 1);
  Any root = make<LetObj>(var, Array<Any>{var, free, var});
  auto check = [&](const Any& other) {
    const LetObj* let = as<LetObj>(other);
    Array<Any> body = let->body.cast<Array<Any>>();
    CHECK(as<VarObj>(let->var)->type.cast<int>() == 2 && !let->var.same_as(var));
    CHECK(body[0].same_as(let->var) && body[2].same_as(let->var) && body[1].same_as(free));
    CHECK(as<VarObj>(var)->type.cast<int>() == 1);
  };
  auto up = [](int64_t number) -> Any { return number + 1; };
  check(ffi::StructuralMap<ffi::WalkOrder::kPostOrder>(root, up));
  Array<Tuple<int32_t, Function>> none,
      rows{Tuple<int32_t, Function>(1, Function::FromTyped([](int64_t number) { return number + 1; }))};
  check(Function::GetGlobalRequired("ffi.StructuralMap")(root, rows, none, 1));
  check(Function::GetGlobalRequired("ffi.StructuralMap")(root, rows, none, 0));
}

// Engines of the library through types of C++.
void engines_by_name() {
  auto global = [](const char* name) { return Function::GetGlobalRequired(name); };
  using Row = Tuple<int32_t, Function>;
  using Rows = Array<Row>;
  Any root = graph();
  std::vector<int64_t> found, kinds;
  Rows note{Row(1, Function::FromTyped([&](int64_t number) { found.push_back(number); }))}, none;
  visits = 0;
  CHECK(global("ffi.StructuralWalk")(root, note, none, 0) == nullptr);
  CHECK(found == numbers && visits == 1);
  Any var = make<VarObj>("v", 1);
  Rows kind{Row(index_of("visit.Var"), Function::FromTyped([&](ObjectRef, int kind) { kinds.push_back(kind); }))};
  CHECK(global("ffi.StructuralWalk")(make<LetObj>(var, var), none, kind, 1) == nullptr);
  CHECK(kinds == (std::vector<int64_t>{2, 0}));

  found.clear();
  auto visited = [&](int64_t number, ffi::StructuralVisitor visitor) -> Any {
    found.push_back(number);
    CHECK(visitor->def_region_kind() == kTVMFFIDefRegionKindNone);
    return number == 7 ? Any(VisitInterrupt(Any(70))) : Any(nullptr);
  };
  Any ended = global("ffi.StructuralVisit")(root, Rows{Row(1, Function::FromTyped(visited))});
  CHECK(ended.cast<VisitInterrupt>()->value.cast<int>() == 70 && found == (std::vector<int64_t>{1, 2, 4, 6, 7}));
  // Callbacks use a visitor of the library by the functions for it, and by its table.
  found.clear();
  auto descend = [&](ObjectRef object, ffi::StructuralVisitor visitor) -> Any {
    const PairObj* self = object.as<PairObj>();
    Any kind = global("ffi.StructuralVisitorWithDefRegionKind")(
        visitor, 1, Function::FromTyped([&]() { return static_cast<int>(visitor->def_region_kind()); }));
    CHECK(kind.cast<int>() == 1 && global("ffi.StructuralVisitorDefRegionKind")(visitor).cast<int>() == 0);
    CHECK(global("ffi.StructuralVisitorVisit")(visitor, self->b) == nullptr);
    CHECK(!visitor->Visit(self->a).has_value());
    CHECK(!visitor->DefaultVisitExpected(hooked(0, 100)).value().has_value());
    CHECK(global("ffi.StructuralVisitorDefaultVisit")(visitor, pair(101, Array<Any>{102})) == nullptr);
    return nullptr;
  };
  Rows both{Row(index_of("visit.Pair"), Function::FromTyped(descend)),
            Row(1, Function::FromTyped([&](int64_t number, ObjectRef) { found.push_back(number); }))};
  CHECK(global("ffi.StructuralVisit")(pair(1, List<Any>{2}), both) == nullptr);
  CHECK(found == (std::vector<int64_t>{2, 1, 100, 101, 102}));

  mutations = in_place = 0;
  Rows up{Row(1, Function::FromTyped([](int64_t number) { return number + 1; }))};
  Any by_cpp = ffi::StructuralMap<ffi::WalkOrder::kPostOrder>(root, [](int64_t number) -> Any { return number + 1; });
  Any by_name = global("ffi.StructuralMap")(root, up, none, 1);
  CHECK(mutations == 2 && in_place == 0 && equal(by_cpp, by_name) && equal(root, graph()));
  CHECK(global("ffi.StructuralMap")(root, none, none, 0).same_as(root));

  using Third = Tuple<int32_t, Function, bool>;
  auto mutated = [&](ObjectRef object, ffi::StructuralMutator mutator, int mode) -> Any {
    CHECK(mode == 0 && mutator->def_region_kind() == kTVMFFIDefRegionKindNone);
    Any a = global("ffi.StructuralMutatorMutate")(mutator, object.as<PairObj>()->a);
    Any b = mutator->Mutate(object.as<PairObj>()->b).ValueOrUnchanged(Any(nullptr));
    Any var = make<VarObj>("x", 1), other = make<VarObj>("y", 2);
    CHECK(global("ffi.StructuralMutatorVarRemapGet")(mutator, var) == nullptr);
    CHECK(mutator->VarRemapSetExpected(var, other).is_ok());
    CHECK(mutator->VarRemapGetExpected(var).value().same_as(other));
    global("ffi.StructuralMutatorVarRemapSet")(mutator, var, a);
    CHECK(mutator->VarRemapGetExpected(var).value().same_as(a) && mutator->VarRemapGetExpected(1).is_err());
    CHECK(global("ffi.StructuralMutatorDefRegionKind")(mutator).cast<int>() == 0);
    return pair(global("ffi.StructuralMutatorDefaultMutate")(mutator, Array<Any>{5}), Array<Any>{a, b});
  };
  auto tenfold = [](int64_t number, ObjectRef) { return number * 10; };
  Array<Third> thirds{Third(index_of("visit.Pair"), Function::FromTyped(mutated), true), Third(1, Function::FromTyped(tenfold), false)};
  Any other = global("ffi.StructuralMutate")(Array<Any>{1, pair(2, hooked(3, 4))}, thirds);
  CHECK(equal(other, Array<Any>{10, pair(Array<Any>{50}, Array<Any>{20, hooked(3, 40)})}));

  // Errors of callbacks come back, from inside hooks too.
  Rows wrong{Row(1, Function::FromTyped([](int64_t) -> Any { TVM_FFI_THROW(IndexError) << "not so"; }))};
  for (const char* name : {"ffi.StructuralMap", "ffi.StructuralWalk"}) {
    try {
      global(name)(List<Any>{hooked(0, 1)}, wrong, none, 1);
      CHECK(!"an error");
    } catch (const Error& error) {
      CHECK(error.kind() == "IndexError");
    }
  }
  // Hooks that are functions.
  for (int engine = 0; engine < 2; ++engine) {
    Any called = Array<Any>{make<CalledObj>(1, Array<Any>{2})};
    found.clear();
    if (engine == 0) {
      ffi::StructuralWalk<ffi::WalkOrder::kPreOrder>(called, [&](int64_t number) -> Expected<ffi::WalkResult> {
        found.push_back(number);
        return ffi::WalkResult::Advance();
      });
      other = ffi::StructuralMap<ffi::WalkOrder::kPostOrder>(called, [](int64_t number) -> Any { return number + 1; });
    } else {
      global("ffi.StructuralWalk")(called, note, none, 0);
      other = global("ffi.StructuralMap")(called, up, none, 1);
    }
    CHECK(found == (std::vector<int64_t>{2}) && text(other) == "Array( Called( 1 Array( 3)))");
    Any stays = global("ffi.StructuralMap")(Array<Any>{make<CalledObj>(1, String("text"))}, up, none, 1);
    CHECK(text(stays) == "Array( Called( 1 text))");
  }
  // A C++ visitor, by the functions for visitors of the library.
  struct Note : StructuralVisitorObj {
    explicit Note(std::vector<int64_t>* found) : StructuralVisitorObj(table()), found(found) {}
    static const ffi::StructuralVisitorVTable* table() {
      static const ffi::StructuralVisitorVTable table{&Note::visit};
      return &table;
    }
    static TVMFFIAny visit(StructuralVisitorObj* self, AnyView value) noexcept {
      if (auto number = value.as<int64_t>()) static_cast<Note*>(self)->found->push_back(*number);
      return ffi::detail::ExpectedUnsafe::MoveToTVMFFIAny(self->DefaultVisitExpected(value));
    }
    std::vector<int64_t>* found;
  };
  found.clear();
  ffi::StructuralVisitor visitor(ffi::make_object<Note>(&found));
  CHECK(global("ffi.StructuralVisitorVisit")(visitor, root) == nullptr && found == numbers);
  found.clear();
  CHECK(global("ffi.StructuralVisitorDefaultVisit")(visitor, root) == nullptr && found == numbers);
  found.clear();
  CHECK(global("ffi.StructuralVisitorDefaultVisit")(visitor, pair(1, pair(2, 3))) == nullptr);
  CHECK(found == (std::vector<int64_t>{1, 2, 3}));
}

// A type of the library without hooks, gone through by C++ as its record says.
void types_of_the_library() {
  VisitInterrupt interrupt(Any(Array<Any>{1}));
  auto up = [](int64_t number) -> Any { return number + 1; };
  Any other = ffi::StructuralMap<ffi::WalkOrder::kPostOrder>(interrupt, up);
  CHECK(!other.same_as(interrupt) && first(other.cast<VisitInterrupt>()->value) == 2 && first(interrupt->value) == 1);
  Any name(String("a text that is long, and no part of anything"));
  CHECK(ffi::StructuralMap<ffi::WalkOrder::kPostOrder>(name, up).same_as(name));
  Any large = ffi::BigInt(int64_t{1} << 62) * ffi::BigInt(16);
  CHECK(large.type_index() == ffi::TypeIndex::kTVMFFIBigInt);
  CHECK(ffi::StructuralMap<ffi::WalkOrder::kPostOrder>(Array<Any>{large}, up).cast<Array<Any>>()[0].same_as(large));
  Expected<Any> failed = ffi::StructuralMapExpected<ffi::WalkOrder::kPostOrder>(Function::FromTyped([] {}), up);
  CHECK(failed.is_err() && failed.error().kind() == "TypeError");
}

}  // namespace

int main() {
  declare();
  declare_functions();
  layouts();
  engines_of_cpp();
  in_place_by_cpp();
  variables();
  engines_by_name();
  types_of_the_library();
  CHECK(alive == 0);
  return finish("visit", 100);
}
