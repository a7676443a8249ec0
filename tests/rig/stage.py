"""
One scene, played many times: the mail of one user on the server and the user's home are kept as copies and brought back, so
that each of hundreds of deaths begins at the same state and costs two copies of some small files instead of a new user.

A scene stands at fixed paths, since the journal knows where its Maildir is. Copies may be brought back in any order: that is
how a test does something else while an unanswered command settles.
"""
import itertools
import os
import shutil
import signal
import sqlite3
import subprocess
import time

from . import scratch

OPEN_STATES = ("01", "03", "08")  # of /proc/net/tcp: ESTABLISHED, SYN_RECV, CLOSE_WAIT (the client left, the server has not yet)


class Stage:
    """server: a Dovecot that runs; user: one of its users; home: a rig.golub.Home"""

    def __init__(self, server, user, home):
        self.server, self.home = server, home
        self.mail = os.path.join(server.folder, "mail", user)
        self.shelf = scratch.make("stage")
        self._numbers = itertools.count(1)

    def close(self):
        scratch.remove(self.shelf)

    def _connected(self):
        """Whether a connection to the server is still open at its side. The kernel holds it from the client's first packet, so
        this also sees one that waits to be taken, or whose login has not made its session yet: no process shows those."""
        ports = {p for p in (self.server.port, self.server.tls_port, self.server.pop_port, self.server.pops_port) if p}
        with open("/proc/net/tcp") as f:
            next(f)
            for line in f:
                _, local, _, state = line.split(None, 4)[:4]
                if state in OPEN_STATES and int(local.rpartition(":")[2], 16) in ports:
                    return True
        return False

    def sessions(self):
        """Sessions of the server that are open: [(pid, "imap" | "pop3")]. They write until they end."""
        session, found = self.server.process.pid, []
        for pid in os.listdir("/proc"):
            if pid.isdigit():
                try:
                    with open("/proc/%s/stat" % pid) as f:
                        name, _, rest = f.read().rpartition(") ")
                except OSError:
                    continue
                kind = name.partition("(")[2]
                if kind in ("imap", "pop3") and int(rest.split()[3]) == session:
                    found.append((int(pid), kind))
        return found

    def quiet(self, seconds=20):
        """Wait until nobody is connected or logged in: what a dead client had asked for is done then."""
        began = time.monotonic()
        while True:
            connected = self._connected()  # before the processes: a session outlives its connection, none begins without one
            sessions = self.sessions()
            waited = time.monotonic() - began
            if not sessions and not connected:
                return
            if waited > seconds:
                raise AssertionError("sessions of the server do not end\n" + self.server.tail(20))
            # Dovecot 2.3.19: a POP3 session whose client dies while answers to many commands are under way may watch its
            # socket no more and stay for its ten minutes of patience. Without QUIT it removes nothing, so it may be ended.
            if waited > 1:
                for pid, kind in sessions:
                    if kind == "pop3":
                        os.kill(pid, signal.SIGTERM)
                time.sleep(0.2)
            time.sleep(0.005)

    def _parts(self, only):
        return [(path, part) for path, part in ((self.mail, "mail"), (self.home.path, "home")) if only in (None, part)]

    def keep(self, only=None):
        """A copy of the scene as it is, or of its "mail" or "home" only. Clients must be closed. @return its name"""
        self.quiet()
        copy = os.path.join(self.shelf, "%d" % next(self._numbers))
        os.mkdir(copy)
        for path, part in self._parts(only):
            subprocess.run(["cp", "-a", path, os.path.join(copy, part)], check=True)
        return copy

    @staticmethod
    def _pass_for_the_original(home):
        """golub tells a copied Maildir by birth times, and holds removals for it: here the copy is only a short cut."""
        for folder, _, files in os.walk(home):
            if "journal.db" not in files:
                continue
            with sqlite3.connect(os.path.join(folder, "journal.db")) as db:
                if db.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'place'").fetchone() == (1,):
                    db.execute("UPDATE place SET born = ''")
                    db.execute("DELETE FROM meta WHERE k IN ('root-born', 'mark-born')")
            db.close()

    def bring(self, copy, only=None, last=False):
        """The scene as it was, or a part of it. last: the copy is not needed again."""
        self.quiet()
        for path, part in self._parts(only):
            shutil.rmtree(path)
            if last:
                os.rename(os.path.join(copy, part), path)
            else:
                subprocess.run(["cp", "-a", os.path.join(copy, part), path], check=True)
            if part == "home":
                self._pass_for_the_original(path)
        if last:
            shutil.rmtree(copy)
