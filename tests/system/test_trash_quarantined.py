"""
What comes down in the Trash, and was removed here before, since it was gone from where it stood: its bytes are in the quarantine, and do not travel
again. Size, date and a header that one message alone has say that they are it; where anything is otherwise the message is fetched.
"""
import os

from base import SystemTest, main


class QuarantinedTest(SystemTest):
    account_options = {"max-delete": "off"}
    count = 4

    def setUp(self):
        super().setUp()
        self.mails = [self.delivered("mail %d" % n) for n in range(self.count)]
        self.client.fill("INBOX", self.mails)
        self.sync()

    def delivered(self, subject):
        mail = self.corpus.simple(subject)
        mail.bytes = b"Received: from mx.example by mail.example with ESMTP id %s\r\n" % subject.encode().hex().encode() + mail.bytes
        return mail

    def bodies(self):
        return [line for line in self.proxy.sent() if b"BODY.PEEK[]" in line]

    def headers(self):
        return [line for line in self.proxy.sent() if b"BODY.PEEK[HEADER]" in line]

    def folder(self):
        return os.path.join(self.account.state, "quarantine")

    def quarantined(self):
        return os.listdir(self.folder())

    def given_removed(self, *numbers):
        """Another client removed them for good, and so they are gone here."""
        for n in numbers:
            self.client.expunge("INBOX", self.client.uid_of("INBOX", self.mails[n]))
        self.sync()
        self.assertEqual(len(self.quarantined()), len(numbers))

    def in_trash(self, message, expect):
        """@param expect  how many bodies come"""
        self.sync()
        self.assertEqual(len(self.bodies()), expect, self.evidence())
        self.assertTrue(self.maildir.has("Trash", message))
        self.assertEqual(len(self.maildir.files("Trash")), len(self.client.messages("Trash")))

    def test_what_comes_into_the_trash_later_is_copied_from_there(self):
        self.given_removed(1, 2)
        for n in (1, 2):
            self.client.append("Trash", self.mails[n], ["\\Seen"], self.mails[n].date)

        self.in_trash(self.mails[1], expect=0)

        self.assertEqual(len(self.headers()), 1)
        self.assertTrue(self.maildir.has("Trash", self.mails[2]))
        self.assertEqual(self.maildir.find("Trash", self.mails[1]).letters, "S")
        self.assertEqual(len(self.quarantined()), 2)  # for its days
        self.assert_in_sync()

    def test_what_another_client_moved_to_a_trash_that_nobody_looked_at_comes_without_its_body(self):
        self.account.set(mailboxes=["*", "!special:trash"])
        self.sync()
        self.client.move("INBOX", [self.client.uid_of("INBOX", self.mails[n]) for n in (0, 3)], "Trash")
        self.sync()
        self.assertEqual(len(self.quarantined()), 2)
        self.account.set(mailboxes=["*"])

        self.in_trash(self.mails[0], expect=0)

        self.assertTrue(self.maildir.has("Trash", self.mails[3]))
        self.assert_in_sync()

    def test_what_is_deleted_in_the_trash_after_that_is_gone(self):
        """Its body is read first: the pair rests on its header."""
        self.given_removed(1)
        self.client.append("Trash", self.mails[1], date=self.mails[1].date)
        self.in_trash(self.mails[1], expect=0)
        self.maildir.delete(self.maildir.find("Trash", self.mails[1]))

        self.sync()

        self.assertEqual(len(self.bodies()), 1)
        self.assertEqual(self.client.messages("Trash"), [])
        self.assert_in_sync()

    def test_one_with_its_size_and_date_and_another_header_is_fetched(self):
        self.given_removed(1)
        other = self.corpus.simple("")
        other.bytes, other.date = self.mails[1].bytes.replace(b"Subject: mail", b"Subject: MAIL"), self.mails[1].date
        self.client.append("Trash", other, date=other.date)

        self.in_trash(other, expect=1)

        self.assert_in_sync()

    def test_a_header_that_several_may_have_is_no_proof(self):
        mail = self.corpus.simple("saved here by a program, without a line of delivery")
        self.client.fill("INBOX", [mail])
        self.sync()
        self.client.expunge("INBOX", self.client.uid_of("INBOX", mail))
        self.sync()
        other = self.corpus.simple("")
        other.bytes, other.date = mail.bytes[:-4] + b"XY\r\n", mail.date
        self.client.append("Trash", other, date=other.date)

        self.in_trash(other, expect=1)

        self.assert_in_sync()

    def test_with_another_date_it_is_fetched(self):
        self.given_removed(1)
        self.client.append("Trash", self.mails[1], date=self.mails[1].date + 1)

        self.in_trash(self.mails[1], expect=1)

        self.assertEqual(self.headers(), [])

    def test_where_its_file_is_damaged_it_is_fetched(self):
        self.given_removed(1)
        path = os.path.join(self.folder(), self.quarantined()[0])
        with open(path, "rb") as f:
            data = f.read()
        with open(path, "wb") as f:
            f.write(data[:-3] + b"X" + data[-2:])
        self.client.append("Trash", self.mails[1], date=self.mails[1].date)

        self.in_trash(self.mails[1], expect=1)

        self.assert_same()

    def test_where_its_file_is_gone_it_is_fetched(self):
        self.given_removed(1)
        os.unlink(os.path.join(self.folder(), self.quarantined()[0]))
        self.client.append("Trash", self.mails[1], date=self.mails[1].date)

        self.in_trash(self.mails[1], expect=1)

        self.assert_same()

    def test_elsewhere_it_is_fetched(self):
        self.given_removed(1)
        self.client.append("Archive", self.mails[1], date=self.mails[1].date)

        self.sync()

        self.assertEqual(len(self.bodies()), 1)
        self.assertEqual(self.headers(), [])
        self.assert_in_sync()


if __name__ == "__main__":
    main()
