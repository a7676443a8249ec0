"""Messages whose files are damaged on the server, which can then tell neither their size nor their date: Dovecot ends the line at either."""
import glob
import os
import re

from base import OK, SOME, SystemTest, main
from rig.steps import Steps

HEADER = 60  # bytes of an sdbox file that stay: then Dovecot knows that it is one, and not what is in it


class DamagedMessageTest(SystemTest):
    account_options = {"max_delete": "off"}

    def setUp(self):
        super().setUp()
        self.number = 0
        self.client.create("Work")

    def letters(self, count):
        self.number += count
        return [self.corpus.simple("letter %d" % n, "body %d\r\n" % n) for n in range(self.number - count, self.number)]

    def damage(self, *uids, mailbox="Work"):
        """Nothing of these is known but what stands in the index: UIDs and flags."""
        self.client.close()
        box = os.path.join(self.server.folder, "mail", self.user, "mailboxes", mailbox, "dbox-Mails")
        for path in glob.glob(os.path.join(self.server.folder, "mail", self.user, "**", "dovecot.index.cache"), recursive=True):
            os.unlink(path)
        for uid in uids:
            with open(os.path.join(box, "u.%d" % uid), "r+b") as f:
                kept = f.read(HEADER)
                f.seek(0)
                f.truncate()
                f.write(kept + b"\0" * 40)
        self.client = self.new_client()

    def here(self, mailbox="Work"):
        return {f.digest for f in self.maildir.files(mailbox)}

    def digests(self, letters):
        return {letter.digest for letter in letters}

    def settle(self, runs=3):
        """So many runs, each of which says that not all went well. @return the last"""
        for _ in range(runs):
            result = self.sync("-v", expect=SOME)
            self.assertLessEqual(self.proxy.stats["conns"], 21, "20 lines a run beside the first")
        return result

    def assert_named(self, result, *uids):
        self.assertEqual(result.err.count("unreadable on the server"), len(uids), result)
        status = self.home.run("status", "-v").out
        for uid in uids:
            self.assertEqual(result.err.count("golub: work/Work: can't read size and date of UID %d: " % uid), 1, result)
            self.assertRegex(status, r"(?m)^work: Work: read UID %d\b.*unreadable on the server.*Internal error" % uid)

    def test_one_that_was_never_read_is_named_and_all_else_comes(self):
        letters = self.letters(30)
        uids = self.client.fill("Work", letters)
        self.damage(uids[11])

        result = self.settle()

        self.assertEqual(self.here(), self.digests(letters[:11] + letters[12:]))
        self.assert_named(result, uids[11])
        self.assertEqual(self.proxy.stats["conns"], 1, "once it is known it costs no line")

    def test_changes_go_both_ways_beside_one_that_is_known(self):
        letters = self.letters(8)
        uids = self.client.fill("Work", letters)
        self.sync()
        self.damage(uids[5])
        fresh = self.letters(4)
        self.client.fill("Work", fresh[:1])
        self.settle(2)

        self.client.fill("Work", fresh[1:2])
        self.maildir.deliver("Work", fresh[2])
        self.client.store("Work", [uids[0]], "+", ["\\Flagged"])
        self.maildir.flag(self.maildir.find("Work", letters[5]), add="F")
        self.client.expunge("Work", [uids[1]])
        self.maildir.delete(self.maildir.find("Work", letters[2]))
        self.maildir.move(self.maildir.find("Work", letters[3]), "INBOX")
        result = self.settle(2)

        self.assert_named(result, uids[5])
        self.assertEqual(self.here(), self.digests([*fresh[:3], letters[0], *letters[4:]]))
        self.assertEqual(self.client.status("Work")["messages"], 8)
        self.assertEqual(self.client.status("INBOX")["messages"], 1)
        flags = {uid: flags for uid, flags in self.flags_there().items() if uid in (uids[0], uids[5])}
        self.assertTrue(all("\\Flagged" in f for f in flags.values()) and len(flags) == 2, flags)

    def flags_there(self):
        imap = self.client.imap
        imap.select("Work", readonly=True)
        found = [re.search(rb"UID (\d+) FLAGS \(([^)]*)\)", part) for part in imap.uid("FETCH", "1:*", "(UID FLAGS)")[1]]
        return {int(m.group(1)): m.group(2).decode().split() for m in found}

    def test_two_mailboxes_with_one_each_are_settled_in_one_run(self):
        letters = self.letters(24)
        self.client.create("Job")
        for mailbox, some in (("Work", letters[:12]), ("Job", letters[12:])):
            self.damage(self.client.fill(mailbox, some)[5], mailbox=mailbox)

        result = self.settle(1)

        for mailbox, some in (("Work", letters[:12]), ("Job", letters[12:])):
            self.assertEqual(self.here(mailbox), self.digests(some[:5] + some[6:]), result)
            self.assertEqual(result.err.count("golub: work/%s: can't read size and date of UID 6: " % mailbox), 1, result)

    def test_ten_of_them_are_found_one_after_the_other(self):
        letters = self.letters(40)
        uids = self.client.fill("Work", letters)
        bad = list(range(2, 40, 4))
        self.damage(*[uids[n] for n in bad])

        result = self.settle(5)

        self.assertEqual(self.here(), self.digests(letters[n] for n in range(40) if n not in bad))
        self.assert_named(result, *[uids[n] for n in bad])

    def test_verify_compares_what_can_be_compared_beside_it(self):
        letters = self.letters(8)
        uids = self.client.fill("Work", letters)
        self.client.fill("INBOX", self.letters(2))
        self.damage(uids[5])
        self.settle()
        self.client.expunge("Work", [uids[1]])

        result = self.check(self.home.run("verify", "work"), SOME)

        self.assertIn("work/Work: missing-there UID %d " % uids[1], result.out)
        self.assertIn("work/Work: waiting, 1 message: golub status work says why", result.out)
        self.assertIn("9 messages here", result.out)

    def test_one_that_is_gone_is_over(self):
        letters = self.letters(6)
        uids = self.client.fill("Work", letters)
        self.damage(uids[3])
        self.settle(2)

        self.client.expunge("Work", [uids[3]])
        self.sync(expect=OK)

        self.assertEqual(self.here(), self.digests(letters[:3] + letters[4:]))
        self.assertNotIn("unreadable", self.home.run("status").out)


