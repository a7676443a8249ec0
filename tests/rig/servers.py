"""Servers of other makes: each a small class on rig.daemon. IMAP servers first, then those of POP."""
import os
import shutil
import subprocess
import time

from . import scratch, unpack
from .daemon import NotHere, PASSWORD, USERS, Daemon

HERE = os.path.dirname(os.path.abspath(__file__))


def owner(folder):
    """The user that serves mail: root's servers refuse to be root. @return (uid, gid)"""
    if os.getuid() != 0:
        return os.getuid(), os.getgid()
    os.chown(folder, 8, 8)
    return 8, 8


class Twisted(Daemon):
    name = "twisted"
    packages = ("python3-twisted", "python3-attr", "python3-automat", "python3-bcrypt", "python3-constantly", "python3-hamcrest",
                "python3-idna", "python3-hyperlink", "python3-incremental", "python3-pkg-resources", "python3-pyasn1", "python3-pyasn1-modules",
                "python3-service-identity", "python3-zope.interface")
    programs = ("usr/bin/twistd3",)
    ports = 2
    wrong = "names of STATUS and literals unquoted, no UIDPLUS, no UIDNEXT at SELECT; a raw 8-bit header breaks BODY[HEADER]"

    def command(self):
        return ["/usr/bin/python3", "-B", os.path.join(HERE, "twisted_server.py"), os.path.join(self.folder, "mail"),
                *map(str, self.all_ports), *("%s=%s" % (u, PASSWORD) for u in USERS)]

    def environment(self):
        return {**super().environment(), "PYTHONPATH": os.path.join(self.root(), "usr", "lib", "python3", "dist-packages")}


class TwistedPop(Twisted):
    protocol, greeting = "pop", b"+OK"
    wrong = "its Maildir for POP does not work with Python 3 as it stands; two of its methods are replaced here"

    def start(self):
        super().start()
        return self

    def configure(self):
        self.all_ports.reverse()  # the first one greets
        self.port = self.all_ports[0]

    def command(self):
        command = super().command()
        command[4:6] = [command[5], command[4]]
        return command

    def deliver(self, user, messages):
        deliver(os.path.join(self.folder, "mail", user, "INBOX"), [bytes(m).replace(b"\r\n", b"\n") for m in messages])


_number = iter(range(1_000_000))


def deliver(maildir, messages):
    """Into a server's Maildir."""
    for name in ("cur", "new", "tmp"):
        os.makedirs(os.path.join(maildir, name), exist_ok=True)
    for data in messages:
        base = "%d.M%06dP%d.rig" % (time.time(), next(_number), os.getpid())
        with open(os.path.join(maildir, "tmp", base), "wb") as f:
            f.write(bytes(data))
        os.rename(os.path.join(maildir, "tmp", base), os.path.join(maildir, "new", base))


class Mailutils(Daemon):
    """GNU mailutils' imap4d over Maildirs; users of a virtual domain, so that none of the system's are asked."""
    name = "mailutils"
    packages = ("mailutils-imap4d", "mailutils-pop3d", "mailutils-common", "guile-3.0-libs", "libltdl7", "libmariadb3", "mariadb-common",
                "mysql-common", "libmailutils9", "libmu-dbm9", "liblzo2-2", "libkyotocabinet16v5", "libgsasl18", "libntlm0", "libgssglue1",
                "libwrap0", "libgdbm6", "libnsl2", "libtirpc3", "libpq5", "libidn12", "libp11-kit0")
    programs = ("usr/sbin/imap4d", "usr/sbin/pop3d")
    account = {"auth": ["login"]}
    keywords = False
    large = 2_000_000  # it takes a minute for 20 MB
    program, SETTING = "imap4d", "create-home-dir yes;\n"
    wrong = "names of STATUS unquoted, SCRAM offered without its kind of password, no keywords, no UIDPLUS"

    def configure(self):
        users = os.path.join(self.folder, "users")
        for name in ("users", "mail", "spool"):
            os.makedirs(os.path.join(self.folder, name), exist_ok=True)
        uid, gid = owner(os.path.join(self.folder, "mail"))
        owner(os.path.join(self.folder, "spool"))
        hashed = subprocess.run(["openssl", "passwd", "-6", PASSWORD], stdout=subprocess.PIPE, check=True).stdout.decode().strip()
        with open(os.path.join(users, "local"), "w") as f:
            for user in USERS:
                f.write("%s:%s:%d:%d::%s/mail/%s:/bin/sh\n" % (user, hashed, uid, gid, self.folder, user))
        with open(os.path.join(self.folder, "conf"), "w") as f:
            f.write("mode daemon;\nforeground yes;\npidfile %s/pid;\nlogging { syslog no; };\ntcp-wrappers { enable no; };\n"
                    "auth { authorization clear; authorization virtdomain; authentication clear; authentication generic; };\n"
                    "virtdomain { passwd-dir %s; };\nmailbox { mail-spool %s/spool; mailbox-type maildir; };\n"
                    "max-children 100;\n%sserver 127.0.0.1:%d { transcript no; };\n"
                    % (self.folder, users, self.folder, self.SETTING.replace("SPOOL", os.path.join(self.folder, "spool")), self.port))

    def command(self):
        return [os.path.join(self.root(), "usr/sbin", self.program), "--no-site-config", "--config-file=" + os.path.join(self.folder, "conf")]

    def new_user(self):
        user = super().new_user() + "@local"
        if self.protocol == "imap":
            with self.client(user) as client:
                client.select("INBOX")  # there is no INBOX before somebody looks at it
        return user


