/* bowline.h: the C ABI of bowline, which is that of tvm-ffi 0.1.15, in one header without others.
 *
 * A library that is compiled against this file, or against tvm-ffi's own headers, finds the functions in libtvm_ffi.so. Do not include
 * both in one source: the functions are the same, the types have other names.
 *
 * Rules that hold everywhere:
 *   - A function that returns int returns 0, or -1 with an error in the thread's slot (TVMFFIErrorMoveFromRaised takes it out).
 *   - What is written to an `out` parameter is the caller's: an object comes with one strong count.
 *   - What is passed in stays the caller's, unless the function says that it takes it.
 *   - Functions may be called on any thread. Objects are counted atomically and may end on any thread.
 *   - Text is UTF-8; lengths are in bytes. Heap strings have a NUL behind their last byte.
 */
#ifndef BOWLINE_H_
#define BOWLINE_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__) || defined(__clang__)
#define BOWLINE_API __attribute__((visibility("default")))
#else
#define BOWLINE_API
#endif

/* ---- What a value is --------------------------------------------------------------------------------------------- */

/* Type indices. Below 64 a value is plain data; from 64 on it is an object; from 128 on the type was registered while the
 * program ran. */
enum {
  kBowlineAny = -1, /* in descriptions of fields only */
  kBowlineNone = 0,
  kBowlineInt = 1,
  kBowlineBool = 2,
  kBowlineFloat = 3,
  kBowlineOpaquePtr = 4,
  kBowlineDataType = 5,
  kBowlineDevice = 6,
  kBowlineDLTensorPtr = 7,      /* borrowed values only, as the next three */
  kBowlineRawStr = 8,           /* const char* */
  kBowlineByteArrayPtr = 9,     /* BowlineByteArray* */
  kBowlineObjectRValueRef = 10, /* BowlineObject**: the receiver may take the object out, and leaves null */
  kBowlineSmallStr = 11,        /* at most 7 bytes, in the value itself */
  kBowlineSmallBytes = 12,
  kBowlineObject = 64,
  kBowlineStr = 65,
  kBowlineBytes = 66,
  kBowlineError = 67,
  kBowlineFunction = 68,
  kBowlineShape = 69,
  kBowlineTensor = 70,
  kBowlineArray = 71,
  kBowlineMap = 72,
  kBowlineModule = 73,
  kBowlineOpaquePyObject = 74,
  kBowlineList = 75,
  kBowlineDict = 76,
  kBowlineVisitInterrupt = 77,
  kBowlineBigInt = 78,
  kBowlineDynObjectBegin = 128
};

/* What every object begins with: 24 bytes. */
typedef struct BowlineObject {
  uint64_t combined_ref_count; /* strong counts in the low half, weak ones in the high half; all strong ones own one weak */
  int32_t type_index;
  uint32_t __padding; /* 0 in an object that you make; the runtime's own afterwards */
  /* Ends the object: flag 1 destroys its content, flag 2 frees its memory. Null for an object that never ends. */
  void (*deleter)(void* self, int flags);
} BowlineObject;

typedef void* BowlineObjectHandle;

/* What an element of a tensor is, as DLPack has it. */
typedef struct BowlineDataType {
  uint8_t code; /* 0 int, 1 uint, 2 float, 3 handle, 4 bfloat, 5 complex, 6 bool, … */
  uint8_t bits;
  uint16_t lanes;
} BowlineDataType;

/* A device, as DLPack has it. */
typedef struct BowlineDevice {
  int32_t device_type; /* 1 CPU, 2 CUDA, … */
  int32_t device_id;
} BowlineDevice;

/* A value: 16 bytes. Whether it owns the object that it names is a matter of where it stands: results do, arguments do not. */
typedef struct BowlineAny {
  int32_t type_index;
  union {
    uint32_t zero_padding; /* 0, except in a small string */
    uint32_t small_str_len;
  };
  union {
    int64_t v_int64; /* an int; a bool as 0 or 1 */
    double v_float64;
    void* v_ptr;
    const char* v_c_str;
    BowlineObject* v_obj;
    BowlineDataType v_dtype;
    BowlineDevice v_device;
    char v_bytes[8];
    uint64_t v_uint64;
  };
} BowlineAny;

