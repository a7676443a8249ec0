"""Mail that was moved out of a mailbox which somebody deletes on the server after that: it is followed here, and what was not moved stays where it is."""
import os

from base import SystemTest, main
from rig import killer
from storm import FULL


class MovedOutTest(SystemTest):
    account_options = {"mailboxes": ["*"]}
    count = 4

    def setUp(self):
        super().setUp()
        self.mails = [self.corpus.simple("mail %d" % n) for n in range(self.count)]
        for name in ("B", "Keep"):
            self.client.create(name)
        self.uids = self.client.fill("B", self.mails)
        self.sync()

    def move_and_delete(self, *numbers, to="Keep"):
        self.client.move("B", [self.uids[n] for n in numbers], to)
        self.client.delete_mailbox("B")

    def here(self, mailbox):
        return sorted(f.digest for f in self.maildir.files(mailbox))

    def digests(self, *numbers):
        return sorted(self.mails[n].digest for n in numbers)

    def bodies(self):
        return [line for line in self.proxy.sent() if b"BODY.PEEK[]" in line]

    def test_it_moves_here_and_no_body_travels(self):
        self.move_and_delete(0, 2)
        self.maildir.flag(self.maildir.find("B", self.mails[0]), add="F")
        result = self.sync()
        self.assertEqual((self.here("Keep"), self.here("B")), (self.digests(0, 2), self.digests(1, 3)), result)
        self.assertIn("2 moved here", result.out)
        self.assertEqual(self.bodies(), [])
        self.sync()
        self.assertIn("\\Flagged", [m.flags for m in self.client.messages("Keep") if m.digest == self.mails[0].digest][0])
        self.assert_idempotent()

    def test_flags_that_were_changed_there_meanwhile_count_here(self):
        """As after any move: what is unchanged here since it was agreed gives way, what was changed here goes up."""
        for n in (0, 1):
            self.client.store("B", [self.uids[n]], "+", ["\\Seen"])
        self.sync()
        self.move_and_delete(0, 1)
        kept = {m.digest: m.uid for m in self.client.messages("Keep")}
        self.client.store("Keep", list(kept.values()), "-", ["\\Seen"])
        self.client.store("Keep", list(kept.values()), "+", ["\\Answered"])
        self.maildir.flag(self.maildir.find("B", self.mails[0]), add="F")
        for _ in range(2):
            self.sync()
        there = {m.digest: set(m.flags) - {"\\Recent"} for m in self.client.messages("Keep")}
        self.assertEqual(there, {self.mails[0].digest: {"\\Answered", "\\Flagged"}, self.mails[1].digest: {"\\Answered"}})
        here = {f.digest: f.letters for f in self.maildir.files("Keep")}
        self.assertEqual(here, {self.mails[0].digest: "FR", self.mails[1].digest: "R"})
        self.assert_idempotent()

    def test_into_a_mailbox_that_is_new(self):
        self.client.create("New")
        self.move_and_delete(1, to="New")
        self.sync()
        self.assertEqual((self.here("New"), self.here("B")), (self.digests(1), self.digests(0, 2, 3)))
        self.assertEqual(self.bodies(), [])

    def test_what_comes_to_light_in_a_later_run(self):
        """The mailbox was gone before; the message was out of sight until now."""
        self.client.create("Hidden")
        self.account.set(mailboxes=["*", "!Hidden"])
        self.move_and_delete(3, to="Hidden")
        self.sync()
        self.assertEqual(self.here("B"), self.digests(0, 1, 2, 3))
        self.account.set(mailboxes=["*"])
        self.sync()
        self.assertEqual((self.here("Hidden"), self.here("B")), (self.digests(3), self.digests(0, 1, 2)))

    def test_of_two_equal_ones_one_moves(self):
        twin = self.client.append("B", self.mails[0].bytes, self.mails[0].flags, self.mails[0].date)
        self.sync()
        self.assertTrue(twin)
        self.move_and_delete(0)
        self.sync()
        self.assertEqual((self.here("Keep"), self.here("B")), (self.digests(0), self.digests(0, 1, 2, 3)))

    def test_where_nothing_is_removed_here_both_stay(self):
        self.account.set(pull=["new", "flags"])
        self.move_and_delete(0)
        self.sync()
        self.assertEqual((self.here("Keep"), self.here("B")), (self.digests(0), self.digests(0, 1, 2, 3)))
        self.assert_idempotent()

    def test_a_file_that_was_changed_stays_and_the_message_comes(self):
        f = self.maildir.find("B", self.mails[0])
        with open(f.path, "r+b") as file:
            file.write(b"x")
        self.move_and_delete(0)
        for _ in range(2):
            self.account.sync()
        self.assertEqual((self.here("Keep"), len(self.here("B"))), (self.digests(0), 4))

    def test_other_mail_of_its_size_is_new(self):
        other = self.corpus.simple("mial 0")
        self.client.delete_mailbox("B")
        self.client.append("Keep", other.bytes, (), self.mails[0].date)
        self.sync()
        self.assertEqual((self.here("Keep"), self.here("B")), ([other.digest], self.digests(0, 1, 2, 3)))

    def test_with_mailbox_deletes_the_rest_goes_to_the_quarantine(self):
        self.account.set(pull=["new", "flags", "deletes", "mailboxes", "mailbox-deletes"], max_delete="off")
        self.move_and_delete(0)
        self.sync()
        self.assertEqual(self.bodies(), [])
        result = self.sync()
        self.assertEqual(self.here("Keep"), self.digests(0))
        self.assertFalse(os.path.isdir(self.maildir.folder("B")), result)
        self.assertEqual(len(os.listdir(os.path.join(self.account.state, "quarantine"))), 3)
        self.assertEqual(self.bodies(), [])

    def die(self, at, after):
        self.move_and_delete(0, 2)
        _, steps = killer.run(self.home, at, "sync", "work", after=after)
        for _ in range(2):
            self.sync()
        self.assertEqual((self.here("Keep"), self.here("B")), (self.digests(0, 2), self.digests(1, 3)))
        self.assert_idempotent()
        return steps

    def test_killed_at_each_step_it_stands_once(self):
        steps = self.die(0, False)
        for step, after in killer.choose(steps, 12):
            self.doCleanups()
            self.setUp()
            with self.subTest("%s %s" % ("after" if after else "before", step)):
                self.die(step.number, after)


    def test_what_a_mail_reader_set_on_its_first_name_after_a_kill_goes_with_it(self):
        """Its row has the second name already, and nothing but an intent knows the first one. Each flag is set on one of them."""
        _, steps = self.cut(0)
        first = next(s for s in steps if s.call.startswith("unlink") and os.sep + "B" + os.sep in s.what)
        self.doCleanups()
        self.setUp()
        self.cut(first.number)
        for n in (0, 2):
            self.assertIsNotNone(self.maildir.find("B", self.mails[n]))
            self.maildir.flag(self.maildir.find("B", self.mails[n]), add="F")
        self.maildir.flag(self.maildir.find("Keep", self.mails[2]), add="R")

        for _ in range(2):
            self.sync()

        self.assertEqual((self.here("Keep"), self.here("B")), (self.digests(0, 2), self.digests(1, 3)))
        here = {f.digest: "".join(sorted(set(f.letters) & set("FR"))) for f in self.maildir.files("Keep")}
        self.assertEqual(here, {self.mails[0].digest: "F", self.mails[2].digest: "FR"})
        there = {m.digest: set(m.flags) & {"\\Flagged", "\\Answered"} for m in self.client.messages("Keep")}
        self.assertEqual(there, {self.mails[0].digest: {"\\Flagged"}, self.mails[2].digest: {"\\Flagged", "\\Answered"}})
        self.assert_idempotent()

    def cut(self, at):
        self.move_and_delete(0, 2)
        return killer.run(self.home, at, "sync", "work", after=False)


class MovedOutByCopyTest(MovedOutTest):
    server_options = {"capability": " ".join(word for word in FULL.split() if word not in ("MOVE", "UIDPLUS"))}


if __name__ == "__main__":
    main()
