"""
A private Dovecot 2.3 on the loopback, in a folder of its own, as root or as anybody else.

It touches nothing of the system's Dovecot: its own configuration, sockets, log, certificate and mail. It runs in the
foreground as our child, so that it can be stopped by its id and waited for, and dies with a test that forgets it.

As a program:  python3 -m rig.dovecot --user ana=secret [--maildir] ...   prints one line of JSON and serves until SIGTERM.
"""
import argparse
import json
import os
import pwd
import grp
import shutil
import signal
import socket
import subprocess
import sys
import time

if __package__ in (None, ""):
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from rig import scratch, tls  # noqa: E402

START_TRIES = 4  # another program may take a port between our look and the server's
SPECIAL_USE = ("Sent", "Drafts", "Trash", "Junk", "Archive")


def program():
    """Path of dovecot, also where /usr/sbin is not in an ordinary user's PATH; None if it isn't installed."""
    return shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin:/usr/local/sbin:/sbin")


class Dovecot:
    """
    users       {name: password}
    format      sdbox, mdbox or maildir
    separator   between levels, prefix: of the personal namespace, "INBOX." for example
    capability  what is offered after login, word for word ("IMAP4rev1 UIDPLUS ..."); None: all that Dovecot has
    mechanisms  of SASL; who tests logging in adds SCRAM, whose 4,096 rounds cost more processor time than most tests' syncs
    quota       bytes a user may store, None: no limit
    special_use False: no \\Sent and so on; special-use mailboxes are made at the first login. {mailbox: use}: these
    plaintext   False: LOGIN is disabled until TLS is up
    pop3        also POP3 (needs dovecot-pop3d): ports pop_port, with STLS, and pops_port
    uidl        pop3_uidl_format
    """

    def __init__(self, users=None, format="sdbox", separator="/", prefix="", capability=None,
                 mechanisms=("plain", "login"), quota=None, special_use=True, plaintext=True,
                 extra="", certificate=None, pop3=False, uidl="%08Xu%08Xv"):
        self.users = dict(users or {"ana": "secret"})
        self.format, self.separator, self.prefix = format, separator, prefix
        self.capability, self.mechanisms, self.quota = capability, tuple(mechanisms), quota
        self.special_use, self.plaintext, self.extra = special_use, plaintext, extra
        self.pop3, self.uidl = pop3, uidl
        self.folder = scratch.make("dovecot")
        os.chmod(self.folder, 0o755)
        self.log = os.path.join(self.folder, "dovecot.log")
        self.errors = os.path.join(self.folder, "errors")
        self.conf = os.path.join(self.folder, "dovecot.conf")
        self.authority = tls.Authority(os.path.join(self.folder, "tls"))
        self.ca = self.authority.ca
        self.certificate, self.key = certificate or self.authority.certificate("server")
        self.port = self.tls_port = self.pop_port = self.pops_port = None
        self.process = None
        self._dropped = 0
        for name in ("base", "state", "mail", "home"):
            os.mkdir(os.path.join(self.folder, name))
        if os.getuid() == 0:
            self.uid, self.gid = pwd.getpwnam("mail").pw_uid, grp.getgrnam("mail").gr_gid
            for name in ("mail", "home"):
                os.chown(os.path.join(self.folder, name), self.uid, self.gid)
        else:
            self.uid, self.gid = os.getuid(), os.getgid()

    # -- configuration

    def _configuration(self):
        d = self.folder
        mine = ""
        if os.getuid() != 0:
            user, group = pwd.getpwuid(self.uid).pw_name, grp.getgrgid(self.gid).gr_name
            mine = ("default_internal_user = %s\ndefault_internal_group = %s\ndefault_login_user = %s\n"
                    % (user, group, user))
        uses = self.special_use if isinstance(self.special_use, dict) else {m: m for m in SPECIAL_USE}
        specials = "".join('  mailbox "%s" {\n    special_use = \\%s\n    auto = create\n  }\n' % use for use in uses.items())
        capability = "  imap_capability = %s\n" % self.capability if self.capability else ""
        quota = ""
        plugins = ""
        if self.quota is not None:
            quota = "plugin {\n  quota = count:User quota\n  quota_rule = *:storage=%dB\n  quota_vsizes = yes\n}\n" % self.quota
            plugins = "mail_plugins = quota\n"
        location = {"maildir": "maildir:%s/mail/%%u:LAYOUT=fs", "sdbox": "sdbox:%s/mail/%%u",
                    "mdbox": "mdbox:%s/mail/%%u"}[self.format] % d
        return f"""base_dir = {d}/base
state_dir = {d}/state
{mine}log_path = {self.log}
protocols = {"imap pop3" if self.pop3 else "imap"}
listen = 127.0.0.1
ssl = yes
ssl_cert = <{self.certificate}
ssl_key = <{self.key}
ssl_min_protocol = TLSv1.2
disable_plaintext_auth = {"no" if self.plaintext else "yes"}
login_trusted_networks =
auth_mechanisms = {" ".join(self.mechanisms)}
auth_failure_delay = 0
mail_location = {location}
first_valid_uid = 1
first_valid_gid = 1
mail_fsync = never
mail_max_userip_connections = 100
{plugins}{quota}namespace inbox {{
  inbox = yes
  separator = {self.separator}
  prefix = {self.prefix}
{specials if self.special_use else ""}}}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {d}/users
}}
userdb {{
  driver = static
  args = uid={self.uid} gid={self.gid} home={d}/home/%u
}}
service imap-login {{
  chroot =
  process_min_avail = 1
  service_count = 0
  client_limit = 200
  inet_listener imap {{
    address = 127.0.0.1
    port = {self.port}
  }}
  inet_listener imaps {{
    address = 127.0.0.1
    port = {self.tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
service imap {{
  process_limit = 256
}}
protocol imap {{
  mail_max_userip_connections = 100
{capability}{"  mail_plugins = quota imap_quota" + chr(10) if self.quota is not None else ""}}}
{self._pop3() if self.pop3 else ""}{self.extra}
"""

    def _pop3(self):
        return f"""service pop3-login {{
  chroot =
  process_min_avail = 1
  service_count = 0
  client_limit = 200
  inet_listener pop3 {{
    address = 127.0.0.1
    port = {self.pop_port}
  }}
  inet_listener pop3s {{
    address = 127.0.0.1
    port = {self.pops_port}
    ssl = yes
  }}
}}
service pop3 {{
  process_limit = 256
}}
protocol pop3 {{
  mail_max_userip_connections = 100
  pop3_uidl_format = {self.uidl}
  pop3_lock_session = yes
}}
"""

    # -- life

    def start(self, same_ports=False):
        """Start and wait until it answers. @return self"""
        dovecot = program()
        if dovecot is None:
            raise RuntimeError("dovecot is not installed (apt-get install dovecot-imapd)")
        with open(os.path.join(self.folder, "users"), "w") as f:
            for name, password in self.users.items():
                f.write("%s:{PLAIN}%s\n" % (name, password))
        for attempt in range(START_TRIES):
            if not same_ports:
                self.port, self.tls_port, self.pop_port, self.pops_port = scratch.free_ports(4)
            with open(self.conf, "w") as f:
                f.write(self._configuration())
            self.process = self._spawn(dovecot)
            if self._answers():
                return self
            errors = self._stop_process()
            if "Address already in use" not in errors + self.tail(50):
                break
        raise RuntimeError("dovecot did not start: %s\n%s" % (errors, self.tail(20)))

    def _spawn(self, dovecot):
        command = [dovecot, "-F", "-c", self.conf]
        if shutil.which("setpriv"):  # a test that is killed takes its server along
            command = ["setpriv", "--pdeathsig", "TERM"] + command
        # Errors go to a file: the server's children hold the descriptor, and a pipe would keep us waiting for all of them.
        with open(self.errors, "wb") as errors:
            return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors,
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
            time.sleep(0.02)
        return False

    def _stop_process(self):
        """Ask the master to end, wait for it, then for its children, whose session it leads. @return what it wrote"""
        if self.process is None:
            return ""
        session = self.process.pid
        if self.process.poll() is None:
            os.killpg(session, signal.SIGTERM)  # the master alone would wait some seconds for idle children
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None
        # A mail process notices the master's end by itself, but its files must not come back under the removal.
        try:
            os.killpg(session, signal.SIGTERM)
            until = time.monotonic() + 5
            while time.monotonic() < until:
                os.killpg(session, 0)
                time.sleep(0.01)
            os.killpg(session, signal.SIGKILL)
        except ProcessLookupError:
            pass
        with open(self.errors, errors="replace") as f:
            return f.read()

    def pause(self):
        """Stop and wait; start(same_ports=True) goes on."""
        self._stop_process()

    def stop(self):
        """Stop, wait, and remove the folder. May be called twice."""
        self._stop_process()
        scratch.remove(self.folder)

    def restart(self, **changes):
        """Same mail, other settings (capability=..., certificate=...). Ports change."""
        self._stop_process()
        for name, value in changes.items():
            if name == "certificate":
                self.certificate, self.key = value
            else:
                assert hasattr(self, name), name
                setattr(self, name, value)
        return self.start()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    # -- what a test asks

    def tail(self, lines=30):
        try:
            with open(self.log, errors="replace") as f:
                return "".join(f.readlines()[-lines:])
        except OSError:
            return ""

    def drop(self, user, messages):
        """Put messages (bytes) into a user's INBOX of a server with format="maildir", by way of tmp/, as an MDA does."""
        root = os.path.join(self.folder, "mail", user)
        for name in ("tmp", "new", "cur"):
            os.makedirs(os.path.join(root, name), exist_ok=True)
        for data in messages:
            self._dropped += 1
            base = "%d.M%06dP%d.rig" % (time.time(), self._dropped, os.getpid())
            with open(os.path.join(root, "tmp", base), "wb") as f:
                f.write(bytes(data))
            os.rename(os.path.join(root, "tmp", base), os.path.join(root, "new", base))
        if os.getuid() == 0:
            subprocess.run(["chown", "-R", "%d:%d" % (self.uid, self.gid), root], check=True)

    def doveadm(self, *args):
        """Run doveadm against this server; for what no IMAP client can do (a new UIDVALIDITY, a rewind)."""
        path = shutil.which("doveadm") or "/usr/bin/doveadm"
        done = subprocess.run([path, "-c", self.conf, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
        if done.returncode != 0:
            raise RuntimeError("doveadm %s: %s" % (" ".join(args), done.stderr.decode(errors="replace")))
        return done.stdout.decode(errors="replace")


def main():
    parser = argparse.ArgumentParser(description="A private Dovecot on the loopback, until SIGTERM.")
    parser.add_argument("--user", action="append", default=[], metavar="NAME=PASSWORD")
    parser.add_argument("--format", default="sdbox", choices=("sdbox", "mdbox", "maildir"))
    parser.add_argument("--separator", default="/")
    parser.add_argument("--prefix", default="")
    parser.add_argument("--capability")
    parser.add_argument("--quota", type=int)
    options = parser.parse_args()
    users = dict(u.split("=", 1) for u in options.user) or None
    stop = []
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.append(1))
    with Dovecot(users=users, format=options.format, separator=options.separator, prefix=options.prefix,
                 capability=options.capability, quota=options.quota) as server:
        print(json.dumps({"port": server.port, "tls_port": server.tls_port, "ca": server.ca, "folder": server.folder,
                          "pid": os.getpid()}), flush=True)
        while not stop:
            time.sleep(0.2)
    return 0


if __name__ == "__main__":
    sys.exit(main())
