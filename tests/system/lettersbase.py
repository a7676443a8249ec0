"""What tests of keyword letters share: an INBOX of six messages on both sides, names that show letters, and what its table and both sides say."""
import os
import re
import sqlite3

from base import SystemTest


def letters(file):
    return "".join(c for c in file.letters if c.islower())


class LettersTest(SystemTest):
    account_options = {"keywords": "letters"}
    count = 6

    def setUp(self):
        super().setUp()
        self.mails = [self.corpus.simple("mail %d" % n) for n in range(self.count)]
        self.given_both_sides(self.mails)
        for file in self.maildir.files("INBOX"):
            if "/new/" in file.path:
                self.maildir.flag(file, add="S")
        self.sync()
        self.sync()

    def file(self, n, mailbox="INBOX"):
        return self.maildir.find(mailbox, self.mails[n])

    def uid(self, n, mailbox="INBOX"):
        return self.client.uid_of(mailbox, self.mails[n])

    def there(self, n, mailbox="INBOX"):
        flags = {m.digest: m.flags for m in self.client.messages(mailbox)}[self.mails[n].digest]
        return sorted(f for f in flags if not f.startswith("\\"))

    def path(self, name, mailbox="INBOX"):
        return os.path.join(self.maildir.folder(mailbox), name)

    def table(self, mailbox="INBOX"):
        try:
            with open(self.path("dovecot-keywords", mailbox)) as f:
                return dict(reversed(line.rstrip("\n").split(" ", 1)) for line in f)
        except FileNotFoundError:
            return {}

    def write_table(self, *words, mailbox="INBOX"):
        with open(self.path("draft", mailbox), "w") as f:
            f.write("".join("%d %s\n" % entry for entry in enumerate(words)))
        os.rename(f.name, self.path("dovecot-keywords", mailbox))

    def letter(self, word, mailbox="INBOX"):
        return chr(ord("a") + int(self.table(mailbox)[word]))

    def rename(self, n, add="", remove="", flags=None, mailbox="INBOX"):
        """As a program does that knows letters."""
        file = self.file(n, mailbox)
        base, _, old = file.path.partition(":2,")
        new = "".join(sorted((set(old) | set(add)) - set(remove)))
        os.rename(file.path, "%s:2,%s" % (base, new))

    def shown(self, n, mailbox="INBOX"):
        names = {chr(ord("a") + int(number)): word for word, number in self.table(mailbox).items()}
        return sorted(names.get(c, "?" + c) for c in letters(self.file(n, mailbox)))

    def stores(self):
        return [line for line in self.proxy.sent() if re.search(rb"UID STORE", line)]

    def rows(self, sql):
        with sqlite3.connect("file:%s?mode=ro" % self.account.journal_path(), uri=True) as journal:
            return journal.execute(sql).fetchall()
