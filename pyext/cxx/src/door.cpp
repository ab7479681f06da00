// The C++ side of the C ABI: functions that libraries import by their C++ names, which throw, and virtual functions of modules.
// Upholds: an exception never reaches Rust, and an error of Rust's leaves here as an exception.
//
// The declarations are our own. Two things have to be as tvm-ffi's headers have them: what is passed and returned (values of 16
// bytes and owners of one pointer, neither of them trivial, so both are returned through a pointer of the caller), and the class of
// what is thrown, by its name and bases. tests/abi/door.cpp holds this against the headers. The C++ names are in lib.rs.
#include <bowline.h>

#include <cstring>
#include <cxxabi.h>
#include <exception>
// Makes `std::cerr` and its kin before this library is used: libraries that a newer compiler built leave that to their runtime.
#include <iostream>
#include <utility>

extern "C" int BowlineModuleCall(int32_t which, BowlineObjectHandle module, const BowlineAny* args, BowlineAny* out);

struct BowlineDoor {
  const void* vtable;
  int (*call)(int32_t which, BowlineObjectHandle module, const BowlineAny* args, BowlineAny* out);
};

namespace tvm {
namespace ffi {

// The owner of one object, or of none. Arrays, functions and what else is one pointer are returned as this.
class ObjectRef {
 public:
  explicit ObjectRef(BowlineObjectHandle owned = nullptr) : data_(owned) {}
  ObjectRef(const ObjectRef& other) : data_(other.data_) {
    if (data_ != nullptr) TVMFFIObjectIncRef(data_);
  }
  ObjectRef(ObjectRef&& other) noexcept : data_(other.release()) {}
  ObjectRef& operator=(const ObjectRef&) = delete;
  ~ObjectRef() {
    if (data_ != nullptr) TVMFFIObjectDecRef(data_);
  }
  BowlineObjectHandle get() const { return data_; }
  BowlineObjectHandle release() noexcept { return std::exchange(data_, nullptr); }

 private:
  BowlineObjectHandle data_;
};

// What is thrown and caught. Handlers find it by the name of the class.
class Error : public ObjectRef, public std::exception {
 public:
  explicit Error(BowlineObjectHandle owned) : ObjectRef(owned) {}
  const char* what() const noexcept override { return static_cast<BowlineErrorCell*>(BowlineCell(get()))->message.data; }
};

}  // namespace ffi
}  // namespace tvm

namespace {

using tvm::ffi::Error;
using Ref = tvm::ffi::ObjectRef;

// An owned value: Any, String, Bytes, and what is optional of them and of numbers.
class Value {
 public:
  Value() { std::memset(&raw, 0, sizeof raw); }
  Value(const Value& other) : Value() {
    if (TVMFFIAnyViewToOwnedAny(&other.raw, &raw) != 0) std::terminate();
  }
  Value(Value&& other) noexcept : raw(other.release()) {}
  Value& operator=(Value&& other) noexcept {
    std::swap(raw, other.raw);
    return *this;
  }
  ~Value() {
    if (raw.type_index >= kBowlineObject) TVMFFIObjectDecRef(raw.v_obj);
  }
  BowlineAny release() {
    BowlineAny given = raw;
    std::memset(&raw, 0, sizeof raw);
    return given;
  }

