"""
A folder was renamed here, and the server says no to the new name: its words are told for the mailbox itself, it is asked again once a day, and at once
where the folder gets another name. A name that differs by its case alone is reached by way of another one, since to some servers the two are one name.
"""
import os
import re

from base import OK, SOME, Account, HomeTest, SystemTest, main
from rig import ahead
from rig.bent import CLOSE, BentServer, Session
import test_renamed_here as here

DAY = 86400


class Refused(here.RenamingHere):
    def refuse(self, old, new):
        """From now on the server says no to this RENAME: what it is asked for is the name of another mailbox."""
        asked = re.compile(rb'RENAME "?%s"? "?%s"?(?=\r\n)' % (old.encode(), new.encode()))
        self.through(edit_up=lambda data: asked.sub(b"RENAME %s Other" % old.encode(), data))

    def asked(self):
        """What it was asked to rename in this run."""
        return [line.partition(b"RENAME ")[2].replace(b'"', b"").decode() for line in self.proxy.sent() if b" RENAME " in line]


class RefusedTest(Refused, SystemTest):
    server_options = {"special_use": False}
    words = ('work/A: can\'t rename this mailbox to "B" on the server, as its folder here: the server says: '
             '[ALREADYEXISTS] Target mailbox already exists')

    def given_refused(self):
        mail = self.given("A", "A/Kid", "Other")
        self.refuse("A", "B")
        self.mv(("A", "B"))
        self.assertIn(self.words, self.sync(expect=SOME).err)
        self.assertEqual(self.asked(), ["A Other"])
        return mail

    def assert_kept(self, mail):
        """It is in sync as it is: nothing was sent again or removed."""
        self.assertEqual(self.bodies(), [])
        self.assertEqual(self.quarantined(), [])
        self.assertEqual(set(self.client.mailboxes()), {"INBOX", "A", "A/Kid", "Other"})
        self.assertEqual(set(self.maildir.mailboxes()), {"INBOX", "B", "B/Kid", "Other"})
        self.assertTrue(all(self.is_there(m, "A") and self.maildir.has("B", m) for m in mail["A"]))

    def test_the_servers_words_are_told_for_the_mailbox_itself(self):
        mail = self.given_refused()

        self.assert_kept(mail)
        self.assertIn('A: rename-there: renamed here to "B": the server says: [ALREADYEXISTS] Target mailbox already exists',
                      self.run_golub("status").out)
        waits = [e for e in self.run_golub("status", "work", "--json").events if e.get("key") == "pending" and e["mailbox"] == "A"]
        self.assertEqual([e["work"] for e in waits], ["rename-there"], waits)

    def test_it_is_not_asked_again_within_a_day_and_told_in_each_run(self):
        mail = self.given_refused()

        for later in (0, 60, DAY - 600):
            self.assertIn(self.words, self.sync(expect=SOME, env=ahead.by(later)).err)
            self.assertEqual(self.asked(), [])
            self.assert_kept(mail)

    def test_it_is_asked_again_once_on_each_day(self):
        mail = self.given_refused()

        for day in (1, 2):
            self.assertIn(self.words, self.sync(expect=SOME, env=ahead.by(day * DAY + 60)).err)
            self.assertEqual(self.asked(), ["A Other"], day)
            self.assertIn(self.words, self.sync(expect=SOME, env=ahead.by(day * DAY + 120)).err)
            self.assertEqual(self.asked(), [], day)
            self.assert_kept(mail)

    def test_it_gets_the_name_on_the_day_on_which_the_server_gives_it(self):
        mail = self.given_refused()
        self.through()
        self.sync(expect=SOME)
        self.assert_kept(mail)

        result = self.sync("--json", env=ahead.by(DAY + 60))

        self.assertEqual(self.renamed_up(result), {("A", "B"), ("A/Kid", "B/Kid")})
        self.assertEqual(self.bodies(), [])
        self.assertNotIn("renamed here", self.run_golub("status").out)
        self.assert_same()

    def test_it_is_asked_again_once_the_folder_is_renamed_again(self):
        self.given_refused()
        self.mv(("B", "C"))

        self.assert_sent(("A", "C"), ("A/Kid", "C/Kid"))
        self.assertNotIn("renamed here", self.run_golub("status").out)

    def test_the_other_name_is_refused_too(self):
        self.given_refused()
        self.refuse("A", "C")
        self.mv(("B", "C"))

        result = self.sync(expect=SOME)

        self.assertIn(self.words.replace('"B"', '"C"'), result.err)
        self.assertNotIn('"B"', result.err)
        self.assertEqual(self.asked(), ["A Other"])
        self.sync(expect=SOME)
        self.assertEqual(self.asked(), [])
        self.refuse("A", "B")
        self.mv(("C", "B"))
        self.assertIn(self.words, self.sync(expect=SOME).err)
        self.assertEqual(self.asked(), ["A Other"], "the first name was given anew")

    def test_the_folder_has_its_old_name_again(self):
        self.given_refused()
        self.mv(("B", "A"))

        self.assertEqual(self.sync().err, "")

        self.assertEqual(self.asked(), [])
        self.assertNotIn("renamed here", self.run_golub("status").out)
        self.assert_in_sync()

    def test_a_clock_that_went_back_keeps_nothing_for_ever(self):
        mail = self.given("A", "A/Kid", "Other")
        self.refuse("A", "B")
        self.mv(("A", "B"))
        self.sync(expect=SOME, env=ahead.by(10 * DAY))

        self.sync(expect=SOME)

        self.assertEqual(self.asked(), ["A Other"])
        self.assert_kept(mail)


