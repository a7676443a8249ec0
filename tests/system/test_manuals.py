"""Every command line and every configuration that the manuals show is one that the program takes, and both name the same options."""
import glob
import os
import re
import shlex

from base import HomeTest, main

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
ROFF = (("\\(dq", '"'), ("\\(aq", "'"), ("\\(ti", "~"), ("\\e", "\\"), ("\\-", "-"), ("\\&", ""))
COMMANDS = ("sync", "import", "adopt", "restore", "status", "check", "verify", "watch", "keyword", "init")
KEY = re.compile(r"^\s*[a-z][a-z-]*\s+=\s*\S")
REFUSED = ("golub work",)  # shown as what is not taken
OTHERS = ("sep",)          # keys of other programs


def read(*path):
    with open(os.path.join(TOP, *path), encoding="utf-8") as f:
        return f.read()


def plain(text):
    for there, here in ROFF:
        text = text.replace(there, here)
    return text


def shown_in_manual(text):
    """@return (blocks of literal lines, pieces in the midst of sentences)"""
    blocks, pieces, block = [], [], None
    for line in text.split("\n"):
        if line.startswith(".Bd -literal"):
            block = []
        elif line == ".Ed" and block is not None:
            blocks.append("\n".join(block))
            block = None
        elif block is not None:
            block.append(plain(line))
        elif line.startswith(".Dl "):
            blocks.append(plain(line[4:]))
        elif line.startswith(".Ql "):
            pieces.append(re.sub(r" (?:Ar|Fl|Cm) ", " ", re.sub(r" [.,;:)]+$", "", plain(line[4:]))))
    return blocks, pieces


def shown_in_markdown(text):
    """The same of what is indented by four, or stands between fences, and of `this`."""
    blocks, pieces, block, fenced = [], [], [], False
    for line in text.split("\n") + [""]:
        if line.startswith("```"):
            fenced = not fenced
        elif fenced or line.startswith("    ") or line == "" and block:
            block.append(line if fenced else line[4:])
            continue
        if not fenced and block:
            blocks.append("\n".join(block).strip("\n"))
            block = []
        pieces += re.findall("`([^`]+)`", line)
    return blocks, pieces


def pages():
    """(name, blocks, pieces) of each page."""
    for path in sorted(glob.glob(os.path.join(TOP, "contrib", "man", "*"))):
        yield (os.path.basename(path), *shown_in_manual(read(path)))
    for path in [os.path.join(TOP, "README.md"), *sorted(glob.glob(os.path.join(TOP, "contrib", "doc", "*.md")))]:
        yield (os.path.basename(path), *shown_in_markdown(read(path)))


def commands_in(line):
    """What a shell, or cron, would run of golub."""
    line = re.sub(r"\s#\s.*", "", re.sub(r"^(\S+\s+){5}(?=/)", "", line.strip()))
    for part in re.split(r"&&|\|\||[;|]", re.sub(r"(?<=\S)\s{2,}\S.*", "", line)):
        part = re.sub(r"^\$\s+", "", part.strip())
        part = re.sub(r"^([A-Z_]+=\S*\s+)+", "", re.sub(r"\s*[0-9]?>.*", "", part))
        if re.match(r"(/\S*/)?golub(\s|$)", part):
            yield part


def filled_in(word):
    """A word of an example, with something in the place of what stands for it."""
    word = re.sub(r"(\.\.\.|…)$", "", word)
    return {"COMMAND": "sync", "TIME": "1d", "N/M": "1/30", "N": "2", "ID": "12"}.get(word, word)


