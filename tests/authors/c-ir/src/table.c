/* Expressions by name. */
#include <stdlib.h>
#include <string.h>

#include "ir.h"

void end_table(void* self, int flags) {
  Table* table = self;
  if (flags & 1) {
    for (int64_t i = 0; i < table->size; ++i) {
      if (table->entries[i].key.type_index >= kBowlineObject) drop(table->entries[i].key.v_obj);
      drop(table->entries[i].value);
    }
    free(table->entries);
    if (table->name.type_index >= kBowlineObject) drop(table->name.v_obj);
    pthread_mutex_destroy(&table->mutex);
  }
  if (flags & 2) free(self);
}

/* The entry of a key, under the mutex; null if there is none. */
static Entry* find(Table* table, const BowlineAny* key) {
  BowlineByteArray wanted = text_of(key);
  for (int64_t i = 0; i < table->size; ++i) {
    BowlineByteArray text = text_of(&table->entries[i].key);
    if (text.size == wanted.size && memcmp(text.data, wanted.data, text.size) == 0) return &table->entries[i];
  }
  return NULL;
}

/* Room for one more entry, under the mutex. */
static int grow(Table* table) {
  if (table->size < table->room) return 0;
  int64_t room = table->room ? 2 * table->room : 8;
  Entry* entries = realloc(table->entries, (size_t)room * sizeof *entries);
  if (entries == NULL) return fail("MemoryError", "no memory for %lld entries", (long long)room);
  table->entries = entries;
  table->room = room;
  return 0;
}

FUNCTION(table_insert) {
  (void)handle, (void)result;
  if (check("c_ir.Table.insert", "tse", args, count) != 0) return -1;
  Table* table = (Table*)args[0].v_obj;
  Expr *value = keep(args[2].v_obj), *former = NULL;
  BowlineAny key;
  int code = 0;
  if (TVMFFIAnyViewToOwnedAny(&args[1], &key) != 0) {
    drop(value);
    return -1;
  }
  pthread_mutex_lock(&table->mutex);
  Entry* entry = find(table, &key);
  if (entry != NULL) {
    former = entry->value;
    entry->value = value;
  } else if ((code = grow(table)) == 0) {
    table->entries[table->size] = (Entry){key, value};
    ++table->size;
    key.type_index = kBowlineNone; /* is the entry's now */
  } else {
    former = value;
  }
  pthread_mutex_unlock(&table->mutex);
  /* The end of an expression may run other code, which may come back here: not under the mutex. */
  if (key.type_index >= kBowlineObject) drop(key.v_obj);
  drop(former);
  return code;
}

FUNCTION(table_get) {
  (void)handle;
  if (check("c_ir.Table.get", "ts", args, count) != 0) return -1;
  Table* table = (Table*)args[0].v_obj;
  pthread_mutex_lock(&table->mutex);
  Entry* entry = find(table, &args[1]);
  *result = any_of(entry != NULL ? keep(entry->value) : NULL);
  pthread_mutex_unlock(&table->mutex);
  return 0;
}

FUNCTION(table_keys) {
  (void)handle;
  if (check("c_ir.Table.keys", "t", args, count) != 0) return -1;
  Table* table = (Table*)args[0].v_obj;
  BowlineByteArray name = {"ffi.Array", 9};
  BowlineObjectHandle construct = NULL;
  if (TVMFFIFunctionGetGlobal(&name, &construct) != 0) return -1;
  pthread_mutex_lock(&table->mutex);
  int64_t size = table->size;
  BowlineAny* keys = malloc(((size_t)size + 1) * sizeof *keys);
  for (int64_t i = 0; keys != NULL && i < size; ++i) TVMFFIAnyViewToOwnedAny(&table->entries[i].key, &keys[i]);
  pthread_mutex_unlock(&table->mutex);
  int code = keys != NULL ? TVMFFIFunctionCall(construct, keys, (int32_t)size, result) : fail("MemoryError", "no memory for the keys");
  for (int64_t i = 0; keys != NULL && i < size; ++i)
    if (keys[i].type_index >= kBowlineObject) drop(keys[i].v_obj);
  free(keys);
  drop(construct);
  return code;
}
