// The C ABI as C++ uses it: by tvm-ffi's own headers, whose inline code reads objects, counts them and ends them.
//
//   program [reference]
#include <tvm/ffi/tvm_ffi.h>

#include <string>

extern "C" {
#include "check.h"
}

int checks, failures, on_reference;

namespace {

namespace ffi = tvm::ffi;
namespace refl = tvm::ffi::reflection;
using ffi::Any;
using ffi::AnyView;
using ffi::Array;
using ffi::Error;
using ffi::Function;
using ffi::List;
using ffi::Object;
using ffi::ObjectPtr;
using ffi::ObjectRef;
using ffi::String;

int nodes = 0;

// A type with room for descendants, and fields of several kinds.
class NodeObj : public Object {
 public:
  int64_t number;
  double ratio = 0.5;
  String name;
  ObjectRef next;

  explicit NodeObj(int64_t number = 0, String name = "") : number(number), name(name) { ++nodes; }
  ~NodeObj() { --nodes; }

  static constexpr uint32_t _type_child_slots = 3;
  static constexpr bool _type_mutable = true;
  TVM_FFI_DECLARE_OBJECT_INFO("test.cpp.Node", NodeObj, Object);
};

class Node : public ObjectRef {
 public:
  explicit Node(int64_t number, String name = "") { data_ = ffi::make_object<NodeObj>(number, name); }
  TVM_FFI_DEFINE_OBJECT_REF_METHODS_NULLABLE(Node, ObjectRef, NodeObj);
};

class LeafObj : public NodeObj {
 public:
  static constexpr uint32_t _type_child_slots = 1;
  TVM_FFI_DECLARE_OBJECT_INFO("test.cpp.Leaf", LeafObj, NodeObj);
};

class BudObj : public LeafObj {
 public:
  TVM_FFI_DECLARE_OBJECT_INFO_FINAL("test.cpp.Bud", BudObj, LeafObj);
};

// A type with parameters of each kind.
class OptionsObj : public Object {
 public:
  int64_t width = 0, depth = 0, level = 0, hidden = 9;
  Array<Any> items;
  static constexpr bool _type_mutable = true;
  TVM_FFI_DECLARE_OBJECT_INFO_FINAL("test.cpp.Options", OptionsObj, Object);
};

class OtherObj : public Object {
 public:
  TVM_FFI_DECLARE_OBJECT_INFO("test.cpp.Other", OtherObj, Object);
};

// As modules do it: when the library is loaded.
TVM_FFI_STATIC_INIT_BLOCK() {
  refl::ObjectDef<NodeObj>()
      .def_rw("number", &NodeObj::number, "a number")
      .def_ro("ratio", &NodeObj::ratio)
      .def_rw("name", &NodeObj::name)
      .def_rw("next", &NodeObj::next)
      .def("twice", [](const NodeObj* node) { return node->number * 2; })
      .def_static("make", [](int64_t number) { return Node(number); });
  refl::ObjectDef<OptionsObj>()
      .def_rw("width", &OptionsObj::width, refl::default_value(80))
      .def_rw("depth", &OptionsObj::depth)
      .def_rw("level", &OptionsObj::level, refl::kw_only(true), refl::default_value(3))
      .def_rw("hidden", &OptionsObj::hidden, refl::init(false))
      .def_rw("items", &OptionsObj::items, refl::default_factory(Function::FromTyped([]() { return Array<Any>{1}; })));
  refl::ObjectDef<LeafObj>();
  refl::ObjectDef<BudObj>();
  refl::GlobalDef().def("test.cpp.add", [](int64_t a, int64_t b) { return a + b; }).def("test.cpp.fail", [](String text) -> int {
    TVM_FFI_THROW(ValueError) << "it says " << text;
    return 0;
  });
}

void test_functions() {
  Function add = Function::GetGlobalRequired("test.cpp.add");
  CHECK(add(40, 2).cast<int64_t>() == 42);
  CHECK(!Function::GetGlobal("test.cpp.unknown").has_value());
  Function identity = Function::FromTyped([](Any value) { return value; });
  String text = "a text of more than seven bytes";
  CHECK(identity(text).cast<String>() == text);
  // Through the library: its function calls ours.
  Array<Any> items = Function::GetGlobalRequired("ffi.Array")(1, 2.5, text, nullptr, true).cast<Array<Any>>();
  CHECK(items.size() == 5 && items[0].cast<int>() == 1 && items[1].cast<double>() == 2.5 && items[4].cast<bool>());
  CHECK(items[2].cast<String>() == text && items[3] == nullptr);
  Function::SetGlobal("test.cpp.identity", identity);
  CHECK(Function::GetGlobalRequired("test.cpp.identity").same_as(identity));
  CHECK(Function::GetGlobalRequired("ffi.FunctionRemoveGlobal")("test.cpp.identity").cast<bool>());
  // A name that is taken.
  bool refused = false;
  try {
    Function::SetGlobal("test.cpp.add", identity);
  } catch (const Error& error) {
    refused = error.kind() == "RuntimeError" && error.message().find("test.cpp.add") != std::string::npos;
  }
  CHECK(refused);
}

void test_errors() {
  std::string found;
  try {
    Function::GetGlobalRequired("test.cpp.fail")("no");
  } catch (const Error& error) {
    found = error.kind() + ": " + error.what();
    CHECK(error.backtrace().find("program.cpp") != std::string::npos);
  }
  CHECK(found == "ValueError: it says no");
  // Of the library: an exception here.
  try {
    Function::GetGlobalRequired("ffi.ArraySize")(1);
  } catch (const Error& error) {
    found = error.kind();
  }
  CHECK(found == "TypeError");
  // One of ours passes through the library as it is, with what is attached to it.
  Error cause("KeyError", "the cause", "");
  ObjectRef context = Array<int>{1, 2};
  Function fails = Function::FromPacked(
      [&](const AnyView*, int32_t, Any*) { throw Error("ValueError", "the effect", "", cause, context); });
  refl::TypeAttrDef<OtherObj>().attr("__ffi_repr__", fails);
  ObjectRef other = ObjectRef(ffi::make_object<OtherObj>());
  try {
    Function::GetGlobalRequired("ffi.ReprPrint")(other);
  } catch (const Error& error) {
    found = error.message();
    CHECK(error.cause_chain().has_value() && error.cause_chain()->same_as(cause));
    CHECK(error.extra_context().has_value() && error.extra_context()->same_as(context));
  }
  CHECK(found == "the effect");
  CHECK(cause.use_count() == 1 && context.use_count() == 1);
}

void test_strings() {
  Function show = Function::GetGlobalRequired("ffi.ReprPrint");
  String shown = show(Array<Any>{1, "two", "three and some more"}).cast<String>();
  CHECK(std::string(shown.c_str()) == "(1, \"two\", \"three and some more\")" || on_reference);
  CHECK(std::string(shown.c_str()).size() == shown.size());
  // Keys of either representation are one.
  CHECK(String("seven b") == String(std::string("seven b")) && String("eight by") == String(std::string("eight by")));
}

void test_types() {
  int32_t node = NodeObj::RuntimeTypeIndex(), leaf = LeafObj::RuntimeTypeIndex(), bud = BudObj::RuntimeTypeIndex();
  CHECK(node < leaf && leaf < bud && bud <= node + 3);
  ObjectRef object = ObjectRef(ffi::make_object<BudObj>());
  CHECK(object.as<NodeObj>() && object.as<LeafObj>() && object.as<BudObj>() && !object.as<OtherObj>());
  CHECK(!ObjectRef(ffi::make_object<OtherObj>()).as<NodeObj>());
  CHECK(object->GetTypeKey() == "test.cpp.Bud" && ffi::TypeIndexToTypeKey(node) == "test.cpp.Node");
  CHECK(ffi::TypeKeyToIndex("test.cpp.Leaf") == leaf);
  const TVMFFITypeInfo* info = TVMFFIGetTypeInfo(bud);
  CHECK(info->type_depth == 3 && info->type_ancestors[1]->type_index == node && info->type_ancestors[2]->type_index == leaf);
}

void test_reflection() {
  Node made(7, "a name that needs an object");
  refl::FieldGetter number("test.cpp.Node", "number"), ratio("test.cpp.Node", "ratio"), name("test.cpp.Node", "name");
  CHECK(number(made).cast<int64_t>() == 7 && ratio(made).cast<double>() == 0.5 && name(made).cast<String>() == made->name);
  refl::FieldSetter set_number("test.cpp.Node", "number"), set_next("test.cpp.Node", "next");
  set_number(made, 8);
  CHECK(made->number == 8);
  Node next(9);
  set_next(made, next);
  CHECK(made->next.same_as(next) && next.use_count() == 2);
  bool refused = false;
  try {
    set_number(made, "eight");
  } catch (const Error& error) {
    refused = error.kind() == "TypeError";
  }
  CHECK(refused && made->number == 8);
  CHECK(refl::GetMethod("test.cpp.Node", "twice")(made).cast<int64_t>() == 16);
  CHECK(refl::GetMethod("test.cpp.Node", "make")(5).cast<Node>()->number == 5);
  const TVMFFITypeInfo* info = TVMFFIGetTypeInfo(NodeObj::RuntimeTypeIndex());
  // A constructor that the library makes of what it knows: by position, and by name.
  Function init = refl::TypeAttrColumn("__ffi_init__")[NodeObj::RuntimeTypeIndex()].cast<Function>();
  Node by_position = init(1, 2.5, "n", nullptr).cast<Node>();
  CHECK(by_position->number == 1 && by_position->ratio == 2.5 && by_position->name == "n" && !by_position->next.defined());
  Any kwargs = Function::GetGlobalRequired("ffi.GetKwargsObject")();
  Node by_name = init(1, kwargs, "name", "n", "next", by_position, "ratio", 1.5).cast<Node>();
  CHECK(by_name->name == "n" && by_name->next.same_as(by_position) && by_position.use_count() == 2);
  for (int wrong = 0; wrong < 4; ++wrong) {
    std::string kind;
    try {
      if (wrong == 0) init(1, 2.5, "n");
      if (wrong == 1) init(1, 2.5, "n", nullptr, 5);
      if (wrong == 2) init(1, 2.5, "n", nullptr, kwargs, "unknown", 1);
      if (wrong == 3) init("one", 2.5, "n", nullptr);
    } catch (const Error& error) {
      kind = error.kind();
    }
    CHECK(kind == "TypeError" && nodes == 4);
  }
  // Those that have to be given come first; some by name only, one not at all.
  Function options = refl::TypeAttrColumn("__ffi_init__")[OptionsObj::RuntimeTypeIndex()].cast<Function>();
  const OptionsObj* made_with = nullptr;
  Any some = options(5, 6, kwargs, "level", 7);
  made_with = some.cast<ObjectRef>().as<OptionsObj>();
  CHECK(made_with->depth == 5 && made_with->width == 6 && made_with->level == 7 && made_with->hidden == 9);
  CHECK(made_with->items.size() == 1);
  some = options(5);
  made_with = some.cast<ObjectRef>().as<OptionsObj>();
  CHECK(made_with->depth == 5 && made_with->width == 80 && made_with->level == 3);
  CHECK(!made_with->items.same_as(options(5).cast<ObjectRef>().as<OptionsObj>()->items));
  for (int wrong = 0; wrong < 3; ++wrong) {
    std::string kind;
    try {
      if (wrong == 0) options();
      if (wrong == 1) options(5, kwargs, "hidden", 1);
      if (wrong == 2) options(5, 6, Array<Any>(), 7);
    } catch (const Error& error) {
      kind = error.kind();
    }
    CHECK(kind == "TypeError");
  }
  CHECK(info->num_fields == 4 && info->metadata != nullptr && info->metadata->total_size == sizeof(NodeObj));
  CHECK(info->fields[0].doc.size == 8 && !(info->fields[1].flags & kTVMFFIFieldFlagBitMaskWritable));
  refl::TypeAttrDef<NodeObj>().attr("test_attr", 11);
  refl::TypeAttrColumn column("test_attr");
  CHECK(column[NodeObj::RuntimeTypeIndex()].cast<int>() == 11 && column[LeafObj::RuntimeTypeIndex()] == nullptr);
}

void test_objects() {
  Function array = Function::GetGlobalRequired("ffi.Array"), size = Function::GetGlobalRequired("ffi.ArraySize");
  {
    Node made(1);
    Array<Node> held = array(made, made).cast<Array<Node>>();
    CHECK(made.use_count() == 3 && held[1].same_as(made) && nodes == 1);
    ffi::WeakObjectPtr<NodeObj> weak(ffi::GetObjectPtr<NodeObj>(const_cast<NodeObj*>(made.get())));
    made = Node();
    CHECK(nodes == 1);
    held = Array<Node>();
    CHECK(nodes == 0 && weak.lock() == nullptr);
  }
  // Made by either, read and ended by either.
  Array<Any> ours = {1, "two", Node(3), "a text of some length"};
  CHECK(size(ours).cast<int>() == 4);
  Array<Any> theirs = array(1, "two", Node(3), "a text of some length").cast<Array<Any>>();
  CHECK(theirs.size() == 4 && theirs[2].cast<Node>()->number == 3 && nodes == 2);
  // In place, since nothing else has it: longer, shorter, other items.
  for (int n = 0; n < 100; ++n) theirs.push_back(Node(n));
  CHECK(size(theirs).cast<int>() == 104 && nodes == 102);
  Array<Any> short_one = array(Node(1), Node(2), Node(3)).cast<Array<Any>>();
  short_one.pop_back();
  CHECK(size(short_one).cast<int>() == 2 && nodes == 104);
  short_one.Set(0, Node(4));
  CHECK(nodes == 104);
  short_one.clear();
  CHECK(size(short_one).cast<int>() == 0 && nodes == 102);
  ours = theirs = short_one = Array<Any>();
  CHECK(nodes == 0);
  // Lists, which both change in place: grown, emptied and ended by either.
  Function append = Function::GetGlobalRequired("ffi.ListAppend"), pop = Function::GetGlobalRequired("ffi.ListPop");
  for (int round = 0; round < 4; ++round) {
    List<Any> list = round % 2 ? List<Any>() : Function::GetGlobalRequired("ffi.List")().cast<List<Any>>();
    for (int n = 0; n < 50; ++n) {
      if (round < 2) {
        list.push_back(Node(n));
        append(list, Node(n));
      } else {
        append(list, Node(n));
        list.push_back(Node(n));
      }
    }
    CHECK(list.size() == 100 && nodes == 100 && list[99].cast<Node>()->number == 49);
    CHECK(pop(list, 99).cast<Node>()->number == 49);
    CHECK(nodes == 99);
    list.pop_back();
    CHECK(nodes == 98);
    if (round == 3) list.clear();
    list = List<Any>();
    CHECK(nodes == 0);
  }
}

}  // namespace

int main(int count, char** arguments) {
  on_reference = count > 1 && std::string(arguments[1]) == "reference";
  test_functions();
  test_errors();
  test_strings();
  test_types();
  test_reflection();
  test_objects();
  return finish("program.cpp", 55);
}
