"""
golub keyword: what the user says about keywords of a file goes into the journal, and with the next sync to the server; to the message that it was
said of, and to no other.
"""
import os
import re
import sqlite3

import base
from base import BUSY, CONFIG, OK, SOME, SystemTest, main
from makesbase import AtCourier, AtCyrus
from rig import ahead
from rig.fill import Wire, small

MANY = 5000


class KeywordTest(SystemTest):
    def setUp(self):
        super().setUp()
        self.mails = [self.corpus.simple("mail %d" % n) for n in range(6)]
        self.given_both_sides(self.mails)

    def file(self, n, mailbox="INBOX"):
        return self.maildir.find(mailbox, self.mails[n])

    def keyword(self, *words, expect=OK, **more):
        return self.run_golub("keyword", *words, expect=expect, **more)

    def said(self, n, *words, mailbox="INBOX", expect=OK):
        return self.keyword(self.file(n, mailbox).path, *words, expect=expect)

    def keywords_there(self, n, mailbox="INBOX"):
        flags = {m.digest: m.flags for m in self.client.messages(mailbox)}[self.mails[n].digest]
        return sorted(f for f in flags if not f.startswith("\\"))

    def stores(self):
        return [line for line in self.proxy.sent() if re.search(rb"UID STORE", line)]

    def waiting(self):
        with sqlite3.connect("file:%s?mode=ro" % self.account.journal_path(), uri=True) as journal:
            return journal.execute("SELECT word, rbase, lbase, lseen, unkept FROM keyword ORDER BY word").fetchall()