class RefusedMessageTest(SystemTest):
    """The server says NO to one message whenever it is asked for it, and gives all others."""
    account_options = {"max_delete": "off"}

    def setUp(self):
        super().setUp()
        self.letters = [self.corpus.simple("letter %d" % n, "body %d\r\n" % n) for n in range(9)]
        for name in ("Work", "Old"):
            self.client.create(name)
        self.client.fill("INBOX", self.letters[:4])
        self.client.fill("Work", self.letters[4:8])
        self.sync()
        self.bad = None

    def given_one_is_refused(self, words, header=False):
        """A new message in INBOX. What of an answer came before it comes."""
        self.bad = self.corpus.simple("bad one", "this one is damaged\r\n")
        mark = b"Subject: bad one" if header else b"this one is damaged"

        def refuse(command, lines):
            if b" FETCH " not in command.upper() or not any(mark in line for line in lines):
                return lines
            at = next(n for n, line in enumerate(lines) if mark in line)
            return lines[:at] + [lines[-1].split()[0] + b" NO " + words + b"\r\n"]

        steps = Steps(self.server.port, answer=refuse)
        steps.__enter__()
        self.addCleanup(steps.__exit__)
        self.account.set(server="imap://127.0.0.1:%d" % steps.port)
        self.client.fill("INBOX", [self.bad])

    def change_all(self):
        """Removals and moves on both sides of both mailboxes."""
        self.maildir.delete(self.maildir.find("INBOX", self.letters[0]))
        self.maildir.delete(self.maildir.find("Work", self.letters[4]))
        self.maildir.move(self.maildir.find("Work", self.letters[6]), "Old")
        for mailbox, letter in (("INBOX", self.letters[1]), ("Work", self.letters[5])):
            self.client.expunge(mailbox, [self.client.uid_of(mailbox, letter)])
        self.client.move("INBOX", [self.client.uid_of("INBOX", self.letters[2])], "Old")

    def left(self):
        """What of that is not done yet."""
        there = [(n, mailbox) for n, mailbox in ((0, "INBOX"), (4, "Work"), (6, "Work"))
                 if self.is_there(self.letters[n], mailbox)]
        return there + [(n, mailbox) for n, mailbox in ((1, "INBOX"), (5, "Work"), (2, "INBOX"))
                        if self.maildir.has(mailbox, self.letters[n])]

    def refused_by(self, words, **more):
        self.given_one_is_refused(words, **more)
        self.change_all()
        first = self.sync(expect=SOME)
        self.assertIn("golub: work/INBOX: ", first.err)
        waited = self.left()
        second = self.sync(expect=SOME)
        self.assertEqual(self.left(), [], second)
        self.assertIn("golub: work/INBOX: ", second.err)
        self.assertIn("work: INBOX: download UID 5", self.home.run("status").out)

        # What goes from here on waits no more, either.
        self.maildir.delete(self.maildir.find("INBOX", self.letters[3]))
        self.client.expunge("Work", [self.client.uid_of("Work", self.letters[7])])
        third = self.sync(expect=SOME)
        self.assertFalse(self.is_there(self.letters[3]), third)
        self.assertFalse(self.maildir.has("Work", self.letters[7]), third)
        return waited

    def test_removals_wait_for_one_that_is_refused_in_one_run_alone(self):
        self.assertNotEqual(self.refused_by(b"Message can't be read"), [])

    def test_and_so_they_do_for_one_at_which_the_server_says_that_it_is_not_well(self):
        self.assertNotEqual(self.refused_by(b"[SERVERBUG] Internal error occurred"), [])

    def test_and_where_it_asks_to_come_back_later(self):
        self.assertNotEqual(self.refused_by(b"[UNAVAILABLE] Try again later"), [])

    def test_and_where_it_gives_no_more_of_the_mailbox(self):
        self.assertNotEqual(self.refused_by(b"[INUSE] Somebody else is at it"), [])

    def test_what_is_read_before_that_does_not_begin_it_anew(self):
        """The header of new mail of the size of what vanished there comes in each run, and the body of that one in none."""
        self.given_one_is_refused(b"[INUSE] Somebody else is at it")
        self.maildir.delete(self.maildir.find("Work", self.letters[4]))
        for n in range(2):
            self.client.expunge("INBOX", [self.client.uid_of("INBOX", self.letters[n])])
            self.client.fill("INBOX", [self.corpus.simple("letter %d" % (n + 5), "body %d\r\n" % (n + 5))])
            result = self.sync(expect=SOME)
            self.assertEqual(self.is_there(self.letters[4], "Work"), n == 0, result)

    def test_one_at_which_the_server_gives_no_more_keeps_no_other_for_ever(self):
        self.given_one_is_refused(b"[INUSE] Somebody else is at it")
        for _ in range(2):
            new = self.corpus.simple("behind")
            self.client.fill("INBOX", [new])
            self.sync(expect=SOME)
        self.sync(expect=SOME)
        self.assertEqual({f.digest for f in self.maildir.files("INBOX")} | {self.bad.digest},
                         {m.digest for m in self.client.messages("INBOX")})

    def test_new_mail_goes_up_beside_it(self):
        self.given_one_is_refused(b"[UNAVAILABLE] Try again later", header=True)
        new = self.corpus.simple("new here", "so long that it can not be the other one\r\n" * 200)
        self.maildir.put("INBOX", new.lf)
        self.change_all()
        for _ in range(2):
            self.sync(expect=SOME)
        self.assertEqual(self.left(), [])
        self.assertTrue(self.is_there(new))


if __name__ == "__main__":
    main()
