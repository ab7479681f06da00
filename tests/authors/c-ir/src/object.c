/* How objects are made and end; arguments and errors. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ir.h"

struct types types;

/* Gives back a reference of an object that ends, without recursion: a tree may be deep. */
static void drop_later(BowlineObject* child) {
  static _Thread_local struct {
    BowlineObject** items;
    size_t size, room;
    int busy;
  } waiting;
  if (child == NULL) return;
  if (waiting.busy) {
    if (waiting.size == waiting.room) {
      size_t room = waiting.room ? 2 * waiting.room : 64;
      BowlineObject** items = realloc(waiting.items, room * sizeof *items);
      if (items == NULL) {
        drop(child); /* with recursion, as there is no memory */
        return;
      }
      waiting.items = items;
      waiting.room = room;
    }
    waiting.items[waiting.size++] = child;
    return;
  }
  waiting.busy = 1;
  drop(child); /* what ends with it comes here again, and waits */
  while (waiting.size > 0) drop(waiting.items[--waiting.size]);
  free(waiting.items);
  memset(&waiting, 0, sizeof waiting);
}

static void drop_any(BowlineAny* value) {
  if (value->type_index >= kBowlineObject) drop(value->v_obj);
}

/* Each deleter ends the content if the first flag says so, and frees the memory if the second does. */
static void end_var(void* self, int flags) {
  if (flags & 1) drop_any(&((Var*)self)->name);
  if (flags & 2) free(self);
}

static void end_int(void* self, int flags) {
  if (flags & 2) free(self);
}

static void end_add(void* self, int flags) {
  if (flags & 1) {
    drop_later(((Add*)self)->a);
    drop_later(((Add*)self)->b);
  }
  if (flags & 2) free(self);
}

static void end_call(void* self, int flags) {
  if (flags & 1) {
    drop_any(&((Call*)self)->op);
    drop_later(((Call*)self)->args);
  }
  if (flags & 2) free(self);
}

static void* make(size_t size, int32_t type_index, void (*deleter)(void*, int)) {
  BowlineObject* made = calloc(1, size);
  if (made == NULL) {
    fail("MemoryError", "no memory for an object of %zu bytes", size);
    return NULL;
  }
  made->combined_ref_count = (uint64_t)1 << 32 | 1;
  made->type_index = type_index;
  made->deleter = deleter;
  return made;
}

/* Sets a field of a new object, which ends if that fails. */
static void* with_text(void* made, BowlineAny* field, const BowlineAny* text) {
  if (made == NULL || TVMFFIAnyViewToOwnedAny(text, field) == 0) return made;
  drop(made);
  return NULL;
}

Expr* make_var(const BowlineAny* name) {
  Var* made = make(sizeof *made, types.var, end_var);
  return with_text(made, &made->name, name);
}

Expr* make_int(int64_t value) {
  Int* made = make(sizeof *made, types.integer, end_int);
  if (made == NULL) return NULL;
  made->value = value;
  return &made->head;
}

Expr* make_add(Expr* a, Expr* b) {
  Add* made = make(sizeof *made, types.add, end_add);
  if (made == NULL) return NULL;
  made->a = keep(a);
  made->b = keep(b);
  return &made->head;
}

Expr* make_call(const BowlineAny* op, BowlineObject* args) {
  Call* made = make(sizeof *made, types.call, end_call);
  if (made != NULL) made->args = keep(args);
  return with_text(made, &made->op, op);
}

BowlineObject* make_table(const BowlineAny* name) {
  Table* made = make(sizeof *made, types.table, end_table);
  if (made != NULL) pthread_mutex_init(&made->mutex, NULL);
  return with_text(made, &made->name, name);
}

BowlineObject* make_array(Expr* const* items, size_t count) {
  BowlineByteArray name = {"ffi.Array", 9};
  BowlineObjectHandle construct = NULL;
  BowlineAny array = {0}, *values = malloc((count + 1) * sizeof *values);
  int code = -1;
  if (values == NULL) {
    fail("MemoryError", "no memory for %zu items", count);
  } else if (TVMFFIFunctionGetGlobal(&name, &construct) == 0) {
    for (size_t i = 0; i < count; ++i) values[i] = any_of(items[i]);
    code = TVMFFIFunctionCall(construct, values, (int32_t)count, &array);
  }
  drop(construct);
  free(values);
  return code == 0 ? array.v_obj : NULL;
}