class MailutilsPop(Mailutils):
    protocol, greeting, program, SETTING = "pop", b"+OK", "pop3d", "mandatory-locking { lock-directory SPOOL; };\n"
    account = {}
    exact = False
    wrong = "writes a header of its own, X-UIDL, into each message whose UIDL is asked for; CAPA says EXPIRENEVER"

    def deliver(self, user, messages):
        name = user.partition("@")[0]
        path = os.path.join(self.folder, "mail", name)
        deliver(os.path.join(path, "INBOX"), [bytes(m).replace(b"\r\n", b"\n") for m in messages])
        if os.getuid() == 0:
            subprocess.run(["chown", "-R", "8:8", path], check=True)

    def new_user(self):
        user = super().new_user()
        self.deliver(user, [])
        return user


class GoImap(Daemon):
    """go-imap v1 over its backend in memory: one user, whose INBOX has one message from the start."""
    name = "go-imap"
    packages = ("golang-go", "golang-1.19-go", "golang-1.19-src", "golang-src", "golang-github-emersion-go-imap-dev",
                "golang-github-emersion-go-sasl-dev", "golang-golang-x-text-dev", "golang-github-emersion-go-textwrapper-dev",
                "golang-github-emersion-go-message-dev")
    programs = ("goimap",)
    password = "password"
    wrong = "PERMANENTFLAGS (\\*) alone, UIDVALIDITY 1 for ever, UIDs given twice, no UIDPLUS"

    @staticmethod
    def finish(root):
        """Build the server; the compiler goes again, which is half a gigabyte."""
        go, work = os.path.join(root, "usr", "lib", "go-1.19"), scratch.make("go")
        try:
            subprocess.run([os.path.join(go, "bin", "go"), "build", "-o", os.path.join(root, "goimap"), os.path.join(HERE, "goimap.go")],
                           env={"PATH": "/usr/bin:/bin", "HOME": work, "GO111MODULE": "off", "GOROOT": go, "CGO_ENABLED": "0",
                                "GOPATH": os.path.join(root, "usr", "share", "gocode"), "GOCACHE": work}, cwd=work, check=True, timeout=600)
        finally:
            scratch.remove(work)
        shutil.rmtree(os.path.join(root, "usr"))

    def command(self):
        return [os.path.join(self.root(), "goimap"), "127.0.0.1:%d" % self.port]

    def new_user(self):
        return self.again("username")


