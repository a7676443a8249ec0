"""`delete = "trash"`: what is removed here goes into the server's Trash, by MOVE or by COPY and a removal, and never for good before it stands there."""
import contextlib
import sqlite3

from base import HELD, OK, PASSWORD, SOME, USERS, Account, HomeTest, SystemTest, main, one_in
from makesbase import AtCourier, AtCyrus
from rig import bent, killer
from rig.corpus import Mail
from rig.steps import Steps
from storm import FULL

DEATHS = 10
PLAIN = " ".join(word for word in FULL.split() if word != "MOVE")
PLAINEST = " ".join(word for word in FULL.split() if word not in ("MOVE", "UIDPLUS"))


class Trash(SystemTest):
    account_options = {"delete": "trash", "mailboxes": ["*", "!special:trash"]}
    count = 4

    def setUp(self):
        super().setUp()
        self.mails = [self.corpus.simple("mail %d" % n) for n in range(self.count)]
        self.given_both_sides(self.mails)

    def delete(self, *numbers):
        for n in numbers:
            self.maildir.delete(self.maildir.find("INBOX", self.mails[n]))

    def there(self, mailbox):
        return sorted(m.digest for m in self.client.messages(mailbox))

    def given_both_sides(self, messages=(), mailbox="INBOX"):
        self.uids = self.client.fill(mailbox, messages)
        self.sync()

    def then_trashed(self, *numbers, inbox=None):
        self.assertEqual(self.there("Trash"), sorted(self.mails[n].digest for n in numbers))
        left = [m.digest for n, m in enumerate(self.mails) if n not in numbers] if inbox is None else inbox
        self.assertEqual(self.there("INBOX"), sorted(left))

    def draft(self, words):
        return (b"From: Ana <ana@example.org>\nSubject: to come\nMessage-ID: <draft@example.org>\n"
                b"Date: Mon, 30 Nov 2026 09:00:00 +0100\n\n" + words)

    def draft_digest(self, words):
        return Mail(self.draft(words).replace(b"\n", b"\r\n")).digest

    def pending(self):
        return [e for e in self.run_golub("status", "work", "--json").events if e.get("key") == "pending"]