  BowlineAny raw;
};
static_assert(sizeof(Value) == 16 && sizeof(Ref) == 8 && sizeof(Error) == 16, "as in the headers");

// Views of arguments.
BowlineAny view(const Value& value) { return value.raw; }
BowlineAny view(BowlineObjectHandle object) {
  BowlineAny made;
  std::memset(&made, 0, sizeof made);
  made.v_obj = static_cast<BowlineObject*>(object);
  if (object != nullptr) made.type_index = made.v_obj->type_index;
  return made;
}
BowlineAny view(const Ref& object) { return view(object.get()); }
BowlineAny view(int64_t number, int32_t type_index) {
  BowlineAny made;
  std::memset(&made, 0, sizeof made);
  made.type_index = type_index;
  made.v_int64 = number;
  return made;
}
BowlineAny view(bool flag) { return view(flag, kBowlineBool); }

BowlineByteArray bytes(const char* text) { return {text, std::strlen(text)}; }

// Throws the error of a call that failed.
[[noreturn]] void fail(int code) {
  BowlineObjectHandle raised = nullptr;
  TVMFFIErrorMoveFromRaised(&raised);
  if (raised == nullptr) {
    // An exception of Python's is set, which goes on when this reaches Python.
    BowlineByteArray kind = bytes(code == -2 ? "EnvErrorAlreadySet" : "InternalError");
    BowlineByteArray message = bytes(code == -2 ? "" : "a call failed without an error"), trace = bytes("");
    if (TVMFFIErrorCreate(&kind, &message, &trace, &raised) != 0) std::terminate();
  }
  throw Error(raised);
}

// Calls the global function of a name.
template <typename... Arguments>
Value call(const char* name, const Arguments&... arguments) {
  BowlineByteArray key = bytes(name);
  BowlineObjectHandle function = nullptr;
  if (int code = TVMFFIFunctionGetGlobal(&key, &function)) fail(code);
  if (function == nullptr) {
    const char* parts[] = {"there is no global function ", name};
    TVMFFIErrorSetRaisedFromCStrParts("RuntimeError", parts, 2);
    fail(-1);
  }
  Ref kept(function);
  BowlineAny all[] = {arguments...};
  Value result;
  if (int code = TVMFFIFunctionCall(function, all, sizeof...(arguments), &result.raw)) fail(code);
  return result;
}

Ref object_of(Value value) { return Ref(value.raw.type_index >= kBowlineObject ? value.release().v_obj : nullptr); }

}  // namespace

namespace tvm {
namespace ffi {

// The class of all modules; its virtual functions in their order. Those that are made here have kBowlineModule as type.
class ModuleObj {
 public:
  virtual const char* kind() const = 0;
  virtual int GetPropertyMask() const = 0;
  virtual Ref GetFunction(const Value& name) = 0;
  virtual bool ImplementsFunction(const Value& name) = 0;
  virtual Value GetFunctionDoc(const Value& name) = 0;
  virtual Value GetFunctionMetadata(const Value& name) = 0;
  virtual void WriteToFile(const Value& path, const Value& format) const = 0;
  virtual Ref GetWriteFormats() const = 0;
  virtual Value SaveToBytes() const = 0;
  virtual Value InspectSource(const Value& format) const = 0;
  virtual void ImportModule(const Ref& other) = 0;
  virtual void ClearImports() = 0;

  BowlineObjectHandle handle() const { return const_cast<BowlineObject*>(&header_); }

 protected:
  ModuleObj() : header_() {}
  BowlineObject header_;
};

}  // namespace ffi
}  // namespace tvm

