"""
Mailboxes are renamed again and again on the server, to whatever names: parents, children, swaps, circles, names that others have just left. golub is
killed at any step between. Then two runs bring both sides to rest: no body travels, and no folder is left under another name.
"""
import os
import random

from base import PASSWORD, SystemTest, main
from rig import killer
from test_renamed_there import Renaming

FIRST = int(os.environ.get("GOLUB_FIRST", "1"))
COUNT = int(os.environ.get("GOLUB_COUNT", "200" if os.environ.get("GOLUB_NIGHTLY") else "12"))


class RenamedOftenTest(SystemTest):
    server_options = {"special_use": False, "users": {"u%05d" % n: PASSWORD for n in range(3000)}}
    first = FIRST

    def any_name(self):
        return "/".join(self.random.choice("ABC") for _ in range(self.random.choice([1, 1, 2, 2, 3])))

    def mailboxes(self):
        return sorted(n for n in self.client.mailboxes() if n != "INBOX")

    def rename(self, old, new):
        """The server may refuse: into itself, or onto one that is there. @return whether it did it"""
        try:
            self.client.rename_mailbox(old, new)
        except Exception as e:  # pylint: disable=broad-except
            self.story.append("not %s to %s: %.40s" % (old, new, e))
            return False
        self.story.append("%s to %s" % (old, new))
        return True

    def swap(self, a, b):
        return self.rename(a, "Aside") and self.rename(b, a) and self.rename("Aside", b)

    def others_rename(self):
        for _ in range(self.random.randint(1, 7)):
            names, what = self.mailboxes(), self.random.random()
            if what < 0.75:
                old = self.random.choice(names)
                self.rename(old, old.swapcase() if self.random.random() < 0.1 else self.any_name())
            elif what < 0.9 and len(names) > 1:
                self.swap(*self.random.sample(names, 2))
            else:
                name = self.any_name()
                if name not in names:
                    self.client.create(name)
                    self.story.append("made %s" % name)
        if "Aside" in self.mailboxes():
            self.rename("Aside", "D")

    def die(self):
        at, after = self.random.randint(1, 120), self.random.random() < 0.5
        result, steps = killer.run(self.home, at, "sync", "work", after=after)
        self.story.append("killed %s %s, exit %d" % ("after" if after else "before", steps[-1:], result.code))

    bodies = Renaming.bodies

    def given(self):
        names = {self.any_name() for _ in range(self.random.randint(2, 6))}
        for name in sorted(names):
            if name not in self.client.mailboxes():
                self.client.create(name)
            self.client.fill(name, [self.corpus.simple("%s %d" % (name, n)) for n in range(2)])
        self.story = ["given %s" % sorted(names)]
        self.sync()
        self.sync()
        self.assert_same()
        self.proxy.reset()

    def live(self):
        for _ in range(self.random.randint(1, 3)):
            self.others_rename()
            for _ in range(self.random.randint(0, 2)):
                self.die()
                if self.random.random() < 0.5:
                    self.others_rename()
            if self.random.random() < 0.5:
                self.story.append("sync, exit %d" % self.account.sync().code)

    def play(self):
        self.given()
        self.live()
        self.account.sync()
        self.check(self.account.sync(), 0)
        self.assertEqual(self.bodies(), [])
        self.assertEqual([path for path, _, _ in os.walk(self.maildir.root) if "golub-rename" in path], [])
        self.assert_same()
        quarantine = os.path.join(self.account.state, "quarantine")
        self.assertEqual(os.path.isdir(quarantine) and os.listdir(quarantine) or [], [])

    def test_names_that_change_again_and_again(self):
        for seed in range(self.first, self.first + COUNT):
            self.random = random.Random(seed)
            with self.subTest(seed):
                try:
                    self.play()
                except AssertionError as e:
                    raise AssertionError("%s\n%s" % ("\n".join(self.story), e)) from e
            self.doCleanups()
            self.setUp()


class SeparatorTest(RenamedOftenTest):
    server_options = {**RenamedOftenTest.server_options, "separator": "."}
    first = FIRST + 10000


class PlusPlusTest(RenamedOftenTest):
    account_options = {"layout": "maildir++"}
    first = FIRST + 20000


if __name__ == "__main__":
    main()
