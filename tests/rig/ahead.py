"""A clock that is ahead, for golub alone: what it asks again once a day is due at once."""
import atexit
import functools
import os
import subprocess
import threading

from . import scratch

_lock = threading.Lock()


@functools.lru_cache(None)
def _library():
    path = os.path.join(scratch.make("ahead"), "ahead.so")
    atexit.register(scratch.remove, os.path.dirname(path))
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", path, os.path.join(os.path.dirname(os.path.abspath(__file__)), "ahead.c")],
                   check=True)
    return path


def by(seconds):
    """The environment of a run whose clock is so far ahead."""
    with _lock:
        return {"LD_PRELOAD": _library(), "GOLUB_RIG_AHEAD": str(seconds),
                "ASAN_OPTIONS": "exitcode=99:detect_leaks=0:verify_asan_link_order=0"}
