// A library of others, by tvm-ffi's own headers, that Python loads: its objects have no room for a word in front.
// tests/python/test_side_slot.py builds and calls it.
#include <tvm/ffi/tvm_ffi.h>

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace {

namespace ffi = tvm::ffi;
namespace refl = tvm::ffi::reflection;
using ffi::Object;
using ffi::ObjectPtr;
using ffi::ObjectRef;
using ffi::Optional;
using ffi::WeakObjectPtr;

std::atomic<int64_t> alive{0};

// Counts those that are there.
struct Counted {
  Counted() { ++alive; }
  Counted(const Counted&) { ++alive; }
  ~Counted() { --alive; }
};

class NodeObj : public Object {
 public:
  int64_t number;
  std::vector<ObjectRef> children;
  Counted counted;

  explicit NodeObj(int64_t number) : number(number) {}
  static constexpr bool _type_mutable = true;
  TVM_FFI_DECLARE_OBJECT_INFO("test.guest.Node", NodeObj, Object);
};

class FinalObj : public NodeObj {
 public:
  using NodeObj::NodeObj;
  TVM_FFI_DECLARE_OBJECT_INFO_FINAL("test.guest.Final", FinalObj, NodeObj);
};

// The pointer to its virtual functions stands before the header.
class VirtualObj : public Object {
 public:
  Counted counted;
  virtual int64_t answer() { return 42; }
  TVM_FFI_DECLARE_OBJECT_INFO_FINAL("test.guest.Virtual", VirtualObj, Object);
};

class alignas(64) AlignedObj : public Object {
 public:
  Counted counted;
  char content[100] = {};
  TVM_FFI_DECLARE_OBJECT_INFO_FINAL("test.guest.Aligned", AlignedObj, Object);
};

// One that is never deleted.
class StaticObj : public Object {
 public:
  TVM_FFI_DECLARE_OBJECT_INFO_FINAL("test.guest.Static", StaticObj, Object);
};

TVM_FFI_STATIC_INIT_BLOCK() {
  refl::ObjectDef<NodeObj>();
  refl::ObjectDef<FinalObj>();
  refl::ObjectDef<VirtualObj>();
  refl::ObjectDef<AlignedObj>();
  refl::ObjectDef<StaticObj>();
}

ObjectRef held;
WeakObjectPtr<Object> weak;

ObjectRef make(int64_t kind, int64_t number) {
  switch (kind) {
    case 0:
      return ObjectRef(ffi::make_object<NodeObj>(number));
    case 1:
      return ObjectRef(ffi::make_object<FinalObj>(number));
    case 2:
      return ObjectRef(ffi::make_object<VirtualObj>());
    default:
      return ObjectRef(ffi::make_object<AlignedObj>());
  }
}

ObjectRef the_static() {
  static StaticObj* object = []() {
    auto* made = new StaticObj();
    TVMFFIObject* header = reinterpret_cast<TVMFFIObject*>(made);
    header->combined_ref_count = (uint64_t{1} << 32) | 1;
    header->type_index = StaticObj::RuntimeTypeIndex();
    header->deleter = nullptr;
    return made;
  }();
  return ffi::GetRef<ObjectRef>(object);
}

ObjectRef tree(int64_t size) {
  // A heap: the children of n are 2n + 1 and 2n + 2.
  std::vector<ObjectPtr<NodeObj>> nodes;
  for (int64_t n = 0; n < size; ++n) {
    nodes.push_back(ffi::make_object<NodeObj>(n));
    if (n > 0) nodes[(n - 1) / 2]->children.push_back(ObjectRef(nodes[n]));
  }
  return ObjectRef(nodes[0]);
}

const NodeObj* node_of(const ObjectRef& node) { return static_cast<const NodeObj*>(node.get()); }

ObjectRef child(ObjectRef node, int64_t at) { return node_of(node)->children.at(at); }
int64_t count(ObjectRef node) { return static_cast<int64_t>(node_of(node)->children.size()); }
int64_t number(ObjectRef node) { return node_of(node)->number; }
void add(ObjectRef node, ObjectRef child) { const_cast<NodeObj*>(node_of(node))->children.push_back(child); }

void hold(Optional<ObjectRef> object) { held = object.has_value() ? object.value() : ObjectRef(); }
ObjectRef get_held() { return held; }
void drop_on_thread() { std::thread([]() { held = ObjectRef(); }).join(); }

void hold_weakly(Optional<ObjectRef> object) {
  weak = object.has_value() ? WeakObjectPtr<Object>(ffi::GetObjectPtr<Object>(const_cast<Object*>(object.value().get())))
                            : WeakObjectPtr<Object>();
}
Optional<ObjectRef> lock() {
  ObjectPtr<Object> object = weak.lock();
  if (object == nullptr) return std::nullopt;
  return ObjectRef(object);
}

// Threads that Python does not know count and drop what they were given, and at last their own count.
void hammer(ObjectRef object, int64_t threads, int64_t rounds) {
  std::vector<std::thread> all;
  for (int64_t n = 0; n < threads; ++n) {
    all.emplace_back([own = object, rounds]() mutable {
      for (int64_t i = 0; i < rounds; ++i) {
        ObjectRef other = own;
        WeakObjectPtr<Object> weakly(ffi::GetObjectPtr<Object>(const_cast<Object*>(other.get())));
      }
      own = ObjectRef();
    });
  }
  object = ObjectRef();
  for (auto& thread : all) thread.join();
}

// Threads that take the object from a weak pointer for as long as it lives, and until they are told to stop; how often they had it.
// One of them may give the last count back, and the object is Python's to end then.
std::vector<std::thread> lockers;
std::atomic<bool> stopped{false};
std::atomic<int64_t> locked{0};
void begin_locking(ObjectRef object, int64_t threads) {
  for (int64_t n = 0; n < threads; ++n) {
    lockers.emplace_back([weakly = WeakObjectPtr<Object>(ffi::GetObjectPtr<Object>(const_cast<Object*>(object.get())))]() {
      while (!stopped) {
        ObjectPtr<Object> strong = weakly.lock();
        if (strong == nullptr) break;
        ++locked;
      }
    });
  }
}
int64_t end_locking() {
  stopped = true;
  for (auto& thread : lockers) thread.join();
  stopped = false;
  lockers.clear();
  return locked.exchange(0);
}

int64_t count_alive() { return alive; }

}  // namespace

