"""A server that rewrites what it is given: a line more in the header, another body. Its messages are never those of the files, byte for byte."""
import unittest

from base import main
from rig import bent
from rig.golub import Account, Home

WAYS = {"a line before the header": lambda data: b"X-Server: was here\r\n" + data,
        "a line in the header": lambda data: data.replace(b"Message-ID:", b"X-Organization: abc\r\nMessage-ID:", 1),
        "another body": lambda data: data.replace(b"\r\n\r\n", b"\r\nContent-Transfer-Encoding: base64\r\n\r\nVGhpcw==", 1)}


def mail(n):
    return b"Subject: %d\r\nMessage-ID: <%d@mail.example>\r\n\r\nThis is %d.\r\n" % (n, n, n)


class RewritingTest(unittest.TestCase):
    def given(self, capabilities, way):
        def bend(ask):
            if ask.command == "APPEND":
                ask.literals = [WAYS[way](literal) for literal in ask.literals]

        self.server = bent.BentServer(capabilities=capabilities).__enter__()
        self.addCleanup(self.server.__exit__, None, None, None)
        self.home = Home().__enter__()
        self.addCleanup(self.home.__exit__, None, None, None)
        self.account = Account(self.home, "imap://127.0.0.1:%d" % self.server.port, tls="none", timeout=5)
        self.box = self.server.mailboxes["INBOX"]
        self.server.bend = bend
        for n in range(2):
            self.box.add(mail(n))

    def counts(self):
        return len(self.account.maildir.files("INBOX")), len(self.box.messages)

    def test_what_it_made_of_a_file_is_known_under_another_uidvalidity(self):
        for capabilities in (bent.PLAIN, bent.PLAIN.replace(" UIDPLUS", "")):
            for way in WAYS:
                with self.subTest(way=way, capabilities=capabilities):
                    self.given(capabilities, way)
                    self.home.run("sync")
                    for n in range(2, 5):
                        self.account.maildir.deliver("INBOX", mail(n).replace(b"\r\n", b"\n"))
                    self.home.run("sync")
                    self.assertEqual(self.home.run("sync").code, 0)
                    self.assertEqual(self.counts(), (5, 5))
                    self.box.validity += 50
                    for n, message in enumerate(self.box.messages):
                        message.uid = n + 1

                    for _ in range(3):
                        result = self.home.run("sync")

                    self.assertEqual(result.code, 0, result)
                    self.assertEqual(self.counts(), (5, 5))


if __name__ == "__main__":
    main()
