"""
What a sync costs: turns, bytes, and what is not even looked at. Round trips make mail sync slow, and they are the easiest thing
to lose by an innocent change; so here they are counted. No seconds: those are tests/bench.
"""
import os
import re
import unittest

from base import OK, PASSWORD, SystemTest, main
from rig.fill import Wire, small
from rig.golub import sanitized

MAILBOXES = 60
EACH = 4
DELAY = 8  # ms one way: answers come back after the client has said all that it says without waiting


def selected(proxy):
    """Mailboxes that were opened, in order."""
    found = []
    for line in proxy.sent():
        match = re.match(rb'\S+ (?:SELECT|EXAMINE) ("(?:\\.|[^"])*"|\S+)', line, re.I)
        if match:
            found.append(match.group(1).strip(b'"').decode())
    return found


def commands(proxy, *names):
    words = [line.upper().split(b" ") for line in proxy.sent()]
    return [w for w in words if len(w) > 1 and (w[1] in names or (w[1] == b"UID" and w[2] in names))]


class EconomyTest(SystemTest):
    server_options = {"special_use": False}
    account_options = {"max_delete": "off"}

    def setUp(self):
        super().setUp()
        self.through(delay=DELAY)

    def fill(self, mailbox, count, first=0, size=600):
        with Wire(self.server.port, self.user, PASSWORD) as wire:
            if mailbox != "INBOX":
                wire.command(b'CREATE "%s"' % mailbox.encode())
            wire.append(mailbox, (m.replace(b"\r\nFrom:", b"\r\nX-Where: %s %d\r\nFrom:" % (mailbox.encode(), first), 1)
                                  for m in small(count, size)))

    def cost(self, turns, up=None, down=None):
        """The sync that just ended cost at most that."""
        stats = self.proxy.stats
        self.assertLessEqual(stats["turns"], turns, self.evidence())
        self.assertEqual(stats["conns"], 1)
        if up is not None:
            self.assertLess(stats["up"], up, self.evidence())
        if down is not None:
            self.assertLess(stats["down"], down, self.evidence())

    def converge(self):
        """What was written a moment ago is looked at once more by the next run; after that nothing is left to look at."""
        self.sync()
        self.sync()


class ManyMailboxesTest(EconomyTest):
    def setUp(self):
        super().setUp()
        self.names = ["INBOX"] + ["box%02d" % n for n in range(1, MAILBOXES)]
        for name in self.names:
            self.fill(name, EACH)

    def test_a_first_sync_takes_a_few_turns_however_many_mailboxes_there_are(self):
        self.sync()

        self.cost(turns=14)
        self.assert_same()

    def test_nothing_changed_costs_one_list_and_no_look_at_any_mailbox(self):
        self.sync()
        self.converge()

        self.sync()

        self.cost(turns=8, up=1500, down=4000 + 160 * MAILBOXES)
        self.assertEqual(selected(self.proxy), [])
        self.assertEqual(commands(self.proxy, b"FETCH", b"STATUS", b"SEARCH"), [])
        self.assertEqual(len(commands(self.proxy, b"LIST")), 1)

    def test_one_new_mail_opens_one_mailbox(self):
        self.sync()
        self.converge()
        self.client.append("box17", self.corpus.simple("news").bytes)

        self.sync()

        self.cost(turns=10, up=2500)
        self.assertEqual(set(selected(self.proxy)), {"box17"})
        self.assert_same()

    def test_one_flag_set_here_opens_one_mailbox(self):
        self.sync()
        self.converge()
        self.maildir.flag(self.maildir.files("box23")[1], add="F")

        self.sync()

        self.cost(turns=10, up=2500)
        self.assertEqual(set(selected(self.proxy)), {"box23"})
        self.assert_same()

    def test_changes_in_every_mailbox_take_no_more_turns_than_in_one(self):
        self.sync()
        self.converge()
        for name in self.names:
            self.client.append(name, self.corpus.simple("news of " + name).bytes)
            self.maildir.flag(self.maildir.files(name)[0], add="F")

        self.sync()

        self.cost(turns=14)
        self.assert_same()