/* Bytes that another owns. */
typedef struct BowlineByteArray {
  const char* data;
  size_t size;
} BowlineByteArray;

/* ---- What follows the header of built-in objects ------------------------------------------------------------------ */

/* ffi.Shape. ffi.String and ffi.Bytes have a BowlineByteArray. */
typedef struct BowlineShapeCell {
  const int64_t* data;
  size_t size;
} BowlineShapeCell;

/* ffi.Array and ffi.List: items are BowlineAny. */
typedef struct BowlineSeqCell {
  void* data;
  int64_t size;
  int64_t capacity;
  void (*data_deleter)(void* data); /* null where the items follow the cell */
} BowlineSeqCell;

enum { kBowlineBacktraceReplace = 0, kBowlineBacktraceAppend = 1 };

/* ffi.Error. */
typedef struct BowlineErrorCell {
  BowlineByteArray kind; /* the name of a Python exception */
  BowlineByteArray message;
  BowlineByteArray backtrace; /* lines `  File "f", line 1, in g`, the most recent call first */
  void (*update_backtrace)(BowlineObjectHandle self, const BowlineByteArray* text, int32_t mode);
  BowlineObjectHandle cause_chain;   /* what led to the error, or null; owned */
  BowlineObjectHandle extra_context; /* what a language attached to it, or null; owned */
} BowlineErrorCell;

/* How every function is called. `result` holds no value before. 0 is success: the result is the caller's. -1: the error is in
 * the thread's slot. */
typedef int (*BowlineSafeCallType)(void* handle, const BowlineAny* args, int32_t num_args, BowlineAny* result);

/* ffi.Function. `safe_call` takes the object itself as its handle. */
typedef struct BowlineFunctionCell {
  BowlineSafeCallType safe_call;
  void* cpp_call; /* null unless C++ made the function */
} BowlineFunctionCell;

/* ffi.OpaquePyObject. */
typedef struct BowlineOpaqueObjectCell {
  void* handle;
} BowlineOpaqueObjectCell;

/* What follows the header of an object. */
static inline void* BowlineCell(BowlineObjectHandle object) { return (char*)object + sizeof(BowlineObject); }

/* ---- Tensors, as DLPack 1 has them --------------------------------------------------------------------------------- */

typedef struct BowlineDLTensor { /* what follows the header of ffi.Tensor */
  void* data;
  BowlineDevice device;
  int32_t ndim;
  BowlineDataType dtype;
  int64_t* shape;
  int64_t* strides; /* in elements; null for row-major order without gaps */
  uint64_t byte_offset;
} BowlineDLTensor;

typedef struct BowlineDLManagedTensor {
  BowlineDLTensor dl_tensor;
  void* manager_ctx;
  void (*deleter)(struct BowlineDLManagedTensor* self);
} BowlineDLManagedTensor;

typedef struct BowlineDLPackVersion {
  uint32_t major;
  uint32_t minor;
} BowlineDLPackVersion;

typedef struct BowlineDLManagedTensorVersioned {
  BowlineDLPackVersion version;
  void* manager_ctx;
  void (*deleter)(struct BowlineDLManagedTensorVersioned* self);
  uint64_t flags; /* 1: may not be written; 2: was copied */
  BowlineDLTensor dl_tensor;
} BowlineDLManagedTensorVersioned;

typedef int (*BowlineDLPackManagedTensorAllocator)(BowlineDLTensor* prototype, BowlineDLManagedTensorVersioned** out,
                                                   void* error_ctx,
                                                   void (*set_error)(void* error_ctx, const char* kind,
                                                                     const char* message));

/* ---- The version ---------------------------------------------------------------------------------------------------- */

typedef struct BowlineVersion {
  uint32_t major;
  uint32_t minor;
  uint32_t patch;
} BowlineVersion;

BOWLINE_API void TVMFFIGetVersion(BowlineVersion* out_version);

/* ---- Objects --------------------------------------------------------------------------------------------------------- */

