"""
A server that was set back: a backup was restored, and perhaps filled again by others before this client looks. What it lost goes up again, what it
has under a known UID may be another message, and nothing is removed.
"""
from base import main
from situationbase import SituationTest
from rig.corpus import Mail


class SetBackTest(SituationTest):
    def test_a_server_gone_back_in_time_gets_back_what_it_lost(self):
        backup = self.keep("mail")
        self.client = self.new_client()
        lost = [self.arrive("lost %d" % n) for n in range(3)]
        ours = self.deliver()
        self.sync()
        self.maildir.read(self.maildir.find("INBOX", self.mails[3]))
        self.sync()
        self.assert_same()
        self.bring(backup, "mail")

        self.sync_without_removals()

        for mail in lost + [ours]:
            self.assertEqual(self.count(mail), (1, 1))
        self.assert_rest()

    def test_a_server_gone_back_and_gone_on_has_other_mail_under_known_numbers(self):
        backup = self.keep("mail")
        self.client = self.new_client()
        lost = [self.arrive("lost %d" % n) for n in range(3)]
        self.sync()
        self.bring(backup, "mail")
        news = [self.arrive("news %d" % n) for n in range(5)]

        self.sync_without_removals()

        for mail in lost + news:
            self.assertEqual(self.count(mail), (1, 1), self.evidence())
        self.assert_rest()

    def test_a_server_gone_back_and_exactly_as_far_again(self):
        """Only the bytes differ: the numbers are where they were, and the same count of changes was made."""
        backup = self.keep("mail")
        self.client = self.new_client()
        lost = [self.arrive("lost %d" % n) for n in range(2)]
        self.sync()
        self.bring(backup, "mail")
        news = [self.arrive("new %d" % n) for n in range(2)]
        self.client.store("INBOX", self.uids[0], "+", ["\\Seen"])

        self.sync_without_removals()

        for mail in lost + news:
            self.assertEqual(self.count(mail), (1, 1), self.evidence())
        self.assert_rest()

    def test_what_came_here_while_a_server_was_set_back_stays_when_it_is_set_forward_again(self):
        self.check_set_forward("uids")

    def test_what_came_here_while_a_server_was_set_back_stays_where_a_mailbox_made_again_tells_that_it_is_set_forward(self):
        self.check_set_forward("uidvalidity")

    def check_set_forward(self, tells):
        self.client.fill("Work", [self.corpus.simple(subject="work %d" % n) for n in range(2)])
        self.client.create("Made")
        self.sync()
        back = self.keep("mail")
        self.client = self.new_client()
        if tells == "uids":
            for n in range(2):
                self.arrive("later %d" % n)
        else:
            self.client.delete_mailbox("Made")
            self.client.create("Made")
            self.sync()
        self.sync()
        gone = self.client.append("Work", self.corpus.simple(subject="gone again"))
        self.client.append("Work", self.corpus.simple(subject="after it"))
        self.client.expunge("Work", [gone])
        forward = self.keep("mail")
        self.client = self.new_client()
        self.bring(back, "mail")
        if tells == "uids":
            self.arrive("while it was set back")
        ours = self.corpus.simple(subject="ours")
        self.maildir.put("Work", ours)  # gets the UID that is gone
        self.sync_without_removals()
        self.bring(forward, "mail")

        self.sync_without_removals()

        for _ in range(2):
            self.sync()
        self.assertTrue(self.maildir.has("Work", ours), self.evidence())
        self.assertIsNotNone(self.new_client().uid_of("Work", ours), self.evidence())

    def test_a_server_gone_back_brings_removed_mail_back_and_loses_none(self):
        backup = self.keep("mail")
        self.client = self.new_client()
        self.client.expunge("INBOX", self.uids[0])
        self.delete_here(self.mails[1])
        self.client.move("INBOX", self.uids[2], "Work")
        self.sync()
        self.bring(backup, "mail")

        self.sync_without_removals()
        self.sync()

        self.assert_same()
        self.assert_idempotent()
        for n in range(14):
            self.assertEqual(self.count(self.mails[n]), (1, 1))


class FilledAgainTest(SituationTest):
    """By another client, in another order: UIDNEXT and the number of messages are what they were, and so is the last message."""

    def filled_again(self, *disable):
        self.account.set(disable=list(disable))
        backup = self.keep("mail")
        self.client = self.new_client()
        mails = [self.corpus.simple("of another length " + "x" * n) for n in range(5)]
        self.client.fill("INBOX", mails)
        self.sync()
        self.bring(backup, "mail")
        self.client.fill("INBOX", [mails[1], mails[0]] + mails[2:])
        for _ in range(8):  # its change numbers grow past what they were
            self.client.store("INBOX", self.uids[0], "+", ["\\Seen"])
            self.client.store("INBOX", self.uids[0], "-", ["\\Seen"])

        self.sync_without_removals()

        self.maildir.flag(self.maildir.find("INBOX", mails[0]), add="F")
        self.assert_rest()
        self.assertEqual(self.flags_there(mails[0]), {"\\Flagged"})
        self.assertEqual(self.flags_there(mails[1]), set())

    def test_where_changes_are_told_it_is_noticed(self):
        self.filled_again()

    def test_where_removals_are_not_told_it_is_noticed(self):
        self.filled_again("QRESYNC")

    def test_where_no_change_is_told_it_is_noticed(self):
        self.filled_again("CONDSTORE", "QRESYNC")


class MadeAnewTest(SituationTest):
    def test_where_a_message_was_made_anew_and_two_others_changed_places_neither_is_taken_for_the_other(self):
        """All of one size and date, under the UIDVALIDITY that it had."""
        date = 1_500_000_000
        mails = [Mail(b"From: Ana <ana@example.org>\r\nSubject: letter %05d\r\nMessage-ID: <%05d@mail.example>\r\n\r\nbody %05d\r\n"
                      % (n, n, n), (), date) for n in range(10)]
        self.client.create("Big")
        self.client.fill("Big", mails)
        self.sync()
        validity = self.client.status("Big")["uidvalidity"]
        self.client.delete_mailbox("Big")
        self.client.create("Big")
        self.client.close()
        self.server.doveadm("mailbox", "update", "-u", self.user, "--uid-validity", str(validity), "Big")
        self.client = self.new_client()
        again = list(mails)
        again[0] = Mail(mails[0].bytes.replace(b"letter", b"LETTER"), (), date)
        again[5], again[6] = again[6], again[5]
        self.client.fill("Big", again)
        self.maildir.delete(self.maildir.find("Big", mails[5]))

        for _ in range(3):
            self.account.sync()

        self.assertEqual(sum(m.digest == mails[6].digest for m in self.client.messages("Big")), 1, self.evidence())
        self.assertTrue(self.maildir.has("Big", mails[6]))


if __name__ == "__main__":
    main()
