"""
One row of the table of bent answers: two mailboxes that are well beside one that is bent, what was done in all of them on both sides,
and what must hold after each run. bent_imap.py and bent_pop.py have the rows, test_bent.py runs them.
"""
import collections
import re
import time

from rig import ahead, bent
from rig.evil import CLOSE, STALL
from rig.golub import Account, Home
from rig.maildir import wire_form

INBOX, BENT, WORK = "INBOX", "Bent box", "Work"
BOXES = (INBOX, BENT, WORK)
COUNT = 8              # messages in each at the beginning
BENT_RUNS = 3          # within which all that is not bent must come through
UNANSWERED = 6         # seconds after which a command whose answer was lost is no longer under way
SETTLE = 14            # seconds within which a server that is well again brings both sides together
ALL = "all"            # even the bent mailbox comes through
DAY = 25 * 3600


class Fault(Exception):
    """What is not as it must be. law: a message lost, doubled or changed"""

    def __init__(self, words, law=False):
        super().__init__(words)
        self.law = law


class Row:
    """
    what    the name
    bend    a function of an Ask (on, on_list)
    exit    the exit statuses that a run may end with while the server is bent
    bent    ALL, or what comes through in the bent mailbox nevertheless: of "new there", "new here", "seen there", "flagged here",
            "removed there", "removed here"
    waits   what needs not come through beside it as long as the server is bent (a pattern on "MAILBOX: what")
    ends    what may differ at the end, since golub can't know better (a pattern on the words of different())
    after   the exit status of the runs with a server that is well again
    says    a pattern that standard error holds where the exit status is not 0
    server  its capabilities
    first   the server is bent from the first sync on; else both sides are in sync before
    apart   seconds between the runs: a command without an answer may be under way for some of them
    """

    def __init__(self, what, bend, exit=(1,), bent=(), waits=None, ends=None, after=0, says=None, server=bent.PLAIN, first=False,
                 timeout=2):
        self.what, self.bend, self.exit, self.bent, self.waits, self.ends = what, bend, tuple(exit), bent, waits, ends
        self.after = after
        self.apart = 0
        self.says, self.server, self.first, self.timeout = says or re.escape(BENT), server, first, timeout


# -- the words of the table


def on(command, change, asking=None, mailbox=BENT, into=None, times=None):
    """Bend answers to a command about a mailbox (into: that copies or moves to one) whose arguments match, so many times."""
    left = [times]

    def bend(ask):
        if not re.fullmatch(command, ask.command) or left[0] == 0:
            return None
        if into is None and mailbox is not None and ask.mailbox != mailbox or into is not None and ask.words[-1].decode() != into:
            return None
        if asking is not None and not re.search(asking, ask.args):
            return None
        if left[0] is not None:
            left[0] -= 1
        return change(ask)
    return bend


def on_list(change):
    return on("LIST|LSUB", change, mailbox=None)


def swap(pattern, by):
    return lambda ask: [re.sub(pattern, by, part) for part in ask.truth()]


def without(pattern):
    return lambda ask: [part for part in ask.truth() if not re.search(pattern, part)]


def twice(pattern):
    return lambda ask: [part for part in ask.truth() for _ in range(2 if re.search(pattern, part) else 1)]


def backwards(ask):
    return ask.truth()[-2::-1] + ask.truth()[-1:]


def tagged_first(ask):
    return ask.truth()[-1:] + ask.truth()[:-1]


def first(*parts):
    """These, then the truth."""
    return lambda ask: [*parts, *ask.truth()]


def last(*parts):
    """These between the untagged answers and the tagged one."""
    return lambda ask: [*ask.truth()[:-1], *parts, ask.truth()[-1]]


def instead(*parts):
    """Nothing is done, and this is the answer."""
    return lambda ask: list(parts)


def done_but(*parts):
    """It is done, and this is the answer."""
    def change(ask):
        ask.truth()
        return list(parts)
    return change


