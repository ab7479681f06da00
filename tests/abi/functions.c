/* Functions both ways, global names, errors. */
#include <pthread.h>

#include "help.h"
#include "parts.h"

static int ended;
static void end_state(void* state) {
  ++ended;
  free(state);
}

/* Adds the number that it was made with to its argument. */
static int add(void* handle, const Any* args, int32_t count, Any* result) {
  if (count != 1 || args[0].type_index != K(Int)) {
    TVMFFIErrorSetRaisedFromCStr("TypeError", "add takes one int");
    return -1;
  }
  *result = integer(args[0].v_int64 + *(int64_t*)handle);
  return 0;
}

static Handle adder(int64_t number) {
  int64_t* state = (int64_t*)malloc(sizeof *state);
  Handle made = NULL;
  *state = number;
  CHECK(TVMFFIFunctionCreate(state, add, end_state, &made) == 0);
  return made;
}

static void test_calls(void) {
  Handle plus = adder(40);
  Any arg = integer(2), result = none();
  ABI(FunctionCell)* own = (ABI(FunctionCell)*)cell(plus);
  ended = 0;
  CHECK(((Object*)plus)->type_index == K(Function) && strong(plus) == 1);
  CHECK(TVMFFIFunctionCall(plus, &arg, 1, &result) == 0 && result.type_index == K(Int) && result.v_int64 == 42);
  result = none();
  CHECK(own->safe_call(plus, &arg, 1, &result) == 0 && result.v_int64 == 42 && own->cpp_call == NULL);
  result = none();
  CHECK(TVMFFIFunctionCall(plus, &arg, 0, &result) == -1 && failed_with("TypeError", "add takes one int"));
  CHECK(take_error() == NULL);
  drop_handle(&plus);
  CHECK(ended == 1);
  if (!on_reference) {
    Bytes text = TEXT("some text that is no function");
    Any string = none();
    CHECK(TVMFFIStringFromByteArray(&text, &string) == 0);
    CHECK(TVMFFIFunctionCall(string.v_obj, &arg, 1, &result) == -1 && failed_with("TypeError", "ffi.String"));
    CHECK(TVMFFIFunctionCall(NULL, &arg, 1, &result) == -1 && failed_with("ValueError", "null"));
    CHECK(TVMFFIFunctionCreate(NULL, NULL, NULL, &plus) == -1 && failed_with("ValueError", "null"));
    drop(&string);
  }
}

static void test_names(void) {
  Bytes name = TEXT("test.plus");
  Handle first = adder(1), second = adder(2), found = NULL;
  Any arg = integer(1), result = none();
  MethodInfo method;
  ended = 0;
  CHECK(TVMFFIFunctionGetGlobal(&name, &found) == 0 && found == NULL);
  CHECK(TVMFFIFunctionSetGlobal(&name, first, 0) == 0 && strong(first) >= 2);
  CHECK(TVMFFIFunctionSetGlobal(&name, second, 0) == -1 && failed_with("RuntimeError", "test.plus"));
  CHECK(TVMFFIFunctionGetGlobal(&name, &found) == 0 && found == first);
  drop_handle(&found);
  CHECK(TVMFFIFunctionSetGlobal(&name, second, 1) == 0);
  CHECK(TVMFFIFunctionGetGlobal(&name, &found) == 0 && found == second);
  drop_handle(&found);
  drop_handle(&first);
  CHECK(ended == 1);
  memset(&method, 0, sizeof method);
  method.name = TEXT("test.described");
  method.doc = TEXT("adds");
  method.metadata = TEXT("{\"a\": 1}");
  method.method = object(second);
  CHECK(TVMFFIFunctionSetGlobalFromMethodInfo(&method, 0) == 0);
  result = call("test.described", &arg, 1);
  CHECK(result.v_int64 == 3);
  arg = raw_text("test.described");
  result = call("ffi.GetGlobalFuncMetadata", &arg, 1);
  CHECK(is_text(&result, "{\"a\": 1}"));
  drop(&result);
  arg = raw_text("test.described");
  result = call("ffi.FunctionRemoveGlobal", &arg, 1);
  CHECK(result.type_index == K(Bool) && result.v_int64 == 1);
  arg = raw_text("test.plus");
  result = call("ffi.FunctionRemoveGlobal", &arg, 1);
  drop_handle(&second);
  CHECK(ended == 2);
}

/* The library calls a function of ours, which calls the library, which fails. */
static int fails_inside(void* handle, const Any* args, int32_t count, Any* result) {
  Handle size = global("ffi.ArraySize");
  int code;
  (void)handle, (void)args, (void)count;
  CHECK(size != NULL);
  {
    Any wrong = integer(1);
    code = TVMFFIFunctionCall(size, &wrong, 1, result);
  }
  TVMFFIObjectDecRef(size);
  return code;
}

