"""`golub import`, mpop, getmail6 and fetchmail behind the face of clients.Program."""
import glob
import glob
import os
import re
import shutil
import subprocess

from clients import Golub, Program
from rig.golub import binary


class Import(Golub):
    """golub on a POP account; keep = forever, as with the others."""

    def __init__(self, tools, user):
        super().__init__(tools, user, 0)

    def point(self, port):
        self.account.set(server="pop3://127.0.0.1:%d" % port)

    def command(self):
        return [binary(), "import", "bench"]


class Maildrop(Program):
    """What the three others have in common: a Maildir that has to be there, a configuration that only we may read."""
    statuses = range(256)  # fetchmail's 1 is "no mail"; what was not done is seen by the files

    def __init__(self, tools, user):
        super().__init__(tools)
        self.user = user
        self.root = self.home.path_of("Mail", self.name.replace(" ", "-"))
        for sub in ("cur", "new", "tmp"):
            os.makedirs(os.path.join(self.inbox, sub), mode=0o700)
        self.secret = "cat '%s'" % self.home.write("secret", "secret\n")  # where a command may be asked, as golub does

    @property
    def inbox(self):
        return os.path.join(self.root, "INBOX")

    @classmethod
    def version(cls):
        out = subprocess.run([cls.program, "--version"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
        found = re.search(r"\d+\.\d[\w.]*", out)
        return "%s %s" % (cls.title, found.group(0) if found else "?")

    @classmethod
    def available(cls):
        return shutil.which(cls.program) is not None


class Mpop(Maildrop):
    """pipelining: auto (its default: where CAPA names it), on, off"""
    name = program = title = "mpop"
    durable = "mpop: fsync of each message"

    def __init__(self, tools, user, pipelining="auto"):
        self.pipelining = pipelining
        if pipelining != "auto":
            self.name = "mpop " + pipelining
        super().__init__(tools, user)
        self.rc = self.home.path_of("mpoprc")

    def point(self, port):
        self.home.write("mpoprc", (
            "account bench\nhost 127.0.0.1\nport %d\nuser %s\npasswordeval %s\nauth user\ntls off\nkeep on\n"
            "pipelining %s\nreceived_header off\nuidls_file %s\ndelivery maildir %s\n"
            % (port, self.user, self.secret, self.pipelining, self.home.path_of("uidls"), self.inbox)))

    def command(self):
        return ["mpop", "-C", self.rc, "-q", "bench"]


class Getmail(Maildrop):
    name, program, title = "getmail6", "getmail", "getmail6"
    durable = "getmail6: fsync of each message, in a child of its own; kept on one processor, where its wait for that works"
    WHO = "mail"  # root it refuses to deliver as

    def point(self, port):
        for path in glob.glob(self.home.path_of("getmail", "oldmail-127.0.0.1-*")):  # another port is another server to it
            os.rename(path, self.home.path_of("getmail", "oldmail-127.0.0.1-%d-%s" % (port, self.user)))
        self.home.write("getmail/getmailrc", (
            "[retriever]\ntype = SimplePOP3Retriever\nserver = 127.0.0.1\nport = %d\nusername = %s\n"
            "password_command = (\"cat\", \"%s\")\n"
            "timeout = 60\n\n[destination]\ntype = Maildir\npath = %s/\n\n"
            "[options]\nread_all = false\ndelete = false\ndelivered_to = false\nreceived = false\nverbose = 0\n"
            % (port, self.user, self.home.path_of("secret"), self.inbox)))
        # What it had before stands in a file that has the port in its name: behind the relay it would fetch everything again.
        known = glob.glob(self.home.path_of("getmail/oldmail-127.0.0.1-*-%s" % self.user))
        here = self.home.path_of("getmail/oldmail-127.0.0.1-%d-%s" % (port, self.user))
        if known and here not in known:
            shutil.copyfile(max(known, key=os.path.getmtime), here)

    def command(self):
        # On one processor: it forks for each message, and where the child has ended before it waits for it, it waits in vain.
        mine = ["taskset", "-c", "0", "getmail", "-q", "-g", self.home.path_of("getmail"), "-r", "getmailrc"]
        if os.getuid() != 0:
            return mine
        subprocess.run(["chown", "-R", self.WHO + ":", self.home.path], check=True)
        return ["setpriv", "--reuid", self.WHO, "--regid", self.WHO, "--clear-groups", *mine]


class Fetchmail(Maildrop):
    name = program = title = "fetchmail"
    durable = "fetchmail: none of its own; it starts an MDA for each message, here a small one with an fsync"

    def point(self, port):
        mda = "%s %s" % (os.path.join(self.tools, "bench_mda"), self.inbox)
        self.home.write("fetchmailrc", (
            "set no syslog\nset idfile \"%s\"\npoll 127.0.0.1 protocol pop3 port %d auth password uidl:\n"
            "  username \"%s\" password \"secret\" keep sslproto \"\" no rewrite mda \"%s\"\n"
            % (self.home.path_of("fetchids"), port, self.user, mda)))

    def command(self):
        return ["fetchmail", "--silent", "--invisible", "--nosyslog", "-f", self.home.path_of("fetchmailrc"),
                "--pidfile", self.home.path_of("fetchmail.pid")]


OTHERS = (Mpop, Getmail, Fetchmail)
