"""
Debian packages that are unpacked into a folder and not installed: servers that can't be installed beside each other (Debian lets
one IMAP server in), or that would bring services along.
"""
import glob
import os
import shutil
import subprocess

from . import scratch

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def libraries(root):
    """LD_LIBRARY_PATH for programs below root."""
    return ":".join([os.path.join(root, "usr", "lib"), *glob.glob(os.path.join(root, "usr", "lib", "*-linux-*")),
                     *glob.glob(os.path.join(root, "lib", "*-linux-*"))])


def fetch(root, packages, programs):
    """Download and unpack what is missing. programs: paths below root. @return None, or why that can't be done"""
    if complete(root, programs):
        return None
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        return "no apt-get here: unpack %s below %s yourself" % (", ".join(packages), root)
    work = scratch.make("fetch")
    try:
        done = subprocess.run(["apt-get", "-q", "download", *packages], cwd=work, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=300)
        if done.returncode != 0:
            return "apt-get download: " + done.stdout.decode(errors="replace")
        whole = os.path.join(work, "root")
        for package in glob.glob(os.path.join(work, "*.deb")):
            subprocess.run(["dpkg-deb", "-x", package, whole], check=True)
        os.chmod(whole, 0o755)
        os.makedirs(os.path.dirname(root), exist_ok=True)
        if os.path.isdir(root) and not complete(root, programs):
            shutil.rmtree(root)  # an older list of packages left it
        try:
            os.rename(shutil.move(whole, "%s.%d" % (root, os.getpid())), root)
        except OSError:
            scratch.remove("%s.%d" % (root, os.getpid()))
            if not complete(root, programs):  # else somebody was faster
                raise
        return None
    finally:
        scratch.remove(work)


def complete(root, programs):
    return all(os.access(os.path.join(root, p), os.X_OK) for p in programs)
