// The C++ side of the C ABI, by tvm-ffi's own headers: functions with C++ names, exceptions, and modules with virtual functions.
//
//   door LIBRARY [reference]      LIBRARY: that of plugin.c, with a module's context
#include <tvm/ffi/extra/c_env_api.h>
#include <tvm/ffi/extra/dataclass.h>
#include <tvm/ffi/extra/json.h>
#include <tvm/ffi/extra/module.h>
#include <tvm/ffi/extra/serialization.h>
#include <tvm/ffi/extra/structural_equal.h>
#include <tvm/ffi/extra/structural_hash.h>
#include <tvm/ffi/extra/visit_error_context.h>
#include <tvm/ffi/reflection/access_path.h>
#include <tvm/ffi/tvm_ffi.h>

#include <cstring>
#include <string>
#include <typeinfo>

extern "C" {
#include "check.h"
}

int checks, failures, on_reference;

namespace {

namespace ffi = tvm::ffi;
using ffi::Any;
using ffi::Array;
using ffi::Bytes;
using ffi::Error;
using ffi::Function;
using ffi::Module;
using ffi::ModuleObj;
using ffi::ObjectRef;
using ffi::Optional;
using ffi::String;

// Whether the call throws an error of the kind, whose message has the text.
template <typename Call>
bool throws(const char* kind, const char* text, Call call) {
  try {
    call();
  } catch (const Error& error) {
    bool as_said = error.kind() == kind && std::strstr(error.what(), text) != nullptr;
    if (!as_said) std::printf("%s: %s\n", error.kind().c_str(), error.what());
    return as_said;
  }
  return false;
}

int alive = 0;

// A module with all virtual functions but those that import.
class TestModuleObj final : public ModuleObj {
 public:
  explicit TestModuleObj(int number) : number(number) { ++alive; }
  ~TestModuleObj() { --alive; }
  const char* kind() const final { return "test_door"; }
  int GetPropertyMask() const final { return Module::kBinarySerializable | Module::kCompilationExportable; }
  Optional<Function> GetFunction(const String& name) final {
    if (name == "broken") TVM_FFI_THROW(KeyError) << "it is broken";
    if (name == "odd") throw std::runtime_error("an odd one");
    if (name != "number") return std::nullopt;
    return Function::FromTyped([number = number]() { return number; });
  }
  bool ImplementsFunction(const String& name) final { return name == "number" || name == "later"; }
  Optional<String> GetFunctionDoc(const String& name) final {
    if (name == "number") return String("Gives the number, said at some length.");
    return std::nullopt;
  }
  Optional<String> GetFunctionMetadata(const String& name) final {
    if (name == "number") return String("{\"type_schema\": 1}");
    return std::nullopt;
  }
  void WriteToFile(const String& path, const String& format) const final { written = path + ":" + format; }
  Array<String> GetWriteFormats() const final { return {"o", "source"}; }
  Bytes SaveToBytes() const final { return Bytes(std::string("bytes of a module")); }
  String InspectSource(const String& format) const final { return String("source, as ") + format; }

