"""
Leads golub, and mbsync beside it, over servers of other makes, and compares what happens with what is known: known_gaps.json.

    walk_servers.py [SERVER...]                what ctest runs: each server's walk; exit status 77 where it can't be had
        --steps a,b      these steps alone
        --table          the table server x step, mbsync beside golub where it is installed
        --record         writes what happened to known_gaps.json
        --list           the names (with --brief: of those alone whose servers are soon unpacked and soon walked over)

A gap that is closed is as red as one that is new: known_gaps.json says what does not work today, in golub's words.
"""
import argparse
import json
import os
import re
import sys
import time
import traceback

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from rig.daemon import NotHere  # noqa: E402
from rig.makes import ALL, BRIEF  # noqa: E402
from rig.tools import Golub, Mbsync  # noqa: E402
from wild import ImapWalk  # noqa: E402
from wild_dovecot import DovecotWalk  # noqa: E402
from wild_pop import PopWalk  # noqa: E402

GAPS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "known_gaps.json")
SKIPPED = 77  # what ctest takes for a test that was not done
ROOM = 100    # characters of a sentence that are compared
WALKS = {"imap": ImapWalk, "pop": PopWalk, "dovecot": DovecotWalk}


def plain(sentence):
    """Without what differs from run to run."""
    return re.sub(r"\d+", "#", sentence)[:ROOM].strip()


class Report:
    """What happened, by server and step."""

    def __init__(self):
        self.red = []

    def step(self, server, step, well, words, gap, seconds):
        if well and gap is None:
            verdict = "ok"
        elif well:
            verdict = "GAP CLOSED: known_gaps.json still says: " + gap
        elif gap is None:
            verdict = "FAILED"
        elif plain(words) == gap:
            verdict = "known gap"
        else:
            verdict = "FAILED OTHERWISE than known_gaps.json says: " + gap
        if verdict not in ("ok", "known gap"):
            self.red.append((server, step))
        print("%-12s %-10s %-9s %5.1f s  %s" % (server, step, verdict, seconds, words), flush=True)


def walk(server, tool, steps, each):
    """Every step with one server. each(step, well, words, seconds)"""
    walk_class = WALKS[server.walk or server.protocol]
    known = (*walk_class.STEPS, *server.more)
    for step in steps or known:
        if step not in known or server.steps and step not in server.steps:
            continue
        began = time.monotonic()
        leader = walk_class(server, tool, seed=len(step) + 7)
        try:
            well, words = leader.step(step)
        except Exception as e:  # the rig's, or the second client's: it is said and counts as a failure
            traceback.print_exc()
            well, words = False, "rig: %s: %s" % (type(e).__name__, e)
        each(step, well, words, time.monotonic() - began)


def test(names, steps, record):
    report, gaps, skipped = Report(), load(), 0
    for name in names:
        try:
            server = ALL[name]()
            server.fetch()
        except NotHere as e:
            print("%s ... skipped %r" % (name, str(e)[:200]), flush=True)
            skipped += 1
            continue
        with server:
            def each(step, well, words, seconds):
                report.step(name, step, well, words, gaps.get(name, {}).get(step), seconds)
                if record:
                    known = gaps.setdefault(name, {})
                    known.pop(step, None)
                    if not well and not words.startswith("rig: "):
                        known[step] = plain(words)
            walk(server, Golub, steps, each)
    if record:
        save({**load(), **{name: gaps.get(name, {}) for name in names}})
        return 0
    if report.red:
        print("\nNot as known_gaps.json says: " + ", ".join("%s %s" % r for r in report.red))
        return 1
    return SKIPPED if skipped == len(names) else 0


def load():
    with open(GAPS) as f:
        return json.load(f)


def save(gaps):
    with open(GAPS, "w") as f:
        json.dump({n: dict(sorted(g.items())) for n, g in sorted(gaps.items()) if g}, f, indent=1, ensure_ascii=False)
        f.write("\n")


def table(names, steps):
    """Markdown: server x step, golub and after the stroke mbsync beside it, then what each server is like and what went wrong."""
    tools = [Golub] + ([Mbsync] if Mbsync.is_here() else [])
    if len(tools) == 1:
        print("mbsync is not installed: golub alone\n")
    found, absent = {}, []
    for name in names:
        try:
            server = ALL[name]()
            server.fetch()
        except (NotHere, RuntimeError) as e:
            absent.append("- %s: not here: %s" % (name, str(e).splitlines()[0]))
            continue
        print("%s ..." % name, file=sys.stderr, flush=True)
        mine = found[name] = (server.wrong, {})
        try:
            with server:
                for tool in tools if server.protocol == "imap" else tools[:1]:
                    walk(server, tool, steps, lambda step, well, words, _s, t=tool: mine[1].setdefault(step, {}).update({t.name: (well, words)}))
        except RuntimeError as e:  # it does not start: a row of its own, and the others are walked
            absent.append("- **%s did not start**: %s" % (name, str(e).splitlines()[0]))
    for protocol in ("imap", "pop"):
        of = {name: f for name, f in found.items() if ALL[name].protocol == protocol}
        if of:
            matrix(protocol, of, tools)
    print("\n".join(absent))
    for name, (wrong, by_step) in found.items():
        print("- **%s**%s" % (name, ": " + wrong if wrong else ""))
        for step, by in by_step.items():
            for tool, (well, words) in by.items():
                if words and (not well or tool == "golub"):
                    print("  - %s%s, %s: %s" % ("" if well else "no: ", step, tool, words.replace("\n", " ")[:2 * ROOM]))


def matrix(protocol, found, tools):
    common = WALKS[protocol].STEPS
    print("| %s | %s | its own |\n|---|%s---|" % ("/".join(t.name for t in tools), " | ".join(common), "---|" * len(common)))
    for name, (_, by_step) in found.items():
        own = ["%s %s" % (step, marks(by_step[step], tools)) for step in by_step if step not in common]
        print("| %s | %s | %s |" % (name, " | ".join(marks(by_step.get(c), tools) for c in common), ", ".join(own)))
    print()


def marks(by, tools):
    return "/".join("–" if t.name not in (by or {}) else "yes" if by[t.name][0] else "**no**" for t in tools)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("server", nargs="*")
    parser.add_argument("--steps", default="")
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--brief", action="store_true")
    options = parser.parse_args()
    if options.list:
        print("\n".join(BRIEF if options.brief else ALL))
        return 0
    names = options.server or list(ALL)
    steps = [s for s in options.steps.split(",") if s]
    if options.table:
        table(names, steps)
        return 0
    return test(names, steps, options.record)


if __name__ == "__main__":
    sys.exit(main())
