"""
Messages that go to a mailbox which keeps fewer keywords than the one that they come from: what does not arrive with them is remembered, shown, and set
once that mailbox keeps it. Also keywords that contradict each other, and more of them on a message than golub keeps.
"""
import os

from base import CONFIG, Account, HomeTest, main
from lettersbase import letters
from rig.bent import PERMANENT, BentServer, Session


class NarrowSession(Session):
    """`keeps`: which keywords a mailbox keeps; what is not in there keeps all. What else a message is brought with goes, or is refused."""

    def kept(self, mailbox):
        return self.server.keeps.get(mailbox.name)

    def narrow(self, mailbox):
        keeps = self.kept(mailbox)
        for m in mailbox.messages:
            if keeps is not None:
                m.flags -= {f for f in m.flags if not f.startswith("\\") and f not in keeps}

    def do_select(self, ask):
        lines = super().do_select(ask)
        keeps = self.kept(self.selected) if self.selected else None
        if keeps is None or ask.command == "EXAMINE":
            return lines
        said = b"* OK [PERMANENTFLAGS (%s)] ok\r\n" % " ".join([PERMANENT, *sorted(keeps)]).encode()
        return [said if b"[PERMANENTFLAGS" in line else line for line in lines]

    def do_uid_copy(self, ask):
        lines = super().do_uid_copy(ask)
        for mailbox in self.server.mailboxes.values():
            self.narrow(mailbox)
        return lines

    do_uid_move = do_uid_copy

    def do_append(self, ask):
        mailbox = self.named(ask)
        words = ask.args.partition(b"(")[2].partition(b")")[0].decode().split()
        self.server.brought.append([w for w in words if not w.startswith("\\")])
        if self.server.refuses and mailbox and self.kept(mailbox) is not None and set(self.server.brought[-1]) - self.kept(mailbox):
            return [ask.no("invalid keyword")]
        lines = super().do_append(ask)
        if mailbox:
            self.narrow(mailbox)
        return lines


class NarrowServer(BentServer):
    def __init__(self):
        self.keeps, self.refuses, self.brought = {}, False, []
        super().__init__()

    def session(self, s):
        return NarrowSession(self, s)


class BroughtTest(HomeTest):
    keys = {}

    def setUp(self):
        super().setUp()
        self.server = NarrowServer().__enter__()
        self.addCleanup(self.server.__exit__)
        self.account = Account(self.home, "imap://127.0.0.1:%d" % self.server.port, "ana", "secret", "work", tls="none", **self.keys)
        self.maildir, self.inbox = self.account.maildir, self.server.mailboxes["INBOX"]
        self.work = self.server.make("Work")
        self.mail = self.corpus.simple("mail")
        self.inbox.add(self.mail.bytes, {"\\Seen", "later", "ToDo"})
        self.sync()
        self.sync()

    def sync(self, *args, expect=0):
        self.server.asked.clear()
        result = self.check(self.account.sync(*args), expect)
        self.assertEqual(self.server.errors, [])
        return result

    def there(self, mailbox):
        return [sorted(f for f in m.flags if not f.startswith("\\")) for m in mailbox.messages]

    def file(self, mailbox="Work"):
        return self.maildir.find(mailbox, self.mail)

    def list(self):
        return self.check(self.home.run("keyword", "list"), 0).out

    def status(self):
        return self.check(self.home.run("status"), 0).out

    def asked(self, command):
        return [args for what, args in self.server.asked if what == command]

    def assert_remembered(self, *words):
        for word in words:
            self.assertIn("%s: 1 message, no letter, 1 can't be held there\n" % word, self.list())
        self.assertIn("%d keyword%s the server can't hold" % (len(words), "" if len(words) == 1 else "s"), self.status())
        for _ in range(2):
            result = self.sync()
            self.assertEqual(self.server.changing(), [])
            self.assertIn("nothing new", result.out)

    def assert_offered(self, mailbox, *words):
        self.server.keeps.clear()
        mailbox.add(self.corpus.simple("news").bytes)
        self.sync()
        self.assertEqual(self.there(mailbox)[0], sorted(words))
        self.assertNotIn("can't", self.list() + self.status())


