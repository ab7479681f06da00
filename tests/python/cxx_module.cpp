// A module as C++ libraries make it: a class with virtual functions, whose pointer stands before the object's header. By
// declarations of its own, which tests/abi/door.cpp holds against tvm-ffi's headers.
#include <bowline.h>

#include <cstring>
#include <new>
#include <stdexcept>
#include <utility>

// Imports as the base class has them: places 10 and 11 among the virtual functions.
extern "C" int BowlineModuleCall(int32_t which, BowlineObjectHandle module, const BowlineAny* args, BowlineAny* out);

namespace {

// What is not trivial is returned through a pointer of the caller.
struct Value {
  BowlineAny raw;
  Value() { std::memset(&raw, 0, sizeof raw); }
  explicit Value(const char* text) : Value() {
    BowlineByteArray bytes = {text, std::strlen(text)};
    TVMFFIStringFromByteArray(&bytes, &raw);
  }
  Value(const Value& other) : raw(other.raw) {
    if (raw.type_index >= 64) TVMFFIObjectIncRef(raw.v_obj);
  }
  Value& operator=(Value other) {
    std::swap(raw, other.raw);
    return *this;
  }
  ~Value() {
    if (raw.type_index >= 64) TVMFFIObjectDecRef(raw.v_obj);
  }
};
struct Ref {
  BowlineObjectHandle object = nullptr;
  Ref() = default;
  Ref(const Ref& other) : object(other.object) {
    if (object) TVMFFIObjectIncRef(object);
  }
  ~Ref() {
    if (object) TVMFFIObjectDecRef(object);
  }
};

bool is(const Value& name, const char* text) {
  return name.raw.type_index == kBowlineSmallStr && name.raw.small_str_len == std::strlen(text) &&
         std::memcmp(name.raw.v_bytes, text, std::strlen(text)) == 0;
}

Ref empty(const char* what) {
  BowlineByteArray name = {what, std::strlen(what)};
  BowlineObjectHandle function = nullptr;
  BowlineAny made;
  std::memset(&made, 0, sizeof made);
  TVMFFIFunctionGetGlobal(&name, &function);
  TVMFFIFunctionCall(function, nullptr, 0, &made);
  TVMFFIObjectDecRef(function);
  Ref result;
  result.object = made.v_obj;
  return result;
}

int alive = 0;

int seven(void*, const BowlineAny*, int32_t, BowlineAny* result) {
  result->type_index = kBowlineInt;
  result->v_int64 = 7;
  return 0;
}

class Module {
 public:
  virtual const char* kind() const { return "made_in_cxx"; }
  virtual int GetPropertyMask() const { return 5; }
  virtual Ref GetFunction(const Value& name) {
    Ref found;
    if (is(name, "odd")) throw std::runtime_error("an odd one");
    if (is(name, "seven")) TVMFFIFunctionCreate(nullptr, seven, nullptr, &found.object);
    return found;
  }
  virtual bool ImplementsFunction(const Value& name) { return is(name, "seven") || is(name, "later"); }
  virtual Value GetFunctionDoc(const Value& name) { return is(name, "seven") ? Value("Gives seven, each time.") : Value(); }
  virtual Value GetFunctionMetadata(const Value& name) { return is(name, "seven") ? Value("{\"a\": 1}") : Value(); }
  virtual void WriteToFile(const Value& path, const Value&) const { written = path; }
  virtual Ref GetWriteFormats() const { return formats; }
  virtual Value SaveToBytes() const {
    Value made;
    BowlineByteArray bytes = {"\0 bytes of a module", 19};
    TVMFFIBytesFromByteArray(&bytes, &made.raw);
    return made;
  }
  virtual Value InspectSource(const Value& format) const { return is(format, "path") ? written : Value("a source"); }
  virtual void ImportModule(const Ref& other) { BowlineModuleCall(10, &header, view(other), &nothing); }
  virtual void ClearImports() { BowlineModuleCall(11, &header, nullptr, &nothing); }

  Module() : imports(empty("ffi.Array")), cache(empty("ffi.Map")), formats(empty("ffi.Array")) {
    header = {0x100000001, kBowlineModule, 0, end};
    ++alive;
  }
  static void end(void* handle, int flags) {
    Module* module = reinterpret_cast<Module*>(static_cast<char*>(handle) - sizeof(void*));
    if (flags & 1) {
      --alive;
      module->imports.~Ref();
      module->cache.~Ref();
      module->formats.~Ref();
      module->written.~Value();
    }
    if (flags & 2) ::operator delete(module);
  }

  BowlineObject header;

 private:
  static const BowlineAny* view(const Ref& object) {
    static thread_local BowlineAny made;
    made.small_str_len = 0;
    made.type_index = kBowlineModule;
    made.v_obj = static_cast<BowlineObject*>(object.object);
    return &made;
  }
  Ref imports;
  Ref cache;
  Ref formats;
  mutable Value written;
  BowlineAny nothing;
};

}  // namespace

extern "C" {

int __tvm_ffi_make(void*, const BowlineAny*, int32_t, BowlineAny* result) {
  result->v_obj = &(new Module)->header;
  result->type_index = kBowlineModule;
  return 0;
}

// The integer of two words.
int __tvm_ffi_big(void*, const BowlineAny* args, int32_t count, BowlineAny* result) {
  int64_t words[2] = {args[0].v_int64, args[1].v_int64};
  BowlineByteArray bytes = {reinterpret_cast<char*>(words), count * sizeof(int64_t)};
  return TVMFFIBigIntFromByteArray(&bytes, result);
}

int __tvm_ffi_alive(void*, const BowlineAny*, int32_t, BowlineAny* result) {
  result->type_index = kBowlineInt;
  result->v_int64 = alive;
  return 0;
}

}  // extern "C"
