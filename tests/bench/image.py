"""
Where the clients' trees and states stand while they are measured: an ext4 of its own, made anew, in an image behind a loop device.

Before ext4 gives out an inode it walks past all that were freed in the last minutes (recently_deleted). Where trees of that size were removed just
before, 4,000 new files took 3 s of processor time, and 0.2 s on a new file system: that walk belongs to nobody's sync.
"""
import os
import shutil
import subprocess
import tempfile

SIZE = 64 << 30  # of a sparse file: what is not written takes no room
INODE_EVERY = 8192  # bytes: room for 8 million small messages
MEMORY = "/dev/shm"
MEMORY_NEEDED = 8 << 30  # bytes free there: more than the mail of any row, twice


def server_folder():
    """Where a server keeps its mail: in memory where there is room, so that the clients' flushes don't write it, too."""
    if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= MEMORY_NEEDED:
        return MEMORY
    return tempfile.gettempdir()


class Image:
    """A mounted file system; a context whose value is its folder."""

    def __init__(self):
        self.file = self.folder = None

    def __enter__(self):
        handle, self.file = tempfile.mkstemp(prefix="golub-image-")
        os.ftruncate(handle, SIZE)
        os.close(handle)
        self.folder = tempfile.mkdtemp(prefix="golub-mount-")
        try:  # inode tables are written neither now nor, by a thread of the kernel, while something is measured
            self._run("mkfs.ext4", "-q", "-F", "-i", str(INODE_EVERY), "-E", "lazy_itable_init=1,lazy_journal_init=0", self.file)
            self._run("mount", "-o", "loop,noinit_itable", self.file, self.folder)
        except (OSError, subprocess.CalledProcessError):
            self._remove()
            raise
        return self.folder

    def __exit__(self, *_):
        self._run("umount", "-l", self.folder)  # whatever still has a file of it open
        self._remove()

    @staticmethod
    def _run(*command):
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def _remove(self):
        os.rmdir(self.folder)
        os.unlink(self.file)


def can_be_made():
    """Tried, since a container may refuse a mount to its root."""
    try:
        with Image():
            return os.getuid() == 0
    except (OSError, subprocess.CalledProcessError):
        return False


def server(make):
    """@return what make() returns, a server, with its folder where server_folder() says"""
    clients, tempfile.tempdir = tempfile.tempdir, server_folder()
    try:
        return make()
    finally:
        tempfile.tempdir = clients


class Homes:
    """A context in which homes are made on a new image, if there are to be images."""

    def __init__(self, fresh):
        self.image = Image() if fresh else None

    def __enter__(self):
        self.before = tempfile.tempdir
        if self.image:
            tempfile.tempdir = self.image.__enter__()
        return self

    def __exit__(self, *more):
        tempfile.tempdir = self.before
        if self.image:
            self.image.__exit__(*more)
