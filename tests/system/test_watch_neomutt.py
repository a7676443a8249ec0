"""A person works in neomutt on a tree that golub watch keeps: each act is on the server soon after, and nothing is doubled or lost."""
import os
import re
import signal
import sys
import time
import unittest

from base import main, shown
from rig.neomutt import Neomutt
from watchbase import WatchTest

SOON = 20  # seconds, for a busy machine; GOLUB_TIMES=1 prints what it took


@unittest.skipUnless(Neomutt.is_here(), "neomutt is not installed")
class NeomuttTest(WatchTest):
    COUNT = 30

    def setUp(self):
        super().setUp()
        self.client.create("Archive")
        self.client.create("Projects")
        self.mine = [self.corpus.simple(subject="mail%02d" % n) for n in range(self.COUNT)]
        for n, message in enumerate(self.mine):
            self.client.append(("INBOX", "INBOX", "Archive", "Projects")[n % 4], message)
        self.times, self.done = [], None

    def there(self, mailbox, subject):
        """Flags of the messages of this subject on the server."""
        return self.there_with(mailbox, r"Subject: *%s\r" % subject)

    def there_with(self, mailbox, words):
        if mailbox not in self.client.mailboxes():
            return []
        return [m.flags for m in self.client.messages(mailbox, bodies=False)
                if re.search(words.encode(), self.client.body(mailbox, m.uid) or b"")]  # one that goes meanwhile has none

    def files(self, mailbox, subject):
        found = []
        for file in self.maildir.files(mailbox):
            try:
                if b"Subject: %s\n" % subject.encode() in file.wire().replace(b"\r\n", b"\n"):
                    found.append(file)
            except FileNotFoundError:
                pass  # it has another name by now
        return found

    def seen(self, act, happened):
        """The act was done just now: it is on the other side soon."""
        self.until(happened, SOON, self.watcher)
        begun = self.mutt.typed if self.done is None else self.done
        self.times.append((act, time.monotonic() - begun))

    def evidence(self):
        return "--- neomutt drew at last\n%s\n%r\n%s" % (self.mutt.drawn() if hasattr(self, "mutt") else "", {m: self.maildir.files(m) for m in self.maildir.mailboxes()}, super().evidence())

    def sides(self):
        """{mailbox: [(Message-ID, flags)]} of both sides: neomutt writes header lines of its own."""
        def entry(data, flags):
            return re.search(rb"(?im)^Message-ID:\s*(<[^>]+>)", data).group(1), tuple(sorted(shown(flags)))
        there = {name: sorted(entry(self.client.body(name, m.uid), m.flags) for m in self.client.messages(name, bodies=False))
                 for name in self.client.mailboxes()}
        here = {name: sorted(entry(f.bytes(), f.flags) for f in self.maildir.files(name)) for name in self.maildir.mailboxes()}
        return there, here

    def begin(self):
        self.sync()
        self.watcher = self.watch()
        self.mutt = Neomutt(self.maildir.root)
        self.addCleanup(self.mutt.close)

    def read_and_flag(self):
        mutt, there = self.mutt, self.there
        mutt.at("mail00")
        mutt.keys("\r", "i", "$")
        self.seen("read", lambda: r"\Seen" in there("INBOX", "mail00")[0])
        mutt.at("mail01")
        mutt.keys("\r", "i", "F", "$")
        self.seen("flag", lambda: r"\Flagged" in there("INBOX", "mail01")[0])
        mutt.at("mail01")
        mutt.keys("F", "$")
        self.seen("unflag", lambda: r"\Flagged" not in there("INBOX", "mail01")[0])
        mutt.at("mail28")
        mutt.keys("F", "$")
        self.seen("flag unread mail", lambda: r"\Flagged" in there("INBOX", "mail28")[0])
        mutt.at("mail28")
        mutt.keys("F", "$")
        self.seen("unflag unread mail", lambda: r"\Flagged" not in there("INBOX", "mail28")[0])
        mutt.at("mail04")
        mutt.keys("r", "y", "$")
        self.seen("reply: mark and copy", lambda: r"\Answered" in there("INBOX", "mail04")[0] and there("Sent", "Re: mail04"))

    def move_and_delete(self):
        mutt, there = self.mutt, self.there
        mutt.at("mail05")
        mutt.keys("s", "\x15=Archive\r", "$")
        self.seen("save into another folder", lambda: there("Archive", "mail05") and not there("INBOX", "mail05"))
        mutt.at("mail08")
        mutt.keys("C", "\x15=Archive\r")
        self.seen("copy", lambda: there("Archive", "mail08") and there("INBOX", "mail08"))
        mutt.at("mail09")
        mutt.keys("d", "$")
        self.seen("delete", lambda: not there("INBOX", "mail09"))
        mutt.at("mail12")
        mutt.keys("s", "\x15=Fresh\r", "$")
        self.seen("save into a new folder", lambda: there("Fresh", "mail12") and not there("INBOX", "mail12"))
        mutt.keys("T", "~s 'mail1[367]'\r")
        mutt.keys(";", "s", "\x15=Projects\r", "$")
        names = ("mail13", "mail16", "mail17")
        self.seen("tag and save several", lambda: all(there("Projects", n) and not there("INBOX", n) for n in names))
        mutt.at("mail20")
        mutt.keys("d")
        mutt.at("mail20")
        mutt.keys("u", "$")
        time.sleep(1)
        self.assertTrue(there("INBOX", "mail20"))

    def write(self):
        mutt, there = self.mutt, self.there
        mutt.keys("m", "bob@example.org\r", "draft\r", "P")
        self.seen("postpone", lambda: len(there("Drafts", "draft")) == 1)
        mutt.keys("R", "e", "P")
        twice = r"(?s)Subject: draft\r.*\r\n\r\n(one more line\r\n){3}"
        self.seen("edit the draft", lambda: len(self.there_with("Drafts", twice)) == 1 == len(there("Drafts", "draft")))
        mutt.keys("R", "y")
        self.seen("send the draft", lambda: there("Sent", "draft") and not there("Drafts", "draft"))
        mutt.keys("m", "bob@example.org\r", "letter\r", "y")
        self.seen("send", lambda: len(there("Sent", "letter")) == 1)

    def from_the_server(self):
        new, client = self.corpus.simple(subject="arrives"), self.client
        self.done = time.monotonic()
        uid = client.append("INBOX", new)
        self.seen("there: new mail", lambda: self.files("INBOX", "arrives"))
        self.done = time.monotonic()
        client.store("INBOX", uid, "+", ["\\Flagged", "\\Seen"])
        self.seen("there: flags", lambda: [f.letters for f in self.files("INBOX", "arrives")] == ["FS"])
        self.done = time.monotonic()
        client.move("INBOX", uid, "Archive")
        self.seen("there: move", lambda: self.files("Archive", "arrives") and not self.files("INBOX", "arrives"))
        self.done = time.monotonic()
        client.expunge("Archive", [m.uid for m in client.messages("Archive") if m.digest == new.digest])
        self.seen("there: expunge", lambda: not self.files("Archive", "arrives"))
        self.done = time.monotonic()
        client.append("INBOX", self.corpus.simple(subject="shown"))
        self.seen("there: more new mail", lambda: self.files("INBOX", "shown"))
        self.until(lambda: "shown" in self.mutt.keys("\x0c"), SOON)  # it draws its screen again

    def walk(self):
        self.begin()
        self.read_and_flag()
        self.move_and_delete()
        self.write()
        self.from_the_server()
        self.mutt.keys("q")
        self.watcher.rests()
        runs = self.watcher.runs()
        time.sleep(2)
        self.assertEqual(self.watcher.runs(), runs, self.watcher.text())
        if os.environ.get("GOLUB_TIMES"):
            print("\n" + "\n".join("%-28s %.2f" % t for t in self.times), file=sys.stderr)
        self.assertEqual(self.watcher.end()[0], -signal.SIGTERM)
        there, here = self.sides()
        self.assertEqual(there, here)
        # One deleted, one copied, two came and one of them went, and the answer, the draft and the letter in Sent.
        self.assertEqual(sum(map(len, there.values())), self.COUNT - 1 + 1 + 1 + 3)
        self.assert_idempotent()
        self.assert_verified()

    def test_each_act_is_on_the_other_side_soon_with_notify(self):
        self.walk()

    def test_each_act_is_on_the_other_side_soon_without_notify(self):
        self.account.set(disable=["NOTIFY"], watch=["*"])
        self.walk()


if __name__ == "__main__":
    main()
