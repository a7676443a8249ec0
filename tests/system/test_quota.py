"""How full the mailbox on the server is: in check, in status from the last run, and in a sync's summary from 90 percent on."""
import json
import os

from base import OK, PASSWORD, USERS, Account, Home, HomeTest, SystemTest, main
from rig.evil import CLOSE, EvilServer, defaults
from test_json import SCHEMA
import schema_check

ROOM = 3_000_000
WARNING = "nearly full, and a full mailbox refuses mail"


def valid(test, result):
    with open(SCHEMA) as f:
        schema = json.load(f)
    events = [json.loads(line) for line in result.out.splitlines()]
    for event in events:
        test.assertFalse(schema_check.validate(event, schema), event)
    return events


class QuotaTest(SystemTest):
    server_options = {"quota": ROOM, "users": {u: PASSWORD for u in USERS}}

    def given_full(self, percent):
        self.client.fill("INBOX", [self.corpus.simple("large", "y" * (ROOM * percent // 100))])

    def test_what_is_used_is_said(self):
        self.given_full(40)

        out = self.run_golub("check", "work").out
        self.assertRegex(out, r"work: quota: 1\.2 of 3\.0 MB used on the server, 40 %\n")
        self.assertNotIn("quota", self.run_golub("status", "work").out)
        self.assertNotIn("full", self.sync().out)
        self.assertRegex(self.run_golub("status", "work").out,
                         r"work: quota: 1\.2 of 3\.0 MB used on the server, 40 % \(seen \d seconds? ago \([-0-9: ]+\)\)\n")

    def test_one_that_is_nearly_full_is_warned_of_everywhere(self):
        self.given_full(93)

        self.assertRegex(self.run_golub("check").out, r"quota: 2\.8 of 3\.0 MB used on the server, 93 %: " + WARNING)
        self.assertRegex(self.sync().out, r"work: 1 new here, .* s; the mailbox on the server is %s \(2\.8 of 3\.0 MB used" % WARNING)
        self.assertRegex(self.run_golub("status").out, r"93 % \(seen .*\): " + WARNING)
        self.assertEqual(self.sync("-q").out, "")
        self.assertIn("the mailbox on the server is " + WARNING, self.sync("-q").err)
        self.sync("-qq")
        self.assertEqual(self.sync("-qq").err, "")
        self.assertRegex(self.run_golub("status").out, r"last success \d seconds? ago \([-0-9: ]+\)\n")

    def test_numbers_in_json(self):
        self.given_full(93)

        checked, = [e["quota"] for e in valid(self, self.run_golub("check", "--json")) if "quota" in e]
        synced, = [e["quota"] for e in valid(self, self.sync("--json")) if "quota" in e]
        shown, = [e["quota"] for e in valid(self, self.run_golub("status", "--json")) if "quota" in e]

        self.assertEqual(checked["bytes"]["limit"], -(-ROOM // 1024) * 1024)
        self.assertAlmostEqual(checked["bytes"]["used"] / ROOM, 0.93, delta=0.01)
        self.assertEqual(synced, checked)
        self.assertGreater(shown.pop("seen"), 1_700_000_000)
        self.assertEqual(shown, checked)

    def fewest_turns(self):
        """Of three runs: an answer that comes in two pieces counts twice."""
        turns = []
        for _ in range(3):
            self.sync()
            turns.append(self.proxy.stats["turns"])
        return min(turns)

    def test_it_costs_a_sync_no_turn(self):
        self.sync()
        with_it = self.fewest_turns()
        self.assertEqual([line for line in self.proxy.sent() if b"GETQUOTAROOT" in line][0].split(b" ", 1)[1].strip(), b"GETQUOTAROOT INBOX")
        self.account.set(disable=["QUOTA"])

        self.assertEqual(self.fewest_turns(), with_it)

    def test_it_can_be_switched_off(self):
        self.given_full(93)
        self.sync()
        self.account.set(disable=["QUOTA"])

        self.assertNotIn("full", self.sync().out)
        self.assertFalse([line for line in self.proxy.sent() if b"QUOTA" in line])
        self.assertNotIn("quota", self.run_golub("status").out)
        self.assertRegex(self.run_golub("check").out, r"QUOTA +no : the server does not say how full INBOX is\n")


class LyingTest(HomeTest):
    """Whatever a server makes of it, mail is synchronised."""
    CAPABILITIES = b"IMAP4rev1 UIDPLUS SASL-IR AUTH=PLAIN QUOTA"

    def served(self, answer):
        """Check, two syncs, status. @return what they said"""
        with EvilServer(default=[(rb"GETQUOTAROOT", answer), *defaults(self.CAPABILITIES)]) as server, Home() as home:
            account = Account(home, "imap://127.0.0.1:%d" % server.port, "ana", PASSWORD, "work", tls="none", timeout=5)
            runs = [home.run("check", "work"), account.sync(), account.sync(), home.run("status", "work")]
            valid(self, home.run("status", "work", "--json"))
            valid(self, home.run("check", "work", "--json"))
            valid(self, account.sync("--json"))
        for run in runs:
            self.assertEqual((run.code, run.err), (OK, ""), run)
        return [run.out for run in runs]

    def test_answers_that_say_something(self):
        for answer, words in (
                (b'* QUOTAROOT INBOX a b\r\n* QUOTA a (STORAGE 10 1000)\r\n* QUOTA b (STORAGE 95000 100000)\r\n%T OK done\r\n', r"97 of 102 MB used on the server, 95 %"),
                (b'* QUOTA "" (STORAGE 500 1000 MESSAGE 5 10)\r\n%T OK done\r\n', r"0\.5 of 1\.0 MB used on the server, 50 %; 5 of 10 messages, 50 %"),
                (b'* QUOTAROOT INBOX ""\r\n* QUOTA "" (X-DISK 1 2 MESSAGE 99 100)\r\n%T OK done\r\n', "99 of 100 messages, 99 %")):
            out = self.served(answer)
            for shown in (out[0], out[3]):
                self.assertRegex(shown, "quota: " + words)

    def test_answers_that_say_nothing(self):
        for answer in (b"%T OK done\r\n", b"%T NO no such thing\r\n", b"%T BAD what?\r\n", b"* BAD what?\r\n",
                       b"* QUOTAROOT INBOX\r\n* QUOTA other (STORAGE 9 10)\r\n%T OK done\r\n",
                       b'* QUOTAROOT INBOX ""\r\n* QUOTA "" (STORAGE 10 0)\r\n%T OK done\r\n',
                       b'* QUOTAROOT INBOX ""\r\n* QUOTA "" (STORAGE 99999999999999999999999 9)\r\n%T OK done\r\n',
                       b'* QUOTAROOT INBOX ""\r\n* QUOTA "" (STORAGE -1 -1 MESSAGE)\r\n%T OK done\r\n',
                       b"* QUOTAROOT\r\n* QUOTA\r\n* QUOTA ((((\r\n%T OK done\r\n",
                       b"* QUOTA x (STORAGE 9 10)\r\n%T NO but no\r\n"):
            with self.subTest(answer):
                out = self.served(answer)
                self.assertNotRegex(out[3], "quota")
                self.assertNotRegex("".join(out), " %|nearly|is full")

    def test_where_it_costs_a_turn_it_is_asked_once_a_day(self):
        """A server behind imapproxy is asked one thing at a time."""
        answer = b'* QUOTAROOT INBOX ""\r\n* QUOTA "" (STORAGE 500 1000)\r\n%T OK done\r\n'
        greeting = b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR XIMAPPROXY] ready\r\n"
        with EvilServer(default=[(rb"GETQUOTAROOT", answer), *defaults(self.CAPABILITIES)], greeting=greeting) as server:
            account = Account(self.home, "imap://127.0.0.1:%d" % server.port, "ana", PASSWORD, "work", tls="none", timeout=5)

            def asked():
                self.assertEqual(account.sync().code, OK)
                return len([c for c in server.commands() if c.startswith(b"GETQUOTAROOT")])
            self.assertEqual([asked(), asked(), asked()], [1, 1, 1])
            self.assertIn("50 %", self.run_golub("status").out)
            path = os.path.join(account.state, "outcome.json")
            with open(path) as f:
                outcome = json.load(f)
            outcome["quota"]["seen"] -= 25 * 3600
            with open(path, "w") as f:
                json.dump(outcome, f)
            self.assertRegex(self.run_golub("status").out, r"50 % \(seen 25 hours ago")
            self.assertEqual([asked(), asked()], [2, 2])

    def test_a_server_that_goes_away_at_the_question_is_synchronised_on_the_next_line(self):
        out = None
        with EvilServer(default=[(rb"GETQUOTAROOT", CLOSE), *defaults(self.CAPABILITIES)]) as server:
            account = Account(self.home, "imap://127.0.0.1:%d" % server.port, "ana", PASSWORD, "work", tls="none", timeout=5)
            out = [account.sync() for _ in range(3)]
            self.assertEqual([run.code for run in out], [OK] * 3, out)
            self.assertEqual(len([c for c in server.commands() if c.startswith(b"GETQUOTAROOT")]), 2)  # two runs learn it


if __name__ == "__main__":
    main()
