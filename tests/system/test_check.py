"""golub check: the mailboxes by name, with counts and sizes, and what a first sync would bring."""
import json

from base import SystemTest, main
from test_json import SCHEMA
import schema_check


class CheckTest(SystemTest):
    def given_mail(self):
        self.client.create("Архив")
        self.client.fill("INBOX", [self.corpus.simple("mail %d" % n, "x" * 100000) for n in range(12)])
        self.client.fill("Архив", self.corpus.messages(3))
        self.account.set(mailboxes=["*", "!Junk"])

    def check_(self, *options):
        return self.run_golub("check", "work", *options)

    def test_mailboxes_are_listed_with_counts_and_sizes(self):
        self.given_mail()

        out = self.check_().out
        self.assertRegex(out, r"work/INBOX: 12 messages, 1\.2 MB\n")
        self.assertRegex(out, r"work/Архив: 3 messages, \d+\.\d MB\n")
        self.assertRegex(out, r"work/Sent: 0 messages, 0\.0 MB \(\\Sent\)\n")
        self.assertRegex(out, r"work/Junk: left out, 0 messages")
        self.assertRegex(out, r"work: \d mailboxes on the server chosen by `mailboxes`: 15 messages, \d+\.\d MB\n")
        self.assertRegex(out, r"work: 1 mailbox left out: 0 messages, 0\.0 MB\n")

    def test_a_first_sync_is_told_with_its_room(self):
        self.given_mail()
        self.assertRegex(self.check_().out, "the first sync brings 15 messages, .* MB, as far as it is not here already; there is room")
        self.sync()
        self.assertNotIn("the first sync", self.check_().out)

    def test_a_server_that_knows_no_sizes_is_told_without(self):
        self.given_mail()
        self.account.set(disable=["STATUS=SIZE"])

        out = self.check_().out
        self.assertRegex(out, r"work/INBOX: 12 messages\n")
        self.assertRegex(out, "the first sync brings 15 messages, as far as it is not here already\n")

    def test_numbers_in_json(self):
        self.given_mail()
        with open(SCHEMA) as f:
            schema = json.load(f)

        events = [json.loads(line) for line in self.check_("--json").out.splitlines()]
        for event in events:
            self.assertFalse(schema_check.validate(event, schema), event)
        rows = {event["mailbox"]: event for event in events if event["event"] == "check"}
        self.assertEqual((rows["INBOX"]["messages"], rows["INBOX"]["chosen"], rows["Junk"]["chosen"]), (12, True, False))
        self.assertGreater(rows["INBOX"]["bytes"], 1200000)
        self.assertEqual(rows["Sent"]["special"], "\\Sent")

    def test_a_sync_asks_for_no_sizes(self):
        self.sync()

        self.assertFalse([line for line in self.proxy.sent() if b" SIZE)" in line])


if __name__ == "__main__":
    main()
