"""Debian's neomutt in a terminal of its own, used by keystrokes as a person uses it."""
import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import termios
import threading
import time

from . import scratch

EDITOR = "#!/bin/sh\necho 'one more line' >> \"$1\"\n"
SETTINGS = """set mbox_type=Maildir folder="{root}" spoolfile="+INBOX" record="+Sent" postponed="+Drafts" trash=""
set sendmail="/bin/true" editor="{editor}" from="ana@example.org" realname="Ana" hostname="example.org" use_domain=no
set confirm_append=no confirm_create=no delete=yes quit=yes move=no include=yes wait_key=no beep=no fast_reply=yes abort_nosubject=no
set sort=date header_cache="" sleep_time=0 mail_check=1 timeout=1 edit_headers=no abort_noattach=no
"""


class Neomutt:
    """
    Keys are read one after the other; `keys` returns when the screen has come to rest.

    home  somebody's, which stays; folder: None for the one that the settings name; base: settings for all tests, "" for none of them
    """
    program = "neomutt"

    def __init__(self, root, folder="INBOX", settings="", base=SETTINGS, home=None):
        self.own = None if home else scratch.make("neomutt")
        self.home = home or self.own
        editor = self._write("editor", EDITOR, 0o700)
        rc = self._write("rc", base.format(root=root, editor=editor) + settings, 0o600)
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.environ.clear()
            os.environ.update(HOME=self.home, PATH="/usr/bin:/bin", TERM="xterm", LC_ALL="C.UTF-8", TZ="UTC")
            os.execvp(self.program, [self.program, "-n", "-F", rc, *(["-f", "+" + folder] if folder else [])])
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 60, 160, 0, 0))
        self.screen, self._wrote, self.typed = bytearray(), time.monotonic(), time.monotonic()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.keys("", quiet=0.5)

    @classmethod
    def is_here(cls):
        return shutil.which(cls.program) is not None

    def _write(self, name, text, mode):
        path = os.path.join(self.home, name)
        with open(path, "w") as f:
            f.write(text)
        os.chmod(path, mode)
        return path

    def _read(self):
        while True:
            try:
                if not select.select([self.terminal], [], [], 0.5)[0]:
                    continue
                data = os.read(self.terminal, 65536)
            except (OSError, ValueError):
                return
            if not data:
                return
            self.screen += data
            self._wrote = time.monotonic()

    def keys(self, *typed, quiet=0.15):
        """Type these, one after the other, each after the answer to the one before. @return what was drawn meanwhile"""
        begin = len(self.screen)
        for text in typed:
            self.typed = time.monotonic()
            os.write(self.terminal, text.encode())
            self._rest(quiet)
        return bytes(self.screen[begin:]).decode(errors="replace")

    def _rest(self, quiet):
        began = time.monotonic()
        while time.monotonic() - max(began, self._wrote) < quiet and time.monotonic() < began + 5:
            time.sleep(0.01)

    def drawn(self, last=6000):
        """The end of what was drawn, without the terminal's own codes."""
        return re.sub(r"(\x1b[^a-zA-Z]*[a-zA-Z]| )+", " ", bytes(self.screen[-last:]).decode(errors="replace"))

    def at(self, subject):
        """The cursor stands on the message with this subject."""
        return self.keys("/", "~s '%s'\r" % subject)

    def open(self, mailbox):
        return self.keys("c", "\x15=%s\r" % mailbox)

    def close(self):
        try:
            os.kill(self.pid, signal.SIGTERM)
            time.sleep(0.1)
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        os.waitpid(self.pid, 0)
        self._reader.join(2)
        os.close(self.terminal)
        scratch.remove(self.own)
