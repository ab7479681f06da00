/* Types: indices, what is known of them, fields, methods, metadata, attributes. */
#include "help.h"
#include "parts.h"

static int32_t make_type(const char* key, int32_t index, int32_t depth, int32_t slots, int can_overflow, int32_t parent) {
  Bytes bytes = text_of(key);
  return TVMFFITypeGetOrAllocIndex(&bytes, index, depth, slots, can_overflow, parent);
}

static void test_indices(void) {
  Bytes string = TEXT("ffi.String"), unknown = TEXT("test.unknown");
  int32_t index = 0, base, first, second, third, inner, overflow;
  CHECK(TVMFFITypeKeyToIndex(&string, &index) == 0 && index == K(Str));
  CHECK(TVMFFITypeKeyToIndex(&unknown, &index) == -1 && failed_with(NULL, "test.unknown"));
  CHECK(make_type("test.unknown", -1, 1, 0, 1, -2) == -2);
  CHECK(make_type("ffi.Array", K(Array), 1, 0, 1, K(Object)) == K(Array));
  /* Descendants lie behind their ancestor as long as there is room. */
  base = make_type("test.Base", -1, 1, 4, 1, K(Object));
  CHECK(base >= K(DynObjectBegin) && make_type("test.Base", -1, 1, 0, 1, K(Str)) == base);
  first = make_type("test.First", -1, 2, 1, 1, base);
  second = make_type("test.Second", -1, 2, 1, 1, base);
  CHECK(first == base + 1 && second == base + 3);
  inner = make_type("test.Inner", -1, 3, 0, 1, first);
  third = make_type("test.Third", -1, 2, 0, 1, base);
  overflow = make_type("test.Overflow", -1, 3, 0, 1, first);
  CHECK(inner == base + 2 && third > base + 4 && overflow > base + 4);
  CHECK(make_type("test.Base", -1, 0, 0, 0, -2) == base);
  /* An index that the type's maker says. */
  CHECK(make_type("test.Numbered", 117, 1, 0, 1, K(Object)) == 117 && make_type("test.Numbered", -1, 1, 0, 1, K(Object)) == 117);
  CHECK(TVMFFITypeKeyToIndex(&unknown, &index) == -1 && failed_with(NULL, NULL));
}

static void test_infos(void) {
  int32_t base = make_type("test.Base", 0, 0, 0, 0, -2), inner = make_type("test.Inner", 0, 0, 0, 0, -2), i;
  const TypeInfo *root = TVMFFIGetTypeInfo(K(Object)), *info = TVMFFIGetTypeInfo(inner);
  CHECK(info == TVMFFIGetTypeInfo(inner) && info->type_index == inner && info->type_depth == 3 && is(info->type_key, "test.Inner"));
  CHECK(info->type_ancestors[0] == root && info->type_ancestors[1] == TVMFFIGetTypeInfo(base));
  CHECK(info->type_ancestors[2]->type_index == base + 1 && is(info->type_ancestors[2]->type_key, "test.First"));
  CHECK(root->type_depth == 0 && is(root->type_key, "ffi.Object"));
  CHECK(info->type_key_hash != 0 && info->type_key_hash != root->type_key_hash);
  CHECK(info->num_fields == 0 && info->num_methods == 0 && info->metadata == NULL);
  CHECK(TVMFFIGetTypeInfo(117)->type_index == 117);
  for (i = K(None); i <= K(SmallBytes); ++i) CHECK(TVMFFIGetTypeInfo(i)->type_index == i && TVMFFIGetTypeInfo(i)->type_depth == 0);
  for (i = K(Str); i <= K(VisitInterrupt); ++i) CHECK(TVMFFIGetTypeInfo(i)->type_ancestors[0] == root);
}

struct point {
  Object header;
  int64_t x;
};

static int get_int(void* field, Any* result) {
  *result = integer(*(int64_t*)field);
  return 0;
}

static int set_int(void* field, const Any* value) {
  if (value->type_index != K(Int)) {
    TVMFFIErrorSetRaisedFromCStr("TypeError", "no int");
    return -1;
  }
  *(int64_t*)field = value->v_int64;
  return 0;
}

static int do_nothing(void* handle, const Any* args, int32_t count, Any* result) {
  (void)handle, (void)args, (void)count, (void)result;
  return 0;
}

static int create(Handle* out) {
  (void)out;
  return -1;
}

