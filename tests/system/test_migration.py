"""
Journals of the formats before, as a golub of that time left them: old_journals_2.json, _3 and _12 (schema 2, 3 and 12), made by

    GOLUB_BIN=/path/to/that/golub python3 test_migration.py --make 3

Each holds the journal as SQL text, the mark, and where every message was. The test builds server and Maildir anew from that; what belongs
to one machine (path, UIDVALIDITY, change numbers) is put into the journal before the new golub meets it.
"""
import json
import os
import re
import shutil
import sqlite3
import sys
import tempfile
import unittest

from base import HELD, SystemTest, main
from popbase import ImportTest
from rig.popserver import CLOSE, Message, PopServer

DATE = 1600000000


def data_of(schema):
    return os.path.join(os.path.dirname(os.path.abspath(__file__)), "old_journals_%d.json" % schema)


def mail(n):
    return (b"From: a@example.org\r\nDate: Sun, 13 Sep 2020 12:26:40 +0000\r\nMessage-ID: <%d@old>\r\nSubject: old %d\r\n\r\n"
            b"Body of message %d.\r\n" % (n, n, n))


def number_of(data):
    return int(re.search(rb"<(\d+)@old>", data).group(1))


def numbers(files):
    return sorted(number_of(f.bytes()) for f in files)


def tree_of(root):
    """[path below the root, number of the message] of every message."""
    found = []
    for path, _, names in os.walk(root):
        for name in names:
            with open(os.path.join(path, name), "rb") as f:
                data = f.read()
            if b"@old>" in data:
                found.append([os.path.relpath(os.path.join(path, name), root), number_of(data)])
    return sorted(found)


def put_tree(root, tree):
    for name, n in tree:
        path = os.path.join(root, name)
        for folder in ("cur", "new", "tmp") if os.path.basename(os.path.dirname(path)) in ("cur", "new") else ():
            os.makedirs(os.path.join(os.path.dirname(os.path.dirname(path)), folder), mode=0o700, exist_ok=True)
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with open(path, "wb") as f:
            f.write(mail(n).replace(b"\r\n", b"\n"))
        os.utime(path, (DATE, DATE))


def dump(path):
    with sqlite3.connect(path) as db:
        lines = list(db.iterdump())
        versions = [db.execute("PRAGMA " + p).fetchone()[0] for p in ("application_id", "user_version")]
    db.close()
    return {"sql": lines, "application_id": versions[0], "user_version": versions[1]}


def load(path, dumped, changes):
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    os.chmod(os.path.dirname(path), 0o700)
    db = sqlite3.connect(path)
    db.executescript("\n".join(dumped["sql"]))
    for change, values in changes:
        db.execute(change, values)
    db.execute("PRAGMA application_id = %d" % dumped["application_id"])
    db.execute("PRAGMA user_version = %d" % dumped["user_version"])
    db.commit()
    db.close()
    os.chmod(path, 0o600)


