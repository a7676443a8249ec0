#!/usr/bin/env python3
"""`golub adopt`: which states of mbsync's are believed, where they are found, and what their rows mean."""
import os
import re
import shutil

from adoptbase import MbsyncAdoptTest, nightly
from base import BUSY, CONFIG, SOME, main
from rig.movers import Mbsync


class MbsyncStateTest(MbsyncAdoptTest):
    def test_a_state_that_is_cut_short(self):
        self.given_a_tree()
        self.rewrite(lambda text: text[:-2])
        self.then_it_is_compared("cut short")

    @nightly
    def test_a_state_that_is_cut_between_lines(self):
        self.given_a_tree()
        self.rewrite(lambda text: "".join(text.splitlines(keepends=True)[:-4]))
        self.adopt()
        self.sync()
        self.assertEqual((self.counts_there()["INBOX"], len(self.tree.files("INBOX")), self.appended()), (15, 15, 0))
        self.assert_idempotent()

    def test_a_state_of_a_later_version(self):
        self.given_a_tree()
        self.rewrite(lambda text: "MaxKeywords 3\n" + text)
        self.then_it_is_compared("no version up to 1.5")

    def test_uids_above_all_that_the_server_gave(self):
        self.given_a_tree()
        self.rewrite(lambda text: text + "4000 0 S\n")
        self.then_it_is_compared("UIDs that the server never gave")

    @nightly
    def test_uids_above_all_that_the_folder_gave(self):
        self.given_a_tree()
        self.rewrite(lambda text: text + "0 4000 S\n")
        self.then_it_is_compared("UIDs that the folder never gave")

    @nightly
    def test_uids_that_are_gone_on_both_sides_mean_nothing(self):
        self.given_a_tree()
        self.client.expunge("INBOX", [self.uid_of(self.messages[4])])
        os.unlink(self.file_of(self.messages[4]).path)
        self.adopt()
        self.sync()
        self.assertEqual((self.counts_there()["INBOX"], len(self.tree.files("INBOX")), self.appended()), (14, 14, 0))
        self.assert_idempotent()

    def test_a_folder_that_was_made_anew(self):
        self.given_a_tree()
        path = os.path.join(self.tree.folder("INBOX"), ".uidvalidity")
        with open(path) as f:
            lines = f.read().splitlines()
        with open(path, "w") as f:
            f.write("%d\n%s\n" % (int(lines[0]) + 1, lines[1]))
        self.then_it_is_compared("made anew")

    def test_a_run_that_was_cut_off(self):
        self.given_a_tree()
        for ending in (".journal", ".new"):
            with open(self.state_of() + ending, "w") as f:
                f.write("4\n")
        self.then_it_is_compared("cut off")

    @nightly
    def test_a_run_of_its_that_was_killed(self):
        """Just before the new state takes the place of the old one."""
        self.given_a_tree()
        self.tree.deliver("INBOX", self.corpus.simple("pushed"))
        with self.assertRaises(AssertionError):
            self.mover.run("strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=rename", "-e", "inject=rename:signal=SIGKILL:when=2",
                           "mbsync", "-c", self.mover.rc, "c")
        self.assertTrue(os.path.exists(self.state_of() + ".journal"))
        result = self.adopt(expect=SOME)
        self.assertIn("cut off", result.err)
        self.sync()
        self.assertEqual((self.counts_there()["INBOX"], len(self.tree.files("INBOX")), self.appended()), (16, 16, 0))
        self.assert_idempotent()

    def test_a_lock_that_is_held(self):
        self.given_a_tree()
        before = self.maildir.snapshot()
        with self.lock():
            result = self.adopt(expect=BUSY)
        self.assertIn("mbsync is at work", result.err)
        self.assertNotIn(b" SELECT ", self.up())  # before anything is looked at
        os.unlink(self.state_of() + ".lock")
        self.assertFalse(os.path.exists(os.path.join(self.maildir.root, ".golub")))
        self.assertEqual([n for n in self.maildir.snapshot() if n[0] not in ("INBOX", ".")], [n for n in before if n[0] not in ("INBOX", ".")])

    def given_states_elsewhere(self, state=""):
        """Where mbsync 1.4 keeps them if nobody says otherwise."""
        self.given_a_tree(state=state)
        return os.path.join(self.mover.folder, ".mbsync")

    def test_states_in_the_usual_place(self):
        folder = self.given_states_elsewhere()
        self.assertIn(":there:INBOX_:here:INBOX", os.listdir(folder))
        self.assertIn("INBOX: 15 taken over", self.then_it_is_adopted().out)
        self.then_both_sides_go_on()

    def test_a_state_of_its_name_that_does_not_fit_is_said(self):
        """Not that there is none: it is of a folder that was made anew, cut short, or names UIDs that the folder never gave."""
        path = os.path.join(self.given_states_elsewhere(), ":there:INBOX_:here:INBOX")
        with open(path) as f:
            text = f.read()
        for changed, why in ((re.sub("NearUidValidity .*", "NearUidValidity 77", text), "its UIDVALIDITY here is not the folder's"),
                             (text[:-2], "cut short"), (text + "0 4000 S\n", "UIDs that the folder never gave")):
            with self.subTest(why):
                with open(path, "w") as f:
                    f.write(changed)
                result = self.adopt("-n", expect=SOME)
                self.assertRegex(result.err, "moved/INBOX: .*:there:INBOX_:here:INBOX is not its state: .*" + why)
                self.assertNotIn("left no state", result.err)
        os.unlink(path)
        self.assertIn("left no state", self.adopt("-n", expect=SOME).err)

    @nightly
    def test_states_where_isync_1_5_keeps_them(self):
        os.rename(self.given_states_elsewhere(), self.home.path_of("state", "isync"))
        self.assertIn("INBOX: 15 taken over", self.then_it_is_adopted().out)

    @nightly
    def test_folders_with_dots_below_an_inbox_that_is_the_root(self):
        self.given_a_full_account()
        self.given_a_mover(Mbsync, subfolders="Maildir++", inbox="")
        self.tree = self.mover.maildir(layout="maildir++")
        self.mover.sync()
        self.given_golub(layout="maildir++")
        result = self.then_it_is_adopted()
        self.assertIn("Work/2024: 15 taken over", result.out)
        self.then_both_sides_go_on()

    @nightly
    def test_an_inbox_outside_the_root_is_moved_there(self):
        """As golub-moving(7) says."""
        self.given_a_full_account()
        self.given_a_mover(Mbsync, inbox="../Maildir")
        self.mover.sync()
        os.rename(os.path.join(self.mover.folder, "Maildir"), os.path.join(self.mover.root, "INBOX"))
        self.given_golub()
        self.assertIn("INBOX: 15 taken over", self.then_it_is_adopted().out)
        self.then_both_sides_go_on()
        self.mover.options["inbox"] = "INBOX"
        self.mover.configure()
        self.mover.sync()

    @nightly
    def test_an_inbox_that_is_the_root_is_moved_into_a_folder(self):
        self.given_a_full_account()
        self.given_a_mover(Mbsync, inbox="")
        self.mover.sync()
        os.mkdir(os.path.join(self.mover.root, "INBOX"))
        for name in ("cur", "new", "tmp", ".uidvalidity", ".mbsyncstate"):
            os.rename(os.path.join(self.mover.root, name), os.path.join(self.mover.root, "INBOX", name))
        self.given_golub()
        self.assertIn("INBOX: 15 taken over", self.then_it_is_adopted().out)
        self.then_both_sides_go_on()

    @nightly
    def test_states_where_the_user_says(self):
        folder = self.given_states_elsewhere()
        elsewhere = os.path.join(self.mover.folder, "states")
        os.rename(folder, elsewhere)
        self.assertIn("nothing to adopt", self.adopt(expect=CONFIG).err)
        self.assertIn("INBOX: 15 taken over", self.then_it_is_adopted("--state", elsewhere).out)

    @nightly
    def test_states_of_a_channel_that_has_its_own(self):
        folder = self.given_states_elsewhere("~/.mbsync/work-")
        self.assertIn("work-Work!2024", os.listdir(folder))
        result = self.then_it_is_adopted()
        self.assertIn("INBOX: 15 taken over", result.out)
        self.assertIn("Work/2024: 15 taken over", result.out)

    def test_one_file_that_the_user_names(self):
        folder = self.given_states_elsewhere()
        result = self.adopt("--state", os.path.join(folder, ":there:INBOX_:here:INBOX"), expect=SOME)
        self.assertIn("INBOX: 15 taken over", result.out)
        self.assertIn("Work/2024", result.err)

    def test_two_states_that_fit(self):
        folder = self.given_states_elsewhere()
        shutil.copy(os.path.join(folder, ":there:INBOX_:here:INBOX"), os.path.join(folder, ":other:INBOX_:here:INBOX"))
        result = self.adopt(expect=CONFIG)
        self.assertIn("two states fit", result.err)
        self.assertIn("--state", result.err)

    def test_messages_that_it_let_go_stay_there_alone(self):
        self.given_a_full_account()
        self.given_a_mover(Mbsync, channel="MaxMessages 5\nExpireUnread yes\n")
        self.mover.sync()
        self.given_golub()
        here_before = len(self.tree.files("INBOX"))
        self.assertLess(here_before, 15)
        result = self.then_it_is_adopted()
        self.assertIn("kept back", result.out)
        self.sync()
        self.assertEqual((self.bodies(), self.headers(), self.appended()), (0, 0, 0))
        self.assertEqual((self.counts_there()["INBOX"], len(self.tree.files("INBOX"))), (15, here_before))
        self.assertIn("mbsync let it go", self.status())
        self.assert_idempotent()
        there, here = self.corpus.simple("new there"), self.corpus.simple("new here")
        self.client.append("INBOX", there)
        self.tree.deliver("INBOX", here)
        self.sync()
        self.assertEqual((self.headers(), self.appended()), (1, 1))  # of what is new there
        self.assertEqual((self.counts_there()["INBOX"], len(self.tree.files("INBOX"))), (17, here_before + 2))

    def test_placeholders_and_what_they_stand_for_stay_as_they_are(self):
        self.given_a_full_account()
        self.given_a_mover(Mbsync, channel="MaxSize 3k\n")
        self.mover.sync()
        self.given_golub()
        with open(self.state_of()) as f:
            large = f.read().count(">")
        self.assertGreater(large, 0)
        result = self.then_it_is_adopted()
        self.assertIn("kept back", result.out)
        self.sync()
        self.assertEqual((self.bodies(), self.appended()), (0, 0), self.evidence())
        self.assertEqual((self.counts_there()["INBOX"], len(self.tree.files("INBOX"))), (15, 15))
        self.assertIn("MaxSize", self.status())
        self.assert_idempotent()

    def test_a_folder_under_another_name_than_the_mailbox_is_said(self):
        self.given_a_full_account()
        self.given_a_mover(Mbsync)
        with open(self.mover.rc) as f:
            rc = f.read()
        with open(self.mover.rc, "w") as f:
            f.write(rc.replace("Far :there:\n", "Far :there:Work/2024\n").replace("Near :here:\nPatterns *\n", "Near :here:old\n"))
        self.mover.sync()
        with open(self.mover.rc, "w") as f:
            f.write(rc.replace("Patterns *", "Patterns * !Work* !old"))
        self.mover.sync()
        self.given_golub()
        result = self.adopt(expect=CONFIG)
        self.assertIn("mbsync kept the folder old, and the server has no mailbox of this name", result.err)
        self.account.set(layout="verbatim")
        result = self.check(self.home.run("-n", "adopt", self.account.name, env={"HOME": self.mover.folder}), SOME)
        self.assertIn("INBOX: 15 taken over", result.out)
        self.assertIn("moved/old: ", result.err)
        self.assertIn("no mailbox of this name", result.err)
        self.account.set(map=["Work/2024=old"])
        self.assertIn("Work/2024: 15 taken over", self.adopt().out)

    def test_an_alt_map_is_compared(self):
        self.given_a_full_account()
        self.given_a_mover(Mbsync, near="AltMap yes\n")
        self.mover.sync()
        self.given_golub()
        result = self.adopt(expect=CONFIG)
        self.assertIn("AltMap", result.err)
        self.sync()
        self.assertEqual((self.counts_there()["INBOX"], len(self.tree.files("INBOX")), self.appended()), (15, 15, 0))


if __name__ == "__main__":
    main()
