"""
Programs from which people move to golub, with a tree of their own: what they leave is filled by themselves. Each keeps its state beside it.
"""
import os
import shutil
import subprocess

from . import scratch
from .maildir import Maildir


class Mover:
    """Its tree is `root`; `sync` runs it once."""
    program = None

    def __init__(self, server, user, password, **options):
        self.folder = scratch.make(self.program)
        self.root = os.path.join(self.folder, "Mail")
        self.server, self.user, self.password, self.options = server, user, password, options
        os.mkdir(self.root)
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

    def run(self, *args):
        done = subprocess.run(args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300,
                              env={"PATH": os.environ["PATH"], "HOME": self.folder})
        if done.returncode != 0:
            raise AssertionError("%s ended with %d\n%s" % (self.program, done.returncode, done.stdout.decode(errors="replace")))
        return done.stdout.decode(errors="replace")

    def maildir(self, **layout):
        return Maildir(self.root, **layout)

    def close(self):
        scratch.remove(self.folder)


class Mbsync(Mover):
    """isync's. Options: subfolders, inbox (below the root unless it is absolute), state (SyncState), channel (more of its lines), near (of its store)."""
    program = "mbsync"

    def configure(self):
        inbox = os.path.join(self.root, self.options.get("inbox", "INBOX"))
        self.rc = self.write("rc", "IMAPAccount a\nHost 127.0.0.1\nPort %d\nUser %s\nPass \"%s\"\nSSLType None\nAuthMechs LOGIN\n\n"
                                   "IMAPStore there\nAccount a\n\nMaildirStore here\nPath %s/\nInbox %s\nSubFolders %s\n%s\n"
                                   "Channel c\nFar :there:\nNear :here:\nPatterns *\nCreate Both\nExpunge Both\n%sSyncState %s\n"
                             % (self.server.port, self.user, self.password, self.root, inbox, self.options.get("subfolders", "Verbatim"),
                                self.options.get("near", ""), self.options.get("channel", ""), self.options.get("state", "*")))

    def sync(self):
        return self.run("mbsync", "-c", self.rc, "c")


class OfflineImap(Mover):
    """Options: separator (of folders; its own default is ".")."""
    program = "offlineimap"

    def configure(self):
        separator = self.options.get("separator")
        self.rc = self.write("rc", "[general]\naccounts = A\nmetadata = %s/meta\nui = quiet\n\n[Account A]\nlocalrepository = L\nremoterepository = R\n"
                                   "\n[Repository L]\ntype = Maildir\nlocalfolders = %s\n%s\n"
                                   "[Repository R]\ntype = IMAP\nremotehost = 127.0.0.1\nremoteport = %d\nremoteuser = %s\nremotepass = %s\n"
                                   "ssl = no\nstarttls = no\n"
                             % (self.folder, self.root,
                                "sep = %s\n" % separator if separator else "", self.server.port, self.user, self.password))

    def sync(self):
        return self.run("offlineimap", "-c", self.rc, "-o", "-1")
