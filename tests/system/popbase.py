"""What the tests of `golub import` have: a Dovecot with POP3 for a class or a POP server in memory for a test, an account, what is here."""
import collections
import json
import os
import shutil
import sqlite3
import subprocess

from base import (BUSY, CONFIG, HELD, LOGIN, NETWORK, OK, PASSWORD, SOME, USERS, Account, Dovecot, Home, HomeTest, Proxy,
                  main)
import schema_check
from rig import popclient, scratch
from rig.maildir import Maildir
from rig.popserver import PopServer

DAY = 86400
SCHEMA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "contrib", "golub.schema.json")


def shrinks(wire):
    """Every line feed has one carriage return before it, and there are no others."""
    return wire.count(b"\r\n") == wire.count(b"\n") == wire.count(b"\r")


def file_form(wire):
    """What stands in the file: LF where that can be undone, else the bytes as they came."""
    return wire.replace(b"\r\n", b"\n") if shrinks(wire) else wire


class ImportTest(HomeTest):
    """Steps and checks that need a home and an account; which server it is does not matter."""
    account, proxy = None, None

    def pop_account(self, port, name="post", user="ana", home=None, **extras):
        keys = {"tls": "none", "timeout": 10, **extras}
        keys = {k: v for k, v in keys.items() if v is not None}
        scheme = keys.pop("scheme", "pop3")
        home = home or self.home
        account = Account(home, "%s://127.0.0.1:%d" % (scheme, port), user, PASSWORD, name, **keys)
        return account

    def import_(self, *options, expect=OK, account=None, **more):
        """One `golub import`; counts and dialogue of the proxy begin anew."""
        if self.proxy is not None:
            self.proxy.reset()
        account = account or self.account
        return self.check(account.home.run("import", account.name, *options, **more), expect)

    def counts(self, *options, **more):
        """A run with --json. @return the counts of its result"""
        result = self.import_("--json", *options, **more)
        return next(e["counts"] for e in result.of("result") if e.get("account"))

    def downloads(self, *options, **more):
        return self.counts(*options, **more)["down_new"]

    def mail_in_status(self):
        """What status counts, from its JSON; every line is valid."""
        with open(SCHEMA) as f:
            schema = json.load(f)
        events = [json.loads(line) for line in self.run_golub("status", self.account.name, "--json").out.splitlines()]
        for event in events:
            self.assertFalse(schema_check.validate(event, schema), event)
        return next(e["mail"] for e in events if "mail" in e)

    # -- what is here

    def here(self, mailbox="INBOX", account=None):
        return (account or self.account).maildir.files(mailbox)

    def assert_here(self, messages, mailbox="INBOX", account=None):
        """Exactly these messages, each once, byte for byte in the form a file has."""
        want = collections.Counter(popclient.digest(file_form(bytes(m))) for m in messages)
        have = collections.Counter(popclient.digest(f.bytes()) for f in self.here(mailbox, account))
        if want != have:
            sample = [f.bytes()[:200] for f in self.here(mailbox, account) if popclient.digest(f.bytes()) in have - want]
            self.fail("%d messages are missing in %s, %d are too many\n%r%s" % (
                sum((want - have).values()), mailbox, sum((have - want).values()), sample[:5], self.evidence()))

    def snapshot(self, home=None):
        """Everything below the home: equal only if nobody wrote anything anywhere."""
        return Maildir((home or self.home).path).snapshot()

    def tmp_is_empty(self, mailbox="INBOX", account=None):
        folder = os.path.join((account or self.account).maildir.folder(mailbox), "tmp")
        self.assertEqual(os.listdir(folder), [])

    # -- the journal, looked at and made older

    def pop_rows(self, account=None):
        """Rows of the POP table as dicts, from a copy: of the messages that the last list had."""
        path = (account or self.account).journal_path()
        copy = scratch.make("journal")
        try:
            for end in ("", "-wal"):
                if os.path.exists(path + end):
                    shutil.copy(path + end, os.path.join(copy, "j" + end))
            db = sqlite3.connect(os.path.join(copy, "j"))
            db.row_factory = sqlite3.Row
            rows = [dict(r) for r in db.execute("SELECT * FROM %s WHERE absent = 0" % self.pop_table(db))]
            db.close()
            return rows
        finally:
            scratch.remove(copy)

    def folders_are_not_new(self, account=None):
        """A tree that a test has copied has other birth times: the journal forgets those it knows."""
        db = sqlite3.connect((account or self.account).journal_path())
        with db:
            db.execute("UPDATE pop_folder SET born = 0")
        db.close()

    @staticmethod
    def pop_table(db):
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'"):
            if {"uidl", "since"} <= {c[1] for c in db.execute("PRAGMA table_info(%s)" % name)}:
                return name
        raise AssertionError("the journal has no table with uidl and since")

    def pass_days(self, days, account=None):
        """What was stored was stored so many days earlier."""
        db = sqlite3.connect((account or self.account).journal_path())
        with db:
            db.execute("UPDATE pop SET since = since - ?1, missed = missed - ?1 * (missed <> 0),"
                       " absent = absent - ?1 * (absent <> 0)", (int(days * DAY),))
        db.close()

    # -- small disks

    def tmpfs(self, path, size):
        """A file system of that size over a folder; skips where one can't be mounted."""
        os.makedirs(path, exist_ok=True)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=%s,mode=700" % size, "tmpfs", path], stderr=subprocess.DEVNULL,
                          check=False).returncode != 0:
            self.skipTest("a small file system can't be mounted here")
        self.addCleanup(subprocess.run, ["umount", "-l", path], check=False)


