"""What tests of golub restore share: an account with mail that was removed on the server, and what restore says."""
import json
import os

from base import OK, SystemTest
from test_json import SCHEMA
import schema_check


class RestoreTest(SystemTest):
    def setUp(self):
        super().setUp()
        self.client.create("Work")
        self.mails = [self.corpus.simple("Report %d" % n, "Body %d.\r\n" % n) for n in range(4)]
        self.mails[1].flags = ("\\Seen", "\\Flagged")
        self.client.fill("INBOX", self.mails)
        self.stays = self.corpus.simple("stays")
        self.client.append("Work", self.stays.bytes)
        self.sync()

    def expunge(self, *numbers, mailbox="INBOX"):
        """They are removed on the server, and so here."""
        for n in numbers:
            self.client.expunge(mailbox, self.client.uid_of(mailbox, self.mails[n]))
        self.sync()
        for n in numbers:
            self.assertFalse(self.maildir.has(mailbox, self.mails[n]))

    def restore(self, *words, where="work", expect=OK):
        return self.run_golub("restore", where, *words, expect=expect)

    def events(self, *words, where="work", expect=OK):
        with open(SCHEMA) as f:
            schema = json.load(f)
        events = [json.loads(line) for line in self.restore(*words, "--json", where=where, expect=expect).out.splitlines()]
        for event in events:
            self.assertFalse(schema_check.validate(event, schema), event)
        return events

    def listed(self, *words, **more):
        return [event for event in self.events(*words, **more) if event["event"] == "restore"]

    def id_of(self, n):
        return [str(e["id"]) for e in self.listed() if e["subject"] == "Report %d" % n][-1]

    def kept(self):
        folder = os.path.join(self.account.state, "quarantine")
        return sorted(os.listdir(folder)) if os.path.isdir(folder) else []

    def copies(self, n, mailbox="INBOX"):
        here = sum(f.digest == self.mails[n].digest for f in self.maildir.files(mailbox))
        there = sum(m.digest == self.mails[n].digest for m in self.client.messages(mailbox))
        return here, there