class OldJournalTest(SystemTest):
    """INBOX with flags, keywords, a removal; Drafts; Archive with 25 removals that are held."""

    SCHEMA = 2

    def make(self):
        for n in range(1, 9):
            flags = {1: ["\\Seen"], 2: ["\\Flagged", "\\Seen"], 3: ["\\Answered", "$Forwarded"], 4: ["Urgent"]}.get(n, [])
            self.client.append("INBOX", mail(n), flags, DATE)
        self.client.create("Archive")
        for n in range(100, 140):
            self.client.append("Archive", mail(n), ["\\Seen"], DATE)
        self.sync()
        self.maildir.put("Drafts", mail(50).replace(b"\r\n", b"\n"), "DS", DATE)
        self.maildir.flag(self.maildir.find("INBOX", mail(5)), add="F")
        self.client.expunge("INBOX", [6])
        self.sync()
        for f in self.maildir.files("Archive")[:25]:
            self.maildir.delete(f)
        held = self.sync("--json", expect=HELD).of("held")[0]["id"]
        state = self.home.path_of("state", "golub", "work")
        with open(os.path.join(self.account.root, ".golub")) as f:
            mark = f.read()
        there = [[box, m.uid, number_of(self.client.body(box, m.uid)), sorted(set(m.flags) - {"\\Recent"})]
                 for box in self.client.mailboxes() for m in self.client.messages(box, bodies=False)]
        return {"journal": dump(self.account.journal_path()), "mark": mark, "here": tree_of(self.account.root),
                "state": tree_of(state), "there": there, "held": held}

    def given(self, old):
        """Server and Maildir as they were. Messages come up in the order of their UIDs; what is missing between them was removed."""
        for box in sorted({m[0] for m in old["there"]}):
            if box not in self.client.mailboxes():
                self.client.create(box)
            there = {uid: (n, flags) for name, uid, n, flags in old["there"] if name == box}
            last = {"INBOX": 8}.get(box, max(there))
            for uid in range(1, last + 1):
                n, flags = there.get(uid, (999, []))
                self.client.append(box, mail(n), flags, DATE)
            gone = [uid for uid in range(1, last + 1) if uid not in there]
            if gone:
                self.client.expunge(box, gone)
        put_tree(self.account.root, old["here"])
        for box in self.client.mailboxes():
            for part in ("cur", "new", "tmp"):
                os.makedirs(os.path.join(self.account.root, box, part), mode=0o700, exist_ok=True)
        put_tree(self.home.path_of("state", "golub", "work"), old["state"])
        with open(os.path.join(self.account.root, ".golub"), "w") as f:
            f.write(old["mark"])
        changes = [("UPDATE meta SET v = ? WHERE k = 'root'", (self.account.root,)),
                   ("UPDATE mailbox SET modseq = 0", ())]
        for box in self.client.mailboxes():
            changes.append(("UPDATE mailbox SET uidvalidity = ? WHERE name = ?",
                            (self.client.status(box)["uidvalidity"], box)))
        load(self.home.path_of("state", "golub", self.account.name, "journal.db"), old["journal"], changes)

    def test_nothing_moves_and_what_is_held_is_held(self):
        with open(data_of(self.SCHEMA)) as f:
            old = json.load(f)["imap"]
        self.assertEqual(old["journal"]["user_version"], self.SCHEMA)
        self.given(old)
        here, there = tree_of(self.account.root), self.client.tree()
        kept = tree_of(self.home.path_of("state"))

        status = self.run_golub("status", "work")
        first = self.sync("--json", expect=HELD)

        self.assertIn("25", status.out)
        self.assertEqual({e["id"] for e in first.of("held")}, {old["held"]})
        self.assertEqual(tree_of(self.account.root), here)
        self.assertEqual(self.client.tree(), there)
        self.assertEqual(tree_of(self.home.path_of("state")), kept)
        counts = next(e["counts"] for e in first.of("result") if e.get("account"))
        self.assertEqual({k: v for k, v in counts.items() if v and re.match("(up|down)_", k)}, {}, first)
        again = self.sync("--json", expect=HELD)
        self.assertEqual([e["id"] for e in again.of("held")], [e["id"] for e in first.of("held")])

        self.sync("--confirm-deletes=" + first.of("held")[0]["id"])

        self.assertEqual(self.client.status("Archive")["messages"], 15)
        self.assert_same()
        self.assert_idempotent()


