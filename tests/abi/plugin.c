/* A library that a program loads: functions of the calling convention, and variables that the loader fills. */
#include "names.h"

int64_t* test_context_symbol = 0;

int __tvm_ffi_read_symbol(void* handle, const Any* args, int32_t count, Any* result) {
  (void)handle, (void)args, (void)count;
  if (!test_context_symbol) return -1;
  result->type_index = K(Int);
  result->v_int64 = *test_context_symbol;
  return 0;
}

void* __tvm_ffi__library_ctx = 0;

int __tvm_ffi_read_context(void* handle, const Any* args, int32_t count, Any* result) {
  (void)handle, (void)args, (void)count;
  result->type_index = K(OpaquePtr);
  result->v_ptr = __tvm_ffi__library_ctx;
  return 0;
}
