"""What is registered in the process: the source of all that is generated.

Upholds: the registry is only read.
"""

from __future__ import annotations

import functools
import graphlib
from collections.abc import Container

from .. import _one_testing
from .._compat import _lookup_or_register_type_info_from_type_key
from .._ffi_api import GetRegisteredTypeKeys
from ..core import TypeSchema
from ..registry import get_global_func_metadata, list_global_func_names
from . import consts
from .utils import FuncInfo, ObjectInfo

__all__ = ["collect_global_funcs", "collect_type_keys", "object_info_from_type_key", "toposort_objects"]


@functools.cache
def object_info_from_type_key(type_key: str) -> ObjectInfo:
    """Return what is known of a type.

    Raises
    ------
    ValueError
        If none is registered under this key.
    """
    return ObjectInfo.from_type_info(_lookup_or_register_type_info_from_type_key(str(type_key)))


def collect_global_funcs() -> dict[str, list[FuncInfo]]:
    """Return the global functions by what their names have before the last dot. They are sorted by name.

    Those without a type or without a dot are left out and said so.
    """
    found: dict[str, list[FuncInfo]] = {}
    _one_testing.bring_all()
    for name in sorted(list_global_func_names()):
        prefix, dot, _ = name.rpartition(".")
        if not dot:
            print(f"{consts.TERM_YELLOW}[Skipped] Invalid name in global function: {name}{consts.TERM_RESET}")
            continue
        try:
            info = _func_info_from_global_name(name)
        except Exception:
            # Whatever is wrong with what one function says of itself, the others are generated.
            print(f"{consts.TERM_YELLOW}[Skipped] Function has no type schema: {name}{consts.TERM_RESET}")
        else:
            found.setdefault(prefix, []).append(info)
    return found


@functools.cache
def _func_info_from_global_name(name: str) -> FuncInfo:
    return FuncInfo.from_schema(name, TypeSchema.from_json_str(get_global_func_metadata(name)["type_schema"]))


def collect_type_keys() -> dict[str, list[str]]:
    """Return the keys of all types, sorted, under what they have before the last dot. Those without a dot are left out."""
    _one_testing.bring_all()
    found: dict[str, list[str]] = {}
    for type_key in sorted(map(str, GetRegisteredTypeKeys())):
        prefix, dot, _ = type_key.rpartition(".")
        if dot:
            found.setdefault(prefix, []).append(type_key)
    return found


def toposort_objects(type_keys: list[str]) -> list[ObjectInfo]:
    """Return what is known of types, parents first and by name besides."""
    infos = {key: object_info_from_type_key(key) for key in type_keys}
    order = graphlib.TopologicalSorter({key: _parents(info, infos) for key, info in infos.items()})
    order.prepare()
    sorted_infos: list[ObjectInfo] = []
    ready: list[str] = []
    while order.is_active():
        # The least of those whose parents are done, one at a time.
        ready = sorted([*ready, *order.get_ready()])
        key = ready.pop(0)
        sorted_infos.append(infos[key])
        order.done(key)
    return sorted_infos


def _parents(info: ObjectInfo, infos: Container[str]) -> list[str]:
    parent = info.parent_type_key
    return [parent] if parent is not None and parent in infos else []
