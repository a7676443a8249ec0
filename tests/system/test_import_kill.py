"""
SIGKILL during an import: at random moments against a real server, and at every second step (a call that changes a file system
or makes it durable) and each one that sends something, of short runs against a server in memory. In between and at the end: every message
is here or on the server, nothing is here twice, no part of one has a name, and nothing went from the server that is not here.

GOLUB_NIGHTLY=1: ten times as many random deaths, and one before every single step.
"""
import base64
import collections
import hashlib
import os
import random
import shutil
import signal
import socket
import subprocess
import time
import zlib

from popbase import OK, PASSWORD, DovecotTest, ScriptTest, file_form, main
from rig import in_memory, killer, scratch
from rig.popserver import Message
from rig.stage import Stage

DEATHS = 1600 if in_memory.NIGHTLY else 40  # at random moments, for each kind of keep
ROUNDS = 5                                  # runs until everything has to be at rest
NO_LEAK_CHECK = {"ASAN_OPTIONS": "exitcode=99:detect_leaks=0"}


def digest(data):
    return hashlib.sha256(data).hexdigest()


class RandomDeathTest(DovecotTest):
    """Runs of 20 to 40 messages, killed again and again until they are through."""

    def setUp(self):
        super().setUp()
        self.rng = random.Random(zlib.crc32(self.id().encode()))
        self.stage = Stage(self.server, self.user, self.home)
        self.addCleanup(self.stage.close)
        self.account.set(server="pop3://127.0.0.1:%d" % self.server.pop_port, auth=["plain"])
        self.expected = collections.Counter()  # digests of files: each message that ever was, and how often
        self.figures = collections.Counter()

    def more_mail(self):
        mails = [self.corpus.simple("%d" % self.rng.getrandbits(40), body="x" * self.rng.choice((10, 500, 9000)) + "\r\n").bytes
                 for _ in range(self.rng.randrange(20, 41))]
        self.drop(mails)
        self.expected.update(digest(file_form(m)) for m in mails)
        self.figures["messages"] += len(mails)

    def on_server(self):
        """Digests of what is on the server's disk, as files here would have them."""
        self.stage.quiet()
        found = set()
        for where in ("new", "cur"):
            folder = os.path.join(self.server.folder, "mail", self.user, where)
            for name in os.listdir(folder):
                with open(os.path.join(folder, name), "rb") as f:
                    found.add(digest(file_form(f.read())))
        return found

    def look(self):
        """Nothing lost, nothing doubled, nothing in parts. @return (digests here, on the server)"""
        there = self.on_server()
        here = collections.Counter(digest(f.bytes()) for f in self.here())
        self.figures["lost"] += len(set(self.expected) - set(here) - there)
        self.figures["doubled"] += sum((here - self.expected).values())
        self.assertEqual(set(self.expected) - set(here) - there, set(), "lost: neither here nor on the server")
        self.assertEqual(here - self.expected, collections.Counter(), "twice, or not a whole message")
        return here, there

    def run_and_die(self, span):
        """@return whether it came to its end before"""
        process = self.home.start("import", "post", env=NO_LEAK_CHECK)
        try:
            process.wait(timeout=self.rng.random() * span)
        except subprocess.TimeoutExpired:
            process.kill()
        out, err = process.communicate()
        if process.returncode == -signal.SIGKILL:
            self.figures["deaths"] += 1
        else:
            self.assertEqual(process.returncode, OK, out + err)
            self.figures["through"] += 1
        return process.returncode == OK

    def sweep(self, keep):
        self.account.set(keep=keep)
        self.more_mail()
        began = time.monotonic()
        self.import_(env=NO_LEAK_CHECK)
        span = 1.1 * (time.monotonic() - began)
        self.look()
        self.more_mail()
        while self.figures["deaths"] < DEATHS:
            through = self.run_and_die(span)
            span *= 0.95 if through else 1.02  # a busy machine runs at another pace: most runs are to die somewhere
            here, there = self.look()
            if through:
                self.assertEqual(here, self.expected)
                if keep == "no":
                    self.assertEqual(there, set())
                elif len(there) > 400:
                    self.remove_there(*range(1, len(there) + 1))
                self.more_mail()
        self.import_()
        here, there = self.look()
        self.assertEqual(here, self.expected)
        self.assertEqual(self.downloads(), 0)
        self.tmp_is_empty_or_swept()
        print("random moments, keep = %s: %d deaths, %d runs through, %d messages; lost %d, doubled %d" % (
            keep, self.figures["deaths"], self.figures["through"], self.figures["messages"], self.figures["lost"],
            self.figures["doubled"]), flush=True)

    def tmp_is_empty_or_swept(self):
        """What a dead run left in tmp/ is swept when the next message comes."""
        self.more_mail()
        self.import_()
        self.assertEqual([n for n in os.listdir(os.path.join(self.account.maildir.folder("INBOX"), "tmp"))
                          if not n.startswith("golub-")], [])

    def test_at_random_moments_while_everything_is_kept_there(self):
        self.sweep("forever")

    def test_at_random_moments_while_everything_is_removed_there(self):
        self.sweep("no")


