/* The expressions of a small language: objects that C and Python share. */
#ifndef C_IR_IR_H_
#define C_IR_IR_H_

#include <bowline.h>
#include <pthread.h>
#include <stdatomic.h>

/* ---- Objects. What Python sees of them, types.c says. They do not change, except for tables. */

typedef BowlineObject Expr; /* any expression */

typedef struct Var {
  Expr head;
  BowlineAny name; /* a string */
} Var;

typedef struct Int {
  Expr head;
  int64_t value;
} Int;

typedef struct Add {
  Expr head;
  Expr *a, *b;
} Add;

typedef struct Call {
  Expr head;
  BowlineAny op;       /* a string */
  BowlineObject* args; /* an ffi.Array of expressions */
} Call;

typedef struct Entry {
  BowlineAny key;
  Expr* value;
} Entry;

typedef struct Table {
  BowlineObject head;
  BowlineAny name;
  _Atomic int64_t size; /* Python reads it at any time */
  pthread_mutex_t mutex; /* of what follows: Python calls from several threads at once */
  Entry* entries;
  int64_t room;
} Table;

/* The indices of the types. */
extern struct types {
  int32_t expr, var, integer, add, call, table;
} types;

/* ---- object.c: functions that return a pointer give a new reference, or null and an error in the thread's slot. */

Expr* make_var(const BowlineAny* name);
Expr* make_int(int64_t value);
Expr* make_add(Expr* a, Expr* b);
Expr* make_call(const BowlineAny* op, BowlineObject* args);
BowlineObject* make_table(const BowlineAny* name);
BowlineObject* make_array(Expr* const* items, size_t count);
void end_table(void* self, int flags);

/* A reference to the object, which may be null. */
static inline void* keep(void* object) {
  TVMFFIObjectIncRef(object);
  return object;
}

/* Gives back a reference, which may be null. */
static inline void drop(void* object) { TVMFFIObjectDecRef(object); }

/* Sets the thread's error; returns -1. */
int fail(const char* kind, const char* format, ...) __attribute__((format(printf, 2, 3)));

/* Whether the arguments of a function are as many as `kinds` has letters, and each of its kind, else a TypeError:
 * e expression, s string, i integer, f function, m map, a array of expressions, t table. */
int check(const char* function, const char* kinds, const BowlineAny* args, int32_t count);

int is_expr(const BowlineAny* value);
const char* type_name(const BowlineAny* value, char (*buffer)[80]);
BowlineByteArray text_of(const BowlineAny* string);
BowlineAny any_of(BowlineObject* object); /* lent */
int answer(BowlineObject* made, BowlineAny* result); /* gives `made` away as a result; -1 if it is null */

/* ---- walks.c */

typedef union Result {
  int64_t number;
  Expr* expr;
} Result;

/* What `fold` calls for each expression, with what came of its children. */
typedef int (*Visit)(void* context, Expr* expr, const Result* results, size_t count, Result* result);

/* Computes something from the inside out, without recursion. `release` ends a result that is an object; it may be null. */
int fold(Expr* root, Visit visit, void (*release)(Result result), void* context, Result* result);

size_t child_count(const Expr* expr);
Expr* child_at(const Expr* expr, size_t index); /* lent */

/* ---- What Python calls */

#define FUNCTION(name) int name(void* handle, const BowlineAny* args, int32_t count, BowlineAny* result)

FUNCTION(simplify);
FUNCTION(rewrite);
FUNCTION(evaluate);
FUNCTION(count_nodes);
FUNCTION(variables);
FUNCTION(chain);
FUNCTION(drop_on_thread);
FUNCTION(table_insert);
FUNCTION(table_get);
FUNCTION(table_keys);

#endif
