"""
Everything from the server is hostile, and anything may lie in the Maildir: names that lead elsewhere, answers that no grammar
allows, files that can't be read, disks that are full, a journal that is not what it was. Nothing is removed, nothing is written
where it does not belong, the user reads what happened, and the next run goes on.
"""
import os
import re
import shutil
import sqlite3
import subprocess
import unittest

from base import NETWORK, OK, PASSWORD, SOME, Account, HomeTest, SystemTest, main
from rig import evil, in_memory  # noqa: F401

SENDING_REMOVALS = re.compile(rb"\S+ (UID )?(EXPUNGE|MOVE|CLOSE|DELETE)\b|.*FLAGS.*\\Deleted", re.I)


def literal(name):
    return b"{%d}\r\n%s" % (len(name), name)


class NamesTest(HomeTest):
    """Names of mailboxes, from a server that plays a script."""

    NAMES = {
        "parent": b'".."', "up and out": b'"../../../../tmp/golub-was-here"', "inside": b'"a/../../b"', "here": b'"."',
        "absolute": b'"/tmp/golub-was-here"', "only separators": b'"///"', "empty level": b'"a//b"', "trailing": b'"a/"',
        "Maildir's own": b'"cur"', "new": b'"x/new"', "tmp in INBOX": b'"INBOX/tmp"', "INBOX/cur": b'"INBOX/cur"',
        "home": b'"~root/x"', "hidden": b'".golub"', "mark": b'".golub.new"', "dots": b'"...."',
        "control bytes": literal(b"a\x01\x07\x1b[2Jb"), "line end": literal(b"a\r\nA1 OK done"), "NUL": literal(b"a\0b"),
        "raw 8 bit": literal(b"\xff\xfe\xc3\x28"), "overlong": literal(b"\xc0\xae\xc0\xae/x"), "empty": b'""',
        "broken UTF-7": b'"&Jjo"', "UTF-7 of a slash": b'"&AC8-x"', "UTF-7 of NUL": b'"&AAA-"', "UTF-7 of a dot": b'"&AC4ALg-"',
        "half a surrogate": b'"&2AA-"', "long level": b'"' + b"n" * 300 + b'"', "long name": literal(b"n/" * 3000),
        "a megabyte": literal(b"n" * 1_000_000), "deep": b'"' + b"/".join([b"d"] * 400) + b'"', "percent": b'"%2e%2e%2fx"',
        "quote": b'"a\\"b"', "wildcard": b'"*"', "separator of several": b'"x" )',
    }

    def setUp(self):
        super().setUp()
        self.outside = self.home.write("Mail/untouched", "nothing of golub's business")

    def listing(self, *names):
        lines = b'* LIST (\\HasNoChildren) "/" INBOX\r\n' + b"".join(b'* LIST () "/" %s\r\n' % n for n in names)
        return [(rb"(LIST|LSUB)\b", lines + b"%T OK done\r\n")] + evil.defaults()

    def sync_with(self, *names, codes=(OK, SOME, NETWORK)):
        with evil.EvilServer(default=self.listing(*names)) as server:
            account = self.home.accounts[0] if self.home.accounts else Account(
                self.home, "imap://127.0.0.1:%d" % server.port, "ana", PASSWORD, tls="none", timeout=5, auth=["plain"])
            account.set(server="imap://127.0.0.1:%d" % server.port)
            result = account.sync(timeout=60)
        self.assertIn(result.code, codes, result)
        self.assertTrue(result.code == OK or result.err.strip(), "a failure says nothing")
        for c in result.out + result.err:
            self.assertTrue(c >= " " or c in "\n\t", "a control byte of the server reached the terminal: %r" % c)
        return account, result

    def assert_contained(self, account):
        root = os.path.realpath(account.root)
        self.assertEqual(sorted(os.listdir(self.home.path_of("Mail"))), ["untouched", "work"])
        self.assertEqual(sorted(set(os.listdir(self.home.path)) - {"config", "state", "Mail", "secrets", "cache"}), [])
        self.assertFalse(os.path.exists("/tmp/golub-was-here"))
        for folder, folders, files in os.walk(root):
            for name in folders + files:
                full = os.path.join(folder, name)
                self.assertFalse(os.path.islink(full), full)
                self.assertTrue(os.path.realpath(full).startswith(root + os.sep), full)
        for sub in ("cur", "new", "tmp"):
            self.assertEqual(os.listdir(os.path.join(root, "INBOX", sub)), [])
            self.assertFalse(os.path.isdir(os.path.join(root, sub)), "a mailbox stands where Maildir's own folders do")

    def test_no_name_leads_out_of_the_root(self):
        for what, name in self.NAMES.items():
            with self.subTest(what):
                account, _ = self.sync_with(name, b'"Good"')
                self.sync_with(b'"Good"', codes=(OK,))
                self.assert_contained(account)
                self.assertTrue(os.path.isdir(os.path.join(account.root, "Good", "cur")))
                self.sync_with(b'"Good"', codes=(OK,))
                shutil.rmtree(account.root)
                shutil.rmtree(account.state)

    def test_a_name_that_can_not_be_here_does_not_stop_the_others(self):
        for what in ("parent", "control bytes", "long level", "broken UTF-7", "empty level", "Maildir's own"):
            with self.subTest(what):
                account, _ = self.sync_with(self.NAMES[what], b'"Good"', codes=(OK, SOME))
                self.assertTrue(os.path.isdir(os.path.join(account.root, "Good", "cur")))

    def test_two_names_that_are_one_here_are_told_apart_or_refused_by_name(self):
        account, result = self.sync_with(b'"Same"', b'"Same"', b'"a/b"', b'"a&AC8-b"', codes=(OK, SOME))

        self.assert_contained(account)

    def test_a_mailbox_in_a_million_lines_is_not_kept_in_memory_for_ever(self):
        """A LIST without end: more names than anybody has."""
        many = b"".join(b'* LIST () "/" "m%d"\r\n' % n for n in range(120_000))
        default = [(rb"(LIST|LSUB)\b", many + b"%T OK done\r\n")] + evil.defaults()
        with evil.EvilServer(default=default) as server:
            account = Account(self.home, "imap://127.0.0.1:%d" % server.port, "ana", PASSWORD, tls="none", timeout=20, auth=["plain"])
            result = account.sync("--dry-run", timeout=120)

        self.assertIn(result.code, (SOME, NETWORK), result.err[:2000])
        self.assertTrue(result.err.strip())