class StageTest(DovecotTest):
    """What the deaths are judged by looks at the server's disk: nobody may still write there."""

    def test_quiet_waits_for_a_session_whose_client_left_before_it_was_made(self):
        self.drop([self.corpus.simple("one").bytes])
        stage = Stage(self.server, self.user, self.home)
        self.addCleanup(stage.close)
        login = b"AUTH PLAIN %s\r\n" % base64.b64encode(("\0%s\0%s" % (self.user, PASSWORD)).encode())
        rng = random.Random(1)
        for _ in range(60):
            with socket.create_connection(("127.0.0.1", self.server.pop_port)) as client:
                client.recv(200)
                client.sendall(login)
                time.sleep(0.003 * rng.random())
            stage.quiet()
            end = time.monotonic() + 0.03
            while time.monotonic() < end:
                self.assertEqual(stage.sessions(), [], "began after it was said that nobody is there")


class LeftoversTest(ScriptTest):
    def test_they_go_although_the_next_run_came_at_once_and_nothing_more_is_delivered(self):
        mails = self.mails(3)
        server = self.serve(mails)
        self.import_()
        server.drop.append(Message(self.corpus.simple("not to come").bytes))
        self.home.run_killed("renameat2", 1, "import", self.account.name)
        with self.assertRaises(AssertionError):
            self.tmp_is_empty()
        del server.drop[-1]
        self.import_()  # it is younger than a second: it might be in use
        time.sleep(3)

        self.import_()

        self.tmp_is_empty()
        self.assert_here(mails)


