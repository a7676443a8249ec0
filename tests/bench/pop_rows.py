"""What is measured of `golub import`, beside mpop, getmail6 and fetchmail: same server, same mail, none of it removed there."""
import os
import re
import socket

from pop_clients import OTHERS, Import, Mpop
from rig.fill import mails, numbered, small
from rows import DELAY, MB, Line, close

TRIES = 3  # of golub's and mpop's first import: the quickest counts
LOOKS = 9  # of all that finds nothing new, a matter of hundredths of a second


def warm(server, user):
    """A first session of nobody's: Dovecot counts the sizes of new mail once. @return the lines of CAPA after login"""
    with socket.create_connection(("127.0.0.1", server.pop_port), timeout=600) as s:
        file = s.makefile("rwb")

        def ask(command, many=False):
            file.write(command + b"\r\n")
            file.flush()
            lines = [file.readline()]
            if not lines[0].startswith(b"+OK"):
                raise RuntimeError("%r: %r" % (command, lines[0]))
            while many and lines[-1] != b".\r\n":
                lines.append(file.readline())
            return lines
        file.readline()
        ask(b"USER " + user.encode())
        ask(b"PASS secret")
        offered = [line.decode().strip() for line in ask(b"CAPA", True)[1:-1]]
        for command, many in ((b"STAT", False), (b"LIST", True), (b"UIDL", True), (b"QUIT", False)):
            ask(command, many)
    return offered


def others(bench):
    return [kind for kind in OTHERS if bench.others and kind.available()]


def here(program):
    return len(program.files("INBOX"))


def count_here(program, cost, count):
    if here(program) != count:
        cost.note = "NOT DONE"


def nothing_new(bench, line, programs, count):
    """The time straight to the server, in turn, so that what else the machine does is the same for all; turns and bytes by the relay."""
    port = bench.server.pop_port
    bench.say(line.what)
    costs = [[program.run(port=port) for program in programs] for _ in range(LOOKS)]
    for n, program in enumerate(programs):
        best = min((round_[n] for round_ in costs), key=lambda c: c.seconds)
        with bench.relay("6 " + program.name, 0, port) as relay:
            best.wire = program.run(relay).wire
        count_here(program, best, count)
        line.costs[program.name] = best


def nothing_new_from_afar(bench, line, programs):
    """The same in turn behind the relay, where each turn costs its delay."""
    bench.say(line.what)
    for program in programs * TRIES:
        with bench.relay("6 afar " + program.name, port=bench.server.pop_port) as relay:
            cost = program.run(relay)
        if cost.seconds < line.costs.setdefault(program.name, cost).seconds:
            line.costs[program.name] = cost


def import_all(bench, line, program, count):
    bench.say("%s: %s" % (line.what, program.name))
    cost = program.run(port=bench.server.pop_port)
    count_here(program, cost, count)
    bench.say("  %.2f s, cpu %.2f, %.1f MB resident; %s" % (cost.seconds, cost.user + cost.system, cost.resident / MB, cost.note))
    return cost


def first_import(bench):
    """Row 6: seconds, durable; then again with all of it left on the server."""
    user, count = bench.user(), bench.size(20000)
    with bench.wire(user) as wire:
        count, size = wire.append("INBOX", mails(count))
    warm(bench.server, user)
    lines = [Line(6, "first import, %d messages, %d MB" % (count, size // MB)),
             Line(6, "nothing new, %d messages left on the server" % count),
             Line(6, "nothing new, %d messages left on the server, at %d ms" % (count, 2 * DELAY))]
    programs = []
    try:  # what one has written is not removed before all are done: ext4 is slow to give such inodes out again
        kinds = [Import] + others(bench)
        timed = [kind for kind in kinds if kind in (Import, Mpop)]
        last = {}
        for kind in timed * TRIES + [kind for kind in kinds if kind not in timed]:
            program = last[kind] = kind(bench.tools, user)
            programs.append(program)
            cost = import_all(bench, lines[0], program, count)
            known = lines[0].costs.setdefault(program.name, cost)
            if cost.seconds < known.seconds:
                lines[0].costs[program.name] = cost
        nothing_new(bench, lines[1], list(last.values()), count)
        nothing_new_from_afar(bench, lines[2], [program for program in last.values() if isinstance(program, (Import, Mpop))])
    finally:
        close(programs)
    golub = [line.costs["golub"] for line in lines]
    if "mpop" in lines[0].costs:
        mpop = [line.costs["mpop"] for line in lines]
        lines[0].ask("<= 1/4 of mpop's time", golub[0].seconds <= mpop[0].seconds / 4)
        for near_or_far in (1, 2):
            lines[near_or_far].ask("<= mpop's time", golub[near_or_far].seconds <= mpop[near_or_far].seconds)
    lines[0].ask("<= 12 MB resident", golub[0].resident <= 12 * MB)
    lines[1].ask("<= 8 turns", golub[1].turns <= 8)
    return lines


def one_large_import(bench):
    """Row 7: memory."""
    size = int(54 * MB * max(bench.scale, 0.2))
    user = bench.user()
    line_of = b"the road went round the hill so that every cart could rest once before\r\n"
    large = numbered(1, b"Subject: large\r\n\r\n" + line_of * (size // len(line_of)))
    with bench.wire(user) as wire:
        wire.append("INBOX", [large])
    warm(bench.server, user)
    line = Line(7, "import of one message of %d MB" % (size // MB))
    programs = [kind(bench.tools, user) for kind in [Import] + others(bench)]
    try:
        for program in programs:
            bench.say("%s: %s" % (line.what, program.name))
            cost = line.costs[program.name] = program.run(port=bench.server.pop_port)
            sizes = [os.path.getsize(p) for p in program.files("INBOX")]
            if len(sizes) != 1 or abs(sizes[0] - (len(large) - large.count(b"\r\n"))) > 500:  # some add headers
                cost.note = "NOT DONE"
    finally:
        close(programs)
    line.ask("<= 16 MB resident", line.costs["golub"].resident <= 16 * MB)
    return [line]


def distant_import(bench):
    """Row 8: turns at 50 ms."""
    user, count = bench.user(), bench.size(2000)
    with bench.wire(user) as wire:
        wire.append("INBOX", small(count))
    offered = warm(bench.server, user)
    line = Line(8, "first import, %d small messages at %d ms; offered: %s"
                % (count, 2 * DELAY, " ".join(re.sub(r"\s.*", "", word) for word in offered)))
    programs = [Import(bench.tools, user)]
    for kind in others(bench):
        programs += [Mpop(bench.tools, user, p) for p in ("on", "off")] if kind is Mpop else [kind(bench.tools, user)]
    try:
        with bench.relay("8", port=bench.server.pop_port) as relay:
            for program in programs:
                bench.say("%s: %s" % (line.what, program.name))
                cost = line.costs[program.name] = program.run(relay)
                if isinstance(program, Mpop):
                    cost.note = "pipelining %s" % program.pipelining
                count_here(program, cost, count)
    finally:
        close(programs)
    golub = line.costs["golub"]
    if "mpop off" in line.costs:
        line.ask("<= 1/20 of mpop's time without pipelining", golub.seconds <= line.costs["mpop off"].seconds / 20)
        line.ask("<= its time with pipelining", golub.seconds <= line.costs["mpop on"].seconds)
    return [line]


ROWS = {6: first_import, 7: one_large_import, 8: distant_import}