int fail(const char* kind, const char* format, ...) {
  va_list args, again;
  va_start(args, format);
  va_copy(again, args);
  size_t size = (size_t)vsnprintf(NULL, 0, format, args) + 1;
  char* message = malloc(size);
  if (message != NULL) vsnprintf(message, size, format, again);
  TVMFFIErrorSetRaisedFromCStr(kind, message != NULL ? message : format);
  free(message);
  va_end(again);
  va_end(args);
  return -1;
}

int is_expr(const BowlineAny* value) {
  if (value->type_index < kBowlineObject) return 0;
  const BowlineTypeInfo* info = TVMFFIGetTypeInfo(value->type_index);
  return info->type_depth > 1 && info->type_ancestors[1]->type_index == types.expr;
}

static int is_array_of_exprs(const BowlineAny* value) {
  BowlineObject* array = value->v_obj;
  if (value->type_index == kBowlineObjectRValueRef) array = *(BowlineObject**)value->v_ptr;
  else if (value->type_index < kBowlineObject) return 0;
  if (array == NULL || array->type_index != kBowlineArray) return 0;
  const BowlineSeqCell* cell = BowlineCell(array);
  for (int64_t i = 0; i < cell->size; ++i)
    if (!is_expr((const BowlineAny*)cell->data + i)) return 0;
  return 1;
}

static int is_of_kind(char kind, const BowlineAny* value) {
  int32_t index = value->type_index;
  switch (kind) {
    case 'e': return is_expr(value);
    case 's': return index == kBowlineStr || index == kBowlineSmallStr || index == kBowlineRawStr;
    case 'i': return index == kBowlineInt || index == kBowlineBool;
    case 'f': return index == kBowlineFunction;
    case 'm': return index == kBowlineMap;
    case 'a': return is_array_of_exprs(value);
    default: return index == types.table;
  }
}

static const char* expected(char kind) {
  switch (kind) {
    case 'e': return "c_ir.Expr";
    case 's': return "str";
    case 'i': return "int";
    case 'f': return "function";
    case 'm': return "map";
    case 'a': return "array of c_ir.Expr";
    default: return "c_ir.Table";
  }
}

const char* type_name(const BowlineAny* value, char (*buffer)[80]) {
  int32_t index = value->type_index;
  if (index == kBowlineObjectRValueRef && *(BowlineObject**)value->v_ptr != NULL) index = (*(BowlineObject**)value->v_ptr)->type_index;
  BowlineByteArray key = TVMFFIGetTypeInfo(index)->type_key;
  snprintf(*buffer, sizeof *buffer, "%.*s", (int)key.size, key.data);
  return *buffer;
}

int check(const char* function, const char* kinds, const BowlineAny* args, int32_t count) {
  char buffer[80];
  if ((size_t)count != strlen(kinds)) return fail("TypeError", "%s takes %zu arguments, got %d", function, strlen(kinds), (int)count);
  for (int32_t i = 0; i < count; ++i) {
    if (is_of_kind(kinds[i], &args[i])) continue;
    /* Of an array, what is wrong may be an item. */
    const BowlineAny* wrong = &args[i];
    if (kinds[i] == 'a' && wrong->type_index == kBowlineArray) {
      wrong = ((BowlineSeqCell*)BowlineCell(wrong->v_obj))->data;
      while (is_expr(wrong)) ++wrong;
    }
    return fail("TypeError", "%s: expected %s as argument %d, got %s", function, expected(kinds[i]), (int)i, type_name(wrong, &buffer));
  }
  return 0;
}

BowlineByteArray text_of(const BowlineAny* string) {
  BowlineByteArray text = {string->v_bytes, string->small_str_len};
  if (string->type_index == kBowlineStr) return *(BowlineByteArray*)BowlineCell(string->v_obj);
  if (string->type_index == kBowlineRawStr) text = (BowlineByteArray){string->v_c_str, strlen(string->v_c_str)};
  return text;
}

BowlineAny any_of(BowlineObject* object) {
  BowlineAny value = {0};
  if (object == NULL) return value;
  value.type_index = object->type_index;
  value.v_obj = object;
  return value;
}

int answer(BowlineObject* made, BowlineAny* result) {
  *result = any_of(made);
  return made != NULL ? 0 : -1;
}
