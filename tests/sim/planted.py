#!/usr/bin/env python3
"""Planted bugs: each is a small change to a copy of the sources that a named test must notice.

    planted.py                        all of them; exit status 1 if one survives
    planted.py --only cursor          those with this word in their name
    planted.py --scratch DIR          keep copy and build there, so that the next time is faster
    planted.py --jobs 2
    planted.py --check                whether the texts are there, and nothing else
    planted.py --histories 2000       which of those that change what happens to mail are noticed by histories from seeds
                                      alone, 2,000 each (of an import: of each profile); exit status 1 below three quarters

A test that can't see a bug proves nothing by passing. So the tree is copied, one bug is put into the copy, what the test
needs is built, the test is run and has to fail, and the bug is taken out again. Before that, the same tests have to pass
without any. A change names the text that it replaces; a text that is not there exactly once is an error, so the list
can't outlive the code.
"""

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from planted_bugs import BUGS

TOP = Path(__file__).resolve().parents[2]
TEST_SECONDS = 300
BUILD_SECONDS = 1800


class Broken(Exception):
    """The list or the tree is not what it should be."""


def sources():
    """Names of the tree's files, whether it is a clone or only a copy."""
    if (TOP / ".git").exists():
        listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                                cwd=TOP, check=True, capture_output=True).stdout.decode().split("\0")
    else:
        listed = [str(path.relative_to(TOP)) for path in TOP.rglob("*") if path.relative_to(TOP).parts[0] != "build"]
    return {name for name in listed if name and (TOP / name).is_file()}


class Scratch:
    """A copy of the tree, and its build."""

    def __init__(self, where, jobs):
        self.tree, self.build, self.jobs = where / "tree", where / "build", jobs

    def fill(self):
        """Only what differs is written, so that only that is built again."""
        names = sources()
        for name in sorted(names):
            source, target = TOP / name, self.tree / name
            if target.is_file() and target.read_bytes() == source.read_bytes():
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
            shutil.copymode(source, target)
        for old in [path for path in self.tree.rglob("*") if path.is_file()]:
            if str(old.relative_to(self.tree)) not in names:
                old.unlink()

    def configure(self):
        generator = ["-G", "Ninja"] if shutil.which("ninja") else []
        self.call(["cmake", *generator, "-S", self.tree, "-B", self.build, "-DCMAKE_BUILD_TYPE=Debug",
                   "-DCMAKE_C_FLAGS=-O1 -w"])

    def make(self, targets):
        self.call(["cmake", "--build", self.build, "-j", str(self.jobs), "--target", *sorted(targets)])

    def call(self, command):
        done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, timeout=BUILD_SECONDS, check=False)
        if done.returncode != 0:
            raise Broken("\n".join(done.stdout.splitlines()[-15:]))


def run(test, build):
    """Exit status of a test (None: it hung) and what it said."""
    environment = dict(os.environ, GOLUB_BIN=str(build / "config/golub"), PYTHONDONTWRITEBYTECODE="1",
                       CMOCKA_MESSAGE_OUTPUT="STDOUT")
    child = subprocess.Popen(test.command(build), cwd=test.folder(build.parent / "tree"), env=environment, text=True,
                             errors="replace", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, start_new_session=True)
    try:
        said = child.communicate(timeout=TEST_SECONDS)[0]
        return child.returncode, said
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        return None, child.communicate()[0]


def plant(tree, bug):
    """Put a bug in. Returns what takes it out again."""
    before = {}
    for name, old, new in bug.changes:
        path = tree / name
        text = path.read_text()
        before.setdefault(path, text)
        if text.count(old) != 1:
            undo(before)
            raise Broken(f"{bug.name}: this is {text.count(old)} times in {name}, not once: {old!r}")
        path.write_text(text.replace(old, new))
    return before


def check_texts(bugs):
    """Every text that a change replaces is there once. Returns the exit status."""
    absent = [(bug.name, name, old) for bug in bugs for name, old, _ in bug.changes
              if (TOP / name).read_text().count(old) != 1]
    for bug_name, name, old in absent:
        print(f"{bug_name}: this is not once in {name}: {old!r}", file=sys.stderr)
    print(f"{len(bugs)} planted bugs, {len(absent)} texts that are not there once")
    return 1 if absent or not bugs else 0


def undo(before):
    for path, text in before.items():
        path.write_text(text)


def is_skipped(said):
    """It passes because what it needs can't be had here."""
    return re.search(r"^OK \(.*\bskipped=", said, re.MULTILINE) is not None


def what_it_said(said):
    """The line in which a test says what is wrong."""
    for pattern in (r"^seed \d+: (.*)", r"^\[  FAILED  \] ([A-Za-z_]\w+)$", r"^(?:FAIL|ERROR): (\w+)",
                    r"(\S*[Aa]ssertion .*)"):
        found = re.findall(pattern, said, re.MULTILINE)
        if found:
            more = len(set(found)) - 1
            return found[0] + (f" (+{more})" if more else "")
    lines = said.strip().splitlines()
    return lines[-1] if lines else "died without a word"


