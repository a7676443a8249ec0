"""What Debian's mbsync leaves instead of a message that is larger than its MaxSize: nobody's mail."""
import os
import re

from base import PASSWORD, SystemTest, main
from rig.corpus import Mail
from rig.movers import Mbsync

SIZE = 20000


class PlaceholderTest(SystemTest):
    server_options = {"special_use": False}

    def message(self, name, size=200):
        return Mail(b"From: a@example.org\r\nSubject: %s\r\nDate: Fri, 1 Jan 2010 00:00:00 +0000\r\nMessage-ID: <%s@example.org>\r\n\r\n"
                    % (name.encode(), name.encode()) + b"x" * 70 + b"\r\n" + (b"y" * 70 + b"\r\n") * (size // 72), ("\\Seen",))

    def given_placeholders(self, large, small=0):
        """So many of each are on the server; mbsync has taken the small ones, and left placeholders for the others."""
        if not Mbsync.is_here():
            self.skipTest("mbsync is not installed")
        self.large = [self.message("large%d" % n, SIZE) for n in range(large)]
        self.client.fill("INBOX", self.large + [self.message("small%d" % n) for n in range(small)])
        self.mover = Mbsync(self.server, self.user, PASSWORD, root=self.account.root, channel="MaxSize 10k\n")
        self.addCleanup(self.mover.close)
        self.mover.sync()
        self.placeholders = [f for f in self.maildir.files("INBOX") if b"[placeholder] " in f.bytes()]
        self.assertEqual(len(self.placeholders), large)

    def assert_settled(self, large, small):
        """The real ones came, the placeholders are still here, and nothing went up."""
        self.assertEqual(len(self.client.messages("INBOX", bodies=False)), large + small)
        self.assertFalse([line for line in self.proxy.sent() if re.match(rb"\S+ APPEND ", line, re.I)])
        files = self.maildir.files("INBOX")
        self.assertEqual(sum(b"[placeholder] " in f.bytes() for f in files), large)
        self.assertEqual(len(files), 2 * large + small)
        for message in self.large:
            self.assertTrue(self.maildir.has("INBOX", message))

    def test_they_are_neither_paired_nor_sent_and_status_names_them(self):
        self.given_placeholders(2, 5)

        self.sync()
        self.assert_settled(2, 5)
        self.sync()
        self.assert_settled(2, 5)

        status = self.run_golub("status", "work").out
        for file in self.placeholders:
            self.assertRegex(status, "INBOX: placeholder .*%s: mbsync left it" % re.escape(file.base))

    def test_a_dry_run_would_send_none(self):
        self.given_placeholders(2)

        self.assertNotIn("upload", self.sync("-n").out)

    def test_many_of_them_are_no_mail_that_would_be_doubled(self):
        self.given_placeholders(15)

        self.sync()

        self.assert_settled(15, 0)

    def test_they_are_known_for_what_they_are_in_another_folder(self):
        self.given_placeholders(1)
        self.client.create("Later")
        self.sync()
        self.maildir.move(self.placeholders[0], "Later", rename=True)

        self.sync()

        self.assertEqual(self.client.messages("Later"), [])
        self.assertRegex(self.run_golub("status", "work").out, "Later: placeholder ")

    def test_one_that_is_removed_is_forgotten(self):
        self.given_placeholders(1)
        self.sync()
        os.unlink(self.maildir.find("INBOX", Mail(self.placeholders[0].wire())).path)

        self.sync()

        self.assertNotIn("placeholder", self.run_golub("status", "work").out)
        self.assert_in_sync()

    def test_one_that_stands_on_the_server_is_mail_like_any_other(self):
        self.given_placeholders(1)
        there = Mail(self.placeholders[0].wire())
        for file in self.placeholders:
            os.unlink(file.path)
        self.client.append("INBOX", there)

        self.sync()
        self.assert_same()

        for name in os.listdir(self.account.state):
            if name.startswith("journal"):
                os.unlink(os.path.join(self.account.state, name))
        self.sync()
        self.assert_same()
        self.assertNotIn("placeholder", self.run_golub("status", "work").out)

    def given_one_there(self):
        """A placeholder that is mail of the server, on both sides. @return its file"""
        self.given_placeholders(1)
        there = Mail(self.placeholders[0].wire())
        os.unlink(self.placeholders[0].path)
        self.client.expunge("INBOX", [m.uid for m in self.client.messages("INBOX")])
        self.client.create("Later")
        self.client.append("INBOX", there)
        self.sync()
        self.assert_same()
        return self.maildir.find("INBOX", there)

    def test_one_that_stands_on_the_server_may_get_another_name(self):
        file = self.given_one_there()
        os.rename(file.path, os.path.join(os.path.dirname(file.path), file.base + ",U=7" + (":2," + file.info if file.where == "cur" else "")))
        self.proxy.reset()

        self.sync()

        self.assertEqual(len(self.client.messages("INBOX")), 1)
        self.assert_nothing_changed_there()
        self.assert_in_sync()

    def test_another_name_is_no_removal_where_an_equal_one_arrives(self):
        file = self.given_one_there()
        there = file.wire()
        os.rename(file.path, file.path.replace(file.base, file.base + ",U=7"))
        self.client.append("INBOX", Mail(there))
        self.proxy.reset()

        self.sync()

        self.assert_nothing_changed_there()
        self.assertEqual((len(self.client.messages("INBOX")), len(self.maildir.files("INBOX"))), (2, 2))

    def test_one_that_stands_on_the_server_may_be_moved(self):
        for rename in (True, False):
            with self.subTest(rename=rename):
                self.user = next(self._users)
                self.client = self.new_client()
                self.account = self.new_account("renamed" if rename else "moved")
                self.maildir = self.account.maildir
                self.maildir.move(self.given_one_there(), "Later", rename=rename)

                self.sync()

                self.assertEqual(len(self.client.messages("INBOX")), 0)
                self.assertEqual(len(self.client.messages("Later")), 1)
                self.assert_in_sync()

    def test_mail_that_speaks_of_one_is_mail(self):
        self.sync()
        letter = self.message("hello").bytes.replace(b"Subject: ", b"Subject: [placeholder] ")
        self.maildir.deliver("INBOX", letter)

        self.sync()

        self.assertEqual(len(self.client.messages("INBOX")), 1)


if __name__ == "__main__":
    main()
