// A library of others, by tvm-ffi's own headers, whose objects have fields and methods.
// tests/python/test_foreign_fields.py builds and calls it.
#include <tvm/ffi/tvm_ffi.h>

#include <cstdint>
#include <optional>
#include <string>

namespace {

namespace ffi = tvm::ffi;
namespace refl = tvm::ffi::reflection;
using ffi::Any;
using ffi::Array;
using ffi::Map;
using ffi::Object;
using ffi::ObjectPtr;
using ffi::ObjectRef;
using ffi::Optional;
using ffi::String;

class ExprObj : public Object {
 public:
  int64_t line = 0;
  static constexpr bool _type_mutable = true;
  static constexpr TVMFFISEqHashKind _type_s_eq_hash_kind = kTVMFFISEqHashKindTreeNode;
  static constexpr uint32_t _type_child_slots = 4;
  TVM_FFI_DECLARE_OBJECT_INFO("test.fields.Expr", ExprObj, Object);
};

class Expr : public ObjectRef {
 public:
  explicit Expr(ObjectPtr<Object> n) : ObjectRef(n) {}
  TVM_FFI_DEFINE_OBJECT_REF_METHODS_NOTNULLABLE(Expr, ObjectRef, ExprObj);
};

class NumberObj : public ExprObj {
 public:
  int64_t value = 0;
  TVM_FFI_DECLARE_OBJECT_INFO_FINAL("test.fields.Number", NumberObj, ExprObj);
};

class AddObj : public ExprObj {
 public:
  Expr a, b;
  explicit AddObj(ffi::UnsafeInit) : a(ObjectPtr<Object>(nullptr)), b(ObjectPtr<Object>(nullptr)) {}
  AddObj(Expr a, Expr b) : a(a), b(b) {}
  TVM_FFI_DECLARE_OBJECT_INFO_FINAL("test.fields.Add", AddObj, ExprObj);
};

// What is made of numbers, after a function was told.
class BoxObj : public Object {
 public:
  int64_t value = 0;
  TVM_FFI_DECLARE_OBJECT_INFO_FINAL("test.fields.Box", BoxObj, Object);
};

class Box : public ObjectRef {
 public:
  TVM_FFI_DEFINE_OBJECT_REF_METHODS_NULLABLE(Box, ObjectRef, BoxObj);
};

ffi::Function hook;

}  // namespace

namespace tvm {
namespace ffi {
template <>
inline constexpr bool use_default_type_traits_v<Box> = false;
template <>
struct TypeTraits<Box> : public ObjectRefWithFallbackTraitsBase<Box, int64_t> {
  static Box ConvertFallbackValue(int64_t value) {
    if (hook != nullptr) hook(value);
    auto made = make_object<BoxObj>();
    made->value = value;
    return Box(made);
  }
};
}  // namespace ffi
}  // namespace tvm

