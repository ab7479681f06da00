/* A library that door.cpp loads: functions, a text about one, and a look into what its module imports. */
#include "names.h"

/* The loader writes the library's module here. */
void* __tvm_ffi__library_ctx = 0;

int TVMFFIEnvModLookupFromImports(Handle library_ctx, const char* func_name, Handle* out);

int __tvm_ffi_twice(void* handle, const Any* args, int32_t count, Any* result) {
  (void)handle, (void)count;
  result->type_index = K(Int);
  result->v_int64 = 2 * args[0].v_int64;
  return 0;
}

int __tvm_ffi__doc_twice(void* handle, const Any* args, int32_t count, Any* result) {
  (void)handle, (void)args, (void)count;
  result->type_index = K(SmallStr);
  result->small_str_len = 7;
  for (int at = 0; at < 7; ++at) result->v_bytes[at] = "Doubles."[at];
  return 0;
}

/* Calls the function of the name that is its argument, a short text. */
int __tvm_ffi_look_up(void* handle, const Any* args, int32_t count, Any* result) {
  Handle found = 0;
  (void)handle, (void)count;
  if (TVMFFIEnvModLookupFromImports(__tvm_ffi__library_ctx, args[0].v_bytes, &found) != 0) return -1;
  return TVMFFIFunctionCall(found, 0, 0, result);
}
