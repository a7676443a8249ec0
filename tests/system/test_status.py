"""golub status: what a person and a monitor are told of an account, without a connection."""
import json
import os
import shutil
import sqlite3
import time

from base import CONFIG, HELD, LOGIN, NETWORK, OK, PASSWORD, SOME, SystemTest, main
from test_json import SCHEMA
import schema_check


class StatusTest(SystemTest):
    def status(self, *options, expect=OK):
        return self.run_golub("status", "work", *options, expect=expect)

    def numbers(self):
        """JSON's events, each of them valid."""
        with open(SCHEMA) as f:
            schema = json.load(f)
        result = self.status("--json")
        events = [json.loads(line) for line in result.out.splitlines()]
        for event in events:
            self.assertFalse(schema_check.validate(event, schema), event)
        return events

    def state(self):
        return [event for event in self.numbers() if event["event"] == "status"][0]

    def grow_old(self, seconds):
        """What was written down of the last runs is older than it is."""
        path = os.path.join(self.account.state, "outcome.json")
        with open(path) as f:
            outcome = json.load(f)
        for key in ("success", "attempt"):
            outcome[key] -= seconds if outcome[key] else 0
        with open(path, "w") as f:
            json.dump(outcome, f)

    def refuse_login(self):
        self.account.set(**{"password-command": "echo wrong"})

    def refuse_login_no_more(self):
        self.account.set(**{"password-command": "echo '%s'" % PASSWORD})

    def test_a_success_is_told_with_its_age(self):
        self.sync()
        self.grow_old(3 * 86400)

        self.assertRegex(self.status().out, r"(?m)^work: last success 3 days ago \(\d{4}-\d\d-\d\d \d\d:\d\d\)$")

    def test_a_refused_login_is_told_beside_the_last_success(self):
        self.sync()
        self.grow_old(2 * 3600)
        self.refuse_login()
        self.sync(expect=LOGIN)

        self.assertRegex(self.status().out, r"last success 2 hours ago \(.*\); last run failed \d seconds? ago \(.*, exit 4\): .*log ?in")
        error = self.state()["error"]
        self.assertEqual(error["kind"], "login")
        self.assertIn("log in", error["what"])
        self.assertRegex(error["answer"], "(?i)authentication failed")
        self.refuse_login_no_more()
        self.sync()
        self.assertNotIn("error", self.state())

    def test_a_server_that_is_not_there_is_told(self):
        self.account.set(server="imap://127.0.0.1:1")
        self.sync(expect=NETWORK)

        self.assertRegex(self.status().out, "no success was written down yet; last run failed .*exit 5.*: .*127.0.0.1")
        state = self.state()
        self.assertEqual(state["last_status"], 5)
        self.assertNotIn("last_success", state)
        self.assertLess(abs(state["last_attempt"] - time.time()), 100)

    def test_a_missing_root_is_told_as_an_attempt_with_2(self):
        self.client.fill("INBOX", self.corpus.messages(2))
        self.sync()
        os.rename(self.account.root, self.account.root + ".away")
        self.sync(expect=CONFIG)

        self.assertEqual(self.state()["last_status"], CONFIG)

    def test_one_way_one_mailbox_and_a_look_are_no_success(self):
        self.sync("--dry-run")
        self.assertFalse(os.path.exists(self.account.state))
        for options in (("--pull",), ("--push",)):
            self.sync(*options)
            self.assertNotIn("last_success", self.state(), options)
        self.run_golub("sync", "work/INBOX")
        self.assertNotIn("last_success", self.state())
        self.assertRegex(self.status().out, "last run .*: of a part of it")
        self.sync()
        success = self.state()["last_success"]
        self.grow_old(100)
        self.sync("--dry-run")
        self.assertEqual(self.state()["last_attempt"], success - 100)

    def test_what_is_held_is_a_success_that_waits_for_a_word(self):
        self.given_both_sides([self.corpus.simple("mail %d" % n) for n in range(40)])
        for f in self.maildir.files("INBOX")[:30]:
            self.maildir.delete(f)
        self.sync(expect=HELD)

        self.assertRegex(self.status().out, "last success .*; last run .*exit 3.*: something is held and waits for a word")
        row = [event for event in self.numbers() if event["event"] == "mailbox" and event["mailbox"] == "INBOX"][0]
        self.assertEqual([row[key] for key in ("here", "there", "waiting", "held")], [10, 40, 0, 30])

    def hold(self, mails):
        """Of these, all but ten are removed here; the removals on the server are held. @return the list's ID"""
        for mail in mails[10:]:
            self.maildir.delete(self.maildir.find("INBOX", mail))
        return self.sync("--json", expect=HELD).of("held")[0]["id"]

    def test_what_is_held_on_the_server_is_shown_by_its_headers_and_with_the_answers(self):
        mails = [self.corpus.simple("Brief %d an Ольга" % n) for n in range(40)]
        self.given_both_sides(mails)
        held = self.hold(mails)

        out = self.status().out
        self.assertRegex(out, "INBOX: 30 removals on the server are held as %s since " % held)
        self.assertEqual(out.count("such as: "), 3)
        self.assertRegex(out, "such as: .*@.*, .*20\d\d .*, Brief 1[0-9] an Ольга")
        self.assertIn("golub sync --confirm-deletes=%s work" % held, out)
        self.assertEqual(len([e for e in self.numbers() if e["event"] == "held"]), 30)
        first = [e for e in self.numbers() if e["event"] == "held"][0]
        self.assertRegex(first["subject"], "Brief 1[0-9] an Ольга")
        self.assertEqual(self.status("-v").out.count("held (%s): removal on the server of UID" % held), 30)
        self.proxy.reset()
        self.sync(expect=HELD)
        self.assertFalse([line for line in self.proxy.sent() if b"HEADER" in line], "they are asked for once")

    def test_what_is_held_here_is_shown_by_its_file(self):
        mails = [self.corpus.simple("letter %d" % n) for n in range(40)]
        uids = self.client.fill("INBOX", mails)
        self.sync()
        self.client.expunge("INBOX", uids[10:])
        self.proxy.reset()
        self.sync(expect=HELD)

        self.assertFalse([line for line in self.proxy.sent() if b"HEADER" in line])
        self.assertRegex(self.status().out, "INBOX: 30 removals here are held as ")
        self.assertRegex(self.status().out, "such as: .*, letter 1[0-9]")

    def test_a_line_that_breaks_at_the_headers_of_what_is_held_costs_the_run_nothing(self):
        mails = [self.corpus.simple("letter %d" % n) for n in range(40)]
        self.given_both_sides(mails)
        self.through(edit_up=lambda data: b"x LOGOUT\r\n" if b"BODY.PEEK[HEADER]" in data else data)
        held = self.hold(mails)

        self.assertEqual(self.proxy.stats["conns"], 1)
        self.assertRegex(self.status().out, "INBOX: 30 removals on the server are held as %s" % held)

    def test_an_old_success_is_exit_1_with_max_age(self):
        self.status("--max-age", "1d", expect=SOME)
        self.sync()
        self.status("--max-age", "1d")
        self.grow_old(25 * 3600)
        self.status("--max-age", "1d", expect=SOME)
        self.status("--max-age=26h")
        for wrong in ("1", "d", "-1d", "0d", "1y", "1.5d", "99999999999999999999s", ""):
            self.assertIn("--max-age takes a time", self.status("--max-age=" + wrong, expect=CONFIG).err)
        self.assertIn("--max-age belongs to golub status", self.run_golub("sync", "--max-age", "1d", expect=CONFIG).err)

    def test_mailboxes_are_an_aligned_table_with_totals(self):
        self.client.create("Архив/東京")
        self.client.fill("INBOX", self.corpus.messages(12))
        self.client.fill("Архив/東京", self.corpus.messages(3))
        self.sync()

        lines = self.status().out.splitlines()
        begin = next(n for n, line in enumerate(lines) if line.startswith("work: mailbox "))
        table = [line.split() for line in lines[begin:]]
        self.assertEqual(table[:2], [["work:", "mailbox", "here", "there", "waiting", "held"],
                                     ["work:", "INBOX", "12", "12", "0", "0"]])
        self.assertIn(["work:", "Архив/東京", "3", "3", "0", "0"], table)
        self.assertEqual(table[-1], ["work:", "total", "15", "15", "0", "0"])
        self.assertEqual(len({len(line) + line.count("東") + line.count("京") for line in lines[begin:]}), 1)

    def test_a_mailbox_that_is_gone_on_one_side_has_nothing_there_and_nothing_that_is_held(self):
        """No word helps there, and should it come back nothing in it counts as removed."""
        for name, mails in (("Gone", 12), ("Folder", 12), ("Whole", 3)):
            self.given_both_sides([self.corpus.simple("%s %d" % (name, n)) for n in range(mails)], name)
        for f in self.maildir.files("Gone"):
            self.maildir.delete(f)
        self.client.expunge("Folder", list(range(1, 13)))
        self.sync(expect=HELD)
        self.assertEqual(self.status().out.count("held as"), 2)
        self.client.delete_mailbox("Gone")
        self.client.delete_mailbox("Whole")
        shutil.rmtree(self.maildir.folder("Folder"))
        self.sync()

        rows = {e["mailbox"]: (e["here"], e["there"], e["held"]) for e in self.numbers() if e["event"] == "mailbox"}
        self.assertEqual([rows[name] for name in ("Gone", "Folder", "Whole")], [(0, 0, 0), (0, 0, 0), (3, 0, 0)])
        self.assertFalse([e for e in self.numbers() if e["event"] == "held"])
        self.assertNotIn("held as", self.status().out)
        self.client.create("Gone")
        self.sync()
        self.assertNotIn("held as", self.status().out)

    def test_the_quarantine_is_told_in_numbers_and_since_when(self):
        mails = self.corpus.messages(3)
        uids = self.given_both_sides(mails)
        self.assertFalse([e for e in self.numbers() if "quarantine" in e])
        self.client.expunge("INBOX", uids[:2])
        self.sync()

        kept, = [e["quarantine"] for e in self.numbers() if "quarantine" in e]
        size = sum(len(mail.bytes) for mail in mails[:2])  # as the server counts
        self.assertLess(abs(kept.pop("since") - time.time()), 60)
        self.assertEqual(kept, {"messages": 2, "bytes": size, "days": 30})
        self.assertRegex(self.status().out, r"2 messages \(%d bytes\) kept in .*, the oldest since \d{4}-\d\d-\d\d \d\d:\d\d, each" % size)

    def test_files_that_are_gone_from_the_quarantine_are_counted(self):
        uids = self.given_both_sides(self.corpus.messages(4))
        self.client.expunge("INBOX", uids[:2])
        self.sync()
        folder = os.path.join(self.account.state, "quarantine")
        kept = sorted(n for n in os.listdir(folder) if not n.startswith("."))

        os.unlink(os.path.join(folder, kept[0]))
        self.assertIn("1 of these files is not in %s any more: golub verify work names it" % folder, self.status().out)
        self.assertEqual([e["quarantine"]["missing"] for e in self.numbers() if "quarantine" in e], [1])
        os.unlink(os.path.join(folder, kept[1]))
        self.assertIn("none of these files is in %s: is the disk that it is on mounted?" % folder, self.status().out)
        shutil.rmtree(folder)
        self.assertIn("the folder %s is not there: is the disk that it is on mounted?" % folder, self.status().out)
        event, = [json.loads(line) for line in self.run_golub("verify", "work", "--json", expect=SOME).out.splitlines() if '"verify"' in line]
        self.assertEqual((event["class"], event["count"]), ("quarantine-damaged", 2))

    def test_a_state_of_a_version_that_wrote_no_outcome_says_so(self):
        self.sync()
        os.unlink(os.path.join(self.account.state, "outcome.json"))

        self.assertRegex(self.status().out, "last run .*, by a version that did not write down how it ended")

    def test_a_journal_that_is_gone_is_said(self):
        self.assertNotIn("journal", self.status().out)
        self.sync()
        os.unlink(self.account.journal_path())

        self.assertIn("work: there is no journal in %s: the next run pairs both sides again" % self.account.state, self.status().out)

    def test_a_journal_of_a_later_version_is_one_status_whatever_the_command(self):
        self.sync()
        with sqlite3.connect(self.account.journal_path()) as db:
            db.execute("PRAGMA user_version = 99")
        db.close()

        for command in (["sync"], ["sync", "-n"], ["status"], ["check"], ["verify"], ["restore"]):
            with self.subTest(command):
                self.assertIn("a newer golub wrote it", self.run_golub(*command, "work", expect=CONFIG).err)

    def test_a_damaged_outcome_is_none_and_the_next_run_writes_it_anew(self):
        self.sync()
        for damage in (b"", b"{", b"[]", b'{"success": "x", "status": 99, "error": 3}', b"\xff\x00" * 10):
            with open(os.path.join(self.account.state, "outcome.json"), "wb") as f:
                f.write(damage)
            self.assertNotIn("last_success", self.state())
        self.sync()
        self.assertEqual(self.state()["last_status"], OK)


if __name__ == "__main__":
    main()
