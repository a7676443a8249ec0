"""
The programs that are led over a walk: golub, and mbsync beside it. Each has a home of its own, a configuration for one account and
a Maildir tree, `maildir`, in which a test looks and works.
"""
import collections
import os
import re
import shutil
import subprocess

from . import scratch
from .golub import Account, Home
from .imapclient import from_utf7, to_utf7
from .maildir import File, Maildir

Run = collections.namedtuple("Run", "code out err")


class Golub:
    name = "golub"
    seen = staticmethod(lambda body: body)  # each byte counts
    fine = (0,)
    broken = (0, 1, 5)  # how a run may end whose line was cut

    def __init__(self, server, user, port):
        self.home = Home()
        self.account = Account(self.home, self._url(server, port), user, server.password, "w", **{"tls": "none", "timeout": 10, **server.account})
        self.server = server
        self.maildir = self.account.maildir

    @staticmethod
    def _url(server, port):
        return "%s://127.0.0.1:%d" % (server.scheme, port)

    def to(self, port):
        """From now on by way of another port."""
        self.account.set(server=self._url(self.server, port))

    def snapshot(self):
        """Equal only if nobody touched anything."""
        return self.maildir.snapshot()

    def check(self):
        return self._run("check", "w")

    def sync(self):
        return self._run("sync", "w")

    def pull(self):
        """POP"""
        return self._run("import", "w")

    def status(self):
        return self._run("status", "w", "-v")

    def _run(self, *args):
        result = self.home.run(*args, timeout=180)
        return Run(result.code, result.out, result.err)

    def close(self):
        self.home.close()


def without_tuid(data):
    """mbsync finds what it copied by a header of its own, X-TUID, and leaves it there: it is not counted as a difference."""
    return re.sub(rb"(?m)^X-TUID: [^\r\n]*\r?\n", b"", data)


class TuidFile(File):
    def wire(self):
        return without_tuid(super().wire())


class NamedAsThere(Maildir):
    """mbsync 1.4 calls folders as the server calls mailboxes."""

    def files(self, mailbox):
        return [TuidFile(f.path) for f in super().files(mailbox)]

    def folder(self, mailbox):
        return os.path.join(self.root, to_utf7(mailbox))

    def move(self, file, mailbox, rename=False):
        """As mail readers do that are set up for mbsync: its number of the message does not go along."""
        moved = super().move(file, mailbox, rename)
        plain = re.sub(r",U=\d+", "", moved.path)
        os.rename(moved.path, plain)
        return TuidFile(plain)

    def mailboxes(self):
        return {from_utf7(name): path for name, path in super().mailboxes().items()}


class Mbsync:
    """isync's"""
    name = "mbsync"
    seen = staticmethod(without_tuid)
    fine = (0,)
    broken = (0, 1)

    def __init__(self, server, user, port):
        self.folder, self.server, self.user = scratch.make("mbsync"), server, user
        self.maildir = NamedAsThere(os.path.join(self.folder, "Mail"))
        os.mkdir(self.maildir.root)
        self.to(port)

    @staticmethod
    def is_here():
        return shutil.which("mbsync") is not None

    def to(self, port):
        with open(os.path.join(self.folder, "rc"), "w") as f:
            f.write("IMAPAccount a\nHost localhost\nPort %d\nUser %s\nPass %s\n%s\n\nIMAPStore there\nAccount a\n%s\n"
                    "MaildirStore here\nPath %s/\nInbox %s/INBOX\nSubFolders Verbatim\n\n"
                    "Channel c\nFar :there:\nNear :here:\nPatterns *\nCreate Both\nRemove Both\nExpunge Both\nCopyArrivalDate yes\n"
                    "SyncState *\n" % (port, self.user, self.server.password, "\n".join(self.server.beside),
                                       "Path %s\n" % self.server.prefix if self.server.prefix else "", self.maildir.root, self.maildir.root))

    def snapshot(self):
        """Of the mail alone: it keeps its state beside it."""
        return [s for s in self.maildir.snapshot() if os.path.basename(os.path.dirname(s[0])) in ("cur", "new")]

    def check(self):
        return self._run("-l", "c")

    def sync(self):
        return self._run("c")

    def status(self):
        return Run(0, "", "")

    def _run(self, *args):
        done = subprocess.run(["mbsync", "-c", os.path.join(self.folder, "rc"), *args], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={"PATH": os.environ["PATH"], "HOME": self.folder},
                              timeout=180)
        return Run(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))

    def close(self):
        scratch.remove(self.folder)
