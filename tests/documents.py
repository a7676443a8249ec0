#!/usr/bin/env python3
"""What manuals and these pages list is what there is in the sources.

    documents.py

  - the words of `what` and `work` in --json: the schema has all of them, and no other; golub(1) names some
  - the events of --json, and the variables that the program reads: golub(1) has all of them
  - parts of the simulator and of the rig, and its files of open questions: contrib/doc/testing.md has all of them
  - how many histories contrib/check.sh runs: the pages say what CMake does
  - the table of planted bugs: it has a row for each of them, and no other, and the tests that it names are there
"""
import json
import re
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TOP / "tests/sim"))
STANDARD = {"PATH"}  # variables of which nobody needs to read here
BY_NAME = {"X509_get_default_cert_dir_env()": "SSL_CERT_DIR", "X509_get_default_cert_file_env()": "SSL_CERT_FILE"}


def read(name):
    return (TOP / name).read_text(encoding="utf-8")


def sources():
    return {path: path.read_text(encoding="utf-8") for room in ("store", "sync", "config") for path in sorted((TOP / room).rglob("*.[ch]"))}


def arguments(text, function):
    """Of each call: its arguments, as they are written."""
    for match in re.finditer(r"\b%s\(" % function, text):
        place, depth, found = match.end(), 0, [""]
        while depth > 0 or text[place] != ")":
            string = re.compile(r'"(?:[^"\\]|\\.)*"').match(text, place)
            c = string.group() if string else text[place]
            depth += (c in "([{") - (c in ")]}")
            if c == "," and depth == 0:
                found.append("")
            else:
                found[-1] += c
            place += len(c)
        yield [argument.strip() for argument in found]


def words_of(argument, names):
    """The words that an argument may be: literals, and macros that stand for one."""
    parts = [names.get(part, part) for part in re.findall(r'"[^"]*"|[A-Z][A-Z_]+', argument)]
    return {part[1:-1] for part in parts if re.fullmatch(r'"[a-z][a-z-]*"', part)}


def macros(text):
    return dict(re.findall(r'^#define ([A-Z_]+) ("[^"]*")', text, re.MULTILINE))


def what_in(files):
    found = set(re.findall(r'", "([a-z-]+)"}', re.sub(r",\s+", ", ", read("sync/report/acts.c"))))
    for text in files.values():
        for function, place in (("report_mailbox", 3), ("import_say", 1)):
            found |= set().union(*(words_of(call[place], {}) for call in arguments(text, function) if len(call) > place))
    return found


def work_in(files):
    names, found = {}, set()
    for text in files.values():
        names.update(macros(text))
    for path, text in files.items():
        here = {**names, **macros(text)}
        for call in arguments(text, "run_pending"):
            found |= words_of(call[4], here) if len(call) > 4 else set()
        for call in arguments(text, "show_waiting"):  # of a POP account
            found |= words_of(call[2], {}) if len(call) > 3 else set()
        for detail in re.findall(r"text_print\(row\.detail, sizeof row\.detail, \"%s\", ([A-Z_]+)\)", text):
            found |= words_of(detail, here)
        if path.name == "refusals.c":
            found |= set(re.findall(r'\{WORK_[A-Z]+, "([a-z-]+)"', text))
        if path.name == "going_keep.c":
            found |= words_of(re.search(r"^going_waits_word\(.*?^}", text, re.MULTILINE | re.DOTALL).group(), here)
    verbs = re.search(r"^plan_verb_word\(.*?^}", read("sync/rules/plan.c"), re.MULTILINE | re.DOTALL).group()
    return found | (words_of(verbs, {}) - {"nothing", "forget"})


def unlike(where, there, said):
    yield from (f"{where}: \"{word}\" is not in it" for word in sorted(there - said))
    yield from (f"{where}: \"{word}\" is nothing that is said" for word in sorted(said - there))


def check_schema(files):
    schema, manual = json.loads(read("contrib/golub.schema.json")), read("contrib/man/golub.1")
    for name, form, there in (("what", "mailbox", what_in(files)), ("work", "waiting", work_in(files))):
        said = schema["$defs"][form]["properties"][name]
        yield from unlike(f"golub.schema.json, {name}, examples", there, set(said["examples"]))
        explained = set(re.findall(r"[a-z]+(?:-[a-z]+)*", said["description"]))
        yield from (f"golub.schema.json, {name}: \"{word}\" is not explained" for word in sorted(there - explained))
        some = re.search(r"[Aa]mong those of\n\.Ql %s\nare\n((?:\.Ql .*\n|and\n)+)" % name, manual)
        named = set(re.findall(r"[a-z][a-z-]+", some.group(1).replace(".Ql", "").replace("and\n", ""))) if some else set()
        if not named or named - there:
            yield f"golub(1), words of {name}: {sorted(named - there) or 'none is named'}"
    part = re.search(r"\nEvents are\n(.*?)\nThe file\n", manual, re.DOTALL).group(1)
    for event in schema["properties"]["event"]["enum"]:
        if not re.search(r"^\.Ql %s\b" % event, part, re.MULTILINE):
            yield f"golub(1), JSON: the event \"{event}\" is not in it"


