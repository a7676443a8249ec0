"""A server without MOVE: what another client changes about a message after golub has copied it, and before it is removed from where it was."""
import shutil

from base import SystemTest, main
from rig.steps import Steps
from storm import FULL


class Moving(SystemTest):
    server_options = {"capability": " ".join(word for word in FULL.split() if word != "MOVE"), "special_use": False}

    def setUp(self):
        super().setUp()
        self.client.create("Work")
        self.moved, rest = self.corpus.simple("moved", flags=["\\Answered"]), self.corpus.simple("rest")
        self.client.fill("INBOX", [self.moved, rest])
        self.sync()
        self.maildir.move(self.maildir.find("INBOX", self.moved), "Work")


class MoveByCopyTest(Moving):
    def sync_while(self, act):
        """Another client acts as the answer to COPY is on its way."""
        other, copied = self.new_client(), []

        def look(data):
            if b"COPYUID" in data and not copied:
                copied.append(True)
                other.select("INBOX")
                act(other)
            return data

        self.through(edit_down=look)
        self.account.sync()
        self.assertEqual(copied, [True])
        self.sync()

    def then_it_shows(self, flags, letters):
        self.assertFalse(self.is_there(self.moved, "INBOX"))
        self.assertEqual([m.flags & {"\\Seen", "\\Answered", "\\Deleted"} for m in self.client.messages("Work")], [flags])
        self.assertEqual([f.letters for f in self.maildir.files("Work")], [letters])
        self.assert_in_sync()

    def test_a_flag_that_is_set_is_set_where_it_went(self):
        self.sync_while(lambda other: other.store("INBOX", [1], "+", ["\\Seen"]))
        self.then_it_shows({"\\Seen", "\\Answered"}, "RS")

    def test_a_flag_that_is_taken_off_is_taken_off_where_it_went(self):
        self.sync_while(lambda other: other.store("INBOX", [1], "-", ["\\Answered"]))
        self.then_it_shows(set(), "")


class MoveCutOffTest(Moving):
    """The run ends when the copy was answered. What comes then is not about both mailboxes, or one of them is gone."""

    def cut_off(self, flag=None):
        """Another client sets `flag` on the source meanwhile."""
        state = {"copied": False, "run": None}

        def look(data):
            if b"COPYUID" in data and flag and not state["copied"]:
                other = self.new_client()
                other.select("INBOX")
                other.store("INBOX", [1], "+", [flag])
            state["copied"] = state["copied"] or b"COPYUID" in data
            return data

        def end(data):
            if state["copied"]:
                state["run"].kill()
            return data

        self.through(edit_down=look, edit_up=end)
        state["run"] = self.home.start("sync", "work")
        state["run"].communicate(timeout=60)
        self.assertTrue(state["copied"])
        self.assertTrue(self.is_there(self.moved, "INBOX"))
        self.assertTrue(self.is_there(self.moved, "Work"))
        self.through()

    def sync_inbox(self):
        return self.run_golub("sync", "work/INBOX")

    def then_it_moved(self, flags):
        self.assertFalse(self.is_there(self.moved, "INBOX"))
        self.sync()
        self.assertEqual(self.flags_there(self.moved, "Work") & {"\\Seen", "\\Answered", "\\Flagged"}, flags)
        self.assert_in_sync()

    def test_a_run_for_the_source_alone_ends_the_move(self):
        self.cut_off()
        self.sync_inbox()
        self.then_it_moved({"\\Answered"})

    def test_a_run_for_the_source_alone_carries_a_flag_to_the_copy_and_ends_the_move(self):
        self.cut_off("\\Seen")
        self.sync_inbox()
        self.assertIn("\\Seen", self.flags_there(self.moved, "Work"))
        self.then_it_moved({"\\Answered", "\\Seen"})

    def test_and_so_it_does_for_a_flag_that_says_somebody_wants_it(self):
        self.cut_off("\\Flagged")
        self.sync_inbox()
        self.then_it_moved({"\\Answered", "\\Flagged"})

    def test_a_dry_run_for_the_source_alone_says_so(self):
        self.cut_off("\\Seen")
        out = self.run_golub("sync", "-n", "work/INBOX").out
        self.assertIn("1 there", out)
        self.assertIn("1 deleted there", out)

    def test_nothing_else_is_done_in_the_mailbox_that_was_not_named(self):
        self.cut_off("\\Seen")
        new, newer = self.corpus.simple("new"), self.corpus.simple("newer")
        self.maildir.put("Work", new.lf)
        self.client.fill("Work", [newer])
        self.maildir.flag(self.maildir.find("Work", self.moved), add="F")
        self.sync_inbox()

        self.assertEqual(self.flags_there(self.moved, "Work") & {"\\Seen", "\\Flagged"}, {"\\Seen"})
        self.assertFalse(self.is_there(new, "Work"))
        self.assertFalse(self.maildir.has("Work", newer))
        self.then_it_moved({"\\Answered", "\\Seen", "\\Flagged"})

    def test_where_the_copy_s_mailbox_is_gone_on_the_server_status_says_what_waits(self):
        self.cut_off()
        self.client.delete_mailbox("Work")
        self.then_it_waits()

    def test_where_the_copy_s_folder_is_gone_here_status_says_what_waits(self):
        self.cut_off("\\Seen")
        shutil.rmtree(self.maildir.folder("Work"))
        self.then_it_waits()

    def then_it_waits(self):
        for _ in range(2):
            self.sync()
            self.assertTrue(self.is_there(self.moved, "INBOX"))
        self.assertIn("remove-there UID 1", self.run_golub("status").out)
        self.assertIn("it moved to Work, which can't be used now", self.run_golub("status").out)


class PlainMoveTest(Moving):
    """Nor UIDPLUS: all that carries \\Deleted is expunged, and golub looks at that right before."""
    server_options = {"capability": " ".join(word for word in FULL.split() if word not in ("MOVE", "UIDPLUS")), "special_use": False}

    def sync_while(self, flag):
        """Another client sets this on the message that carries our \\Deleted, before that look."""
        other, acted = self.new_client(), []

        def act(moment, command):
            if moment == "before" and command.upper() == b"UID FETCH 1:* (UID FLAGS)" and not acted:
                acted.append(True)
                other.select("INBOX")
                other.store("INBOX", [1], "+", [flag])

        steps = Steps(self.server.port, act)
        steps.__enter__()
        self.addCleanup(steps.__exit__)
        self.account.set(server="imap://127.0.0.1:%d" % steps.port)
        self.account.sync()
        self.assertEqual(acted, [True])
        self.sync()

    def then_it_moved_with(self, flag):
        self.sync_while(flag)
        self.assertFalse(self.is_there(self.moved, "INBOX"))
        self.assertIn(flag, self.flags_there(self.moved, "Work"))
        self.assertNotIn("\\Deleted", self.flags_there(self.moved, "Work"))
        self.assert_same()

    def test_a_flag_that_is_set_behind_our_mark_goes_where_the_message_went(self):
        self.then_it_moved_with("\\Seen")

    def test_and_one_that_says_somebody_wants_it(self):
        self.then_it_moved_with("\\Flagged")


if __name__ == "__main__":
    main()
