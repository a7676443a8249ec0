"""golub under rig/killer.c: how many steps does a run take, and what if it dies at one of them?"""
import atexit
import functools
import os
import subprocess
import threading

from . import scratch
from .golub import binary

_HERE = os.path.dirname(os.path.abspath(__file__))
_lock = threading.Lock()


@functools.lru_cache(None)
def _program():
    built = os.path.join(os.path.dirname(os.path.dirname(binary())), "tests", "rig", "killer")
    if os.access(built, os.X_OK):
        return built
    path = os.path.join(scratch.make("killer"), "killer")  # a build without tests
    atexit.register(scratch.remove, os.path.dirname(path))
    subprocess.run(["cc", "-std=gnu17", "-D_GNU_SOURCE", "-include", "stdio.h", "-include", "stdlib.h", "-include", "string.h",
                    "-include", "unistd.h", "-o", path, os.path.join(_HERE, "killer.c")], check=True)
    return path


def program():
    with _lock:
        return _program()


class Step:
    """A line of the log: number, name of the call, what it touched."""

    def __init__(self, line):
        number, self.call, *rest = line.rstrip("\n").split(" ", 2)
        self.number, self.what = int(number), rest[0] if rest else ""

    @property
    def sends(self):
        return self.what.startswith("socket:")

    def __repr__(self):
        return "%d %s %s" % (self.number, self.call, self.what)


def run(home, at, *args, after=False, **options):
    """golub dies just before (after: just after) step `at`; 0: not at all. @return (result, [Step])"""
    log = os.path.join(scratch.make("kill"), "log")
    try:
        # A leak check needs ptrace for itself.
        result = home.run(*args, env={"ASAN_OPTIONS": "exitcode=99:detect_leaks=0"},
                          prefix=(program(), log, "%d%s" % (at, "+" if after else "")), **options)
        with open(log, errors="replace") as f:
            return result, [Step(line) for line in f]
    finally:
        scratch.remove(os.path.dirname(log))


def choose(steps, count):
    """
    `count` of the places to die at, as (step, after): first the sends (after: the answer is lost) and what moves or removes
    names, then the rest, each kind spread over the whole run.
    """
    def spread(places, n):
        return places if n >= len(places) else [places[i * len(places) // n] for i in range(n)]
    names = ("renameat2", "renameat", "rename", "linkat", "link", "unlinkat", "unlink", "mkdirat", "mkdir", "rmdir")
    sends = [(s, True) for s in steps if s.sends]
    moves = [(s, False) for s in steps if s.call in names]
    rest = [(s, False) for s in steps if s.call not in names]
    chosen = spread(sends, count // 3) + spread(moves, count // 3)
    chosen += spread(rest, count - len(chosen))
    left = [p for p in moves + sends + rest if p not in chosen]
    chosen += spread(left, max(0, count - len(chosen)))
    return sorted(chosen, key=lambda p: (p[0].number, p[1]))