class UpTest(KeywordTest):
    def test_what_is_said_of_a_file_is_on_the_server_after_the_next_sync(self):
        self.said(0, "+later", "+ToDo")
        self.said(1, "+later")
        self.assertEqual(self.keywords_there(0), [])

        result = self.sync()

        self.assertIn("3 keywords changed there", result.out)
        self.assertEqual(self.keywords_there(0), ["ToDo", "later"])
        self.assertEqual(self.keywords_there(1), ["later"])
        self.assertEqual(self.keywords_there(2), [])
        self.assertEqual(self.waiting(), [])
        self.said(0, "-LATER")
        self.sync()
        self.assertEqual(self.keywords_there(0), ["ToDo"])
        self.assertEqual(self.keywords_there(1), ["later"])
        self.assert_in_sync()

    def test_what_another_client_set_or_took_off_meanwhile_is_no_work(self):
        uids = [self.client.uid_of("INBOX", m) for m in self.mails]
        self.client.store("INBOX", uids[1], "+", ["old"])
        self.sync()
        self.said(0, "+later")
        self.said(1, "-old")
        self.client.store("INBOX", uids[0], "+", ["Later"])
        self.client.store("INBOX", uids[1], "-", ["old"])

        self.sync()

        self.assertEqual(self.stores(), [])
        self.assertEqual(self.keywords_there(0), ["Later"])
        self.assertEqual(self.waiting(), [])

    def test_a_word_that_is_taken_back_before_the_sync_costs_nothing(self):
        self.said(0, "+later")
        self.said(0, "-later")

        self.assertNotIn("later: 1 message", self.keyword("list").out)
        self.sync()

        self.assertEqual(self.stores(), [])
        self.assertEqual(self.waiting(), [])

    def test_the_others_of_a_message_stay(self):
        uid = self.client.uid_of("INBOX", self.mails[0])
        self.client.store("INBOX", uid, "+", ["$Junk", "theirs"])
        self.said(0, "+mine", "-$junk")

        self.sync()

        self.assertEqual(self.keywords_there(0), ["$Junk", "mine", "theirs"])  # golub had not seen $Junk yet
        self.said(0, "-$junk")
        self.sync()
        self.assertEqual(self.keywords_there(0), ["mine", "theirs"])

    def test_it_follows_its_file_to_another_folder_and_another_name(self):
        self.client.create("Work")
        self.sync()
        for n, rename in ((0, False), (1, True)):
            self.said(n, "+later")
            self.maildir.move(self.file(n), "Work", rename=rename)

        self.sync()
        self.sync()

        for n in (0, 1):
            self.assertEqual(self.keywords_there(n, "Work"), ["later"])
        self.assertEqual(self.waiting(), [])
        self.assert_in_sync()

    def test_what_is_not_on_the_server_yet_gets_it_when_it_is(self):
        mail = self.corpus.simple("new")
        self.mails.append(mail)
        self.maildir.put("INBOX", mail.lf, "S")
        self.said(6, "+later", expect=CONFIG)  # golub has not read it
        self.sync("--pull")
        self.said(6, "+later")

        self.sync()

        self.assertEqual(self.keywords_there(6), ["later"])
        self.assert_in_sync()

    def test_mail_that_goes_before_the_sync_takes_its_wish_along(self):
        self.said(0, "+later")
        self.client.expunge("INBOX", self.client.uid_of("INBOX", self.mails[0]))

        self.sync()
        self.sync()

        self.assertEqual(self.waiting(), [])
        self.assert_in_sync()

    def test_a_mailbox_that_is_numbered_anew_gets_it_on_the_same_message(self):
        self.said(2, "+later")
        self.client.create("Work")
        self.client.fill("Work", self.mails)
        self.sync()
        self.assertEqual(self.keywords_there(2), ["later"])
        self.keyword(self.file(3, "Work").path, "+there")
        self.client.delete_mailbox("Work")
        self.client.create("Work")
        self.client.fill("Work", list(reversed(self.mails)))

        self.sync()
        self.sync()

        self.assertEqual([n for n in range(6) if self.keywords_there(n, "Work")], [3])
        self.assertEqual(self.keywords_there(3, "Work"), ["there"])
        self.assertEqual(self.waiting(), [])

    def test_the_configuration_may_keep_it_here(self):
        self.account.set(push=["new", "deletes"])
        self.said(0, "+later")

        self.sync()
        self.assertEqual(self.keywords_there(0), [])
        self.account.set(push=["new", "flags", "deletes"])
        self.sync()

        self.assertEqual(self.keywords_there(0), ["later"])

    def test_where_keywords_are_off_nothing_is_said_and_what_was_said_waits(self):
        self.said(0, "+later")
        self.account.set(keywords="off")

        self.sync()
        self.assertEqual(self.stores(), [])
        self.assertIn('keywords = "off"', self.said(1, "+x", expect=CONFIG).err)
        self.assertIn("+later goes up", self.said(0).out)
        self.account.set(keywords="journal")
        self.sync()

        self.assertEqual(self.keywords_there(0), ["later"])
        self.assertEqual(self.keywords_there(1), [])

    def test_a_dry_run_says_it_and_sends_nothing(self):
        self.said(0, "+later")

        result = self.sync("-n", "-v")

        self.assertIn("would change keywords on the server", result.out)
        self.assertIn("+later", result.out)
        self.assertEqual(self.stores(), [])
        self.assertEqual(len(self.waiting()), 1)

    def test_json_names_the_file_and_the_words(self):
        self.said(0, "+later")
        self.said(1, "+x")
        events = [e for e in self.sync("--json").of("message") if e.get("detail") == "keywords"]

        self.assertEqual([(e["action"], e["file"], e["add"], e["del"]) for e in events],
                         [("keywords-there", self.file(0).base, ["later"], []), ("keywords-there", self.file(1).base, ["x"], [])])


