"""
Shells that complete a line as a person would have them do: bash and zsh at a terminal with a line editor, fish by `complete -C`.

offered(BEFORE, WORD) is what the shell puts into the place of WORD: all candidates at once, each as the command would get it.
"""
import os
import pty
import select
import shlex
import shutil
import signal
import subprocess
import time

from . import scratch

SECONDS = 20  # the longest that a shell may take for one line


class Missing(Exception):
    """This shell is not here."""


class AtTerminal:
    """A shell whose line editor inserts all candidates; the line is then run with a function in front that writes its words to a file."""
    start = ()
    setup = ""
    all_of_them = the_only_one = b""

    def __init__(self, completion, **env):
        if not shutil.which(self.start[0]):
            raise Missing(self.start[0])
        self.folder = scratch.make("shell")
        self.out = os.path.join(self.folder, "words")
        self.env = {**os.environ, **env, "TERM": "xterm", "COLUMNS": "2000", "HOME": self.folder, "LC_ALL": "C.UTF-8"}
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(self.folder)
            os.execvpe(self.start[0], self.start, self.env)
        words = "words() { printf '%%s\\n' \"$@\" >%s.new; mv %s.new %s; }" % (self.out, self.out, self.out)
        with open(os.path.join(self.folder, "rc"), "w") as f:
            f.write("%s\n%s\nwords ready\n" % (self.setup % completion, words))
        self.send(b". ./rc\r")
        self.answer()

    def send(self, data):
        os.write(self.terminal, data)

    def answer(self):
        said, end = b"", time.monotonic() + SECONDS
        while not os.path.exists(self.out):
            if time.monotonic() > end:
                raise AssertionError("%s does not answer; it said %r" % (self.start[0], said[-2000:]))
            if select.select([self.terminal], [], [], 0.02)[0]:
                said += os.read(self.terminal, 65536)
        with open(self.out) as f:
            words = f.read().split("\n")[:-1]
        os.unlink(self.out)
        return words

    def offered(self, before, word=""):
        quoted = word[:1] in ("'", '"')
        self.send(("%s %s" % (before, word)).encode() + (self.the_only_one if quoted else self.all_of_them))
        self.wait_quiet()
        self.send(b"\x01words \r")
        words = self.answer()[len(shlex.split(before)):]
        typed = word + word[0] if quoted else word
        return [] if words == shlex.split(typed) else sorted(words)

    def wait_quiet(self):
        """Until nothing was drawn for a while: what is typed while a completion runs belongs to the line editor, too."""
        while select.select([self.terminal], [], [], 0.1)[0]:
            os.read(self.terminal, 65536)

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.terminal)
        scratch.remove(self.folder)


class Bash(AtTerminal):
    start = ("bash", "--norc", "--noprofile", "-i")
    setup = "bind 'set enable-bracketed-paste off'\nbind 'set bell-style none'\n. %s"
    all_of_them = b"\x1b*"
    the_only_one = b"\t"  # with all of them readline leaves a quote open


class Zsh(AtTerminal):
    start = ("zsh", "-f", "-i")
    setup = ("unset zle_bracketed_paste\nunsetopt beep zle_beep\nautoload -Uz compinit && compinit -u -D\n"
             "mkdir its-functions\ncp %s its-functions/_golub\n"
             "fpath=($PWD/its-functions $fpath)\nautoload -Uz _golub && compdef _golub golub\n"
             "zle -C all-matches complete-word _generic\nbindkey '^X*' all-matches\nbindkey '^A' beginning-of-line\n"
             "zstyle ':completion:all-matches:*' insert true\nzstyle ':completion:all-matches::::' completer _all_matches _complete")
    all_of_them = the_only_one = b"\x18*"


class Fish:
    def __init__(self, completion, **env):
        if not shutil.which("fish"):
            raise Missing("fish")
        self.completion, self.folder = completion, scratch.make("shell")
        self.env = {**os.environ, **env, "HOME": self.folder, "LC_ALL": "C.UTF-8"}

    def offered(self, before, word=""):
        told = subprocess.run(["fish", "--no-config", "-c", "source $argv[1]; complete -C $argv[2]", self.completion,
                               "%s %s" % (before, word)], env=self.env, cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS)
        if told.returncode or told.stderr:
            raise AssertionError(told.stderr)
        return sorted(candidate.split("\t")[0] for candidate in told.stdout.split("\n")[:-1])

    def close(self):
        scratch.remove(self.folder)
