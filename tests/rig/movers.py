"""
Programs from which people move to golub, with a tree of their own: what they leave is filled by themselves. Each keeps its state beside it.
"""
import os
import shutil
import signal
import subprocess
import time

from . import scratch
from .maildir import Maildir


class Mover:
    """Its tree is `root` (an option; else one of its own); `sync` runs it once. What changes its options calls `configure`."""
    program = None
    limit = 300  # seconds that one run of it may take

    def __init__(self, server, user, password, **options):
        self.folder = scratch.make(self.program)
        self.root = options.get("root") or os.path.join(self.folder, "Mail")
        self.server, self.user, self.password, self.options = server, user, password, options
        os.makedirs(self.root, exist_ok=True)
        self.configure()

    @classmethod
    def is_here(cls):
        return shutil.which(cls.program) is not None

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w") as f:
            f.write(text)
        os.chmod(path, 0o600)
        return path

    def command(self):
        raise NotImplementedError

    def start(self, *args):
        return subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
                                env={"PATH": os.environ["PATH"], "HOME": self.folder})

    def once(self, *args):
        process = self.start(*args)
        try:
            said = process.communicate(timeout=self.limit)[0].decode(errors="replace")
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise
        return process.returncode, said

    def run(self, *args):
        """@return what it said; another status than 0 fails the test"""
        code, said = self.once(*args)
        if code != 0:
            raise AssertionError("%s ended with %d\n%s" % (self.program, code, said))
        return said

    def sync(self, check=True):
        """check: it has to end well, the second time if not the first (on a slow machine its login may take too long). @return what it said"""
        code, said = self.once(*self.command())
        return self.run(*self.command()) if check and code != 0 else said

    def kill_when(self, condition, seconds=60):
        """A run that ends by kill -9 as soon as this holds. @return was it still at work?"""
        process, end = self.start(*self.command()), time.monotonic() + seconds
        while process.poll() is None and not condition() and time.monotonic() < end:
            pass
        at_work = process.poll() is None
        if at_work:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return at_work

    def maildir(self, **layout):
        return Maildir(self.root, **layout)

    def close(self):
        scratch.remove(self.folder)


class Mbsync(Mover):
    """
    isync's. Options: subfolders, flatten (instead: what stands between levels in one level), inbox (below the root unless it is absolute, ""
    is the root itself), state (SyncState; "": its default), channel (more of its lines), near (of its store).
    """
    program = "mbsync"

    def configure(self):
        subfolders = "Flatten %s" % self.options["flatten"] if "flatten" in self.options else "SubFolders %s" % self.options.get("subfolders", "Verbatim")
        state = self.options.get("state", "*")
        plusplus = subfolders.endswith("Maildir++")  # it has no Path: all stands in INBOX
        inbox = os.path.join(self.root, "" if plusplus else self.options.get("inbox", "INBOX")).rstrip("/")
        self.rc = self.write("rc", "IMAPAccount a\nHost 127.0.0.1\nPort %d\nUser %s\nPass \"%s\"\nSSLType None\nAuthMechs LOGIN\n\n"
                                   "IMAPStore there\nAccount a\n\nMaildirStore here\n%sInbox %s\n%s\n%s\n"
                                   "Channel c\nFar :there:\nNear :here:\nPatterns *\nCreate Both\nExpunge Both\n%s%s\n"
                             % (self.server.port, self.user, self.password, "" if plusplus else "Path %s/\n" % self.root, inbox, subfolders,
                                self.options.get("near", ""), self.options.get("channel", ""), state and "SyncState " + state))

    def command(self):
        return ["mbsync", "-c", self.rc, "c"]


class OfflineImap(Mover):
    """Options: separator (of folders; its own default is "."), account (more lines of it), nametrans (from the server's names to those here)."""
    program = "offlineimap"

    def configure(self):
        separator = self.options.get("separator")
        self.rc = self.write("rc", "[general]\naccounts = A\nmetadata = %s/meta\nui = quiet\n\n[Account A]\nlocalrepository = L\nremoterepository = R\n%s"
                                   "\n[Repository L]\ntype = Maildir\nlocalfolders = %s\n%s\n"
                                   "[Repository R]\ntype = IMAP\nremotehost = 127.0.0.1\nremoteport = %d\nremoteuser = %s\nremotepass = %s\n"
                                   "ssl = no\nstarttls = no\n%s"
                             % (self.folder, self.options.get("account", ""), self.root,
                                "sep = %s\n" % separator if separator else "", self.server.port, self.user, self.password,
                                "nametrans = %s\ncreatefolders = False\n" % self.options["nametrans"] if "nametrans" in self.options else ""))

    def command(self):
        return ["offlineimap", "-c", self.rc, "-o", "-1"]