def check_healthy(scratch, bugs):
    """Without a bug everything passes: only then does a failure say something."""
    tests = {bug.test for bug in bugs}
    scratch.make({test.target for test in tests})
    for test in sorted(tests, key=str):
        status, said = run(test, scratch.build)
        if status != 0:
            raise Broken(f"{test} fails without any bug:\n" + "\n".join(said.splitlines()[-15:]))


def try_bug(scratch, bug):
    """One row of the table. Returns whether the bug was caught."""
    began = time.monotonic()
    before = plant(scratch.tree, bug)
    try:
        scratch.make({bug.test.target})
        status, said = run(bug.test, scratch.build)
    finally:
        undo(before)
    caught = status is not None and status != 0
    how = " (hung)" if status is None else " (its test is skipped here)" if is_skipped(said) else ""
    verdict = str(bug.test) if caught else f"SURVIVES {bug.test}{how}"
    files = ", ".join(dict.fromkeys(name for name, _, _ in bug.changes))
    print(f"{bug.name:58} {files:34} {time.monotonic() - began:4.0f} {verdict}", flush=True)
    if caught:
        print(f"    {what_it_said(said)}", flush=True)
    return caught


def is_broken_law(status, said):
    """A history said which law, or the program died; a count of what was met is no law."""
    return status is None or status < 0 or (status != 0 and re.search(r"^seed \d+: ", said, re.MULTILINE) is not None)


def try_histories(scratch, bug, count, open_seeds):
    """One profile after the other, until one notices."""
    began = time.monotonic()
    before = plant(scratch.tree, bug)
    said = None
    try:
        for test in bug.histories(count):
            scratch.make({test.target})
            status, words = run(test.with_arguments("--except", str(open_seeds[test])), scratch.build)
            if is_broken_law(status, words):
                said = " ".join(test.arguments[8:]) + " " + what_it_said(words)
                break
    finally:
        undo(before)
    print(f"{bug.name:66} {time.monotonic() - began:4.0f} {said or 'SURVIVES'}", flush=True)
    return said is not None


def seeds_that_break(scratch, test):
    """A file of those that break a law without any bug: open questions tell nothing about one."""
    scratch.make({test.target})
    _, said = run(test.with_arguments("--keep-going"), scratch.build)
    name = scratch.build / ("open-" + "-".join(test.arguments[8:] or ("all",)) + ".txt")
    name.write_text("".join(f"{seed}\n" for seed in re.findall(r"^seed (\d+): ", said, re.MULTILINE)))
    return name


def count_histories(scratch, bugs, count):
    """How much histories alone see."""
    open_seeds = {test: seeds_that_break(scratch, test)
                  for test in sorted({test for bug in bugs for test in bug.histories(count)}, key=repr)}
    caught = sum(try_histories(scratch, bug, count, open_seeds) for bug in bugs)
    print(f"{caught} of {len(bugs)} planted bugs that change what happens to mail, in code that the simulator runs, are "
          f"noticed by {count} histories of one kind")
    return 0 if caught * 4 >= len(bugs) * 3 else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", metavar="WORD", help="only bugs with this in their name")
    parser.add_argument("--scratch", type=Path, help="keep copy and build in this folder")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--histories", type=int, metavar="COUNT", help="what histories from seeds alone notice")
    parser.add_argument("--list", action="store_true", help="print the table for tests/README.md, run nothing")
    parser.add_argument("--check", action="store_true", help="whether the texts that are replaced are there; run nothing")
    arguments = parser.parse_args()
    bugs = [bug for bug in BUGS if arguments.only in bug.name]
    if not bugs:
        raise SystemExit("planted: no bug has \"%s\" in its name" % arguments.only)
    if arguments.list:
        for bug in bugs:
            print(f"| {bug.name} | {bug.test} |")
        return 0
    if arguments.check:
        return check_texts(bugs)
    with tempfile.TemporaryDirectory(prefix="golub-planted-") as temporary:
        scratch = Scratch(arguments.scratch.resolve() if arguments.scratch else Path(temporary), arguments.jobs)
        try:
            scratch.fill()
            scratch.configure()
            if arguments.histories is not None:
                return count_histories(scratch, [bug for bug in bugs if bug.mail and bug.is_simulated()],
                                       arguments.histories)
            check_healthy(scratch, bugs)
            print(f"{'bug':58} {'file':34} {'s':>4} caught by", flush=True)
            survivors = [bug.name for bug in bugs if not try_bug(scratch, bug)]
        except Broken as why:
            print(f"planted: {why}", file=sys.stderr)
            return 1
    print(f"{len(bugs) - len(survivors)} of {len(bugs)} planted bugs were caught")
    return 1 if survivors or not bugs else 0


if __name__ == "__main__":
    sys.exit(main())
