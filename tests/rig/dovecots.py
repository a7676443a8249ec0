"""Dovecot as people really run it: other formats, plugins, shared and public mailboxes, limits. Each is a rig.dovecot with lines more."""
import glob
import os
import re
import subprocess

from .daemon import PASSWORD, USERS, NotHere, Server
from .dovecot import Dovecot, program

PLUGINS = "/usr/lib/dovecot/modules"


class DovecotServer(Server):
    """A subclass says what is special in options() and in lines of dovecot.conf, extra(folder)."""
    walk = "dovecot"
    format = "sdbox"
    needs = ()  # plugins

    @classmethod
    def fetch(cls):
        if program() is None:
            raise NotHere("dovecot is not installed (apt-get install dovecot-imapd)")
        for plugin in cls.needs:
            if not glob.glob("%s/lib*_%s_plugin.so" % (PLUGINS, plugin)):
                raise NotHere("this Dovecot has no plugin %s" % plugin)

    def options(self):
        return {}

    def extra(self, folder):
        """Lines of dovecot.conf"""
        return ""

    def start(self):
        self.fetch()
        self.server = Dovecot(users={u: PASSWORD for u in USERS}, format=self.format, special_use=False, **self.options())
        self.folder = self.server.folder
        self.server.extra = self.extra(self.folder)
        self.server.start()
        self.port = self.server.port
        return self

    def stop(self):
        self.server.stop()

    def tail(self, lines=15):
        return self.server.tail(lines)

    def own(self, path):
        """Give a path to the user that serves mail."""
        if os.getuid() == 0:
            subprocess.run(["chown", "-R", "%d:%d" % (self.server.uid, self.server.gid), path], check=True)


class DovecotMdbox(DovecotServer):
    format = "mdbox"


