"""
How soon golub watch carries a change to the other side.

    latency.py --golub PROGRAM [--rounds 50] [--delays 0,25,100] [--ways notify,idle,poll] [--idle SECONDS]

One Dovecot, one watcher at a time, a proxy that delays each way by so many milliseconds. A row for each act: median and worst of the rounds, in
seconds, from the act to what a reader of the other side sees. `poll` measures 3 rounds with poll = 60. --idle: how often a watcher that has
nothing to do wakes, and its memory. Exit status 1 if a target was missed. Half a second of what comes from the server is Dovecot's own.
"""
import argparse
import os
import random
import re
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from rig.corpus import Corpus  # noqa: E402
from rig.dovecot import Dovecot  # noqa: E402
from rig.golub import Account, Home  # noqa: E402
from rig.imapclient import Client  # noqa: E402
from rig.proxy import Proxy  # noqa: E402
from rig.watcher import Watcher  # noqa: E402

PASSWORD = "correct horse"
LATE = 90  # seconds
# (median, worst) in seconds, by way and delay in ms
TARGETS = {("there", 25): (0.9, 1.5), ("there", 100): (1.8, 3.0), ("here", 25): (0.75, 1.5), ("here", 100): (1.5, 3.0)}
WAYS = {"notify": {}, "idle": {"disable": ["NOTIFY"]}, "poll": {"disable": ["NOTIFY", "IDLE"], "poll": 60}}
IDLE_WAKES, IDLE_KB = 20, 12288  # in an hour


class Scene:
    """A server, a watcher behind a proxy, and a client of its own that looks at the server without delay."""

    def __init__(self, server, user, way, delay):
        self.way, self.delay = way, delay
        self.home = Home()
        self.proxy = Proxy(server.port, delay=delay, record=False).start()
        self.client = Client(server.port, user, PASSWORD)
        self.corpus = Corpus(7)
        self.client.create("Work")
        self.account = Account(self.home, "imap://127.0.0.1:%d" % self.proxy.port, user, PASSWORD, tls="none",
                               **{"poll": 3600, **WAYS[way]})
        self.maildir = self.account.maildir
        self.watcher = Watcher(self.home, "--json")
        self.watcher.watching(60)
        self.watcher.rests()
        self.client.select("INBOX")

    def close(self):
        self.watcher.kill()
        self.client.close()
        self.proxy.stop()
        self.home.close()

    def until(self, happened):
        began = time.monotonic()
        while time.monotonic() - began < LATE:
            if happened():
                return time.monotonic() - began
            time.sleep(0.004)
        raise SystemExit("it did not happen within %d s\n%s" % (LATE, self.watcher.text()))

    def there(self):
        """{UID: flags} of INBOX on the server now."""
        self.client.imap.noop()
        kind, data = self.client.imap.uid("FETCH", "1:*", "(FLAGS)")
        found = {}
        for line in data or []:
            uid, flags = (re.search(what, line or b"") for what in (rb"UID (\d+)", rb"FLAGS \(([^)]*)\)"))
            if uid and flags:
                found[int(uid[1])] = flags[1].decode().split()
        return found

    def names(self):
        found = []
        for where in ("new", "cur"):
            found += os.listdir(os.path.join(self.maildir.folder("INBOX"), where))
        return found

    # -- acts; each returns seconds

    def new_there(self):
        before = set(self.names())
        self.client.append("INBOX", self.corpus.simple())
        return self.until(lambda: set(self.names()) - before)

    def flag_there(self):
        uid = random.choice(sorted(self.there()))
        flagged = sum("F" in n.rpartition(":2,")[2] for n in self.names())
        has = r"\Flagged" in self.there()[uid]
        self.client.imap.uid("STORE", str(uid), "-FLAGS.SILENT" if has else "+FLAGS.SILENT", r"(\Flagged)")
        return self.until(lambda: sum("F" in n.rpartition(":2,")[2] for n in self.names()) != flagged)

    def removed_there(self):
        uid, count = random.choice(sorted(self.there())), len(self.names())
        self.client.imap.uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Deleted)")
        self.client.imap.uid("EXPUNGE", str(uid))
        return self.until(lambda: len(self.names()) < count)

    def new_here(self):
        before = set(self.there())
        self.maildir.put("INBOX", self.corpus.simple())
        return self.until(lambda: set(self.there()) - before)

    def flag_here(self):
        file = random.choice(self.maildir.files("INBOX"))
        count = sum(r"\Answered" in f for f in self.there().values())
        self.maildir.flag(file, **({"remove": "R"} if "R" in file.info else {"add": "R"}))
        return self.until(lambda: sum(r"\Answered" in f for f in self.there().values()) != count)

    def moved_here(self):
        count = len(self.there())
        self.maildir.move(random.choice(self.maildir.files("INBOX")), "Work")
        return self.until(lambda: len(self.there()) < count)

    def removed_here(self):
        count = len(self.there())
        self.maildir.delete(random.choice(self.maildir.files("INBOX")))
        return self.until(lambda: len(self.there()) < count)


