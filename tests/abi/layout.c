/* Sizes and offsets of everything in the ABI, as the header says that this file is compiled with. */
#include <stddef.h>

#include "names.h"

#ifdef WITH_BOWLINE_H
#define TABLE layout_of_bowline_h
#else
#define TABLE layout_of_c_api_h
#endif

#define SIZE(type) {#type, sizeof(type)}
#define AT(type, member) {#type "." #member, offsetof(type, member)}

typedef ABI(ShapeCell) ShapeCell;
typedef ABI(SeqCell) SeqCell;
typedef ABI(FunctionCell) FunctionCell;
typedef ABI(OpaqueObjectCell) OpaqueObjectCell;
typedef ABI(ObjectAllocHeader) ObjectAllocHeader;

struct row {
  const char* what;
  size_t value;
};

#ifdef __cplusplus
extern "C" {
#endif
extern const struct row TABLE[];
const struct row TABLE[] = {
    SIZE(Any), AT(Any, type_index), AT(Any, zero_padding), AT(Any, small_str_len), AT(Any, v_int64), AT(Any, v_bytes),
    SIZE(Object), AT(Object, combined_ref_count), AT(Object, type_index), AT(Object, __padding), AT(Object, deleter),
    SIZE(Bytes), AT(Bytes, data), AT(Bytes, size),
    SIZE(ShapeCell), AT(ShapeCell, data), AT(ShapeCell, size),
    SIZE(SeqCell), AT(SeqCell, data), AT(SeqCell, size), AT(SeqCell, capacity), AT(SeqCell, data_deleter),
    SIZE(ErrorCell), AT(ErrorCell, kind), AT(ErrorCell, message), AT(ErrorCell, backtrace), AT(ErrorCell, update_backtrace),
    AT(ErrorCell, cause_chain), AT(ErrorCell, extra_context),
    SIZE(FunctionCell), AT(FunctionCell, safe_call), AT(FunctionCell, cpp_call),
    SIZE(OpaqueObjectCell), AT(OpaqueObjectCell, handle),
    SIZE(ObjectAllocHeader), AT(ObjectAllocHeader, delete_space),
    SIZE(CustomAllocator), AT(CustomAllocator, allocate), AT(CustomAllocator, context),
    SIZE(Version), AT(Version, major), AT(Version, minor), AT(Version, patch),
    SIZE(FieldInfo), AT(FieldInfo, name), AT(FieldInfo, doc), AT(FieldInfo, metadata), AT(FieldInfo, flags), AT(FieldInfo, size),
    AT(FieldInfo, alignment), AT(FieldInfo, offset), AT(FieldInfo, getter), AT(FieldInfo, setter),
    AT(FieldInfo, default_value_or_factory), AT(FieldInfo, field_static_type_index),
    SIZE(MethodInfo), AT(MethodInfo, name), AT(MethodInfo, doc), AT(MethodInfo, metadata), AT(MethodInfo, flags), AT(MethodInfo, method),
    SIZE(TypeMetadata), AT(TypeMetadata, doc), AT(TypeMetadata, creator), AT(TypeMetadata, total_size),
    AT(TypeMetadata, structural_eq_hash_kind),
    SIZE(TypeInfo), AT(TypeInfo, type_index), AT(TypeInfo, type_depth), AT(TypeInfo, type_key), AT(TypeInfo, type_ancestors),
    AT(TypeInfo, type_key_hash), AT(TypeInfo, num_fields), AT(TypeInfo, num_methods), AT(TypeInfo, fields), AT(TypeInfo, methods),
    AT(TypeInfo, metadata),
    SIZE(TypeAttrColumn), AT(TypeAttrColumn, data), AT(TypeAttrColumn, size), AT(TypeAttrColumn, begin_index),
    SIZE(DLTensor), AT(DLTensor, data), AT(DLTensor, device), AT(DLTensor, ndim), AT(DLTensor, dtype), AT(DLTensor, shape),
    AT(DLTensor, strides), AT(DLTensor, byte_offset),
    SIZE(DLManagedTensor), AT(DLManagedTensor, dl_tensor), AT(DLManagedTensor, manager_ctx), AT(DLManagedTensor, deleter),
    SIZE(DLManagedTensorVersioned), AT(DLManagedTensorVersioned, version), AT(DLManagedTensorVersioned, manager_ctx),
    AT(DLManagedTensorVersioned, deleter), AT(DLManagedTensorVersioned, flags), AT(DLManagedTensorVersioned, dl_tensor),
    SIZE(DLDataType), AT(DLDataType, code), AT(DLDataType, bits), AT(DLDataType, lanes),
    SIZE(DLDevice), AT(DLDevice, device_type), AT(DLDevice, device_id),
    {"None", K(None)}, {"Int", K(Int)}, {"Bool", K(Bool)}, {"Float", K(Float)}, {"OpaquePtr", K(OpaquePtr)}, {"DataType", K(DataType)},
    {"Device", K(Device)}, {"DLTensorPtr", K(DLTensorPtr)}, {"RawStr", K(RawStr)}, {"ByteArrayPtr", K(ByteArrayPtr)},
    {"ObjectRValueRef", K(ObjectRValueRef)}, {"SmallStr", K(SmallStr)}, {"SmallBytes", K(SmallBytes)}, {"Object", K(Object)},
    {"Str", K(Str)}, {"Bytes", K(Bytes)}, {"Error", K(Error)}, {"Function", K(Function)}, {"Shape", K(Shape)}, {"Tensor", K(Tensor)},
    {"Array", K(Array)}, {"Map", K(Map)}, {"Module", K(Module)}, {"OpaquePyObject", K(OpaquePyObject)}, {"List", K(List)},
    {"Dict", K(Dict)}, {"VisitInterrupt", K(VisitInterrupt)}, {"BigInt", K(BigInt)}, {"DynObjectBegin", K(DynObjectBegin)},
    {0, 0},
};
#ifdef __cplusplus
}
#endif
