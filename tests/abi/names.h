/* The ABI under one set of names, from bowline.h (WITH_BOWLINE_H) or from tvm-ffi's own headers. */
#ifndef NAMES_H_
#define NAMES_H_

#ifdef WITH_BOWLINE_H
#include <bowline.h>
#define K(name) kBowline##name
#define ABI(name) Bowline##name
typedef BowlineDataType DLDataType;
typedef BowlineDLTensor DLTensor;
typedef BowlineDLManagedTensor DLManagedTensor;
typedef BowlineDLManagedTensorVersioned DLManagedTensorVersioned;
typedef BowlineDLPackManagedTensorAllocator DLPackManagedTensorAllocator;
typedef BowlineDevice DLDevice;
#else
#include <tvm/ffi/c_api.h>
#include <tvm/ffi/extra/c_env_api.h>
#define K(name) kTVMFFI##name
#define ABI(name) TVMFFI##name
#endif

typedef ABI(Any) Any;
typedef ABI(Object) Object;
typedef ABI(ByteArray) Bytes;
typedef ABI(ObjectHandle) Handle;
typedef ABI(ErrorCell) ErrorCell;
typedef ABI(FieldInfo) FieldInfo;
typedef ABI(MethodInfo) MethodInfo;
typedef ABI(TypeMetadata) TypeMetadata;
typedef ABI(TypeInfo) TypeInfo;
typedef ABI(TypeAttrColumn) TypeAttrColumn;
typedef ABI(CustomAllocator) CustomAllocator;
typedef ABI(SafeCallType) SafeCall;
typedef ABI(Version) Version;

#endif
