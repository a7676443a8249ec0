"""
Golub beside mbsync, and its import beside mpop, getmail6 and fetchmail, in one run, on one machine, against one server: what a
sync costs.

    bench.py --golub PROGRAM --tools FOLDER [--rows 1,3|imap|pop|moving] [--quick] [--alone] [--no-image] [--folder DIR] [--log PREFIX]

Prints one table and what it was measured on. `met` and `MISSED` judge golub's line against what is asked of it. Seconds mean
something on a quiet machine only; turns, bytes and memory anywhere. Exit status 1 if anything was missed or not done.
"""
import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import image  # noqa: E402
import mailbox_rows  # noqa: E402
import moving_rows  # noqa: E402
import pop_rows  # noqa: E402
import rows  # noqa: E402
from clients import Golub, Mbsync, add_options, file_system, prepare  # noqa: E402
from pop_clients import OTHERS  # noqa: E402
from rig.dovecot import Dovecot, program  # noqa: E402
from rows import DELAY, KB, MB, Bench, remove_mail  # noqa: E402

ROWS = {**rows.ROWS, **pop_rows.ROWS, **moving_rows.ROWS, **mailbox_rows.ROWS}
GROUPS = {"imap": sorted({**rows.ROWS, **mailbox_rows.ROWS}), "pop": sorted(pop_rows.ROWS), "moving": sorted(moving_rows.ROWS)}
QUICK = 0.05  # of the full size
COLUMNS = (("seconds", 8), ("cpu", 7), ("turns", 6), ("kB up", 9), ("kB down", 9), ("MB res.", 8), ("fsync", 7), ("syncfs", 7))


def cells(cost):
    def number(value, form="%d"):
        return "-" if value is None else form % value
    return ("%.2f" % cost.seconds, "%.2f" % (cost.user + cost.system), number(cost.turns),
            number(cost.up and cost.up / KB, "%.1f"), number(cost.down and cost.down / KB, "%.1f"),
            "%.1f" % (cost.resident / MB), str(cost.fsync), str(cost.syncfs))


def head():
    return "%-4s%-9s" % ("row", "") + "".join(name.rjust(width) for name, width in COLUMNS)


def table(lines):
    out = []
    for line in lines:
        out.append("%-4d%s" % (line.row, line.what))
        for name, cost in line.costs.items():
            verdict = ""
            if name == "golub":
                verdict = "   " + "; ".join("%s %s" % ("met" if true else "MISSED", text) for text, true in line.targets)
            note = "   (%s)" % cost.note if cost.note else ""
            out.append("    %-9s" % name + "".join(c.rjust(w) for c, (_, w) in zip(cells(cost), COLUMNS)) + verdict + note)
    return "\n".join(out)


def versions(numbers, alone):
    names = [Golub.version()]
    if not alone and set(numbers) & set(GROUPS["imap"]):
        names.append(Mbsync.version() if Mbsync.available() else "no mbsync")
    if not alone and set(numbers) & set(pop_rows.ROWS):
        names += [kind.version() if kind.available() else "no " + kind.title for kind in OTHERS]
    return "; ".join(names)


def surroundings(folder, numbers, alone, fresh):
    kind, device, options = file_system(folder)
    where = "each row on a new ext4 of its own, an image behind a loop device on" if fresh else "Maildirs and journal on"
    dovecot = subprocess.run([program(), "--version"], stdout=subprocess.PIPE, text=True).stdout.split()[0]
    lines = [
        "%s; Dovecot %s, sdbox, plain text on the loopback; its own fsync is off, its mail on %s"
        % (versions(numbers, alone), dovecot, file_system(image.server_folder())[0]),
        "Linux %s, %d processors, load %.2f; %s %s (%s, %s)"
        % (platform.release(), os.cpu_count(), os.getloadavg()[0], where, kind, device, options),
        "Rows 2, 4, 8, 9, 10 and the end of 6: a relay adds %d ms each way and counts turns (the client speaks after the server spoke, LOGOUT or QUIT"
        " included)." % DELAY]
    if set(numbers) & set(GROUPS["imap"]):
        lines.append("Durable on both sides: golub's fsync = true, mbsync's FSync yes (but in row 3).")
    if set(numbers) & set(moving_rows.ROWS):
        lines.append("Row 9: trees that %s filled from this server, a third each in three mailboxes; adopt and sync count as one."
                     % " and ".join(kind.program for kind, _ in moving_rows.MOVERS))
    if set(numbers) & set(pop_rows.ROWS):
        lines.append("Row 6: the quickest of %d runs (getmail6 and fetchmail: one) straight to the server, of %d where nothing is new; the "
                     "turns of that are those of one more run through the relay, without delay; at %d ms the quickest of %d."
                     % (pop_rows.TRIES, pop_rows.LOOKS, 2 * DELAY, pop_rows.TRIES))
        lines.append("Durable: golub by its batches; " + "; ".join(kind.durable for kind in OTHERS) + ".")
    if {1, 2} & set(numbers):
        lines.append("floor: a bare socket that asks for the same bytes in as few turns, and throws them away.")
    lines.append("fsync: fdatasync is counted, too, and so are the flushes of golub's journal and of mbsync's.")
    return "\n".join(lines)


def parse():
    parser = argparse.ArgumentParser(description="Golub beside mbsync, mpop and others: what a sync costs.")
    add_options(parser)
    parser.add_argument("--rows", default="imap,pop,moving", help="which rows: 1,3 or a group: imap, pop, moving")
    parser.add_argument("--quick", action="store_true", help="a twentieth of the size: does it work, how many turns?")
    parser.add_argument("--progress", action="store_true", help="say what is done, also where nobody is at the terminal")
    parser.add_argument("--log", help="write the dialogue through the relay to files that begin with this")
    options = parser.parse_args()
    numbers = [number for word in options.rows.split(",") for number in GROUPS.get(word, [word])]
    options.rows = [int(n) for n in numbers if str(n).isdigit()]
    if len(options.rows) < len(numbers) or not set(options.rows) <= set(ROWS):
        parser.error("rows are %s; groups of them: %s" % (", ".join(map(str, ROWS)), ", ".join(GROUPS)))
    return options


def main():
    options = parse()
    prepare(options)
    began = time.monotonic()
    lines = []
    fresh = options.image and image.can_be_made()
    print("%s\n\n%s" % (surroundings(tempfile.gettempdir(), options.rows, options.alone, fresh), head()), flush=True)
    for row in options.rows:
        with image.Homes(fresh), image.server(lambda: Dovecot(
                users={"u%d" % n: "secret" for n in range(6)}, special_use=False, mechanisms=("plain", "login"),
                pop3=row in pop_rows.ROWS)) as server:
            bench = Bench(server, options.tools, QUICK if options.quick else 1.0, not options.alone, options.log)
            if options.progress or sys.stderr.isatty():
                bench.say = lambda text: print("  [%4d s] %s" % (time.monotonic() - began, text), file=sys.stderr, flush=True)
            for line in ROWS[row](bench):
                print(table([line]), flush=True)
                lines.append(line)
            remove_mail(server)
    missed = sum(not true for line in lines for _, true in line.targets)
    undone = sum(cost.note == "NOT DONE" for line in lines for cost in line.costs.values())
    print("\n%s; load %.2f at the end." % ("%d missed, %d not done" % (missed, undone) if missed or undone else "All met",
                                            os.getloadavg()[0]))
    return 1 if missed or undone else 0


if __name__ == "__main__":
    sys.exit(main())
