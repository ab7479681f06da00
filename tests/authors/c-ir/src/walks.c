/* Walks through expressions. */
#include <stdlib.h>
#include <string.h>

#include "ir.h"

static const BowlineSeqCell* args_of(const Expr* call) { return BowlineCell(((const Call*)call)->args); }

size_t child_count(const Expr* expr) {
  if (expr->type_index == types.add) return 2;
  return expr->type_index == types.call ? (size_t)args_of(expr)->size : 0;
}

Expr* child_at(const Expr* expr, size_t index) {
  if (expr->type_index == types.call) return ((const BowlineAny*)args_of(expr)->data)[index].v_obj;
  return index == 0 ? ((const Add*)expr)->a : ((const Add*)expr)->b;
}

typedef struct Step {
  Expr* expr; /* the root has it, which does not change */
  size_t next;
} Step;

/* Room for one more item. */
static int grow(void* items, size_t size, size_t* room, size_t item) {
  if (size < *room) return 0;
  size_t more = *room ? 2 * *room : 64;
  void* grown = realloc(*(void**)items, more * item);
  if (grown == NULL) return fail("MemoryError", "no memory for a walk");
  *(void**)items = grown;
  *room = more;
  return 0;
}

int fold(Expr* root, Visit visit, void (*release)(Result), void* context, Result* result) {
  Step* steps = NULL;
  Result *results = NULL, made;
  size_t depth = 0, steps_room = 0, size = 0, results_room = 0;
  int code = grow(&steps, depth, &steps_room, sizeof *steps);
  if (code == 0) steps[depth++] = (Step){root, 0};
  while (code == 0 && depth > 0) {
    Step* step = &steps[depth - 1];
    size_t count = child_count(step->expr);
    if (step->next < count) {
      Expr* child = child_at(step->expr, step->next++);
      if ((code = grow(&steps, depth, &steps_room, sizeof *steps)) == 0) steps[depth++] = (Step){child, 0};
      continue;
    }
    if ((code = grow(&results, size, &results_room, sizeof *results)) != 0) break;
    if ((code = visit(context, step->expr, results + size - count, count, &made)) != 0) break;
    for (; count > 0; --count, --size)
      if (release != NULL) release(results[size - 1]);
    results[size++] = made;
    --depth;
  }
  if (code == 0) *result = results[0];
  else if (release != NULL)
    while (size > 0) release(results[--size]);
  free(steps);
  free(results);
  return code;
}

static int visit_count(void* context, Expr* expr, const Result* results, size_t count, Result* result) {
  (void)context, (void)expr;
  result->number = 1;
  for (size_t i = 0; i < count; ++i) result->number += results[i].number;
  return 0;
}

FUNCTION(count_nodes) {
  Result sum;
  (void)handle;
  if (check("c_ir.count", "e", args, count) != 0 || fold(args[0].v_obj, visit_count, NULL, NULL, &sum) != 0) return -1;
  result->type_index = kBowlineInt;
  result->v_int64 = sum.number;
  return 0;
}

typedef struct Found {
  Expr** items;
  size_t size, room;
} Found;

static int visit_variables(void* context, Expr* expr, const Result* results, size_t count, Result* result) {
  Found* found = context;
  (void)results, (void)count;
  result->number = 0;
  if (expr->type_index != types.var) return 0;
  for (size_t i = 0; i < found->size; ++i)
    if (found->items[i] == expr) return 0;
  if (grow(&found->items, found->size, &found->room, sizeof *found->items) != 0) return -1;
  found->items[found->size++] = expr;
  return 0;
}

FUNCTION(variables) {
  Found found = {0};
  Result nothing;
  (void)handle;
  int code = check("c_ir.variables", "e", args, count);
  if (code == 0) code = fold(args[0].v_obj, visit_variables, NULL, &found, &nothing);
  if (code == 0) code = answer(make_array(found.items, found.size), result);
  free(found.items);
  return code;
}

FUNCTION(chain) {
  BowlineAny name = {.type_index = kBowlineRawStr};
  (void)handle;
  if (check("c_ir.chain", "i", args, count) != 0) return -1;
  name.v_c_str = "x";
  Expr* sum = make_var(&name);
  for (int64_t i = 0; sum != NULL && i < args[0].v_int64; ++i) {
    Expr *former = sum, *number = make_int(i);
    sum = number != NULL ? make_add(former, number) : NULL;
    drop(former);
    drop(number);
  }
  return answer(sum, result);
}

static void* drop_it(void* object) {
  drop(object);
  return NULL;
}

FUNCTION(drop_on_thread) {
  pthread_t worker;
  BowlineObject* nodes;
  (void)handle, (void)result;
  if (check("c_ir.drop_on_thread", "a", args, count) != 0) return -1;
  if (args[0].type_index == kBowlineObjectRValueRef) {
    /* The caller moves it here: the worker lets go of the last reference. */
    nodes = *(BowlineObject**)args[0].v_ptr;
    *(BowlineObject**)args[0].v_ptr = NULL;
  } else {
    nodes = keep(args[0].v_obj);
  }
  int code = pthread_create(&worker, NULL, drop_it, nodes);
  if (code == 0) return pthread_join(worker, NULL) == 0 ? 0 : fail("RuntimeError", "the worker cannot be joined");
  drop(nodes);
  return fail("RuntimeError", "there is no thread to be had: %s", strerror(code));
}
