"""
Lists that do not tell all, where "mailbox-deletes" is named both ways: one that lacks a mailbox, ends early, or has no INBOX; rights that Dovecot's acl
plugin takes away for a run. None of them removes anything. And what a person does with folders: `cp -r`, away from the tree and back.
"""
import itertools
import os
import re
import shutil

from base import HELD, OK, SystemTest, main
from rig.dovecot import Dovecot
from test_mailbox_deletes import ALL, Deleting


class Everything(Deleting):
    account_options = {"pull": ALL, "push": ALL}

    def given_all(self):
        self.given("A", "A/Kid", "B")
        self.before = self.everything()

    def everything(self):
        return {name: len(self.maildir.files(name)) for name in self.maildir.mailboxes()}, \
               {name: self.client.status(name)["messages"] for name in self.client.mailboxes()}

    def assert_untouched(self):
        self.assertEqual(self.everything(), self.before)
        self.assertEqual(self.quarantined(), [])

    def assert_in_sync_again(self):
        self.sync()
        self.sync()
        self.assert_untouched()
        self.assert_in_sync()


class ListTest(Everything, SystemTest):
    server_options = {"special_use": False}

    def hide(self, *names):
        """Their lines are not in what the server says."""
        lines = [re.compile(rb'\* (LIST|LSUB) \([^)]*\) "/" "?%s"?\r\n|\* STATUS "?%s"? \([^)]*\)\r\n' % (n.encode(), n.encode())) for n in names]

        def edit(data):
            for line in lines:
                data = line.sub(b"", data)
            return data

        self.through(edit_down=edit)

    def test_one_that_lacks_a_mailbox_every_second_time(self):
        self.given_all()

        for _ in range(3):
            self.hide("A")
            self.sync()
            self.through()
            self.sync()

        self.assert_in_sync_again()

    def test_one_that_lacks_a_mailbox_that_is_there_all_the_same(self):
        """It is asked for by its name before anything goes."""
        self.given_all()
        self.hide("A")

        for _ in range(3):
            self.sync()
            self.assert_untouched()

        self.assertIn("the server does not list it, and has it all the same", self.status())
        self.through()
        self.assert_in_sync_again()

    def test_one_without_inbox(self):
        self.given_all()
        for names in (("INBOX",), ("INBOX", "A"), ("INBOX", "A", "A/Kid", "B")):
            self.hide(*names)
            for _ in range(2):
                self.account.sync("--confirm-deletes")
                self.assert_untouched()

        self.through()
        self.assert_in_sync_again()

    def test_one_with_nothing_but_inbox(self):
        self.given_all()
        self.hide("A", "A/Kid", "B")

        for _ in range(3):
            self.sync()
            self.assert_untouched()

        self.through()
        self.assert_in_sync_again()

    def test_one_that_is_cut(self):
        self.given_all()
        self.sync()
        stream = self.proxy.stream("down")
        places = [m.start() for m in re.finditer(rb"\* (LIST|STATUS) ", stream)]
        for place in places[::max(1, len(places) // 6)]:
            self.through(cut_down=place, times=1)
            self.account.sync()
            self.assert_untouched()

        self.through()
        self.assert_in_sync_again()


class AclDovecot(Dovecot):
    """Rights are in one file, and are read each time."""

    def start(self):
        self.rights = os.path.join(self.folder, "rights")
        self.numbers = itertools.count(1)
        self.take({})
        self.extra += ("mailbox_list_index = no\nmail_plugins = acl\nprotocol imap {\n  mail_plugins = acl imap_acl\n}\n"
                       "plugin {\n  acl = vfile:%s:cache_secs=0\n}\n" % self.rights)
        return super().start()

    def take(self, rights, user="nobody"):
        """From now on he has these alone. @param rights  mailbox: letters"""
        new = self.rights + ".new"
        with open(new, "w") as f:
            f.write("other%d user=nobody lr\n" % next(self.numbers))  # another size: Dovecot sees at once that it is a new one
            f.writelines("%s user=%s %s\n" % (name, user, letters) for name, letters in rights.items())
        os.chmod(new, 0o644)
        os.rename(new, self.rights)


class AclTest(Everything, SystemTest):
    server_class = AclDovecot
    server_options = {"special_use": False}

    def take(self, **rights):
        self.server.take(rights, self.user)
        self.client.close()
        self.client = self.new_client()

    def test_rights_that_are_gone_for_one_run(self):
        self.given_all()
        for letters in ("", "l", "lr", "r", "lrs", "lrws"):
            self.take(A=letters, B=letters)
            self.account.sync()
            self.take()

            self.account.sync()
            self.assert_untouched()

        self.assert_in_sync_again()

    def test_a_mailbox_that_may_be_read_but_not_listed(self):
        self.given_all()
        self.take(A="rws")

        for _ in range(3):
            self.account.sync()
            self.assertEqual(len(self.maildir.files("A")), 3)

        self.take()
        self.assert_in_sync_again()

    def test_a_folder_that_is_removed_while_its_mailbox_may_not_be_changed(self):
        """... waits, and is named; and what was not removed here stays."""
        self.given_all()
        self.take(B="lr")
        self.rm("B")

        for _ in range(3):
            self.account.sync()
        self.assertEqual(self.client.status("B")["messages"], 3)
        self.take()
        self.account.sync()
        self.account.sync()

        self.assertEqual(self.client.status("A")["messages"], 3)
        self.assertRegex(self.status(), r"(?m)^work: B: delete-there: ")
        self.assertEqual(sorted(self.maildir.mailboxes()), ["A", "A/Kid", "INBOX"])

    def test_what_stands_below_one_that_may_not_be_renamed_is_not_renamed_alone(self):
        self.given_all()
        self.take(A="lr")
        os.rename(self.maildir.folder("A"), self.maildir.folder("R"))

        for _ in range(2):
            result = self.account.sync()
            self.assertIn("A/Kid: can't rename this mailbox to \"R/Kid\" on the server, as its folder here: A, which stands above it, keeps its name", result.err)
            self.assertEqual(sorted(self.client.mailboxes()), ["A", "A/Kid", "B", "INBOX"])
        self.account.home.run("sync", "work/R/Kid")  # which leaves the one above it alone
        self.assertEqual(sorted(self.client.mailboxes()), ["A", "A/Kid", "B", "INBOX"])
        self.take()
        os.rename(self.maildir.folder("R"), self.maildir.folder("A"))

        self.assert_in_sync_again()

    def given_changes_that_wait(self):
        """A flag and a removal in a mailbox that may only be read. @return the message with the flag, and the third one"""
        self.account.set(push=["new", "flags", "deletes", "mailboxes"])
        self.given_all()
        self.take(B="lr")
        flagged, removed, other = self.maildir.files("B")
        digests = flagged.digest, other.digest
        self.maildir.flag(flagged, add="F")
        self.maildir.delete(removed)
        for _ in range(2):
            self.sync()
        self.assertRegex(self.status(), r"the mailbox is read-only")
        self.assertEqual(len(self.client.messages("B")), 3)
        self.take()
        return digests

    def assert_carried(self, flagged, count):
        there = self.client.messages("B")
        self.assertEqual(len(there), count)
        self.assertEqual(sorted(m.digest for m in there if "\\Flagged" in m.flags), flagged)
        self.assertNotRegex(self.status(), r"the mailbox is read-only")
        self.assert_in_sync()

    def test_what_waits_for_rights_goes_with_the_first_run_that_sees_them(self):
        flagged, _ = self.given_changes_that_wait()
        self.client.append("B", self.corpus.simple("new").bytes)

        self.sync()

        self.assert_carried([flagged], 3)

    def test_what_waits_for_rights_goes_with_the_next_change(self):
        flagged, other = self.given_changes_that_wait()
        self.maildir.flag(next(f for f in self.maildir.files("B") if f.digest == other), add="F")

        self.sync()

        self.assert_carried(sorted([flagged, other]), 2)


class FoldersTest(Everything, SystemTest):
    server_options = {"special_use": False}

    def test_a_copy_of_a_folder_is_a_new_mailbox(self):
        self.given_all()
        shutil.copytree(self.maildir.folder("B"), self.maildir.folder("Copy"))

        self.account.sync()
        self.sync()

        here, there = self.everything()
        self.assertEqual(here, {**self.before[0], "Copy": 3})
        self.assertEqual(there, {**self.before[1], "Copy": 3})
        self.assert_in_sync()

    def test_a_copy_and_the_folder_goes(self):
        self.given_all()
        shutil.copytree(self.maildir.folder("B"), self.maildir.folder("Copy"))
        self.account.sync()
        self.sync()
        self.rm("B")

        self.sync()
        self.sync()

        self.assert_gone("B")
        self.assertEqual(self.client.status("Copy")["messages"], 3)
        self.assert_in_sync()

    def test_away_to_another_disk_and_back_before_golub_sees_it(self):
        """The folder is another one to the file system: nothing of it is new, and what did not come back with it waits for a word."""
        self.given_all()
        away = os.path.join(self.home.path, "away")
        shutil.copytree(self.maildir.folder("B"), away)
        shutil.rmtree(self.maildir.folder("B"))
        shutil.copytree(away, self.maildir.folder("B"))
        self.maildir.delete(self.maildir.files("B")[0])

        self.sync(expect=HELD)
        self.assertEqual(self.client.status("B")["messages"], 3)
        self.sync("--confirm-deletes")

        self.assertEqual(self.client.status("B")["messages"], 2)
        self.assert_in_sync()

    def test_away_while_golub_runs_and_back(self):
        """With ten messages the guard holds it; back, nothing in it counts as removed."""
        self.given("A", count=10)
        self.given("B", count=30)
        away = os.path.join(self.home.path, "away")
        shutil.move(self.maildir.folder("A"), away)
        self.sync(expect=HELD)
        self.sync(expect=HELD)
        shutil.move(away, self.maildir.folder("A"))

        self.assert_stays("A", 10)
        self.assertEqual(self.quarantined(), [])

    def test_away_for_good_and_back(self):
        """It was removed there by then: what is in it is new, and goes up again."""
        self.given_all()
        away = os.path.join(self.home.path, "away")
        shutil.move(self.maildir.folder("B"), away)
        self.sync()
        self.assert_gone("B")
        shutil.move(away, self.maildir.folder("B"))

        self.check(self.account.sync(), OK)
        self.sync()

        self.assert_untouched()
        self.assert_in_sync()


if __name__ == "__main__":
    main()