namespace {

using tvm::ffi::ModuleObj;

// The place of a virtual function, as `Virtual` of the core has it.
enum Which : int32_t {
  kKind, kPropertyMask, kFunction, kImplements, kDoc, kMetadata, kWriteToFile, kWriteFormats, kSaveToBytes, kInspectSource, kImport,
  kClearImports
};

// Where a module of ours has its kind, a C string.
constexpr size_t kKindOffset = 40;

template <typename... Arguments>
Value call_rust(Which which, const ModuleObj* module, const Arguments&... arguments) {
  BowlineAny all[sizeof...(arguments) + 1] = {arguments...};
  Value result;
  if (int code = BowlineModuleCall(which, module->handle(), all, &result.raw)) fail(code);
  return result;
}

// The virtual functions of a module that Rust made. Rust makes the objects; of this class there is but the one below.
class OwnModule final : public ModuleObj {
 public:
  const char* kind() const override {
    return *reinterpret_cast<const char* const*>(static_cast<const char*>(handle()) + kKindOffset);
  }
  int GetPropertyMask() const override { return static_cast<int>(call_rust(kPropertyMask, this).raw.v_int64); }
  Ref GetFunction(const Value& name) override { return object_of(call_rust(kFunction, this, view(name))); }
  bool ImplementsFunction(const Value& name) override { return call_rust(kImplements, this, view(name)).raw.v_int64 != 0; }
  Value GetFunctionDoc(const Value& name) override { return call_rust(kDoc, this, view(name)); }
  Value GetFunctionMetadata(const Value& name) override { return call_rust(kMetadata, this, view(name)); }
  void WriteToFile(const Value& path, const Value& format) const override {
    call_rust(kWriteToFile, this, view(path), view(format));
  }
  Ref GetWriteFormats() const override { return object_of(call_rust(kWriteFormats, this)); }
  Value SaveToBytes() const override { return call_rust(kSaveToBytes, this); }
  Value InspectSource(const Value& format) const override { return call_rust(kInspectSource, this, view(format)); }
  void ImportModule(const Ref& other) override { call_rust(kImport, this, view(other)); }
  void ClearImports() override { call_rust(kClearImports, this); }
};

BowlineAny none() { return view(0, kBowlineNone); }

// Calls a virtual function of any module.
BowlineAny call_module(Which which, ModuleObj* module, const Value* args) {
  switch (which) {
    case kKind: {
      BowlineAny text = none();
      text.type_index = kBowlineRawStr;
      text.v_c_str = module->kind();
      BowlineAny owned = none();
      if (int code = TVMFFIAnyViewToOwnedAny(&text, &owned)) fail(code);
      return owned;
    }
    case kPropertyMask:
      return view(module->GetPropertyMask(), kBowlineInt);
    case kFunction:
      return view(module->GetFunction(args[0]).release());
    case kImplements:
      return view(module->ImplementsFunction(args[0]));
    case kDoc:
      return module->GetFunctionDoc(args[0]).release();
    case kMetadata:
      return module->GetFunctionMetadata(args[0]).release();
    case kWriteToFile:
      return module->WriteToFile(args[0], args[1]), none();
    case kWriteFormats:
      return view(module->GetWriteFormats().release());
    case kSaveToBytes:
      return module->SaveToBytes().release();
    case kInspectSource:
      return module->InspectSource(args[0]).release();
    case kImport:
      return module->ImportModule(*reinterpret_cast<const Ref*>(&args[0].raw.v_obj)), none();
    case kClearImports:
      return module->ClearImports(), none();
  }
  return none();
}

// The way of Rust into a module of C++.
int enter(int32_t which, BowlineObjectHandle module, const BowlineAny* args, BowlineAny* out) {
  try {
    void* whole = static_cast<char*>(module) - sizeof(void*);
    // Views look as owned values do, and are only lent here.
    *out = call_module(static_cast<Which>(which), static_cast<ModuleObj*>(whole), reinterpret_cast<const Value*>(args));
    return 0;
  } catch (const Error& error) {
    TVMFFIErrorSetRaised(error.get());
  } catch (const std::exception& error) {
    TVMFFIErrorSetRaisedFromCStr("InternalError", error.what());
  } catch (abi::__forced_unwind&) {
    throw;  // the thread ends
  } catch (...) {
    TVMFFIErrorSetRaisedFromCStr("InternalError", "an exception that is no std::exception");
  }
  return -1;
}

// The old `std::optional<int>`, of which such a function got the address.
struct OptionalInt {
  int value;
  bool has;
};

}  // namespace

