"""
A journal of before there were keywords, with 100,000 messages (10,000 with sanitizers): the first run of today's golub brings it up to date, and nothing else happens. No
file gets another name, no body comes, nothing is stored there, and it is quick.
"""
import json
import os
import re
import resource
import sqlite3

from base import PASSWORD, SystemTest, main
from rig.fill import Wire, small
from rig.golub import sanitized
from test_migration import data_of

MANY = 10000 if sanitized() else 100000  # minutes more with sanitizers: contrib/check.sh takes it with the release, too
SCHEMA = 12  # the last one without keywords of which there is a journal as the golub of that time left it


def take_back(path, folder):
    """Today's journal becomes one of that schema: its tables, with what they knew of the same messages."""
    with open(data_of(SCHEMA)) as f:
        old = json.load(f)["imap"]["journal"]
    db = sqlite3.connect(path)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.execute("PRAGMA journal_mode = DELETE")
    db.close()
    made = os.path.join(folder, "journal.old")
    db = sqlite3.connect(made)
    db.executescript("\n".join(line for line in old["sql"] if line.startswith("CREATE TABLE ")))
    db.execute("ATTACH ? AS today", (path,))
    for (table,) in db.execute("SELECT name FROM main.sqlite_schema WHERE name NOT LIKE 'sqlite_%'").fetchall():
        columns = ", ".join(row[1] for row in db.execute("PRAGMA main.table_info(%s)" % table))
        db.execute("INSERT INTO main.%s (%s) SELECT %s FROM today.%s" % (table, columns, columns, table))
    db.commit()
    db.execute("DETACH today")
    db.executescript("\n".join(line for line in old["sql"] if line.startswith(("CREATE INDEX ", "CREATE UNIQUE INDEX ", "CREATE TRIGGER "))))
    db.execute("PRAGMA application_id = %d" % old["application_id"])
    db.execute("PRAGMA user_version = %d" % old["user_version"])
    db.commit()
    db.close()
    os.replace(made, path)
    os.chmod(path, 0o600)


class ManyRowsTest(SystemTest):
    server_options = {"special_use": False}
    account_options = {"fsync": False}

    def given_old_journal(self):
        with Wire(self.server.port, self.user, PASSWORD) as wire:
            wire.append("INBOX", small(MANY, 300), b"later")
            wire.command(b"SELECT INBOX")
            wire.command(b"STORE 1:%d +FLAGS.SILENT (\\Seen)" % (MANY // 2))
        self.account.set(server="imap://127.0.0.1:%d" % self.server.port, keywords="journal")
        self.sync(timeout=400)
        self.sync()
        take_back(self.account.journal_path(), self.home.path_of("state"))
        self.through()

    def version(self):
        with sqlite3.connect("file:%s?mode=ro" % self.account.journal_path(), uri=True) as journal:
            return journal.execute("PRAGMA user_version").fetchone()[0]

    def names(self):
        """Of each message, where it stands."""
        return sorted((part, name) for part in ("cur", "new") for name in os.listdir(os.path.join(self.maildir.folder("INBOX"), part)))

    def timed(self):
        """@return the seconds of processor time of one run"""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.sync()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def assert_renamed(self, before, count):
        self.assertEqual([len(set(before) - set(self.names())), len(set(self.names()) - set(before))], [count, count])

    def assert_nothing_came_or_went(self, *selected):
        """@param selected  mailboxes that were opened: a run with nothing to do opens none"""
        self.assertEqual([line.split()[2] for line in self.proxy.sent() if re.search(rb" (SELECT|EXAMINE) ", line)], list(selected))
        self.assertNotIn(b"BODY", self.proxy.stream("up").upper())
        self.assertLess(self.proxy.stats["down"], 20000)
        self.assert_nothing_changed_there()

    def test_an_upgrade_of_very_many_rows_renames_and_fetches_nothing(self):
        self.given_old_journal()
        before = self.names()
        self.assertEqual((self.version(), len(before)), (SCHEMA, MANY))
        self.account.set(keywords="letters")  # where names could show them all

        seconds = []
        for _ in range(2):
            seconds.append(self.timed())
            self.assertGreater(self.version(), SCHEMA)
            self.assert_renamed(before, 0)
            self.assert_nothing_came_or_went()

        print("processor time with an upgrade of %d rows %.2f s, without %.2f s" % (MANY, *seconds))
        if not sanitized():
            self.assertLess(max(seconds), 2)
        self.client.store("INBOX", [MANY // 2], "+", ["new"])  # all names are read now, and one gets what is new
        self.sync()
        self.assert_nothing_came_or_went(b'"INBOX"')
        self.assert_renamed(before, 1)


if __name__ == "__main__":
    main()
