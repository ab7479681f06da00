/* Tensors, streams, allocators of tensors, signals, handles that are made once, symbols of libraries. */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <sched.h>
#include <time.h>

#include "help.h"
#include "parts.h"

static int ended;
static void end_plain(DLManagedTensor* self) {
  ++ended;
  free(self->manager_ctx);
  free(self);
}
static void end_versioned(DLManagedTensorVersioned* self) {
  ++ended;
  free(self->manager_ctx);
  free(self);
}

static DLTensor tensor_of(void* data, int64_t* shape, int64_t* strides, int ndim) {
  DLTensor tensor;
  const int32_t cpu = 1; /* an enumerator in one of the headers */
  memset(&tensor, 0, sizeof tensor);
  tensor.data = data;
  memcpy(&tensor.device, &cpu, sizeof cpu);
  tensor.ndim = ndim;
  tensor.dtype.code = 2;
  tensor.dtype.bits = 32;
  tensor.dtype.lanes = 1;
  tensor.shape = shape;
  tensor.strides = strides;
  return tensor;
}


static int64_t shape[2] = {2, 3}, by_rows[2] = {3, 1}, by_columns[2] = {1, 2};

static DLManagedTensor* plain(int64_t* strides) {
  DLManagedTensor* made = (DLManagedTensor*)calloc(1, sizeof *made);
  made->manager_ctx = calloc(64, 1);
  made->dl_tensor = tensor_of(made->manager_ctx, shape, strides, 2);
  made->deleter = end_plain;
  return made;
}

static void test_tensors(void) {
  DLManagedTensor *from = plain(by_rows), *sent = NULL;
  DLManagedTensorVersioned *versioned = (DLManagedTensorVersioned*)calloc(1, sizeof *versioned), *sent_versioned = NULL;
  Handle tensor = NULL, view = NULL;
  DLTensor *own, prototype;
  int64_t flat[1] = {6}, step[1] = {1};
  void* data = from->manager_ctx;
  ended = 0;
  CHECK(TVMFFITensorFromDLPack(from, 4, 1, &tensor) == 0 && ((Object*)tensor)->type_index == K(Tensor));
  own = (DLTensor*)cell(tensor);
  CHECK(own->data == data && own->ndim == 2 && own->shape[0] == 2 && own->shape[1] == 3 && own->strides[0] == 3 && own->dtype.bits == 32);
  /* To others, and back. */
  CHECK(TVMFFITensorToDLPack(tensor, &sent) == 0 && sent->dl_tensor.data == data && sent->dl_tensor.shape[1] == 3);
  CHECK(TVMFFITensorToDLPackVersioned(tensor, &sent_versioned) == 0 && sent_versioned->version.major == 1);
  CHECK(sent_versioned->dl_tensor.data == data && strong(tensor) == 3);
  sent->deleter(sent);
  CHECK(strong(tensor) == 2 && ended == 0);
  CHECK(TVMFFITensorFromDLPackVersioned(sent_versioned, 0, 0, &view) == 0 && ((DLTensor*)cell(view))->data == data);
  drop_handle(&view);
  CHECK(strong(tensor) == 1);
  /* Another shape of the same memory, which stays as long as the view. */
  prototype = tensor_of(data, flat, step, 1);
  CHECK(TVMFFITensorCreateUnsafeView(tensor, &prototype, &view) == 0);
  flat[0] = 99;
  own = (DLTensor*)cell(view);
  CHECK(own->data == data && own->ndim == 1 && own->shape[0] == 6);
  drop_handle(&tensor);
  CHECK(ended == 0);
  drop_handle(&view);
  CHECK(ended == 1);
  /* What is asked for and not so leaves the tensor to its owner. */
  from = plain(by_columns);
  CHECK(TVMFFITensorFromDLPack(from, 0, 1, &tensor) == -1 && failed_with("RuntimeError", NULL) && ended == 1);
  from->dl_tensor.byte_offset = 4;
  CHECK(TVMFFITensorFromDLPack(from, 8, 0, &tensor) == -1 && failed_with("RuntimeError", NULL) && ended == 1);
  CHECK(TVMFFITensorFromDLPack(from, 4, 0, &tensor) == 0);
  drop_handle(&tensor);
  CHECK(ended == 2);
  versioned->version.major = 1;
  versioned->manager_ctx = calloc(64, 1);
  versioned->dl_tensor = tensor_of(versioned->manager_ctx, shape, NULL, 2);
  versioned->deleter = end_versioned;
  CHECK(TVMFFITensorFromDLPackVersioned(versioned, 8, 1, &tensor) == 0);
  drop_handle(&tensor);
  CHECK(ended == 3);
  if (!on_reference) {
    from = plain(by_rows);
    from->dl_tensor.ndim = -1;
    CHECK(TVMFFITensorFromDLPack(from, 0, 0, &tensor) == -1 && failed_with("ValueError", "-1 dimensions") && ended == 3);
    end_plain(from);
    CHECK(TVMFFITensorFromDLPack(NULL, 0, 0, &tensor) == -1 && failed_with("ValueError", "null"));
  }
}

