"""A server that rewrites what it is given: a line more in the header, another body. Its messages are never those of the files, byte for byte."""
import os
import re
import shutil
import unittest

from base import main
from rig import bent
from rig.golub import Account, Home

WAYS = {"a line before the header": lambda data: b"X-Server: was here\r\n" + data,
        "a line in the header": lambda data: data.replace(b"Message-ID:", b"X-Organization: abc\r\nMessage-ID:", 1),
        "another body": lambda data: data.replace(b"\r\n\r\n", b"\r\nContent-Transfer-Encoding: base64\r\n\r\nVGhpcw==", 1)}


# What is known of servers: the message is the same to whoever reads it.
GENTLE = {"8-bit header recoded": lambda data: data.replace("Grüße".encode(), b"=?utf-8?q?Gr=C3=BC=C3=9Fe?="),
          "refolded": lambda data: re.sub(rb"(?m)^(Subject|From): ", rb"\1:\r\n ", data),
          "Status dropped": lambda data: re.sub(rb"(?m)^Status: .*\r\n", b"", data),
          "Bcc stripped": lambda data: re.sub(rb"(?m)^Bcc: .*\r\n", b"", data),
          "date of another zone": lambda data: data.replace(b"12:00:00 +0000", b"14:00:00 +0200")}


def eight_bits(to):
    """Another byte for each that a header may not have: Cyrus writes X."""
    def way(data):
        header, blank, body = data.partition(b"\r\n\r\n")
        return re.sub(rb"[\x80-\xff]", to, header) + blank + body
    return way


# ... and has as many bytes as before.
AS_LONG = {"X for eight bits": eight_bits(b"X"),
           "a question mark for eight bits": eight_bits(b"?"),
           "date of another zone": GENTLE["date of another zone"]}
GENTLE.update(AS_LONG)


def letter(n):
    return ("From: Ana <ana@example.org>\r\nTo: ben@example.org\r\nBcc: cyd@example.org\r\nSubject: Grüße %d\r\n"
            "Date: Mon, 13 Nov 2023 12:00:00 +0000\r\nMessage-ID: <%d@mail.example>\r\nStatus: RO\r\n\r\nThis is %d.\r\n" % (n, n, n)).encode()


def letter_with_more(n):
    return letter(n) + b"That is what it says, whoever gives it a name of his own.\r\n"


