"""What is measured. A row prepares both sides, lets each program do the same, and looks whether it was done."""
import os
import random
import re
import shutil
import subprocess
import time

from clients import Golub, Mbsync, Relay
from rig.fill import START, Wire, clone, mails, number_of, numbered, small

DELAY = 25  # milliseconds one way
KB, MB = 1000, 1_000_000


class Line:
    """One scenario: what each program cost, and what is asked of golub as (sentence, true)."""

    def __init__(self, row, what):
        self.row, self.what = row, what
        self.costs = {}
        self.targets = []

    def ask(self, sentence, true):
        self.targets.append((sentence, bool(true)))

    def ask_seconds(self, bench, most):
        """Of the full size alone, and on a quiet machine."""
        if bench.scale == 1:
            self.ask("<= %.3g s" % most, self.costs["golub"].seconds <= most)


class Bench:
    """The server, the tools, and how large all is to be."""

    def __init__(self, server, tools, scale=1.0, others=True, log=None):
        self.server, self.tools, self.scale, self.log = server, tools, scale, log
        self.others = others
        self.mbsync = others and Mbsync.available()
        self.users = iter(list(server.users))
        self.say = lambda text: None

    def size(self, full):
        return max(40, int(full * self.scale))

    def user(self):
        return next(self.users)

    def wire(self, user):
        return Wire(self.server.port, user)

    def relay(self, name, delay=DELAY, port=None):
        log = "%s.%s" % (self.log, name.replace(" ", "-")) if self.log else None
        return Relay(self.tools, port or self.server.port, delay, log)

    def programs(self, users, **more):
        """Golub, and mbsync if it is to run; users: one for both, or one each."""
        users = users if isinstance(users, (list, tuple)) else (users, users)
        made = [Golub(self.tools, users[0], self.server.port, max_delete="off")]
        if self.mbsync:
            made.append(Mbsync(self.tools, users[1], self.server.port, **more))
        return made

    def twins(self, user):
        """Two users with the same mail, one for each program."""
        if not self.mbsync:
            return user, user
        other = self.user()
        clone(self.server, user, other)
        return user, other


def close(programs):
    for program in programs:
        program.close()


class Floor:
    """What the bytes and the turns alone cost: a bare socket that asks for the same, and throws away what it gets."""
    user = system = 0.0
    resident = fsync = syncfs = 0
    note = ""

    def __init__(self, seconds, wire):
        self.seconds = seconds
        self.turns, self.up, self.down = (wire[name] if wire else None for name in ("turns", "up", "down"))


def bare_fetch(bench, user, relay, names):
    """LIST with STATUS, then the sizes and then the bodies of these mailboxes, each in one go. @return Floor"""
    if relay:
        relay.reset()
    began = time.monotonic()
    with Wire(relay.port if relay else bench.server.port, user) as wire:
        wire.command(b'LIST "" "*" RETURN (STATUS (MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ))')
        for what in (b"UID FLAGS INTERNALDATE RFC822.SIZE", b"UID BODY.PEEK[]") if names else ():
            wire.pour(b"".join(b'x SELECT "%s"\r\nx UID FETCH 1:* (%s)\r\n' % (name.encode(), what) for name in names))
        wire.command(b"LOGOUT")
    return Floor(time.monotonic() - began, relay.stats() if relay else None)