/* ---- allocators of tensors */

static int allocate(DLTensor* prototype, DLManagedTensorVersioned** out, void* context,
                    void (*set_error)(void*, const char*, const char*)) {
  DLManagedTensorVersioned* made;
  if (prototype->ndim != 2) {
    set_error(context, "ValueError", "two dimensions only");
    return -1;
  }
  made = (DLManagedTensorVersioned*)calloc(1, sizeof *made);
  made->version.major = 1;
  made->manager_ctx = calloc(64, 1);
  made->dl_tensor = *prototype;
  made->dl_tensor.data = made->manager_ctx;
  made->dl_tensor.shape = shape;
  made->dl_tensor.strides = by_rows;
  made->deleter = end_versioned;
  *out = made;
  return 0;
}

static int allocate_other(DLTensor* prototype, DLManagedTensorVersioned** out, void* context,
                          void (*set_error)(void*, const char*, const char*)) {
  (void)prototype, (void)out;
  set_error(context, "MemoryError", "the other one");
  return -1;
}

static void* allocate_elsewhere(void* found) {
  *(DLPackManagedTensorAllocator*)found = TVMFFIEnvGetDLPackManagedTensorAllocator();
  return NULL;
}

static void test_tensor_allocators(void) {
  DLTensor prototype = tensor_of(NULL, shape, NULL, 2);
  DLPackManagedTensorAllocator former = allocate_other, elsewhere = NULL;
  Handle tensor = NULL;
  pthread_t thread;
  ended = 0;
  CHECK(TVMFFIEnvGetDLPackManagedTensorAllocator() == NULL);
  CHECK(TVMFFIEnvTensorAlloc(&prototype, &tensor) == -1 &&
        failed_with("RuntimeError", "TVMFFIEnvSetDLPackManagedTensorAllocator has not been called"));
  CHECK(TVMFFIEnvSetDLPackManagedTensorAllocator(allocate, 0, &former) == 0 && former == NULL);
  CHECK(TVMFFIEnvGetDLPackManagedTensorAllocator() == allocate);
  CHECK(TVMFFIEnvTensorAlloc(&prototype, &tensor) == 0 && ((DLTensor*)cell(tensor))->shape[1] == 3);
  drop_handle(&tensor);
  CHECK(ended == 1);
  prototype.ndim = 1;
  CHECK(TVMFFIEnvTensorAlloc(&prototype, &tensor) == -1 && failed_with("ValueError", "two dimensions only"));
  CHECK(pthread_create(&thread, NULL, allocate_elsewhere, &elsewhere) == 0 && pthread_join(thread, NULL) == 0 && elsewhere == NULL);
  CHECK(TVMFFIEnvSetDLPackManagedTensorAllocator(allocate_other, 1, &former) == 0 && former == allocate);
  CHECK(pthread_create(&thread, NULL, allocate_elsewhere, &elsewhere) == 0 && pthread_join(thread, NULL) == 0 &&
        elsewhere == allocate_other);
  CHECK(TVMFFIEnvTensorAlloc(&prototype, &tensor) == -1 && failed_with("MemoryError", "the other one"));
  /* A thread's own comes before that of all. */
  CHECK(TVMFFIEnvSetDLPackManagedTensorAllocator(allocate, 0, NULL) == 0 && TVMFFIEnvGetDLPackManagedTensorAllocator() == allocate);
  CHECK(TVMFFIEnvSetDLPackManagedTensorAllocator(NULL, 1, NULL) == 0 && TVMFFIEnvGetDLPackManagedTensorAllocator() == NULL);
}