class AnswersTest(SystemTest):
    """A real server whose answers are changed on the way, while there is something to remove, to flag and to fetch."""
    server_options = {"special_use": False}
    account_options = {"auth": ["plain"], "timeout": 2}

    NEST = b"(" * 100_000 + b")" * 100_000
    # what is looked for in the server's stream, and what comes in its place; several are tried for each
    LIES = {
        "EXISTS of four billion": (rb"\* \d+ EXISTS", b"* 4000000000 EXISTS"),
        "EXISTS of twenty digits": (rb"\* \d+ EXISTS", b"* 99999999999999999999 EXISTS"),
        "negative EXISTS": (rb"\* \d+ EXISTS", b"* -1 EXISTS"),
        "EXISTS of nothing": (rb"\* \d+ EXISTS", b"* 0 EXISTS"),
        "UIDVALIDITY 0": (rb"UIDVALIDITY \d+", b"UIDVALIDITY 0"),
        "UIDVALIDITY out of range": (rb"UIDVALIDITY \d+", b"UIDVALIDITY 4294967296"),
        "UIDNEXT 0": (rb"UIDNEXT \d+", b"UIDNEXT 0"),
        "UIDNEXT of everything": (rb"UIDNEXT \d+", b"UIDNEXT 4294967295"),
        "MODSEQ out of range": (rb"HIGHESTMODSEQ \d+", b"HIGHESTMODSEQ 18446744073709551616"),
        "UID 0": (rb"\(UID \d+", b"(UID 0"),
        "UID out of range": (rb"\(UID \d+", b"(UID 4294967296"),
        "one UID for all": (rb"\(UID \d+", b"(UID 1"),
        "no UID": (rb"\(UID \d+ ", b"("),
        "UIDs of others": (rb"\(UID (\d+)", lambda m: b"(UID %d" % (int(m.group(1)) + 100_000)),
        "everything vanished": (rb"(?m)^(\* \d+ EXISTS\r\n)", rb"* VANISHED (EARLIER) 1:4294967295\r\n\1"),
        "everything is expunged": (rb"(?m)^(s\d+|g\d+) OK", lambda m: b"* 1 EXPUNGE\r\n" * 14 + m.group(0)),
        "expunged that never were": (rb"(?m)^(g\d+) OK", lambda m: b"* 4000000000 EXPUNGE\r\n* 0 EXPUNGE\r\n" + m.group(0)),
        "nested for ever": (rb"FLAGS \(", b"X-NEST %s FLAGS (" % NEST),
        "a line without end": (rb"(?m)^\* \d+ FETCH", b"* OK " + b"x" * 3_000_000),
        "flags without end": (rb"FLAGS \(", b"FLAGS (" + b"\\Seen " * 200_000),
        "a truncated FETCH": (rb"\* (\d+) FETCH \([^\r]*\)\r\n", rb"* \1 FETCH (UID \r\n"),
        "a literal longer than all": (rb"\{\d+\}\r\n", b"{18446744073709551615}\r\n"),
        "a literal that is too long": (rb"\{(\d+)\}\r\n", lambda m: b"{%d}\r\n" % (int(m.group(1)) + 1000)),
        "a literal that is too short": (rb"\{(\d+)\}\r\n", lambda m: b"{%d}\r\n" % (int(m.group(1)) // 2)),
        "a literal of nothing": (rb"\{(\d+)\}\r\n", b"{0}\r\n"),
        "sizes that lie": (rb"RFC822.SIZE \d+", b"RFC822.SIZE 99999999999999999999"),
        "dates that are none": (rb'INTERNALDATE "[^"]*"', b'INTERNALDATE "99-Foo-0000 99:99:99 +9999"'),
        "NO to everything": (rb"(?m)^(g\d+) OK", rb"\1 NO"),
        "BAD to everything": (rb"(?m)^(g\d+) OK", rb"\1 BAD"),
        "tags of nobody": (rb"(?m)^(g)(\d+) OK", rb"\g<1>9\2 OK"),
        "BYE in between": (rb"(?m)^(g\d+ OK)", rb"* BYE that is all\r\n\1"),
        "continuation of nothing": (rb"(?m)^(g\d+ OK)", rb"+ go on\r\n\1"),
        "a list that breaks off": (rb"\* LIST \(", b"* LIST ("  + b"\\A " * 3 + b'"'),
        "a list of somebody else's quotes": (rb'\* LIST \([^)]*\) "/" (\S+)', rb'* LIST () "/" "\1'),
        "bytes of nothing": (rb"\* LIST", b"\x00\xff\x80 LIST"),
    }

    def test_a_body_that_comes_short_empty_or_not_at_all_is_asked_for_again(self):
        for what in (b"{40}\r\n", b"{0}\r\n", b'""', b"NIL"):
            with self.subTest(what):
                mail = self.corpus.simple("spoiled %r" % what)
                self.client.append("INBOX", mail.bytes, mail.flags, mail.date)
                done = []

                def spoil(data):
                    found = re.search(rb"BODY\[\] \{(\d+)\}\r\n", data)
                    if not found or done or len(data) < found.end() + int(found.group(1)):
                        return data
                    done.append(1)
                    rest = data[found.end():]
                    kept = rest[:40] if what.startswith(b"{40") else b""
                    return data[:found.start()] + b"BODY[] " + what + kept + rest[int(found.group(1)):]

                self.through(edit_down=spoil)
                self.sync()

                self.assertTrue(done)
                self.assertEqual(len([line for line in self.proxy.sent() if b"BODY.PEEK[]" in line]), 2)
                self.assert_in_sync()
                self.assertTrue(self.maildir.find("INBOX", mail))

    def test_what_an_answer_left_out_is_not_gone(self):
        """The FETCH right before a removal is answered OK without the message: only a whole listing says that it is not there."""
        self.mails = [self.corpus.simple("mail %d" % n) for n in range(6)]
        self.client.create("Work")
        self.client.fill("INBOX", self.mails)
        self.sync()
        self.maildir.delete(self.maildir.find("INBOX", self.mails[2]))
        done = []

        def leave_out(data):
            found = re.search(rb"\* \d+ FETCH \(UID 3 FLAGS [^\r]* RFC822\.SIZE \d+\)\r\n", data)
            if not found or done:
                return data
            done.append(1)
            return data[:found.start()] + data[found.end():]

        self.through(edit_down=leave_out)
        self.sync()

        self.assertTrue(done)
        self.assertFalse(self.maildir.has("INBOX", self.mails[2]))
        self.assertFalse(self.is_there(self.mails[2]))
        self.assert_in_sync()

    def test_what_was_stored_although_the_server_refused_it_is_not_sent_again(self):
        """A server that gives up behind its store says NO. The other new message lets the run look at everything once more."""
        self.sync()
        ours, theirs = self.corpus.simple("ours"), self.corpus.simple("theirs")
        self.maildir.deliver("INBOX", ours.lf)
        self.client.append("INBOX", theirs.bytes)
        refused = re.compile(rb"^(\S+) OK \[APPENDUID [^\r]*", re.M)

        self.through(edit_down=lambda data: refused.sub(rb"\1 NO Timeout", data))
        result = self.sync(expect=SOME)

        self.assertEqual(len([line for line in self.proxy.changing() if b"APPEND" in line]), 1)
        self.assertEqual(result.err.count("Timeout"), 1, result)
        self.through()
        self.sync()
        self.assertEqual([m.digest for m in self.client.messages("INBOX")].count(ours.digest), 1)
        self.assert_in_sync()

    def given_work(self):
        """12 messages on both sides; then one was deleted here, one read, one deleted there, one arrived there, one here."""
        self.mails = [self.corpus.simple("mail %d" % n) for n in range(12)]
        self.client.create("Work")
        uids = self.client.fill("INBOX", self.mails)
        self.client.fill("Work", [self.corpus.simple("work %d" % n) for n in range(3)])
        self.sync()
        here = self.maildir
        here.delete(here.find("INBOX", self.mails[0]))
        here.read(here.find("INBOX", self.mails[1]))
        self.client.expunge("INBOX", uids[2])
        self.news, self.ours = self.corpus.simple("news"), self.corpus.simple("ours")
        self.client.append("INBOX", self.news.bytes)
        here.deliver("Work", self.ours.lf)
        self.client.close()

    def lie(self, pattern, answer):
        """A sync whose server's answers are changed, from the first answer after login on."""
        compiled, state = re.compile(pattern), {"in": False}

        def edit(data):
            if not state["in"]:
                state["in"] = b"* ENABLED" in data or b"* NAMESPACE" in data or b"* LIST" in data
            return compiled.sub(answer, data) if state["in"] else data
        self.through(edit_down=edit)
        return self.account.sync(timeout=60)

    def assert_nothing_removed(self):
        there = {m.digest for m in self.client.messages("INBOX")}
        here = {f.digest for f in self.maildir.files("INBOX")}
        for mail in self.mails[3:]:
            self.assertIn(mail.digest, there)
            self.assertIn(mail.digest, here)
        self.assertLessEqual(3, len(self.maildir.files("Work")))
        self.assertIn(self.news.digest, there)
        self.assertTrue(self.maildir.has("Work", self.ours))

    def test_no_lie_costs_a_message_and_the_next_run_goes_on(self):
        for what, (pattern, answer) in self.LIES.items():
            with self.subTest(what):
                self.setUp()
                self.given_work()
                result = self.lie(pattern, answer)
                if result.code not in (OK, SOME, 3, NETWORK):
                    self.fail("exit status\n%s" % result)
                self.assertTrue(result.code == OK or (result.err + result.out).strip(), "a failure says nothing")
                print("%-34s exit %d  %s" % (what, result.code, result.err.strip()[:150].replace("\n", " | ")))
                self.client = self.new_client()
                self.assert_nothing_removed()
                self.through()
                for _ in range(3):
                    result = self.account.sync()
                    if result.code == OK:
                        break
                self.check(result, OK)
                self.assert_nothing_removed()
                self.assert_same(dates="dates" not in what)
                self.doCleanups()


class FilesTest(SystemTest):
    """What may lie in a Maildir."""

    def setUp(self):
        super().setUp()
        self.mails = [self.corpus.simple("mail %d" % n) for n in range(4)]
        self.given_both_sides(self.mails)

    def place(self, name):
        return os.path.join(self.maildir.folder("INBOX"), "cur", name)

    def test_what_is_no_file_is_named_and_holds_removals_back(self):
        for name, make in (("1.dir:2,S", os.mkdir), ("1.fifo:2,S", os.mkfifo), ("1.link:2,S", lambda p: os.symlink("/nonexistent", p)),
                           ("1.passwd:2,S", lambda p: os.symlink("/etc/passwd", p))):
            with self.subTest(name):
                mail = self.corpus.simple("to be removed")
                self.client.append("INBOX", mail.bytes)
                self.sync()
                self.maildir.delete(self.maildir.find("INBOX", mail))
                make(self.place(name))

                result = self.sync(expect=SOME, timeout=30)

                self.assertIn(name.split(":")[0], result.err)
                self.assertEqual([line for line in self.proxy.sent() if SENDING_REMOVALS.match(line)], [])
                self.assertTrue(self.is_there(mail))
                (os.rmdir if name.startswith("1.dir") else os.unlink)(self.place(name))
                self.sync()
                self.assertFalse(self.is_there(mail))
        self.assert_in_sync()

    def test_a_folder_whose_cur_is_something_else_removes_nothing(self):
        cur = os.path.join(self.maildir.folder("INBOX"), "cur")
        os.rename(cur, cur + ".away")
        with open(cur, "w") as f:
            f.write("not a folder")
        self.client.append("Sent", self.corpus.simple("elsewhere").bytes)

        result = self.account.sync()

        self.assertIn(result.code, (OK, SOME), result)
        self.assertEqual(self.client.status("INBOX")["messages"], 4)
        self.assertEqual(len(self.maildir.files("Sent")), 1)
        os.unlink(cur)
        os.rename(cur + ".away", cur)
        self.sync()
        self.assert_in_sync()

    def test_links_in_the_place_of_folders_are_not_followed(self):
        elsewhere = self.home.path_of("elsewhere")
        os.rename(self.maildir.folder("INBOX"), elsewhere)
        os.symlink(elsewhere, self.maildir.folder("INBOX"))
        before = sorted(os.listdir(os.path.join(elsewhere, "new")) + os.listdir(os.path.join(elsewhere, "cur")))
        self.client.append("INBOX", self.corpus.simple("news").bytes)

        self.account.sync()

        self.assertEqual(sorted(os.listdir(os.path.join(elsewhere, "new")) + os.listdir(os.path.join(elsewhere, "cur"))), before)
        self.assertEqual(self.client.status("INBOX")["messages"], 5)

    def test_names_of_any_bytes_go_up_and_stay(self):
        mails = []
        for name in (b"1.\xff\xfe.x:2,S", "1.ünï:2,FS".encode(), b"-rf:2,", b"1.a b\tc:2,S", b"1.very" + b"y" * 200 + b":2,S"):
            mail = self.corpus.simple("odd name %r" % name)
            mails.append(mail)
            with open(os.path.join(os.fsencode(self.place("")), name), "wb") as f:
                f.write(mail.lf)

        result = self.account.sync()

        self.assertIn(result.code, (OK, SOME), result)
        for mail in mails:
            self.assertTrue(self.maildir.has("INBOX", mail))
        if result.code == OK:
            self.assertTrue(all(self.is_there(m) for m in mails))


@unittest.skipUnless(os.getuid() == 0, "only root can mount")
class DiskTest(SystemTest):
    """Small and read-only file systems."""

    def setUp(self):
        super().setUp()
        self.mails = [self.corpus.simple("mail %d" % n, body="x" * 70 + "\r\n") for n in range(6)]

    def mount(self, path, *options):
        os.makedirs(path, exist_ok=True)
        done = subprocess.run(["mount", *options, path], stderr=subprocess.PIPE)
        if done.returncode != 0:
            self.skipTest("mount: " + done.stderr.decode())
        self.addCleanup(subprocess.run, ["umount", "-l", path])
        return path

    def tmpfs(self, path, size):
        return self.mount(path, "-t", "tmpfs", "-o", "size=" + size, "tmpfs")

    def remount(self, path, options):
        subprocess.run(["mount", "-o", "remount," + options, path], check=True)

    def assert_nothing_lost_there(self, count):
        self.assertEqual(self.client.status("INBOX")["messages"], count)

    def fill(self, folder, leave=0):
        """Take all room there is but `leave` bytes. @return the file that holds it"""
        path = os.path.join(folder, ".filler")
        free = os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize
        with open(path, "wb") as f:
            try:
                os.posix_fallocate(f.fileno(), 0, max(1, free - leave))
            except OSError:
                pass
        return path

    def test_a_full_disk_for_mail_is_said_and_the_next_run_goes_on(self):
        for leave in (0, 200_000, 1_500_000):
            with self.subTest(leave):
                self.setUp()
                self.tmpfs(self.account.root, "8m")
                self.given_both_sides(self.mails)
                self.client.fill("INBOX", [self.corpus.big(150_000) for _ in range(16)])
                filler = self.fill(self.account.root, leave)

                result = self.sync(expect=SOME)

                self.assertRegex(result.err, "(?i)no space|full")
                self.assert_nothing_lost_there(22)
                for mail in self.mails:
                    self.assertTrue(self.maildir.has("INBOX", mail))
                whole = {m.digest for m in self.client.messages("INBOX")}
                self.assertFalse([f for f in self.maildir.files("INBOX") if f.digest not in whole], "a part of a message")
                os.unlink(filler)
                self.sync()
                self.assert_in_sync()
                self.doCleanups()

    def test_mail_that_has_no_room_is_not_begun_and_what_is_missing_is_said(self):
        self.tmpfs(self.account.root, "8m")
        self.given_both_sides(self.mails)
        before = self.maildir.tree()
        self.client.fill("INBOX", [self.corpus.big(150_000) for _ in range(16)])
        filler = self.fill(self.account.root, 3_000_000)  # for the mail alone there is room

        result = self.sync(expect=SOME)

        self.assertRegex(result.err, r"2\.[89] MiB are free, and \d\.\d MiB are needed \(2\.4 for mail")
        self.assertRegex(result.err, r"Free 1\.\d MiB more")
        self.assertEqual(self.maildir.tree(), before)
        os.unlink(filler)
        self.fill(self.account.root, 4_300_000)
        self.sync()
        self.assert_in_sync()

    def test_a_disk_without_room_for_one_more_name_is_said_and_the_next_run_goes_on(self):
        self.tmpfs(self.account.root, "8m,nr_inodes=45")
        self.given_both_sides(self.mails)
        self.client.fill("INBOX", [self.corpus.simple("more %d" % n) for n in range(40)])

        result = self.sync(expect=SOME)

        self.assertRegex(result.err, "(?i)no space|full")
        self.assert_nothing_lost_there(46)
        self.remount(self.account.root, "nr_inodes=1000")
        self.sync()
        self.assert_in_sync()

    def test_a_full_disk_does_not_remove_what_has_no_room_in_the_quarantine(self):
        self.given_both_sides(self.mails)
        quarantine = self.tmpfs(os.path.join(self.account.state, "quarantine"), "16k")
        with open(os.path.join(quarantine, "filler"), "wb") as f:
            try:
                f.write(b"x" * 16384)
            except OSError:
                pass
        self.client.expunge("INBOX", self.client.uid_of("INBOX", self.mails[0]))

        result = self.account.sync()

        self.assertEqual(result.code, SOME, result)
        self.assertTrue(self.maildir.has("INBOX", self.mails[0]))
        self.remount(quarantine, "size=1m")
        self.sync()
        self.assertFalse(self.maildir.has("INBOX", self.mails[0]))
        self.assertIn(self.mails[0].lf, self.account.quarantined())

    def test_a_full_disk_for_the_state_stops_before_mail_is_touched_or_goes_on_later(self):
        os.makedirs(os.path.dirname(self.account.state), exist_ok=True)
        self.tmpfs(self.account.state, "4m")
        self.given_both_sides(self.mails)
        filler = self.fill(self.account.state)
        self.maildir.delete(self.maildir.find("INBOX", self.mails[0]))
        ours = self.corpus.simple("ours")
        self.maildir.deliver("INBOX", ours.lf)
        self.client.fill("INBOX", [self.corpus.simple("theirs %d" % n) for n in range(3)])

        result = self.account.sync()

        self.assertIn(result.code, (SOME,), result)
        self.assertTrue(result.err.strip())
        os.unlink(filler)
        for _ in range(2):
            self.account.sync()
        self.assertFalse(self.is_there(self.mails[0]))
        self.assertTrue(self.is_there(ours))
        self.assert_in_sync()

    def test_a_read_only_folder_is_said_the_others_go_on_and_nothing_is_removed(self):
        self.client.create("Work")
        self.given_both_sides(self.mails)
        inbox = self.maildir.folder("INBOX")
        self.mount(inbox, "--bind", inbox)
        self.remount(inbox, "bind,ro")
        news = self.corpus.simple("news")
        self.client.append("INBOX", news.bytes)
        self.client.store("INBOX", self.client.uid_of("INBOX", self.mails[0]), "+", ["\\Seen"])
        self.client.expunge("INBOX", self.client.uid_of("INBOX", self.mails[1]))
        work = self.corpus.simple("work")
        self.client.append("Work", work.bytes)

        result = self.sync(expect=SOME)

        self.assertIn("INBOX", result.err)
        self.assertTrue(self.maildir.has("Work", work))
        self.assertTrue(self.maildir.has("INBOX", self.mails[1]))
        self.assertTrue(self.is_there(news))
        self.remount(inbox, "bind,rw")
        self.sync()
        self.assert_in_sync()

    def test_a_read_only_root_is_an_error_and_costs_nothing(self):
        self.tmpfs(self.account.root, "8m")
        self.given_both_sides(self.mails)
        self.maildir.delete(self.maildir.find("INBOX", self.mails[0]))
        self.client.append("INBOX", self.corpus.simple("news").bytes)
        self.remount(self.account.root, "ro")

        result = self.account.sync()

        self.assertEqual(result.code, SOME, result)
        self.assertTrue(result.err.strip())
        self.remount(self.account.root, "rw")
        self.sync()
        self.assert_in_sync()


class JournalTest(SystemTest):
    """A journal that is not what golub wrote."""

    def setUp(self):
        super().setUp()
        self.mails = [self.corpus.simple("mail %d" % n) for n in range(40)]
        self.given_both_sides(self.mails)
        self.maildir.delete(self.maildir.find("INBOX", self.mails[0]))
        self.path = self.account.journal_path()

    def refused(self, what, codes=(SOME, 2)):
        before = self.maildir.snapshot()
        with open(self.path, "rb") as f:
            bytes_before = f.read()

        result = self.account.sync()

        self.assertIn(result.code, codes, result)
        self.assertRegex(result.err, what)
        self.assertIn("journal", result.err)
        self.assertEqual(self.proxy.changing(), [])
        self.assertEqual(self.maildir.snapshot(), before)
        self.assertEqual(self.client.status("INBOX")["messages"], 40)
        with open(self.path, "rb") as f:
            self.assertEqual(f.read(), bytes_before, "what is refused stays as it was")

    def starts_anew(self, there=40):
        """What the message says to do."""
        os.rename(self.account.state, self.account.state + ".away")
        self.proxy.reset()
        self.sync()
        self.assertEqual([line for line in self.proxy.sent() if SENDING_REMOVALS.match(line)], [])
        self.assertEqual(self.client.status("INBOX")["messages"], there)
        self.assert_in_sync()

    def test_one_of_a_newer_golub_is_refused(self):
        with sqlite3.connect(self.path) as db:
            version = db.execute("PRAGMA user_version").fetchone()[0]
            db.execute("PRAGMA user_version = %d" % (version + 1))
        db.close()

        self.proxy.reset()
        self.refused("newer")

        with sqlite3.connect(self.path) as db:
            db.execute("PRAGMA user_version = %d" % version)
        db.close()
        self.sync()
        self.assertFalse(self.is_there(self.mails[0]))

    def spoil(self, at, data):
        with open(self.path, "r+b") as f:
            f.seek(at)
            f.write(data)

    def test_one_with_another_programs_head_is_refused(self):
        self.spoil(0, b"not a database, my friend" * 4)
        self.proxy.reset()
        self.refused(".")
        self.starts_anew()

    def test_one_whose_pages_are_spoiled_removes_nothing(self):
        size = os.path.getsize(self.path)
        for share in (0.2, 0.4, 0.6, 0.8):
            with self.subTest(share):
                self.setUp()
                self.spoil(int(size * share) // 4096 * 4096, b"\xa5" * 4096)
                self.proxy.reset()
                result = self.account.sync()
                # A page of an index or of nothing may go unnoticed; what was damaged must not be taken for a removal.
                self.assertIn(result.code, (OK, SOME, 2, 3), result)
                self.assertGreaterEqual(self.client.status("INBOX")["messages"], 39)
                self.assertGreaterEqual(len(self.maildir.files("INBOX")), 39)
                if result.code != OK:
                    self.assertIn("journal", result.err)
                    self.starts_anew(self.client.status("INBOX")["messages"])
                self.doCleanups()

    def test_one_of_another_application_is_refused(self):
        os.unlink(self.path)
        with sqlite3.connect(self.path) as db:
            db.execute("CREATE TABLE mail (x)")
        db.close()
        self.proxy.reset()
        self.refused(".")

    def test_one_that_is_cut_short_removes_nothing(self):
        with open(self.path, "r+b") as f:
            f.truncate(os.path.getsize(self.path) // 2 // 4096 * 4096)
        self.proxy.reset()

        result = self.account.sync()

        self.assertIn(result.code, (SOME, 2), result)
        self.assertEqual(self.proxy.changing(), [])
        self.starts_anew()

    def test_an_empty_one_is_a_lost_one(self):
        for name in os.listdir(self.account.state):
            if name.startswith("journal"):
                with open(os.path.join(self.account.state, name), "wb"):
                    pass
        self.proxy.reset()

        result = self.account.sync()

        self.assertIn(result.code, (OK, SOME, 2), result)
        self.assertEqual([line for line in self.proxy.sent() if SENDING_REMOVALS.match(line)], [])
        self.assertEqual(self.client.status("INBOX")["messages"], 40)

    def test_one_that_is_a_link_or_a_folder_is_refused(self):
        os.rename(self.path, self.path + ".away")
        os.mkdir(self.path)

        result = self.account.sync()

        self.assertIn(result.code, (SOME, 2), result)
        self.assertEqual(self.client.status("INBOX")["messages"], 40)


if __name__ == "__main__":
    main()
