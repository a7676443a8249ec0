"""What a whole mailbox costs: renamed on either side, and a keyword of half of its messages. Row 10, at 50 ms."""
import os

from rig.fill import small
from rows import DELAY, Line, close

OLD, NEW, LAST = "Projects", "Projects of old", "Later"


class Mailbox:
    """One mailbox of 10,000, which both programs have in sync; what is done to it, one thing after the other."""

    def __init__(self, bench):
        self.bench = bench
        self.count, self.many = bench.size(10000), bench.size(5000)

    def run(self):
        bench, user = self.bench, self.bench.user()
        with bench.wire(user) as wire:
            wire.command(b'CREATE "%s"' % OLD.encode())
            wire.append(OLD, small(self.count, 900), b"\\Seen")  # which stand in cur/, where names show keywords
        users = bench.twins(user)
        programs = bench.programs(users)
        programs[0].account.set(keywords="letters")
        try:
            for program in programs:
                bench.say("mailbox: first sync: %s" % program.name)
                program.run(port=bench.server.port)
                program.run(port=bench.server.port)
                program.statuses = (0, 1)  # mbsync's where a mailbox that it knew is gone
            return [self.scenario(*step, programs, users) for step in (
                ("%d messages: their mailbox renamed on the server" % self.count, self.rename_there, self.is_new, 10),
                ("%d messages: their folder renamed here" % self.count, self.rename_here, self.is_last, 10),
                ("%d keywords pulled" % self.many, self.keyword_there, self.is_shown, 6),
                ("%d keywords pushed" % self.many, self.keyword_here, self.is_stored, 6))]
        finally:
            close(programs)

    def scenario(self, what, change, check, turns, programs, users):
        line = Line(10, "%s, at %d ms" % (what, 2 * DELAY))
        for program, user in zip(programs, users):
            if program.name != "golub" and "keyword" in what:
                continue  # mbsync knows none
            self.bench.say("%s: %s" % (what, program.name))
            change(program, user)
            with self.bench.relay("10 " + change.__name__) as relay:
                cost = line.costs[program.name] = program.run(relay)
            if not check(program, user):
                cost.note = "NOT DONE" if program.name == "golub" else "status %d; it did not follow" % cost.status
            if program.name == "golub":
                line.ask("<= %d turns" % turns, cost.turns <= turns)
                line.ask("no body", cost.up < 200_000 and cost.down < 1_500_000)
        return line

    # -- looking

    def there(self, user, mailbox, search=b"ALL"):
        """How many; -1: there is no such mailbox."""
        with self.bench.wire(user) as wire:
            if not wire.command(b'LIST "" "%s"' % mailbox.encode()):
                return -1
            wire.command(b'EXAMINE "%s"' % mailbox.encode())
            return len(b" ".join(wire.command(b"SEARCH " + search)).split()) - 2

    def is_new(self, program, user):
        return len(program.files(NEW)) == self.count == self.there(user, NEW) and not os.path.isdir(os.path.join(program.root, OLD))

    def is_last(self, program, user):
        with self.bench.wire(user) as wire:
            names = b"".join(wire.command(b'LIST "" "*"'))
        return len(program.files(LAST)) == self.count == self.there(user, LAST) and NEW.encode() not in names

    def is_shown(self, program, _):
        return sum(p.endswith(":2,Sa") for p in program.files(LAST)) == self.many

    def is_stored(self, _, user):
        return self.there(user, LAST, b"KEYWORD done") == self.many

    # -- the changes

    def rename_there(self, _, user):
        with self.bench.wire(user) as wire:
            wire.command(b'RENAME "%s" "%s"' % (OLD.encode(), NEW.encode()))

    def rename_here(self, program, _):
        os.rename(os.path.join(program.root, NEW), os.path.join(program.root, LAST))

    def keyword_there(self, _, user):
        with self.bench.wire(user) as wire:
            wire.command(b'SELECT "%s"' % LAST.encode())
            wire.command(b"STORE 1:%d +FLAGS.SILENT (later)" % self.many)

    def keyword_here(self, program, _):
        """As a mail reader does that knows letters: those that have none get another one."""
        table = os.path.join(program.root, LAST, "dovecot-keywords")
        with open(table) as f:
            lines = f.read()
        with open(table + ".new", "w") as f:
            f.write(lines + "1 done\n")
        os.rename(f.name, table)
        for path in [p for p in program.files(LAST) if p.endswith(":2,S")][:self.many]:
            os.rename(path, path + "b")


def mailboxes(bench):
    """Row 10."""
    return Mailbox(bench).run()


ROWS = {10: mailboxes}