static void* stream_elsewhere(void* found) {
  *(void**)found = TVMFFIEnvGetStream(2, 0);
  return NULL;
}

static void test_streams(void) {
  int own, other;
  void *former = &other, *elsewhere = &other;
  pthread_t thread;
  CHECK(TVMFFIEnvGetStream(2, 0) == NULL);
  CHECK(TVMFFIEnvSetStream(2, 0, &own, &former) == 0 && former == NULL);
  CHECK(TVMFFIEnvGetStream(2, 0) == &own && TVMFFIEnvGetStream(2, 1) == NULL);
  CHECK(pthread_create(&thread, NULL, stream_elsewhere, &elsewhere) == 0 && pthread_join(thread, NULL) == 0 && elsewhere == NULL);
  CHECK(TVMFFIEnvSetStream(2, 0, NULL, &former) == 0 && former == &own && TVMFFIEnvGetStream(2, 0) == NULL);
  CHECK(TVMFFIEnvSetStream(2, 0, NULL, NULL) == 0);
}

static int signalled;
static int check_signals(void) { return signalled ? -1 : 0; }

static void test_signals(void) {
  CHECK(TVMFFIEnvCheckSignals() == 0);
  CHECK(TVMFFIEnvRegisterCAPI("no_such_function", NULL) == -1 && failed_with("ValueError", "no_such_function"));
  if (!on_reference) { /* which demands two more functions */
    CHECK(TVMFFIEnvRegisterCAPI("PyErr_CheckSignals", (void*)check_signals) == 0);
    CHECK(TVMFFIEnvCheckSignals() == 0);
    signalled = 1;
    CHECK(TVMFFIEnvCheckSignals() == -1 && failed_with("EnvErrorAlreadySet", NULL));
    CHECK(TVMFFIEnvRegisterCAPI("PyErr_CheckSignals", NULL) == 0 && TVMFFIEnvCheckSignals() == 0);
  }
}

/* ---- handles that are made once */

static int made, made_by_inner;
static void *slot, *inner_slot;

static int make_inner(void** result) {
  ++made_by_inner;
  *result = &made_by_inner;
  return 0;
}

static int waiting; /* threads that are about to ask */

static int make(void** result) {
  /* Slow enough for the others to come meanwhile; and it needs a handle of its own. */
  struct timespec moment = {0, 50 * 1000 * 1000};
  while (__atomic_load_n(&waiting, __ATOMIC_SEQ_CST) < 4) sched_yield();
  nanosleep(&moment, NULL);
  if (TVMFFIHandleInitOnce(&inner_slot, make_inner) != 0) return -1;
  ++made;
  *result = &made;
  return 0;
}

static int make_nothing(void** result) {
  (void)result;
  TVMFFIErrorSetRaisedFromCStr("OSError", "no handle today");
  return -1;
}

static int end(void* handle) {
  CHECK(handle == &made);
  made = 0;
  return 0;
}

static void* init(void* wrong) {
  __atomic_fetch_add(&waiting, 1, __ATOMIC_SEQ_CST);
  if (TVMFFIHandleInitOnce(&slot, make) != 0 || slot != &made) *(int*)wrong = 1;
  return NULL;
}