class CaseTest(Refused, SystemTest):
    """To the server the two are one name, for as long as they are those of one mailbox."""
    server_options = {"special_use": False}

    def assert_case_sent(self, old, new, *below):
        self.refuse(old, new)
        self.mv((old, new))
        self.assert_sent((old, new), *below)

    def test_one(self):
        self.given("Foo", "Other")

        self.assert_case_sent("Foo", "foo")

        self.assertEqual(set(self.client.mailboxes()), {"INBOX", "foo", "Other"})

    def test_by_way_of_a_name_of_its_own(self):
        self.given("Foo", "Other")
        self.refuse("Foo", "foo")
        self.mv(("Foo", "foo"))

        self.sync()

        first, aside, home = self.asked()
        self.assertEqual((first, aside.split()[0], home.split()[1]), ("Foo Other", "Foo", "foo"))
        self.assertTrue(aside.split()[1].startswith("golub-rename-") and aside.split()[1] == home.split()[0], (aside, home))

    def test_with_what_is_below_it(self):
        self.given("Foo", "Foo/Kid", "Other")

        self.assert_case_sent("Foo", "foo", ("Foo/Kid", "foo/Kid"))

    def test_the_case_of_a_level_above(self):
        self.given("Top/A", "Other")

        self.assert_case_sent("Top/A", "top/A")

    def test_its_line_for_people_names_no_name_of_a_moment(self):
        self.given("Foo", "Other")
        self.refuse("Foo", "foo")
        self.mv(("Foo", "foo"))

        result = self.sync()

        self.assertIn("work/Foo: renamed on the server to foo\n", result.out)
        self.assertNotIn("golub-rename", result.out + result.err)

    def test_with_new_mail_and_flags_meanwhile(self):
        mail = self.given("Foo", "Other")
        there, here = self.corpus.simple("came there"), self.corpus.simple("saved here, and longer than the other one")
        self.refuse("Foo", "foo")
        self.mv(("Foo", "foo"))
        self.client.append("Foo", there.bytes)
        self.maildir.put("foo", here.lf)
        self.maildir.flag(self.maildir.find("foo", mail["Foo"][0]), "R")

        result = self.sync("--json")

        self.assertEqual(self.renamed_up(result), {("Foo", "foo")})
        self.assertTrue(self.maildir.has("foo", there) and self.is_there(here, "foo"))
        self.assertIn("\\Answered", self.flags_there(mail["Foo"][0], "foo"))
        self.assert_in_sync()

    def test_another_laptop_follows(self):
        self.given("Foo", "Other")
        other = self.new_account("work", home=self.another_home())
        self.sync(account=other)
        self.sync(account=other)

        self.assert_case_sent("Foo", "foo")
        other.set(server="imap://127.0.0.1:%d" % self.proxy.port)
        self.sync(account=other)

        self.assertEqual(self.bodies(), [])
        self.assert_in_sync(other)


class CaseWithoutIdentitiesTest(CaseTest):
    account_options = {"disable": ["X-GUID"]}


class CaseKilledTest(Refused, here.KilledTest):
    scenes = {"case": (("Foo", "Foo/Kid", "Other"), (("Foo", "foo"),))}

    def given(self, *mailboxes, count=3):
        mail = super().given(*mailboxes, count=count)
        self.refuse("Foo", "foo")
        return mail

    def test_its_case_alone(self):
        self.sweep("case")

    test_with_children = test_below_its_own_old_name = test_two = test_without_identities = None


class CaselessServer(BentServer):
    """INBOX is not the only name whose case does not count. RENAME gives no name that any mailbox has, in whatever case, itself included."""

    def find(self, name):
        return next((m for m in self.mailboxes.values() if m.name.lower() == name.lower()), None)

    def session(self, s):
        return CaselessSession(self, s)

    def give_name(self, mailbox, name):
        del self.mailboxes[mailbox.name]
        mailbox.name = name
        self.mailboxes[name] = mailbox


class CaselessSession(Session):
    def named(self, ask):
        return self.server.find(ask.mailbox)

    def do_list(self, ask):
        words = ask.words[1:] if ask.words[0].startswith(b"(") else ask.words
        found = self.server.find(words[1].strip(b'()"').decode())
        if found:
            return [b'* LIST (%s) "/" %s\r\n' % (found.attributes.encode(), self.quoted(found.name)), ask.ok()]
        return super().do_list(ask)

    def do_rename(self, ask):
        old, new = ask.words[0].decode(), ask.words[1].decode()
        mailbox = self.server.find(old)
        if not mailbox:
            return [ask.no("[NONEXISTENT] no such mailbox")]
        if self.server.find(new):
            return [ask.no("[ALREADYEXISTS] it is there")]
        below = [m for m in self.server.mailboxes.values() if m.name.lower().startswith(old.lower() + "/")]
        for m in [mailbox, *below]:
            self.server.give_name(m, new + m.name[len(old):])
        return [ask.ok()]