  mutable String written;
  int number;
};

Module make(int number) { return Module(ffi::make_object<TestModuleObj>(number)); }

template <typename... Arguments>
Any call(const char* name, Arguments... arguments) {
  return Function::GetGlobalRequired(name)(arguments...);
}

void functions() {
  namespace json = ffi::json;
  json::Value parsed = json::Parse("{\"a\": [1, 2.5, \"a text that is long\"], \"b\": null}");
  CHECK(json::Stringify(parsed) == "{\"a\":[1,2.5,\"a text that is long\"],\"b\":null}");
  CHECK(std::string(json::Stringify(json::Parse("[1]"), 2)) == "[\n  1\n]");
  String message = "before";
  CHECK(json::Parse("[true]", &message).cast<Array<Any>>()[0].cast<bool>() && message == "");
  CHECK(json::Parse("[tru", &message) == nullptr && message.size() > 8);
  CHECK(throws("ValueError", "", [] { json::Parse("{"); }));

  Array<Any> one{1, String("a text that is long"), Array<Any>{2}}, same{1, String("a text that is long"), Array<Any>{2}},
      other{1, String("a text that is long"), Array<Any>{3}};
  CHECK(ffi::StructuralEqual::Equal(one, same) && !ffi::StructuralEqual::Equal(one, other));
  CHECK(ffi::StructuralHash::Hash(one) == ffi::StructuralHash::Hash(same));
  CHECK(ffi::StructuralHash::Hash(one) != ffi::StructuralHash::Hash(other));
  CHECK(!ffi::StructuralEqual::GetFirstMismatch(one, same).has_value());
  auto mismatch = ffi::StructuralEqual::GetFirstMismatch(one, other);
  CHECK(mismatch.has_value() && mismatch.value().get<0>()->depth == 2);
  CHECK(std::string(ffi::ReprPrint(Array<Any>{1, 2})).find("1, 2") != std::string::npos);
  CHECK(ffi::StructuralEqual::Equal(ffi::DeepCopy(one), one) && !ffi::DeepCopy(one).same_as(one));
  CHECK(ffi::RecursiveEq(one, same) && ffi::RecursiveHash(one) == ffi::RecursiveHash(same) && ffi::RecursiveLt(one, other));
  CHECK(ffi::RecursiveLe(one, one) && ffi::RecursiveGt(other, one) && ffi::RecursiveGe(other, one));

  json::Value graph = ffi::ToJSONGraph(one);
  CHECK(ffi::StructuralEqual::Equal(ffi::FromJSONGraph(graph), one));
  CHECK(throws("ValueError", "", [] { ffi::FromJSONGraph(json::Parse("[3]")); }));

  // Paths of C++ in this runtime, and its paths in C++: numbers of four bytes.
  namespace refl = ffi::reflection;
  refl::AccessPath path = refl::AccessPath::Root()->Attr("body")->ArrayItem(3);
  CHECK(ffi::ReprPrint(path) == "<root>.body[3]" && path->depth == 2);
  CHECK(mismatch.value().get<0>()->step.value()->kind == refl::AccessKind::kArrayItem);
  CHECK(mismatch.value().get<0>()->PathEqual(refl::AccessPath::Root()->ArrayItem(2)->ArrayItem(0)));

  ffi::VisitErrorContext context(ffi::make_object<ffi::VisitErrorContextObj>());
  CHECK(ffi::VisitErrorContext::FindAccessPaths(one, context).size() == 0);
}

// What this runtime does with modules of C++.
void modules_of_cpp() {
  {
    Module module = make(7);
    CHECK(call("ffi.ModuleGetKind", module).cast<String>() == "test_door");
    CHECK(call("ffi.ModuleGetPropertyMask", module).cast<int>() == 5);
    CHECK(call("ffi.ModuleGetFunction", module, "number", false).cast<Function>()().cast<int>() == 7);
    CHECK(call("ffi.ModuleGetFunction", module, "another", true) == nullptr);
    CHECK(call("ffi.ModuleImplementsFunction", module, "later", false).cast<bool>());
    CHECK(!call("ffi.ModuleImplementsFunction", module, "another", true).cast<bool>());
    CHECK(call("ffi.ModuleGetFunctionDoc", module, "number", false).cast<String>() == "Gives the number, said at some length.");
    CHECK(call("ffi.ModuleGetFunctionMetadata", module, "number", false).cast<String>() == "{\"type_schema\": 1}");
    CHECK(call("ffi.ModuleGetFunctionDoc", module, "another", false) == nullptr);
    call("ffi.ModuleWriteToFile", module, "a/path", "o");
    CHECK(static_cast<const TestModuleObj*>(module.get())->written == "a/path:o");
    CHECK(call("ffi.ModuleGetWriteFormats", module).cast<Array<String>>()[1] == "source");
    CHECK(call("ffi.ModuleInspectSource", module, "c").cast<String>() == "source, as c");
    if (!on_reference) CHECK(call("ffi.ModuleSaveToBytes", module).cast<Bytes>() == "bytes of a module");
    // Exceptions both ways: out of a virtual function into the runtime, and from there to here.
    CHECK(throws("KeyError", "it is broken", [&] { call("ffi.ModuleGetFunction", module, "broken", false); }));
    // Within C++ the exception itself comes through.
    if (!on_reference) CHECK(throws("InternalError", "an odd one", [&] { call("ffi.ModuleGetFunction", module, "odd", false); }));
    CHECK(throws("KeyError", "it is broken", [&] { module->GetFunction("broken", true); }));

    Module inner = make(8), outer = make(9);
    CHECK(module->imports().size() == 0);
    module->ImportModule(inner);
    call("ffi.ModuleImportModule", outer, module);
    CHECK(module->imports().size() == 1 && outer->imports()[0].same_as(module));
    CHECK(!inner->GetFunction("another", true).has_value());
    CHECK(outer->GetFunction("number", true).value()().cast<int>() == 9);
    CHECK(outer->ImplementsFunction("later", true) && outer->GetFunctionDoc("number", true).has_value());
    CHECK(outer->GetFunctionMetadata("number", true).has_value() && !outer->GetFunctionMetadata("another", true).has_value());
    CHECK(throws(on_reference ? "RuntimeError" : "ValueError", "", [&] { inner->ImportModule(outer); }));
    // What the code of a library finds.
    TVMFFIObjectHandle found = nullptr, again = nullptr;
    CHECK(TVMFFIEnvModLookupFromImports(const_cast<ModuleObj*>(outer.get()), "number", &found) == 0);
    CHECK(TVMFFIEnvModLookupFromImports(const_cast<ModuleObj*>(outer.get()), "number", &again) == 0 && again == found);
    CHECK(ffi::GetRef<Function>(static_cast<const ffi::FunctionObj*>(found))().cast<int>() == 7);
    CHECK(TVMFFIEnvModLookupFromImports(const_cast<ModuleObj*>(outer.get()), "ffi.SystemLib", &found) == 0);
    CHECK(TVMFFIEnvModLookupFromImports(const_cast<ModuleObj*>(outer.get()), "nowhere", &found) == -1);
    CHECK(throws("RuntimeError", "nowhere", [] { throw ffi::detail::MoveFromSafeCallRaised(); }));
    outer->ClearImports();
    call("ffi.ModuleClearImports", module);
    CHECK(outer->imports().size() == 0 && module->imports().size() == 0 && alive == 3);
  }
  CHECK(alive == 0);
}

// What C++ does with modules of this runtime.
void modules_of_the_runtime(const char* library) {
  static int context_symbol;
  CHECK(TVMFFIEnvModRegisterContextSymbol("test_context_symbol", &context_symbol) == 0);
  bool visited = false;
  Module::VisitContextSymbols(ffi::TypedFunction<void(String, void*)>(
      [&](String name, void* symbol) { visited |= name == "test_context_symbol" && symbol == &context_symbol; }));
  CHECK(visited);

  Module module = Module::LoadFromFile(library);
  // By the pointer in front of the header.
  CHECK(std::string(module->kind()) == "library" && (module->GetPropertyMask() & Module::kRunnable) != 0);
  CHECK(typeid(*module.get()) != typeid(ModuleObj) && std::strstr(typeid(ModuleObj).name(), "ModuleObj") != nullptr);
  CHECK(dynamic_cast<const TestModuleObj*>(module.get()) == nullptr);
  ModuleObj* inside = const_cast<ModuleObj*>(module.get());
  CHECK(inside->GetFunction(String("twice")).value()(21).cast<int>() == 42);
  CHECK(inside->ImplementsFunction(String("twice")) && !inside->ImplementsFunction(String("thrice")));
  CHECK(!inside->GetFunction(String("thrice")).has_value());
  CHECK(inside->GetFunctionDoc(String("twice")).value() == "Doubles" && !inside->GetFunctionDoc(String("look_up")).has_value());
  CHECK(!inside->GetFunctionMetadata(String("twice")).has_value());
  CHECK(inside->GetWriteFormats().size() == 0 && inside->InspectSource("c") == "");
  CHECK(throws("RuntimeError", "Module[library]", [&] { inside->WriteToFile("a", "b"); }));
  CHECK(throws("RuntimeError", "Module[library]", [&] { inside->SaveToBytes(); }));
  CHECK(throws(on_reference ? "InternalError" : "RuntimeError", "/nowhere/at_all.so", [] { Module::LoadFromFile("/nowhere/at_all.so"); }));
  CHECK(module->imports().size() == 0);
  {
    Module other = make(3);
    inside->ImportModule(other);
    CHECK(module->imports().size() == 1 && alive == 1);
    CHECK(inside->GetFunction("number", true).value()().cast<int>() == 3);
    // The library's own code looks in what its module imports.
    CHECK(inside->GetFunction(String("look_up")).value()(String("number")).cast<int>() == 3);
    CHECK(throws("RuntimeError", "nowhere", [&] { inside->GetFunction(String("look_up")).value()(String("nowhere")); }));
    other->ImportModule(make(4));
    CHECK(throws(on_reference ? "RuntimeError" : "ValueError", "", [&] { other->ImportModule(module); }));
    inside->ClearImports();
    CHECK(module->imports().size() == 0);
  }
  Module system = call("ffi.SystemLib", "test.door.").cast<Module>();
  CHECK(system.same_as(call("ffi.SystemLib", "test.door.").cast<Module>()) && std::string(system->kind()) == "library");
}

}  // namespace

int main(int count, char** arguments) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  on_reference = count > 2;
  static_assert(sizeof(ModuleObj) == 48 && sizeof(Module) == 8 && sizeof(Error) == 16 && sizeof(String) == 16, "as door.cpp has them");
  static_assert(sizeof(Optional<Function>) == 8 && sizeof(Optional<String>) == 16 && sizeof(Optional<int>) == 16, "as above");
  functions();
  modules_of_cpp();
  modules_of_the_runtime(count > 1 ? arguments[1] : "");
  return finish("door", 68);
}