class LargeFolderTest(SystemTest):
    """More rows than the journal's cache holds."""
    server_options = {"special_use": False}
    account_options = {"max_delete": "off", "fsync": False}
    COUNT = 12000

    def reads(self):
        """A run. @return how often it read the journal"""
        log = self.home.path_of("reads")
        self.check(self.account.sync(prefix=("strace", "-f", "-qq", "-y", "-o", log, "-e", "trace=pread64"),
                                     env={"ASAN_OPTIONS": "exitcode=99:detect_leaks=0"}), OK)
        with open(log, errors="replace") as f:
            return sum("journal.db>" in line for line in f)

    def test_one_name_that_changed_does_not_have_the_journal_read_for_each(self):
        with Wire(self.server.port, self.user, PASSWORD) as wire:
            wire.append("INBOX", small(self.COUNT, 300))
        self.sync()
        self.sync()
        pages = os.path.getsize(self.account.journal_path()) / 4096
        some, other = self.maildir.files("INBOX")[:2]

        self.maildir.flag(some, add="F")
        self.assertLess(self.reads(), 1.5 * pages)
        self.maildir.delete(other)
        self.assertLess(self.reads(), 4 * pages)
        self.assertEqual(self.client.status("INBOX")["messages"], self.COUNT - 1)


class MemoryTest(SystemTest):
    """What a run has in memory, beside another one: a sanitizer takes its share of both."""
    server_options = {"special_use": False}
    account_options = {"max_delete": "off", "fsync": False}

    def resident(self, *args):
        result = self.home.run_measured(*args, "work")
        self.check(result, OK)
        return result.resident / 1e6

    def put(self, first, count):
        for n, data in enumerate(small(count, 600)):
            self.maildir.put("INBOX", data.replace(b"\r\n", b"\n").replace(b"X-Number: ", b"X-Number: %d" % first), "S",
                             1600000000 + (first + n) * 61)

    def test_files_that_wait_for_their_turn_to_be_sent_take_next_to_nothing(self):
        self.sync()
        self.put(1000, 200)
        few = self.resident("sync")
        self.put(2000, 2400)

        many = self.resident("sync")

        self.assertEqual(self.client.status("INBOX")["messages"], 2600)
        self.assertLess(many - few, 20, (few, many))  # a block of 64 KiB for each was 157

    def fill(self, count):
        with Wire(self.server.port, self.user, PASSWORD) as wire:
            wire.append("INBOX", small(count, 300))

    @unittest.skipIf(sanitized(), "a sanitizer takes more than what is to be told apart")
    def test_what_would_be_fetched_is_told_in_pieces(self):
        self.fill(300)
        few = self.resident("sync", "--dry-run")
        self.fill(30000)

        many = self.resident("sync", "--dry-run")

        self.assertLess(many - few, 4.5, (few, many))

    def test_a_tree_that_is_compared_takes_no_kinship_for_what_has_the_header_of_a_file(self):
        self.fill(12000)
        self.sync()
        os.unlink(self.account.journal_path())

        lost = self.resident("sync")

        few = self.resident("sync")
        self.assertLess(lost - few, 26 if sanitized() else 16, (few, lost))  # with all the kinship there would be 15 more


