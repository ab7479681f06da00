/* Values, texts and errors for the programs in C. */
#ifndef HELP_H_
#define HELP_H_

#include "check.h"
#include "names.h"

#define TEXT(literal) text_of(literal)

static inline Bytes text_of(const char* text) {
  Bytes bytes = {text, strlen(text)};
  return bytes;
}

static inline Any none(void) {
  Any value;
  memset(&value, 0, sizeof value);
  return value;
}

static inline Any integer(int64_t number) {
  Any value = none();
  value.type_index = K(Int);
  value.v_int64 = number;
  return value;
}

static inline Any object(Handle handle) {
  Any value = none();
  value.type_index = ((Object*)handle)->type_index;
  value.v_obj = (Object*)handle;
  return value;
}

static inline Any raw_text(const char* text) {
  Any value = none();
  value.type_index = K(RawStr);
  value.v_c_str = text;
  return value;
}

static inline uint32_t strong(Handle handle) { return (uint32_t)((Object*)handle)->combined_ref_count; }

static inline void* cell(Handle handle) { return (char*)handle + sizeof(Object); }

static inline int is(Bytes bytes, const char* text) {
  return bytes.size == strlen(text) && memcmp(bytes.data, text, bytes.size) == 0;
}

/* Whether the value is a string (or bytes) of this content. */
static inline int is_text(const Any* value, const char* text) {
  Bytes bytes;
  if (value->type_index == K(SmallStr) || value->type_index == K(SmallBytes)) {
    bytes.data = value->v_bytes;
    bytes.size = value->small_str_len;
  } else if (value->type_index == K(Str) || value->type_index == K(Bytes)) {
    bytes = *(Bytes*)cell(value->v_obj);
  } else {
    return 0;
  }
  return is(bytes, text);
}

static inline void drop(Any* value) {
  if (value->type_index >= K(Object)) CHECK(TVMFFIObjectDecRef(value->v_obj) == 0);
  *value = none();
}

static inline void drop_handle(Handle* handle) {
  CHECK(TVMFFIObjectDecRef(*handle) == 0);
  *handle = NULL;
}

static inline Handle take_error(void) {
  Handle error = NULL;
  TVMFFIErrorMoveFromRaised(&error);
  return error;
}

/* Whether the thread's error is of a kind and has a text in its message; the slot is empty then. NULL is any. */
static inline int failed_with(const char* kind, const char* part) {
  Handle error = take_error();
  ErrorCell* found;
  int as_expected;
  if (!error) return 0;
  found = (ErrorCell*)cell(error);
  as_expected = (!kind || is(found->kind, kind)) && (!part || strstr(found->message.data, part) != NULL);
  if (!as_expected) printf("found %s: %s\n", found->kind.data, found->message.data);
  TVMFFIObjectDecRef(error);
  return as_expected;
}

/* The global function of a name; the caller's. */
static inline Handle global(const char* name) {
  Bytes bytes = text_of(name);
  Handle found = NULL;
  CHECK(TVMFFIFunctionGetGlobal(&bytes, &found) == 0);
  if (!found) printf("no global function %s\n", name);
  CHECK(found != NULL);
  return found;
}

/* Calls a global function, which has to succeed. */
static inline Any call(const char* name, Any* args, int count) {
  Any result = none();
  Handle function = global(name);
  int code = function ? TVMFFIFunctionCall(function, args, count, &result) : -1;
  CHECK(code == 0);
  if (code != 0) failed_with("", NULL);
  if (function) TVMFFIObjectDecRef(function);
  return result;
}

#endif
