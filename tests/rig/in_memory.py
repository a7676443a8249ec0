"""
Import it, and temporary folders are made in memory: for tests in which no power is cut, where flushes to a disk only cost time.
A nightly run (GOLUB_NIGHTLY=1) and one whose TMPDIR is set take the real disk.
"""
import os
import tempfile

NIGHTLY = bool(os.environ.get("GOLUB_NIGHTLY"))

if not NIGHTLY and "TMPDIR" not in os.environ and os.access("/dev/shm", os.W_OK | os.X_OK):
    tempfile.tempdir = "/dev/shm"
