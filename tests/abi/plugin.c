/* A library that a program loads: a function of the calling convention, and a variable that the loader fills. */
#include "names.h"

int64_t* test_context_symbol = 0;

int __tvm_ffi_read_symbol(void* handle, const Any* args, int32_t count, Any* result) {
  (void)handle, (void)args, (void)count;
  if (!test_context_symbol) return -1;
  result->type_index = K(Int);
  result->v_int64 = *test_context_symbol;
  return 0;
}
