"""golub check: the mailboxes by name, with counts and sizes, and what a first sync would bring."""
import json
import os

from base import OK, Account, Home, HomeTest, SystemTest, main
from rig.evil import GREETING, EvilServer, defaults
from test_json import SCHEMA
import schema_check


def facts(test, result):
    """What the JSON says of the account itself, valid lines all."""
    with open(SCHEMA) as f:
        schema = json.load(f)
    found = {}
    for event in [json.loads(line) for line in result.out.splitlines()]:
        test.assertFalse(schema_check.validate(event, schema), event)
        if event["event"] == "check" and "mailbox" not in event:
            found.update(event)
    return found


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
        rows = {event["mailbox"]: event for event in events if event["event"] == "check" and "mailbox" in event}
        self.assertEqual((rows["INBOX"]["messages"], rows["INBOX"]["chosen"], rows["Junk"]["chosen"]), (12, True, False))
        self.assertGreater(rows["INBOX"]["bytes"], 1200000)
        self.assertEqual(rows["Sent"]["special"], "\\Sent")

    def test_what_the_server_keeps_and_what_its_mailboxes_are_for(self):
        self.proxy.reset()
        out = self.check_().out

        self.assertEqual(self.proxy.changing(), [])
        self.assertIn("work: flags: INBOX keeps all of them, and keywords\n", out)
        self.assertIn("work: special use: Sent is Sent, Drafts is Drafts, Trash is Trash, Junk is Junk, Archive is Archive\n", out)
        told = facts(self, self.check_("--json"))
        self.assertEqual(told["flags"], {"keywords": True, "missing": []})
        self.assertEqual(told["special_use"], {use: [use] for use in ("Sent", "Drafts", "Trash", "Junk", "Archive")})
        self.assertIn("QRESYNC", told["capabilities"])
        self.assertEqual(told["server"], "Dovecot")

    def test_how_mail_is_made_durable(self):
        for given, flush, words in ((True, "fsync|syncfs", "(flushed by itself|flushes a whole batch)"),
                                    (False, "none", r"nothing is flushed \(fsync = false\): not safe against power loss")):
            self.account.set(fsync=given)
            for _ in range(2):
                there = os.path.isdir(os.path.join(self.home.path, "Mail", "work"))
                self.assertRegex(self.check_().out, r"Mail/work%s\w+, [^\n]*%s; \d+ MB free" % (": " if there else r" is not there yet: the first run makes it \(", words))
                disk = facts(self, self.check_("--json"))["file_system"]
                self.assertRegex(disk["flush"], "^(%s)$" % flush)
                self.assertGreater(disk["free"], 0)
                self.sync()  # which makes the Maildir
        self.assertIn("may have to be fetched again", self.check_().out)

    def test_a_sync_asks_for_no_sizes(self):
        self.sync()

        self.assertFalse([line for line in self.proxy.sent() if b" SIZE)" in line])


