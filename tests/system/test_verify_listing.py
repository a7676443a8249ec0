"""golub verify where the server's list of a mailbox is not what it counts, has a line that says too little, or is refused."""
import re
import unittest

from base import main
from rig import bent, in_memory  # noqa: F401
from rig.golub import Account, Home


class VerifyListingTest(unittest.TestCase):
    def setUp(self):
        self.server = bent.BentServer(capabilities=bent.MODERN).__enter__()
        self.addCleanup(self.server.__exit__, None, None, None)
        self.home = Home().__enter__()
        self.addCleanup(self.home.__exit__, None, None, None)
        self.account = Account(self.home, "imap://127.0.0.1:%d" % self.server.port, tls="none", timeout=5)
        self.box = self.server.mailboxes["INBOX"]
        for n in range(6):
            self.box.add(b"Subject: %d\r\n\r\nThis is %d.\r\n" % (n, n))
        for _ in range(2):
            self.assertEqual(self.home.run("sync").code, 0)

    def bend(self, commands, change):
        self.server.bend = lambda ask: change(ask) if ask.command in commands and ask.mailbox == "INBOX" else None

    def verify(self, *options, expect=1):
        result = self.home.run("verify", *options)
        self.assertEqual(result.code, expect, result)
        return result.out + result.err

    def test_what_is_counted_and_not_listed_is_not_called_equal(self):
        self.bend(("SELECT", "EXAMINE"), lambda ask: [re.sub(rb"6 EXISTS", b"8 EXISTS", p) for p in ask.truth()])
        said = self.verify()
        self.assertIn("2 ", said)
        self.assertIn("the server counts more than it lists", said)
        self.server.bend = None
        self.verify(expect=0)

    def test_fewer_counted_than_listed_is_mail_that_came_meanwhile(self):
        self.bend(("SELECT", "EXAMINE"), lambda ask: [re.sub(rb"6 EXISTS", b"5 EXISTS", p) for p in ask.truth()])
        self.verify(expect=0)

    def test_a_line_without_flags_is_not_called_equal(self):
        self.bend(("UID FETCH",), lambda ask: [re.sub(rb"FLAGS \([^)]*\) ?", b"", p) if b"UID 3 " in p else p
                                               for p in ask.truth()])
        self.assertIn("without its flags", self.verify())

    def test_what_was_never_listed_is_not_said_to_be_listed(self):
        for commands in (("SELECT", "EXAMINE"), ("UID FETCH",)):
            with self.subTest(commands):
                self.bend(commands, lambda ask: [ask.no("not today")])
                said = self.verify("--server")
                self.assertIn("not today", said)
                self.assertNotIn("the server lists it", said)


if __name__ == "__main__":
    main()
