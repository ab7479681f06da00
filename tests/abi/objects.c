/* Counts, opaque objects, values, strings, element types, the allocator of objects. */
#include "help.h"
#include "parts.h"

static int ended;
static void end_handle(void* handle) { ended += *(int*)handle; }

static void test_version(void) {
  Version version = {9, 9, 9};
  TVMFFIGetVersion(&version);
  CHECK(version.major == 0 && version.minor == 1 && version.patch >= 15);
}

static void test_opaque(void) {
  int payload = 7;
  Handle made = NULL;
  ended = 0;
  CHECK(TVMFFIObjectCreateOpaque(&payload, K(OpaquePyObject), end_handle, &made) == 0);
  CHECK(((Object*)made)->type_index == K(OpaquePyObject) && strong(made) == 1);
  CHECK(*(void**)cell(made) == &payload);
  CHECK(TVMFFIObjectIncRef(made) == 0 && strong(made) == 2);
  CHECK(TVMFFIObjectDecRef(made) == 0 && strong(made) == 1 && ended == 0);
  drop_handle(&made);
  CHECK(ended == 7);
  CHECK(TVMFFIObjectCreateOpaque(&payload, K(Str), end_handle, &made) == -1 && failed_with(NULL, NULL) && ended == 7);
  CHECK(TVMFFIObjectDecRef(NULL) == 0);
  if (!on_reference) {
    CHECK(TVMFFIObjectIncRef(NULL) == 0);
    CHECK(TVMFFIObjectCreateOpaque(&payload, K(OpaquePyObject), end_handle, NULL) == -1 && failed_with("ValueError", "null"));
    CHECK(TVMFFIObjectCreateOpaque(NULL, K(OpaquePyObject), end_handle, &made) == -1 && failed_with("ValueError", "null"));
    CHECK(ended == 7);
  }
}

static void test_strings(void) {
  const char* texts[] = {"", "seven b", "eight by", "a string that needs an object of its own"};
  size_t i;
  for (i = 0; i < 4; ++i) {
    Bytes input = text_of(texts[i]);
    Any text = none(), bytes = none();
    CHECK(TVMFFIStringFromByteArray(&input, &text) == 0 && is_text(&text, texts[i]));
    CHECK(TVMFFIBytesFromByteArray(&input, &bytes) == 0 && is_text(&bytes, texts[i]));
    CHECK(text.type_index == (input.size <= 7 ? K(SmallStr) : K(Str)));
    CHECK(bytes.type_index == (input.size <= 7 ? K(SmallBytes) : K(Bytes)));
    if (input.size > 7) {
      Bytes* content = (Bytes*)cell(text.v_obj);
      CHECK(content->data[content->size] == 0 && text.zero_padding == 0);
    }
    drop(&text);
    drop(&bytes);
  }
  {
    Bytes input = {"a\0b\xff\xfe and so on", 15};
    Any text = none(), size;
    Bytes* content;
    CHECK(TVMFFIStringFromByteArray(&input, &text) == 0 && text.type_index == K(Str));
    content = (Bytes*)cell(text.v_obj);
    CHECK(content->size == 15 && memcmp(content->data, input.data, 15) == 0 && content->data[15] == 0);
    size = call("ffi.Array", &text, 1);
    CHECK(((Any*)((ABI(SeqCell)*)cell(size.v_obj))->data)->v_obj == text.v_obj && strong(text.v_obj) == 2);
    drop(&size);
    CHECK(strong(text.v_obj) == 1);
    drop(&text);
  }
}

static void test_owned(void) {
  Any view, owned = none();
  Bytes bytes = TEXT("bytes of some length");
  view = integer(-5);
  CHECK(TVMFFIAnyViewToOwnedAny(&view, &owned) == 0 && owned.type_index == K(Int) && owned.v_int64 == -5);
  owned = none();
  view = raw_text("short");
  CHECK(TVMFFIAnyViewToOwnedAny(&view, &owned) == 0 && owned.type_index == K(SmallStr) && is_text(&owned, "short"));
  owned = none();
  view = raw_text("longer than seven bytes");
  CHECK(TVMFFIAnyViewToOwnedAny(&view, &owned) == 0 && owned.type_index == K(Str) && is_text(&owned, view.v_c_str));
  view = owned;
  CHECK(TVMFFIAnyViewToOwnedAny(&view, &owned) == 0 && owned.v_obj == view.v_obj && strong(view.v_obj) == 2);
  drop(&owned);
  /* A slot from which the object is moved. */
  {
    Object* slot = view.v_obj;
    Any moved = none();
    moved.type_index = K(ObjectRValueRef);
    moved.v_ptr = &slot;
    CHECK(TVMFFIAnyViewToOwnedAny(&moved, &owned) == 0 && owned.v_obj == view.v_obj && slot == NULL && strong(owned.v_obj) == 1);
    drop(&owned);
  }
  view = none();
  view.type_index = K(ByteArrayPtr);
  view.v_ptr = &bytes;
  CHECK(TVMFFIAnyViewToOwnedAny(&view, &owned) == 0 && owned.type_index == K(Bytes) && is_text(&owned, bytes.data));
  drop(&owned);
}