// What lib.rs gives the C++ names. A result that is not trivial is returned as a C++ function of the name would return it.
#if defined(__clang__)
#pragma clang diagnostic ignored "-Wreturn-type-c-linkage"
#endif
extern "C" {

// Asked for when the library is loaded.
const BowlineDoor* bowline_cxx_door() {
  static const OwnModule prototype;
  static const BowlineDoor door = {*reinterpret_cast<const void* const*>(&prototype), enter};
  return &door;
}

Value bowline_cxx_json_parse(const Value& text, Value* message) {
  try {
    Value parsed = call("ffi.json.Parse", view(text));
    if (message != nullptr) {
      BowlineByteArray empty = bytes("");
      Value none;
      if (int code = TVMFFIStringFromByteArray(&empty, &none.raw)) fail(code);
      *message = std::move(none);
    }
    return parsed;
  } catch (const Error& error) {
    if (message == nullptr) throw;
    Value text;
    if (int code = TVMFFIStringFromByteArray(&static_cast<BowlineErrorCell*>(BowlineCell(error.get()))->message, &text.raw)) fail(code);
    *message = std::move(text);
    return Value();
  }
}
Value bowline_cxx_json_stringify(const Value& value, const Value& indent) {
  return call("ffi.json.Stringify", view(value), view(indent));
}
Value bowline_cxx_json_stringify_old(const Value& value, const OptionalInt* indent) {
  return call("ffi.json.Stringify", view(value), indent->has ? view(indent->value, kBowlineInt) : none());
}
Value bowline_cxx_to_json_graph(const Value& value, const Value& metadata) {
  return call("ffi.ToJSONGraph", view(value), view(metadata));
}
Value bowline_cxx_from_json_graph(const Value& graph) { return call("ffi.FromJSONGraph", view(graph)); }

bool bowline_cxx_structural_equal(const Value& a, const Value& b, bool map_free, bool skip_tensors) {
  return call("ffi.StructuralEqual", view(a), view(b), view(map_free), view(skip_tensors)).raw.v_int64 != 0;
}
Ref bowline_cxx_first_mismatch(const Value& a, const Value& b, bool map_free, bool skip_tensors) {
  return object_of(call("ffi.GetFirstStructuralMismatch", view(a), view(b), view(map_free), view(skip_tensors)));
}
uint64_t bowline_cxx_structural_hash(const Value& value, bool map_free, bool skip_tensors) {
  return call("ffi.StructuralHash", view(value), view(map_free), view(skip_tensors)).raw.v_uint64;
}
Ref bowline_cxx_find_access_paths(const Ref& root, const Ref& context, bool prefixes) {
  return object_of(call("ffi.VisitErrorContext.FindAccessPaths", view(root), view(context), view(prefixes)));
}

Value bowline_cxx_repr(const Value& value) { return call("ffi.ReprPrint", view(value)); }
Value bowline_cxx_deep_copy(const Value& value) { return call("ffi.DeepCopy", view(value)); }
int64_t bowline_cxx_recursive_hash(const Value& value) { return call("ffi.RecursiveHash", view(value)).raw.v_int64; }
bool bowline_cxx_recursive_eq(const Value& a, const Value& b) { return call("ffi.RecursiveEq", view(a), view(b)).raw.v_int64 != 0; }
bool bowline_cxx_recursive_lt(const Value& a, const Value& b) { return call("ffi.RecursiveLt", view(a), view(b)).raw.v_int64 != 0; }
bool bowline_cxx_recursive_le(const Value& a, const Value& b) { return call("ffi.RecursiveLe", view(a), view(b)).raw.v_int64 != 0; }
bool bowline_cxx_recursive_gt(const Value& a, const Value& b) { return call("ffi.RecursiveGt", view(a), view(b)).raw.v_int64 != 0; }
bool bowline_cxx_recursive_ge(const Value& a, const Value& b) { return call("ffi.RecursiveGe", view(a), view(b)).raw.v_int64 != 0; }

Ref bowline_cxx_load_from_file(const Value& path) { return object_of(call("ffi.ModuleLoadFromFile", view(path))); }
void bowline_cxx_visit_context_symbols(const Ref& callback) { call("ffi.ModuleVisitContextSymbols", view(callback)); }

Ref bowline_cxx_get_function(ModuleObj* module, const Value& name, bool imports) {
  return object_of(call("ffi.ModuleGetFunction", view(module->handle()), view(name), view(imports)));
}
bool bowline_cxx_implements_function(ModuleObj* module, const Value& name, bool imports) {
  return call("ffi.ModuleImplementsFunction", view(module->handle()), view(name), view(imports)).raw.v_int64 != 0;
}
Value bowline_cxx_get_doc(ModuleObj* module, const Value& name, bool imports) {
  return call("ffi.ModuleGetFunctionDoc", view(module->handle()), view(name), view(imports));
}
Value bowline_cxx_get_metadata(ModuleObj* module, const Value& name, bool imports) {
  return call("ffi.ModuleGetFunctionMetadata", view(module->handle()), view(name), view(imports));
}
// As the base class does it: a class that has a function of its own for it may call this.
void bowline_cxx_import_module(ModuleObj* module, const Ref& other) { call_rust(kImport, module, view(other)); }
void bowline_cxx_clear_imports(ModuleObj* module) { call_rust(kClearImports, module); }

}  // extern "C"