class CaselessServerTest(HomeTest):
    def setUp(self):
        super().setUp()
        self.server = CaselessServer("Foo", "Foo/Kid", "Other").__enter__()
        self.addCleanup(self.server.__exit__)
        self.account = Account(self.home, "imap://127.0.0.1:%d" % self.server.port, "ana", "secret", "work", tls="none")
        self.maildir = self.account.maildir
        self.mail = {}
        for name in ("Foo", "Foo/Kid", "Other"):
            self.mail[name] = [self.corpus.simple("%s %d" % (name, n)) for n in range(3)]
            for m in self.mail[name]:
                self.server.mailboxes[name].add(m.bytes)
        self.sync()
        self.sync()

    def sync(self, *options, expect=OK, **more):
        self.server.asked.clear()
        result = self.check(self.account.sync(*options, **more), expect)
        self.assertEqual(self.server.errors, [])
        return result

    def renames(self):
        return [args.replace(b'"', b"").decode() for command, args in self.server.asked if command == "RENAME"]

    def bodies(self):
        return [command for command, args in self.server.asked if command == "APPEND" or b"BODY.PEEK[]" in args]

    def mv(self, old, new):
        os.rename(self.maildir.folder(old), self.maildir.folder(new))

    def assert_is(self, name, folder=None):
        """That is its name on the server, and its folder's here, with all of its mail."""
        folder = folder or name
        self.assertEqual(set(self.server.mailboxes), {"INBOX", name, name + "/Kid", "Other"})
        self.assertEqual(set(self.maildir.mailboxes()), {"INBOX", folder, folder + "/Kid", "Other"})
        for end in ("", "/Kid"):
            mail = self.mail["Foo" + end]
            self.assertEqual([m.bytes for m in self.server.mailboxes[name + end].messages], [m.bytes for m in mail])
            self.assertTrue(all(self.maildir.has(folder + end, m) for m in mail))

    def test_its_case_alone(self):
        self.mv("Foo", "foo")

        result = self.sync()

        self.assertIn("work/Foo: renamed on the server to foo\n", result.out)
        self.assertEqual(len(self.renames()), 3)
        self.assertEqual(self.bodies(), [])
        self.assert_is("foo")
        self.sync()
        self.assertEqual((self.renames(), self.bodies()), ([], []))

    def test_an_answer_that_is_lost(self):
        """That of each RENAME in turn, once before it was carried out, once after."""
        names = ["Foo", "foo"]
        for number in (1, 2, 3):
            for done in (False, True):
                with self.subTest(number=number, done=done):
                    told = []

                    def bend(ask, number=number, done=done, told=told):
                        told += ["x"] * (ask.command == "RENAME")
                        if ask.command != "RENAME" or len(told) != number:
                            return None
                        return [ask.truth() and CLOSE] if done else [CLOSE]

                    self.mv(*names)
                    self.server.bend = bend
                    self.account.sync()
                    self.server.bend = None
                    self.account.sync()
                    self.sync()

                    self.assertGreaterEqual(len(told), number)
                    self.assertEqual(self.bodies(), [])
                    self.assert_is(names[1])
                    names.reverse()

    def refuse(self, *names):
        """The server says no to each RENAME to one of these."""
        def bend(ask):
            if ask.command == "RENAME" and any(ask.words[1].decode().startswith(n) for n in names):
                return [ask.no("[CANNOT] not that name")]
            return None

        self.server.bend = bend

    def test_where_the_name_between_is_refused_too_it_stays_as_it_is(self):
        self.refuse("golub-")
        self.mv("Foo", "foo")

        for times in (2, 0, 0):
            result = self.sync(expect=SOME)
            self.assertIn('work/Foo: can\'t rename this mailbox to "foo" on the server, as its folder here: the server says: [CANNOT] not that name',
                          result.err)
            self.assertEqual(len(self.renames()), times)
            self.assertEqual(self.bodies(), [])
            self.assert_is("Foo", "foo")

    def test_where_the_new_name_itself_is_refused_it_gets_its_old_one_back(self):
        """Other people see the name between, too."""
        self.refuse("foo")
        self.mv("Foo", "foo")

        for day in (0, 1):
            for again in (False, True):
                result = self.sync(expect=SOME, env=ahead.by(day * DAY + 60 * again))
                self.assertIn('work/Foo: can\'t rename this mailbox to "foo" on the server, as its folder here: the server says: [CANNOT] not that name',
                              result.err)
                self.assertNotIn("golub-rename", result.out + result.err)
                self.assertEqual(self.renames() != [], not again)
                self.assertEqual(self.bodies(), [])
                self.assert_is("Foo", "foo")
        self.server.bend = None
        self.sync(env=ahead.by(2 * DAY + 60))
        self.assert_is("foo")


if __name__ == "__main__":
    main()