/* Take and give back a strong count. Null is let pass. */
BOWLINE_API int TVMFFIObjectIncRef(BowlineObjectHandle object);
BOWLINE_API int TVMFFIObjectDecRef(BowlineObjectHandle object);

/* Makes an object around a handle, which `deleter` ends. `type_index` is kBowlineOpaquePyObject. */
BOWLINE_API int TVMFFIObjectCreateOpaque(void* handle, int32_t type_index, void (*deleter)(void* handle),
                                         BowlineObjectHandle* out);

/* In front of each body that an allocator returns. */
typedef struct BowlineObjectAllocHeader {
  void (*delete_space)(void* body); /* frees the allocation; the body's content is gone already */
} BowlineObjectAllocHeader;

/* An allocator of objects: set once, before there are threads; stays for the life of the process. `allocate` returns memory
 * with a BowlineObjectAllocHeader in front, or null with an error in the thread's slot. */
typedef struct BowlineCustomAllocator {
  void* (*allocate)(size_t size, size_t alignment, int32_t type_index, void* context);
  void* context;
} BowlineCustomAllocator;

BOWLINE_API BowlineCustomAllocator* TVMFFIGetCustomAllocator(void);           /* never null */
BOWLINE_API int TVMFFISetCustomAllocator(BowlineCustomAllocator* allocator); /* null for the builtin one */

/* ---- Values ------------------------------------------------------------------------------------------------------------ */

/* Makes an owned value of a borrowed one. */
BOWLINE_API int TVMFFIAnyViewToOwnedAny(const BowlineAny* any_view, BowlineAny* out);
BOWLINE_API int TVMFFIStringFromByteArray(const BowlineByteArray* input, BowlineAny* out);
BOWLINE_API int TVMFFIBytesFromByteArray(const BowlineByteArray* input, BowlineAny* out);
/* An integer of the 8-byte words of its two's complement, the lowest first, in the machine's byte order: an int if it fits. */
BOWLINE_API int TVMFFIBigIntFromByteArray(const BowlineByteArray* input, BowlineAny* out);
/* Lends such words of an int, or of an ffi.BigInt: `size_t` number and words follow its header. */
BOWLINE_API BowlineByteArray TVMFFIBigIntGetContentByteArray(const BowlineAny* value);
BOWLINE_API int TVMFFIDataTypeFromString(const BowlineByteArray* name, BowlineDataType* out);
BOWLINE_API int TVMFFIDataTypeToString(const BowlineDataType* dtype, BowlineAny* out); /* a string */

/* ---- Functions ----------------------------------------------------------------------------------------------------------- */

/* Makes a function that calls `safe_call` with `self`, which `deleter` ends with the function. Takes `self`. */
BOWLINE_API int TVMFFIFunctionCreate(void* self, BowlineSafeCallType safe_call, void (*deleter)(void* self),
                                     BowlineObjectHandle* out);
BOWLINE_API int TVMFFIFunctionCall(BowlineObjectHandle function, BowlineAny* args, int32_t num_args, BowlineAny* result);
BOWLINE_API int TVMFFIFunctionGetGlobal(const BowlineByteArray* name, BowlineObjectHandle* out); /* null if there is none */
BOWLINE_API int TVMFFIFunctionSetGlobal(const BowlineByteArray* name, BowlineObjectHandle function, int allow_override);

/* ---- Errors ---------------------------------------------------------------------------------------------------------------- */

BOWLINE_API void TVMFFIErrorMoveFromRaised(BowlineObjectHandle* result); /* null if there is none */
BOWLINE_API void TVMFFIErrorSetRaised(BowlineObjectHandle error);
BOWLINE_API void TVMFFIErrorSetRaisedFromCStr(const char* kind, const char* message);
/* Parts that are null are left out. */
BOWLINE_API void TVMFFIErrorSetRaisedFromCStrParts(const char* kind, const char** message_parts, int32_t num_parts);
/* These two leave nothing in the thread's slot when they fail. */
BOWLINE_API int TVMFFIErrorCreate(const BowlineByteArray* kind, const BowlineByteArray* message,
                                  const BowlineByteArray* backtrace, BowlineObjectHandle* out);
