"""
Every bad answer of a server in one table (bent_imap.py, bent_pop.py): it spoils what it is about and nothing else.

    GOLUB_ROWS=1 python3 test_bent.py             all rows, compared with bent_gaps.json (without: every tenth)
    python3 test_bent.py --table [WORD]           those with this word in their name, as a table
    python3 test_bent.py --show NAME [-v]         one row: what each run says, and each command
    python3 test_bent.py --record                 writes what fails today into bent_gaps.json
"""
import concurrent.futures
import json
import os
import sys
import time
import unittest

from base import main
from rig import in_memory  # noqa: F401
from rig.golub import binary
import bent
import bent_drop
import bent_imap
import bent_pop

GAPS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bent_gaps.json")
LAW = "A LAW IS BROKEN: "
EVERY = int(os.environ.get("GOLUB_ROWS") or 10)  # the quick form: every tenth row. The ctest `bent` plays all of them
JOBS = 8  # a row waits most of its time
ROWS = bent_imap.ROWS + bent_pop.ROWS


def scene_of(row):
    return bent.Scene(row) if isinstance(row, bent.Row) else bent_drop.DropScene(row)


def played(row):
    """@return (row, whether all is well, whether a law is broken, words, seconds, scene)"""
    scene, began = scene_of(row), time.monotonic()
    try:
        words, well, law = scene.run(), True, False
    except bent.Fault as e:
        words, well, law = str(e), False, e.law
    except Exception as e:  # pylint: disable=broad-except
        words, well, law = "the rig: %s: %s" % (type(e).__name__, e), False, False
    return row, well, law, words, time.monotonic() - began, scene


def all_played(rows):
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        yield from pool.map(played, rows)


def known():
    with open(GAPS) as f:
        return json.load(f)


class BentTest(unittest.TestCase):
    def test_names_are_unique_and_gaps_have_rows(self):
        names = [row.what for row in ROWS]

        self.assertEqual(sorted(set(names)), sorted(names))
        self.assertEqual(set(known()) - set(names), set())

    def test_what_is_bent_stops_itself_only(self):
        gaps, wrong = known(), []
        for row, well, law, words, _, scene in all_played(ROWS[::EVERY]):
            if not well and (row.what not in gaps or law and not gaps[row.what].startswith(LAW)):
                wrong.append("%s: %s%s\n    %s" % (row.what, LAW if law else "", words, scene.told()))
            elif well and row.what in gaps:
                wrong.append("%s: goes well now: strike it from bent_gaps.json" % row.what)

        self.assertEqual(wrong, [], "\n" + "\n".join(wrong))


def table(word):
    print("| answer | | exit | what came of it |\n|---|---|---|---|")
    count = bad = 0
    for row, well, law, words, seconds, scene in all_played([r for r in ROWS if word.lower() in r.what.lower()]):
        count, bad = count + 1, bad + (not well)
        print("| %s | %s | %s | %s |" % (row.what, "yes" if well else "**LAW**" if law else "**no**",
                                          "/".join(str(r.code) for r in scene.log), words if well else "%s. %s" % (words, scene.sentence())))
        if "--seconds" in sys.argv:
            print("    %.1f s" % seconds)
        sys.stdout.flush()
    print("\n%d answers, %d of them not yet as they should be" % (count, bad))


def show(name, verbose):
    """One row as it happens."""
    row = next(r for r in ROWS if r.what == name)
    scene = scene_of(row)
    run_once = scene.sync

    def told():
        asked = scene.server.asked if isinstance(row, bent.Row) else scene.server.lines
        before = len(asked)
        result = run_once()
        for command in asked[before:] if verbose else []:
            print("   ", command)
        print(result)
        return result
    scene.sync = told
    try:
        print("Well: " + scene.run())
    except bent.Fault as e:
        print("%s%s" % (LAW if e.law else "Not well: ", e))


def record():
    gaps = {row.what: LAW * law + words for row, well, law, words, _, _ in all_played(ROWS) if not well}
    with open(GAPS, "w") as f:
        json.dump(gaps, f, indent=1, ensure_ascii=False, sort_keys=True)
        f.write("\n")


if __name__ == "__main__":
    binary()
    if "--table" in sys.argv:
        words = [a for a in sys.argv[1:] if not a.startswith("--")]
        table(words[0] if words else "")
    elif "--show" in sys.argv:
        show(sys.argv[sys.argv.index("--show") + 1], "-v" in sys.argv)
    elif "--record" in sys.argv:
        record()
    else:
        main()