class MovedTest(BroughtTest):
    def test_what_does_not_arrive_with_it_is_remembered_and_offered_later(self):
        self.server.keeps["Work"] = set()
        self.maildir.move(self.file("INBOX"), "Work")

        result = self.sync()

        self.assertEqual((self.there(self.inbox), self.there(self.work)), ([], [[]]))
        self.assertEqual(self.asked("UID STORE"), [])
        self.assertNotIn("changed here", result.out)  # nobody took it off
        self.assert_remembered("later", "ToDo")
        self.assert_offered(self.work, "later", "ToDo")

    def test_a_copy_likewise_and_what_is_named_there_arrives(self):
        self.server.keeps["Work"] = {"ToDo"}
        self.maildir.copy(self.file("INBOX"), "Work")

        self.sync()

        self.assertEqual((self.there(self.inbox), self.there(self.work)), ([["ToDo", "later"]], [["ToDo"]]))
        self.assertIn("1 keyword the server can't hold", self.status())
        self.assert_offered(self.work, "later", "ToDo")

    def test_where_it_arrives_with_all_nothing_more_is_asked(self):
        self.maildir.move(self.file("INBOX"), "Work")

        self.sync()

        self.assertEqual(self.there(self.work), [["ToDo", "later"]])
        self.assertEqual(self.asked("UID STORE"), [])
        self.assertNotIn("can't", self.list())

    def test_taken_back_by_the_user_it_is_not_offered(self):
        self.server.keeps["Work"] = set()
        self.maildir.move(self.file("INBOX"), "Work")
        self.sync()
        self.check(self.home.run("keyword", self.file().path, "-later"), 0)

        self.assertIn("1 keyword the server can't hold", self.status())
        self.assert_offered(self.work, "ToDo")


class MovedLettersTest(BroughtTest):
    keys = {"keywords": "letters"}

    def shown(self):
        with open(os.path.join(self.maildir.folder("Work"), "dovecot-keywords"), encoding="utf-8") as f:
            words = dict(line.split() for line in f)
        return sorted(words[str(ord(letter) - ord("a"))] for letter in letters(self.file()))

    def test_its_name_goes_on_showing_them(self):
        self.server.keeps["Work"] = set()
        self.maildir.move(self.file("INBOX"), "Work")
        for _ in range(3):
            self.sync()

        self.assertEqual(self.shown(), ["ToDo", "later"])
        self.assertIn("2 keywords the server can't hold", self.status())
        self.assert_offered(self.work, "later", "ToDo")
        self.assertEqual(self.shown(), ["ToDo", "later"])


class SentTest(BroughtTest):
    """A message that the server lost goes up again, with its keywords."""

    def lose(self):
        self.server.brought.clear()
        with self.server.lock:
            self.inbox.messages.clear()
            self.inbox.validity += 1
            self.inbox.modseq += 1
            self.inbox.next = 1
            self.inbox.gone.clear()

    def test_only_what_the_mailbox_keeps_is_sent_with_it_and_the_rest_is_remembered(self):
        self.server.keeps["INBOX"] = {"ToDo"}
        self.lose()

        self.sync()
        self.sync()

        self.assertEqual(self.server.brought, [["ToDo"]])
        self.assertEqual(self.there(self.inbox), [["ToDo"]])
        self.assertIn("1 keyword the server can't hold", self.status())
        self.assert_offered(self.inbox, "later", "ToDo")

    def test_refused_for_their_sake_it_goes_without(self):
        self.server.keeps["Work"], self.server.refuses = set(), True
        self.server.bend = lambda ask: [ask.no("[CANNOT] not here")] if ask.command in ("UID COPY", "UID MOVE") else None
        self.maildir.copy(self.file("INBOX"), "Work")

        for _ in range(3):
            self.sync()

        self.assertEqual(self.there(self.work), [[]])
        self.assertIn("2 keywords the server can't hold", self.status())
        self.server.bend = None
        self.assert_offered(self.work, "later", "ToDo")


class ChosenTest(BroughtTest):
    """$Junk and $NotJunk, Junk and NonJunk: of both sides' choices the server's stays."""

    def say(self, *words, expect=0):
        return self.check(self.home.run("keyword", self.file("INBOX").path, *words), expect)

    def test_what_was_set_here_yields_to_the_other_one_that_was_set_there(self):
        for here, there in (("$Junk", "$NotJunk"), ("NonJunk", "junk")):
            with self.subTest(here=here):
                self.say("+" + here)
                self.inbox.flag(1, "+", [there])

                result = self.sync()

                self.assertIn("the server's stays", result.out)
                self.assertIn(there, self.there(self.inbox)[0])
                self.assertNotIn(here, self.there(self.inbox)[0])
                self.assertEqual(self.asked("UID STORE"), [])
                self.assertNotIn("with the next sync", self.list())

    def test_where_one_side_chose_it_is_mirrored_and_no_pair_is_mended(self):
        self.inbox.flag(1, "+", ["$Junk"])
        self.sync()
        self.say("+$NotJunk")
        self.sync()
        self.assertEqual(self.there(self.inbox)[0], ["$Junk", "$NotJunk", "ToDo", "later"])
        self.say("-$Junk")
        self.inbox.flag(1, "-", ["$NotJunk"])
        self.sync()
        self.assertEqual(self.there(self.inbox)[0], ["ToDo", "later"])
        self.say("+$Junk")
        self.inbox.flag(1, "+", ["$Junk", "$NotJunk"])
        self.sync()
        self.assertEqual(self.there(self.inbox)[0], ["$Junk", "$NotJunk", "ToDo", "later"])


