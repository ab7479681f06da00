"""Mutable containers that all share."""

from __future__ import annotations

from .worker import Worker, expect, is_known, operation


@operation(32)
def bag(worker: Worker) -> None:
    items, draw = worker.world.bag, worker.random
    at = draw.randrange(6)
    try:
        match draw.randrange(10):
            case 0 | 1:
                items.append(worker.fresh())
            case 2:
                items.insert(at, worker.root().get())
            case 3:
                expect(is_known(items.pop()))
            case 4:
                items[at] = worker.fresh()
            case 5:
                del items[at]
            case 6:
                items.reverse()
            case 7:
                items[1:3] = [worker.fresh(), *items[:1]]
            case 8:
                expect(all(is_known(item) for item in items))
            case 9 if len(items) > 8:
                items.clear()
    except IndexError:
        pass  # others made it shorter


@operation(32)
def table(worker: Worker) -> None:
    entries, draw = worker.world.table, worker.random
    key = draw.choice("abcd")
    match draw.randrange(9):
        case 0 | 1:
            entries[key] = worker.fresh()
        case 2:
            expect(is_known(entries.pop(key, None)))
        case 3:
            try:
                entries.popitem()
            except KeyError:
                pass
        case 4:
            expect(is_known(entries.setdefault(key, worker.root().get())))
        case 5:
            entries.update({"a": worker.fresh(), "b": worker.root().get()})
        case 6:
            entries.clear()
        case 7:
            expect(all(is_known(value) for value in entries.values()))
        case 8:
            expect(len(entries) <= 4 and all(k in "abcd" and is_known(v) for k, v in entries.items()))


@operation(3)
def bag_by_index(worker: Worker) -> None:
    items = worker.world.bag
    try:
        one = items[0]
        expect(is_known(one) and is_known(items[-1]))
    except IndexError:
        pass
