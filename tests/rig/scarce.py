"""Memory that runs out once, at one of the places of golub and its libraries that ask for some; see scarce.c."""
import atexit
import functools
import os
import subprocess

from . import scratch

_HERE = os.path.dirname(os.path.abspath(__file__))


@functools.lru_cache(None)
def _library():
    path = os.path.join(scratch.make("scarce"), "scarce.so")
    atexit.register(scratch.remove, os.path.dirname(path))
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-D_GNU_SOURCE", "-o", path, os.path.join(_HERE, "scarce.c")], check=True)
    return path


def run(home, place, *args, **options):
    """golub gets no memory at that place (from 1; 0: at none). @return the result, and the log: where that was, or the number of places"""
    log = home.path_of("scarce.log")
    env = {"LD_PRELOAD": _library(), "GOLUB_RIG_SCARCE": str(place), "GOLUB_RIG_SCARCE_LOG": log}
    result = home.run(*args, env=env, **options)
    with open(log, encoding="ascii") as f:
        text = f.read()
    os.unlink(log)
    return result, text
