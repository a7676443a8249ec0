"""golub watch: what is done on the server is here soon after, by NOTIFY, IDLE or polls."""
import time

from base import main
from watchbase import WatchTest


class ThereTest(WatchTest):
    def everything_there_comes(self, watcher, seconds=5, mailbox="INBOX"):
        first, second = self.corpus.simple(), self.corpus.simple()
        uid = self.client.append(mailbox, first)
        self.until(lambda: self.maildir.has(mailbox, first), seconds, watcher)
        self.client.append(mailbox, second)
        self.until(lambda: self.maildir.has(mailbox, second), seconds, watcher)
        self.client.store(mailbox, [uid], "+", [r"\Flagged"])
        self.until(lambda: r"\Flagged" in self.flags_here(first, mailbox), seconds, watcher)
        self.client.expunge(mailbox, [uid])
        self.until(lambda: not self.maildir.has(mailbox, first), seconds, watcher)

    def test_by_notify_every_mailbox_is_heard_of(self):
        self.client.create("Other")
        watcher = self.watch()
        self.assertEqual([e["by"] for e in watcher.events if e.get("state") == "watching"][-1], "notify")
        self.everything_there_comes(watcher)
        self.everything_there_comes(watcher, mailbox="Other")
        self.client.create("Made there")
        self.until(lambda: "Made there" in self.maildir.mailboxes(), watcher=watcher)
        watcher.rests()
        self.assertEqual(self.proxy.stats["conns"], 1)
        watcher.end()
        self.assert_in_sync()

    def test_by_idle_the_inbox_is_heard_of_and_the_rest_is_polled(self):
        self.client.create("Other")
        self.account.set(disable=["NOTIFY"], poll=60)
        watcher = self.watch()
        self.assertEqual([e["by"] for e in watcher.events if e.get("state") == "watching"][-1], "idle")
        self.everything_there_comes(watcher)
        other = self.corpus.simple()
        self.client.append("Other", other)
        self.until(lambda: self.maildir.has("Other", other), 63, watcher)

    def test_with_more_connections_more_mailboxes_are_idled_on(self):
        self.client.create("Other")
        self.account.set(disable=["NOTIFY"], connections=3, watch=["INBOX", "Other"])
        watcher = self.watch()
        self.everything_there_comes(watcher)
        self.everything_there_comes(watcher, mailbox="Other")
        watcher.rests()
        self.assertEqual(self.proxy.stats["conns"], 2)

    def test_a_further_line_that_breaks_is_opened_again_and_what_it_did_not_tell_is_seen(self):
        self.client.create("Other")
        self.account.set(disable=["NOTIFY"], connections=2, watch=["INBOX", "Other"], poll=86400)
        armed = []

        def cut(data):
            if armed and b" EXISTS" in data:
                raise ConnectionResetError(armed.pop())
            return data
        self.through(edit_down=cut)
        watcher = self.watch()
        for _ in range(2):
            lost = self.corpus.simple()
            watcher.rests()  # else it may be the run's own line that is cut
            armed.append("once")
            self.client.append("Other", lost)
            self.until(lambda: self.maildir.has("Other", lost), 10, watcher)
            self.assertEqual(armed, [])
        self.everything_there_comes(watcher, mailbox="Other")
        self.assertEqual(self.proxy.stats["conns"], 4)
        self.assertNotIn("offline", watcher.states())

    def test_without_both_it_is_polled(self):
        self.account.set(disable=["NOTIFY", "IDLE"], poll=60)
        watcher = self.watch()
        self.assertEqual([e["by"] for e in watcher.events if e.get("state") == "watching"][-1], "poll")
        new = self.corpus.simple()
        self.client.append("INBOX", new)
        self.until(lambda: self.maildir.has("INBOX", new), 63, watcher)
        self.assertEqual(self.proxy.stats["conns"], 1)

    def test_a_line_that_is_cut_is_opened_again_and_what_came_meanwhile_is_seen(self):
        watcher = self.watch()
        port = self.proxy.port
        self.proxy.stop()
        new = self.corpus.simple()
        self.client.append("INBOX", new)
        watcher.says('"state":"offline"')
        self.proxy = type(self.proxy)(self.server.port, listen=port).start()
        self.addCleanup(self.proxy.stop)
        self.until(lambda: self.maildir.has("INBOX", new), 20, watcher)
        self.everything_there_comes(watcher)

    def test_a_change_right_after_a_run_is_seen_without_the_poll(self):
        watcher = self.watch()
        for number in range(20):
            here, there = self.corpus.simple(), self.corpus.simple()
            self.maildir.deliver("INBOX", here)
            runs = watcher.runs()
            self.until(lambda: watcher.runs() > runs)
            time.sleep(number * 0.005)
            self.client.append("INBOX", there)
            self.until(lambda: self.maildir.has("INBOX", there) and self.is_there(here), watcher=watcher)


if __name__ == "__main__":
    main()
