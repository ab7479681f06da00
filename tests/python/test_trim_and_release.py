"""`trim` finds objects without owning a count of them. Beside it threads give the last count back without Python."""

from support import run_script


def test_trim_beside_a_native_release():
    """A function that is called detached drops the last counts of objects with dormant wrappers. Others trim meanwhile."""
    run_script(
        """
        import threading
        import bowline
        from bowline import Array, List, get_global_func
        from shapes import Plain

        size = get_global_func("ffi.ListSize")
        size.release_gil = True
        before = bowline.stats()["objects_alive"]
        over = threading.Event()

        def drop():
            for _ in range(60):
                many = List([Plain(n) for n in range(2000)])
                gift = many._move()
                del many
                assert size(gift) == 2000
                del gift

        def trim():
            while not over.is_set():
                bowline.trim()

        trimmers = [threading.Thread(target=trim) for _ in range(2)]
        droppers = [threading.Thread(target=drop) for _ in range(2)]
        for thread in trimmers + droppers:
            thread.start()
        for thread in droppers:
            thread.join()
        over.set()
        for thread in trimmers:
            thread.join()
        bowline.settle()
        assert bowline.stats()["objects_alive"] == before, (bowline.stats(), before)
        """,
        PYTHONMALLOC="debug",
        MALLOC_PERTURB_="165",
    )