static void test_fields(void) {
  char name[] = "x", doc[] = "what it is";
  int32_t type = make_type("test.Point", -1, 1, 0, 1, K(Object)), i;
  const TypeInfo* info = TVMFFIGetTypeInfo(type);
  Handle setter = NULL;
  FieldInfo field;
  struct point point;
  Any value = none();
  CHECK(TVMFFIFunctionCreate(NULL, do_nothing, NULL, &setter) == 0);
  memset(&field, 0, sizeof field);
  field.name = text_of(name);
  field.doc = text_of(doc);
  field.metadata = TEXT("{}");
  field.flags = 1 | 1 << 1;
  field.size = field.alignment = 8;
  field.offset = offsetof(struct point, x);
  field.getter = get_int;
  field.setter = (void*)set_int;
  field.default_value_or_factory = raw_text("a default that is copied");
  if (on_reference) field.default_value_or_factory = integer(3);
  field.field_static_type_index = K(Int);
  CHECK(TVMFFITypeRegisterField(type, &field) == 0);
  CHECK(TVMFFITypeRegisterField(type, &field) == -1 && failed_with(NULL, "x"));
  CHECK(info->num_fields == 1 && is(info->fields[0].name, "x") && info->fields[0].size == 8 && info->fields[0].offset == 24);
  CHECK(info->fields[0].flags == 3 && info->fields[0].getter == get_int && info->fields[0].setter == (void*)set_int);
  CHECK(info->fields[0].field_static_type_index == K(Int) && is(info->fields[0].metadata, "{}"));
  /* The texts are the library's own by now. */
  name[0] = doc[0] = '?';
  CHECK(is(info->fields[0].name, "x") && is(info->fields[0].doc, "what it is"));
  if (!on_reference) CHECK(is_text(&info->fields[0].default_value_or_factory, "a default that is copied"));
  /* As many as one likes; earlier pointers stay good. */
  for (i = 0; i < 40; ++i) {
    const FieldInfo* before = info->fields;
    char many[16];
    snprintf(many, sizeof many, "y%d", (int)i);
    field.name = text_of(many);
    field.flags = i == 7 ? 1 << 11 : 0;
    field.setter = i == 7 ? setter : (void*)set_int;
    CHECK(TVMFFITypeRegisterField(type, &field) == 0);
    if (!on_reference) CHECK(is(before[0].name, "x"));
  }
  CHECK(info->num_fields == 41 && is(info->fields[40].name, "y39") && is(info->fields[1].name, "y0"));
  CHECK(info->fields[8].setter == setter && strong(setter) == 2);
  /* A field by what is said of it. */
  memset(&point, 0, sizeof point);
  value = integer(9);
  CHECK(((int (*)(void*, const Any*))info->fields[0].setter)((char*)&point + info->fields[0].offset, &value) == 0 && point.x == 9);
  value = none();
  CHECK(info->fields[0].getter((char*)&point + info->fields[0].offset, &value) == 0 && value.v_int64 == 9);
  drop_handle(&setter);
}

static void test_methods(void) {
  int32_t type = make_type("test.Point", -1, 1, 0, 1, -2);
  const TypeInfo* info = TVMFFIGetTypeInfo(type);
  MethodInfo method;
  TypeMetadata metadata;
  Handle function = NULL;
  CHECK(TVMFFIFunctionCreate(NULL, do_nothing, NULL, &function) == 0);
  memset(&method, 0, sizeof method);
  method.name = TEXT("move");
  method.doc = TEXT("moves it");
  method.metadata = TEXT("");
  method.flags = 1 << 2;
  method.method = object(function);
  CHECK(TVMFFITypeRegisterMethod(type, &method) == 0);
  CHECK(info->num_methods == 1 && is(info->methods[0].name, "move") && is(info->methods[0].doc, "moves it"));
  CHECK(info->methods[0].flags == 4 && info->methods[0].method.v_obj == (Object*)function && strong(function) == 2);
  memset(&metadata, 0, sizeof metadata);
  metadata.doc = TEXT("a point");
  metadata.creator = create;
  metadata.total_size = 32;
  CHECK(TVMFFITypeRegisterMetadata(type, &metadata) == 0);
  CHECK(is(info->metadata->doc, "a point") && info->metadata->creator == create && info->metadata->total_size == 32);
  CHECK(TVMFFITypeRegisterMetadata(type, &metadata) == -1 && failed_with("RuntimeError", "test.Point"));
  drop_handle(&function);
  if (!on_reference) {
    FieldInfo field;
    memset(&field, 0, sizeof field);
    CHECK(TVMFFITypeRegisterField(1 << 20, &field) == -1 && failed_with("TypeError", "there is no type"));
    CHECK(TVMFFITypeRegisterMethod(1 << 20, &method) == -1 && failed_with("TypeError", "there is no type"));
    CHECK(TVMFFITypeRegisterMetadata(1 << 20, &metadata) == -1 && failed_with("TypeError", "there is no type"));
    CHECK(TVMFFITypeRegisterField(type, NULL) == -1 && failed_with("ValueError", "null"));
  }
}

/* What the library shows of an object of ours. */
static int show(void* handle, const Any* args, int32_t count, Any* result) {
  Bytes text = TEXT("a point, as C shows it");
  (void)handle;
  CHECK(count >= 1 && args[0].type_index == ((Object*)args[0].v_obj)->type_index);
  return TVMFFIStringFromByteArray(&text, result);
}

static int points_ended;
static void end_point(void* self, int flags) {
  if (flags & 1) ++points_ended;
  if (flags & 2) free(self);
}

