/* Loads a library that was built for tvm-ffi's own, unchanged from its wheel, and uses what it registers.
 *
 *   client LIBRARY      the path of libtvm_ffi_testing.so */
#include <dlfcn.h>

#include "help.h"

int checks, failures, on_reference;

static int minus(void* handle, const Any* args, int32_t count, Any* result) {
  (void)handle;
  if (count != 2 || args[0].type_index != K(Int)) {
    TVMFFIErrorSetRaisedFromCStr("IndexError", "minus takes two ints");
    return -1;
  }
  *result = integer(args[0].v_int64 - args[1].v_int64);
  return 0;
}

int main(int count, char** arguments) {
  void* library = count > 1 ? dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL) : NULL;
  Bytes pair = TEXT("testing.TestIntPair"), init = TEXT("__ffi_init__");
  Any args[3], made, value = none();
  Handle function = NULL;
  const TypeInfo* info;
  int32_t index = 0;
  if (!library) {
    printf("not loaded: %s\n", dlerror());
    return 1;
  }
  args[0] = integer(41);
  CHECK(call("testing.add_one", args, 1).v_int64 == 42);
  /* A callback, and an error of it that comes through the library. */
  CHECK(TVMFFIFunctionCreate(NULL, minus, NULL, &function) == 0);
  args[0] = object(function);
  args[1] = integer(9);
  args[2] = integer(4);
  CHECK(call("testing.apply", args, 3).v_int64 == 5);
  {
    Handle apply = global("testing.apply");
    CHECK(TVMFFIFunctionCall(apply, args, 2, &value) == -1 && failed_with("IndexError", "minus takes two ints"));
    drop_handle(&apply);
  }
  CHECK(strong(function) == 1);
  drop_handle(&function);
  /* An object of its type: made, read, shown and ended. */
  CHECK(TVMFFITypeKeyToIndex(&pair, &index) == 0);
  info = TVMFFIGetTypeInfo(index);
  CHECK(info->num_fields == 2 && is(info->fields[0].name, "a") && is(info->fields[1].name, "b"));
  value = TVMFFIGetTypeAttrColumn(&init)->data[index];
  CHECK(value.type_index == K(Function));
  args[0] = integer(3);
  args[1] = integer(4);
  made = none();
  CHECK(TVMFFIFunctionCall(value.v_obj, args, 2, &made) == 0 && made.type_index == index);
  CHECK(info->fields[1].getter((char*)made.v_obj + info->fields[1].offset, &value) == 0 && value.v_int64 == 4);
  args[0] = made;
  CHECK(call("testing.TestIntPairSum", args, 1).v_int64 == 7);
  CHECK(strong(made.v_obj) == 1);
  drop(&made);
  return finish("client", 18);
}
