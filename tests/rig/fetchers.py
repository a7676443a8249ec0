"""
Programs that fetch by POP3 and keep a list of what they have, as Debian has them: getmail 6, mpop, fetchmail. What they fetch goes nowhere, or into
a folder of a Maildir; `list` is the path of the list.
"""
import os
import shutil
import subprocess

from . import scratch


class Fetcher:
    """Leaves the mail on the server. into: the folder that gets it; None: it goes nowhere."""
    program = None
    ENDED = (0,)

    def __init__(self, port, user, password, into=None):
        self.folder = scratch.make(self.program)
        self.port, self.user, self.password = port, user, password
        # As root getmail gives mail to a command alone.
        self.deliver = self.write("deliver", "#!/bin/sh\n" + (
            "f=$(mktemp '%s/tmp/XXXXXXXX') && cat > \"$f\" && mv \"$f\" '%s/new'\n" % (into, into) if into else "cat > /dev/null\n"))
        os.chmod(self.deliver, 0o700)
        self.configure()

    @classmethod
    def is_here(cls):
        return shutil.which(cls.program) is not None

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with open(path, "w") as f:
            f.write(text)
        os.chmod(path, 0o600)
        return path

    def run(self, *args):
        done = subprocess.run(args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300,
                              cwd=self.folder, env={"PATH": os.environ["PATH"], "HOME": self.folder})
        if done.returncode not in self.ENDED:
            raise AssertionError("%s ended with %d\n%s" % (self.program, done.returncode, done.stdout.decode(errors="replace")))
        return done.stdout.decode(errors="replace")

    def configure(self):
        raise NotImplementedError

    def fetch(self):
        """What is new since the last time. @return its output"""
        raise NotImplementedError

    @property
    def list(self):
        raise NotImplementedError

    def lines(self):
        with open(self.list, "rb") as f:
            return f.read().splitlines(keepends=True)

    def close(self):
        scratch.remove(self.folder)


class Getmail(Fetcher):
    program = "getmail"

    def configure(self):
        self.write(".getmail/getmailrc", "[retriever]\ntype = SimplePOP3Retriever\nserver = 127.0.0.1\nport = %d\nusername = %s\n"
                                         "password = %s\n[destination]\ntype = MDA_external\npath = %s\nallow_root_commands = true\n"
                                         "ignore_stderr = true\n[options]\nread_all = false\ndelete = false\nverbose = 0\n"
                   % (self.port, self.user, self.password, self.deliver))

    def fetch(self):
        """It waits for the command that delivers in a way that misses its end now and then, and says so: it is run once more then."""
        try:
            return self.run("getmail")
        except AssertionError as missed:
            if "waiting child pid" not in str(missed):
                raise
            return self.run("getmail")

    @property
    def list(self):
        return os.path.join(self.folder, ".getmail", "oldmail-127.0.0.1-%d-%s" % (self.port, self.user))


class Mpop(Fetcher):
    program = "mpop"

    def configure(self):
        self.write(".mpoprc", "account a\nhost 127.0.0.1\nport %d\nuser %s\npassword \"%s\"\ntls off\nauth user\nkeep on\n"
                              "delivery mda \"%s\"\n" % (self.port, self.user, self.password, self.deliver))

    def fetch(self):
        return self.run("mpop", "-q", "a")

    @property
    def list(self):
        return os.path.join(self.folder, ".mpop_uidls", "%s_at_127.0.0.1" % self.user)


class Fetchmail(Fetcher):
    program = "fetchmail"
    ENDED = (0, 1)  # 1: nothing is new

    def configure(self):
        self.write(".fetchmailrc", "poll 127.0.0.1 protocol pop3 port %d uidl\n user \"%s\" password \"%s\" keep sslproto ''\n"
                                   " mda \"%s\"\n" % (self.port, self.user, self.password, self.deliver))

    def fetch(self):
        return self.run("fetchmail", "--nodetach", "--silent")

    @property
    def list(self):
        return os.path.join(self.folder, ".fetchids")