class KeptTest(HomeTest):
    """Servers that keep less."""

    def checked(self, selected, capabilities=None, listed=b'* LIST () "/" INBOX\r\n%T OK done\r\n', greeting=GREETING, id=b"%T OK done\r\n", host=None, **keys):
        answers = defaults(capabilities) if capabilities else defaults()
        with EvilServer(greeting=greeting, default=[(rb"SELECT", selected), (rb"LIST", listed), (rb"ID\b", id), *answers]) as server, Home() as home:
            if host:  # a name that leads here: by a tunnel
                keys["tunnel"] = "bash -c 'exec 3<>/dev/tcp/127.0.0.1/%d; cat <&3 & exec cat >&3'" % server.port
            Account(home, "imap://%s:%d" % (host or "127.0.0.1", server.port), "ana", "secret", "work", tls="none", timeout=5, **keys)
            result, fields = home.run("check", "work"), home.run("check", "work", "--json")
        self.assertEqual((result.code, fields.code), (OK, OK), result)
        return result.out, facts(self, fields)

    def test_flags_that_are_not_kept_are_named(self):
        for permanent, words, fields in (
                (b"\\Seen \\Answered \\Deleted \\Draft \\*", r"INBOX keeps keywords, and not \\Flagged: such a flag stays here alone",
                 {"keywords": True, "missing": ["\\Flagged"]}),
                (b"\\Seen \\Answered \\Flagged \\Deleted \\Draft $Forwarded", r"INBOX keeps all of them, and no keywords \(PERMANENTFLAGS without \\\*\)",
                 {"keywords": False, "missing": []}),
                (b"\\Deleted \\Seen", r"INBOX keeps no keywords \(.*\), and not \\Answered, \\Flagged, \\Draft, \$Forwarded",
                 {"keywords": False, "missing": ["\\Answered", "\\Flagged", "\\Draft", "$Forwarded"]}),
                (b"\\*", "INBOX keeps all of them, and keywords", {"keywords": True, "missing": []})):
            out, told = self.checked(b"* 0 EXISTS\r\n* OK [PERMANENTFLAGS (%s)] ok\r\n* OK [UIDVALIDITY 1] ok\r\n%%T OK done\r\n" % permanent)
            self.assertRegex(out, "work: flags: " + words)
            self.assertEqual(told["flags"], fields)

    def test_what_is_not_said_is_not_guessed(self):
        for selected, words in ((b"* 0 EXISTS\r\n%T OK done\r\n", "the server does not say which INBOX keeps"),
                                (b"* 0 EXISTS\r\n* OK [PERMANENTFLAGS ()] no\r\n%T OK [READ-ONLY] done\r\n", "INBOX may only be read"),
                                (b"%T NO come back later\r\n", "INBOX can't be opened: come back later")):
            out, told = self.checked(selected)
            self.assertIn("work: flags: " + words, out)
            if b"READ-ONLY" not in selected:
                self.assertNotIn("flags", told)

    def test_mailboxes_without_and_with_two_uses(self):
        out, told = self.checked(b"%T OK done\r\n")
        self.assertIn("work: special use: the server names no mailbox for Sent, Drafts, Trash, Junk, Archive\n", out)
        self.assertEqual(told["special_use"], {})
        out, told = self.checked(b"%T OK done\r\n", listed=b'* LIST () "/" INBOX\r\n* LIST (\\Sent \\Archive) "/" a\r\n* LIST (\\Sent) "/" b\r\n%T OK done\r\n')
        self.assertIn("work: special use: Sent is a, Sent is b, Archive is a; the server names no mailbox for Drafts, Trash, Junk\n", out)
        self.assertIn('work: special use: several mailboxes are \\Sent, so that none is the one for it: say which, special = {"sent=MAILBOX"}\n', out)
        self.assertEqual(told["special_use"], {"Sent": ["a", "b"], "Archive": ["a"]})

    def test_who_files_sent_mail(self):
        none = "sent mail: what the mail reader saves in a mailbox for sent mail here goes up, like any new file\n"
        server = "sent mail: the server files it itself (%s): tell the mail reader not to save a copy"
        sent = b'* LIST () "/" INBOX\r\n* LIST (\\Sent) "/" Gesendet\r\n%T OK done\r\n'
        gmail = b"IMAP4rev1 ID X-GM-EXT-1"
        for words, by, given in (
                (none, "reader", {}),
                ("sent mail: what the mail reader saves in Gesendet here goes up, like any new file\n", "reader", {"listed": sent}),
                ("in Gesendet here stays here: `mailboxes` leaves that out\n", "reader", {"listed": sent, "mailboxes": ["INBOX"]}),
                ("in Gesendet here stays here: `push` has no \"new\"\n", "reader", {"listed": sent, "push": ["flags"]}),
                (server % "Gmail", "server", {"capabilities": gmail, "listed": sent}),
                (server % "Exchange, Outlook", "server", {"greeting": b"* OK The Microsoft Exchange IMAP4 service is ready. [QQ==]\r\n"}),
                (server % "Exchange, Outlook", "server", {"capabilities": b"IMAP4rev1 ID", "id": b'* ID ("name" "Microsoft.Exchange.Imap4.Imap4Server" "version" "15.20")\r\n%T OK done\r\n'}),
                (server % "Exchange, Outlook", "server", {"greeting": b"* OK Office 365 is ready\r\n"}),
                (none, "reader", {"greeting": b"* OK exchange.example.org Dovecot ready.\r\n"}),
                (server % "iCloud", "server", {"host": "imap.mail.me.com"})):
            with self.subTest(words):
                out, told = self.checked(b"* 0 EXISTS\r\n* OK [PERMANENTFLAGS (\\*)] ok\r\n%T OK done\r\n", **given)
                self.assertIn("work: " + words if words.startswith("sent") else words, out)
                self.assertEqual(told["sent_filed_by"], by)


if __name__ == "__main__":
    main()