class DownTest(KeywordTest):
    """What other clients do is known here after the next sync, and told; no file changes for it."""

    def test_what_others_set_and_take_off_is_told_word_by_word(self):
        uids = [self.client.uid_of("INBOX", m) for m in self.mails]
        before = self.maildir.snapshot()
        self.client.store("INBOX", uids[0], "+", ["$Junk", "later"])
        self.client.store("INBOX", uids[1], "+", ["later"])

        result = self.sync("--json")

        told = [(e["action"], e["file"], e["add"], e["del"]) for e in result.of("message") if e.get("detail") == "keywords"]
        self.assertEqual(told, [("keywords-here", self.file(0).base, ["$Junk"], []), ("keywords-here", self.file(0).base, ["later"], []),
                                ("keywords-here", self.file(1).base, ["later"], [])])
        self.assertEqual(self.maildir.snapshot(), before)
        self.client.store("INBOX", uids[0], "-", ["later"])
        self.assertIn("1 keyword changed here, ", self.sync().out)
        self.assertIn("$Junk\n", self.said(0).out)
        self.assert_in_sync()

    def test_what_golub_sent_itself_and_new_mail_is_not_told_as_news(self):
        self.said(0, "+later")
        self.client.append("INBOX", self.corpus.simple("news"), ["theirs"])

        result = self.sync("--json")

        self.assertEqual([e["action"] for e in result.of("message") if e.get("detail") == "keywords"], ["keywords-there"])
        self.assertIn("nothing new", self.sync().out)

    def test_the_command_behind_a_run_gets_them(self):
        told = self.home.path_of("told")
        self.account.set(after_sync='grep keywords "$GOLUB_CHANGES" >> %s' % told)
        self.client.store("INBOX", self.client.uid_of("INBOX", self.mails[0]), "+", ["later"])

        self.sync()

        with open(told) as lines:
            self.assertIn('"add":["later"]', lines.read())
        self.said(0, "-later")
        self.sync()
        with open(told) as lines:  # what goes up is no news here
            self.assertEqual(len(lines.readlines()), 1)

    def test_where_flags_may_not_come_down_nothing_is_told(self):
        self.account.set(pull=["new", "deletes"])
        self.client.store("INBOX", self.client.uid_of("INBOX", self.mails[0]), "+", ["later"])

        self.assertNotIn("keyword", self.sync().out)


class CommandTest(KeywordTest):
    def test_it_shows_what_a_message_has_and_what_waits(self):
        self.client.store("INBOX", self.client.uid_of("INBOX", self.mails[0]), "+", ["$Junk", "old"])
        self.sync()
        path = self.file(0).path

        self.assertEqual(self.keyword(path).out, "work: %s: $Junk old\n" % path)
        self.keyword(path, "+later", "-old")
        self.assertEqual(self.keyword(path).out, "work: %s: $Junk later; +later goes up with the next sync; "
                                                 "-old goes up with the next sync\n" % path)
        self.assertIn(": no keywords\n", self.keyword(self.file(1).path).out)

    def test_it_lists_them_all_with_their_numbers(self):
        for n in range(3):
            self.client.store("INBOX", self.client.uid_of("INBOX", self.mails[n]), "+", ["$Junk"])
        self.sync()
        self.said(3, "+$junk", "+later")
        self.said(0, "-$Junk")

        expected = "work: $Junk: 3 messages, no letter, 2 with the next sync\nwork: later: 1 message, no letter, 1 with the next sync\n"
        self.assertEqual(self.keyword("list").out, expected)
        self.assertEqual(self.keyword("list", "work").out, expected)
        self.assertEqual(self.keyword("list", "work/INBOX").out, expected)
        self.assertIn("no such mailbox: Nowhere", self.keyword("list", "work/Nowhere", expect=CONFIG).err)

    def test_several_files_and_words_in_one_call(self):
        first, second = (os.path.relpath(self.file(n).path) for n in (0, 1))
        self.keyword(first, "+a", second, "-b", "+c")

        self.sync()

        for n in (0, 1):
            self.assertEqual(self.keywords_there(n), ["a", "c"])

    def test_words_that_make_no_sense(self):
        path = self.file(0).path
        for words, message in (((), "golub keyword needs a file, or the word list"), (("/nowhere", "+x"), "No such file"),
                               ((path, "+two words"), "no keyword that a server could have: +two words"),
                               ((path, "+"), "no keyword that a server could have"), ((path, "+\\Seen"), "Seen is a flag, no keyword"),
                               ((path, "-$forwarded"), "$forwarded is a flag, no keyword"), ((path, "+a*"), "no keyword"),
                               ((path, "--json"), "behind the first file there are no options: --json"),
                               ((path, "+x" * 200), "no keyword"), (("list", "nobody"), "nobody"),
                               ((self.home.write("alone", "x"), "+x"), "it stands in no folder of the Maildir")):
            with self.subTest(words=words):
                self.assertIn(message, self.keyword(*words, expect=CONFIG).err)
        self.assertEqual(self.waiting(), [])

    def test_one_file_that_is_not_known_keeps_all_from_being_changed(self):
        self.maildir.put("INBOX", self.corpus.simple("x").lf, "S")
        strange = next(f for f in self.maildir.files("INBOX") if f.digest not in {m.digest for m in self.mails})

        result = self.keyword(self.file(0).path, strange.path, "+later", expect=CONFIG)

        self.assertIn("golub does not know this file yet", result.err)
        self.assertEqual(self.waiting(), [])

    def test_an_account_that_was_never_synced(self):
        home = self.another_home()
        account = self.new_account("work", home)
        account.maildir.create("INBOX")
        account.maildir.put("INBOX", self.mails[0].lf, "S")

        result = self.check(home.run("keyword", account.maildir.files("INBOX")[0].path, "+x"), CONFIG)

        self.assertIn("this account was not synced here yet", result.err)

    def test_it_waits_for_a_run_and_no_longer_than_it_is_told(self):
        self.through(stall_down=30)
        process = self.home.start("sync", "work")
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        while not self.proxy.stream("up") and not self.proxy.stream("down"):
            pass

        result = self.keyword("--wait=1s", self.file(0).path, "+x", expect=BUSY)

        self.assertIn("another golub is at work", result.err)
        self.assertIn("no keywords", self.said(0).out)  # to show them it waits for nobody