class Hoodiecrow(Daemon):
    """hoodiecrow-imap of npm, as it stands."""
    name = "hoodiecrow"
    NPM = "hoodiecrow-imap@2.1.0"
    plugins = ()
    password = "testpass"
    large = 3_000_000  # it takes a minute for 20 MB
    wrong = "no LITERAL+, no UIDPLUS, UIDs and dates of its own"

    @classmethod
    def fetch(cls):
        if not shutil.which("npm") or not shutil.which("node"):
            raise NotHere("no npm here")
        if os.path.isdir(os.path.join(cls.root(), "node_modules", "hoodiecrow-imap")):
            return
        work = scratch.make("npm")
        try:
            done = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", cls.NPM], cwd=work,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
            if done.returncode != 0:
                raise NotHere("npm install: " + done.stdout.decode(errors="replace")[-300:])
            os.makedirs(cls.root(), exist_ok=True)
            shutil.move(os.path.join(work, "node_modules"), cls.root())
        finally:
            scratch.remove(work)

    def command(self):
        return [shutil.which("node"), os.path.join(HERE, "hoodiecrow.js"), self.root(), str(self.port), *self.plugins]

    def new_user(self):
        return self.again("testuser")


class HoodiecrowFull(Hoodiecrow):
    plugins = ("ID", "ENABLE", "CONDSTORE", "IDLE", "LITERALPLUS", "NAMESPACE", "UNSELECT", "UIDPLUS", "MOVE", "SPECIAL-USE", "X-GM-EXT-1",
               "SASL-IR", "AUTH-PLAIN")
    wrong = "says X-GM-EXT-1 and is not Gmail, HIGHESTMODSEQ NIL"


class Popa3d(Daemon):
    """
    Openwall's popa3d over mbox files. It takes users from the system's files alone: it sees others of its own, in a name space of
    mounts. That wants root.
    """
    name, protocol, greeting = "popa3d", "pop", b"+OK"
    packages, programs, more = ("popa3d",), ("usr/sbin/popa3d",), ("equal",)
    wrong = "no CAPA; UIDL is a digest of Message-ID, Date and Received alone"
    PLACE = """set -e
mount --make-rprivate /
for one in passwd shadow; do mount --bind "$PLACE/$one" /etc/$one; done
mount --bind "$PLACE/pam" /etc/pam.d
mount --bind "$PLACE/spool" /var/mail
mount --bind "$PLACE/lib" /var/lib
exec "$@"
"""

    @classmethod
    def fetch(cls):
        if os.getuid() != 0 or subprocess.run(["unshare", "-m", "true"], stderr=subprocess.DEVNULL).returncode != 0:
            raise NotHere("popa3d wants root and a name space of mounts")
        super().fetch()

    def configure(self):
        for name in ("pam", "spool", "lib/popa3d"):
            os.makedirs(os.path.join(self.folder, name), exist_ok=True)
        hashed = subprocess.run(["openssl", "passwd", "-6", PASSWORD], stdout=subprocess.PIPE, check=True).stdout.decode().strip()
        with open(os.path.join(self.folder, "passwd"), "w") as f:
            f.write("root:x:0:0::/root:/bin/sh\npopa3d:x:65533:65533::/var/lib/popa3d:/bin/false\n")
            f.writelines("%s:x:8:8::/:/bin/sh\n" % user for user in USERS)
        with open(os.path.join(self.folder, "shadow"), "w") as f:
            f.write("root:*:19000:0:99999:7:::\npopa3d:*:19000:0:99999:7:::\n")
            f.writelines("%s:%s:19000:0:99999:7:::\n" % (user, hashed) for user in USERS)
        with open(os.path.join(self.folder, "pam", "popa3d"), "w") as f:
            f.write("auth required pam_unix.so\naccount required pam_unix.so\n")

    def environment(self):
        return {**super().environment(), "PLACE": self.folder}

    def command(self):
        return ["unshare", "-m", "sh", "-c", self.PLACE, "sh", "/usr/bin/python3", "-B", os.path.join(HERE, "inetd.py"), str(self.port),
                os.path.join(self.root(), "usr/sbin/popa3d")]

    def new_user(self):
        user = super().new_user()
        self.deliver(user, [])
        return user

    def deliver(self, user, messages):
        path = os.path.join(self.folder, "spool", user)
        with open(path, "ab") as f:
            for data in messages:
                text = bytes(data).replace(b"\r\n", b"\n")
                f.write(b"From rig@example.org Mon Jan  1 00:00:00 2024\n" + text + (b"" if text.endswith(b"\n") else b"\n") + b"\n")
        os.chmod(path, 0o600)
        os.chown(path, 8, 8)
