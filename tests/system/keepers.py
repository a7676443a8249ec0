"""
Trees that Debian's mbsync and OfflineIMAP keep, with what such a tree goes through in years, and golub beside them or after them: no message is
doubled, none is lost, and none travels that both sides have. Without `golub adopt`: all of it is told by content. test_keepers.py and
test_keepers_offlineimap.py ask each program.
"""
import collections
import os
import re
import shutil

from base import PASSWORD, SystemTest

INBOX, WORK = "INBOX", "Work/2024"


def id_of(data):
    return re.search(rb"(?im)^Message-ID:\s*(<[^>]+>)", bytes(data)).group(1)


class KeeperTest(SystemTest):
    """What both programs are asked; `kind` is one of them."""
    server_options = {"special_use": False}
    kind, options, keys = None, {}, {}
    COUNT = 24

    def given_a_tree(self, count=None, **options):
        if not self.kind.is_here():
            self.skipTest("%s is not installed" % self.kind.program)
        self.messages = self.corpus.messages(count or self.COUNT, edge=False)
        self.client.create(WORK)
        self.client.fill(INBOX, self.messages[::2])
        self.client.fill(WORK, self.messages[1::2])
        self.account.set(**self.keys)
        self.maildir = self.account.maildir
        self.mover = self.kind(self.server, self.user, PASSWORD, root=self.account.root, **{**self.options, **options})
        self.addCleanup(self.mover.close)

    # -- what is there and here, by Message-ID: the other program writes lines of its own

    def there(self, mailbox=INBOX):
        return collections.Counter(id_of(self.client.body(mailbox, m.uid)) for m in self.client.messages(mailbox, bodies=False))

    def here(self, mailbox=INBOX):
        return collections.Counter(id_of(f.bytes()) for f in self.maildir.files(mailbox))

    def file_of(self, message, mailbox=INBOX):
        found = [f for f in self.maildir.files(mailbox) if id_of(f.bytes()) == id_of(message)]
        self.assertEqual(len(found), 1, "%d files of %r in %s" % (len(found), id_of(message), mailbox))
        return found[0]

    def uid_of(self, message, mailbox=INBOX):
        found = [m.uid for m in self.client.messages(mailbox, bodies=False) if id_of(self.client.body(mailbox, m.uid)) == id_of(message)]
        self.assertEqual(len(found), 1, "%d copies of %r in %s" % (len(found), id_of(message), mailbox))
        return found[0]

    def shown_there(self, message, mailbox=INBOX):
        uid = self.uid_of(message, mailbox)
        return [m.flags for m in self.client.messages(mailbox, bodies=False) if m.uid == uid][0]

    def new_there(self, mailbox=INBOX):
        message = self.corpus.simple("new there")
        self.client.append(mailbox, message)
        return message

    def new_here(self, mailbox=INBOX):
        message = self.corpus.simple("new here")
        self.maildir.deliver(mailbox, message.lf)
        return message

    def travelled(self):
        """(bodies that came, messages that went up) in the last run of golub's"""
        up = self.proxy.stream("up").upper()
        return up.count(b"BODY.PEEK[]"), up.count(b" APPEND ")

    def assert_once(self, messages, mailbox=INBOX):
        """Each of these on both sides, once, and nothing else."""
        expected = collections.Counter(id_of(m) for m in messages)
        self.assertEqual(set(expected.values()), {1})
        self.assertEqual(self.there(mailbox), expected, "on the server")
        self.assertEqual(self.here(mailbox), expected, "here")

    def assert_rest(self):
        """Another sync changes nothing on either side."""
        before = self.maildir.snapshot()
        self.sync()
        self.assert_nothing_changed_there()
        self.assertEqual(self.travelled(), (0, 0), self.evidence())
        self.assertEqual(self.maildir.snapshot(), before)

    # -- the tree goes through a life, and is taken over

    def test_pulled_pushed_flagged_and_removed_on_each_side(self):
        self.given_a_tree()
        self.mover.sync()
        inbox = self.messages[::2] + [self.new_here(), self.new_here(), self.new_there()]
        self.mover.sync()
        self.maildir.flag(self.file_of(inbox[0]), add="FS")
        self.client.store(INBOX, [self.uid_of(inbox[1])], "+", ["\\Answered", "\\Seen"])
        self.mover.sync()
        os.unlink(self.file_of(inbox[2]).path)
        self.client.expunge(INBOX, [self.uid_of(inbox[3])])
        self.mover.sync()
        del inbox[2:4]
        self.assert_once(inbox)
        names = sorted(f.base for f in self.maildir.files(INBOX))  # flags that the other one does not carry may come

        self.sync()

        self.assertEqual(self.travelled(), (0, 0), self.evidence())
        self.assert_once(inbox)
        self.assert_once(self.messages[1::2], WORK)
        self.assertEqual(sorted(f.base for f in self.maildir.files(INBOX)), names)
        self.assertLessEqual({"\\Flagged", "\\Seen"}, self.shown_there(inbox[0]))
        self.assertLessEqual({"\\Answered", "\\Seen"}, self.file_of(inbox[1]).flags)
        self.assert_rest()

    def test_what_changed_since_its_last_run_goes_over_and_what_was_removed_comes_back(self):
        self.given_a_tree()
        self.mover.sync()
        inbox = self.messages[::2]
        self.maildir.flag(self.file_of(inbox[0]), add="F")
        self.client.store(INBOX, [self.uid_of(inbox[1])], "+", ["\\Answered"])
        os.unlink(self.file_of(inbox[2]).path)
        self.client.expunge(INBOX, [self.uid_of(inbox[3])])
        inbox += [self.new_here(), self.new_there()]

        self.sync()

        self.assert_once(inbox)
        self.assertIn("\\Flagged", self.shown_there(inbox[0]))
        self.assertIn("\\Answered", self.file_of(inbox[1]).flags)
        self.assert_rest()

    def test_a_name_that_was_copied_to_another_folder_is_a_copy(self):
        self.given_a_tree()
        self.mover.sync()
        file = self.file_of(self.messages[0])
        shutil.copy2(file.path, os.path.join(self.maildir.folder(WORK), "cur", file.base + ":2,S"))

        self.sync()

        self.assert_once(self.messages[::2])
        self.assert_once(self.messages[1::2] + [self.messages[0]], WORK)
        self.assert_rest()

    def test_a_run_of_its_own_that_was_killed_while_it_fetched(self):
        """Its journal, its lock and half of its mail are left."""
        self.given_a_tree()
        for n in range(40):
            self.messages.insert(0, self.corpus.simple("more %d" % n, "x" * 2000 + "\r\n"))
            self.client.append(INBOX, self.messages[0])
        self.mover.kill_when(lambda: len(self.maildir.files(INBOX)) >= 5)
        inbox = self.messages[:40] + self.messages[40::2]
        self.assertGreater(len(self.maildir.files(INBOX)), 0)

        self.sync()

        self.assert_once(inbox)
        self.assert_rest()

    def test_a_run_of_its_own_that_was_killed_while_it_sent(self):
        self.given_a_tree()
        self.mover.sync()
        inbox = self.messages[::2] + [self.new_here() for _ in range(60)]
        before = self.client.status(INBOX)["messages"]
        self.mover.kill_when(lambda: self.client.status(INBOX)["messages"] > before + 3)

        self.sync()

        self.assert_once(inbox)
        self.assert_rest()

    def renumber(self, mailbox=INBOX):
        self.client.close()
        self.server.doveadm("mailbox", "update", "-u", self.user, "--uid-validity", "90001", mailbox)
        self.client = self.new_client()

    def test_a_new_uidvalidity_before_golub_came(self):
        self.given_a_tree()
        self.mover.sync()
        self.renumber()

        self.sync()

        self.assertEqual(self.travelled(), (0, 0), self.evidence())
        self.assert_once(self.messages[::2])
        self.assert_rest()

    def test_a_new_uidvalidity_under_both(self):
        self.given_a_tree()
        self.mover.sync()
        self.sync()
        self.renumber()
        inbox = self.messages[::2]

        for _ in range(3):
            self.mover.sync(check=False)  # either may refuse the mailbox from now on
            self.sync()
            self.assert_once(inbox)
        self.assert_once(self.messages[1::2], WORK)

    # -- both at work

    def change(self, inbox, n):
        """What both know changes, on each side. @return what is left of it"""
        self.maildir.flag(self.file_of(inbox[0]), add="FS"[n % 2], remove="FS"[(n + 1) % 2])
        self.client.store(INBOX, [self.uid_of(inbox[1])], "+-"[n % 2], ["\\Answered"])
        if n % 3 == 0:
            os.unlink(self.file_of(inbox[3]).path)
        elif n % 3 == 1:
            self.client.expunge(INBOX, [self.uid_of(inbox[3])])
        return inbox if n % 3 == 2 else inbox[:3] + inbox[4:]

    def test_ten_rounds_in_turn_and_the_other_one_carries_new_mail(self):
        self.given_a_tree()
        self.mover.sync()
        self.sync()
        inbox, work = self.messages[::2], self.messages[1::2]
        for n in range(10):
            inbox = self.change(inbox, n)
            if n % 2 == 0:
                inbox += [self.new_there(), self.new_here()]
                self.mover.sync()
                self.sync()
            else:
                self.sync()
                self.mover.sync()
            self.assert_once(inbox)
            self.assert_once(work, WORK)
        self.sync()
        for message in inbox[:2]:
            self.assertEqual(self.file_of(message).flags, {f for f in self.shown_there(message) if f != "\\Recent"})
        self.assert_rest()

    def test_what_golub_carries_first_the_other_one_carries_once_more_and_that_is_all(self):
        self.given_a_tree()
        self.mover.sync()
        self.sync()
        new = [self.new_there(), self.new_here()]
        self.sync()
        self.assert_once(self.messages[::2] + new)
        for n in range(4):
            self.mover.sync()
            self.sync()
            there, here = self.there(), self.here()
            self.assertEqual((there, here) if n == 0 else before, (there, here))
            before = there, here
        self.assertEqual(there, here)
        for message in new:
            self.assertLessEqual(here[id_of(message)], 2)
        for message in self.messages[::2]:
            self.assertEqual(here[id_of(message)], 1)

    def test_what_stands_twice_and_is_removed_once_stands_once(self):
        """The other program has the two in other pairs than golub: what it carries of one removal, or of one move, is all that there is to do."""
        self.given_a_tree()
        self.mover.sync()
        self.sync()
        for case in ("expunged there", "removed here", "moved there", "moved here"):
            with self.subTest(case):
                new = self.new_there()
                self.sync()
                self.mover.sync()
                self.sync()
                if self.here()[id_of(new)] < 2:
                    continue  # a program that knows what golub brought
                self.assertEqual((self.there()[id_of(new)], self.here()[id_of(new)]), (2, 2))
                uids = [m.uid for m in self.client.messages(INBOX, bodies=False) if id_of(self.client.body(INBOX, m.uid)) == id_of(new)]
                file = sorted((f for f in self.maildir.files(INBOX) if id_of(f.bytes()) == id_of(new)), key=lambda f: f.base)[-1]
                if case == "expunged there":
                    self.client.expunge(INBOX, uids[:1])
                elif case == "removed here":
                    os.unlink(file.path)
                elif case == "moved there":
                    self.client.move(INBOX, uids[:1], WORK)
                else:
                    self.maildir.move(file, WORK, rename=True)
                self.mover.sync()
                moved = int(case.startswith("moved"))
                for _ in range(2):
                    self.assertEqual((self.there()[id_of(new)], self.here()[id_of(new)]), (1, 1))
                    self.assertEqual((self.there(WORK)[id_of(new)], self.here(WORK)[id_of(new)]), (moved, moved))
                    self.sync()
                self.assert_rest()
