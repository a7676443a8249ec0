"""
Two messages of one header and one size, with a Message-ID, that differ in their bodies alone: one is new here, the other one there. In a mailbox
that is settled neither is taken for the other; one that is the same on both sides is compared once, and travels no second time.
"""
import shutil

from base import main
from rig.corpus import Mail
from situationbase import SituationTest


class AlikeTest(SituationTest):
    def alike(self, size=100):
        """Two that differ in the last byte."""
        mail = self.corpus.simple("one of two", body="x" * size + "\r\n", date=1500000000)
        return mail, Mail(mail.bytes[:-3] + b"y\r\n", date=mail.date)

    def deliver_one(self, mail, mailbox="INBOX"):
        self.maildir.deliver(mailbox, mail.lf, date=mail.date)

    def append_one(self, mail, mailbox="INBOX", later=0):
        self.client.append(mailbox, mail.bytes, mail.flags, mail.date + later)

    def empty(self, mailbox):
        """A known one, in which nothing is left."""
        for file in self.maildir.files(mailbox):
            self.maildir.delete(file)
        self.account.sync("--confirm-deletes")
        self.account.sync("--confirm-deletes")
        self.assertEqual(self.client.messages(mailbox), [])

    def sync_counted(self):
        self.proxy.reset()
        self.sync()
        return len(self.sent_bodies()), len(self.fetched_bodies())

    def then_each_is_once_on_both_sides(self, *mails):
        self.sync()
        for mail in mails:
            self.assertEqual(self.count(mail), (1, 1), self.evidence())
        self.assert_same()
        self.assert_idempotent()

    def test_what_is_new_here_is_not_what_is_new_there(self):
        here, there = self.alike()
        self.deliver_one(here)
        self.append_one(there)
        self.sync()
        self.then_each_is_once_on_both_sides(here, there)

    def test_nor_in_a_mailbox_that_was_emptied(self):
        self.empty("INBOX")
        here, there = self.alike()
        self.deliver_one(here)
        self.append_one(there, later=500)
        self.sync()
        self.then_each_is_once_on_both_sides(here, there)

    def test_nor_one_that_a_mail_reader_saved_with_lines_of_its_own(self):
        here, there = self.alike()
        saved = Mail(here.bytes.replace(b"\r\n\r\n", b"\r\nContent-Length: 102\r\nLines: 1\r\n\r\n", 1), date=here.date)
        self.deliver_one(saved)
        self.append_one(there)
        self.sync()
        self.then_each_is_once_on_both_sides(saved, there)

    def test_large_ones_are_told_apart_by_their_last_byte(self):
        here, there = self.alike(3_000_000)
        self.deliver_one(here)
        self.append_one(there)
        self.sync()
        self.then_each_is_once_on_both_sides(here, there)

    def test_which_of_two_there_it_is_costs_their_bodies_and_no_upload(self):
        one, other = self.alike()
        self.deliver_one(one)
        self.append_one(other)
        self.append_one(one)
        self.assertEqual(self.sync_counted()[0], 0)
        self.then_each_is_once_on_both_sides(one, other)

    def test_the_same_on_both_sides_costs_its_body_once(self):
        same, _ = self.alike()
        self.deliver_one(same)
        self.append_one(same)
        self.assertEqual(self.sync_counted(), (0, 1), self.evidence())
        self.assertEqual(self.sync_counted(), (0, 0), self.evidence())
        self.then_each_is_once_on_both_sides(same)

    def test_what_another_client_put_in_its_place_is_not_the_same(self):
        before, after = self.alike()
        self.append_one(before)
        self.sync()
        self.client.expunge("INBOX", [m.uid for m in self.client.messages("INBOX") if m.digest == before.digest])
        self.append_one(after)
        self.sync()
        self.assertEqual((self.count(before), self.count(after)), ((0, 0), (1, 1)), self.evidence())

    def test_a_journal_that_is_lost_costs_no_body(self):
        here, _ = self.alike()
        self.append_one(here)
        self.sync()
        shutil.rmtree(self.account.state)
        self.assertEqual(self.sync_counted(), (0, 0), self.evidence())
        self.then_each_is_once_on_both_sides(here)


if __name__ == "__main__":
    main()