namespace {

class BoxesObj : public Object {
 public:
  Box one{ObjectPtr<BoxObj>(nullptr)};
  Optional<Box> maybe;
  Array<Box> many;
  ffi::Variant<Box, String> either = String("");
  int64_t checked = 0;
  Any called;
  static constexpr bool _type_mutable = true;
  TVM_FFI_DECLARE_OBJECT_INFO_FINAL("test.fields.Boxes", BoxesObj, Object);
};

int set_checked(void* field, const TVMFFIAny* value) {
  TVM_FFI_SAFE_CALL_BEGIN();
  int64_t number = ffi::AnyView::CopyFromTVMFFIAny(*value).cast<int64_t>();
  if (number < 0) TVM_FFI_THROW(ValueError) << "less than nothing";
  *static_cast<int64_t*>(field) = number;
  TVM_FFI_SAFE_CALL_END();
}

int get_called(void*, TVMFFIAny* result) {
  TVM_FFI_SAFE_CALL_BEGIN();
  *result = ffi::detail::AnyUnsafe::MoveAnyToTVMFFIAny(Any(hook(0)));
  TVM_FFI_SAFE_CALL_END();
}

// One field of each way to hold a value.
class AllObj : public Object {
 public:
  int64_t i64 = 1;
  int32_t i32 = 2;
  uint8_t u8 = 3;
  double f64 = 4.5;
  float f32 = 5.5;
  bool flag = true;
  String text = "a text that is long enough for the heap";
  ffi::Bytes bytes = ffi::Bytes("\0bytes", 6);
  Any any = "any";
  Optional<int64_t> maybe_int;
  Optional<String> maybe_text;
  Optional<Expr> maybe_expr;
  Array<Any> array = {1, 2};
  Map<String, Any> map = {{"k", 1}};
  DLDataType dtype = {kDLFloat, 32, 1};
  DLDevice device = {kDLCPU, 0};
  void* pointer = nullptr;
  std::string plain = "std";
  ObjectRef object;
  static constexpr bool _type_mutable = true;
  TVM_FFI_DECLARE_OBJECT_INFO_FINAL("test.fields.All", AllObj, Object);
};

// Its fields come later than its child's.
class ParentObj : public Object {
 public:
  int64_t first = 1;
  TVM_FFI_DECLARE_OBJECT_INFO("test.fields.Parent", ParentObj, Object);
};
class ChildObj : public ParentObj {
 public:
  int64_t second = 2;
  TVM_FFI_DECLARE_OBJECT_INFO_FINAL("test.fields.Child", ChildObj, ParentObj);
};

class WithDefaultsObj : public Object {
 public:
  static constexpr bool _type_mutable = true;
  int64_t needed = 0;
  int64_t given = 0;
  String keyword;
  TVM_FFI_DECLARE_OBJECT_INFO_FINAL("test.fields.WithDefaults", WithDefaultsObj, Object);
};

// For a class that Python code defines.
class OwnObj : public ExprObj {
 public:
  int64_t value = 0;
  ObjectRef other;
  TVM_FFI_DECLARE_OBJECT_INFO_FINAL("test.fields.Own", OwnObj, ExprObj);
};

// A class with virtual functions is laid out first, wherever it is named: its members are in front of the header.
class Walker {
 public:
  virtual ~Walker() = default;
  int64_t steps = 3;
  ObjectRef last;
};
class BehindObj : public Object, public Walker {
 public:
  static constexpr bool _type_mutable = true;
  TVM_FFI_DECLARE_OBJECT_INFO_FINAL("test.fields.Behind", BehindObj, Object);
};

template <typename T>
void register_in_front(const char* name, T Walker::*member, int32_t type_index) {
  BehindObj here;
  TVMFFIFieldInfo field{};
  field.name = {name, std::char_traits<char>::length(name)};
  field.flags = kTVMFFIFieldFlagBitMaskWritable;
  field.size = sizeof(T);
  field.alignment = alignof(T);
  field.offset = reinterpret_cast<char*>(&(here.*member)) - reinterpret_cast<char*>(static_cast<Object*>(&here));
  field.getter = [](void* at, TVMFFIAny* result) {
    *result = ffi::detail::AnyUnsafe::MoveAnyToTVMFFIAny(Any(*static_cast<T*>(at)));
    return 0;
  };
  TVMFFIFieldSetter setter = [](void* at, const TVMFFIAny* value) {
    TVM_FFI_SAFE_CALL_BEGIN();
    *static_cast<T*>(at) = ffi::AnyView::CopyFromTVMFFIAny(*value).cast<T>();
    TVM_FFI_SAFE_CALL_END();
  };
  field.setter = reinterpret_cast<void*>(setter);
  field.field_static_type_index = type_index;
  TVM_FFI_ICHECK_LT(field.offset, 0);
  TVM_FFI_CHECK_SAFE_CALL(TVMFFITypeRegisterField(BehindObj::_GetOrAllocRuntimeTypeIndex(), &field));
}

class HiddenObj : public Object {
 public:
  TVM_FFI_DECLARE_OBJECT_INFO_FINAL("test.fields.Hidden", HiddenObj, Object);
};

}  // namespace