static void test_attributes(void) {
  int32_t type = make_type("test.Point", -1, 1, 0, 1, -2), other = make_type("test.Base", -1, 1, 0, 1, -2);
  Bytes name = TEXT("__test_attribute__"), made = TEXT("__test_made__"), unknown = TEXT("__test_unknown__"),
        repr = TEXT("__ffi_repr__");
  Any value = integer(5), nothing = none(), text;
  const TypeAttrColumn* column;
  struct point* point = (struct point*)calloc(1, sizeof *point);
  Handle function = NULL;
  CHECK(TVMFFIGetTypeAttrColumn(&unknown) == NULL);
  CHECK(TVMFFITypeRegisterAttr(type, &name, &value) == 0);
  column = TVMFFIGetTypeAttrColumn(&name);
  CHECK(column != NULL && type - column->begin_index < column->size && column->data[type - column->begin_index].v_int64 == 5);
  CHECK(other - column->begin_index < column->size && column->data[other - column->begin_index].type_index == K(None));
  CHECK(TVMFFITypeRegisterAttr(type, &name, &value) == -1 && failed_with("RuntimeError", "__test_attribute__"));
  value = raw_text("a text that is copied");
  if (!on_reference) {
    const Any* data = column->data;
    CHECK(TVMFFITypeRegisterAttr(other, &name, &value) == 0);
    CHECK(column == TVMFFIGetTypeAttrColumn(&name) && data == column->data && is_text(&data[other - column->begin_index], value.v_c_str));
  }
  CHECK(TVMFFITypeRegisterAttr(0, &made, &nothing) == 0 && TVMFFIGetTypeAttrColumn(&made) != NULL);
  CHECK(TVMFFIGetTypeAttrColumn(&repr) != NULL);
  /* The library calls it for an object that is made here, without anything in front, and ends that by its deleter. */
  CHECK(TVMFFIFunctionCreate(NULL, show, NULL, &function) == 0);
  value = object(function);
  CHECK(TVMFFITypeRegisterAttr(type, &repr, &value) == 0);
  drop_handle(&function);
  point->header.combined_ref_count = (uint64_t)1 << 32 | 1;
  point->header.type_index = type;
  point->header.deleter = end_point;
  value = object(point);
  text = call("ffi.ReprPrint", &value, 1);
  CHECK(is_text(&text, "a point, as C shows it"));
  drop(&text);
  CHECK(strong(point) == 1 && points_ended == 0);
  value = call("ffi.Array", &value, 1);
  CHECK(strong(point) == 2);
  CHECK(TVMFFIObjectDecRef(point) == 0 && points_ended == 0);
  drop(&value);
  CHECK(points_ended == 1);
}

/* What the library says of its own types, and their fields read by that. */
static void test_own_types(void) {
  Any kwargs = call("ffi.GetKwargsObject", NULL, 0), name = none();
  const TypeInfo *info = TVMFFIGetTypeInfo(kwargs.type_index), *kind, *parent;
  const FieldInfo* field = &info->fields[0];
  Bytes key = TEXT("ffi.IntEnum"), init = TEXT("__ffi_init__");
  int32_t index = 0;
  CHECK(info->num_fields == 1 && is(field->name, "name") && field->size == 16 && field->offset == 24);
  CHECK(field->getter((char*)kwargs.v_obj + field->offset, &name) == 0 && is_text(&name, "KWARGS"));
  CHECK((field->flags & (1 << 11)) != 0 && (field->flags & 1) == 0);
  /* Not to be changed: the setter, a function over the address and the value, says so. */
  {
    Any args[2], result = none();
    args[0] = none();
    args[0].type_index = K(OpaquePtr);
    args[0].v_ptr = (char*)kwargs.v_obj + field->offset;
    args[1] = raw_text("other");
    CHECK(TVMFFIFunctionCall(field->setter, args, 2, &result) == -1 && failed_with("AttributeError", "frozen"));
  }
  drop(&name);
  drop(&kwargs);
  CHECK(TVMFFITypeKeyToIndex(&key, &index) == 0);
  kind = TVMFFIGetTypeInfo(index);
  CHECK(kind->num_fields == 1 && is(kind->fields[0].name, "value") && kind->fields[0].field_static_type_index == K(Int));
  parent = kind->type_ancestors[1];
  CHECK(is(parent->type_key, "ffi.Enum") && parent->num_fields == 2 && is(parent->fields[1].name, "_str_index"));
  CHECK(kind->metadata != NULL && kind->metadata->total_size == 56 && kind->metadata->structural_eq_hash_kind == 5);
  CHECK(kind == TVMFFIGetTypeInfo(index) && kind->num_fields == 1);
  CHECK(TVMFFIGetTypeAttrColumn(&init)->data[index].type_index == K(Function));
}

void test_types(void) {
  test_indices();
  test_infos();
  test_fields();
  test_methods();
  test_attributes();
  if (!on_reference) test_own_types();
}