class RefusedTest(KeywordTest):
    def without_wildcard(self, kept=b""):
        def edit(data):
            return re.sub(rb"(PERMANENTFLAGS \([^)]*?)[^()\\]*\\\*\)", rb"\1" + kept + rb")", data)
        self.through(edit_down=edit)

    def test_a_mailbox_that_keeps_no_keywords_is_asked_for_nothing(self):
        self.without_wildcard()
        self.said(0, "+later")

        self.sync()

        self.assertEqual(self.stores(), [])
        self.assertEqual(self.waiting(), [("later", 0, 1, 1, 1)])
        self.assertIn("+later can't be held there", self.said(0).out)
        self.assertIn("1 can't be held there", self.keyword("list").out)
        self.sync()
        self.assertEqual(self.stores(), [])
        self.assert_idempotent()

    def test_what_it_names_it_keeps(self):
        self.without_wildcard(b" later")
        self.said(0, "+later", "+other")

        self.sync()

        self.assertEqual(self.keywords_there(0), ["later"])
        self.assertEqual([w[0] for w in self.waiting()], ["other"])

    def test_one_that_keeps_them_later_is_asked_again(self):
        self.without_wildcard()
        self.said(0, "+later")
        self.sync()
        self.through()
        self.client.append("INBOX", self.corpus.simple("news"))

        self.sync()

        self.assertEqual(self.keywords_there(0), ["later"])
        self.assertEqual(self.waiting(), [])

    def test_a_mailbox_that_may_only_be_read_is_no_trouble_and_gets_it_once_it_may_be_written_to(self):
        self.through(edit_down=lambda data: data.replace(b"[READ-WRITE]", b"[READ-ONLY]"))
        self.said(0, "+later")
        self.said(1, "+other")

        self.sync()

        self.assertEqual(self.stores(), [])
        self.assertIn("+later can't be held there", self.said(0).out)
        self.sync()
        self.through()
        self.client.append("INBOX", self.corpus.simple("news"))
        self.sync()
        self.assertEqual((self.keywords_there(0), self.keywords_there(1)), (["later"], ["other"]))
        self.assertEqual(self.waiting(), [])

    def test_a_refused_word_is_said_once_with_the_servers_words_and_kept_and_the_rest_goes_on(self):
        def refuse(data):
            return data.replace(b"FLAGS.SILENT (refused)", b"FLAGS.SILENT (\\Refused)")
        self.through(edit_up=refuse)
        self.said(0, "+refused", "+taken")
        self.said(1, "+refused")
        self.said(2, "+taken")

        result = self.sync(expect=SOME)

        self.assertEqual(result.err.count("Invalid system flag"), 1, result)
        self.assertIn("set the keyword refused on messages on the server", result.err)
        self.assertIn("`golub keyword FILE -WORD` takes it back", result.err)
        self.assertEqual(self.keywords_there(0), ["taken"])
        self.assertEqual(self.keywords_there(2), ["taken"])
        self.assertEqual(len(self.waiting()), 2)
        self.assertIn("Invalid system flag", self.said(0).out)
        self.through()
        self.sync(expect=SOME)  # not before a day is over
        self.assertEqual(self.stores(), [])
        self.said(0, "+refused")  # or the user says it again
        self.sync(expect=SOME)
        self.assertEqual(self.keywords_there(0), ["refused", "taken"])
        self.said(1, "-refused")  # as it was said
        self.sync()
        self.assertEqual(self.waiting(), [])

    def test_what_was_refused_under_a_clock_that_was_ahead_is_asked_for_again_when_it_is_right(self):
        self.through(edit_up=lambda data: data.replace(b"FLAGS.SILENT (refused)", b"FLAGS.SILENT (\\Refused)"))
        self.said(0, "+refused")
        self.sync(expect=SOME, env=ahead.by(400 * 86400))
        self.through()

        self.sync()

        self.assertEqual(self.keywords_there(0), ["refused"])