static void test_both_ways(void) {
  Any items[3], array, result;
  Handle function = NULL;
  ABI(SeqCell)* sequence;
  items[0] = integer(1);
  items[1] = raw_text("two");
  items[2] = raw_text("a third item of some length");
  array = call("ffi.Array", items, 3);
  CHECK(array.type_index == K(Array));
  sequence = (ABI(SeqCell)*)cell(array.v_obj);
  CHECK(sequence->size == 3 && ((Any*)sequence->data)[0].v_int64 == 1 && is_text((Any*)sequence->data + 2, items[2].v_c_str));
  result = call("ffi.ArraySize", &array, 1);
  CHECK(result.v_int64 == 3);
  CHECK(TVMFFIFunctionCreate(NULL, fails_inside, NULL, &function) == 0);
  result = none();
  CHECK(TVMFFIFunctionCall(function, NULL, 0, &result) == -1);
  CHECK(failed_with("TypeError", NULL) && take_error() == NULL);
  drop_handle(&function);
  drop(&array);
}

static void test_errors(void) {
  Bytes kind = TEXT("ValueError"), message = TEXT("too large"), trace = TEXT("  File \"a\", line 1, in f\n"),
        more = TEXT("  File \"b\", line 2, in g\n"), empty = TEXT("");
  Handle error = NULL, cause = NULL, other = NULL;
  ErrorCell* own;
  const char* parts[] = {"one, ", NULL, "two"};
  CHECK(TVMFFIErrorCreate(&kind, &message, &trace, &error) == 0 && ((Object*)error)->type_index == K(Error));
  own = (ErrorCell*)cell(error);
  CHECK(is(own->kind, "ValueError") && is(own->message, "too large") && is(own->backtrace, trace.data));
  CHECK(own->message.data[own->message.size] == 0);
  CHECK(own->cause_chain == NULL && own->extra_context == NULL);
  own->update_backtrace(error, &more, 1);
  CHECK(own->backtrace.size == trace.size + more.size && memcmp(own->backtrace.data + trace.size, more.data, more.size) == 0);
  own->update_backtrace(error, &more, 0);
  CHECK(is(own->backtrace, more.data));
  /* Set is borrowed, moved is given. */
  TVMFFIErrorSetRaised(error);
  CHECK(strong(error) == 2);
  CHECK((other = take_error()) == error && strong(error) == 2 && take_error() == NULL);
  drop_handle(&other);
  /* What is attached is counted once more. */
  CHECK(TVMFFIErrorCreate(&kind, &empty, &empty, &cause) == 0 && strong(cause) == 1);
  CHECK(TVMFFIErrorCreateWithCauseAndExtraContext(&kind, &message, &empty, cause, error, &other) == 0);
  own = (ErrorCell*)cell(other);
  CHECK(own->cause_chain == cause && own->extra_context == error && strong(cause) == 2 && strong(error) == 2);
  drop_handle(&other);
  CHECK(strong(cause) == 1 && strong(error) == 1);
  CHECK(TVMFFIErrorCreateWithCauseAndExtraContext(&kind, &message, &empty, NULL, NULL, &other) == 0);
  drop_handle(&other);
  drop_handle(&cause);
  drop_handle(&error);
  TVMFFIErrorSetRaisedFromCStr("KeyError", "k");
  CHECK(failed_with("KeyError", "k"));
  TVMFFIErrorSetRaisedFromCStr("KeyError", "first");
  TVMFFIErrorSetRaisedFromCStrParts("IndexError", parts, 3);
  CHECK(failed_with("IndexError", "one, two") && take_error() == NULL);
  TVMFFIErrorSetRaisedFromCStr("KeyError", "k");
  TVMFFIErrorSetRaised(NULL);
  CHECK(take_error() == NULL);
}

static void test_backtrace(void) {
  const Bytes* text = TVMFFIBacktrace("some.c", 12, "some_function", 0);
  const char* line = "  File \"some.c\", line 12, in some_function\n";
  CHECK(text->size >= strlen(line) && memcmp(text->data, line, strlen(line)) == 0);
  CHECK(TVMFFIBacktrace(NULL, 0, NULL, 1) != NULL);
}

/* ---- threads */

static Handle shared;

static void* work(void* arg) {
  int i;
  for (i = 0; i < 2000; ++i) {
    Any one = integer(i), result = none();
    TVMFFIObjectIncRef(shared);
    if (TVMFFIFunctionCall(shared, &one, 1, &result) != 0 || result.v_int64 != i + 7) *(int*)arg += 1;
    TVMFFIObjectDecRef(shared);
    result = none();
    if (TVMFFIFunctionCall(shared, &one, 0, &result) != -1) *(int*)arg += 1;
    if (i % 2 && !failed_with("TypeError", "add")) *(int*)arg += 1;
  }
  return NULL;
}

static void test_threads(void) {
  pthread_t threads[4];
  int wrong[4] = {0, 0, 0, 0}, i;
  ended = 0;
  shared = adder(7);
  TVMFFIErrorSetRaisedFromCStr("KeyError", "of the first thread");
  for (i = 0; i < 4; ++i) CHECK(pthread_create(&threads[i], NULL, work, &wrong[i]) == 0);
  for (i = 0; i < 4; ++i) pthread_join(threads[i], NULL);
  CHECK(wrong[0] + wrong[1] + wrong[2] + wrong[3] == 0);
  CHECK(failed_with("KeyError", "of the first thread"));
  CHECK(strong(shared) == 1);
  drop_handle(&shared);
  CHECK(ended == 1);
}

void test_functions(void) {
  test_calls();
  test_names();
  test_both_ways();
  test_errors();
  test_backtrace();
  test_threads();
}
