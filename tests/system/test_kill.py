"""
SIGKILL at many moments of every kind of work: just before a call that changes something on disk, and just after something
was sent, so that the server does what it was asked and nobody hears the answer. Each death is followed by whole syncs until
nothing is left to do, and both sides must end as if nobody had died.

GOLUB_NIGHTLY=1 dies before and after every single step.
"""
import os
import signal
import time

from base import PASSWORD, SystemTest, main, only_shown
from rig import killer, scenes

DEATHS = 30


class KillTest(scenes.SceneTest, SystemTest):
    password = PASSWORD

    @staticmethod
    def shown_tree(client):
        return only_shown(client.tree())

    def places(self, everywhere):
        """Where to die: (step, after) of one undisturbed run."""
        self.stage.bring(self.beginning)
        result, steps = killer.run(self.home, 0, "sync", "work")
        self.check(result, 0)
        if everywhere:
            return [(s, after) for s in steps for after in (False, True)]
        return killer.choose(steps, DEATHS)

    def again(self):
        """Another user, for another scene."""
        self.doCleanups()
        self.setUp()

    def die(self, step, after):
        result, steps = killer.run(self.home, step.number, "sync", "work", after=after)
        # A run is not the same to the last call each time; one that was shorter is not dead.
        self.assertIn(result.code, (128 + signal.SIGKILL, 0), result)
        self.story.append("died %s %s\n%s%s" % ("after" if after else "before", steps[-1], "\n".join(map(repr, steps[-12:])),
                                                "\n" + self.dialogue()))

    def sweep(self, scene, choose=None):
        self.given(scene)
        places = choose(self.places(everywhere=True)) if choose else self.places(scenes.NIGHTLY)
        for step, after in places:
            self.attempt("%s %s" % ("after" if after else "before", step), lambda: self.die(step, after))
        self.the_rest()
        self.tell("%s: %d deaths" % (scene.__name__, len(places)))

    def test_leftovers_go_with_the_next_look_at_their_folder_and_not_in_a_dry_run(self):
        self.given_both_sides([self.corpus.simple()])
        self.client.append("INBOX", self.corpus.simple("not to come").bytes)
        self.home.run_killed("renameat2", 1, "sync", "work")  # from tmp/ to new/
        left = self.leftovers()
        self.assertEqual(len(left), 1)
        self.client.expunge("INBOX", max(m.uid for m in self.client.messages("INBOX")))
        self.maildir.deliver("INBOX", self.corpus.simple("makes golub look").lf)
        time.sleep(3)  # a younger one might be in use

        self.account.sync("--dry-run")
        self.assertEqual(self.leftovers(), left)
        self.sync()

        self.assertEqual(self.leftovers(), [])
        self.assert_in_sync()

    def test_leftovers_go_although_the_next_run_came_at_once_and_nothing_happens_in_their_folder(self):
        self.client.create("Work")
        self.given_both_sides([self.corpus.simple()])
        self.client.append("INBOX", self.corpus.simple("not to come").bytes)
        self.home.run_killed("renameat2", 1, "sync", "work")
        self.assertEqual(len(self.leftovers()), 1)
        self.client.expunge("INBOX", max(m.uid for m in self.client.messages("INBOX")))
        self.sync()  # it is younger than a second: it might be in use
        time.sleep(3)

        self.sync()

        self.assertEqual(self.leftovers(), [])
        log = self.home.path_of("trace")
        self.home.run("sync", "work", env={"ASAN_OPTIONS": "exitcode=99:detect_leaks=0"},
                      prefix=("strace", "-f", "-qq", "-o", log, "-e", "trace=openat"))
        with open(log) as f:
            self.assertFalse([call for call in f if '"tmp"' in call], "what is clean is not looked at")

    def test_a_folder_whose_leftovers_could_not_be_listed_is_not_clean(self):
        self.given_both_sides([self.corpus.simple()])
        self.client.append("INBOX", self.corpus.simple("not to come").bytes)
        self.home.run_killed("renameat2", 1, "sync", "work")
        self.assertEqual(len(self.leftovers()), 1)
        self.client.expunge("INBOX", max(m.uid for m in self.client.messages("INBOX")))
        time.sleep(3)
        tmp = os.path.join(self.maildir.folder("INBOX"), "tmp")
        self.home.run("sync", "work", env={"ASAN_OPTIONS": "exitcode=99:detect_leaks=0"},
                      prefix=("strace", "-f", "-qq", "-o", "/dev/null", "-P", tmp, "-e", "trace=getdents64",
                              "-e", "inject=getdents64:error=EIO:when=1+"))
        self.assertEqual(len(self.leftovers()), 1)

        self.sync()

        self.assertEqual(self.leftovers(), [])

    def test_what_came_without_a_commit_and_was_moved_is_there_once(self):
        """Killed at each rename of a delivery, and behind the last one; a mail reader moves what came before the next run."""
        most = 0
        for number in range(2, 7):
            self.client.create("Work")
            self.given_both_sides([self.corpus.simple("known")])
            new = [self.corpus.simple("new %d" % i) for i in range(4)]
            self.client.fill("INBOX", new)
            self.home.run_killed("renameat2", number, "sync", "work")
            came = [m for m in new if self.maildir.has("INBOX", m)]
            for message in came[:2]:
                self.maildir.move(self.maildir.find("INBOX", message), "Work")
            most = max(most, len(came))

            self.sync()

            for message in new:
                self.assertEqual((self.is_there(message), self.is_there(message, "Work")), (message not in came[:2], message in came[:2]))
            self.assert_in_sync()
            self.again()
        self.assertGreaterEqual(most, 3)

    def killed_at(self, number, after):
        """One message was removed here between a run that died behind its mark, and one that died before its own."""
        self.client.create("Work")
        mails = [self.corpus.simple("%d" % n) for n in range(3)]
        self.given_both_sides(mails)
        self.client.rename_mailbox("Work", "Job")
        return mails, killer.run(self.home, number, "sync", "work", after=after)[1]

    def test_between_two_marks(self):
        """The first one stands in the Maildir, and the journal has announced the second: what was removed meanwhile stays removed."""
        def mark(steps):
            return next(s.number for s in steps if s.call.startswith("rename") and s.what.endswith("/.golub"))
        first = mark(self.killed_at(0, False)[1])
        self.again()
        self.killed_at(first, True)
        second = mark(killer.run(self.home, 0, "sync", "work")[1])
        self.again()
        mails, _ = self.killed_at(first, True)
        self.maildir.delete(self.maildir.find("INBOX", mails[0]))
        killer.run(self.home, second, "sync", "work")

        result = self.sync()

        self.assertNotIn("paired", result.out)
        self.assertEqual([self.is_there(mail) for mail in mails], [False, True, True])
        self.assert_in_sync()

    def leftovers(self):
        return os.listdir(os.path.join(self.maildir.folder("INBOX"), "tmp"))

    def test_what_comes_down(self):
        self.sweep(scenes.pull)

    def test_what_goes_up(self):
        self.sweep(scenes.push)

    def test_moves(self):
        self.sweep(scenes.moves)

    def test_removals(self):
        self.sweep(scenes.removals)

    def test_between_the_mark_in_the_maildir_and_the_first_commit(self):
        """What was deleted or moved here must not come back because the journal knows less than the mark."""
        def window(places):
            mark = next(s.number for s, _ in places if s.call.startswith("rename") and s.what.endswith("/.golub"))
            commit = next(s.number for s, _ in places if s.number > mark and s.call == "fdatasync")
            inside = [(s, after) for s, after in places if mark <= s.number <= commit and not after]
            return inside if scenes.NIGHTLY else inside[::4]
        self.sweep(scenes.removals, window)
        self.again()
        self.sweep(scenes.moves, window)

    def test_a_new_uidvalidity(self):
        self.sweep(scenes.new_uidvalidity)

    def test_a_lost_journal(self):
        self.sweep(scenes.lost_journal)


if __name__ == "__main__":
    main()
