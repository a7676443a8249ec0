"""On the wire: a server whose HIGHESTMODSEQ went back, while its messages kept their numbers."""
import os
import unittest

from base import main
from rig import bent, in_memory  # noqa: F401
from rig.golub import Account, Home


class ModseqBehindTest(unittest.TestCase):
    def setUp(self):
        self.server = bent.BentServer(capabilities=bent.MODERN).__enter__()
        self.addCleanup(self.server.__exit__, None, None, None)
        self.home = Home().__enter__()
        self.addCleanup(self.home.__exit__, None, None, None)
        self.account = Account(self.home, "imap://127.0.0.1:%d" % self.server.port, tls="none", timeout=5,
                               max_delete="off")
        self.box = self.server.mailboxes["INBOX"]
        for n in range(8):
            self.box.add(b"Subject: %d\r\n\r\nThis is %d.\r\n" % (n, n))
        for _ in range(2):
            self.assertEqual(self.home.run("sync").code, 0)

    def remove_here(self, *numbers):
        for f in self.account.maildir.files("INBOX"):
            if any(b"This is %d." % n in f.bytes() for n in numbers):
                os.unlink(f.path)

    def there(self):
        return [m.uid for m in self.box.messages]

    def test_a_removal_does_not_wait_for_ever(self):
        self.box.modseq -= 6
        self.remove_here(1, 6, 7)
        for _ in range(3):
            result = self.home.run("sync")
        self.assertEqual((result.code, self.there()), (0, [1, 3, 4, 5, 6]), result)

    def test_what_another_client_changes_in_between_stays(self):
        """It gets a number that is below its own one, and UNCHANGEDSINCE can't tell."""
        self.box.modseq -= 6
        self.remove_here(6, 7)
        changed = []

        def bend(ask):
            if ask.command == "UID STORE" and b"UNCHANGEDSINCE" in ask.args and not changed and late(ask):
                changed.append(1)
                self.box.flag(8, "+", ["\\Flagged"])
            return None

        def late(ask):
            return any(b" MODSEQ)" in line for line in self.lines)
        self.lines = []
        self.server.bend = lambda ask: (self.lines.append(ask.args), bend(ask))[1]
        for _ in range(3):
            self.home.run("sync")
        self.assertEqual(changed, [1], self.lines)
        self.server.bend = None
        self.assertIn(8, self.there())
        self.assertEqual(self.box.messages[-1].flags, {"\\Flagged"})

    def test_a_change_on_a_right_server_keeps_the_message(self):
        self.remove_here(7)
        changed = []

        def bend(ask):
            if ask.command == "UID STORE" and not changed:
                changed.append(1)
                self.box.flag(8, "+", ["\\Flagged"])
        self.server.bend = bend
        self.home.run("sync")
        self.assertIn(8, self.there())


if __name__ == "__main__":
    main()