def broken_after(pattern, how=CLOSE):
    """The line ends before the first answer that matches, or in the middle of it."""
    def change(ask):
        truth = ask.truth()
        for n, part in enumerate(truth):
            if re.search(pattern, part):
                return [*truth[:n], part[:len(part) // 2], how]
        return truth
    return change


# -- a scene


class Scene:
    def __init__(self, row):
        self.row = row
        self.names = {}      # digest: name of the message
        self.bytes = {}      # name: bytes in wire form
        self.want = collections.defaultdict(dict)  # mailbox: {name: flags} at the end
        self.removed = set()
        self.log = []        # (exit status, standard error) of the bent runs
        self.through = None  # number of the bent run after which all beside was done
        self.bends = 0
        self.aged = False

    def run(self):
        """@return the words for the table. Raises Fault"""
        with bent.BentServer(BENT, WORK, capabilities=self.row.server) as self.server, Home() as self.home:
            self.account = Account(self.home, "imap://127.0.0.1:%d" % self.server.port, tls="none", timeout=self.row.timeout)
            for name in BOXES:
                for n in range(1, COUNT + 1):
                    self.there(name, "%s %d" % (name, n))
            if not self.row.first:
                self.well("before anything is bent", aged=False)
                self.busy()
            self.while_bent()
            self.well("with a server that is well again")
            self.idle()
            return self.told()

    @property
    def here(self):
        return self.account.maildir

    # -- what both sides do

    def mail(self, name):
        self.bytes[name] = ("From: ana@example.org\r\nTo: bob@example.net\r\nSubject: %s\r\nMessage-ID: <%s@mail.example>\r\n"
                            "Date: Tue, 03 Mar 2026 10:00:00 +0000\r\n\r\nThis is %s.\r\n.\r\n"
                            % (name, name.replace(" ", "."), name * (1 + len(self.bytes) % 5))).encode()
        message = bent.Message(0, self.bytes[name], (), "", 0)
        self.names[message.digest] = name
        return message.bytes

    def there(self, mailbox, name):
        self.want[mailbox][name] = frozenset()
        return self.server.mailboxes[mailbox].add(self.mail(name))

    def uid(self, mailbox, name):
        return next(m.uid for m in self.server.mailboxes[mailbox].messages if m.bytes == self.bytes[name])

    def busy(self):
        """In each mailbox, on each side: something new, a flag, a removal and a move; one mailbox made on each side."""
        after = {INBOX: (WORK, WORK), BENT: (WORK, INBOX), WORK: (BENT, BENT)}
        with self.server.lock:
            for name in BOXES:
                box = self.server.mailboxes[name]
                box.expunge(self.uid(name, name + " 1"))
                box.flag(self.uid(name, name + " 2"), "+", ["\\Seen"])
                self.there(name, name + " new there")
                moved = box.of(self.uid(name, name + " 6"))
                self.server.mailboxes[after[name][1]].add(moved.bytes, moved.flags, moved.date)
                box.expunge(moved.uid)
            self.server.make("Fresh")
            self.there("Fresh", "Fresh new there")
        for name in BOXES:
            self.here.delete(self.find(name, name + " 3"))
            self.here.flag(self.find(name, name + " 4"), add="F")
            self.here.deliver(name, self.mail(name + " new here").replace(b"\r\n", b"\n"))
            self.here.move(self.find(name, name + " 5"), after[name][0])
        self.here.create("Mine")
        self.here.deliver("Mine", self.mail("Mine new here").replace(b"\r\n", b"\n"))
        self.want["Mine"]["Mine new here"] = frozenset()
        for name in BOXES:
            want = self.want[name]
            for n in (1, 3):
                del want["%s %d" % (name, n)]
                self.removed.add("%s %d" % (name, n))
            want[name + " 2"], want[name + " 4"] = frozenset(["\\Seen"]), frozenset(["\\Flagged"])
            want[name + " new here"] = frozenset()
            for n, where in zip((5, 6), after[name]):
                self.want[where]["%s %d" % (name, n)] = want.pop("%s %d" % (name, n))

    def find(self, mailbox, name):
        return self.here.find(mailbox, self.bytes[name])

    # -- what both sides hold

    def trees(self):
        """(here, there): {mailbox: {name: [flags of each copy]}}"""
        here, there = collections.defaultdict(dict), collections.defaultdict(dict)
        for mailbox in self.here.mailboxes():
            for f in self.here.files(mailbox):
                here[mailbox].setdefault(self.names.get(f.digest, f.digest), []).append(f.flags)
        with self.server.lock:
            for box in self.server.mailboxes.values():
                for m in box.messages:
                    there[box.name].setdefault(self.names.get(m.digest, m.digest), []).append(frozenset(m.flags))
        return here, there

    def laws(self, when, doubles=True):
        """Nothing lost, doubled or changed."""
        sides = self.trees()
        for side, tree in zip(("here", "there"), sides):
            for mailbox, messages in tree.items():
                for name, copies in messages.items():
                    if name not in self.bytes and not (side == "here" and self.piece(mailbox, name)):
                        raise Fault("%s: bytes that nobody wrote are %s in %s" % (when, side, mailbox), law=True)
                    if doubles and len(copies) > 1:
                        raise Fault("%s: %s is %s %d times in %s" % (when, name, side, len(copies), mailbox), law=True)
        held = {name for tree in sides for messages in tree.values() for name in messages}
        kept = {wire_form(data) for data in self.account.quarantined()}
        for name, data in self.bytes.items():
            if name in held or name in self.removed and (name.endswith(" 3") or data in kept):
                continue
            if data not in kept:
                raise Fault("%s: %s is lost" % (when, name), law=True)
            raise Fault("%s: %s is in the quarantine alone" % (when, name))
        return sides

    def piece(self, mailbox, digest):
        """This file is the beginning of a message that the server still has: it was all that came, twice."""
        data = next(f.wire() for f in self.here.files(mailbox) if f.digest == digest)
        return any(m.bytes.startswith(data) for box in self.server.mailboxes.values() for m in box.messages)

    def missing(self, mailboxes):
        """What has not come through in these mailboxes, as "MAILBOX: what"."""
        here, there = self.trees()
        found = []
        for box in mailboxes:
            if self.row.first or box == "Fresh":
                found += ["%s: %s" % (box, n[len(box) + 1:]) for n in self.want[box] if n.startswith(box) and n not in here[box]]
                continue
            if box == "Mine":
                found += [] if "Mine new here" in there[box] else ["Mine: new here"]
                continue
            found += ["%s: %s" % (box, what) for what, done in {
                "new there": box + " new there" in here[box], "new here": box + " new here" in there[box],
                "seen there": here[box].get(box + " 2") == [{"\\Seen"}], "flagged here": there[box].get(box + " 4") == [{"\\Flagged"}],
                "removed there": box + " 1" not in here[box], "removed here": box + " 3" not in there[box]}.items() if not done]
        if INBOX in mailboxes and not self.row.first:
            found += [] if "INBOX 5" in there[WORK] and "INBOX 5" not in there[INBOX] else ["INBOX: moved here"]
            found += [] if "INBOX 6" in here[WORK] and "INBOX 6" not in here[INBOX] else ["INBOX: moved there"]
        return found

    def differences(self):
        for side, tree in zip(("here", "there"), self.trees()):
            for mailbox in sorted({*self.want, *tree}):
                want, have = self.want[mailbox], tree[mailbox]
                for name in sorted({*want, *have}):
                    if name not in have:
                        yield "%s is not %s in %s" % (name, side, mailbox)
                    elif name not in want:
                        yield "%s is %s in %s" % (name, side, mailbox)
                    elif have[name] != [want[name]]:
                        yield "%s has %s %s in %s" % (name, ", ".join(" ".join(sorted(f)) or "no flag" for f in have[name]), side, mailbox)

    def different(self):
        """@return what is not as wanted at the end, None: nothing"""
        return next((d for d in self.differences() if not (self.row.ends and re.search(self.row.ends, d))), None)

    # -- the runs

    def sync(self):
        try:
            return self.account.sync(timeout=60, env=ahead.by(DAY if self.aged else self.row.apart * len(self.log)))
        except AssertionError as e:
            raise Fault(str(e).splitlines()[0]) from None
        finally:
            if self.server.errors:
                raise self.server.errors[0]

    def while_bent(self):
        def bend(ask):
            answer = self.row.bend(ask)
            self.bends += answer is not None
            return answer
        self.server.bend = bend
        beside = [b for b in BOXES if b != BENT] + ([] if self.row.first else ["Fresh", "Mine"])
        for number in range(1, BENT_RUNS + 2):
            run = self.sync()
            self.log.append(run)
            self.laws("bent run %d" % number, doubles=False)
            missing = [m for m in self.missing(beside) if not (self.row.waits and re.search(self.row.waits, m))]
            if not missing and self.through is None:
                self.through = number
            if number == BENT_RUNS:
                if not missing or not all(re.search(": (new|moved) here", m) for m in missing):
                    break
                time.sleep(UNANSWERED)
        if not self.bends:
            raise Fault("nothing was bent")
        if missing:
            raise Fault("beside it there is missing: " + (", ".join(missing) if len(missing) < 6 else "%d things" % len(missing)))
        for number, run in enumerate(self.log, 1):
            if run.code not in self.row.exit:
                raise Fault("exit status %d in bent run %d" % (run.code, number))
            if run.code and not re.search(self.row.says, run.err):
                raise Fault("no sentence that names it in bent run %d" % number)
        missing = [m for m in self.missing([BENT]) if self.row.bent == ALL or m.split(": ")[1] in self.row.bent]
        if missing:
            raise Fault("nevertheless there is missing: " + ", ".join(missing))
        if self.row.bent == ALL and self.different():
            raise Fault("nevertheless " + self.different())

    def well(self, when, aged=True):
        """Runs until both sides are what they have to be."""
        self.server.bend = None
        fine = self.row.after if aged else 0
        until = time.monotonic() + SETTLE
        for number in range(100):
            run = self.sync()
            self.laws("run %d %s" % (number + 1, when), doubles=False)
            if run.code == fine and not self.different():
                break
            self.aged = aged and number > 0  # what is asked again once a day is due
            if number > 1:
                if time.monotonic() > until:
                    break
                time.sleep(0.7)
        self.laws(when)
        if self.different():
            raise Fault("%s: %s (exit status %d)" % (when, self.different(), run.code))
        if run.code != fine:
            raise Fault("%s: exit status %d" % (when, run.code))

    def idle(self):
        """Nothing is left to do."""
        self.server.asked.clear()
        run = self.sync()
        if run.code != self.row.after or self.server.changing():
            raise Fault("a run with nothing to do ends with %d and sends %s" % (run.code, self.server.changing()[:3]))

    # -- telling

    def told(self):
        return "exit %s, all beside it after run %s%s" % ("/".join(str(r.code) for r in self.log), self.through,
                                                          "; " + self.sentence() if self.sentence() else "")

    def sentence(self):
        lines = [line for run in self.log for line in run.err.splitlines() if "sent in the clear" not in line]
        chosen = next((line for line in lines if re.search(self.row.says, line)), lines[0] if lines else "")
        return re.sub(r"127\.0\.0\.1:\d+", "SERVER", chosen)


__all__ = ["ALL", "BENT", "CLOSE", "INBOX", "STALL", "WORK", "Fault", "Row", "Scene", "backwards", "broken_after", "done_but",
           "first", "instead", "last", "on", "on_list", "swap", "tagged_first", "twice", "without"]
