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

    def test_the_smallest_is_sent_to_it_next_time_and_large_mail_less_often_the_longer_it_is_full(self):
        for n in range(1, 4):
            self.account.maildir.deliver("INBOX", mail(n, 200_000 + 20_000 * n).replace(b"\r\n", b"\n"))
        self.taken_by_a_run()

        for later, sent in ((600, 1), (660, 0), (800, 1), (900, 0), (1100, 1), (6 * HOUR, 1), (6 * HOUR + 2000, 0), (7 * HOUR + 9, 1)):
            self.assertIn(self.taken_by_a_run(later), range(220_000 * sent, 221_000 * sent + 1), later)
        self.account.maildir.deliver("INBOX", mail(4, 1000).replace(b"\r\n", b"\n"))
        self.assertEqual([self.taken_by_a_run(7 * HOUR + 600) in range(1000, 1200) for _ in range(3)], [True] * 3)

    def test_all_goes_up_once_there_is_room(self):
        for n in range(1, 4):
            self.account.maildir.deliver("INBOX", mail(n, 200_000).replace(b"\r\n", b"\n"))
        self.taken_by_a_run()
        self.taken_by_a_run()
        self.full = False

        self.assertEqual(self.home.run("sync").code, 0)

        self.assertEqual(len(self.server.mailboxes["INBOX"].messages), 4)

    def test_what_waits_says_for_how_long(self):
        self.account.maildir.deliver("INBOX", mail(1, 200_000).replace(b"\r\n", b"\n"))
        self.taken_by_a_run()
        self.taken_by_a_run(HOUR)

        result = self.home.run("sync", env=ahead.by(HOUR))

        self.assertRegex(result.err, r"full.*asked again within the hour")


if __name__ == "__main__":
    main()
