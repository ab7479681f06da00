/* A library that is not thread-safe: tests/python/test_serialize.py compiles it under several names, and calls it from threads. */
#include <bowline.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#define FUNCTION(name) BOWLINE_API int name(void* handle, const BowlineAny* args, int32_t count, BowlineAny* result)

static int64_t counter;
static BowlineObjectHandle held;
/* Calls that are in the library's code; whether there ever were two. */
static atomic_int inside, overlaps;

static void begin(void) {
  if (atomic_fetch_add(&inside, 1) != 0) atomic_fetch_add(&overlaps, 1);
}

static int end(int code) {
  atomic_fetch_sub(&inside, 1);
  return code;
}

static void take_time(void) {
  struct timespec some = {0, 20000};
  nanosleep(&some, NULL);
}

static int answer(int64_t number, BowlineAny* result) {
  result->type_index = kBowlineInt;
  result->v_int64 = number;
  return 0;
}

/* Counts up, in two steps. */
FUNCTION(__tvm_ffi_count) {
  (void)handle, (void)args, (void)count;
  begin();
  int64_t before = counter;
  take_time();
  counter = before + 1;
  return end(answer(before + 1, result));
}

FUNCTION(__tvm_ffi_total) {
  (void)handle, (void)args, (void)count;
  return answer(counter, result);
}

FUNCTION(__tvm_ffi_overlaps) {
  (void)handle, (void)args, (void)count;
  return answer(overlaps, result);
}

/* Calls a function in the midst of its own work. */
FUNCTION(__tvm_ffi_apply) {
  (void)handle, (void)count;
  begin();
  take_time();
  end(0); /* what is called is not this library's code */
  int code = TVMFFIFunctionCall(args[0].v_obj, (BowlineAny*)args + 1, count - 1, result);
  begin();
  take_time();
  return end(code);
}

/* Takes an object, and lets go of the one before. */
FUNCTION(__tvm_ffi_hold) {
  (void)handle, (void)count, (void)result;
  BowlineObjectHandle former = held;
  held = args[0].type_index >= kBowlineObject ? args[0].v_obj : NULL;
  TVMFFIObjectIncRef(held);
  TVMFFIObjectDecRef(former);
  return 0;
}

/* Registers `count` as a global function and as a method of a type, both under the name that is given. */
FUNCTION(__tvm_ffi_register) {
  (void)handle, (void)count, (void)result;
  BowlineByteArray name = *(BowlineByteArray*)BowlineCell(args[0].v_obj);
  BowlineMethodInfo method = {.name = {"count", 5}, .flags = kBowlineMethodIsStatic};
  if (TVMFFIFunctionCreate(NULL, __tvm_ffi_count, NULL, (void**)&method.method.v_obj) != 0) return -1;
  method.method.type_index = kBowlineFunction;
  int32_t type = TVMFFITypeGetOrAllocIndex(&name, -1, 1, 0, 1, kBowlineObject);
  int code = TVMFFIFunctionSetGlobal(&name, method.method.v_obj, 0) | TVMFFITypeRegisterMethod(type, &method);
  TVMFFIObjectDecRef(method.method.v_obj);
  return code;
}
