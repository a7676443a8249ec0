"""What every system test has: a Dovecot for its class, and for each test a user, a home, a proxy and a second client."""
import collections
import os
import sys
import unittest
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from rig import killer  # noqa: E402
from rig.corpus import Corpus  # noqa: E402
from rig.dovecot import SPECIAL_USE, Dovecot  # noqa: E402
from rig.golub import Account, Home, binary  # noqa: E402
from rig.imapclient import Client  # noqa: E402
from rig.maildir import FLAGS  # noqa: E402
from rig.proxy import Proxy  # noqa: E402

SHOWN = {flag.lower(): flag for flag in FLAGS.values()}  # flags that a file name can show
PASSWORD = "correct horse"
NIGHTLY = bool(os.environ.get("GOLUB_NIGHTLY"))
PROGRAM = os.environ.get("GOLUB_BIN")
PLAIN = not NIGHTLY and os.environ.get("GOLUB_BIN_PLAIN")  # contrib/check.sh: without sanitizers; two of three tests take it, a third of the time
PRINT = 'INSERT INTO "print" '  # a line of a journal's dump
BY_THE_CLOCK = (PRINT, """INSERT INTO "meta" VALUES('leftovers',""")  # what a killed run left in tmp/ goes once it is old enough
USERS = ["u%02d" % n for n in range(100)]
OK, SOME, CONFIG, HELD, LOGIN, NETWORK, BUSY = range(7)  # exit status


def one_in(share, place=0):
    """
    Class decorator. The same story in another dress (a separator, a layout): of the tests that a class inherits every third runs, if `share` is 3, beginning
    with number `place`. All of them run with GOLUB_NIGHTLY=1, or where the class is named on the command line.
    """
    def choose(cls):
        if NIGHTLY or any(cls.__name__ in arg for arg in sys.argv[1:]):
            return cls
        told = [n for n in sorted(dir(cls)) if n.startswith("test_") and n not in vars(cls) and getattr(cls, n) is not None]
        for number, name in enumerate(told):
            if number % share != place:
                setattr(cls, name, unittest.skip("one in %d of these; all with GOLUB_NIGHTLY=1" % share)(getattr(cls, name)))
        return cls
    return choose


def shown(flags):
    return frozenset(SHOWN[f.lower()] for f in flags if f.lower() in SHOWN)


def only_shown(tree):
    """The tree without keywords that only the server can store."""
    out = {}
    for mailbox, messages in tree.items():
        out[mailbox] = collections.Counter()
        for (digest, flags, date), count in messages.items():
            out[mailbox][digest, shown(flags), date] += count
    return out


class HomeTest(unittest.TestCase):
    """A home and no server: configuration and command line."""
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        binary()

    def setUp(self):
        if PLAIN and zlib.crc32(self.id().encode()) % 3:
            os.environ["GOLUB_BIN"] = PLAIN
            self.addCleanup(os.environ.__setitem__, "GOLUB_BIN", PROGRAM)
        self.home = Home()
        self.addCleanup(self.home.close)
        self.corpus = Corpus(zlib.crc32(self.id().encode()))

    def check(self, result, code):
        """The run ended with this exit status. @return the result"""
        if result.code != code:
            self.fail("exit status %d expected\n%s%s" % (code, result, self.evidence()))
        return result

    def evidence(self):
        """What else a failure should show."""
        return ""

    def run_golub(self, *args, expect=OK, **more):
        return self.check(self.home.run(*args, **more), expect)