class OldPopJournalTest(ImportTest):
    """Six messages that are here: for three of them DELE was sent and QUIT never answered, for three it was refused."""

    SCHEMA = 2

    def given_server(self, have):
        self.mails = {n: mail(n) for n in range(1, 7)}
        server = PopServer([Message(self.mails[n], b"old%d" % n) for n in have]).__enter__()
        self.addCleanup(server.__exit__, None, None, None)
        return server

    def make(self):
        server = self.given_server([1, 2, 3, 4, 5, 6])
        server.rule(b"QUIT", CLOSE)
        server.rule(b"DELE [456]", b"-ERR not this one\r\n")
        self.account = self.pop_account(server.port, keep="no")
        self.home.run("import", self.account.name)
        self.assertGreaterEqual(len(server.asked(b"DELE")), 6)
        return {"journal": dump(self.account.journal_path()), "here": tree_of(self.account.root)}

    def test_nothing_is_fetched_again(self):
        with open(data_of(self.SCHEMA)) as f:
            old = json.load(f)["pop"]
        self.assertEqual(old["journal"]["user_version"], self.SCHEMA)
        server = self.given_server([1, 2, 3, 4, 5, 6])
        self.account = self.pop_account(server.port, keep="forever")
        put_tree(self.account.root, old["here"])
        load(self.home.path_of("state", "golub", self.account.name, "journal.db"), old["journal"],
             [("UPDATE meta SET v = ? WHERE k = 'root'", (self.account.root,))])

        self.assertEqual(self.downloads(), 0)
        self.assertEqual(self.downloads(), 0)

        self.assertEqual(tree_of(self.account.root), old["here"])
        self.assertEqual(len(server.contents()), 6)
        self.assert_here([self.mails[n] for n in range(1, 7)])


class OldJournal3Test(OldJournalTest):
    SCHEMA = 3


class OldPopJournal3Test(OldPopJournalTest):
    SCHEMA = 3


class OldJournal12Test(OldJournalTest):
    SCHEMA = 12


class KilledUpgradeTest(OldJournalTest):
    SCHEMA = 12
    test_nothing_moves_and_what_is_held_is_held = None  # OldJournal12Test's

    def upgraded(self):
        """Of a copy: whoever opens the journal itself would mend it."""
        with tempfile.TemporaryDirectory() as folder:
            for name in os.listdir(os.path.dirname(self.account.journal_path())):
                if name.startswith("journal.db"):
                    shutil.copy(os.path.join(os.path.dirname(self.account.journal_path()), name), folder)
            db = sqlite3.connect(os.path.join(folder, "journal.db"))
            version = db.execute("PRAGMA user_version").fetchone()[0]
            db.close()
        return version != self.SCHEMA

    def test_a_kill_in_the_upgrade_leaves_the_old_journal_or_the_new_one(self):
        with open(data_of(self.SCHEMA)) as f:
            old = json.load(f)["imap"]
        self.given(old)
        here, there = tree_of(self.account.root), self.client.tree()
        state = self.home.path_of("state", "golub", "work")
        saved = state + ".saved"
        shutil.copytree(state, saved)
        seen = set()

        for number in (1, 2, 3, 5, 8, 12, 18, 25, 35, 50, 70, 100):
            shutil.rmtree(state)
            shutil.copytree(saved, state)
            self.home.run_killed("pwrite64", number, "sync", "work", "--push")
            self.run_golub("status", "work")
            seen.add(self.upgraded())
            self.assertEqual((tree_of(self.account.root), self.client.tree()), (here, there))
            self.sync(expect=HELD)
            self.assertEqual((tree_of(self.account.root), self.client.tree()), (here, there))
            os.unlink(os.path.join(self.account.root, ".golub"))
            with open(os.path.join(self.account.root, ".golub"), "w") as f:
                f.write(old["mark"])

        self.assertEqual(seen, {False, True})


class OldPopJournal12Test(OldPopJournalTest):
    SCHEMA = 12


def make_data(schema):
    """Run as the old golub was run; the tests' own steps serve for that."""
    data = {}
    for kind, cls in (("imap", OldJournalTest), ("pop", OldPopJournalTest)):
        class Maker(cls):
            def runTest(self):
                data[kind] = self.make()
        result = unittest.TextTestRunner().run(unittest.defaultTestLoader.suiteClass([Maker()]))
        if not result.wasSuccessful():
            sys.exit(1)
    with open(data_of(schema), "w") as f:
        json.dump(data, f, indent=0)
        f.write("\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--make"]:
        make_data(int(sys.argv[2]))
    else:
        main()
