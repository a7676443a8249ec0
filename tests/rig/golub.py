"""
Golub as a user runs it: a home of its own, a configuration of a few lines, a command. GOLUB_BIN names the program.

It can run under strace (what did it change on disk?) and be killed at its n-th call of one kind.
"""
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

from . import scratch
from .maildir import Maildir

# Calls that change a file system. openat counts where it may create or write.
CHANGING_CALLS = ("open,openat,creat,rename,renameat,renameat2,unlink,unlinkat,link,linkat,symlink,symlinkat,mkdir,mkdirat,"
                  "rmdir,utimensat,ftruncate,truncate,fallocate,chmod,fchmod,fchmodat,chown,fchown,fchownat,lchown,write,"
                  "pwrite64,writev,pwritev,pwritev2,sendfile,copy_file_range,setxattr,fsetxattr")
FLUSH_CALLS = "fsync,fdatasync,syncfs,sync_file_range,msync"
WRITING_OPEN = re.compile(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_TMPFILE")


def sanitized():
    """Is the program built with sanitizers, which take much memory and time?"""
    with open(binary(), "rb") as f:
        return b"__asan_init" in f.read()


def binary():
    path = os.environ.get("GOLUB_BIN")
    if not path:
        raise RuntimeError("GOLUB_BIN does not name the golub program")
    return os.path.abspath(path)


class Result:
    def __init__(self, code, out, err, seconds, calls=None):
        self.code, self.out, self.err, self.seconds = code, out, err, seconds
        self.calls = calls or []

    @property
    def events(self):
        """Lines of --json; anything that is not JSON is an error of the program."""
        return [json.loads(line) for line in self.out.splitlines()]

    def of(self, event):
        return [e for e in self.events if e.get("event") == event]

    def __str__(self):
        return "exit %d in %.2f s\n--- stdout\n%s--- stderr\n%s" % (self.code, self.seconds, self.out, self.err)


def conf_value(value):
    """A value in libconfuse's form."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, (list, tuple)):
        return "{" + ", ".join(conf_value(v) for v in value) + "}"
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$") + '"'


# PATH PROGRAM ...: run it, and write into the file how many KiB were resident.
MEASURE = """
import os, sys
child = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(child, 0)
with open(sys.argv[1], "w") as f:
    f.write(str(usage.ru_maxrss))
sys.exit(os.waitstatus_to_exitcode(status))
"""


class Home:
    """A home folder: configuration, state and mail of one user, gone afterwards."""

    def __init__(self):
        self.path = scratch.make("home")
        self.config = os.path.join(self.path, "config", "golub", "golub.conf")
        os.makedirs(os.path.dirname(self.config), mode=0o700)
        os.makedirs(os.path.join(self.path, "state"), mode=0o700)
        os.makedirs(os.path.join(self.path, "Mail"), mode=0o700)
        self.accounts = []
        self._trace = 0

    def close(self):
        scratch.remove(self.path)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def path_of(self, *names):
        return os.path.join(self.path, *names)

    def write(self, name, text, mode=0o600):
        """A file in the home. @return its path"""
        path = self.path_of(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(text.encode() if isinstance(text, str) else text)
        os.chmod(path, mode)
        return path

    def write_config(self, text=None, mode=0o600):
        """Without text: what the accounts say."""
        if text is None:
            text = "\n".join(a.block() for a in self.accounts)
        with open(self.config, "w") as f:
            f.write(text)
        os.chmod(self.config, mode)

    def environment(self, **more):
        env = {k: v for k, v in os.environ.items() if k in ("PATH", "LANG", "LD_LIBRARY_PATH", "TMPDIR")}
        env.update(HOME=self.path, XDG_CONFIG_HOME=self.path_of("config"), XDG_STATE_HOME=self.path_of("state"),
                   XDG_CACHE_HOME=self.path_of("cache"), LC_ALL="C.UTF-8", TZ="UTC",
                   ASAN_OPTIONS="abort_on_error=0:exitcode=99:detect_leaks=1:quarantine_size_mb=8:malloc_context_size=10",
                   UBSAN_OPTIONS="print_stacktrace=1:exitcode=99")
        env.update(more)
        return env

    # -- running

    def start(self, *args, env=None, prefix=(), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE):
        """Start it and don't wait. @return Popen with out and err as pipes"""
        return subprocess.Popen([*prefix, binary(), *args], stdin=stdin, stdout=subprocess.PIPE, stderr=stderr,
                                env=self.environment(**(env or {})), cwd=self.path)

    def run(self, *args, env=None, prefix=(), timeout=120, check_sanitizer=True):
        began = time.monotonic()
        process = self.start(*args, env=env, prefix=prefix)
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            raise AssertionError("golub %s did not end within %d s\n--- stdout\n%s\n--- stderr\n%s" % (
                " ".join(args), timeout, out.decode(errors="replace"), err.decode(errors="replace"))) from None
        result = Result(process.returncode, out.decode(errors="replace"), err.decode(errors="replace"),
                        time.monotonic() - began)
        if check_sanitizer and ("Sanitizer" in result.err or "runtime error:" in result.err):
            raise AssertionError("a sanitizer spoke:\n%s" % result)
        return result

    def run_measured(self, *args, **options):
        """result.resident: bytes it had in memory at most, without what a sanitizer keeps of what was freed."""
        path = self.path_of("resident")
        env = dict(options.pop("env", None) or {}, ASAN_OPTIONS="exitcode=99:detect_leaks=0:quarantine_size_mb=0")
        result = self.run(*args, env=env, prefix=(sys.executable, "-c", MEASURE, path), **options)
        with open(path) as f:
            result.resident = int(f.read()) * 1024
        os.unlink(path)
        return result

    def run_traced(self, *args, flushes=False, **options):
        """Run under strace. result.calls: the calls that change files, as strace wrote them, with paths of descriptors."""
        self._trace += 1
        log = self.path_of("trace.%d" % self._trace)
        calls = CHANGING_CALLS + ("," + FLUSH_CALLS if flushes else "")
        # A leak check needs ptrace for itself, which strace has.
        env = dict(options.pop("env", None) or {}, ASAN_OPTIONS="exitcode=99:detect_leaks=0")
        result = self.run(*args, env=env, prefix=("strace", "-f", "-qq", "-y", "-s", "64", "-o", log, "-e", "trace=" + calls,
                                                  "-e", "signal=none"), **options)
        with open(log, errors="replace") as f:
            result.calls = [line.rstrip("\n") for line in f if _changes(line)]
        os.unlink(log)
        return result

    def run_killed(self, call, number, *args, **options):
        """Run and die by SIGKILL just before the number-th call of that name (per thread)."""
        env = dict(options.pop("env", None) or {}, ASAN_OPTIONS="exitcode=99:detect_leaks=0")
        return self.run(*args, env=env, prefix=("strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=" + call, "-e",
                                                "inject=%s:signal=SIGKILL:when=%d" % (call, number)), **options)

    def run_failing(self, call, error, when, *args, **options):
        """Run with calls of that name failing: when is strace's expression ("3", "2..4", "1+")."""
        env = dict(options.pop("env", None) or {}, ASAN_OPTIONS="exitcode=99:detect_leaks=0")
        return self.run(*args, env=env, prefix=("strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=" + call, "-e",
                                                "inject=%s:error=%s:when=%s" % (call, error, when)), **options)


def _changes(line):
    """A line of strace that changed (or tried to change) something on disk; failures are not changes."""
    if " = -1 " in line or "<unfinished" in line and "open" in line:
        return False
    if re.match(r"\d+ +open(at)?\(", line):
        return bool(WRITING_OPEN.search(line))
    return True


class Account:
    """One IMAP account in a Home: four lines and what a test adds. Writes the configuration when it is made and changed."""

    def __init__(self, home, server, user="ana", password="secret", name="work", maildir=None, **extras):
        self.home, self.name = home, name
        self.root = maildir or home.path_of("Mail", name)
        secret = home.write("secrets/" + name, password + "\n")
        self.keys = {"server": server, "user": user, "password-command": "cat '%s'" % secret, "maildir": self.root}
        self.keys.update({k.replace("_", "-"): v for k, v in extras.items()})
        home.accounts.append(self)
        home.write_config()

    def block(self):
        lines = ["    %s = %s" % (k, conf_value(v)) for k, v in self.keys.items() if v is not None]
        return 'account "%s" {\n%s\n}\n' % (self.name, "\n".join(lines))

    def set(self, **keys):
        """Change keys (None takes one away) and write the configuration."""
        self.keys.update({k.replace("_", "-"): v for k, v in keys.items()})
        self.home.write_config()

    @property
    def maildir(self):
        return Maildir(self.root, self.keys.get("layout", "verbatim"))

    @property
    def state(self):
        return self.keys.get("state") or self.home.path_of("state", "golub", self.name)

    # -- commands

    def sync(self, *options, **more):
        return self.home.run("sync", self.name, *options, **more)

    def sync_traced(self, *options, **more):
        return self.home.run_traced("sync", self.name, *options, **more)

    # -- the state folder

    def journal_path(self):
        """The SQLite file in the state folder, None if there is none."""
        for folder, _, files in os.walk(self.state):
            for name in sorted(files):
                path = os.path.join(folder, name)
                with open(path, "rb") as f:
                    if f.read(15) == b"SQLite format 3":
                        return path
        return None

    def journal_dump(self):
        """Every row of the journal as SQL text, from a copy (so that looking changes nothing)."""
        path = self.journal_path()
        if path is None:
            return []
        copy = scratch.make("journal")
        try:
            for end in ("", "-wal"):
                if os.path.exists(path + end):
                    shutil.copy(path + end, os.path.join(copy, "j" + end))
            with sqlite3.connect(os.path.join(copy, "j")) as db:
                dump = list(db.iterdump())
            db.close()
            return dump
        finally:
            scratch.remove(copy)

    def quarantined(self):
        """Bytes of everything in the state folder that is not the journal or the lock: removed mail must be there."""
        found = []
        for folder, _, files in os.walk(self.state):
            for name in files:
                path = os.path.join(folder, name)
                if path.startswith(self.journal_path() or "\0"):
                    continue
                with open(path, "rb") as f:
                    found.append(f.read())
        return found

    def mail_calls(self, result):
        """Of a traced run: the calls that changed something in the Maildir."""
        return [c for c in result.calls if self.root in c]


def end_by(process, number, seconds=30):
    """Send a signal and wait. @return (exit status as Popen gives it, out, err)"""
    process.send_signal(number)
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        out, err = process.communicate()
        raise AssertionError("no end within %d s of signal %d\n%s\n%s" % (seconds, number, out.decode(), (err or b"").decode())) from None
    return process.returncode, out.decode(errors="replace"), (err or b"").decode(errors="replace")