class MoveTest(Trash):
    def test_what_was_deleted_here_stands_in_the_trash(self):
        self.delete(0, 2)
        result = self.sync("--json")
        self.then_trashed(0, 2)
        self.assertEqual([e["detail"] for e in result.of("message") if e["action"] == "remove-there"], ["into the Trash"] * 2, result)
        self.assertFalse([line for line in self.proxy.changing() if b"EXPUNGE" in line or b"STORE" in line])
        self.assert_idempotent()

    def test_a_message_that_moves_is_no_deletion(self):
        self.client.create("Work")
        self.sync()
        self.maildir.move(self.maildir.find("INBOX", self.mails[0]), "Work")
        self.delete(1)
        self.sync()
        self.then_trashed(1, inbox=[self.mails[n].digest for n in (2, 3)])
        self.assertEqual(self.there("Work"), [self.mails[0].digest])

    def test_the_guard_counts_them(self):
        self.mails += [self.corpus.simple("more %d" % n) for n in range(60)]
        self.given_both_sides(self.mails[4:])
        self.delete(*range(30))
        self.sync(expect=HELD)
        self.then_trashed()
        self.sync("--confirm-deletes")
        self.then_trashed(*range(30))

    def test_what_was_flagged_there_meanwhile_comes_back(self):
        self.delete(0)
        self.client.store("INBOX", [self.uids[0]], "+", ["\\Flagged"])
        self.sync()
        self.then_trashed()
        self.assertTrue(self.maildir.has("INBOX", self.mails[0]))

    def test_a_mark_alone_moves_nothing_and_with_expunge_it_does_without_the_mark(self):
        self.maildir.flag(self.maildir.find("INBOX", self.mails[0]), add="ST")
        self.sync()
        self.then_trashed()
        self.account.set(expunge=True)
        for _ in range(3):
            self.sync()
        self.then_trashed(0)
        self.assertEqual(self.client.messages("Trash")[0].flags & {"\\Deleted", "\\Seen"}, {"\\Seen"})
        self.assertFalse(self.maildir.has("INBOX", self.mails[0]))

    def test_a_draft_that_was_saved_again_is_no_deletion(self):
        draft = self.corpus.simple("draft", flags=["\\Draft"])
        self.maildir.put("Drafts", draft.lf, "DS")
        self.sync()
        f, = self.maildir.files("Drafts")
        with open(f.path, "ab") as file:
            file.write(b"one line more\n")
        for _ in range(2):
            self.sync()
        self.assertEqual(len(self.there("Drafts")), 1)
        self.assertEqual(self.there("Trash"), [])

    def test_a_draft_that_was_edited_under_a_new_name_is_no_deletion(self):
        self.maildir.put("Drafts", self.draft(b"Dear\n"), "DS")
        self.sync()
        old, = self.maildir.files("Drafts")
        self.maildir.put("Drafts", self.draft(b"Dear John\n"), "DS")
        self.maildir.delete(old)
        for _ in range(2):
            self.sync()
        self.assertEqual(len(self.there("Drafts")), 1)
        self.assertEqual(self.there("Trash"), [])
        self.maildir.delete(self.maildir.files("Drafts")[0])
        self.sync()
        self.assertEqual(len(self.there("Trash")), 1, "that one was deleted")

    def test_what_was_said_of_a_draft_is_said_of_its_new_version_under_another_name(self):
        self.maildir.put("Drafts", self.draft(b"Dear\n"), "DS")
        self.sync()
        old, = self.maildir.files("Drafts")
        self.run_golub("keyword", old.path, "+later", expect=OK)
        self.maildir.put("Drafts", self.draft(b"Dear John\n"), "DS")
        self.maildir.delete(old)
        for _ in range(2):
            self.sync()
        draft, = self.client.messages("Drafts")
        self.assertIn("later", draft.flags)

    def test_one_of_two_drafts_of_one_message_id_is_deleted_like_any(self):
        self.maildir.put("Drafts", self.draft(b"Dear\n"), "DS")
        self.sync()
        self.maildir.put("Drafts", self.draft(b"Dear John\n"), "DS")
        self.sync()
        self.assertEqual(len(self.there("Drafts")), 2)
        first, = [f for f in self.maildir.files("Drafts") if f.bytes() == self.draft(b"Dear\n")]
        self.maildir.delete(first)
        self.sync()
        self.assertEqual(len(self.there("Trash")), 1)
        self.assertEqual(len(self.there("Drafts")), 1)

    def test_a_draft_whose_new_version_is_refused_stays_until_that_is_there(self):
        self.maildir.put("Drafts", self.draft(b"Dear\n"), "DS")
        self.sync()
        old, = self.maildir.files("Drafts")
        self.maildir.put("Drafts", self.draft(b"Dear\0\n"), "DS")  # nobody sends a NUL
        self.maildir.delete(old)
        for _ in range(2):
            self.sync(expect=SOME)
        self.assertEqual((len(self.there("Drafts")), self.there("Trash")), (1, []))
        new, = self.maildir.files("Drafts")
        self.maildir.delete(new)
        self.account.sync()  # finds out that nothing replaces it any more
        self.sync()
        self.assertEqual((self.there("Drafts"), len(self.there("Trash"))), ([], 1))

    def test_without_a_known_trash_it_waits_and_is_never_expunged(self):
        lie = {"on": True}
        self.through(edit_down=lambda data: data.replace(b"\\Trash", b"\\Trasx") if lie["on"] else data)
        self.delete(0)
        result = self.sync(expect=SOME)
        self.assertIn('special = {"trash=NAME"}', result.err)
        self.then_trashed()
        waits, = self.pending()
        self.assertEqual((waits["work"], waits["mailbox"], waits["uid"]), ("remove-there", "INBOX", self.uids[0]))
        self.assertIn('special = {"trash=NAME"}', waits["why"])
        lie["on"] = False
        self.sync()
        self.then_trashed(0)
        self.assertEqual(self.pending(), [])

    def test_the_user_names_it_and_a_name_alone_is_no_trash(self):
        self.through(edit_down=lambda data: data.replace(b"\\Trash", b"\\Trasx"))
        self.delete(0)
        self.sync(expect=SOME)
        self.then_trashed()
        self.account.set(special=["trash=Trash"])
        self.sync()
        self.then_trashed(0)

    def test_two_of_them_are_none(self):
        self.through(edit_down=lambda data: data.replace(b"\\Archive", b"\\Trash"))
        self.delete(0)
        self.sync(expect=SOME)
        self.then_trashed()

    def test_expunge_is_as_before(self):
        self.account.set(delete="expunge")
        self.delete(0)
        self.sync()
        self.then_trashed(inbox=[m.digest for m in self.mails[1:]])

    def test_a_cut_anywhere_loses_nothing_and_doubles_nothing(self):
        """The line breaks in each answer of the server in turn, or what is sent does not arrive whole."""
        trashed = []
        for way in ("cut_up", "cut_down"):
            self.proxy.reset()
            self.delete(len(trashed))
            self.sync()
            trashed.append(len(trashed))
            size = len(self.proxy.stream("up" if way == "cut_up" else "down"))
            self.given_more(12)
            for at in range(size // 12, size + 1, max(1, size // 12)):
                n = len(trashed)
                if n >= len(self.mails):
                    break
                self.delete(n)
                self.through(**{way: at, "times": 1})
                self.account.sync()
                self.through()
                self.settle()
                trashed.append(n)
                self.then_trashed(*trashed)

    def die(self, n, at, after=False):
        self.delete(n)
        _, steps = killer.run(self.home, at, "sync", "work", after=after)
        self.settle()
        self.then_trashed(*range(n + 1))
        return steps

    def test_killed_at_each_step_each_stands_once_in_the_trash(self):
        self.given_more(DEATHS)
        steps = self.die(0, 0)
        for n, (step, after) in enumerate(killer.choose(steps, DEATHS), 1):
            with self.subTest("%s %s" % ("after" if after else "before", step)):
                self.die(n, step.number, after)
        self.assert_idempotent()

    def given_more(self, count):
        more = [self.corpus.simple("more %d" % (len(self.mails) + n)) for n in range(count)]
        self.mails += more
        self.given_both_sides(more)

    def settle(self):
        for _ in range(3):
            if self.account.sync().code == 0:
                return
        self.fail("it does not come to an end")


class CopyTest(MoveTest):
    server_options = {"capability": PLAIN}

    def settle(self):
        """An unanswered copy may be under way for five seconds."""
        for _ in range(4):
            with contextlib.closing(sqlite3.connect(self.account.journal_path())) as journal, journal:
                journal.execute("UPDATE op SET since = since - 60, seen = CASE seen WHEN 0 THEN 0 ELSE seen - 60 END")
            if self.account.sync().code == 0:
                return
        self.fail("it does not come to an end" + self.evidence())

    def test_what_was_deleted_here_stands_in_the_trash(self):
        self.delete(0, 2)
        self.sync()
        self.then_trashed(0, 2)
        commands = b"\n".join(self.proxy.changing())
        self.assertLess(commands.index(b"COPY"), commands.index(b"EXPUNGE"))
        self.assert_idempotent()


@one_in(2)
class PlainestTest(CopyTest):
    server_options = {"capability": PLAINEST}

    def test_the_copy_is_seen_before_the_source_goes(self):
        self.delete(0)
        self.sync()
        self.then_trashed(0)
        sent = b"\n".join(self.proxy.sent())
        looked = sent.index(b"SELECT", sent.index(b"COPY"))
        self.assertLess(looked, sent.index(b"EXPUNGE"))


class MadeByTheUser:
    """Its Trash."""

    def given_both_sides(self, messages=(), mailbox="INBOX"):
        if "Trash" not in self.client.mailboxes():
            self.make_special()
        super().given_both_sides(messages, mailbox)

    test_two_of_them_are_none = None  # no mailbox is made by the server itself


@one_in(2)
class CyrusTest(AtCyrus, MadeByTheUser, MoveTest):
    """It says which mailbox is for what, once a client has said so, and moves with QRESYNC."""

    def make_special(self):
        for name in ("Trash", "Drafts"):
            self.client._ok(self.client.imap._simple_command("CREATE", self.client.wire(name), "(USE (\\%s))" % name))


@one_in(2)
class CourierTest(AtCourier, MadeByTheUser, CopyTest):
    """It never says which mailbox is for what, and knows no MOVE."""
    account_options = {**Trash.account_options, "special": ["trash=Trash", "drafts=Drafts"]}

    def make_special(self):
        for name in ("Trash", "Drafts"):
            self.client.create(name)

    test_without_a_known_trash_it_waits_and_is_never_expunged = None  # there is nothing that could be hidden from golub

    def test_the_user_names_it_and_a_name_alone_is_no_trash(self):
        self.account.set(special=None)
        self.delete(0)
        self.assertIn('special = {"trash=NAME"}', self.sync(expect=SOME).err)
        self.then_trashed()
        self.account.set(special=["trash=Trash"])
        self.sync()
        self.then_trashed(0)


class HalfTest(Trash):
    """Without UID EXPUNGE the second half of a move waits as long as others carry \\Deleted."""
    server_options = {"capability": PLAINEST}

    def test_a_run_for_its_old_mailbox_alone_is_no_deletion(self):
        self.client.create("Work")
        self.sync()
        self.client.store("INBOX", [self.uids[3]], "+", ["\\Deleted"])
        self.maildir.move(self.maildir.find("INBOX", self.mails[0]), "Work")
        self.sync(expect=SOME)
        self.assertEqual(self.there("Work"), [self.mails[0].digest])
        self.client.store("INBOX", [self.uids[3]], "-", ["\\Deleted"])
        new = self.corpus.simple("new")
        self.client.append("Work", new)

        self.check(self.run_golub("sync", "work/INBOX"), OK)

        self.then_trashed(inbox=[self.mails[n].digest for n in (1, 2, 3)])
        self.assertEqual(self.there("Work"), sorted([self.mails[0].digest, new.digest]))


class WordTest(Trash):
    """For a while `push` lacks "deletes"."""
    WITHOUT = ["new", "flags", "mailboxes"]

    def give_the_word(self):
        self.account.set(push=self.WITHOUT + ["deletes"])
        self.sync()
        self.sync()

    def test_what_moved_under_a_new_name_meanwhile_is_no_deletion(self):
        self.client.create("Work")
        self.sync()
        self.account.set(push=self.WITHOUT)
        self.maildir.move(self.maildir.find("INBOX", self.mails[0]), "Work", rename=True)
        self.sync()
        self.assertEqual((len(self.there("INBOX")), len(self.there("Work"))), (self.count, 1))
        self.give_the_word()
        self.assertEqual((self.there("Work"), self.there("Trash")), ([self.mails[0].digest], []))
        self.then_trashed(inbox=[m.digest for m in self.mails[1:]])

    def save(self, *words):
        for of in words:
            old = self.maildir.files("Drafts")
            self.maildir.put("Drafts", self.draft(of), "DS")
            for file in old:
                self.maildir.delete(file)
            self.sync()

    def test_a_draft_that_was_saved_anew_meanwhile_is_no_deletion(self):
        self.save(b"Dear\n")
        self.account.set(push=self.WITHOUT)
        self.save(b"Dear John\n", b"Dear John, no\n")
        self.assertEqual(len(self.there("Drafts")), 3)
        self.give_the_word()
        self.assertEqual((len(self.there("Drafts")), self.there("Trash")), (1, []))

    def test_nor_is_it_where_a_version_in_between_never_went_up(self):
        self.save(b"Dear\n")
        self.account.set(push=[])
        self.save(b"Dear John\n")
        self.account.set(push=None)
        self.save(b"Dear John, no\n")
        self.assertEqual((len(self.there("Drafts")), self.there("Trash")), (1, []))

    def test_nor_is_it_where_another_client_removed_what_it_became(self):
        self.save(b"Dear\n")
        self.account.set(push=self.WITHOUT)
        self.save(b"Dear John\n")
        newest = max(m.uid for m in self.client.messages("Drafts"))
        self.client.expunge("Drafts", newest)
        self.sync()
        self.give_the_word()
        self.assertEqual((self.there("Drafts"), self.there("Trash")), ([], []))

    def save_in_its_place(self, words):
        with open(self.maildir.files("Drafts")[0].path, "wb") as file:
            file.write(self.draft(words))
        self.sync()

    def given_a_version_that_waits(self):
        self.save(b"Dear\n")
        self.account.set(push=self.WITHOUT)
        self.save_in_its_place(b"Dear John\n")
        self.assertEqual(len(self.there("Drafts")), 2)

    def then_deleted(self, words):
        self.maildir.delete(self.maildir.files("Drafts")[0])
        self.give_the_word()
        self.assertEqual((self.there("Drafts"), self.there("Trash")), ([], [self.draft_digest(words)]))

    def test_of_a_draft_that_was_saved_twice_in_its_place_and_deleted_one_version_was_deleted(self):
        self.given_a_version_that_waits()
        self.account.set(push=["flags"])
        self.save_in_its_place(b"Dear John, no\n")
        self.then_deleted(b"Dear John\n")

    def test_so_it_is_where_only_the_first_version_ever_went_up(self):
        self.save(b"Dear\n")
        self.account.set(push=[])
        self.save_in_its_place(b"Dear John\n")
        self.save_in_its_place(b"Dear John, no\n")
        self.then_deleted(b"Dear\n")

    def when_it_moves_out(self, words=None):
        file = self.maildir.move(self.maildir.files("Drafts")[0], "Work", rename=True)
        if words is not None:
            with open(file.path, "wb") as out:
                out.write(self.draft(words))

    def then_it_moved(self, words):
        self.give_the_word()
        self.assertEqual((self.there("Drafts"), self.there("Trash")), ([], []))
        self.assertEqual(self.there("Work"), [self.draft_digest(words)])

    def test_what_was_saved_again_and_moved_out_under_a_new_name_is_no_deletion(self):
        self.client.create("Work")
        self.save(b"Dear\n")
        self.when_it_moves_out(b"Dear John\n")
        self.then_it_moved(b"Dear John\n")

    def test_nor_is_what_moved_out_while_its_old_version_waits(self):
        self.client.create("Work")
        self.given_a_version_that_waits()
        self.when_it_moves_out()
        self.then_it_moved(b"Dear John\n")

    def test_nor_what_was_saved_once_more_and_moved_out_while_its_old_versions_wait(self):
        self.client.create("Work")
        self.given_a_version_that_waits()
        self.when_it_moves_out(b"Dear John, no\n")
        self.then_it_moved(b"Dear John, no\n")

    def test_nor_what_moved_out_before_its_new_version_went_up(self):
        self.client.create("Work")
        self.save(b"Dear\n")
        self.account.set(push=[])
        self.save_in_its_place(b"Dear John\n")
        self.when_it_moves_out()
        self.sync()
        self.then_it_moved(b"Dear John\n")

    def test_a_draft_whose_old_version_ends_the_line_as_it_is_read_is_no_deletion(self):
        for place in ("Drafts", "INBOX"):
            self.save(b"Dear\n")
            self.maildir.delete(self.maildir.files("Drafts")[0])
            self.maildir.put(place, self.draft(b"Dear John\n"), "DS")
            cut = []

            def look(moment, command):
                if moment == "before" and not cut and b"BODY.PEEK[HEADER]" in command:
                    cut.append(command)
                    raise EOFError
            with Steps(self.server.port, look) as steps:
                self.account.set(server="imap://127.0.0.1:%d" % steps.port)
                self.account.sync()
            self.assertTrue(cut)
            self.through()
            self.sync()
            self.assertEqual((self.draft_digest(b"Dear John\n") in self.there(place), self.there("Trash")), (True, []))
            self.doCleanups()
            self.setUp()

    def test_of_two_drafts_of_one_message_id_one_is_deleted_where_one_new_file_stands_elsewhere(self):
        self.client.create("Work")
        self.save(b"Dear\n")
        self.maildir.put("Drafts", self.draft(b"Dear all\n"), "DS")
        self.sync()
        for file in self.maildir.files("Drafts"):
            self.maildir.delete(file)
        self.maildir.put("Work", self.draft(b"Dear John\n"), "S")
        self.sync()
        self.assertEqual((self.there("Drafts"), self.there("Work")), ([], [self.draft_digest(b"Dear John\n")]))
        self.assertEqual(len(self.there("Trash")), 1)

    def test_a_draft_is_deleted_where_a_copy_of_what_was_there_before_appears_elsewhere(self):
        self.client.create("Work")
        self.client.create("Other")
        self.save(b"Dear\n")
        self.maildir.put("Work", self.draft(b"Dear John\n"), "S")
        self.sync()
        self.maildir.delete(self.maildir.files("Drafts")[0])
        self.maildir.put("Other", self.draft(b"Dear John\n"), "S")
        self.sync()
        self.assertEqual((self.there("Drafts"), self.there("Trash")), ([], [self.draft_digest(b"Dear\n")]))
        self.assertEqual(self.there("Other"), self.there("Work"))


class MadeAgainTest(Trash):
    """Another client makes the Trash again, or another one, in the moment before the copy."""
    server_options = {"capability": PLAIN}

    def before_copy(self, act):
        other, did = self.new_client(), []

        def look(data):
            if b"UID COPY" in data and not did:
                did.append(True)
                act(other)
            return data

        self.through(edit_up=look)
        self.delete(0, 2)
        self.account.sync()
        self.assertEqual(did, [True])
        self.sync()
        self.then_trashed(0, 2)
        self.assertEqual(self.pending(), [])
        self.assert_idempotent()

    def make_again(self, client):
        client.delete_mailbox("Trash")
        client.create("Trash")

    def rename(self, client):
        client.rename_mailbox("Trash", "Old")
        client.create("Trash")

    def test_one_that_was_deleted_and_made_again_has_each_once(self):
        self.before_copy(self.make_again)

    def test_one_that_was_renamed_and_made_again_has_each_once(self):
        self.account.set(mailboxes=["*", "!special:trash", "!Old"])
        self.before_copy(self.rename)
        self.assertEqual(self.there("Old"), [])

    def test_one_that_is_synced_has_each_once(self):
        self.account.set(mailboxes=None)
        self.sync()
        self.before_copy(self.make_again)
        self.assert_in_sync()


class RoomTest(Trash):
    """A quota that has room for one copy, and not for all at once."""
    server_options = {"capability": PLAIN, "quota": 14000, "users": {u: PASSWORD for u in USERS}}

    def setUp(self):
        SystemTest.setUp(self)
        self.mails = [self.corpus.simple("mail %d" % n, "y" * 2400) for n in range(self.count)]
        self.given_both_sides(self.mails)

    def test_where_there_is_room_for_one_they_go_one_after_the_other(self):
        self.delete(0, 1, 3)
        self.sync()
        self.then_trashed(0, 1, 3)
        self.assert_idempotent()

    def test_where_there_is_room_for_none_it_says_what_to_do(self):
        more = self.corpus.simple("more", "y" * 2400)
        self.given_both_sides([more])
        self.delete(0, 1, 3)
        for _ in range(2):
            result = self.sync(expect=SOME)
            self.assertEqual(result.err.count("can't remove"), 1, result)
            self.assertIn('make some there, or set `delete = "expunge"`', result.err)
        self.then_trashed(inbox=[m.digest for m in [*self.mails, more]])
        self.assertEqual(len(self.pending()), 3)
        self.client.expunge("INBOX", self.uids)
        self.sync()
        self.then_trashed(0, 1, 3)


    def test_many_go_one_by_one_without_asking_for_more_each_time(self):
        self.client.expunge("INBOX", self.uids)
        self.sync()
        self.mails = [self.corpus.simple("mail %d" % n, "y" * 500) for n in range(12)]
        self.given_both_sides([*self.mails, self.corpus.simple("rest", "z" * 4200)])
        rest = [m.digest for m in self.client.messages("INBOX")][-1]
        self.delete(*range(12))
        self.sync()
        self.then_trashed(*range(12), inbox=[rest])
        copies = [line for line in self.proxy.changing() if b"UID COPY" in line]
        self.assertLess(len(copies), 12, copies)
        self.assert_idempotent()

    def test_one_that_is_larger_than_what_had_room_is_asked_for_alone(self):
        """Four small ones were too many, two were not; each of the large ones has room only by itself."""
        self.client.expunge("INBOX", self.uids)
        self.sync()
        self.mails = [self.sized(600) for _ in range(4)] + [self.sized(2100) for _ in range(3)]
        self.given_both_sides([*self.mails, self.sized(3100)])
        rest = [m.digest for m in self.client.messages("INBOX")][-1]
        self.delete(*range(7))
        self.sync()
        self.then_trashed(*range(7), inbox=[rest])
        copies = [line.split(b" ")[3] for line in self.proxy.changing() if b"UID COPY" in line]
        large = [uids for uids in copies[4:] if b":" in uids or b"," in uids]
        self.assertEqual((len(copies), large), (7, []), copies)

    def sized(self, size):
        mail = self.corpus.simple("mail")
        return self.corpus.simple("mail", "y" * (size - len(mail.bytes) + len("Hello.\r\n")))


class RoomPlainestTest(RoomTest):
    server_options = {**RoomTest.server_options, "capability": PLAINEST}


class BigTest(Trash):
    """... and what is too big for it keeps nothing back that is not."""
    server_options = RoomTest.server_options

    def setUp(self):
        SystemTest.setUp(self)

    def test_where_one_is_too_big_the_others_go(self):
        big = self.corpus.simple("big", "y" * 3400)
        self.mails = [self.corpus.simple("small", "y" * 1500), big, *(self.corpus.simple("small %d" % n, "y" * 1500) for n in range(4))]
        self.given_both_sides(self.mails)
        self.delete(0, 1, 2, 5)
        for n in range(2):
            result = self.sync(expect=SOME)
            self.assertIn('make some there, or set `delete = "expunge"`', result.err)
            self.then_trashed(0, 2, 5)
        self.assertEqual(len(self.pending()), 1)


class HollowTest(HomeTest):
    """A server that answers a COPY with OK, and a UID that is another message's, and copies nothing."""

    def setUp(self):
        super().setUp()
        plain = " ".join(word for word in bent.PLAIN.split() if word != "MOVE")
        self.server = bent.BentServer("Trash", capabilities=plain).__enter__()
        self.addCleanup(self.server.__exit__)
        self.trash, self.inbox = self.server.mailboxes["Trash"], self.server.mailboxes["INBOX"]
        self.trash.attributes = "\\HasNoChildren \\Trash"
        self.account = Account(self.home, "imap://127.0.0.1:%d" % self.server.port, "ana", "secret", "work", tls="none", delete="trash",
                               mailboxes=["*", "!special:trash"])
        self.mails = [self.corpus.simple("mail %d" % n) for n in range(3)]
        self.trash.add(self.corpus.simple("of old").bytes)
        for mail in self.mails:
            self.inbox.add(mail.bytes)
        self.check(self.account.sync(), 0)
        self.account.maildir.delete(self.account.maildir.find("INBOX", self.mails[1]))

    def test_an_ok_is_no_proof_and_nothing_is_removed_for_it(self):
        self.server.bend = lambda ask: [b"%%T OK [COPYUID %d 2 1] done\r\n" % self.trash.validity] if ask.command == "UID COPY" else None
        for _ in range(2):
            self.check(self.account.sync(), SOME)
        self.assertEqual(len(self.inbox.messages), 3)
        self.assertEqual(self.server.errors, [])

    def test_the_uid_of_a_trash_that_was_made_since_is_no_proof(self):
        """What has that UID there is of the same size and second, and another message."""
        self.trash.messages[0].bytes = self.corpus.simple("liam 1").bytes
        self.assertEqual(len(self.trash.messages[0].bytes), len(self.mails[1].bytes))
        self.trash.messages[0].date = self.inbox.of(2).date

        def hollow(ask):
            if ask.command != "UID COPY":
                return None
            self.trash.validity += 1
            return [b"%%T OK [COPYUID %d 2 1] done\r\n" % self.trash.validity]
        self.server.bend = hollow
        for _ in range(2):
            self.check(self.account.sync(), SOME)
        self.assertEqual(len(self.inbox.messages), 3)
        self.assertEqual(self.server.errors, [])

    def test_our_mark_comes_off_where_the_copy_is_gone_and_a_second_one_is_refused(self):
        """Copied and marked, and its removal refused; the Trash is emptied, and full."""
        def refusing(*commands):
            return lambda ask: [b"%T NO [OVERQUOTA] not now\r\n"] if (ask.command + str(ask.args)).startswith(commands) else None
        mark_off = "UID STOREb'2 -FLAGS"
        self.server.bend = refusing("UID EXPUNGE", "EXPUNGE", mark_off)
        self.check(self.account.sync(), SOME)
        self.assertIn("\\Deleted", self.inbox.of(2).flags)
        self.trash.messages.clear()
        self.server.asked.clear()
        for _ in range(3):  # until nothing that was asked for can be under way
            self.age()
            self.server.bend = refusing("UID COPY", mark_off)
            self.check(self.account.sync(), SOME)
        self.assertIn("UID COPY", [command for command, _ in self.server.asked])
        self.server.bend = refusing("UID COPY")
        self.check(self.account.sync(), SOME)
        self.assertEqual(self.inbox.of(2).flags, set())
        self.assertEqual(self.server.errors, [])

    def age(self):
        """All that is under way was so a minute ago."""
        with contextlib.closing(sqlite3.connect(self.account.journal_path())) as journal, journal:
            journal.execute("UPDATE op SET since = since - 60, seen = CASE seen WHEN 0 THEN 0 ELSE seen - 60 END")

    def test_a_copy_that_is_shown_with_another_date_is_one(self):
        def dated(ask):
            parts = ask.truth() if ask.command == "UID COPY" else None
            for message in self.trash.messages[1:]:
                message.date = "01-Jan-2027 00:00:00 +0000"
            return parts
        self.server.bend = dated
        self.check(self.account.sync(), 0)
        self.assertEqual([m.bytes for m in self.trash.messages[1:]], [self.mails[1].bytes])
        self.assertEqual(len(self.inbox.messages), 2)


class InsideTest(Trash):
    """The Trash is synced, too."""
    account_options = {"delete": "trash"}

    def test_it_comes_here_into_the_trash(self):
        self.delete(0)
        self.sync()
        self.then_trashed(0)
        self.assertTrue(self.maildir.has("Trash", self.mails[0]))
        self.assert_in_sync()

    def test_what_is_deleted_in_the_trash_is_gone(self):
        self.delete(0)
        self.sync()
        self.maildir.delete(self.maildir.find("Trash", self.mails[0]))
        self.sync()
        self.then_trashed(inbox=[m.digest for m in self.mails[1:]])
        self.assert_in_sync()

    def test_what_was_flagged_here_outlives_that_another_client_put_it_there(self):
        """... for good: the copy in the Trash is another message from then on."""
        self.maildir.flag(self.maildir.find("INBOX", self.mails[0]), add="F")
        self.client.move("INBOX", [self.uids[0]], "Trash")
        for _ in range(2):
            self.sync()
            self.then_trashed(0, inbox=[m.digest for m in self.mails])
        self.assertEqual(self.maildir.find("INBOX", self.mails[0]).letters, "F")
        self.assertEqual(self.maildir.find("Trash", self.mails[0]).letters, "")
        self.assert_in_sync()

    def test_nor_does_it_go_later_where_it_could_not_be_sent_at_first(self):
        self.account.set(push=["flags", "deletes"])
        self.maildir.flag(self.maildir.find("INBOX", self.mails[0]), add="F")
        self.client.move("INBOX", [self.uids[0]], "Trash")
        for _ in range(2):
            self.sync()
            self.assertEqual(self.maildir.find("INBOX", self.mails[0]).letters, "F")
        self.account.set(push=None)
        self.sync()
        self.then_trashed(0, inbox=[m.digest for m in self.mails])

    def test_what_was_flagged_before_follows_another_client_into_it(self):
        self.maildir.flag(self.maildir.find("INBOX", self.mails[0]), add="F")
        self.sync()
        self.client.move("INBOX", [self.uids[0]], "Trash")
        self.sync()
        self.then_trashed(0)
        self.assertFalse(any(b"BODY.PEEK[]" in line for line in self.proxy.sent()), "its file moves")
        self.assert_in_sync()

    def test_with_expunge_the_file_follows_into_the_trash(self):
        self.account.set(expunge=True)
        self.maildir.flag(self.maildir.find("INBOX", self.mails[0]), add="ST")
        bodies = 0
        for _ in range(3):
            self.sync()
            bodies += sum(b"BODY.PEEK[]" in line for line in self.proxy.sent())
        self.then_trashed(0)
        self.assertEqual(bodies, 0, "its file moves")
        self.assertEqual(self.maildir.find("Trash", self.mails[0]).letters, "S")
        self.assertEqual(self.run_golub("restore", "work", "--json").of("restore"), [])
        self.assert_in_sync()


if __name__ == "__main__":
    main()