static void test_once(void) {
  pthread_t threads[4];
  int wrong[4] = {0, 0, 0, 0}, i;
  CHECK(TVMFFIHandleInitOnce(&slot, make_nothing) == -1 && slot == NULL && failed_with("OSError", "no handle today"));
  if (on_reference) { /* which holds one lock, so that no handle may need another */
    CHECK(TVMFFIHandleInitOnce(&inner_slot, make_inner) == 0);
  }
  for (i = 0; i < 4; ++i) CHECK(pthread_create(&threads[i], NULL, init, &wrong[i]) == 0);
  for (i = 0; i < 4; ++i) pthread_join(threads[i], NULL);
  CHECK(wrong[0] + wrong[1] + wrong[2] + wrong[3] == 0 && made == 1 && made_by_inner == 1 && slot == &made);
  CHECK(TVMFFIHandleInitOnce(&slot, make_nothing) == 0);
  CHECK(TVMFFIHandleDeinitOnce(&slot, end) == 0 && slot == NULL && made == 0);
  CHECK(TVMFFIHandleDeinitOnce(&slot, end) == 0);
}

/* ---- symbols of libraries */

static int answer(void* handle, const Any* args, int32_t count, Any* result) {
  (void)handle, (void)args, (void)count;
  *result = integer(42);
  return 0;
}

static int64_t symbol = 77;

static void test_modules(const char* library) {
  Any args[3], module, function, result = none();
  Handle found = NULL, again = NULL;
  CHECK(TVMFFIEnvModRegisterSystemLibSymbol("__tvm_ffi_test_prefix.answer", (void*)answer) == 0);
  CHECK(TVMFFIEnvModRegisterSystemLibSymbol("some_data", &symbol) == 0);
  args[0] = raw_text("test_prefix.");
  module = call("ffi.SystemLib", args, 1);
  args[0] = module;
  args[1] = raw_text("answer");
  args[2] = integer(0);
  args[2].type_index = K(Bool);
  function = call("ffi.ModuleGetFunction", args, 3);
  CHECK(function.type_index == K(Function));
  CHECK(TVMFFIFunctionCall(function.v_obj, NULL, 0, &result) == 0 && result.v_int64 == 42);
  drop(&function);
  drop(&module);
  /* A library that does not link to this one, but has a variable for its symbol. */
  CHECK(TVMFFIEnvModRegisterContextSymbol("test_context_symbol", &symbol) == 0);
  args[0] = raw_text(library);
  module = call("ffi.ModuleLoadFromFile", args, 1);
  CHECK(module.type_index == K(Module));
  args[0] = module;
  args[1] = raw_text("read_symbol");
  function = call("ffi.ModuleGetFunction", args, 3);
  CHECK(function.type_index == K(Function));
  result = none();
  CHECK(TVMFFIFunctionCall(function.v_obj, NULL, 0, &result) == 0 && result.v_int64 == 77);
  drop(&function);
  /* What the library's own code would ask for: there are no imports, so it is a global function. */
  args[1] = raw_text("read_context");
  function = call("ffi.ModuleGetFunction", args, 3);
  result = none();
  CHECK(TVMFFIFunctionCall(function.v_obj, NULL, 0, &result) == 0 && result.type_index == K(OpaquePtr) && result.v_ptr);
  CHECK(TVMFFIEnvModLookupFromImports(result.v_ptr, "ffi.SystemLib", &found) == 0 && found != NULL);
  CHECK(TVMFFIEnvModLookupFromImports(result.v_ptr, "ffi.SystemLib", &again) == 0 && again == found);
  CHECK(TVMFFIEnvModLookupFromImports(result.v_ptr, "test.nowhere", &found) == -1 && failed_with("RuntimeError", "test.nowhere"));
  drop(&function);
  drop(&module);
}

void test_environment(const char* library) {
  test_tensors();
  test_tensor_allocators();
  test_streams();
  test_signals();
  test_once();
  test_modules(library);
}
