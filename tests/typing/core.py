"""What typed code may say of `bowline._core`; mypy and pyright pass it."""

from bowline import _core

schema: _core.TypeSchema = _core.TypeSchema("int")
index: int = _core.type_index("ffi.Object")
key: str = _core.type_key(index)
names: list[str] = _core.global_func_names()
held: _core.CAny = schema.convert(5)
equal: bool = _core.content_equal([1], (1,))
order: int = _core.content_order(1, 2)
hashed: int = _core.content_hash("text")
text: str = _core.object_text(_core.CObject())
counters: dict[str, int] = _core.stats()
fields: list[_core.FieldInfo] = _core.fields_of(index)
