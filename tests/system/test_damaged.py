"""Messages whose files are damaged on the server, which can then tell neither their size nor their date: Dovecot ends the line at either."""
import glob
import os
import re

from base import OK, SOME, SystemTest, main

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


if __name__ == "__main__":
    main()