class TakenTest(KeywordTest):
    """Another message has the UID by the time that golub comes: size or date, as the server tells them right before the STORE, are not the row's."""

    def lying(self, what, new, times):
        """The next FETCHes that keywords wait for are answered so."""
        asked = []

        def up(data):
            if re.search(rb"UID FETCH \S+ \(UID FLAGS INTERNALDATE RFC822\.SIZE\)", data) and b":*" not in data:
                asked.append(True)
            return data

        def down(data):
            if len(asked) > len(self.lies) and len(self.lies) < times and re.search(what, data):
                self.lies.append(data)
                return re.sub(what, new, data)
            return data
        self.lies = []
        self.through(edit_up=up, edit_down=down)

    def test_a_uid_that_is_another_message_gets_nothing(self):
        for what, new in ((rb"RFC822\.SIZE \d+", b"RFC822.SIZE 99999"), (rb'INTERNALDATE "[^"]*"', b'INTERNALDATE "01-Jan-2001 00:00:00 +0000"')):
            with self.subTest(what=what):
                self.lying(what, new, 9)
                self.said(0, "+later")

                result = self.sync(expect=SOME)

                self.assertEqual(result.err.count("messages of another size or date"), 1)
                self.assertEqual(len(self.lies), 2)  # it looked at all anew in between
                self.assertEqual(self.stores(), [])
                self.assertEqual(self.keywords_there(0), [])
                self.assertEqual(len(self.waiting()), 1)
                self.lying(what, new, 1)
                self.sync()
                self.assertEqual(len(self.stores()), 1)
                self.assertEqual(self.keywords_there(0), ["later"])
                self.assertEqual(sum(len(self.keywords_there(n)) for n in range(6)), 1)
                self.said(0, "-later")
                self.sync()


class ManyTest(SystemTest):
    server_options = {"special_use": False}

    def test_five_thousand_messages_get_one_keyword_in_six_turns(self):
        self.through(delay=8)
        with Wire(self.server.port, self.user, base.PASSWORD) as wire:
            wire.append("INBOX", small(MANY, 600))
        self.sync()
        self.sync()
        self.sync()
        paths = [f.path for f in self.maildir.files("INBOX")]
        self.assertEqual(len(paths), MANY)
        self.sync()
        self.assertLessEqual(self.proxy.stats["turns"], 3)
        for at in range(0, MANY, 1000):
            self.run_golub("keyword", *paths[at:at + 1000], "+later")

        result = self.sync()

        self.assertIn("5000 keywords changed there", result.out)
        self.assertLessEqual(self.proxy.stats["turns"], 6, self.proxy.sent())
        self.assertEqual(sum("later" in m.flags for m in self.client.messages("INBOX", bodies=False)), MANY)
        self.sync()
        self.assertLessEqual(self.proxy.stats["turns"], 3)
        self.assert_nothing_changed_there()


class CyrusTest(AtCyrus, KeywordTest):
    def test_both_ways(self):
        self.said(0, "+later", "+ToDo")
        self.sync()
        self.assertEqual(self.keywords_there(0), ["ToDo", "later"])
        self.said(0, "-todo")
        self.client.store("INBOX", self.client.uid_of("INBOX", self.mails[0]), "+", ["theirs"])
        self.sync()
        self.assertEqual(self.keywords_there(0), ["later", "theirs"])
        self.assertIn("later theirs", self.said(0).out)
        self.assertEqual(self.waiting(), [])


class CourierTest(AtCourier, CyrusTest):
    pass


if __name__ == "__main__":
    main()