THERE = ("new_there", "flag_there", "removed_there")
HERE = ("new_here", "flag_here", "moved_here", "removed_here")


def measure(scene, rounds):
    """{act: [seconds]}"""
    for _ in range(8):
        scene.client.append("INBOX", scene.corpus.simple())
    scene.watcher.process.send_signal(10)
    scene.watcher.rests()
    found = {}
    for act in THERE + HERE if scene.way != "poll" else ("new_there",):
        for _ in range(rounds):
            while len(scene.there()) < 4:
                scene.new_here()
            found.setdefault(act, []).append(getattr(scene, act)())
            time.sleep(random.uniform(0.1, 0.6))
    return found


def judge(way, delay, act, seconds):
    """@return (words, is it met?)"""
    if way == "poll":
        return "within poll + 1 s", max(seconds) <= 61
    side = "there" if act in THERE else "here"
    if (side, delay) not in TARGETS:
        return "", True
    median, worst = TARGETS[side, delay]
    return "%.2f %.1f" % (median, worst), statistics.median(seconds) <= median and max(seconds) <= worst


def print_rows(way, delay, found):
    all_met = True
    for act, seconds in found.items():
        words, met = judge(way, delay, act, seconds)
        all_met = all_met and met
        print("%-8s%-7d%-16s%5d%9.2f%9.2f   %s" % (way, delay, act.replace("_", " "), len(seconds), statistics.median(seconds),
                                                  max(seconds), "" if not words else "%s (%s)" % ("met" if met else "MISSED", words)),
              flush=True)
    return all_met


def waits(pid, seconds):
    """How many waits of at least a second ended within this time, by strace."""
    trace = subprocess.Popen(["strace", "-f", "-T", "-e", "trace=poll,ppoll,select,epoll_wait", "-p", str(pid)], stderr=subprocess.PIPE, text=True)
    time.sleep(seconds)
    trace.terminate()
    lasted = [re.search(r"<([\d.]+)>$", line) for line in trace.communicate()[1].splitlines()]
    return sum(float(found[1]) >= 1 for found in lasted if found)


def measure_idle(server, seconds):
    scene = Scene(server, "idle", "notify", 0)
    try:
        scene.account.set(poll=300)
        scene.watcher.end()
        scene.watcher = Watcher(scene.home, "--json")
        scene.watcher.watching()
        scene.watcher.rests()
        ended = waits(scene.watcher.process.pid, seconds)
        kb = int(scene.watcher.status()["VmRSS"].split()[0])
        runs = scene.watcher.runs()
    finally:
        scene.close()
    most = IDLE_WAKES * seconds / 3600 + seconds // 120
    print("idle for %d s: %d waits ended (%.0f are allowed), %d runs, %d kB resident: %s" % (
        seconds, ended, most, runs, kb, "met" if ended <= most and kb <= IDLE_KB else "MISSED"), flush=True)
    return ended <= most and kb <= IDLE_KB


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[1])
    parser.add_argument("--golub", required=True)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--delays", default="0,25,100", help="milliseconds, one way")
    parser.add_argument("--ways", default="notify,idle,poll")
    parser.add_argument("--idle", type=int, default=0, help="seconds to watch a watcher that has nothing to do")
    options = parser.parse_args()
    os.environ["GOLUB_BIN"] = os.path.abspath(options.golub)
    met = True
    print("%-8s%-7s%-16s%5s%9s%9s" % ("by", "ms", "act", "n", "median", "worst"), flush=True)
    users = {"%s%d" % (way, int(delay)): PASSWORD for way in WAYS for delay in options.delays.split(",")}
    with Dovecot(users={**users, "idle": PASSWORD}) as server:
        for way in [w for w in options.ways.split(",") if w]:
            for delay in [int(d) for d in options.delays.split(",")] if way != "poll" else [25]:
                scene = Scene(server, "%s%d" % (way, delay), way, delay)
                try:
                    met = print_rows(way, delay, measure(scene, options.rounds if way != "poll" else 3)) and met
                finally:
                    scene.close()
        if options.idle:
            met = measure_idle(server, options.idle) and met
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