class ChosenLettersTest(ChosenTest):
    keys = {"keywords": "letters"}

    def test_what_a_name_says_yields_too(self):
        table = os.path.join(self.maildir.folder("INBOX"), "dovecot-keywords")
        with open(table, "a", encoding="utf-8") as f:
            f.write("7 $Junk\n")
        self.sync()
        path = self.file("INBOX").path
        os.rename(path, path + "h")
        self.inbox.flag(1, "+", ["$NotJunk"])

        result = self.sync()
        self.sync()

        self.assertIn("the server's stays", result.out)
        self.assertEqual(self.there(self.inbox)[0], ["$NotJunk", "ToDo", "later"])
        self.assertNotIn("h", letters(self.file("INBOX")))
        self.assertEqual(len(letters(self.file("INBOX"))), 3)


class ManyTest(BroughtTest):
    """More keywords on a message than golub keeps of one."""
    keys = {"keywords": "letters"}

    def test_those_that_are_known_stay_as_they_are_and_it_is_said(self):
        before = self.list()
        name = self.file("INBOX").path
        self.inbox.flag(1, "+", ["AAAAA%05d" % n for n in range(600)])

        results = [self.sync() for _ in range(2)]

        self.assertIn("UID 1 has more keywords than golub keeps of a message (4000 bytes): they are left alone", results[0].out)
        self.assertNotIn("changed here", results[0].out + results[1].out)
        self.assertEqual((self.list(), self.file("INBOX").path), (before, name))
        self.assertEqual(self.server.changing(), [])
        self.assertEqual(len(self.there(self.inbox)[0]), 602)

    def test_what_the_user_says_of_it_goes_up_once(self):
        for first in (0, 360):  # the first ones fill what there is of room
            self.inbox.flag(1, "+", ["AAAAA%05d" % n for n in range(first, first + 360)])
            self.sync()
        self.check(self.home.run("keyword", self.file("INBOX").path, "+" + 40 * "z", "-later"), 0)

        self.sync()

        self.assertEqual(len(self.asked("UID STORE")), 2)
        self.assertEqual(self.there(self.inbox)[0][-2:], ["ToDo", 40 * "z"])
        self.sync()
        self.assertEqual(self.server.changing(), [])
        self.assertNotIn("later", self.list())
        self.assertNotIn("can't be held", self.list())


class AlteredTest(BroughtTest):
    def test_a_file_that_was_written_on_since_the_last_sync_is_refused(self):
        """Nobody knows yet whether it is the message still."""
        path = self.file("INBOX").path
        with open(path, "ab") as f:
            f.write(b"another line\n")

        result = self.check(self.home.run("keyword", path, "+x"), CONFIG)

        self.assertIn("this file was changed since the last sync", result.err)
        self.assertIn("`golub sync work` reads it anew", result.err)
        self.assertNotIn("x:", self.list())

    def test_a_file_that_is_not_the_message_any_more_has_no_keywords_to_be_changed(self):
        path = self.file("INBOX").path
        with open(path, "ab") as f:
            f.write(b"another line\n")
        self.inbox.expunge(1)
        self.account.sync()  # which looks at its bytes before it removes it, and leaves it

        result = self.check(self.home.run("keyword", path, "+x"), CONFIG)

        self.assertIn("this file was changed, and is not the message any more", result.err)
        self.assertIn("golub restore work --altered FILE", result.err)
        self.assertNotIn("x:", self.list())


class ToldTest(BroughtTest):
    """Programs that keep labels of their own learn what other clients set, however a message came to be known on both sides."""

    def told(self):
        told = [e for e in self.home.run("sync", "--json").of("message") if e.get("add") or e.get("del")]
        return [(e["action"], e["add"], e["del"]) for e in told]

    def test_what_comes_is_told_with_its_keywords(self):
        self.inbox.add(self.corpus.simple("news").bytes, {"theirs", "urgent"})

        self.assertEqual(self.told(), [("download", ["theirs", "urgent"], [])])

    def test_what_another_client_sets_on_what_was_sent_before_it_is_seen_is_told(self):
        self.maildir.deliver("INBOX", self.corpus.simple("sent"))

        def bend(ask):
            lines = ask.truth()
            if ask.command == "APPEND":
                self.inbox.flag(2, "+", ["theirs"])
            return lines

        self.server.bend = bend
        self.assertEqual(self.told(), [("keywords-here", ["theirs"], [])])

    def test_what_does_not_arrive_with_it_nobody_took_off(self):
        self.server.keeps["Work"] = set()
        self.maildir.deliver("Work", self.mail)

        self.assertEqual(self.told(), [])

    def test_what_changed_while_a_mailbox_got_another_uidvalidity_is_told(self):
        self.inbox.validity += 1
        self.inbox.flag(1, "+", ["theirs"])
        self.inbox.flag(1, "-", ["ToDo"])

        self.assertEqual(self.told(), [("keywords-here", ["theirs"], []), ("keywords-here", [], ["ToDo"])])


if __name__ == "__main__":
    main()
