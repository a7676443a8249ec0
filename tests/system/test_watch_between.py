"""
golub watch: what changes between any two of its commands is seen, and not only by the next poll, which is a day away here.

The watcher is made to run. At one of its commands, right before the server gets it or right before the watcher gets the answer,
another client changes something; soon after that it is here. Then the same at the next place, until a run has no more of them.
GOLUB_ROWS=1 plays every change at every place, and runs that nothing led to, too; otherwise each place has one of them in turn.
"""
import itertools
import os
import signal
import threading
import time

from base import PASSWORD, Client, main
from rig.steps import Steps
from watchbase import WatchTest

SEEN_SECONDS = 8   # a loaded machine; the poll is a day away
QUIET_SECONDS = 0.8  # longer than Dovecot keeps news to itself
STOCK = 60         # messages to flag and to remove, a mailbox
SHARES = 4         # so many watchers share the places of a run


class Scene:
    """A user with a watcher behind Steps."""

    def __init__(self, test, by, trigger, share, all_changes):
        self.test, self.by, self.trigger, self.share = test, by, trigger, share
        self.user = next(test._users)
        self.home = test.another_home()
        self.account = test.new_account("work", self.home)
        self.client, self.actor = (Client(test.server.port, self.user, PASSWORD) for _ in range(2))
        self.corpus = test.corpus
        self.places, self.at, self.change, self.failed, self.listens = [], None, None, None, False
        self.last = time.monotonic()
        names = ["new", "flag", "remove"] if by == "idle" else ["new", "new in Other", "flag", "flag in Other", "remove", "remove in Other",
                                                                "mailbox"]
        self.changes = [(n,) for n in names] if all_changes else [names]
        self.stock = {}

    def __call__(self):
        try:
            with Steps(self.test.server.port, self.hook) as steps:
                self.account.set(server="imap://127.0.0.1:%d" % steps.port, user=self.user,
                                 **({"disable": ["NOTIFY"]} if self.by == "idle" else {}))
                self.play()
        except BaseException as e:
            self.failed = self.failed or e
        finally:
            self.client.close()
            self.actor.close()

    def play(self):
        self.client.create("Other")
        for mailbox in ("INBOX", "Other"):
            messages = [self.message() for _ in range(STOCK)]
            self.stock[mailbox] = list(zip(messages, self.client.fill(mailbox, messages)))
        watcher = self.test.watch(account=self.account, rest=False)
        try:
            watcher.watching(60)
            self.rests()
            assert [e["by"] for e in watcher.events if e.get("state") == "watching"][-1] == self.by
            for names in self.changes:
                self.one_run_after_the_other(watcher, names)
        finally:
            self.said = watcher.text()
            watcher.kill()

    def one_run_after_the_other(self, watcher, names):
        for number in itertools.count(self.share, SHARES):
            change = names[number // SHARES % len(names)]
            self.places, self.happened = [], None
            self.at, self.change = number, change
            seen = self.begin(watcher)
            self.wait_for(seen, "what led to the run")
            self.rests()
            self.at = None
            if self.failed:
                raise self.failed
            if self.happened is None:
                assert number > 8, self.places
                return
            self.wait_for(self.happened, "%s %s %s" % (change, *self.places[number]))
            self.rests()

    def begin(self, watcher):
        """@return is what led to the run here, or there?"""
        runs = watcher.runs()
        if self.trigger == "asked":
            watcher.process.send_signal(signal.SIGUSR1)
            return lambda: watcher.runs() > runs
        message = self.message()
        if self.trigger == "here":
            self.account.maildir.deliver("INBOX", message)
            return lambda: self.client.uid_of("INBOX", message) is not None
        self.client.append("INBOX", message)
        return lambda: self.account.maildir.has("INBOX", message)

    def hook(self, moment, command):
        self.last, self.listens = time.monotonic(), (moment, command) == ("after", b"IDLE")
        if self.at is None:
            return
        self.places.append((moment, command.decode(errors="replace")[:60]))
        if len(self.places) - 1 == self.at:
            try:
                self.happened = self.act(self.change)
            except Exception as e:
                self.failed = e

    def act(self, change):
        """@return is it here?"""
        what, _, mailbox = change.partition(" in ")
        mailbox = mailbox or "INBOX"
        maildir = self.account.maildir
        if what == "new":
            message = self.message()
            self.actor.append(mailbox, message)
            return lambda: maildir.has(mailbox, message)
        if what == "mailbox":
            name = "M%d" % self.at
            self.actor.create(name)
            return lambda: name in maildir.mailboxes()
        message, uid = self.stock[mailbox].pop()
        if what == "remove":
            self.actor.expunge(mailbox, [uid])
            return lambda: not maildir.has(mailbox, message)
        self.actor.store(mailbox, [uid], "+", [r"\Flagged"])
        return lambda: r"\Flagged" in maildir.find(mailbox, message).flags

    def message(self):
        with self.test.one_at_a_time:
            return self.corpus.simple()

    def wait_for(self, seen, what):
        until = time.monotonic() + SEEN_SECONDS
        while time.monotonic() < until:
            try:
                if seen():
                    return
            except (AssertionError, FileNotFoundError):  # renamed between two looks
                pass
            time.sleep(0.05)
        raise AssertionError("%s, %s, not seen: %s\n%s" % (self.by, self.trigger, what, "\n".join(map(str, self.places))))

    def rests(self):
        until = time.monotonic() + 3 * SEEN_SECONDS
        while not (self.listens and time.monotonic() - self.last > QUIET_SECONDS):
            assert time.monotonic() < until, "it does not rest\n%s" % (self.places,)
            time.sleep(0.05)


class BetweenTest(WatchTest):
    account_options = {"poll": 86400}
    one_at_a_time = threading.Lock()

    def test_what_changes_between_any_two_commands_is_seen_without_the_poll(self):
        every = bool(os.environ.get("GOLUB_ROWS"))
        scenes = [Scene(self, by, trigger, share, every)
                  for by in ("notify", "idle") for trigger in ("asked", "there", "here")[not every:] for share in range(SHARES)]
        threads = [threading.Thread(target=scene) for scene in scenes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        failed = ["%s\n%s" % (scene.failed, getattr(scene, "said", "")[-3000:]) for scene in scenes if scene.failed]
        self.assertEqual(failed, [], "\n\n".join(failed))


if __name__ == "__main__":
    main()
