"""Cyrus IMAP: QRESYNC, LIST-STATUS, MULTIAPPEND and MOVE, but not as Dovecot has them."""
import os
import shutil
import unittest

import test_matrix
from base import main
from makesbase import AtCyrus
from walk import ServerWalk
from walk_goes import MailboxesGo


class CyrusWalk(AtCyrus, MailboxesGo, ServerWalk):
    def test_which_mailbox_is_which_is_not_asked_with_the_numbers(self):
        """3.6 tells freed memory there."""
        self.sync()
        self.assertIn(b"OBJECTID", self.proxy.stream("down"))
        asked = [line for line in self.proxy.sent() if b"MAILBOXID" in line]
        self.assertTrue(asked)
        self.assertEqual([line for line in asked if b"MESSAGES" in line], [])
        self.assertRegex(self.proxy.stream("down"), rb"STATUS \S+ \(UIDVALIDITY \d+ MAILBOXID \([A-Za-z0-9_-]+\)\)")

    def test_what_has_eight_bits_in_its_header_is_the_same_with_their_x(self):
        """It stores X for each such byte."""
        self.sync()
        for n in range(6):
            self.maildir.put("INBOX", ("From: Ana <a@example.org>\nSubject: Grüße %d\nDate: Mon, 13 Nov 2023 12:00:00 +0000\nMessage-ID: <%d@x>\n\nbody\n"
                                       % (n, n)).encode(), "S")
        self.sync()
        self.assertEqual(self.client.status("INBOX")["messages"], 6)
        self.assertIn(b"Subject: GrXXXXe", self.client.body("INBOX", self.client.messages("INBOX", bodies=False)[0].uid))
        os.unlink(self.maildir.files("INBOX")[0].path)
        self.sync()
        self.sync()
        self.assertEqual((self.client.status("INBOX")["messages"], len(self.maildir.files("INBOX"))), (5, 5))

        shutil.rmtree(self.account.state)

        self.sync()
        self.sync()
        self.assertEqual((self.client.status("INBOX")["messages"], len(self.maildir.files("INBOX"))), (5, 5))


class CyrusMatrix(CyrusWalk, test_matrix.Matrix):
    pass


class CyrusDotsMatrix(CyrusMatrix):
    server_options = {"separator": ".", "prefix": "INBOX."}


def load_tests(loader, _tests, _pattern):
    name = "test_each_operation_ends_with_both_sides_the_same"
    return unittest.TestSuite([loader.loadTestsFromTestCase(CyrusWalk), CyrusMatrix(name), CyrusDotsMatrix(name)])


if __name__ == "__main__":
    main()