class ManualsTest(HomeTest):
    def load(self, text):
        """@return what is wrong with a configuration; "": nothing"""
        path = os.path.join(self.home.path, "shown.conf")
        with open(path, "w") as f:
            f.write(text)
        os.chmod(path, 0o600)
        result = self.home.run("-c", path, "status")
        return "" if result.code == 0 else result.err

    def test_every_command_line_is_taken(self):
        seen, wrong = 0, []
        for name, blocks, pieces in pages():
            named = ["golub " + command for command in COMMANDS]  # in a sentence that is a name
            lines = [line for block in blocks for line in block.split("\n")] + [piece for piece in pieces if piece not in named]
            for line in lines:
                for command in commands_in(line):
                    if command in REFUSED:
                        continue
                    words = [word for word in map(filled_in, shlex.split(command)[1:]) if word]
                    result = self.home.run(*words, "-c", os.path.join(self.home.path, "none.conf"))
                    seen += 1
                    if result.code != 0 and not re.search("read the configuration|an answer is missing", result.err):
                        wrong.append("%s: %s\n    %s" % (name, command, result.err.strip()))

        self.assertEqual(wrong, [], "\n".join(wrong))
        self.assertGreater(seen, 60)

    def test_every_configuration_is_taken(self):
        shown = [("golub.conf.example", read("contrib", "golub.conf.example")),
                 ("golub.conf.example, all of it", re.sub(r"(?m)^(\s*)# ((?:\s*# )?\s*[a-z-]+\s*(?:=|\{|\"[a-z]+\" \{).*|\})$",
                                                           lambda m: m.group(1) + m.group(2).replace("# ", "", m.group(2).lstrip().startswith("#")),
                                                           read("contrib", "golub.conf.example")))]
        for name, blocks, _ in pages():
            shown += [(name, block) for block in blocks if re.search(r"(?m)^\s*(account\s+\S+|defaults)\s*\{", block)]
        for name, text in shown:
            with self.subTest(name, text=text):
                if "account" not in text:
                    text += '\naccount "x" { server = "imaps://h" user = u password-command = p maildir = "~/x" }\n'
                self.assertEqual(self.load(text), "")
        self.assertGreater(len(shown), 8)

    def test_every_key_with_its_value_is_taken(self):
        seen, wrong = 0, []
        bases = ({"server": '"imaps://h"', "user": "u", "password-command": "p", "maildir": '"~/x"'},
                 {"server": '"pop3s://h"', "user": "u", "password-command": "p", "maildir": '"~/x"'})
        for name, blocks, pieces in pages():
            lines = [line for block in blocks if "{\n" not in block for line in block.split("\n")] + pieces
            for line in lines:
                key = line.split("=")[0].strip()
                if not KEY.match(line) or key in OTHERS:
                    continue
                said = [self.load('account "x" {\n%s\n%s\n}\n' % ("\n".join("%s = %s" % i for i in base.items() if i[0] != key), line))
                        for base in bases]
                seen += 1
                if "" not in said:
                    wrong.append("%s: %s\n    %s" % (name, line, said[0].strip()))

        self.assertEqual(wrong, [], "\n".join(wrong))
        self.assertGreater(seen, 8)

    # -- options

    def help_options(self, command=None):
        """{long option: the commands that help names, () where it is for all}"""
        found = {}
        for line in self.run_golub("help", *([command] if command else [])).out.split("\n"):
            m = re.match(r"  +(?:-\w, )?--([a-z-]+)\S*(?: [A-Z/|a-z]+)?  +(.*)", line)
            if m:
                words = re.match(r"([a-z]+(?:, [a-z]+)*): ", m.group(2))
                found[m.group(1)] = tuple(words.group(1).split(", ")) if words else ()
        return found

    def manual_options(self):
        """The same of the list in golub(1)."""
        found, name = {}, None
        part = re.search(r"\n\.Ss Options\n(.*?)\n\.S[sh] ", read("contrib", "man", "golub.1"), re.S).group(1)
        for line in part.split("\n"):
            if line.startswith(".It Fl "):
                name = re.findall(r"Fl -([a-z-]+)", line)[-1]
                found[name] = ()
            elif line.startswith(".Pq Cm ") and name is not None and found[name] == ():
                found[name] = tuple(line[7:].split(" , "))
            elif not line.startswith(".Pq"):
                continue
        return found

    def synopsis(self):
        """{command: the long options that its lines show}"""
        found = {}
        part = re.search(r"\.Sh SYNOPSIS\n(.*?)\n\.Sh ", read("contrib", "man", "golub.1"), re.S).group(1)
        for line in part.split(".Nm\n")[1:]:
            command = re.search(r"Cm (\w+)", line).group(1)
            found.setdefault(command, set()).update(re.findall(r"Fl -([a-z-]+)", line))
        return found

    def test_help_and_manual_name_the_same_options_for_the_same_commands(self):
        self.assertEqual(self.manual_options(), self.help_options())

    def test_the_synopsis_shows_the_options_of_each_command(self):
        shown, short = self.synopsis(), {"config", "dry-run", "quiet", "verbose"}  # -c, -nqv

        self.assertEqual(set(shown), set(COMMANDS) | {"help"})
        for command in COMMANDS:
            with self.subTest(command):
                self.assertEqual(shown[command], set(self.help_options(command)) - short - {"help", "version"})

    def test_every_command_is_in_the_readme(self):
        text = read("README.md")
        for command in (*COMMANDS, "help"):
            self.assertRegex(text, r"(?m)^    golub %s\b" % command)


if __name__ == "__main__":
    main()
