"""The main job of bowline, as a program: ``python -m bowline.demo``.

It builds a graph, shows that each object has one wrapper, lets threads and worker processes have a go at it, checks the
counters and measures reads. Its exit code is 1 if any claim fails.
"""