BOWLINE_API int TVMFFIErrorCreateWithCauseAndExtraContext(const BowlineByteArray* kind, const BowlineByteArray* message,
                                                          const BowlineByteArray* backtrace,
                                                          BowlineObjectHandle cause_chain,
                                                          BowlineObjectHandle extra_context, BowlineObjectHandle* out);
/* The frame of a place, as a line of a backtrace. The thread's until it asks for the next. */
BOWLINE_API const BowlineByteArray* TVMFFIBacktrace(const char* filename, int lineno, const char* func,
                                                    int cross_ffi_boundary);

/* ---- Tensors ------------------------------------------------------------------------------------------------------------------ */

/* Take the managed tensor, unless they fail. Alignment and contiguity are demanded where they are not 0. */
BOWLINE_API int TVMFFITensorFromDLPack(BowlineDLManagedTensor* from, int32_t require_alignment,
                                       int32_t require_contiguous, BowlineObjectHandle* out);
BOWLINE_API int TVMFFITensorFromDLPackVersioned(BowlineDLManagedTensorVersioned* from, int32_t require_alignment,
                                                int32_t require_contiguous, BowlineObjectHandle* out);
BOWLINE_API int TVMFFITensorToDLPack(BowlineObjectHandle from, BowlineDLManagedTensor** out);
BOWLINE_API int TVMFFITensorToDLPackVersioned(BowlineObjectHandle from, BowlineDLManagedTensorVersioned** out);
/* A tensor that lies as `prototype` says, in memory of `source`, which it keeps. */
BOWLINE_API int TVMFFITensorCreateUnsafeView(BowlineObjectHandle source, const BowlineDLTensor* prototype,
                                             BowlineObjectHandle* out);

/* ---- Types --------------------------------------------------------------------------------------------------------------------- */

typedef int (*BowlineFieldGetter)(void* field, BowlineAny* result);
typedef int (*BowlineFieldSetter)(void* field, const BowlineAny* value);
typedef int (*BowlineObjectCreator)(BowlineObjectHandle* result);

enum { /* flags of fields and methods */
  kBowlineFieldWritable = 1 << 0,
  kBowlineFieldHasDefault = 1 << 1,
  kBowlineMethodIsStatic = 1 << 2,
  kBowlineFieldStructuralIgnore = 1 << 3,
  kBowlineFieldStructuralDefPattern = 1 << 4,
  kBowlineFieldDefaultFromFactory = 1 << 5,
  kBowlineFieldReprOff = 1 << 6,
  kBowlineFieldCompareOff = 1 << 7,
  kBowlineFieldHashOff = 1 << 8,
  kBowlineFieldInitOff = 1 << 9,
  kBowlineFieldKwOnly = 1 << 10,
  kBowlineFieldSetterIsFunction = 1 << 11,
  kBowlineFieldStructuralDefSimple = 1 << 12
};

typedef struct BowlineFieldInfo {
  BowlineByteArray name;
  BowlineByteArray doc;
  BowlineByteArray metadata; /* JSON; may be empty */
  int64_t flags;
  int64_t size;
  int64_t alignment;
  int64_t offset; /* from the start of the object */
  BowlineFieldGetter getter;
  void* setter; /* a BowlineFieldSetter, or with the flag a function object over the address and the value */
  BowlineAny default_value_or_factory;
  int32_t field_static_type_index; /* a hint */
} BowlineFieldInfo;

typedef struct BowlineMethodInfo {
  BowlineByteArray name;
  BowlineByteArray doc;
  BowlineByteArray metadata; /* JSON; may be empty */
  int64_t flags;
  BowlineAny method; /* a function, which takes the object first unless it is static */
} BowlineMethodInfo;

typedef struct BowlineTypeMetadata {
  BowlineByteArray doc;
  BowlineObjectCreator creator; /* or null */
  int32_t total_size;           /* or 0 */
  int32_t structural_eq_hash_kind; /* 0 none, 1 tree, 2 free variable, 3 dag, 4 constant tree, 5 unique */
} BowlineTypeMetadata;

