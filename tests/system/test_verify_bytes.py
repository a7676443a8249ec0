"""golub verify reads: bytes here and there, files that somebody changed, faults that were planted."""
import os
import re
import shutil
import sqlite3
import time

from verifybase import OK, SOME, VerifyTest, main, rot


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
        self.assertIn("`golub restore work --altered %s`" % path, [e for e in self.verify("--bytes", expect=SOME).of("verify") if e["class"] == "altered"][0]["text"])

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


if __name__ == "__main__":
    main()