TVM_FFI_STATIC_INIT_BLOCK() {
  refl::ObjectDef<ExprObj>().def_rw("line", &ExprObj::line, refl::AttachFieldFlag::SEqHashIgnore());
  refl::ObjectDef<NumberObj>()
      .def(refl::init<>())
      .def_ro("value", &NumberObj::value)
      .def("add", [](const NumberObj* self, int64_t more) { return self->value + more; }, "Adds to the value.")
      .def_static("make", [](int64_t value) {
        auto made = ffi::make_object<NumberObj>();
        made->value = value;
        return ObjectRef(made);
      });
  refl::ObjectDef<OwnObj>().def_ro("value", &OwnObj::value).def_rw("other", &OwnObj::other);
  refl::ObjectDef<HiddenObj>(refl::init(false));
  refl::ObjectDef<AddObj>().def(refl::init<Expr, Expr>()).def_ro("a", &AddObj::a).def_rw("b", &AddObj::b);
  refl::ObjectDef<AllObj>()
      .def_rw("i64", &AllObj::i64, "The first.")
      .def_rw("i32", &AllObj::i32)
      .def_rw("u8", &AllObj::u8)
      .def_rw("f64", &AllObj::f64)
      .def_rw("f32", &AllObj::f32)
      .def_rw("flag", &AllObj::flag)
      .def_rw("text", &AllObj::text)
      .def_rw("bytes", &AllObj::bytes)
      .def_rw("any", &AllObj::any)
      .def_rw("maybe_int", &AllObj::maybe_int)
      .def_rw("maybe_text", &AllObj::maybe_text)
      .def_rw("maybe_expr", &AllObj::maybe_expr)
      .def_rw("array", &AllObj::array)
      .def_rw("map", &AllObj::map)
      .def_rw("dtype", &AllObj::dtype)
      .def_rw("device", &AllObj::device)
      .def_rw("pointer", &AllObj::pointer)
      .def_rw("plain", &AllObj::plain)
      .def_rw("object", &AllObj::object);
  refl::ObjectDef<BoxObj>().def_ro("value", &BoxObj::value);
  refl::ObjectDef<BoxesObj>()
      .def_rw("one", &BoxesObj::one)
      .def_rw("maybe", &BoxesObj::maybe)
      .def_rw("many", &BoxesObj::many)
      .def_rw("either", &BoxesObj::either);
  TVMFFIFieldInfo field{};
  field.name = {"checked", 7};
  field.flags = kTVMFFIFieldFlagBitMaskWritable;
  field.size = field.alignment = 8;
  field.offset = offsetof(BoxesObj, checked);
  field.getter = [](void* at, TVMFFIAny* result) {
    *result = ffi::AnyView(*static_cast<int64_t*>(at)).CopyToTVMFFIAny();
    return 0;
  };
  field.setter = reinterpret_cast<void*>(set_checked);
  field.field_static_type_index = kTVMFFIInt;
  TVM_FFI_CHECK_SAFE_CALL(TVMFFITypeRegisterField(BoxesObj::_GetOrAllocRuntimeTypeIndex(), &field));
  field.name = {"called", 6};
  field.size = 16;
  field.offset = offsetof(BoxesObj, called);
  field.getter = get_called;
  field.field_static_type_index = kTVMFFIAny;
  TVM_FFI_CHECK_SAFE_CALL(TVMFFITypeRegisterField(BoxesObj::_GetOrAllocRuntimeTypeIndex(), &field));
  refl::ObjectDef<ChildObj>().def_ro("second", &ChildObj::second);
  refl::ObjectDef<WithDefaultsObj>()
      .def_rw("needed", &WithDefaultsObj::needed)
      .def_rw("given", &WithDefaultsObj::given, refl::default_value(7))
      .def_rw("keyword", &WithDefaultsObj::keyword, refl::kw_only(true), refl::default_value("k"));
  register_in_front("steps", &Walker::steps, kTVMFFIInt);
  register_in_front("last", &Walker::last, kTVMFFIObject);
  refl::GlobalDef()
      .def("test.fields.behind", []() { return ObjectRef(ffi::make_object<BehindObj>()); })
      .def("test.fields.all", []() { return ObjectRef(ffi::make_object<AllObj>()); })
      .def("test.fields.boxes", []() { return ObjectRef(ffi::make_object<BoxesObj>()); })
      .def("test.fields.hook", [](ffi::Function function) { hook = function; })
      .def("test.fields.child", []() { return ObjectRef(ffi::make_object<ChildObj>()); })
      .def("test.fields.register_parent", []() { refl::ObjectDef<ParentObj>().def_ro("first", &ParentObj::first); });
}