class DovecotTest(ImportTest):
    """A user of a real server, behind a proxy."""
    server_options, account_options = {}, {}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        options = {"format": "maildir", "pop3": True, "special_use": False, "users": {u: PASSWORD for u in USERS},
                   **cls.server_options}
        cls.server = Dovecot(**options)
        cls.addClassCleanup(cls.server.stop)
        cls.server.start()
        cls._users = iter(list(options["users"]))

    def setUp(self):
        super().setUp()
        self.user = next(self._users)
        self.proxy = Proxy(self.server.pop_port).start()
        self.addCleanup(self.proxy.stop)
        self.account = self.pop_account(self.proxy.port, user=self.user, **self.account_options)

    def evidence(self):
        return dialogue(self.proxy) + "\n--- server's log (end)\n" + self.server.tail(15)

    def through(self, **options):
        """From now on through a new proxy with these options."""
        self.proxy.stop()
        self.proxy = Proxy(self.server.pop_port, **options).start()
        self.addCleanup(self.proxy.stop)
        self.account.set(server="pop3://127.0.0.1:%d" % self.proxy.port)

    def given(self, count, **more):
        """So many messages on the server. @return their bytes"""
        more.setdefault("median", 1500)
        return self.drop([m.bytes for m in self.corpus.messages(count, edge=more.pop("edge", False), **more)])

    def drop(self, messages):
        self.server.drop(self.user, messages)
        return list(messages)

    def there(self):
        """The server's messages, as it gives them to anybody."""
        return popclient.messages(self.server.pop_port, self.user, PASSWORD)

    def count_there(self):
        with popclient.PopClient(self.server.pop_port, self.user, PASSWORD) as client:
            return client.count()

    def remove_there(self, *numbers):
        with popclient.PopClient(self.server.pop_port, self.user, PASSWORD) as client:
            for n in numbers:
                client.ask(b"DELE %d" % n)


class ScriptTest(ImportTest):
    """A server in memory that answers as a test wants."""

    def evidence(self):
        return "\n--- commands\n%s" % "\n".join(repr(line[:200]) for line in self.server.lines[-60:]) if self.server else ""

    server = None

    def serve(self, messages=(), name="post", account=True, extras=None, **options):
        """Start a server and make (or turn) the account to it. @return the server"""
        self.server = PopServer(messages, **options)
        self.server.__enter__()
        self.addCleanup(self.server.__exit__)
        if account and self.account is None:
            self.account = self.pop_account(self.server.port, name=name, **(extras or {}))
        elif account:
            self.account.set(server="pop3://127.0.0.1:%d" % self.server.port)
        return self.server

    def mails(self, count, what="mail"):
        return [self.corpus.simple("%s %d" % (what, n)).bytes for n in range(count)]

    def say_nothing_strange(self, result):
        for c in result.out + result.err:
            self.assertTrue(c >= " " and c != "\x7f" or c in "\n\t", "a control byte of the server reached the terminal: %r" % c)

    def assert_nothing_marked(self):
        self.assertEqual(self.server.asked(rb"DELE\b"), [], self.evidence())


def dialogue(proxy, last=60):
    return "\n--- dialogue (end)\n" + "\n".join(
        "%d %s %r" % (c, "C:" if way == "up" else "S:", data[:1500]) for c, way, data in proxy.dialogue[-last:])


__all__ = ["ImportTest", "DovecotTest", "ScriptTest", "PopServer", "Account", "Dovecot", "Home", "Proxy", "popclient", "file_form",
           "shrinks", "dialogue", "main", "OK", "SOME", "CONFIG", "HELD", "LOGIN", "NETWORK", "BUSY", "PASSWORD", "DAY"]
