"""Two mailboxes with mail on both sides, in sync; what one of the three (server, Maildir, journal) then forgets is for the test to say."""
import re

from base import SystemTest
from rig import in_memory  # noqa: F401
from rig.stage import Stage

REMOVING = re.compile(rb"\S+ (UID )?(EXPUNGE|MOVE|STORE \S+ .*\\Deleted|CLOSE|DELETE)", re.I)


class SituationTest(SystemTest):
    def setUp(self):
        super().setUp()
        self.stage = Stage(self.server, self.user, self.home)
        self.addCleanup(self.stage.close)
        self.mails = [self.corpus.simple("mail %d" % n) for n in range(14)]
        self.work = [self.corpus.simple("work %d" % n, flags=["\\Seen"]) for n in range(12)]
        self.client.create("Work")
        self.uids = self.client.fill("INBOX", self.mails)
        self.client.fill("Work", self.work)
        self.sync()
        self.assert_same()

    # -- steps

    def keep(self, only):
        self.client.close()
        return self.stage.keep(only)

    def bring(self, copy, only):
        self.client.close()
        self.stage.bring(copy, only)
        self.client = self.new_client()

    def again(self):
        self.client.close()
        self.client = self.new_client()

    def delete_here(self, mail, mailbox="INBOX"):
        self.maildir.delete(self.maildir.find(mailbox, mail))

    def deliver(self, subject="ours", mailbox="INBOX"):
        mail = self.corpus.simple(subject)
        self.maildir.deliver(mailbox, mail.lf, date=mail.date)
        return mail

    def arrive(self, subject="theirs", mailbox="INBOX"):
        mail = self.corpus.simple(subject)
        self.client.append(mailbox, mail.bytes, mail.flags, mail.date)
        return mail

    # -- what must hold

    def sync_without_removals(self, expect=(0,)):
        """@return the result; nothing was removed on either side"""
        here = [f.digest for path in self.maildir.mailboxes() for f in self.maildir.files(path)]
        self.proxy.reset()
        result = self.account.sync()
        self.assertIn(result.code, expect, "%s%s" % (result, self.evidence()))
        self.assertEqual([line for line in self.proxy.sent() if REMOVING.match(line)], [])
        now = [f.digest for path in self.maildir.mailboxes() for f in self.maildir.files(path)]
        self.assertEqual(set(here) - set(now), set())
        return result

    def sent_bodies(self):
        return [line for line in self.proxy.sent() if b" APPEND " in line]

    def fetched_bodies(self):
        return [line for line in self.proxy.sent() if b"BODY.PEEK[]" in line.upper()]

    def count(self, mail, mailbox="INBOX"):
        """(on the server, here)"""
        return (sum(m.digest == mail.digest for m in self.client.messages(mailbox)),
                sum(f.digest == mail.digest for f in self.maildir.files(mailbox)))

    def assert_rest(self):
        """Quiet soon, both sides the same, and no message twice."""
        self.sync()
        self.assert_same()
        self.assert_idempotent()
        for mailbox in self.maildir.mailboxes():
            digests = [f.digest for f in self.maildir.files(mailbox)]
            self.assertEqual(len(digests), len(set(digests)), "%s holds a message twice" % mailbox)