def twice(n):
    """Two by two they say the same of themselves."""
    return letter_with_more(n).replace(b"%d\r\n" % n, b"%d\r\n" % (n // 2))


def own_id(data):
    return re.sub(rb"(?m)^Message-ID: <", b"Message-ID: <server.", data)


def mail(n):
    return b"Subject: %d\r\nMessage-ID: <%d@mail.example>\r\n\r\nThis is %d.\r\n" % (n, n, n)


class RewritingTest(unittest.TestCase):
    def given(self, capabilities, way):
        def bend(ask):
            if ask.command == "APPEND":
                ask.literals = [way(literal) for literal in ask.literals]

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
                    self.given(capabilities, WAYS[way])
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

    def given_files_that_were_sent(self, count, write=letter):
        self.home.run("sync")
        for n in range(2, count):
            self.account.maildir.deliver("INBOX", write(n).replace(b"\r\n", b"\n"))
        self.home.run("sync")
        self.home.run("sync")
        self.assertEqual(self.counts(), (count, count))

    def file_of(self, n, mailbox="INBOX"):
        return [f for f in self.account.maildir.files(mailbox) if b"<%d@mail.example>" % n in f.bytes()][0]

    def act(self, what, file):
        """What a reader does with a file that was sent. @return where the message is then"""
        maildir, label = self.account.maildir, file.bytes().replace(b"\n\n", b"\nX-Label: later\n\n", 1)
        if what in ("label", "save"):
            maildir.put("INBOX" if what == "label" else "Other", label, "S", file.date)
        if what == "copy":
            maildir.copy(file, "Other")
        elif what == "move":
            maildir.move(file, "Other", rename=True)
        else:
            os.unlink(file.path)
        return {"label": (1, 0), "save": (0, 1), "copy": (1, 1), "move": (0, 1), "remove": (0, 0)}[what]

    def test_what_was_sent_and_has_as_many_bytes_as_before_is_still_that_message(self):
        """It goes, or moves, as it should; and nobody takes it for a sign that the server went back in time."""
        for way, rewrite in AS_LONG.items():
            for what in ("label", "save", "copy", "move", "remove"):
                if what == "remove" and "zone" in way:
                    continue  # nothing is left here that could tell
                with self.subTest(way=way, what=what):
                    self.assertEqual(len(rewrite(letter(2))), len(letter(2)))
                    self.given(bent.PLAIN, rewrite)
                    self.server.make("Other")
                    self.given_files_that_were_sent(6)
                    os.unlink(self.file_of(0).path)
                    inbox, other = self.act(what, self.file_of(3))

                    said = self.home.run("sync").out
                    for _ in range(2):
                        result = self.home.run("sync")

                    self.assertEqual(result.code, 0, result)
                    self.assertNotIn("another message", said)
                    self.assertEqual(self.counts(), (4 + inbox, 4 + inbox))
                    self.assertEqual((len(self.account.maildir.files("Other")), len(self.server.mailboxes["Other"].messages)), (other, other))

    def when_the_journal_is_lost_and_the_uids_are_others(self):
        shutil.rmtree(self.account.state)
        self.box.validity += 50
        for n, message in enumerate(self.box.messages):
            message.uid = n + 1

    def test_a_journal_that_is_lost_and_another_uidvalidity_together(self):
        for capabilities in (bent.PLAIN, bent.PLAIN.replace(" UIDPLUS", "")):
            for way, rewrite in GENTLE.items():
                with self.subTest(way=way, capabilities=capabilities):
                    self.assertNotEqual(rewrite(letter(2)), letter(2))
                    self.given(capabilities, rewrite)
                    self.given_files_that_were_sent(5)

                    self.when_the_journal_is_lost_and_the_uids_are_others()

                    for _ in range(2):
                        result = self.home.run("sync")
                    self.assertEqual(result.code, 0, result)
                    self.assertEqual(self.counts(), (5, 5))

    def test_three_messages_with_one_more_line_end_each_say_that_the_server_adds_it(self):
        for way in (lambda data: data + b"\r\n", lambda data: data + b"\r\n\r\n"):
            for count in (8, 40):
                with self.subTest(count=count):
                    self.given(bent.PLAIN, way)
                    self.given_files_that_were_sent(count)

                    self.when_the_journal_is_lost_and_the_uids_are_others()

                    for _ in range(2):
                        result = self.home.run("sync")
                    self.assertEqual(result.code, 0, result)
                    self.assertEqual(self.counts(), (count, count))

    def test_two_of_them_say_nothing(self):
        """Two messages may differ by no more than that: both stay, on both sides."""
        self.given(bent.PLAIN, lambda data: data + b"\r\n")
        self.given_files_that_were_sent(4)

        self.when_the_journal_is_lost_and_the_uids_are_others()
        self.server.bend = None
        self.home.run("sync")

        self.assertEqual(self.home.run("sync").code, 0)
        self.assertEqual(self.counts(), (6, 6))

    def test_where_one_is_longer_here_they_say_nothing(self):
        self.given(bent.PLAIN, lambda data: data + b"\r\n")
        self.given_files_that_were_sent(5)
        self.box.add(letter(9))

        self.when_the_journal_is_lost_and_the_uids_are_others()
        self.account.maildir.deliver("INBOX", letter(9).replace(b"\r\n", b"\n") + b"\n")
        self.server.bend = None
        self.home.run("sync")

        self.assertEqual(self.home.run("sync").code, 0)
        self.assertEqual(self.counts(), (10, 10))

    def test_a_message_that_gets_another_message_id_is_what_it_was(self):
        for count in (5, 40):
            with self.subTest(count=count):
                self.given(bent.PLAIN, own_id)
                self.given_files_that_were_sent(count, letter_with_more)

                self.when_the_journal_is_lost_and_the_uids_are_others()

                for _ in range(2):
                    result = self.home.run("sync")
                self.assertEqual(result.code, 0, result)
                self.assertEqual(self.counts(), (count, count))

    def test_where_its_body_is_a_word_or_it_is_there_twice_many_wait(self):
        for write in (letter, twice):
            with self.subTest(write=write.__name__):
                self.given(bent.PLAIN, own_id)
                self.given_files_that_were_sent(40, write)

                self.when_the_journal_is_lost_and_the_uids_are_others()

                for _ in range(2):
                    result = self.home.run("sync")
                    self.assertEqual(result.code, 3, result)
                    self.assertEqual(self.counts(), (40, 40))

    def test_another_body_or_another_reader_is_another_message(self):
        for other in (lambda n: letter_with_more(n).replace(b"whoever", b"Whoever"),
                      lambda n: letter_with_more(n).replace(b"ben@", b"dan@")):
            with self.subTest():
                self.given(bent.PLAIN, bytes)
                self.home.run("sync")
                shutil.rmtree(self.account.state)
                for n in range(4):
                    self.box.add(own_id(other(n)))
                    self.account.maildir.deliver("INBOX", letter_with_more(n).replace(b"\r\n", b"\n"))

                self.home.run("sync")

                self.assertEqual(self.home.run("sync").code, 0)
                self.assertEqual(self.counts(), (10, 10))


if __name__ == "__main__":
    main()
