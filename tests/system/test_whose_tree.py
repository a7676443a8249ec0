"""What is said of a tree that another program keeps, and of a journal that was lost: shapes.py."""
import os
import time

from base import main
from rig.movers import Mbsync, OfflineImap
from shapes import STOP, ShapeTest


class WhoseTreeTest(ShapeTest):
    def said(self, result):
        return [line for line in result.out.splitlines() if STOP in line]

    def test_mbsync_is_said_once_until_it_was_at_work_again(self):
        self.given_mail(["A"])
        mover = self.given_tree(Mbsync)

        self.assertEqual(self.said(self.sync()), ["work: mbsync " + STOP])
        self.maildir.flag(self.maildir.files("A")[0], add="F")
        self.assertEqual(self.said(self.sync()), [])

        self.client.append("A", self.corpus.simple())
        mover.sync()
        self.assertEqual(len(self.said(self.sync())), 1)
        self.assertEqual(self.said(self.sync()), [])

    def test_a_state_kept_elsewhere_leaves_traces_too(self):
        self.given_mail(["A"])
        self.given_tree(Mbsync, state=self.home.path_of("state-of-mbsync/"))

        self.assertEqual(self.said(self.sync()), ["work: mbsync " + STOP])

    def test_offlineimap_is_said_once_until_it_delivers_again(self):
        self.given_mail(["A"])
        mover = self.given_tree(OfflineImap, separator="/")

        self.assertEqual(self.said(self.sync()), ["work: OfflineIMAP " + STOP])
        self.maildir.flag(self.maildir.files("A")[0], add="F")
        self.maildir.move(self.maildir.files("A")[1], "INBOX")
        self.assertEqual(self.said(self.sync()), [])

        self.client.append("A", self.corpus.simple())
        time.sleep(1.1)  # its names tell seconds
        mover.sync()
        self.assertEqual(len(self.said(self.sync())), 1)

    def test_check_says_it_always(self):
        self.given_mail(["A"])
        self.given_tree(OfflineImap, separator="/")
        self.sync()

        for _ in range(2):
            self.assertEqual(self.said(self.run_golub("check", "work")), ["work: OfflineIMAP " + STOP])

    def test_a_dry_run_says_it_and_does_not_count(self):
        self.given_mail(["A"])
        self.given_tree(Mbsync)

        self.assertEqual(len(self.said(self.sync("-n"))), 1)
        self.assertEqual(len(self.said(self.sync())), 1)

    def test_a_tree_of_golubs_own_has_no_traces(self):
        self.given_mail(["A"])

        self.assertEqual(self.said(self.sync()), [])
        self.assertEqual(self.said(self.run_golub("check", "work")), [])

    def test_a_journal_that_was_lost_is_said(self):
        lost = "the journal was lost; what was deleted meanwhile comes back"
        self.given_mail(["A"])
        self.assertNotIn(lost, self.sync().out)
        for name in os.listdir(self.account.state):
            if name.startswith("journal"):
                os.unlink(os.path.join(self.account.state, name))

        self.assertIn(lost, self.run_golub("check", "work").out)
        self.assertIn(lost, self.sync().out)
        self.assertNotIn(lost, self.sync().out)
        self.assert_same()

if __name__ == "__main__":
    main()
