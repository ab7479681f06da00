/* The types and functions, as Python sees them. */
#include <string.h>

#include "ir.h"

static BowlineByteArray bytes_of(const char* text) { return (BowlineByteArray){text, strlen(text)}; }

/* ---- Getters are given the address of the field. */

static int get_any(void* field, BowlineAny* result) { return TVMFFIAnyViewToOwnedAny(field, result); }

static int get_object(void* field, BowlineAny* result) { return answer(keep(*(BowlineObject**)field), result); }

static int get_int(void* field, BowlineAny* result) {
  *result = (BowlineAny){.type_index = kBowlineInt};
  result->v_int64 = atomic_load_explicit((_Atomic int64_t*)field, memory_order_relaxed);
  return 0;
}

/* ---- Constructors */

static FUNCTION(new_var) {
  (void)handle;
  return check("c_ir.Var", "s", args, count) == 0 ? answer(make_var(&args[0]), result) : -1;
}

static FUNCTION(new_int) {
  (void)handle;
  return check("c_ir.Int", "i", args, count) == 0 ? answer(make_int(args[0].v_int64), result) : -1;
}

static FUNCTION(new_add) {
  (void)handle;
  return check("c_ir.Add", "ee", args, count) == 0 ? answer(make_add(args[0].v_obj, args[1].v_obj), result) : -1;
}

static FUNCTION(new_call) {
  (void)handle;
  return check("c_ir.Call", "sa", args, count) == 0 ? answer(make_call(&args[0], args[1].v_obj), result) : -1;
}

static FUNCTION(new_table) {
  (void)handle;
  return check("c_ir.Table", "s", args, count) == 0 ? answer(make_table(&args[0]), result) : -1;
}

/* ---- Registration: each step returns 0, or -1 with an error in the thread's slot. */

static int32_t add_type(const char* key, int32_t parent, int32_t depth, int32_t child_slots) {
  BowlineByteArray name = bytes_of(key);
  return TVMFFITypeGetOrAllocIndex(&name, -1, depth, child_slots, 1, parent);
}

static int describe(int32_t type, const char* doc, size_t size, int structural_kind) {
  BowlineTypeMetadata metadata = {.doc = bytes_of(doc), .total_size = (int32_t)size, .structural_eq_hash_kind = structural_kind};
  return TVMFFITypeRegisterMetadata(type, &metadata);
}

static int add_field(int32_t type, const char* name, size_t offset, size_t size, BowlineFieldGetter getter, int32_t type_of_values) {
  BowlineFieldInfo field = {0};
  field.name = bytes_of(name);
  field.size = (int64_t)size;
  field.alignment = 8;
  field.offset = (int64_t)offset;
  field.getter = getter;
  field.field_static_type_index = type_of_values;
  return TVMFFITypeRegisterField(type, &field);
}

static int add_constructor(int32_t type, BowlineSafeCallType call) {
  BowlineByteArray name = bytes_of("__ffi_init__");
  BowlineObjectHandle function = NULL;
  if (TVMFFIFunctionCreate(NULL, call, NULL, &function) != 0) return -1;
  BowlineAny value = any_of(function);
  int code = TVMFFITypeRegisterAttr(type, &name, &value);
  drop(function);
  return code;
}

static int add_method(int32_t type, const char* name, const char* doc, BowlineSafeCallType call) {
  BowlineMethodInfo method = {.name = bytes_of(name), .doc = bytes_of(doc)};
  BowlineObjectHandle function = NULL;
  if (TVMFFIFunctionCreate(NULL, call, NULL, &function) != 0) return -1;
  method.method = any_of(function);
  int code = TVMFFITypeRegisterMethod(type, &method);
  drop(function);
  return code;
}

static int add_function(const char* name, BowlineSafeCallType call) {
  BowlineByteArray bytes = bytes_of(name);
  BowlineObjectHandle function = NULL;
  if (TVMFFIFunctionCreate(NULL, call, NULL, &function) != 0) return -1;
  int code = TVMFFIFunctionSetGlobal(&bytes, function, 0);
  drop(function);
  return code;
}

/* The package calls it as `register` once it has loaded the library, so that an error reaches Python. */
BOWLINE_API int __tvm_ffi_register(void* handle, const BowlineAny* args, int32_t count, BowlineAny* result) {
  (void)handle, (void)result;
  enum { kTree = 1, kFreeVar = 2 };
  if (check("c_ir.register", "", args, count) != 0) return -1;
  types.expr = add_type("c_ir.Expr", kBowlineObject, 1, 4);
  types.var = add_type("c_ir.Var", types.expr, 2, 0);
  types.integer = add_type("c_ir.Int", types.expr, 2, 0);
  types.add = add_type("c_ir.Add", types.expr, 2, 0);
  types.call = add_type("c_ir.Call", types.expr, 2, 0);
  types.table = add_type("c_ir.Table", kBowlineObject, 1, 0);
  int code = describe(types.expr, "Any expression.", sizeof(Expr), kTree);
  code |= describe(types.var, "A variable.", sizeof(Var), kFreeVar);
  code |= add_field(types.var, "name", offsetof(Var, name), sizeof(BowlineAny), get_any, kBowlineStr);
  code |= add_constructor(types.var, new_var);
  code |= describe(types.integer, "An integer.", sizeof(Int), kTree);
  code |= add_field(types.integer, "value", offsetof(Int, value), sizeof(int64_t), get_int, kBowlineInt);
  code |= add_constructor(types.integer, new_int);
  code |= describe(types.add, "A sum.", sizeof(Add), kTree);
  code |= add_field(types.add, "a", offsetof(Add, a), sizeof(Expr*), get_object, kBowlineObject);
  code |= add_field(types.add, "b", offsetof(Add, b), sizeof(Expr*), get_object, kBowlineObject);
  code |= add_constructor(types.add, new_add);
  code |= describe(types.call, "The result of an operator.", sizeof(Call), kTree);
  code |= add_field(types.call, "op", offsetof(Call, op), sizeof(BowlineAny), get_any, kBowlineStr);
  code |= add_field(types.call, "args", offsetof(Call, args), sizeof(BowlineObject*), get_object, kBowlineArray);
  code |= add_constructor(types.call, new_call);
  code |= describe(types.table, "Expressions by name.", sizeof(Table), 0);
  code |= add_field(types.table, "name", offsetof(Table, name), sizeof(BowlineAny), get_any, kBowlineStr);
  code |= add_field(types.table, "size", offsetof(Table, size), sizeof(int64_t), get_int, kBowlineInt);
  code |= add_constructor(types.table, new_table);
  code |= add_method(types.table, "insert", "Adds an entry, or replaces the one that the key has.", table_insert);
  code |= add_method(types.table, "get", "The entry of a key.", table_get);
  code |= add_method(types.table, "keys", "The keys, in the order of their insertion.", table_keys);
  code |= add_function("c_ir.simplify", simplify) | add_function("c_ir.rewrite", rewrite);
  code |= add_function("c_ir.evaluate", evaluate) | add_function("c_ir.count", count_nodes);
  code |= add_function("c_ir.variables", variables) | add_function("c_ir.chain", chain);
  return code | add_function("c_ir.drop_on_thread", drop_on_thread);
}