def first_sync(bench):
    """Row 1: seconds, durable, straight to the server."""
    user, count = bench.user(), bench.size(20000)
    with bench.wire(user) as wire:
        count, size = wire.append("INBOX", mails(count))
    line = Line(1, "first sync, %d messages, %d MB" % (count, size // MB))
    programs = bench.programs(user)
    try:
        for program in programs:
            bench.say("%s: %s" % (line.what, program.name))
            cost = line.costs[program.name] = program.run(port=bench.server.port)
            if len(program.files("INBOX")) != count:
                cost.note = "NOT DONE"
            if program.name == "golub":
                cost.note = cost.note or program.said_flushes(cost)
    finally:
        close(programs)
    golub = line.costs["golub"]
    line.costs["floor"] = bare_fetch(bench, user, None, ["INBOX"])
    line.ask_seconds(bench, 3.0)
    if bench.mbsync:
        line.ask("<= 1/5 of mbsync's time", golub.seconds <= line.costs["mbsync"].seconds / 5)
    line.ask("<= 16 MB resident", golub.resident <= 16 * MB)
    return [line]


def many_mailboxes(bench):
    """Row 2: turns at 50 ms."""
    user, boxes = bench.user(), bench.size(200)
    with bench.wire(user) as wire:
        names = ["INBOX"] + ["box%03d" % n for n in range(1, boxes)]
        for name in names[1:]:
            wire.command(b'CREATE "%s"' % name.encode())
        for i, name in enumerate(names):
            wire.append(name, (numbered(i * 1000 + n, m) for n, m in enumerate(mails(20, median=2048, seed=i, pool=20))))
    scene = "%d mailboxes x 20 at %d ms: " % (boxes, 2 * DELAY)
    plan = (("first sync", 5, 1.0, boxes * 20), ("no change", 3, 0.22, boxes * 20), ("one new mail", 5, None, boxes * 20 + 1))
    lines = [Line(2, scene + what) for what, *_ in plan]
    programs = bench.programs(user)
    try:
        with bench.relay("2") as relay:
            for line, (what, turns, seconds, there) in zip(lines, plan):
                if what == "one new mail":
                    with bench.wire(user) as wire:
                        wire.append(names[-1], small(1))
                for program in programs:
                    bench.say("%s: %s" % (line.what, program.name))
                    cost = line.costs[program.name] = program.run(relay)
                    if sum(len(program.files(n)) for n in names) != there:
                        cost.note = "NOT DONE"
                golub = line.costs["golub"]
                line.costs["floor"] = bare_fetch(bench, user, relay, {"first sync": names, "no change": []}.get(what, names[-1:]))
                line.ask("<= %d turns" % turns, golub.turns <= turns)
                if seconds:
                    line.ask_seconds(bench, seconds)
            lines[0].ask("<= 60 fsync", lines[0].costs["golub"].fsync <= 60)
    finally:
        close(programs)
    return [lines[1], lines[0], lines[2]]


# Calls that name a file or look at an open one: a message's path in them means that it was looked at.
LOOKING = "stat,lstat,newfstatat,statx,fstat,open,openat,access,faccessat,faccessat2,readlink,getxattr"


def digests_alone(root):
    """@return the seconds that sha256sum needs for the bytes of all mail."""
    began = time.monotonic()
    subprocess.run("find . -type f -print0 | xargs -0 cat | sha256sum", shell=True, cwd=root, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - began


def verify(bench, golub, count):
    """Row 3: golub verify of what is in sync."""
    lines = []
    for words in (("verify",), ("verify", "--bytes"), ("verify", "--server")):
        line = Line(3, "golub %s of %d messages" % (" ".join(words), count))
        bench.say(line.what)
        golub.words = words
        with bench.relay("3", 0) as relay:
            cost = line.costs["golub"] = golub.run(relay)
        if "equal" not in cost.out:
            cost.note = "NOT EQUAL"
        line.ask("<= 16 MB resident", cost.resident <= 16 * MB)
        if words == ("verify",):
            line.ask("<= 2 s", cost.seconds <= 2)
        if "--bytes" in words:
            alone = digests_alone(golub.root)
            line.ask("<= twice the %.1f s of sha256sum" % alone, cost.seconds <= 2 * alone)
        lines.append(line)
    return lines


def touch_one(bench, golub, what, count):
    """Row 3: one file of a large mailbox is renamed (\\Flagged), or removed."""
    line = Line(3, "one mailbox of %d messages: one file %s" % (count, what))
    bench.say(line.what)
    path = next(p for p in golub.files("INBOX") if number_of(p) == 10)
    if what == "removed":
        os.unlink(path)
    else:
        base, _, letters = os.path.basename(path).partition(":2,")
        cur = os.path.join(os.path.dirname(os.path.dirname(path)), "cur")
        os.rename(path, os.path.join(cur, base + ":2," + "".join(sorted(letters + "F"))))
    with bench.relay("3", 0) as relay:
        cost = line.costs["golub"] = golub.run(relay)
    most = (0.15 if what == "renamed" else 0.3) * max(1, count / 100000)
    line.ask("<= %.3g s of processor time" % most, cost.user + cost.system <= most)
    return line


def one_large_mailbox(bench):
    """Row 3: nothing changed in a large mailbox."""
    user, count = bench.user(), bench.size(100000)
    with bench.wire(user) as wire:
        wire.append("INBOX", small(count, 300))
    line = Line(3, "one mailbox of %d messages: no change" % count)
    programs = bench.programs(user, fsync=False)
    looked = []
    try:
        for program in programs:
            bench.say("one mailbox of %d messages, first sync: %s" % (count, program.name))
            first = program.run(port=bench.server.port)
            bench.say("  %.1f s, %.1f MB resident" % (first.seconds, first.resident / MB))
            if len(program.files("INBOX")) != count:
                raise RuntimeError("%s did not fetch all" % program.name)
            with bench.relay("3", 0) as relay:
                program.run(relay)  # what the first sync wrote is seen as clean from the second on
                line.costs[program.name] = program.run(relay)
        message = re.compile(re.escape(programs[0].root) + r"[^\">]*/(?:cur|new)/[^\"/>]+[\">]|\"[^\"/]*\.[^\"/]*:2,")
        looked = [c for c in programs[0].traced(bench.server.port, LOOKING) if message.search(c)]
        touched = [touch_one(bench, programs[0], what, count) for what in ("renamed", "removed")]
        verified = verify(bench, programs[0], count - 1)
    finally:
        close(programs)
    golub = line.costs["golub"]
    line.ask("<= 4 kB received", golub.down <= 4 * KB)
    line.ask("<= 16 MB resident", golub.resident <= 16 * MB)
    line.ask("no message file looked at" + (": %d, %s" % (len(looked), looked[0][:120]) if looked else ""), not looked)
    return [line, *touched, *verified]


class Changes:
    """Row 4: what users do to a mailbox of 10,000, on one side, and the sync afterwards at 50 ms."""

    SECONDS = {"flags_down": 0.4, "flags_up": 0.4, "mails_up": 1.2, "moves_up": 0.7, "deletes_up": 0.8}

    def __init__(self, bench):
        self.bench = bench
        self.count, self.many, self.moved = bench.size(10000), bench.size(5000), bench.size(2000)
        self.rng = random.Random(4)

    def run(self):
        bench, user = self.bench, self.bench.user()
        with bench.wire(user) as wire:
            wire.command(b'CREATE "Archive"')
            wire.append("INBOX", small(self.count, 900))
        users = bench.twins(user)
        programs = bench.programs(users)
        try:
            for program in programs:
                bench.say("changes: first sync: %s" % program.name)
                program.run(port=bench.server.port)
                program.run(port=bench.server.port)
            return [self.scenario(step, programs, users) for step in
                    (self.flags_down, self.flags_up, self.mails_up, self.moves_up, self.deletes_up)]
        finally:
            close(programs)

    def scenario(self, step, programs, users):
        line = Line(4, "")
        for program, user in zip(programs, users):
            change, check, line.what, asks = step()
            self.bench.say("%s: %s" % (line.what, program.name))
            change(program, user)
            with self.bench.relay("4 " + step.__name__) as relay:
                cost = line.costs[program.name] = program.run(relay)
            if not check(program, user):
                cost.note = "NOT DONE"
            if program.name == "golub":
                for sentence, true in asks:
                    line.ask(sentence, true(cost))
                line.ask_seconds(self.bench, self.SECONDS[step.__name__])
        return line

    # -- looking

    def numbered_files(self, program, mailbox="INBOX"):
        return {number_of(p): p for p in program.files(mailbox)}

    def there(self, user, mailbox, search=b"ALL"):
        """How many the server has."""
        with self.bench.wire(user) as wire:
            wire.command(b'EXAMINE "%s"' % mailbox.encode())
            return len(b" ".join(wire.command(b"SEARCH " + search)).split()) - 2

    # -- the changes: (do it, was it carried?, what it is, what is asked)

    def flags_down(self):
        gone = 11

        def change(_, user):
            with self.bench.wire(user) as wire:
                wire.command(b'SELECT "INBOX"')
                wire.command(b"STORE 1:%d +FLAGS.SILENT (\\Seen)" % self.many)
                where = b"%d:%d" % (self.count - gone, self.count - 1)
                wire.command(b"STORE %s +FLAGS.SILENT (\\Deleted)" % where)
                wire.command(b"EXPUNGE")

        def check(program, _):
            files = program.files("INBOX")
            return len(files) == self.count - gone and sum(p.endswith(":2,S") for p in files) == self.many
        return change, check, "%d flags and %d expunges pulled" % (self.many, gone), [
            ("<= 12 turns", lambda c: c.turns <= 12), ("<= 400 kB down", lambda c: c.down <= 400 * KB)]

    def flags_up(self):
        """5,000 out of the last 5,500: the UIDs are runs with gaps, as a user's are."""
        def change(program, _):
            files = self.numbered_files(program)
            numbers = sorted(files)[-min(len(files), self.many * 11 // 10):]
            for n in random.Random(5).sample(numbers, min(self.many, len(numbers))):
                path, _, letters = files[n].partition(":2,")
                folder, base = os.path.split(path)
                os.rename(files[n], os.path.join(os.path.dirname(folder), "cur", base + ":2," + "".join(sorted(letters + "F"))))

        def check(_, user):
            return self.there(user, "INBOX", b"FLAGGED") == self.many
        return change, check, "%d flags pushed" % self.many, [
            ("<= 12 turns", lambda c: c.turns <= 12), ("<= 20 kB up", lambda c: c.up <= 20 * KB),
            ("<= 400 kB down", lambda c: c.down <= 400 * KB)]

    def mails_up(self):
        def change(program, _):
            maildir = program.maildir()
            for n, data in enumerate(small(self.many, 10700)):  # with dates of their own, as all other mail of this bench
                maildir.put("INBOX", data.replace(b"\r\n", b"\n").replace(b"X-Number: ", b"X-Number: 7000000"), "S", START + n * 61)

        def check(_, user):
            return self.there(user, "INBOX") == self.count - 11 + self.many
        return change, check, "%d new mails of 10.7 kB pushed" % self.many, [
            ("<= 32 MB resident", lambda c: c.resident <= 32 * MB)]

    def moves_up(self):
        """By a mail reader that gives them new names."""
        def change(program, _):
            files, maildir = self.numbered_files(program), program.maildir()
            for n in sorted(files)[:self.moved]:
                letters = files[n].partition(":2,")[2]
                os.rename(files[n], os.path.join(program.root, "Archive", "cur", maildir.fresh_base() + ":2," + letters))

        def check(_, user):
            return (self.there(user, "Archive") == self.moved and
                    self.there(user, "INBOX") == self.count - 11 + self.many - self.moved)
        return change, check, "%d mails moved to another folder" % self.moved, [
            ("<= 14 turns", lambda c: c.turns <= 14), ("< 100 kB up", lambda c: c.up < 100 * KB)]

    def deletes_up(self):
        def change(program, _):
            files = self.numbered_files(program)
            for n in sorted(files)[:self.moved]:
                os.unlink(files[n])

        def check(_, user):
            return self.there(user, "INBOX") == self.count - 11 + self.many - 2 * self.moved
        return change, check, "%d deletes pushed" % self.moved, [("<= 14 turns", lambda c: c.turns <= 14)]


def changes(bench):
    """Row 4."""
    return Changes(bench).run()


def one_large_message(bench):
    """Row 5: memory, both ways."""
    size = int(54 * MB * max(bench.scale, 0.2))
    user = bench.user()
    line_of = b"the road went round the hill so that every cart could rest once before\r\n"
    large = numbered(1, b"Subject: large\r\n\r\n" + line_of * (size // len(line_of)))
    with bench.wire(user) as wire:
        wire.append("INBOX", [large])
    users = bench.twins(user)
    programs = bench.programs(users)
    lines = [Line(5, "one message of %d MB: %s" % (size // MB, way)) for way in ("down", "up")]
    try:
        for program, user in zip(programs, users):
            bench.say("%s: %s" % (lines[0].what, program.name))
            cost = lines[0].costs[program.name] = program.run(port=bench.server.port)
            sizes = [os.path.getsize(p) for p in program.files("INBOX")]
            if len(sizes) != 1 or abs(sizes[0] - (len(large) - large.count(b"\r\n"))) > 100:  # mbsync adds a header
                cost.note = "NOT DONE"
            program.maildir().put("INBOX", large.replace(b"\r\n", b"\n").replace(b"X-Number: 1\n", b"X-Number: 2\n"), "S")
            bench.say("%s: %s" % (lines[1].what, program.name))
            cost = lines[1].costs[program.name] = program.run(port=bench.server.port)
            with bench.wire(user) as wire:
                wire.command(b'EXAMINE "INBOX"')
                sizes = [int(n) for n in re.findall(rb"RFC822.SIZE (\d+)", b" ".join(wire.command(b"FETCH 1:* (RFC822.SIZE)")))]
            if len(sizes) != 2 or min(sizes) < len(large):
                cost.note = "NOT DONE"
    finally:
        close(programs)
    for line in lines:
        line.ask("<= 24 MB resident", line.costs["golub"].resident <= 24 * MB)
    return lines


ROWS = {1: first_sync, 2: many_mailboxes, 3: one_large_mailbox, 4: changes, 5: one_large_message}


def remove_mail(server):
    """The users' mail of a row that is over."""
    folder = os.path.join(server.folder, "mail")
    for name in os.listdir(folder):
        shutil.rmtree(os.path.join(folder, name), ignore_errors=True)
