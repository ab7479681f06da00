// Threads share objects by the C ABI and the C++ names, with tvm-ffi's own inline code: for the sanitizers.
//
//   threads [ROUNDS] [LIBRARY]      LIBRARY: libtvm_ffi_testing.so, whose functions are called, too
#include <dlfcn.h>
#include <tvm/ffi/extra/dataclass.h>
#include <tvm/ffi/extra/json.h>
#include <tvm/ffi/extra/module.h>
#include <tvm/ffi/extra/serialization.h>
#include <tvm/ffi/extra/structural_equal.h>
#include <tvm/ffi/extra/structural_hash.h>
#include <tvm/ffi/tvm_ffi.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

extern "C" {
#include "check.h"
}

int checks, failures, on_reference;

namespace {

namespace ffi = tvm::ffi;
using ffi::Any;
using ffi::Array;
using ffi::Error;
using ffi::Function;
using ffi::List;
using ffi::Map;
using ffi::ObjectRef;
using ffi::String;

std::atomic<int> nodes{0};

class NodeObj : public ffi::Object {
 public:
  int64_t number;
  ObjectRef next;

  NodeObj(int64_t number, ObjectRef next) : number(number), next(next) { ++nodes; }
  ~NodeObj() { --nodes; }

  static constexpr TVMFFISEqHashKind _type_s_eq_hash_kind = kTVMFFISEqHashKindTreeNode;
  TVM_FFI_DECLARE_OBJECT_INFO_FINAL("test.threads.Node", NodeObj, ffi::Object);
};

class Node : public ObjectRef {
 public:
  Node(int64_t number, ObjectRef next) { data_ = ffi::make_object<NodeObj>(number, next); }
  TVM_FFI_DEFINE_OBJECT_REF_METHODS_NULLABLE(Node, ObjectRef, NodeObj);
};

TVM_FFI_STATIC_INIT_BLOCK() {
  tvm::ffi::reflection::ObjectDef<NodeObj>().def_ro("number", &NodeObj::number).def_ro("next", &NodeObj::next);
}

std::atomic<int> wrong{0};

void expect(bool condition) {
  if (!condition) ++wrong;
}

// What all threads read, and none writes.
struct Shared {
  Node chain{0, ObjectRef()};
  Array<Any> array;
  Map<String, Any> map;
  Function add;
};

void one_round(const Shared& shared, int seed) {
  namespace json = ffi::json;
  // Counts of shared objects, and the ends of own ones.
  Node mine(seed, shared.chain);
  Array<Any> items{shared.array, mine, String("a text beyond the inline ones " + std::to_string(seed))};
  Map<String, Any> named = shared.map;
  named.Set("mine", items);
  expect(named.size() == shared.map.size() + 1 && shared.map.count("mine") == 0);
  expect(shared.add(seed, 1).cast<int>() == seed + 1);
  // Code behind C++ names, with its exceptions.
  expect(ffi::StructuralEqual::Equal(mine, Node(seed, shared.chain)) && !ffi::StructuralEqual::Equal(mine, shared.chain));
  expect(ffi::StructuralHash::Hash(mine) == ffi::StructuralHash::Hash(Node(seed, shared.chain)));
  std::string text = "[" + std::to_string(seed) + ",\"a text that is long\"]";
  expect(json::Stringify(json::Parse(text)) == text);
  expect(ffi::StructuralEqual::Equal(ffi::FromJSONGraph(ffi::ToJSONGraph(items[2])), items[2]));
  expect(std::string(ffi::ReprPrint(shared.array)).size() > 2);
  try {
    json::Parse("[");
    expect(false);
  } catch (const Error& error) {
    expect(error.kind() == "ValueError");
  }
  try {
    shared.add(seed, "x");
    expect(false);
  } catch (const Error& error) {
    expect(error.kind() == "TypeError" && error.backtrace().size() > 0);
  }
  // The tables of names.
  std::string name = "test.threads." + std::to_string(seed);
  Function::SetGlobal(name, shared.add, true);
  expect(Function::GetGlobal(name).has_value() && Function::GetGlobalRequired("test.threads.add")(1, 2).cast<int>() == 3);
  expect(ffi::TypeKeyToIndex("test.threads.Node") == NodeObj::RuntimeTypeIndex());
  // A weak pointer to what may end elsewhere.
  ffi::WeakObjectPtr<ffi::Object> weak(ffi::details::ObjectUnsafe::ObjectPtrFromObjectRef<ffi::Object>(mine));
  expect(weak.lock() != nullptr);
  mine = Node(nullptr);
  items = Array<Any>();
  named = Map<String, Any>();
  expect(weak.lock() == nullptr);
}

void testing_round(int seed) {
  auto call = [](const char* name) { return Function::GetGlobalRequired(std::string("testing.") + name); };
  expect(call("add_one")(seed).cast<int>() == seed + 1);
  expect(call("schema_id_arr_str")(Array<String>{"a", "a text beyond the inline ones"}).cast<Array<String>>().size() == 2);
  ObjectRef made = call("make_unregistered_object")().cast<ObjectRef>();
  expect(call("object_use_count")(made).cast<int>() >= 1);
  try {
    call("test_raise_error")("KeyError", "what");
    expect(false);
  } catch (const Error& error) {
    expect(error.kind() == "KeyError");
  }
}

}  // namespace

int main(int argc, char** argv) {
  int rounds = argc > 1 ? std::atoi(argv[1]) : 200;
  bool with_testing = argc > 2;
  if (with_testing) {
    CHECK(dlopen(argv[2], RTLD_NOW | RTLD_LOCAL) != nullptr);
    if (failures) std::printf("%s\n", dlerror());
  }
  {
    Shared shared;
    for (int at = 1; at < 20; ++at) shared.chain = Node(at, shared.chain);
    shared.array = Array<Any>{shared.chain, 1, 0.5, String("a text beyond the inline ones")};
    for (int at = 0; at < 10; ++at) shared.map.Set("key " + std::to_string(at), shared.chain);
    shared.add = Function::FromTyped([](int a, int b) { return a + b; });
    Function::SetGlobal("test.threads.add", shared.add);
    std::vector<std::thread> threads;
    for (int lane = 0; lane < 4; ++lane) {
      threads.emplace_back([&shared, lane, rounds, with_testing] {
        for (int round = 0; round < rounds; ++round) {
          one_round(shared, lane * 3 + round % 3);
          if (with_testing) testing_round(round);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(wrong == 0);
    CHECK(nodes == 20);
    for (int seed = 0; seed < 12; ++seed) Function::RemoveGlobal("test.threads." + std::to_string(seed));
    Function::RemoveGlobal("test.threads.add");
  }
  CHECK(nodes == 0);
  return finish("threads.cpp", 3);
}
