"""
A systemd for one user, as a login would start it, where process 1 is something else: in a mount, PID and cgroup namespace of its own, below a cgroup
of its own. `systemctl` reaches it by its private socket, so no bus is needed. Only root can do that.
"""
import os
import shutil
import subprocess
import time

CGROUPS = ("/sys/fs/cgroup/unified", "/sys/fs/cgroup")  # where the second version of them is mounted, alone or beside the first
MANAGER = "/lib/systemd/systemd"

INSIDE = """set -e
mount --make-rprivate /
umount -l /sys/fs/cgroup
mount -t cgroup2 none /sys/fs/cgroup
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/system # "booted by systemd"
%s --user # not as process 1, which would be a systemd of a whole machine
exit $?
""" % MANAGER


def can_not():
    """Why none can be had here; "": it can."""
    if os.getuid() != 0:
        return "only root can start a systemd in namespaces"
    missing = [name for name in ("unshare", "nsenter", "systemctl", MANAGER) if not shutil.which(name)]
    if missing:
        return "not here: " + ", ".join(missing)
    if not _cgroups():
        return "no cgroups of the second version, or none that may be written"
    tried = subprocess.run(["unshare", "--cgroup", "--mount", "--pid", "--fork", "--mount-proc", "mount", "-t", "cgroup2", "none", "/mnt"], capture_output=True)
    return "mounting is not allowed here" if tried.returncode else ""


def _cgroups():
    return next((path for path in CGROUPS if os.access(path + "/cgroup.controllers", os.R_OK) and os.access(path, os.W_OK)), None)


class UserManager:
    """`home` is a folder; `units` one with unit files; the rest is the environment."""

    def __init__(self, home, units, **environment):
        self.runtime = os.path.join(home, "runtime")
        os.mkdir(self.runtime, 0o700)
        self.own = os.path.join(home, "units")  # what tests add to a unit
        os.mkdir(self.own)
        self.environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **environment, "XDG_RUNTIME_DIR": self.runtime,
                            "SYSTEMD_UNIT_PATH": "%s:%s:/usr/lib/systemd/user" % (self.own, units), "SYSTEMD_LOG_TARGET": "console"}
        self.group = os.path.join(_cgroups(), "golub-test-%d" % os.getpid())
        self.log = os.path.join(home, "manager.log")
        os.mkdir(self.group)
        try:
            with open(self.log, "w") as log:
                self.process = subprocess.Popen(["unshare", "--cgroup", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", INSIDE], env=self.environment,
                                                stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=self._enter)
            self._until(lambda: os.path.exists(self.runtime + "/systemd/private") and "=active" in self.ctl("show", "-p", "ActiveState", "default.target", check=False), 30)
        except BaseException:
            self.close()
            raise

    def _enter(self):
        with open(self.group + "/cgroup.procs", "w") as f:
            f.write("0")

    def _until(self, happened, seconds):
        until = time.monotonic() + seconds
        while not happened():
            if self.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("no systemd came up: " + self.tail())
            time.sleep(0.05)

    def tail(self):
        with open(self.log, errors="replace") as f:
            return f.read()[-3000:]

    def add(self, unit, text):
        """Lines of one's own for a unit that is there, as `systemctl --user edit` would."""
        folder = os.path.join(self.own, unit + ".d")
        os.makedirs(folder, exist_ok=True)
        with open(folder + "/test.conf", "w") as f:
            f.write(text)
        self.ctl("daemon-reload")

    def ctl(self, *words, check=True):
        """systemctl --user. @return what it printed"""
        with open("/proc/%d/task/%d/children" % (self.process.pid, self.process.pid)) as f:
            inside = f.read().split()
        done = subprocess.run(["nsenter", "--target", inside[0] if inside else "0", "--mount", "--pid", "systemctl", "--user", "--no-pager", *words], env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=120)
        if check and done.returncode:
            raise RuntimeError("systemctl %s: %d: %s%s" % (" ".join(words), done.returncode, done.stdout, self.tail()))
        return done.stdout

    def show(self, unit, *names):
        """Properties of a unit, in this order."""
        told = dict(line.split("=", 1) for line in self.ctl("show", "-p", ",".join(names), unit).splitlines())
        return tuple(told[name] for name in names)

    def close(self):
        if hasattr(self, "process"):
            self.process.kill()  # with it the kernel ends process 1 of the namespace, and all in there
            self.process.wait()
        until = time.monotonic() + 10
        for folder, _, _ in sorted(os.walk(self.group, topdown=False), key=lambda row: -row[0].count("/")):
            while time.monotonic() < until:
                try:
                    os.rmdir(folder)
                    break
                except FileNotFoundError:
                    break
                except OSError:
                    time.sleep(0.05)