typedef struct BowlineTypeInfo {
  int32_t type_index;
  int32_t type_depth;
  BowlineByteArray type_key;
  const struct BowlineTypeInfo** type_ancestors; /* type_depth of them, the root first */
  uint64_t type_key_hash;
  int32_t num_fields; /* of the type itself, without its parent's; as the next */
  int32_t num_methods;
  const BowlineFieldInfo* fields;
  const BowlineMethodInfo* methods;
  const BowlineTypeMetadata* metadata; /* or null */
} BowlineTypeInfo;

typedef struct BowlineTypeAttrColumn {
  const BowlineAny* data; /* the value of a type at its index less begin_index */
  int32_t size;
  int32_t begin_index;
} BowlineTypeAttrColumn;

BOWLINE_API int TVMFFITypeKeyToIndex(const BowlineByteArray* type_key, int32_t* out_index);
/* Finds a type by its key, or registers it. `static_type_index` is -1 for a dynamic one. `num_child_slots` indices behind the type's
 * own are kept for descendants. With the parent -2 nothing is registered, and -2 is the answer for an unknown key. */
BOWLINE_API int32_t TVMFFITypeGetOrAllocIndex(const BowlineByteArray* type_key, int32_t static_type_index,
                                              int32_t type_depth, int32_t num_child_slots,
                                              int32_t child_slots_can_overflow, int32_t parent_type_index);
BOWLINE_API const BowlineTypeInfo* TVMFFIGetTypeInfo(int32_t type_index); /* the same address each time */
BOWLINE_API int TVMFFIFunctionSetGlobalFromMethodInfo(const BowlineMethodInfo* method, int allow_override);
BOWLINE_API int TVMFFITypeRegisterField(int32_t type_index, const BowlineFieldInfo* field);
BOWLINE_API int TVMFFITypeRegisterMethod(int32_t type_index, const BowlineMethodInfo* method);
BOWLINE_API int TVMFFITypeRegisterMetadata(int32_t type_index, const BowlineTypeMetadata* metadata);
BOWLINE_API int TVMFFITypeRegisterAttr(int32_t type_index, const BowlineByteArray* name, const BowlineAny* value);
BOWLINE_API const BowlineTypeAttrColumn* TVMFFIGetTypeAttrColumn(const BowlineByteArray* name);

/* ---- Handles that are made once ---------------------------------------------------------------------------------------------- */

/* The function runs if the handle is null (not null), and on one thread. It returns 0, or leaves an error. */
BOWLINE_API int TVMFFIHandleInitOnce(void** handle, int (*make)(void** result));
BOWLINE_API int TVMFFIHandleDeinitOnce(void** handle, int (*end)(void* handle));

/* ---- The environment ------------------------------------------------------------------------------------------------------------ */

BOWLINE_API int TVMFFIEnvSetStream(int32_t device_type, int32_t device_id, void* stream, void** opt_out_former);
BOWLINE_API void* TVMFFIEnvGetStream(int32_t device_type, int32_t device_id);
BOWLINE_API int TVMFFIEnvSetDLPackManagedTensorAllocator(BowlineDLPackManagedTensorAllocator allocator, int for_all,
                                                         BowlineDLPackManagedTensorAllocator* opt_out_former);
BOWLINE_API BowlineDLPackManagedTensorAllocator TVMFFIEnvGetDLPackManagedTensorAllocator(void);
BOWLINE_API int TVMFFIEnvTensorAlloc(BowlineDLTensor* prototype, BowlineObjectHandle* out);
BOWLINE_API int TVMFFIEnvCheckSignals(void);
BOWLINE_API int TVMFFIEnvRegisterCAPI(const char* name, void* symbol);
BOWLINE_API int TVMFFIEnvModRegisterContextSymbol(const char* name, void* symbol);
BOWLINE_API int TVMFFIEnvModRegisterSystemLibSymbol(const char* name, void* symbol);
/* For the code of a library, whose `void* __tvm_ffi__library_ctx` is the context: a function of what the library's module imports, or a
 * global one. The module keeps it: the caller gets no count. */
BOWLINE_API int TVMFFIEnvModLookupFromImports(BowlineObjectHandle library_ctx, const char* func_name, BowlineObjectHandle* out);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* BOWLINE_H_ */
