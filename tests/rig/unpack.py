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


def fetch(root, packages, programs, finish=None):
    """
    Download and unpack what is missing. programs: paths below root. finish: what is left to do in the unpacked folder, given its path.
    @return None, or why that can't be done (in a CI that is an error); raises where something that is there does not load, which
    nobody shall take for a test that is not wanted here
    """
    problem = None if complete(root, programs) else _unpack(root, packages, programs, finish)
    if problem is not None and os.environ.get("CI"):
        raise RuntimeError(problem)
    if problem is None:
        missing = unresolved(root, programs)
        if missing:
            raise RuntimeError("what was unpacked below %s does not load:\n%s" % (root, "\n".join(missing)))
    return problem


def _unpack(root, packages, programs, finish):
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
        if finish:
            finish(whole)
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


def unresolved(root, programs):
    """What the loader does not find of the libraries of each program. @return its lines"""
    found = []
    for program in programs:
        done = subprocess.run(["ldd", os.path.join(root, program)], env={**os.environ, "LD_LIBRARY_PATH": libraries(root), "LC_ALL": "C"},
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        text = done.stdout.decode(errors="replace")
        if "not a dynamic executable" in text:  # a script, or one that brings all it needs
            continue
        found += [program + ": " + line.strip() for line in text.splitlines() if "not found" in line or done.returncode != 0]
    return found