TVM_FFI_DLL_EXPORT_TYPED_FUNC(make, make);
TVM_FFI_DLL_EXPORT_TYPED_FUNC(the_static, the_static);
TVM_FFI_DLL_EXPORT_TYPED_FUNC(tree, tree);
TVM_FFI_DLL_EXPORT_TYPED_FUNC(child, child);
TVM_FFI_DLL_EXPORT_TYPED_FUNC(count, count);
TVM_FFI_DLL_EXPORT_TYPED_FUNC(number, number);
TVM_FFI_DLL_EXPORT_TYPED_FUNC(add, add);
TVM_FFI_DLL_EXPORT_TYPED_FUNC(hold, hold);
TVM_FFI_DLL_EXPORT_TYPED_FUNC(get_held, get_held);
TVM_FFI_DLL_EXPORT_TYPED_FUNC(drop_on_thread, drop_on_thread);
TVM_FFI_DLL_EXPORT_TYPED_FUNC(hold_weakly, hold_weakly);
TVM_FFI_DLL_EXPORT_TYPED_FUNC(lock, lock);
TVM_FFI_DLL_EXPORT_TYPED_FUNC(hammer, hammer);
TVM_FFI_DLL_EXPORT_TYPED_FUNC(begin_locking, begin_locking);
TVM_FFI_DLL_EXPORT_TYPED_FUNC(end_locking, end_locking);
TVM_FFI_DLL_EXPORT_TYPED_FUNC(alive, count_alive);