class OneMailboxTest(EconomyTest):
    def test_nothing_changed_here_means_no_directory_is_read_and_no_message_looked_at(self):
        self.fill("INBOX", 500)
        self.sync()
        self.converge()
        log = self.home.path_of("looks")
        calls = "getdents,getdents64,stat,lstat,newfstatat,statx,open,openat,access,faccessat,faccessat2"

        self.proxy.reset()
        result = self.home.run("sync", "work", env={"ASAN_OPTIONS": "exitcode=99:detect_leaks=0"},
                               prefix=("strace", "-f", "-qq", "-y", "-s", "300", "-o", log, "-e", "trace=" + calls))

        self.check(result, OK)
        self.assertLess(self.proxy.stats["down"], 4000)
        root = re.escape(self.account.root)
        with open(log, errors="replace") as f:
            looks = f.readlines()
        listed = [c for c in looks if "getdents" in c and re.search(root + r"/INBOX/(cur|new)>", c)]
        seen = [c for c in looks if re.search(root + r'/INBOX/(cur|new)/[^"/>]', c) or re.search(r'INBOX/(cur|new)>, "[^"/.]', c)]
        self.assertTrue(any(os.path.basename(self.account.root) in c for c in looks), "strace saw nothing")
        self.assertEqual(listed, [])
        self.assertEqual(seen, [])

    def test_no_name_is_looked_up_for_a_message_of_a_first_sync(self):
        self.fill("INBOX", 600)
        log = self.home.path_of("looks")

        result = self.home.run("sync", "work", env={"ASAN_OPTIONS": "exitcode=99:detect_leaks=0"},
                               prefix=("strace", "-f", "-qq", "-s", "300", "-o", log, "-e",
                                       "trace=stat,lstat,newfstatat,statx,access,faccessat,faccessat2"))

        self.check(result, OK)
        self.assertEqual(len(self.maildir.files("INBOX")), 600)
        with open(log, errors="replace") as f:
            looks = f.readlines()
        self.assertFalse([line for line in looks if ".golub" in line and ":2," in line])
        self.assertTrue(looks, "strace saw nothing")
        self.assertLess(len(looks), 600, "".join(looks[-50:]))

    def test_flags_of_the_server_come_as_changes_only(self):
        self.fill("INBOX", 600)
        self.sync()
        self.converge()
        self.client.select("INBOX")
        self.client.imap.store("1:200", "+FLAGS.SILENT", "(\\Seen)")
        self.client.imap.unselect()

        self.sync()

        self.cost(turns=12, up=1500, down=4000 + 80 * 200)
        self.assertEqual(sum("S" in f.letters for f in self.maildir.files("INBOX")), 200)

    def test_many_flags_go_up_as_sets(self):
        self.fill("INBOX", 600)
        self.sync()
        self.converge()
        for file in self.maildir.files("INBOX"):
            self.maildir.read(file)

        self.sync()

        # Each message answers once, to its STORE; the look behind it asks for what others changed, and for the last few.
        self.cost(turns=6, up=4000, down=4000 + 70 * 600)
        self.assertLessEqual(len(commands(self.proxy, b"STORE")), 4)
        for uid in (1, 300, 580):
            self.assertEqual(len(re.findall(rb"FETCH \(UID %d " % uid, self.proxy.received())), 1)
        self.assert_same()

    def test_many_flags_of_which_another_client_set_one_meanwhile_all_go_up(self):
        self.fill("INBOX", 100)
        self.sync()
        self.converge()
        for file in self.maildir.files("INBOX"):
            self.maildir.read(file)
        self.client.select("INBOX")
        tagged = []

        def meanwhile(data):
            if b"UID STORE" in data and not tagged:
                tagged.append(data)
                self.client.imap.store("7", "+FLAGS", "(\\Flagged)")
            return data
        self.through(delay=DELAY, edit_up=meanwhile)

        self.sync()
        self.sync()

        self.assertTrue(tagged)
        self.client.imap.unselect()
        self.assert_same()
        self.assertEqual(sum("S" in f.letters for f in self.maildir.files("INBOX")), 100)
        self.assertEqual(sum("F" in f.letters for f in self.maildir.files("INBOX")), 1)

    def test_new_mail_goes_up_without_a_wait_for_each(self):
        self.sync()
        mails = self.corpus.messages(80, edge=False)
        for mail in mails:
            self.maildir.put("INBOX", mail.lf, "S", date=mail.date)

        self.sync()

        self.cost(turns=12, up=4000 + sum(len(m.bytes) + 120 for m in mails))
        self.assert_same()

    def test_what_is_new_on_the_server_is_told_once(self):
        self.fill("INBOX", 50)
        self.sync()
        self.converge()
        mails = self.corpus.messages(300, edge=False, median=700)
        for mail in mails:
            self.maildir.put("INBOX", mail.lf, "S", date=mail.date)

        self.sync()

        # An answer for each is its echo; APPENDs are answered by groups.
        self.cost(turns=8, down=4000 + 125 * len(mails))
        for uid in (51, 200, 350):
            told = re.findall(rb"FETCH \(UID %d [^\r]*" % uid, self.proxy.received())
            self.assertEqual(len(told), 2 if uid > 334 else 1, told)  # the highest ones are compared, too
        self.assert_same()

    def test_moved_mail_does_not_travel(self):
        self.fill("Archive", 1)
        self.fill("INBOX", 900, size=3000)
        self.sync()
        self.converge()
        for file in self.maildir.files("INBOX")[:800]:
            self.maildir.move(file, "Archive", rename=True)

        self.sync()

        self.cost(turns=14, up=6000)
        self.assertEqual(commands(self.proxy, b"APPEND"), [])
        self.assertEqual(len(commands(self.proxy, b"MOVE")), 1)
        self.assertNotIn(b"BODY.PEEK[]", self.proxy.stream("up").upper())
        self.assert_same()

    def test_many_deletions_go_up_together(self):
        self.fill("INBOX", 900)
        self.sync()
        self.converge()
        for file in self.maildir.files("INBOX")[:600]:
            self.maildir.delete(file)

        self.sync()

        self.cost(turns=8, up=6000)
        self.assertEqual(len(commands(self.proxy, b"EXPUNGE")), 1)
        self.assertEqual(self.client.status("INBOX")["messages"], 300)
        self.assert_same()

    def test_a_message_comes_down_once(self):
        self.fill("INBOX", 300, size=4000)

        self.sync()

        self.cost(turns=10, down=300 * 4000 * 1.15)
        bodies = self.proxy.received().count(b"X-Number: ")
        self.assertEqual(bodies, 300)

    def test_four_thousand_messages_are_asked_for_at_once(self):
        self.fill("INBOX", 2000, size=200)
        self.fill("Archive", 2000, size=200)

        self.sync()

        self.cost(turns=5)
        self.assertEqual([len(self.maildir.files(name)) for name in ("INBOX", "Archive")], [2000, 2000])

    def flushes(self):
        """One sync. @return its flushes: of mail, of folders and of the journal"""
        result = self.check(self.account.sync_traced(flushes=True), OK)
        return [c for c in result.calls if re.search(r"\b(fsync|fdatasync|syncfs|sync)\(", c)]

    def test_a_thousand_flags_of_the_server_are_made_durable_together(self):
        self.fill("INBOX", 1000, size=200)
        self.converge()
        with Wire(self.server.port, self.user, PASSWORD) as wire:
            wire.command(b'SELECT "INBOX"')
            wire.command(b"STORE 1:1000 +FLAGS.SILENT (\\Seen)")

        flushes = self.flushes()

        self.assertEqual(sum(f.letters == "S" for f in self.maildir.files("INBOX")), 1000)
        self.assertLess(len(flushes), 16, "\n".join(flushes))

    def test_the_intents_of_two_thousand_new_mails_are_made_durable_together(self):
        self.converge()
        for n, data in enumerate(small(2400, 200)):
            self.maildir.put("INBOX", data.replace(b"\r\n", b"\n"), "S", 1600000000 + n * 61)

        flushes = self.flushes()

        self.assertEqual(self.client.status("INBOX")["messages"], 2400)
        self.assertLess(len(flushes), 18, "\n".join(flushes))

    def test_all_folders_of_a_first_sync_are_made_durable_together(self):
        with Wire(self.server.port, self.user, PASSWORD) as wire:
            for n in range(199):
                wire.command(b'CREATE "%s%03d"' % (b"a/b/box" if n % 10 == 0 else b"box", n))

        result = self.check(self.account.sync_traced(flushes=True), OK)

        self.assertEqual(len(self.maildir.mailboxes()), 200)
        flushes = [c for c in result.calls if re.search(r"\b(fsync|fdatasync|syncfs|sync)\(", c)]
        # One for each folder, where syncfs does not serve, and some for their parents, the mark and the journal.
        self.assertLess(len(flushes), 200 + 40, "\n".join(flushes[-50:]))

if __name__ == "__main__":
    main()
