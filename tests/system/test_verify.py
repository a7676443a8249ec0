"""golub verify: equal is 0, each kind of difference is named, and nothing is changed, whoever is at work meanwhile."""
import json
import os
import re
import shutil
import sqlite3
import threading
import time

from base import BUSY, CONFIG, HELD, LOGIN, NETWORK, OK, SOME, HomeTest, SystemTest, main
import schema_check
from test_json import SCHEMA


class VerifyTest(SystemTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with open(SCHEMA) as f:
            cls.schema = json.load(f)

    def setUp(self):
        super().setUp()
        self.mails = self.corpus.messages(6, edge=False, median=1500)
        for m in self.mails:
            m.flags = ()
        self.client.create("Work")
        self.uids = self.client.fill("INBOX", self.mails)
        self.client.fill("Work", self.corpus.messages(3, edge=False, median=800))
        self.sync()

    def verify(self, *options, expect=OK, name="work"):
        self.proxy.reset()
        result = self.check(self.home.run("verify", name, "--json", *options), expect)
        for line in result.out.splitlines():
            problems = schema_check.validate(json.loads(line), self.schema)
            self.assertFalse(problems, "%s\n%s" % (line, problems))
        self.assert_nothing_changed_there()
        return result

    def found(self, *options, expect=SOME, **more):
        """[(class, mailbox, UID)] of what verify finds, without what only counts."""
        events = self.verify(*options, expect=expect, **more).of("verify")
        return sorted((e["class"], e.get("mailbox"), e.get("uid", 0)) for e in events)

    def file(self, n, mailbox="INBOX"):
        return self.maildir.find(mailbox, self.mails[n])

    def spoil_there(self, mail):
        """One letter of the body is another one in the server's own store."""
        spoilt = 0
        for path, _, names in os.walk(os.path.join(self.server.folder, "mail", self.user)):
            for name in names:
                with open(os.path.join(path, name), "r+b") as f:
                    data = f.read()
                    for form in (mail.bytes, mail.lf):
                        at = data.find(form)
                        if at >= 0:
                            f.seek(at + len(form) - 4)
                            f.write(bytes([data[at + len(form) - 4] ^ 1]))
                            spoilt += 1
                            break
        self.assertEqual(spoilt, 1, "the server keeps mail in another way")

    def assert_read_alone(self, result):
        """Of a traced run: it changed nothing here, and examined there."""
        self.assertEqual([c for c in result.calls if self.home.path_of("Mail") in c or self.account.state in c], [])
        self.assertNotIn(b"SELECT ", self.proxy.stream("up").upper().replace(b"UNSELECT", b""))
        self.assert_nothing_changed_there()


class WordsTest(HomeTest):
    def test_manual_schema_and_program_know_the_same_classes(self):
        def read(*path):
            with open(os.path.join(os.path.dirname(__file__), "..", "..", *path), encoding="utf-8") as f:
                return f.read()
        words = re.findall(r'= "([a-z-]+)"', read("sync", "report", "classes.c"))
        manual = re.search(r"\n\.Ss Verify\n(.*?)\n\.El\n", read("contrib", "man", "golub.1"), re.S).group(1)

        self.assertGreater(len(words), 10)
        self.assertEqual(json.loads(read("contrib", "golub.schema.json"))["$defs"]["class"]["enum"], words)
        self.assertEqual(sorted(w for line in re.findall(r"\n\.It Cm (.*)", manual) for w in line.split(" , ")), sorted(words))


class LevelsTest(VerifyTest):
    def test_a_synced_tree_is_equal(self):
        self.assertEqual(self.found(expect=OK), [])

    def test_people_read_one_line(self):
        result = self.run_golub("verify")

        self.assertRegex(result.out, r"\Awork: equal: 7 mailboxes, 9 messages here, 9 there \(\d+\.\d s\)\n\Z")

    def test_a_file_that_is_gone_is_missing_here(self):
        self.maildir.delete(self.file(2))

        self.assertEqual(self.found(), [("missing-here", "INBOX", self.uids[2])])

    def test_a_message_that_is_gone_there_is_missing_there(self):
        self.client.expunge("INBOX", self.uids[3])

        self.assertEqual(self.found(), [("missing-there", "INBOX", self.uids[3])])

    def test_a_new_file_is_extra_here(self):
        file = self.maildir.deliver("INBOX", self.corpus.simple("ours").lf)

        result = self.verify(expect=SOME)

        self.assertEqual([(e["class"], e["file"]) for e in result.of("verify")],
                         [("extra-here", os.path.basename(getattr(file, "path", file)).split(":")[0])])

    def test_new_mail_there_is_counted_and_no_fault(self):
        self.client.append("INBOX", self.corpus.simple("news").bytes)

        found = self.found(expect=OK)
        people = self.run_golub("verify")

        self.assertEqual([f[:2] for f in found], [("extra-there", "INBOX")])
        self.assertIn("work/INBOX: extra-there, 1 message: ", people.out)
        self.assertIn(", 1 new on the server", people.out)

    def test_a_message_that_the_journal_does_not_know_is_extra_there(self):
        with sqlite3.connect(self.account.journal_path()) as db:
            db.execute("DELETE FROM message WHERE uid = ? AND mailbox = (SELECT id FROM mailbox WHERE name = 'INBOX')",
                       (self.uids[1],))
        db.close()

        self.assertEqual([f for f in self.found() if f[0] == "extra-there"], [("extra-there", "INBOX", self.uids[1])])

    def test_flags_that_one_side_changed(self):
        self.client.store("INBOX", self.uids[0], "+", ["\\Flagged"])
        self.maildir.flag(self.file(1), add="S")

        self.assertEqual(self.found(), [("flags", "INBOX", self.uids[0]), ("flags", "INBOX", self.uids[1])])

    def test_keywords_that_changed_there(self):
        self.client.store("INBOX", self.uids[0], "+", ["blue"])

        self.assertEqual(self.found(), [("keywords", "INBOX", self.uids[0])])

    def test_a_mailbox_that_only_one_side_has(self):
        self.client.create("Theirs")
        self.client.append("Theirs", self.corpus.simple("one").bytes)
        self.assertEqual(self.found(expect=OK), [("extra-there", "Theirs", 0)])

        self.maildir.create("Ours")
        self.assertEqual([f for f in self.found() if f[0] != "extra-there"], [("extra-here", "Ours", 0)])

    def test_a_mailbox_that_is_gone_there_is_one_line(self):
        self.client.delete_mailbox("Work")

        self.assertEqual(self.found(), [("missing-there", "Work", 0)])
        self.sync()
        self.assertEqual(self.found(expect=OK), [("waiting", "Work", 0)])

    def test_a_folder_that_is_gone_here_is_one_line(self):
        os.rename(self.maildir.folder("Work"), self.home.path_of("aside"))

        self.assertEqual(self.found(), [("missing-here", "Work", 0)])

    def test_another_uidvalidity_is_one_line_and_no_list_of_messages(self):
        self.client.delete_mailbox("Work")
        time.sleep(1.1)  # UIDVALIDITY is the time
        self.client.create("Work")

        self.assertEqual(self.found(), [("missing-there", "Work", 0)])

    def test_what_is_held_waits_and_is_no_fault(self):
        many = self.corpus.messages(40, edge=False, median=300)
        self.client.create("Many")
        self.client.fill("Many", many)
        self.sync()
        for m in many[:30]:
            self.maildir.delete(self.maildir.find("Many", m))
        self.sync(expect=HELD)

        found = self.found(expect=OK)

        self.assertEqual({f[:2] for f in found}, {("waiting", "Many")})
        self.assertEqual(len(found), 30)
        self.assertRegex(self.run_golub("verify").out, "work/Many: waiting, 30 messages: golub status work says why\n")

    def test_what_the_policy_keeps_back_waits(self):
        self.maildir.deliver("INBOX", self.corpus.simple("ours").lf)
        self.account.set(push=[])
        self.sync()

        self.assertEqual([f[0] for f in self.found(expect=OK)], ["waiting"])

    def test_one_mailbox_alone(self):
        self.maildir.delete(self.file(2))

        self.assertEqual(self.found(name="work/Work", expect=OK), [])
        self.assertEqual(self.found(name="work/inbox"), [("missing-here", "INBOX", self.uids[2])])
        self.run_golub("verify", "work/Nowhere", expect=CONFIG)

    def test_quiet_says_faults_alone(self):
        self.client.append("INBOX", self.corpus.simple("news").bytes)
        self.assertEqual(self.run_golub("verify", "-q").out, "")
        self.maildir.delete(self.file(2))

        result = self.run_golub("verify", "-q", expect=SOME)

        self.assertEqual(result.out, "")
        self.assertIn("missing-here", result.err)


def rot(path, keep_time=True, keep_size=True):
    """One bit, or more, of a file is another one; its time stays."""
    st = os.stat(path)
    with open(path, "r+b") as f:
        if keep_size:
            f.seek(-3, os.SEEK_END)
            old = f.read(1)
            f.seek(-1, os.SEEK_CUR)
            f.write(bytes([old[0] ^ 1]))
        else:
            f.seek(0, os.SEEK_END)
            f.write(b"more\n")
    if keep_time:
        os.utime(path, ns=(st.st_atime_ns, st.st_mtime_ns))


class InventedTest(VerifyTest):
    """What is no difference, or is said already."""

    def test_a_file_that_was_never_sent_and_is_gone(self):
        self.account.set(push=[])
        path = self.maildir.deliver("INBOX", self.corpus.simple("ours").lf)
        self.sync()
        self.assertEqual([f[0] for f in self.found(expect=OK)], ["waiting"])

        os.unlink(getattr(path, "path", path))

        self.assertEqual(self.found(expect=OK), [])

    def test_a_removal_from_here_that_waits_and_was_done_by_hand(self):
        self.account.set(pull=["new", "flags"])
        self.client.expunge("INBOX", self.uids[1])
        self.sync()
        self.assertEqual([f[0] for f in self.found(expect=OK)], ["waiting"])

        self.maildir.delete(self.file(1))

        self.assertEqual(self.found(expect=OK), [])

    def test_a_message_that_both_sides_have_removed(self):
        self.maildir.delete(self.file(2))
        self.client.expunge("INBOX", self.uids[2])

        self.assertEqual(self.found(expect=OK), [])

    def test_what_is_no_message_is_said_once(self):
        """Also where the mailbox is looked at a second time."""
        os.mkdir(os.path.join(self.maildir.folder("Work"), "cur", "odd"))
        self.client.delete_mailbox("Work")
        time.sleep(1.1)  # UIDVALIDITY is the time
        self.client.create("Work")

        self.assertEqual([f[0] for f in self.found()], ["extra-here", "missing-there"])


class BytesTest(VerifyTest):
    def path(self, n):
        return self.file(n).path

    def test_a_synced_tree_is_equal(self):
        result = self.verify("--server")

        self.assertEqual(result.of("verify"), [])
        sums = [e for e in result.of("result") if "verified" in e][0]["verified"]
        self.assertEqual((sums["files_read"], sums["bodies_fetched"]), (9, 9))
        self.assertNotIn(b"BODY[", self.proxy.stream("up"))

    def test_a_bit_that_fell_over_is_found_by_reading_alone(self):
        rot(self.path(2))

        self.assertEqual(self.found(expect=OK), [])
        self.assertEqual(self.found("--bytes"), [("damaged", "INBOX", self.uids[2])])

    def test_a_line_end_that_fell_over_is_damage_like_any_other_byte(self):
        """The file is as long as it was; the message on the wire is not, where a line end is two bytes."""
        for n, (there, then) in enumerate(((b"\n", b"\x0b"), (b"x-", b"\n-"), (b": ", b":\r"))):
            path, stat = self.path(n), os.stat(self.path(n))
            with open(path, "rb") as f:
                data = f.read()
            at = data.find(there, len(data) // 2)
            data = data[:at] + then + data[at + len(there):] if at >= 0 else data[:-3] + b"\n" + data[-2:]
            with open(path, "wb") as f:
                f.write(data)
            os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))

        self.assertEqual(self.found("--bytes"), [("damaged", "INBOX", u) for u in self.uids[:3]])

    def test_a_bit_that_fell_over_where_the_server_has_lost_the_message_is_one_finding(self):
        rot(self.path(2))
        self.client.expunge("INBOX", self.uids[2])

        event, = self.verify("--bytes", expect=SOME).of("verify")

        self.assertEqual((event["class"], event["uid"]), ("damaged", self.uids[2]))
        self.assertNotIn("restore", event["text"])
        self.assertEqual(self.found(), [("missing-there", "INBOX", self.uids[2])])

    def test_a_file_that_was_not_sent_yet_may_be_changed(self):
        self.account.set(push=[])
        path = self.maildir.deliver("INBOX", self.corpus.simple("ours").lf)
        self.sync()
        rot(getattr(path, "path", path), keep_time=False)

        self.assertEqual([f[0] for f in self.found("--bytes", expect=OK)], ["waiting"])

    def test_a_file_that_somebody_changed_is_altered(self):
        rot(self.path(1), keep_time=False)
        rot(self.path(2), keep_size=False)

        self.assertEqual(self.found("--bytes"), [("altered", "INBOX", u) for u in self.uids[1:3]])

    def test_a_file_whose_size_cannot_be_the_messages_is_found_without_reading_all(self):
        for n, size in ((1, 0), (2, os.path.getsize(self.path(2)) // 3), (3, os.path.getsize(self.path(3)) * 2)):
            os.truncate(self.path(n), size)

        self.assertEqual(self.found(), [("altered", "INBOX", u) for u in self.uids[1:4]])

    def test_a_renamed_file_is_read_under_its_new_name(self):
        rot(self.path(2))
        self.maildir.flag(self.file_by_uid(2), add="S")

        self.assertEqual(self.found("--bytes"), [("damaged", "INBOX", self.uids[2]), ("flags", "INBOX", self.uids[2])])

    def file_by_uid(self, n):
        with sqlite3.connect(self.account.journal_path()) as db:
            base, = db.execute("SELECT base FROM message WHERE uid = ? AND mailbox = (SELECT id FROM mailbox WHERE name = 'INBOX')",
                               (self.uids[n],)).fetchone()
        db.close()
        return [f for f in self.maildir.files("INBOX") if f.name.startswith(base)][0]

    def test_an_unreadable_file_is_damaged(self):
        """As root every file can be read: a folder with the file's name can't be."""
        path = self.path(2)
        os.rename(path, self.home.path_of("aside"))
        os.mkdir(path)

        self.assertIn("missing-here", [f[0] for f in self.found("--bytes")])

    def test_the_quarantine(self):
        self.client.expunge("INBOX", self.uids[0])
        self.client.expunge("INBOX", self.uids[1])
        self.sync()
        folder = os.path.join(self.account.state, "quarantine")
        kept = sorted(n for n in os.listdir(folder) if not n.startswith("."))
        self.assertEqual(len(kept), 2)
        rot(os.path.join(folder, kept[0]))

        self.assertEqual(self.found(expect=OK), [])
        result = self.verify("--bytes", expect=SOME)
        self.assertEqual([(e["class"], e["file"]) for e in result.of("verify")], [("quarantine-damaged", kept[0])])
        os.unlink(os.path.join(folder, kept[1]))
        result = self.verify(expect=SOME)
        self.assertEqual([(e["class"], e["file"]) for e in result.of("verify")], [("quarantine-damaged", kept[1])])

    def test_a_body_that_the_server_changed(self):
        self.spoil_there(self.mails[4])

        self.assertEqual(self.found("--bytes", expect=OK), [])
        event, = self.verify("--server", expect=SOME).of("verify")
        self.assertEqual((event["class"], event["uid"]), ("damaged-there", self.uids[4]))
        self.assertIn("damaged there, or changed by the server when it was sent", event["text"])

    def bend_fetches(self, uid, bend):
        """Where the body of this number is asked for, bend(command, other numbers) is what the server gets to read."""
        def command(match):
            uids = {u for part in match.group(2).decode().split(",") for ends in [part.split(":")]
                    for u in range(int(ends[0]), int(ends[-1]) + 1)}
            return bend(match, sorted(uids - {uid})) if uid in uids else match.group(0)
        self.through(edit_up=lambda data: re.sub(rb"(UID FETCH )([0-9:,]+) (\(UID BODY.PEEK\[\]\))", command, data))

    def withhold(self, uid, times=1000):
        """The server says OK and sends the others."""
        left = [times]

        def without(match, others):
            if left[0] == 0:
                return match.group(0)
            left[0] -= 1
            return match.group(1) + ",".join(map(str, others or [4000000000])).encode() + b" " + match.group(3)
        self.bend_fetches(uid, without)

    def test_a_body_that_never_comes_is_not_called_equal(self):
        self.withhold(self.uids[4])

        self.assertEqual(self.found("--server"), [("busy", "INBOX", self.uids[4])])

    def test_a_body_that_comes_at_the_second_try_is_equal(self):
        self.withhold(self.uids[4], times=1)

        result = self.verify("--server")

        self.assertEqual(result.of("verify"), [])
        self.assertEqual([e for e in result.of("result") if "verified" in e][0]["verified"]["bodies_fetched"], 9)

    def test_a_body_of_a_message_that_is_removed_meanwhile_is_no_fault(self):
        client = self.new_client()

        def edit(data):
            if b"BODY.PEEK[]" in data and client.uid_of("INBOX", self.mails[2]) is not None:
                client.expunge("INBOX", self.uids[2])
            return data
        self.through(edit_up=edit)

        self.assertEqual(self.found("--server", expect=OK), [])
        self.assertIsNone(client.uid_of("INBOX", self.mails[2]))

    def damage_there(self, mail):
        """The server can't open the file of this message any more, and closes the connection where its body is asked for."""
        for path, _, names in os.walk(os.path.join(self.server.folder, "mail", self.user)):
            for name in names:
                with open(os.path.join(path, name), "rb") as f:
                    data = f.read()
                if mail.bytes in data or mail.lf in data:
                    os.rename(os.path.join(path, name), self.home.path_of("aside"))
                    os.mkdir(os.path.join(path, name))
                    return
        self.fail("the server keeps mail in another way")

    def test_a_body_at_which_the_server_closes_the_connection_is_named_and_the_others_are_compared(self):
        self.damage_there(self.mails[3])
        self.spoil_there(self.mails[4])

        result = self.verify("--server", expect=SOME)

        busy, spoilt = sorted(result.of("verify"), key=lambda e: e["uid"])
        self.assertEqual((busy["class"], busy["uid"], spoilt["class"], spoilt["uid"]),
                         ("busy", self.uids[3], "damaged-there", self.uids[4]))
        self.assertIn("closes the connection", busy["text"])
        self.assertEqual([e for e in result.of("result") if "verified" in e][0]["verified"]["bodies_fetched"], 8)

    def test_a_connection_that_breaks_once_is_opened_again(self):
        self.through(cut_down=20000, times=1)

        self.assertEqual(self.found("--server", expect=OK), [])
        self.assertEqual(self.proxy.stats["cuts"], 1)

    def test_a_body_that_is_refused_is_named_with_the_servers_words(self):
        self.bend_fetches(self.uids[4], lambda match, others: match.group(0).replace(b"[]", b"[9.9.9.HEADER.FIELDS ()]"))

        event, = self.verify("--server", expect=SOME).of("verify")

        self.assertEqual((event["class"], event["uid"]), ("busy", self.uids[4]))
        self.assertIn("the server does not send its body: ", event["text"])

    def test_the_parts_are_all_of_it_and_each_message_is_in_one(self):
        read = []
        for n in range(1, 4):
            sums = [e for e in self.verify("--server", "--part", "%d/3" % n).of("result") if "verified" in e][0]["verified"]
            self.assertEqual(sums["files_read"], sums["bodies_fetched"])
            read.append(sums["files_read"])

        self.assertEqual(sum(read), 9)
        self.assertLess(max(read), 9)


class PlantedTest(VerifyTest):
    """One of each, all at once: each is named, none hides another, and nothing is changed."""

    def setUp(self):
        super().setUp()
        self.more = self.corpus.messages(8, edge=False, median=600)
        for m in self.more:
            m.flags = ()
        self.client.create("More")
        self.more_uids = self.client.fill("More", self.more)
        self.sync()
        for uid in self.more_uids[:2]:
            self.client.expunge("More", uid)
        self.sync()
        self.kept = sorted(n for n in os.listdir(os.path.join(self.account.state, "quarantine")) if not n.startswith("."))
        self.assertEqual(len(self.kept), 2)

    def forget(self, mailbox, uid):
        """The journal's row is gone."""
        with sqlite3.connect(self.account.journal_path()) as db:
            db.execute("DELETE FROM message WHERE uid = ? AND mailbox = (SELECT id FROM mailbox WHERE name = ?)", (uid, mailbox))
        db.close()

    def plant(self):
        """@return [(class, mailbox, UID or file)]"""
        def in_quarantine(name):
            return os.path.join(self.account.state, "quarantine", name)
        rot(self.file(0).path)
        rot(self.file(1).path, keep_time=False)
        self.maildir.delete(self.file(2))
        self.maildir.flag(self.file(3), add="F")
        self.client.store("INBOX", self.uids[4], "+", ["\\Answered"])
        self.client.store("INBOX", self.uids[5], "+", ["blue"])
        self.spoil_there(self.more[2])
        self.client.expunge("More", self.more_uids[3])
        orphan = self.maildir.find("More", self.more[4])
        self.forget("More", self.more_uids[4])
        new = self.maildir.deliver("More", self.corpus.simple("ours").lf)
        self.client.append("More", self.corpus.simple("news").bytes)
        rot(in_quarantine(self.kept[0]))
        os.unlink(in_quarantine(self.kept[1]))
        return [("damaged", "INBOX", self.uids[0]), ("altered", "INBOX", self.uids[1]), ("missing-here", "INBOX", self.uids[2]),
                ("flags", "INBOX", self.uids[3]), ("flags", "INBOX", self.uids[4]), ("keywords", "INBOX", self.uids[5]),
                ("damaged-there", "More", self.more_uids[2]), ("missing-there", "More", self.more_uids[3]),
                ("extra-there", "More", self.more_uids[4]), ("extra-here", "More", orphan.base),
                ("extra-here", "More", os.path.basename(getattr(new, "path", new)).split(":")[0]),
                ("quarantine-damaged", None, self.kept[0]), ("quarantine-damaged", None, self.kept[1])]

    def test_each_is_found_and_nothing_is_written(self):
        planted = self.plant()
        before, rows = self.maildir.snapshot(), self.account.journal_dump()
        self.proxy.reset()

        result = self.check(self.home.run_traced("verify", "--server", "--json"), SOME)

        found = [(e["class"], e.get("mailbox"), e["uid"] if "mailbox" in e and "uid" in e else e["file"])
                 for e in result.of("verify") if e["fault"]]
        self.assertEqual(sorted(found, key=repr), sorted(planted, key=repr))
        self.assertEqual([e["class"] for e in result.of("verify") if not e["fault"]], ["extra-there"])
        self.assert_read_alone(result)
        self.assertEqual((self.maildir.snapshot(), self.account.journal_dump()), (before, rows))
        sums, = [e["verified"] for e in result.of("result") if "verified" in e]
        self.assertEqual(sums["faults"], len(planted))

    def test_two_rows_of_one_number_can_not_be(self):
        with sqlite3.connect(self.account.journal_path()) as db, self.assertRaises(sqlite3.IntegrityError):
            db.execute("UPDATE message SET uid = ? WHERE uid = ? AND mailbox = (SELECT id FROM mailbox WHERE name = 'INBOX')",
                       (self.uids[0], self.uids[1]))
        db.close()


class AlteredTest(VerifyTest):
    """A file whose bytes are not the message's: what is said can be done, and makes both sides equal."""

    def altered(self):
        event, = [e for e in self.verify(expect=SOME).of("verify")]
        self.assertEqual(event["class"], "altered")
        return event

    def rename(self, path):
        """As the words say: under another name it is new mail."""
        self.run_golub("restore", "work", "--altered", path, expect=SOME)
        os.rename(path, os.path.join(os.path.dirname(path), "another-name:2,S"))

    def test_one_whose_message_is_there_is_brought_back_by_restore(self):
        path = self.file(2).path
        rot(path, keep_time=False)
        self.client.store("INBOX", self.uids[2], "+", ["\\Seen"])
        self.assertIn("golub restore --altered", [e for e in self.verify("--bytes", expect=SOME).of("verify") if e["class"] == "altered"][0]["text"])

        self.run_golub("restore", "work", "--altered", path)

        self.assertEqual(self.found("--bytes", expect=OK), [])

    def alter_what_moved_there(self):
        path = self.file(2).path
        rot(path, keep_time=False)
        self.client.move("INBOX", self.uids[2], "Work")
        return path, self.sync(expect=SOME)

    def test_one_whose_message_moved_there_is_one_finding_and_sent_under_another_name(self):
        path, result = self.alter_what_moved_there()

        self.assertNotIn("--altered", result.out + result.err)
        self.assertNotIn("--altered", self.altered()["text"])
        self.rename(path)
        self.sync()
        self.assertEqual(self.found("--server", expect=OK), [])
        self.assert_same()
        self.assertEqual(len(self.maildir.files("INBOX")), 6)

    def test_one_whose_message_moved_there_may_be_removed(self):
        path, _ = self.alter_what_moved_there()
        os.unlink(path)

        self.assertEqual(self.found(expect=OK), [])
        self.sync()
        self.assertEqual(self.found("--server", expect=OK), [])
        self.assertEqual(len(self.maildir.files("INBOX")), 5)

    def alter_and_lose_the_journal(self):
        path = self.file(2).path
        with open(path, "wb") as f:
            f.write(b"Subject: somebody else's\n\nx\n")
        shutil.rmtree(self.account.state)
        return path, self.sync(expect=SOME)

    def test_one_that_has_our_name_for_another_message_is_one_finding_and_sent_under_another_name(self):
        path, result = self.alter_and_lose_the_journal()

        self.assertNotIn("--altered", result.out + result.err)
        self.assertTrue(self.maildir.has("INBOX", self.mails[2]), "the message itself comes beside it")
        self.assertNotIn("--altered", self.altered()["text"])
        self.rename(path)
        self.sync()
        self.assertEqual(self.found("--server", expect=OK), [])
        self.assertEqual(len(self.client.messages("INBOX")), 7)

    def test_one_whose_message_is_removed_there_since_is_one_finding(self):
        path, _ = self.alter_what_is_known()
        self.client.expunge("INBOX", self.uids[2])

        self.assertNotIn("--altered", self.altered()["text"])
        self.sync(expect=SOME)
        self.assertNotIn("--altered", self.altered()["text"])
        self.rename(path)
        self.sync()
        self.assertEqual(self.found("--server", expect=OK), [])

    def alter_what_is_known(self):
        """A run sent it, and the next one sees that it was changed since."""
        mail = self.corpus.simple("ours")
        path = self.maildir.deliver("INBOX", mail.lf)
        path = getattr(path, "path", path)
        self.sync()
        path = self.maildir.find("INBOX", mail).path
        self.mails[2] = mail
        self.uids[2] = self.client.uid_of("INBOX", mail)
        rot(path)
        os.utime(path, (time.time() + 60, time.time() + 60))  # what is changed within ten seconds was still being written
        return path, self.sync(expect=SOME)

    def test_one_that_is_gone_since_is_missing_and_no_more(self):
        path, _ = self.alter_what_is_known()
        os.unlink(path)

        event, = self.verify(expect=SOME).of("verify")

        self.assertEqual(event["class"], "missing-here")
        self.assertIn("comes back", event["text"])
        self.sync()
        self.assertEqual(self.found("--server", expect=OK), [])
        self.assertTrue(self.maildir.has("INBOX", self.mails[2]))


class ChangingTest(VerifyTest):
    def test_nothing_is_written_while_both_sides_change_all_the_time(self):
        stop = threading.Event()

        def change_here():
            n = 0
            while not stop.is_set():
                n += 1
                for f in self.maildir.files("INBOX"):
                    try:
                        if n % 2:
                            self.maildir.flag(f, add="F")
                        else:
                            self.maildir.flag(f, remove="F")
                    except OSError:
                        pass
                self.maildir.deliver("INBOX", self.corpus.simple("ours %d" % n).lf)

        def change_there():
            client, n = self.new_client(), 0
            while not stop.is_set():
                n += 1
                client.append("INBOX", b"Subject: theirs %d\r\n\r\nx\r\n" % n)
                client.store("INBOX", self.uids[n % 5], "+" if n % 2 else "-", ["\\Answered"])

        threads = [threading.Thread(target=change_here), threading.Thread(target=change_there)]
        rows = self.account.journal_dump()
        for t in threads:
            t.start()
        try:
            for options in ((), ("--bytes",), ("--server",)):
                result = self.home.run_traced("verify", *options)
                self.assertIn(result.code, (OK, SOME), result)
                self.assertEqual([c for c in result.calls if self.home.path_of("Mail") in c or self.account.state in c], [])
        finally:
            stop.set()
            for t in threads:
                t.join()
        self.assertEqual(self.account.journal_dump(), rows)
        self.sync()
        self.sync()
        self.assertEqual(self.found("--server", expect=OK), [])


    def test_a_file_that_is_renamed_all_the_time_is_neither_missing_nor_there_twice(self):
        self.client.fill("Work", self.corpus.messages(400, edge=False, median=300))
        self.sync()
        cur, new = (os.path.join(self.maildir.folder("Work"), sub) for sub in ("cur", "new"))
        stop = threading.Event()

        def rename():
            n = 0
            while not stop.is_set():
                n += 1
                for folder in (cur, new):
                    for name in os.listdir(folder):
                        base, _, letters = name.partition(":2,")
                        target = os.path.join(new, base) if n % 5 == 0 else os.path.join(
                            cur, base + ":2," + ("" if "F" in letters else "F"))
                        os.rename(os.path.join(folder, name), target)

        thread = threading.Thread(target=rename)
        thread.start()
        found = []
        try:
            until = time.monotonic() + 5
            while time.monotonic() < until:
                found += [(e["class"], e["text"]) for e in self.home.run("verify", "work", "--json").of("verify")]
        finally:
            stop.set()
            thread.join()
        self.assertEqual({f for f in found if f[0] not in ("flags", "busy")}, set())


class SituationsTest(VerifyTest):
    def test_nothing_is_written(self):
        self.maildir.delete(self.file(2))
        before, rows = self.maildir.snapshot(), self.account.journal_dump()
        files = sorted(os.listdir(self.account.state))
        self.proxy.reset()

        result = self.check(self.home.run_traced("verify"), SOME)

        self.assert_read_alone(result)
        self.assertEqual(self.maildir.snapshot(), before)
        self.assertEqual(self.account.journal_dump(), rows)
        self.assertEqual(sorted(os.listdir(self.account.state)), files)

    def test_never_synced(self):
        other = self.new_account("other")

        self.run_golub("verify", "other", expect=CONFIG)
        result = self.run_golub("verify")

        self.assertIn("other: never synced", result.out)
        self.assertIn("work: equal", result.out)
        self.assertFalse(os.path.exists(other.state))
        self.assertFalse(os.path.exists(other.root))

    def test_another_golub_is_at_work(self):
        import fcntl
        fd = os.open(self.account.state, os.O_RDONLY)
        self.addCleanup(os.close, fd)
        fcntl.flock(fd, fcntl.LOCK_EX)

        self.run_golub("verify", expect=BUSY)

    def test_no_login_no_connection(self):
        self.home.write("secrets/work", "wrong\n")
        self.run_golub("verify", expect=LOGIN)
        self.proxy.stop()
        self.run_golub("verify", expect=NETWORK)

    def refuse(self, expect, words):
        """It says so before it connects, and touches nothing."""
        before, state = self.maildir.snapshot(), self.state()
        self.proxy.reset()

        result = self.check(self.home.run_traced("verify", "work"), expect)

        self.assertIn(words, result.err)
        self.assert_read_alone(result)
        self.assertEqual((self.maildir.snapshot(), self.state(), self.proxy.stats["conns"]), (before, state, 0))

    def state(self):
        """{path: bytes} of the state folder."""
        found = {}
        for path, _, names in os.walk(self.account.state):
            for name in names:
                with open(os.path.join(path, name), "rb") as f:
                    found[os.path.join(path, name)] = f.read()
        return found

    def test_a_journal_that_is_no_journal(self):
        with open(self.account.journal_path(), "r+b") as f:
            f.write(b"\xff" * 200)

        self.refuse(SOME, "file is not a database. Move the file away")

    def test_a_journal_that_is_cut(self):
        path = self.account.journal_path()
        os.truncate(path, os.path.getsize(path) // 2)

        self.refuse(SOME, "malformed")

    def test_a_journal_of_a_later_version(self):
        with sqlite3.connect(self.account.journal_path()) as db:
            db.execute("PRAGMA user_version = 99")
        db.close()

        self.refuse(CONFIG, "a newer golub wrote it (version 99")

    def test_no_journal(self):
        os.unlink(self.account.journal_path())
        self.refuse(CONFIG, "never synced: there is no journal to compare with")
        shutil.rmtree(self.account.state)
        self.refuse(CONFIG, "never synced: there is no journal to compare with")
        self.assertFalse(os.path.exists(self.account.state))

    def test_a_sync_that_is_under_way(self):
        """It is BUSY while that holds the lock, and compares what it left with --wait."""
        self.client.fill("INBOX", self.corpus.messages(40, edge=False, median=300))
        sync = self.home.start("sync", "work", "--wait", prefix=("strace", "-f", "-o", "/dev/null", "-e", "trace=renameat2", "-e",
                                                       "inject=renameat2:delay_enter=50000"), env={"ASAN_OPTIONS": "detect_leaks=0"})
        waiting = None
        try:
            until = time.monotonic() + 10
            while self.home.run("verify", "work", "-q").code != BUSY and time.monotonic() < until:
                time.sleep(0.01)
            self.assertIsNone(sync.poll())
            waiting = self.run_golub("verify", "work", "--wait")
        finally:
            sync.communicate(timeout=60)
        self.assertEqual(sync.returncode, OK)
        self.assertIn("equal: 7 mailboxes, 49 messages here, 49 there", waiting.out)

    def test_a_root_that_is_missing(self):
        os.rename(self.account.root, self.home.path_of("aside"))

        self.run_golub("verify", expect=CONFIG)


if __name__ == "__main__":
    main()
