/* Passes over expressions: folding constants, rewriting by a callback, evaluating. */
#include <stdlib.h>

#include "ir.h"

static void release(Result result) { drop(result.expr); }

/* A reference to an expression with other children; to the same one if they are the same. */
static Expr* with_children(Expr* expr, const Result* now, size_t count) {
  size_t i = 0;
  while (i < count && now[i].expr == child_at(expr, i)) ++i;
  if (i == count) return keep(expr);
  if (expr->type_index == types.add) return make_add(now[0].expr, now[1].expr);
  BowlineObject* args = make_array(&now->expr, count);
  Expr* made = args != NULL ? make_call(&((Call*)expr)->op, args) : NULL;
  drop(args);
  return made;
}

static int add_up(int64_t a, int64_t b, int64_t* sum) {
  if (!__builtin_add_overflow(a, b, sum)) return 0;
  return fail("OverflowError", "%lld + %lld does not fit 64 bits", (long long)a, (long long)b);
}

static const int64_t* value_of(const Expr* expr) { return expr->type_index == types.integer ? &((const Int*)expr)->value : NULL; }

static int visit_simplify(void* context, Expr* old, const Result* results, size_t count, Result* result) {
  int64_t sum;
  (void)context;
  Expr* expr = result->expr = with_children(old, results, count);
  if (expr == NULL) return -1;
  if (expr->type_index != types.add) return 0;
  Add* add = (Add*)expr;
  const int64_t *a = value_of(add->a), *b = value_of(add->b);
  if (a != NULL && b != NULL) result->expr = add_up(*a, *b, &sum) == 0 ? make_int(sum) : NULL;
  else if (a != NULL && *a == 0) result->expr = keep(add->b);
  else if (b != NULL && *b == 0) result->expr = keep(add->a);
  else return 0;
  drop(expr);
  return result->expr != NULL ? 0 : -1;
}

/* Folds sums of integers, and sums with zero. What does not change stays the same object. */
FUNCTION(simplify) {
  Result made;
  (void)handle;
  if (check("c_ir.simplify", "e", args, count) != 0) return -1;
  return fold(args[0].v_obj, visit_simplify, release, NULL, &made) == 0 ? answer(made.expr, result) : -1;
}

static int visit_rewrite(void* callback, Expr* old, const Result* results, size_t count, Result* result) {
  char buffer[80];
  Expr* expr = with_children(old, results, count);
  if (expr == NULL) return -1;
  BowlineAny argument = any_of(expr), said = {0};
  /* An error of the callback is in the thread's slot, where it stays. */
  int code = TVMFFIFunctionCall(callback, &argument, 1, &said);
  result->expr = expr;
  if (code != 0 || said.type_index == kBowlineNone) {
    if (code != 0) drop(expr);
    return code;
  }
  drop(expr);
  result->expr = said.v_obj;
  if (is_expr(&said)) return 0;
  fail("TypeError", "c_ir.rewrite: expected c_ir.Expr or None of the callback, got %s", type_name(&said, &buffer));
  if (said.type_index >= kBowlineObject) drop(said.v_obj);
  return -1;
}

/* Rewrites from the inside out: what the callback returns, if it is not None, takes an expression's place. */
FUNCTION(rewrite) {
  Result made;
  (void)handle;
  if (check("c_ir.rewrite", "ef", args, count) != 0) return -1;
  return fold(args[0].v_obj, visit_rewrite, release, args[1].v_obj, &made) == 0 ? answer(made.expr, result) : -1;
}

/* Calls a function of the runtime, over a map and a key. */
static int ask(const char* name, size_t size, BowlineObject* map, const BowlineAny* key, BowlineAny* result) {
  BowlineByteArray bytes = {name, size};
  BowlineObjectHandle function = NULL;
  BowlineAny arguments[] = {any_of(map), *key};
  *result = (BowlineAny){0};
  if (TVMFFIFunctionGetGlobal(&bytes, &function) != 0) return -1;
  int code = TVMFFIFunctionCall(function, arguments, 2, result);
  drop(function);
  return code;
}

static int value_of_variable(BowlineObject* env, const BowlineAny* name, int64_t* value) {
  char buffer[80];
  BowlineAny said;
  if (ask("ffi.MapCount", 12, env, name, &said) != 0) return -1;
  if (said.v_int64 == 0) return fail("c_ir.UnboundVariable", "the variable `%s` has no value", text_of(name).data);
  if (ask("ffi.MapGetItem", 14, env, name, &said) != 0) return -1;
  *value = said.v_int64;
  if (said.type_index == kBowlineInt || said.type_index == kBowlineBool) return 0;
  fail("TypeError", "the value of `%s` is to be an int, got %s", text_of(name).data, type_name(&said, &buffer));
  if (said.type_index >= kBowlineObject) drop(said.v_obj);
  return -1;
}

static int apply(const Call* call, const Result* values, size_t count, int64_t* result) {
  BowlineByteArray op = text_of(&call->op);
  if (op.size == 3 && op.data[0] == 'm' && op.data[1] == 'u' && op.data[2] == 'l') {
    *result = 1;
    for (size_t i = 0; i < count; ++i)
      if (__builtin_mul_overflow(*result, values[i].number, result)) return fail("OverflowError", "a product does not fit 64 bits");
    return 0;
  }
  if (op.size == 3 && op.data[0] == 'm' && op.data[1] == 'a' && op.data[2] == 'x' && count > 0) {
    *result = values[0].number;
    for (size_t i = 1; i < count; ++i)
      if (values[i].number > *result) *result = values[i].number;
    return 0;
  }
  return fail("ValueError", "the operator `%s` has no meaning for %zu arguments", op.data, count);
}

static int visit_evaluate(void* env, Expr* expr, const Result* values, size_t count, Result* result) {
  if (expr->type_index == types.integer) {
    result->number = ((Int*)expr)->value;
    return 0;
  }
  if (expr->type_index == types.var) return value_of_variable(env, &((Var*)expr)->name, &result->number);
  if (expr->type_index == types.call) return apply((Call*)expr, values, count, &result->number);
  return add_up(values[0].number, values[1].number, &result->number);
}

/* The value of an expression, of which a map has the variables. */
FUNCTION(evaluate) {
  Result value;
  (void)handle;
  if (check("c_ir.evaluate", "em", args, count) != 0) return -1;
  if (fold(args[0].v_obj, visit_evaluate, NULL, args[1].v_obj, &value) != 0) return -1;
  result->type_index = kBowlineInt;
  result->v_int64 = value.number;
  return 0;
}