static void test_dtypes(void) {
  Bytes name = TEXT("float16x4"), bad = TEXT("flot");
  DLDataType dtype = {9, 9, 9};
  Any text = none();
  CHECK(TVMFFIDataTypeFromString(&name, &dtype) == 0 && dtype.code == 2 && dtype.bits == 16 && dtype.lanes == 4);
  CHECK(TVMFFIDataTypeToString(&dtype, &text) == 0 && is_text(&text, "float16x4"));
  drop(&text);
  CHECK(TVMFFIDataTypeFromString(&bad, &dtype) == -1 && failed_with("ValueError", "unknown dtype `flot`"));
  CHECK(take_error() == NULL);
}

/* ---- an allocator with a mark of its own in front of each body */

struct front {
  uint64_t mark;
  void (*delete_space)(void*);
};

static int bodies, freed;

static void delete_space(void* body) {
  struct front* front = (struct front*)body - 1;
  CHECK(front->mark == 0x1234567890abcdef);
  ++freed;
  free(*((void**)front - 1));
}

static void* allocate(size_t size, size_t alignment, int32_t type_index, void* context) {
  char* block = (char*)malloc(size + 2 * alignment + 64);
  char* body = (char*)(((uintptr_t)block + 64 + alignment) / alignment * alignment);
  struct front* front = (struct front*)body - 1;
  CHECK(context == &bodies && alignment >= 8 && type_index >= K(Object));
  front->mark = 0x1234567890abcdef;
  front->delete_space = delete_space;
  *((void**)front - 1) = block;
  ++bodies;
  return body;
}

static void* allocate_nothing(size_t size, size_t alignment, int32_t type_index, void* context) {
  (void)size, (void)alignment, (void)type_index, (void)context;
  TVMFFIErrorSetRaisedFromCStr("MemoryError", "nothing left");
  return NULL;
}

static void test_allocator(void) {
  static CustomAllocator own = {allocate, &bodies}, empty = {allocate_nothing, NULL};
  CustomAllocator* former = TVMFFIGetCustomAllocator();
  Bytes input = TEXT("a string that needs an object");
  Any text = none();
  void* body;
  CHECK(former != NULL && former->allocate != NULL);
  /* The builtin one keeps to the same contract. */
  body = former->allocate(40, 16, K(Object), former->context);
  CHECK(body != NULL && (uintptr_t)body % 16 == 0);
  (*((void (**)(void*))body - 1))(body);
  CHECK(TVMFFISetCustomAllocator(&own) == 0 && TVMFFIGetCustomAllocator() == &own);
  if (!on_reference) { /* whose own objects come from elsewhere */
    CHECK(TVMFFIStringFromByteArray(&input, &text) == 0 && bodies == 1 && freed == 0 && is_text(&text, input.data));
    drop(&text);
    CHECK(bodies == 1 && freed == 1);
    CHECK(TVMFFISetCustomAllocator(&empty) == 0);
    CHECK(TVMFFIStringFromByteArray(&input, &text) == -1 && failed_with("MemoryError", NULL) && take_error() == NULL);
  }
  CHECK(TVMFFISetCustomAllocator(NULL) == 0 && TVMFFIGetCustomAllocator() == former);
  CHECK(TVMFFIStringFromByteArray(&input, &text) == 0);
  drop(&text);
  CHECK(bodies == freed);
}

/* ---- integers beyond 64 bits */

static void test_big_integers(void) {
  int64_t words[3] = {7, -3, -1}, small[3] = {-9, -1, -1};
  Bytes input = {(char*)words, sizeof words}, content;
  Any value = none();
  CHECK(TVMFFIBigIntFromByteArray(&input, &value) == 0 && value.type_index == K(BigInt) && strong(value.v_obj) == 1);
  content = TVMFFIBigIntGetContentByteArray(&value);
  /* The last word only repeats the sign. */
  CHECK(content.size == 16 && memcmp(content.data, words, 16) == 0);
  CHECK(*(size_t*)cell(value.v_obj) == 2 && content.data == (char*)cell(value.v_obj) + sizeof(size_t));
  drop(&value);
  input.data = (char*)small;
  value = none();
  CHECK(TVMFFIBigIntFromByteArray(&input, &value) == 0 && value.type_index == K(Int) && value.v_int64 == -9);
  content = TVMFFIBigIntGetContentByteArray(&value);
  CHECK(content.size == 8 && memcmp(content.data, small, 8) == 0);
  input.size = 0;
  CHECK(TVMFFIBigIntFromByteArray(&input, &value) == 0 && value.type_index == K(Int) && value.v_int64 == 0);
  input.size = 9;
  CHECK(TVMFFIBigIntFromByteArray(&input, &value) == -1 && failed_with(NULL, NULL));
}

void test_objects(void) {
  test_big_integers();
  test_version();
  test_opaque();
  test_strings();
  test_owned();
  test_dtypes();
  test_allocator();
}