class SystemTest(HomeTest):
    server_class = Dovecot
    server_options = {}    # of it
    account_options = {}   # keys of the account
    separator, prefix = "/", ""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        options = dict(cls.server_options)
        options.setdefault("users", {u: PASSWORD for u in USERS})
        cls.separator, cls.prefix = options.get("separator", cls.separator), options.get("prefix", cls.prefix)
        cls.server = cls.server_class(**options)
        cls.addClassCleanup(cls.server.stop)
        cls.server.start()
        cls._users = iter(list(options["users"]))

    def setUp(self):
        super().setUp()
        self.user = next(self._users)
        self.proxy = Proxy(self.server.port).start()
        self.addCleanup(self.proxy.stop)
        self.client = self.new_client()
        self.account = self.new_account("work")
        self.maildir = self.account.maildir

    def new_client(self, user=None):
        client = Client(self.server.port, user or self.user, PASSWORD, self.separator, self.prefix)
        self.addCleanup(client.close)
        return client

    def new_account(self, name, home=None, **extras):
        """An account of the same user behind the proxy; in another home it is another laptop."""
        keys = {"tls": "none", **self.account_options, **extras}
        return Account(home or self.home, "imap://127.0.0.1:%d" % self.proxy.port, self.user, PASSWORD, name, **keys)

    def another_home(self):
        home = Home()
        self.addCleanup(home.close)
        return home

    def through(self, **options):
        """From now on through a new proxy with these options (cuts, stalls, delays). Its port is another: the account follows."""
        self.proxy.stop()
        self.proxy = Proxy(self.server.port, **options).start()
        self.addCleanup(self.proxy.stop)
        self.account.set(server="imap://127.0.0.1:%d" % self.proxy.port)

    def evidence(self):
        lines = []
        for connection, way, data in self.proxy.dialogue[-60:]:
            lines.append("%d %s %r" % (connection, "C:" if way == "up" else "S:", data[:1500]))
        return "\n--- dialogue (end)\n%s\n--- server's log (end)\n%s" % ("\n".join(lines), self.server.tail(15))

    # -- steps

    def sync(self, *options, expect=OK, account=None, **more):
        """One sync; counts and dialogue of the proxy begin anew."""
        self.proxy.reset()
        return self.check((account or self.account).sync(*options, **more), expect)

    def given_both_sides(self, messages=(), mailbox="INBOX"):
        """These messages are on the server and here, in sync. @return their UIDs"""
        if mailbox not in self.client.mailboxes():
            self.client.create(mailbox)
        uids = self.client.fill(mailbox, messages)
        self.sync()
        self.assert_same()
        return uids

    # -- what must hold

    def assert_same(self, dates=True, account=None):
        """Both sides hold the same mailboxes and messages, with the same flags and dates."""
        there = only_shown(self.client.tree(dates))
        here = (account or self.account).maildir.tree(dates)
        if there == here:
            return
        lines = []
        for name in sorted(set(there) | set(here)):
            if name not in there or name not in here:
                lines.append("%s: only %s" % (name, "on the server" if name in there else "here"))
                continue
            for side, a, b in (("on the server", there, here), ("here", here, there)):
                for (digest, flags, date), count in (a[name] - b[name]).items():
                    lines.append("%s: only %s: %d x %s %s date %s" % (name, side, count, digest[:12],
                                                                       " ".join(sorted(flags)) or "-", date))
        self.fail("the two sides differ\n%s%s" % ("\n".join(lines[:60]), self.evidence()))

    def assert_nothing_changed_there(self):
        self.assertEqual(self.proxy.changing(), [], self.evidence())

    def assert_idempotent(self, account=None):
        """A second sync changes nothing on the wire and in the Maildir; a third writes no row of the journal."""
        account = account or self.account
        before = account.maildir.snapshot()
        self.proxy.reset()
        result = self.check(account.sync_traced(), OK)
        self.assert_nothing_changed_there()
        self.assertEqual(account.mail_calls(result), [])
        self.assertEqual(account.maildir.snapshot(), before)
        self.assertNotIn(b"BODY.PEEK[]", self.proxy.stream("up").upper())

        rows = account.journal_dump()
        self.assertTrue(rows, "no journal found below %s" % account.state)
        self.proxy.reset()
        self.check(account.sync(), OK)
        self.assert_nothing_changed_there()
        after = account.journal_dump()
        # What was sent is looked at for ten seconds more, by the clock: any run may be the first one after them.
        self.assertEqual([r for r in after if not r.startswith(BY_THE_CLOCK)], [r for r in rows if not r.startswith(BY_THE_CLOCK)])
        self.assertEqual([r for r in after if r.startswith(PRINT) and r not in rows], [])

    def assert_verified(self, account=None, unequal=()):
        """
        golub verify, which reads every file and every body, finds both sides and the journal equal.

        @param unequal  classes of the differences that the test ends with on purpose: just these are found
        """
        account = account or self.account
        self.proxy.reset()
        result = self.check(account.home.run("verify", account.name, "--server", "--json"), SOME if unequal else OK)
        self.assertEqual(sorted({e["class"] for e in result.of("verify") if e["fault"]}), sorted(unequal), result)
        self.assertEqual([e["status"] for e in result.of("result") if "verified" in e], [result.code], result)
        self.assert_nothing_changed_there()

    def assert_in_sync(self, account=None, unequal=()):
        """@param unequal  of assert_verified"""
        self.assert_same(account=account)
        self.assert_idempotent(account)
        self.assert_verified(account, unequal)

    def flags_here(self, message, mailbox="INBOX"):
        return self.maildir.find(mailbox, message).flags

    def flags_there(self, message, mailbox="INBOX"):
        found = [m.flags for m in self.client.messages(mailbox) if m.digest == message.digest]
        self.assertEqual(len(found), 1, "%d copies of the message in %s" % (len(found), mailbox))
        return found[0]

    def is_there(self, message, mailbox="INBOX"):
        return self.client.uid_of(mailbox, message) is not None

    def quarantined(self):
        folder = os.path.join(self.account.state, "quarantine")
        return os.listdir(folder) if os.path.isdir(folder) else []


class Dying:
    """golub dies just before and just after steps of a run. die(scene, at, after) of a subclass plays it; at 0 it lives. @return its steps"""
    deaths = 10  # of each scene, where not all of them are died

    def again(self):
        self.doCleanups()
        self.setUp()

    def places_to_die(self, steps):
        return [(s, after) for s in steps for after in (False, True)] if NIGHTLY else killer.choose(steps, self.deaths)

    def sweep(self, scene):
        for step, after in self.places_to_die(self.die(scene, 0, False)):
            self.again()
            with self.subTest("%s %s" % ("after" if after else "before", step)):
                self.die(scene, step.number, after)


def main():
    unittest.main(verbosity=2)


__all__ = ["SystemTest", "HomeTest", "main", "OK", "SOME", "CONFIG", "HELD", "LOGIN", "NETWORK", "BUSY", "PASSWORD",
           "SPECIAL_USE", "Account", "Client", "Corpus", "Dovecot", "Home", "Proxy", "only_shown", "shown"]
