"""What is measured of moving in: the first `golub sync` of a tree that mbsync or OfflineIMAP left in sync, with and without `golub adopt`."""
import os
import re
import subprocess
import tempfile

from clients import Golub, Relay
from rig.fill import mails
from rig.golub import binary
from rig.movers import Mbsync, OfflineImap
from rows import DELAY, KB, Line

SIZES = (300, 3000, 30000)
MAILBOXES = ("INBOX", "Work", "Work/2024")  # a third each
MEDIAN = 4096
# What each leaves, and the layout in which golub finds it
MOVERS = ((Mbsync, {}), (OfflineImap, {"layout": "flat"}))
PLAIN, ADOPTED = 1.0, 0.15  # kB down a message, at most
FILLING = 3600  # seconds that the other program may take for its tree


class Newcomer(Golub):
    """A golub that has never seen the tree."""
    name = "golub"

    def __init__(self, tools, user, port, root, **keys):
        super().__init__(tools, user, port, maildir=root, **keys)
        self.words = ["sync"]

    def command(self):
        return [binary(), "-v", self.words[0], "bench", *self.words[1:]]


def can_adopt():
    return "golub adopt" in subprocess.run([binary(), "--help"], stdout=subprocess.PIPE, text=True).stdout


def fill(bench, user, count):
    """@return messages a mailbox"""
    each = [count // 3, count // 3, count - 2 * (count // 3)]
    with bench.wire(user) as wire:
        for seed, (name, share) in enumerate(zip(MAILBOXES, each)):
            if name != "INBOX":
                wire.command(b'CREATE "%s"' % name.encode())
            wire.append(name, mails(share, median=MEDIAN, seed=seed), flags=b"\\Seen")
    return each


def there(bench, user):
    with bench.wire(user) as wire:
        return [int(re.search(rb"MESSAGES (\d+)", wire.command(b'STATUS "%s" (MESSAGES)' % name.encode())[0]).group(1)) for name in MAILBOXES]


def names(root):
    """Every file with mail in it, below the root."""
    return sorted(os.path.relpath(os.path.join(path, name), root) for path, _, files in os.walk(root) for name in files
                  if os.path.basename(path) in ("cur", "new"))


def asked(log):
    """What went up, as far as the relay wrote it down: (readings of bodies, uploads)."""
    with open(log, "rb") as f:
        text = f.read()
    return len(re.findall(rb"BODY\.PEEK\[\]|BODY\[\]", text)), len(re.findall(rb"\r\n?\w+ APPEND |\n\w+ APPEND ", text))


class Arrival:
    """One tree, and what golub makes of it."""

    def __init__(self, bench, user, root, count, keys):
        self.bench, self.user, self.root, self.count = bench, user, root, count
        self.each, self.before = there(bench, user), names(root)
        self.program = Newcomer(bench.tools, user, bench.server.port, root, **keys)

    def run(self, *words):
        """Through the relay. @return Cost with bodies and uploads"""
        self.program.words = list(words)
        with tempfile.TemporaryDirectory() as folder:
            log = os.path.join(folder, "log")
            with Relay(self.bench.tools, self.bench.server.port, DELAY, log) as relay:
                cost = self.program.run(relay)
            cost.bodies, cost.uploads = asked(log)
        return cost

    def judge(self, line, cost, kilobytes):
        if there(self.bench, self.user) != self.each or names(self.root) != self.before:
            cost.note = "NOT DONE"
        line.ask("<= %.2f kB a message down (%.2f)" % (kilobytes, cost.down / KB / self.count), cost.down <= kilobytes * KB * self.count)
        line.ask("0 bodies", cost.bodies == 0)
        line.ask("0 uploads", cost.uploads == 0)

    def close(self):
        self.program.close()


def sync_alone(bench, line, user, root, count, keys):
    arrival = Arrival(bench, user, root, count, keys)
    try:
        bench.say("%s: sync" % line.what)
        cost = line.costs["golub"] = arrival.run("sync")
        arrival.judge(line, cost, PLAIN)
    finally:
        arrival.close()


def adopt_and_sync(bench, line, user, mover, count, keys):
    """Both runs count as one."""
    arrival = Arrival(bench, user, mover.root, count, keys)
    state = ["--state", os.path.join(mover.folder, "meta")] if isinstance(mover, OfflineImap) else []
    try:
        bench.say("%s: adopt" % line.what)
        first = arrival.run("adopt", *state)
        cost = line.costs["golub"] = arrival.run("sync")
        for name in ("seconds", "user", "system", "fsync", "syncfs", "bodies", "uploads"):
            setattr(cost, name, getattr(cost, name) + getattr(first, name))
        cost.resident = max(cost.resident, first.resident)
        cost.wire = {name: cost.wire[name] + first.wire[name] for name in ("turns", "up", "down")}
        arrival.judge(line, cost, ADOPTED)
    finally:
        arrival.close()


def moving_in(bench):
    """Row 9: at 50 ms. Each line as soon as it is known: the large trees take long to fill."""
    for kind, keys in MOVERS:
        if not kind.is_here():
            yield Line(9, "%s: skipped, it is not installed" % kind.program)
            continue
        for count in [bench.size(size) for size in SIZES]:
            user = bench.user()
            bench.say("moving in: %s fills a tree of %d messages" % (kind.program, count))
            fill(bench, user, count)
            mover = kind(bench.server, user, "secret")
            copy = mover.root + ".copy"
            try:
                mover.limit = FILLING
                mover.sync()
                subprocess.run(["cp", "-a", mover.root, copy], check=True)
                what = "moving in at %d ms from %s, %d messages: " % (2 * DELAY, kind.program, count)
                line = Line(9, what + "first sync")
                sync_alone(bench, line, user, copy, count, keys)
                yield line
                line = Line(9, what + "adopt and first sync" + ("" if can_adopt() else ": skipped, this golub has no adopt"))
                if can_adopt():
                    adopt_and_sync(bench, line, user, mover, count, keys)
                yield line
            finally:
                mover.close()


ROWS = {9: moving_in}