class DovecotZlib(DovecotServer):
    needs, more = ("zlib",), ("damaged",)
    format = "maildir"
    wrong = "one message whose compressed file is damaged ends the line at its FETCH"

    def extra(self, folder):
        return "mail_plugins = $mail_plugins zlib\nplugin {\n  zlib_save = gz\n}\n"

    def damage(self, user):
        """Break the compressed file of one message of INBOX, in its middle."""
        paths = sorted(glob.glob(os.path.join(self.folder, "mail", user, "[cn]*", "*")))
        path = paths[len(paths) // 2]
        with open(path, "r+b") as f:
            f.seek(os.path.getsize(path) // 2)
            f.write(b"\xff" * 20)


class DovecotSizes(DovecotServer):
    """Maildir with sizes in the files' names, one of which is wrong since its file was edited."""
    format, more = "maildir", ("damaged",)
    wrong = "one message whose size is cached wrong ends the line at its FETCH"

    def damage(self, user):
        paths = sorted(p for p in glob.glob(os.path.join(self.folder, "mail", user, "[cn]*", "*")) if ",S=" in p)
        path = paths[len(paths) // 2]
        os.rename(path, re.sub(r",W=\d+", "", re.sub(r",S=\d+", ",S=99999", path)))


class DovecotShared(DovecotServer):
    needs, more = ("acl", "imap_acl"), ("shared",)
    account = {"mailboxes": ["*", "shared/*"]}  # only what is named is taken of others' mailboxes
    wrong = "mailboxes of others in a shared name space, which may be read and not changed"

    def extra(self, folder):
        return ("mail_plugins = $mail_plugins acl\nprotocol imap {\n  mail_plugins = $mail_plugins acl imap_acl\n}\n"
                "namespace shared {\n  type = shared\n  separator = /\n  prefix = shared/%%%%u/\n"
                "  location = sdbox:%s/mail/%%%%u\n  list = yes\n  subscriptions = no\n}\n"
                "plugin {\n  acl = vfile\n  acl_shared_dict = file:%s/state/shared.db\n}\n") % (folder, folder)

    def start(self):
        super().start()
        self.own(os.path.join(self.folder, "state"))
        return self


class DovecotPublic(DovecotServer):
    needs, more = ("acl", "imap_acl"), ("readonly",)
    account = {"mailboxes": ["*", "Public/*"]}
    KEEPER = USERS[-1]  # may do everything
    wrong = "public mailboxes that nobody may change: SELECT says READ-ONLY, APPEND and MOVE [NOPERM]"

    def extra(self, folder):
        with open(os.path.join(folder, "acl"), "w") as f:
            for name in ("Public", "Public/*"):
                f.write("%s user=%s lrwstipekxa\n%s anyone lr\n" % (name, self.KEEPER, name))
        return ("mail_plugins = $mail_plugins acl\nprotocol imap {\n  mail_plugins = $mail_plugins acl imap_acl\n}\n"
                "namespace public {\n  type = public\n  separator = /\n  prefix = Public/\n"
                "  location = sdbox:%s/mail/public\n  list = children\n  subscriptions = no\n}\n"
                "plugin {\n  acl = vfile:%s/acl\n}\n") % (folder, folder)


class DovecotQuota(DovecotServer):
    """Little room, and a plugin that throws away from Trash to make some."""
    needs, more = ("quota", "imap_quota", "trash"), ("full",)
    ROOM = 3_000_000
    large = 1_000_000
    wrong = "[OVERQUOTA] at APPEND; old mail in Trash goes by itself"

    def options(self):
        return {"quota": self.ROOM}

    def extra(self, folder):
        with open(os.path.join(folder, "trash.conf"), "w") as f:
            f.write("1 Trash\n")
        return ("mail_plugins = $mail_plugins quota trash\nprotocol imap {\n  mail_plugins = $mail_plugins quota trash imap_quota\n}\n"
                "plugin {\n  trash = %s/trash.conf\n}\n" % folder)


class DovecotVirtual(DovecotServer):
    needs, more = ("virtual",), ("virtual",)
    wrong = "a virtual mailbox shows each message a second time; nothing can be appended to it"

    def extra(self, folder):
        path = os.path.join(folder, "virtual", "All")
        os.makedirs(path, exist_ok=True)
        with open(os.path.join(path, "dovecot-virtual"), "w") as f:
            f.write("INBOX\nWork\n  all\n")
        self.own(os.path.join(folder, "virtual"))
        return ("mail_plugins = $mail_plugins virtual\nnamespace virtual {\n  separator = /\n  prefix = virtual/\n"
                "  location = virtual:%s/virtual:INDEX=%s/home/%%u/virtual\n  list = yes\n  subscriptions = no\n}\n" % (folder, folder))


class DovecotExpunged(DovecotServer):
    """lazy_expunge: what is expunged moves to a mailbox that everybody sees."""
    needs = ("lazy_expunge",)
    wrong = "what is expunged comes up again in another mailbox"
    hidden = False

    def extra(self, folder):
        return ("mail_plugins = $mail_plugins lazy_expunge\nnamespace expunged {\n  separator = /\n  prefix = EXPUNGED/\n"
                "  location = sdbox:%s/home/%%u/expunged\n  list = %s\n  hidden = %s\n  subscriptions = no\n}\n"
                "plugin {\n  lazy_expunge = EXPUNGED/\n}\n" % (folder, "no" if self.hidden else "children", "yes" if self.hidden else "no"))


class DovecotExpungedHidden(DovecotExpunged):
    hidden = True
    wrong = "what is expunged is kept where nobody sees it"


class DovecotOneConnection(DovecotServer):
    single, more = True, ("busy",)
    wrong = "a second connection of the same user is refused"

    def extra(self, folder):
        return "protocol imap {\n  mail_max_userip_connections = 1\n}\n"


class DovecotHibernate(DovecotServer):
    more = ("idle",)
    wrong = "a connection in IDLE is put away after a second and comes back when something happens"

    def extra(self, folder):
        return ("imap_hibernate_timeout = 1s\nservice imap {\n  unix_listener imap-master {\n    mode = 0666\n  }\n}\n"
                "service imap-hibernate {\n  unix_listener imap-hibernate {\n    mode = 0666\n  }\n}\n")

    def at_work(self):
        """How many processes have a session that is not put away."""
        found = 0
        for path in glob.glob("/proc/[0-9]*/stat"):
            try:
                with open(path) as f:
                    name, _, rest = f.read().rpartition(") ")
            except OSError:
                continue
            found += name.partition("(")[2] == "imap" and int(rest.split()[3]) == self.server.process.pid
        return found


ALL = (DovecotMdbox, DovecotZlib, DovecotSizes, DovecotShared, DovecotPublic, DovecotQuota, DovecotVirtual, DovecotExpunged,
       DovecotExpungedHidden, DovecotOneConnection, DovecotHibernate)
