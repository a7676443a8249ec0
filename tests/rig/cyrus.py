"""
A private Cyrus IMAP 3.6 on the loopback, in a folder of its own: master and imapd, with nothing else of Cyrus. It takes any password.
Started as root it runs as the user mail, since Cyrus refuses to be root; else as whoever starts it.

Debian's cyrus-imapd can't be installed beside dovecot-imapd (both provide imap-server). So its packages are only unpacked, with the
libraries they need, below build/cyrus (GOLUB_CYRUS names another folder):

    python3 -m rig.cyrus [FOLDER]     fetches and unpacks what is not there yet; nothing is installed
"""
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time

if __package__ in (None, ""):
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from rig import scratch, unpack  # noqa: E402

PACKAGES = ("cyrus-imapd", "cyrus-common", "libical3", "libxapian30", "libpcre3", "libpq5")
BIN = "usr/lib/cyrus/bin"
PROGRAMS = tuple(os.path.join(BIN, p) for p in ("master", "imapd", "ctl_cyrusdb"))
START_TRIES = 4  # another program may take the port between our look and the server's


def folder():
    return os.environ.get("GOLUB_CYRUS") or os.path.join(unpack.TOP, "build", "cyrus")


def fetch(root=None):
    """Download and unpack what is missing. @return None, or why that can't be done"""
    return unpack.fetch(root or folder(), PACKAGES, PROGRAMS)


def open_to_all(path):
    """May another user go there?"""
    while True:
        if not os.stat(path).st_mode & stat.S_IXOTH:
            return False
        if path == os.path.dirname(path):
            return True
        path = os.path.dirname(path)


class Cyrus:
    """
    users      {name: password}: names alone count
    separator  "/" or ".", prefix "" or "INBOX" and the separator: of the personal namespace
    settings   lines of imapd.conf
    """

    def __init__(self, users=None, separator="/", prefix="", **settings):
        self.users = dict(users or {"ana": "secret"})
        self.separator, self.prefix, self.settings = separator, prefix, settings
        self.folder = scratch.make("cyrus")
        os.chmod(self.folder, 0o755)
        self.owner = "mail" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
        self.state = os.path.join(self.folder, "state")
        self.conf = os.path.join(self.folder, "imapd.conf")
        self.services = os.path.join(self.folder, "cyrus.conf")
        self.log = os.path.join(self.folder, "log")
        self.port = self.process = None

    # -- configuration

    def _configure(self, programs):
        for name in ("db", "socket", "proc", "lock", "msg", "log", "spool"):
            os.makedirs(os.path.join(self.state, name), exist_ok=True)
        settings = {"configdirectory": self.state, "partition-default": os.path.join(self.state, "spool"), "defaultpartition": "default",
                    "sasl_pwcheck_method": "alwaystrue", "sasl_mech_list": "PLAIN", "allowplaintext": "yes", "admins": "cyrus",
                    "cyrus_user": self.owner, "autocreate_quota": "0", "unixhierarchysep": int(self.separator == "/"),
                    "altnamespace": int(not self.prefix), **self.settings}
        with open(self.conf, "w") as f:
            f.writelines("%s: %s\n" % item for item in settings.items())
        with open(self.services, "w") as f:
            f.write('START {\n  recover cmd="%s/ctl_cyrusdb -r -C %s"\n}\nSERVICES {\n'
                    '  imap cmd="%s/imapd -C %s" listen="127.0.0.1:%d" prefork=1\n}\nEVENTS {\n}\n'
                    % (programs, self.conf, programs, self.conf, self.port))
        if os.getuid() == 0:
            subprocess.run(["chown", "-R", self.owner, self.state], check=True)

    def _programs(self):
        """The folder of what was unpacked; a copy where its user may not go to the original."""
        root = folder()
        if os.getuid() == 0 and not open_to_all(root):
            copy = os.path.join(self.folder, "root")
            if not os.path.isdir(copy):
                shutil.copytree(root, copy, symlinks=True)
            root = copy
        return root

    # -- life

    def start(self):
        """Start and wait until it answers. @return self"""
        problem = fetch()
        if problem:
            raise RuntimeError(problem)
        root = self._programs()
        for _ in range(START_TRIES):
            self.port, = scratch.free_ports(1)
            self._configure(os.path.join(root, BIN))
            self._spawn(root)
            if self._answers():
                return self
            self._end()
        raise RuntimeError("cyrus did not start\n" + self.tail())

    def _spawn(self, root):
        command = [os.path.join(root, BIN, "master"), "-D", "-C", self.conf, "-M", self.services, "-p", os.path.join(self.folder, "pid")]
        if shutil.which("setpriv"):  # a test that is killed takes its server along
            command = ["setpriv", "--pdeathsig", "TERM"] + command
        environment = {"PATH": "/usr/bin:/bin", "LD_LIBRARY_PATH": unpack.libraries(root), "CYRUS_USER": self.owner, "CYRUS_VERBOSE": "1"}
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment,
                                            start_new_session=True)

    def _answers(self, seconds=20):
        until = time.monotonic() + seconds
        while time.monotonic() < until and self.process.poll() is None:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=5) as s:
                    if s.recv(100).startswith(b"* OK"):
                        return True
            except OSError:
                pass
            time.sleep(0.05)
        return False

    def _end(self):
        """The master first, which ends its children; then whoever of its session is left."""
        if self.process is None:
            return
        session = self.process.pid
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(session, number)
                self.process.wait(timeout=10)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                pass
        self.process.wait()
        self.process = None

    def stop(self):
        """Stop, wait, and remove the folder. May be called twice."""
        self._end()
        scratch.remove(self.folder)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def tail(self, lines=15):
        try:
            with open(self.log, errors="replace") as f:
                return "".join(f.readlines()[-lines:])
        except OSError:
            return ""


def main():
    problem = fetch(*sys.argv[1:2])
    if problem:
        print(problem, file=sys.stderr)
    return 1 if problem else 0


if __name__ == "__main__":
    sys.exit(main())
