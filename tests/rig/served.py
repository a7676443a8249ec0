"""
A Dovecot that serves the Maildir which golub keeps: doveadm by itself, without a server process. It refuses to work for root, so where the tests run as
root the tree belongs to another user while it works.
"""
import os
import pwd
import shutil
import subprocess

from . import scratch

CONFIG = """mail_location = maildir:{root}:LAYOUT=fs:INBOX={root}/INBOX
base_dir = {home}/base
first_valid_uid = 1
ssl = no
protocols = imap
namespace inbox {{
  inbox = yes
  separator = /
}}
"""


class Served:
    def __init__(self, root):
        self.root = root
        self.home = scratch.make("served")
        os.chmod(self.home, 0o755)
        self.conf = os.path.join(self.home, "dovecot.conf")
        with open(self.conf, "w") as f:
            f.write(CONFIG.format(root=root, home=self.home))
        self.user = pwd.getpwnam("mail") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
        self._open_way()

    @staticmethod
    def is_here():
        return shutil.which("doveadm") is not None and (os.getuid() != 0 or shutil.which("setpriv") is not None)

    def close(self):
        scratch.remove(self.home)

    def _open_way(self):
        """The other user has to get to the tree."""
        path = os.path.dirname(self.root)
        while os.getuid() == 0 and path not in ("/", "/tmp", "/dev", "/dev/shm"):
            os.chmod(path, os.stat(path).st_mode | 0o711)
            path = os.path.dirname(path)

    def _own(self):
        if os.getuid() != 0:
            return
        for folder, _, names in os.walk(self.root):
            for path in [folder, *(os.path.join(folder, name) for name in names)]:
                os.chown(path, self.user.pw_uid, self.user.pw_gid, follow_symlinks=False)

    def doveadm(self, *args):
        self._own()
        command = ["doveadm", "-c", self.conf, *args]
        if os.getuid() == 0:
            command = ["setpriv", "--reuid", self.user.pw_name, "--regid", str(self.user.pw_gid), "--clear-groups", *command]
        done = subprocess.run(command, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": self.home, "USER": self.user.pw_name},
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
        if done.returncode != 0:
            raise RuntimeError("doveadm %s: %s" % (" ".join(args), done.stderr.decode(errors="replace")))
        return done.stdout.decode()

    def change(self, what, words, mailbox, *query):
        """what: add, remove or replace"""
        self.doveadm("flags", what, " ".join(words), "mailbox", mailbox, *query)

    def keywords(self, mailbox):
        """{subject: keywords}"""
        out = {}
        for part in self.doveadm("fetch", "hdr.subject flags", "mailbox", mailbox, "all").split("\f"):
            fields = dict(line.split(": ", 1) for line in part.splitlines() if ": " in line)
            if "hdr.subject" in fields:
                out[fields["hdr.subject"]] = sorted(w for w in fields.get("flags", "").split() if not w.startswith("\\"))
        return out
