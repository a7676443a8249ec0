"""A server that is full, and takes the bytes of a message before it says so."""
import unittest

from base import main
from rig import ahead, bent
from rig.golub import Account, Home

HOUR = 3600


def mail(n, size):
    return b"Subject: %d\r\nMessage-ID: <%d@mail.example>\r\n\r\n%s\r\n" % (n, n, b"x" * size)


class FullTest(unittest.TestCase):
    def setUp(self):
        self.server = self.enter(bent.BentServer())
        self.home = self.enter(Home())
        self.account = Account(self.home, "imap://127.0.0.1:%d" % self.server.port, tls="none", timeout=5)
        self.server.mailboxes["INBOX"].add(mail(0, 10))
        self.home.run("sync")
        self.taken, self.full = 0, True
        self.server.bend = self.bend

    def enter(self, what):
        self.addCleanup(what.__exit__, None, None, None)
        return what.__enter__()

    def bend(self, ask):
        if ask.command == "APPEND" and self.full:
            self.taken += sum(len(literal) for literal in ask.literals)
            return [ask.no("[OVERQUOTA] full")]
        return None

    def taken_by_a_run(self, later=0):
        self.taken = 0
        result = self.home.run("sync", env=ahead.by(later))
        self.assertEqual(result.code, 1, result)
        return self.taken

    def test_large_mail_is_sent_to_it_once_an_hour_and_small_mail_by_each_run(self):
        for n in range(1, 4):
            self.account.maildir.deliver("INBOX", mail(n, 200_000).replace(b"\r\n", b"\n"))
        self.taken_by_a_run()

        self.assertEqual([self.taken_by_a_run() for _ in range(3)], [0, 0, 0])
        self.assertIn(self.taken_by_a_run(HOUR), range(200_000, 210_000))
        self.assertEqual(self.taken_by_a_run(HOUR), 0)
        self.account.maildir.deliver("INBOX", mail(4, 1000).replace(b"\r\n", b"\n"))
        self.assertEqual([self.taken_by_a_run(HOUR) in range(1000, 1200) for _ in range(3)], [True] * 3)


if __name__ == "__main__":
    main()