def check_variables(files):
    manual = read("contrib/man/golub.1").split(".Sh ENVIRONMENT")[1].split(".Sh ")[0]
    for text in files.values():
        for call in arguments(text, "getenv"):
            name = BY_NAME.get(call[0], call[0].strip('"'))
            if re.fullmatch("[A-Z0-9_]+", name) and not name.startswith("VARIABLE_") and name not in STANDARD and not re.search(r"\b%s\b" % name, manual):
                yield f"golub(1), ENVIRONMENT: {name} is not in it"


def is_named(stem, text):
    """By its name, or by its end behind the beginning: `sim_events`, _there."""
    ends = [stem[place:] for place in range(1, len(stem)) if stem[place] == "_"]
    return re.search(r"\b%s\b" % stem, text) or any(re.search(r"(?<!\w)%s\b" % end, text) and re.search(r"\b%s\b" % stem.removesuffix(end), text) for end in ends)


def check_parts():
    page = read("contrib/doc/testing.md")
    for path in sorted((TOP / "tests/sim").glob("*.c")):
        if not path.name.startswith("scenario_") and not is_named(path.stem, page):
            yield f"testing.md: {path.relative_to(TOP)} is not in it"
    named = [path for kind in ("rig/*.*", "sim/open_questions*") for path in (TOP / "tests").glob(kind)]
    for path in sorted(named):
        known = path.stem + ".c" in page if path.suffix == ".h" else path.name in page
        if path.suffix in (".py", ".c", ".h", ".go", ".js", ".txt") and path.name not in ("__init__.py", "CMakeLists.txt") and not (known or path.name in page):
            yield f"testing.md: {path.relative_to(TOP)} is not in it"
    for name in re.findall(r"^    ([a-z_]+\.py)\b", page, re.MULTILINE):
        if not (TOP / "tests/rig" / name).exists():
            yield f"testing.md: there is no tests/rig/{name}"


def check_figures():
    numbers = {name: int(number) for name, number in re.findall(r"set\(SIM_(HISTORIES|IMPORTS|WATCHED) (\d+) ", read("tests/sim/CMakeLists.txt"))}
    few = dict(re.findall(r'"SIM_(HISTORIES|IMPORTS|WATCHED)": "(\d+)"', read("CMakePresets.json")))
    kinds = {"HISTORIES": "histories of the s(?:ync|imulator)", "IMPORTS": "(?:histories )?(?:of the )?imports?", "WATCHED": "of a watcher"}
    for page in ("contrib/check.sh", "contrib/doc/CONTRIBUTING.md", "contrib/doc/testing.md"):
        text = re.sub(r"\s+#?\s*", " ", read(page))
        for kind, words in kinds.items():
            if not re.search("%s %s" % (f"{numbers[kind]:,}", words), text):
                yield f"{page}: not {numbers[kind]:,} {words}"
            if page.endswith("testing.md") and not re.search("%s %s" % (few[kind], words), text):
                yield f"{page}: not {few[kind]} {words} with sanitizers"


def check_planted():
    """Each bug has its row, and each row its bug."""
    from planted_bugs import BUGS
    table = re.match(r"\n\|---\|---\|\n((?:\| .*\n)+)", read("tests/README.md").split("| bug | noticed by |")[1]).group(1)
    rows = re.findall(r"^\| (.*?) \| .* \|$", table, re.MULTILINE)
    yield from (f"tests/README.md: no row of \"{bug.name}\", which is planted" for bug in BUGS if bug.name not in rows)
    planted = {bug.name for bug in BUGS}
    yield from (f"tests/README.md: nobody plants \"{row}\"" for row in rows if row not in planted)


def check_table():
    """Each test that is named for a bug, where it is said to be; a system test may have it from a class of another file."""
    names, system = {}, set()
    for path in [*(TOP / "tests").rglob("*.c"), *(TOP / "tests").rglob("*.py")]:
        found = set(re.findall(r"\w+", path.read_text(encoding="utf-8")))
        names.setdefault(path.stem, set()).update(found)
        system |= found if path.parent.name == "system" else set()
    for line in read("tests/README.md").split("| bug | noticed by |")[1].split("\n"):
        for name, ending, cases in re.findall(r"`((?:test|scenario)_\w+)(\.py)?`(?:: ([\w., ]+))?", line):
            if name not in names:
                yield f"tests/README.md: there is no {name}"
                continue
            there = names[name] | system if ending or (TOP / "tests/system" / (name + ".py")).exists() else names[name]
            for case in re.split(r", (?:and )?", cases.strip()) if cases else ():
                case = case.split(".")[-1]
                if case not in there and "test_" + case not in there:
                    yield f"tests/README.md: {name} has no {case}"


def main():
    files = sources()
    wrong = [*check_schema(files), *check_variables(files), *check_parts(), *check_figures(), *check_planted(), *check_table()]
    print("\n".join(wrong) if wrong else "The pages list what there is.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