class EveryStepTest(ScriptTest):
    def given(self, count, **extras):
        """So many messages on a server in memory; the home as it is now is where every death begins."""
        self.serve(self.mails(count), extras={"auth": ["plain"], **extras})
        self.mails_there = list(self.server.drop)
        self.shelf = scratch.make("shelf")
        self.addCleanup(scratch.remove, self.shelf)

    def keep_scene(self):
        shutil.copytree(self.home.path, os.path.join(self.shelf, "home"), symlinks=True)
        self.mails_there = list(self.server.drop)

    def bring_scene(self):
        shutil.rmtree(self.home.path)
        shutil.copytree(os.path.join(self.shelf, "home"), self.home.path, symlinks=True)
        if self.account.journal_path() is not None:
            self.folders_are_not_new()
        self.server.drop = list(self.mails_there)
        self.server.removed = []
        self.server.lines = []

    def look(self, story):
        here = collections.Counter(f.bytes() for f in self.here())
        there = {file_form(m.bytes) for m in self.server.drop}
        every = collections.Counter(file_form(m) for m in self.every)
        lost = set(every) - set(here) - there
        self.assertFalse(lost, "lost\n" + story)
        self.assertFalse(here - every, "twice, or not a whole message\n" + story)
        return here == every

    def sweep(self, name):
        self.keep_scene()
        self.every = [m.bytes for m in self.mails_there]
        self.every += [f.wire() for f in self.here() if f.wire() not in self.every]
        result, steps = killer.run(self.home, 0, "import", "post")
        self.check(result, OK)
        left = list(self.server.drop)
        self.assertGreater(len(steps), 10)
        places = [(s, False) for s in (steps if in_memory.NIGHTLY else steps[::3])] + [(s, True) for s in steps if s.sends]
        rounds = collections.Counter()
        for step, after in places:
            where = "%s %s" % ("after" if after else "before", step)
            with self.subTest(at=where):
                self.bring_scene()
                result, done = killer.run(self.home, step.number, "import", "post", after=after)
                self.assertIn(result.code, (128 + signal.SIGKILL, OK), result)
                story = "died %s\n%s\n%s" % (where, "\n".join(map(repr, done[-10:])), result)
                self.look(story)
                rounds[self.converge(story, left)] += 1
        print("%s: %d steps, %d deaths; lost 0, doubled 0; at rest after %s" % (
            name, len(steps), len(places), ", ".join("%d runs: %d times" % p for p in sorted(rounds.items()))), flush=True)

    def converge(self, story, left):
        """Runs until one exits 0. @return how many it took"""
        for n in range(1, ROUNDS + 1):
            result = self.home.run("import", "post", env=NO_LEAK_CHECK)
            story += "\nrun %d: %s" % (n, result)
            whole = self.look(story)
            if result.code == OK:
                break
        self.assertEqual(result.code, OK, story)
        self.assertTrue(whole, "status 0, but not everything is here\n" + story)
        self.assertEqual([m.bytes for m in self.server.drop], [m.bytes for m in left], story)
        self.server.lines = []
        self.check(self.home.run("import", "post", env=NO_LEAK_CHECK), OK)
        self.assertEqual(self.server.asked(rb"(RETR|DELE)"), [], story)
        return n

    def test_a_first_import_that_keeps_everything_there(self):
        self.given(3)
        self.sweep("first import, keep = forever")

    def test_an_import_that_removes_what_it_brought(self):
        self.given(2, keep="no")
        self.import_()
        self.server.drop = [Message(m) for m in self.mails(4, "later")]
        self.sweep("later import, keep = no")

    def test_removals_of_what_earlier_runs_brought(self):
        self.given(4, keep="30d")
        self.import_()
        self.pass_days(31)
        self.server.drop += [Message(m) for m in self.mails(1, "young")]
        self.sweep("due after 30 days, with TOP and DELE")

    def test_a_release_of_held_removals(self):
        self.given(3)
        self.import_()
        self.account.set(keep="no")
        self.check(self.home.run("import", "post"), 3)
        self.keep_word()

    def keep_word(self):
        """A death after --confirm-deletes: the next run may ask again, it never removes what is not here."""
        self.keep_scene()
        self.every = [m.bytes for m in self.mails_there]
        result, steps = killer.run(self.home, 0, "import", "post", "--confirm-deletes")
        self.check(result, OK)
        self.assertEqual(self.server.drop, [])
        for step in steps:
            with self.subTest(at=repr(step)):
                self.bring_scene()
                killer.run(self.home, step.number, "import", "post", "--confirm-deletes")
                self.look(repr(step))
                again = self.home.run("import", "post", "--confirm-deletes", env=NO_LEAK_CHECK)
                self.check(again, OK)
                self.assertEqual(self.server.drop, [], "%s\n%s" % (step, again))
                self.assertTrue(self.look(repr(step)))
        print("released removals: %d deaths; lost 0, doubled 0" % len(steps), flush=True)


if __name__ == "__main__":
    main()
