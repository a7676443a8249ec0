"""Golub and mbsync behind one face: a home of their own, a run that is measured, the files they made."""
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from rig import scratch
from rig.golub import Account, Home, binary
from rig.maildir import Maildir

RUN_LIMIT = 3600  # seconds; mbsync needs minutes where turns cost 50 ms


def add_options(parser):
    """What each of these benches is told."""
    parser.add_argument("--golub", default=os.environ.get("GOLUB_BIN"), help="the program (default: GOLUB_BIN)")
    parser.add_argument("--tools", required=True, help="folder of bench_relay, bench_measure and bench_flushes.so")
    parser.add_argument("--alone", action="store_true", help="golub only")
    parser.add_argument("--folder", help="where Maildirs are kept meanwhile, or images with them (default: TMPDIR)")
    parser.add_argument("--no-image", dest="image", action="store_false",
                        help="no new file system for what is measured: removals of a moment ago are in the figures")


def prepare(options):
    """The program and the folder that the options name; and whatever ends this, servers are stopped on the way out."""
    if not options.golub:
        sys.exit("--golub or GOLUB_BIN must name the program")
    os.environ["GOLUB_BIN"] = os.path.abspath(options.golub)
    if options.folder:
        tempfile.tempdir = os.path.abspath(options.folder)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))


class Cost:
    """What one run cost; turns, up and down only where it went through the relay."""

    def __init__(self, values, flushes, out, wire=None):
        self.seconds, self.resident = values["seconds"], values["resident"]
        self.user, self.system, self.status = values["user"], values["system"], values["status"]
        self.fsync = sum(f["fsync"] for f in flushes)
        self.syncfs = sum(f["syncfs"] for f in flushes)
        self.out, self.wire = out, wire
        self.note = ""

    def __getattr__(self, name):
        if name in ("turns", "up", "down"):
            return self.wire[name] if self.wire else None
        raise AttributeError(name)


class Relay:
    """relay.c between a client and the server."""

    def __init__(self, tools, target, delay, log=None):
        command = [os.path.join(tools, "bench_relay"), str(target), str(delay)] + ([log] if log else [])
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline().split()[1])

    def _ask(self, word):
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def reset(self):
        self._ask("reset")

    def stats(self):
        time.sleep(0.1)  # the last bytes may be on their way
        return self._ask("stats")

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Program:
    """name, home, root; run() is what all have in common."""
    statuses = (0,)  # that mean success

    def __init__(self, tools):
        self.tools = os.path.abspath(tools)
        self.home = Home()
        self.root = None

    def close(self):
        self.home.close()

    def command(self):
        raise NotImplementedError

    def point(self, port):
        raise NotImplementedError

    def run(self, relay=None, port=None):
        """One sync, through the relay or straight to the port. @return Cost"""
        cost_file, flush_file = self.home.path_of("cost"), self.home.path_of("flushes")
        for path in (cost_file, flush_file):
            if os.path.exists(path):
                os.unlink(path)
        self.point(relay.port if relay else port)
        if relay:
            relay.reset()
        os.sync()  # what others have left to write must not wait in our flushes
        env = self.home.environment(LD_PRELOAD=os.path.join(self.tools, "bench_flushes.so"), BENCH_FLUSHES=flush_file)
        done = subprocess.run([os.path.join(self.tools, "bench_measure"), cost_file, *self.command()], env=env,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=RUN_LIMIT,
                              cwd=self.home.path)
        out = done.stdout.decode(errors="replace")
        with open(cost_file) as f:
            values = json.load(f)
        flushes = []
        if os.path.exists(flush_file):
            with open(flush_file) as f:
                flushes = [json.loads(line) for line in f]
        cost = Cost(values, flushes, out, relay.stats() if relay else None)
        if cost.status not in self.statuses:
            raise RuntimeError("%s ended with %d\n%s" % (self.name, cost.status, out[-3000:]))
        return cost

    # -- the Maildir

    def files(self, mailbox):
        return [p for sub in ("cur", "new") for p in glob.glob(os.path.join(glob.escape(self.root), mailbox, sub, "*"))]

    def maildir(self):
        return Maildir(self.root)


class Golub(Program):
    name = "golub"
    words = ("sync",)  # the command, and its options

    def __init__(self, tools, user, port, **keys):
        super().__init__(tools)
        self.account = Account(self.home, "imap://127.0.0.1:%d" % port, user, "secret", "bench", tls="none", **keys)
        self.root = self.account.root

    def point(self, port):
        self.account.set(server="imap://127.0.0.1:%d" % port)

    def command(self):
        return [binary(), "-v", *self.words, "bench"]

    @staticmethod
    def version():
        return subprocess.run([binary(), "--version"], stdout=subprocess.PIPE, text=True).stdout.splitlines()[0]

    def traced(self, port, calls):
        """Run under strace. @return the lines about these calls, with the paths of descriptors"""
        self.point(port)
        log = self.home.path_of("trace")
        result = self.home.run("sync", "bench", timeout=RUN_LIMIT, prefix=("strace", "-f", "-qq", "-y", "-s", "300", "-o", log,
                                                                         "-e", "trace=" + calls))
        with open(log, errors="replace") as f:
            lines = f.readlines()
        os.unlink(log)
        if result.code != 0:
            raise RuntimeError(str(result))
        return lines

    @staticmethod
    def said_flushes(cost):
        """What golub itself says about its flushes for mail (-v)."""
        found = re.search(r"\d+ fsync and \d+ syncfs calls for mail", cost.out)
        return found.group(0) if found else ""


class Mbsync(Program):
    name = "mbsync"

    def __init__(self, tools, user, port, fsync=True):
        super().__init__(tools)
        self.user, self.fsync = user, fsync
        self.root = self.home.path_of("Mail", "mbsync")
        os.makedirs(self.root)
        self.rc = self.home.path_of("mbsyncrc")

    def point(self, port):
        self.home.write("mbsyncrc", (
            "FSync %s\n\nIMAPAccount bench\nHost 127.0.0.1\nPort %d\nUser %s\nPass secret\nSSLType None\nAuthMechs LOGIN\n"
            "Timeout 300\n\nIMAPStore far\nAccount bench\n\nMaildirStore near\nPath %s/\nInbox %s/INBOX\nSubFolders Verbatim\n\n"
            "Channel all\nFar :far:\nNear :near:\nPatterns *\nCreate Both\nExpunge Both\nSyncState *\nSync All\n"
            % ("yes" if self.fsync else "no", port, self.user, self.root, self.root)))

    def command(self):
        return ["mbsync", "-c", self.rc, "-q", "-a"]

    @staticmethod
    def available():
        return shutil.which("mbsync") is not None

    @staticmethod
    def version():
        out = subprocess.run(["mbsync", "--version"], stdout=subprocess.PIPE, text=True).stdout
        return "mbsync %s" % out.split()[-1]


def file_system(path):
    """(type, device, options) of the file system that holds this path."""
    best = ("", "?", "?", "?")
    with open("/proc/self/mounts") as f:
        for line in f:
            device, where, kind, options = line.split()[:4]
            inside = (os.path.realpath(path) + "/").startswith(where.rstrip("/") + "/")
            if inside and len(where) >= len(best[0]):
                best = (where, kind, device, options)
    return best[1:]


__all__ = ["Cost", "Golub", "Mbsync", "Relay", "add_options", "file_system", "prepare", "scratch"]
