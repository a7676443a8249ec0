#!/usr/bin/env python3
"""The rooms of sync/ know each other in one direction: sync/CMakeLists.txt says which, this looks whether it is so.

    rooms.py [BUILD]

    room(NAME ARROWS...)      the folder sync/NAME may include headers of these rooms of sync/ (`report` or `sync_report`) and store/ alone

The linker says the same of symbols (the programs sync_NAME_alone); it can't see headers, nor the names of operations:

  - an #include needs an arrow; an arrow that no #include needs is none
  - arrows make no circle, and neither do headers
  - within a folder of sync/, store/ and config/ no file uses what uses it (with the folder of a build: nm reads its objects)
  - private headers (private.h, *_private.h) stay in their room
  - what changes mail, or a Maildir, is called in the rooms that are there for it
  - nobody but rules/ computes with what both sides agreed on (the bases of struct flag_sides)
"""
import re
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
SYNC = TOP / "sync"

# Operations of store/base/remote.h, local.h and maildrop.h after which mail is another one, or stands elsewhere.
CHANGES = {"store", "keyword", "append", "move", "copy", "remove", "create", "create_all", "deliver", "deliver_ahead", "rename", "link", "unlink_moved",
           "move_folder", "keep", "quarantine_drop", "quarantine_flush", "draft_begin", "carry"}
MAY_CHANGE = {"apply", "import", "restore"}
PASSES_ON = {"attempts_remote.c", "flight.c", "flight_remove.c"}  # what apply asks for, to the server
MARKS = {"write_mark"}  # the mark in the root is no mail
MAY_MARK = {"run"}


def read_arrows(text):
    """{room: set of rooms}, {room: set of store rooms}"""
    rooms, stores = {}, {}
    for name, words in re.findall(r"^room\((\w+)([^)]*)\)", text, re.MULTILINE):
        words = words.split()
        rooms[name] = {word.removeprefix("sync_") for word in words if word.startswith("sync_")}
        stores[name] = {word.removeprefix("store_") for word in words if word.startswith("store_")}
    return rooms, stores


def includes(path):
    return re.findall(r'^\s*#\s*include\s+"([^"]+)"', path.read_text(encoding="utf-8"), re.MULTILINE)


def find_circle(graph):
    """Some circle of a graph {node: nodes}, as a list; [] if there is none."""
    state, way = {}, []

    def visit(node):
        state[node] = 1
        way.append(node)
        for other in sorted(graph.get(node, ())):
            if state.get(other) == 1:
                return way[way.index(other):] + [other]
            if other not in state:
                found = visit(other)
                if found:
                    return found
        way.pop()
        state[node] = 2
        return []

    for node in sorted(graph):
        if node not in state:
            found = visit(node)
            if found:
                return found
    return []


def check_file(path, room, rooms, stores, used):
    name = path.relative_to(TOP)
    for header in includes(path):
        top, *rest = header.split("/")
        if top == "config" or (top == "sync" and len(rest) == 1):
            yield f"{name}: includes {header}, which is above it"
        elif top == "sync" and rest[0] != room:
            used.add(("sync", rest[0]))
            if rest[0] not in rooms[room]:
                yield f"{name}: includes {header}, and room({room} ...) has no arrow to {rest[0]}"
            if rest[1] == "private.h" or rest[1].endswith("_private.h"):
                yield f"{name}: includes {header}, which is private to its room"
        elif top == "store":
            used.add(("store", rest[0]))
            if rest[0] not in stores[room]:
                yield f"{name}: includes {header}, and room({room} ...) has no arrow to store_{rest[0]}"
    for op in re.findall(r"\bops->(\w+)\(", path.read_text(encoding="utf-8")):
        if (op in CHANGES and room not in MAY_CHANGE and path.name not in PASSES_ON) or (op in MARKS and room not in MAY_MARK):
            yield f"{name}: calls ops->{op}, which changes something; that is done in {', '.join(sorted(MAY_CHANGE))}"


def check_bases(path, room):
    if room != "rules" and re.search(r"\bflags\.[rl]base\b", path.read_text(encoding="utf-8")):
        yield f"{path.relative_to(TOP)}: computes with a base of flags; that is done in rules/merge.c"


def check():
    rooms, stores = read_arrows((SYNC / "CMakeLists.txt").read_text(encoding="utf-8"))
    for folder in sorted(path.name for path in SYNC.iterdir() if path.is_dir()):
        if folder not in rooms:
            yield f"sync/{folder} is a folder and no room of sync/CMakeLists.txt"
    circle = find_circle(rooms)
    if circle:
        yield "rooms make a circle: " + " -> ".join(circle)
    headers = {}
    for path in sorted(SYNC.rglob("*.h")):
        headers[str(path.relative_to(TOP))] = {header for header in includes(path) if header.startswith("sync/")}
    circle = find_circle(headers)
    if circle:
        yield "headers make a circle: " + " -> ".join(circle)
    for room in rooms:
        used = set()
        for path in sorted((SYNC / room).glob("*.[ch]")):
            yield from check_file(path, room, rooms, stores, used)
            yield from check_bases(path, room)
        for other in sorted(rooms[room]):
            if ("sync", other) not in used:
                yield f"room({room} ...): no #include needs the arrow to {other}"
        for other in sorted(stores[room]):
            if ("store", other) not in used:
                yield f"room({room} ...): no #include needs the arrow to store_{other}"


def read_objects(build):
    """{folder: {file: files of that folder whose functions or data it uses}}"""
    sources, homes, used = {}, {}, {}
    for top in ("sync", "store", "config"):
        for path in (build / top).rglob("*.c.o"):
            source = Path(top, str(path).split(".dir/")[-1][:-len(".o")])
            if (TOP / source).is_file():  # else an earlier build left it
                sources[str(path)] = source
    if not sources:
        return {}
    for line in subprocess.run(["nm", "-gA", *sources], capture_output=True, text=True, check=True).stdout.splitlines():
        path, rest = line.rsplit(":", 1)
        *_, kind, name = rest.split()
        if kind == "U":
            used.setdefault(sources[path], set()).add(name)
        elif kind in "TDBR":
            homes[name] = sources[path]
    folders = {}
    for source, names in used.items():
        files = {homes[name] for name in names if name in homes}
        folders.setdefault(source.parent, {})[source] = {file for file in files if file.parent == source.parent and file != source}
    return folders


def check_files(build):
    folders = read_objects(build)
    if not folders:
        yield f"{build} holds no objects"
    for folder, files in sorted(folders.items()):
        circle = find_circle(files)
        if circle:
            yield f"files of {folder} make a circle: " + " -> ".join(file.name for file in circle)


def main():
    wrong = list(check())
    for build in sys.argv[1:]:
        wrong += check_files(Path(build))
    print("\n".join(wrong) if wrong else "the rooms know each other in one direction")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
