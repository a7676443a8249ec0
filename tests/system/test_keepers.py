#!/usr/bin/env python3
"""Trees that Debian's mbsync keeps: keepers.py says what is asked."""
import os

from base import main
from keepers import INBOX, WORK, KeeperTest, id_of
from rig.corpus import Mail
from rig.movers import Mbsync


class MbsyncKeeperTest(KeeperTest):
    kind = Mbsync

    def test_a_map_instead_of_names_with_uids(self):
        self.given_a_tree(near="AltMap Yes\n")
        self.mover.sync()
        inbox = self.messages[::2] + [self.new_here(), self.new_there()]
        self.mover.sync()
        self.assertFalse([f for f in self.maildir.files(INBOX) if ",U=" in f.name])

        result = self.sync()

        self.assertEqual(self.travelled(), (0, 0), self.evidence())
        self.assertIn("mbsync keeps this tree", result.out)
        self.assert_once(inbox)
        self.assert_rest()

    def test_what_its_limit_let_go_comes_and_nothing_is_removed(self):
        self.given_a_tree(channel="MaxMessages 5\nExpireUnread yes\n")
        self.mover.sync()
        self.assertLess(len(self.maildir.files(INBOX)), self.COUNT // 2)

        self.sync()

        self.assert_nothing_changed_there()
        self.assert_once(self.messages[::2])
        self.assert_once(self.messages[1::2], WORK)
        self.assert_rest()

    def test_its_limit_of_size_in_turn(self):
        """Its placeholder stays, and is nobody's mail; what it carries itself is there once."""
        self.given_a_tree(channel="MaxSize 100k\n")
        large = Mail(bytes(self.corpus.simple("large")) + b"x" * 70 + b"\r\n" + (b"y" * 70 + b"\r\n") * 3000, ())
        self.client.append(INBOX, large)
        self.mover.sync()
        self.assertEqual(sum(b"[placeholder] " in f.bytes() for f in self.maildir.files(INBOX)), 1)

        for n in range(4):
            self.sync()
            self.mover.sync()
            there, here = self.there(), self.here()
            if n > 0:
                self.assertEqual((there, here), before)
            before = there, here
            for message in self.messages[::2]:
                self.assertEqual((there[id_of(message)], here[id_of(message)]), (1, 1))
        self.assertEqual((there[id_of(large)], here[id_of(large)]), (2, 2))  # either's placeholder for what the other one carried

    def reset(self, *names):
        """As people do whose mbsync complains; it has no option for it."""
        for folder, _, files in os.walk(self.mover.root):
            for name in files:
                if name in names:
                    os.unlink(os.path.join(folder, name))

    def then_nothing_grows(self, inbox):
        """What mbsync itself doubled is there twice, and stays so whoever runs next."""
        there, here = self.there(), self.here()
        self.assertEqual(set(there), {id_of(m) for m in inbox})
        self.assertEqual(max(there.values()), 2)
        self.assertEqual(there, here)
        for _ in range(3):
            self.sync()
            self.assertEqual(self.travelled()[1], 0, self.evidence())
            self.assertEqual((self.there(), self.here()), (there, here))
            self.mover.sync()
            self.assertEqual((self.there(), self.here()), (there, here))
        self.sync()
        self.assert_rest()

    def test_its_state_is_reset_in_turn_with_golub(self):
        """Without its state it carries all of it both ways; golub takes what came for what it is."""
        for names in ((".mbsyncstate",), (".mbsyncstate", ".uidvalidity")):
            with self.subTest(names):
                self.user = next(self._users)
                self.client, self.home = self.new_client(), self.another_home()
                self.account = self.new_account("reset", maildir=self.home.path_of("Reset"))
                self.given_a_tree()
                self.mover.sync()
                self.sync()
                inbox = self.messages[::2] + [self.new_here(), self.new_there()]
                self.sync()
                self.reset(*names)
                self.mover.sync()
                self.then_nothing_grows(inbox)

    def test_its_state_was_reset_before_golub_came(self):
        self.given_a_tree()
        self.mover.sync()
        inbox = self.messages[::2] + [self.new_here(), self.new_there()]
        self.mover.sync()
        self.reset(".mbsyncstate")
        self.mover.sync()
        self.then_nothing_grows(inbox)

    def test_its_state_is_reset_and_golub_runs_first(self):
        self.given_a_tree()
        self.mover.sync()
        self.sync()
        self.reset(".mbsyncstate", ".uidvalidity")
        self.sync()
        self.assertEqual(self.travelled(), (0, 0), self.evidence())
        self.assert_once(self.messages[::2])
        self.mover.sync()
        self.then_nothing_grows(self.messages[::2])


del KeeperTest  # its tests are those of the class above

if __name__ == "__main__":
    main()
