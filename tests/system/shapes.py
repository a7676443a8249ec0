"""
Trees that Debian's mbsync and OfflineIMAP filled in the shapes in which people have them, and then golub: no mailbox is made twice, nothing
happens before a refusal, and what the refusal says to do is enough. What test_shapes*.py and test_whose_tree.py share.
"""
import os
import re
import subprocess

from base import CONFIG, PASSWORD, SystemTest

NAMES = ("A", "A/B", "A/B/C", "INBOX/Sub", "Sp ace", "Вход", "Вход/2024")
STOP = "keeps this tree: stop it first, or both will undo each other's work"


class ShapeTest(SystemTest):
    server_options = {"special_use": False}

    def given_mail(self, names=NAMES):
        for name in names:
            self.client.create(name)
        for name in ("INBOX", *names):
            self.client.fill(name, self.corpus.messages(3, edge=False))
        self.names = {"INBOX", *names}

    def given_tree(self, kind, **options):
        if not kind.is_here():
            self.skipTest("%s is not installed" % kind.program)
        self.mover = kind(self.server, self.user, PASSWORD, root=self.account.root, **options)
        self.addCleanup(self.mover.close)
        self.mover.sync()
        return self.mover

    def folders(self):
        """Every folder of the tree that holds mail, whatever the layout."""
        return {os.path.relpath(path, self.account.root) for path, below, _ in os.walk(self.account.root) if {"cur", "new", "tmp"} <= set(below)}

    def sizes(self):
        return {name: len(self.client.messages(name, bodies=False)) for name in self.client.mailboxes()}

    def nothing_was_touched(self, before, there):
        self.assertEqual(self.maildir.snapshot(), before)
        self.assertEqual(self.sizes(), there)
        self.assert_nothing_changed_there()

    def refused(self, *words):
        """By sync, by a dry run and by check, in the same words; nothing is touched. @return the sentence with its lines"""
        before, there = self.maildir.snapshot(), self.sizes()
        said = set()
        for args in (("sync", "work"), ("sync", "-n", "work"), ("check", "work"), ("sync", "work")):
            self.proxy.reset()
            result = self.check(self.home.run(*args), CONFIG)
            self.nothing_was_touched(before, there)
            for word in words:
                self.assertIn(word, result.err)
            said.add(result.err)
        self.assertEqual(len(said), 1, said)
        return said.pop()

    def do(self, said):
        """The commands of a refusal, as somebody would give them."""
        lines = [line[2:] for line in said.splitlines() if line.startswith("  ")]
        self.assertTrue(lines, said)
        subprocess.run(["sh", "-e", "-c", "\n".join(lines)], check=True, cwd="/")
        return lines

    def travelled(self):
        """(bodies that came, messages that went up) in the last run of golub's"""
        up = self.proxy.stream("up").upper()
        return up.count(b"BODY.PEEK[]"), up.count(b" APPEND ")

    def moves_in(self):
        """No mailbox is made on either side, and no folder; nobody's mail is doubled."""
        folders, there = self.folders(), self.sizes()
        self.proxy.reset()
        result = self.account.sync()
        self.assertIn(result.code, (0,), "%s%s" % (result, self.evidence()))
        self.assertEqual(self.folders(), folders)
        self.assertEqual(set(self.client.mailboxes()), self.names)
        self.assertFalse([line for line in self.proxy.sent() if re.match(rb"\S+ (CREATE|RENAME|DELETE) ", line, re.I)])
        return result
