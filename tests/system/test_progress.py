"""How far a run is, on terminals of two widths that are made wider and narrower meanwhile, and where nothing can be drawn over."""
import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import time
import unicodedata

from base import SystemTest, main
from popbase import DovecotTest
from rig.golub import binary


def columns(text):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


class Terminal:
    """Runs on a terminal of a width that may change."""
    command = ("sync", "work")

    def set_width(self, terminal, width):
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))

    def run_on_terminal(self, *options, widths=(80,), env=None, until=None):
        """@return [(width, text)]: what was written while the terminal had this width; it changes twice a second"""
        ours, theirs = pty.openpty()
        self.set_width(ours, widths[0])
        process = subprocess.Popen([binary(), *self.command, *options], stdin=theirs, stdout=theirs, stderr=subprocess.STDOUT,
                                   env=self.home.environment(**{"TERM": "xterm", **(env or {})}), cwd=self.home.path)
        os.close(theirs)
        self.addCleanup(os.close, ours)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        written, begin = [], time.monotonic()
        while True:
            width = widths[min(int((time.monotonic() - begin) * 2), len(widths) - 1)]
            self.set_width(ours, width)
            try:
                data = os.read(ours, 65536)
            except OSError:
                break
            written.append((width, data))
            if until and until(written, process):
                break
        self.code = process.wait(60)
        return written

    def lines_of(self, written):
        text = b"".join(data for _, data in written).decode()
        return [re.sub("\033\\[K", "", part) for part in re.split("[\r\n]+", text) if part.replace("\033[K", "")]


class ProgressTest(Terminal, SystemTest):
    def given_mail(self, count=600, mailbox="Архив/Переписка с издательством/東京 2024"):
        self.client.create(mailbox)
        body = "x" * 3000
        self.client.fill(mailbox, [self.corpus.simple("message %d" % n, body) for n in range(count)])

    def test_the_line_fits_forty_columns_and_keeps_both_ends_of_a_name(self):
        self.given_mail()
        self.through(mbit=4)

        lines = self.lines_of(self.run_on_terminal(widths=(40,)))

        drawn = [line for line in lines if " of 600" in line]
        self.assertGreater(len(drawn), 5)
        self.assertFalse([line for line in drawn if columns(line) > 39])
        self.assertTrue([line for line in drawn if re.match(r"work/.*\.\..*2024: \d+ of 600, .*\d+:\d\d left$", line)], drawn)

    def test_the_line_says_all_on_eighty_columns(self):
        self.given_mail()
        self.through(mbit=4)

        lines = self.lines_of(self.run_on_terminal(widths=(80,)))

        self.assertTrue([line for line in lines
                         if re.search(r": [\d,]+ of 600, [\d.]+ of 1.9 MB, [\d.]+ MB/s, \d+:\d\d left$", line)], lines)

    def test_a_terminal_that_changes_its_width_has_lines_of_its_width(self):
        self.given_mail()
        self.through(mbit=4)
        widths = (80, 40, 60, 30, 100, 40, 80)

        written = self.run_on_terminal(widths=widths)

        late = 0
        for (before, _), (width, data) in zip(written, written[1:]):
            for part in re.split("[\r\n]+", data.decode(errors="replace")):
                late += " of 600" in part and columns(part.replace("\033[K", "")) > max(before, width) - 1
        self.assertEqual(late, 0)

    def test_nothing_is_drawn_over_where_that_is_not_wanted(self):
        self.given_mail(100)
        for options, env in ((("--no-progress",), {}), ((), {"TERM": "dumb"}), ((), {"ACCESSIBLE": "1"}), ((), {"TERM": ""})):
            text = b"".join(data for _, data in self.run_on_terminal(*options, env=env))
            self.assertEqual(self.code, 0)
            self.assertNotIn(b"\033", text)
            self.assertNotIn(b" of ", text)  # the run takes no minute
            self.assertFalse(re.search(b"\r(?!\n)", text))

    def test_interrupt_answers_at_once(self):
        self.given_mail()
        self.through(mbit=1)

        def interrupt(written, process):
            if b" of 600" in written[-1][1] and not self.interrupted:
                process.send_signal(2)
                self.interrupted = time.monotonic()
            if self.interrupted and not self.answered and b"stopping" in written[-1][1]:
                self.answered = time.monotonic()
            return False
        self.interrupted = self.answered = 0
        self.run_on_terminal(until=interrupt)

        self.assertTrue(self.interrupted and self.answered)
        self.assertLess(self.answered - self.interrupted, 1)
        self.assertEqual(self.code, -2)


class ImportProgressTest(Terminal, DovecotTest):
    command = ("import", "post")

    def given_small_and_large(self):
        """The newest are small and come first; of the bytes nine in ten are in the others."""
        def mail(n, size):
            return b"Subject: message %d\r\n\r\n%s\r\n" % (n, b"\r\n".join([b"x" * 70] * (size // 72)))
        self.drop([mail(n, 600_000) for n in range(6)] + [mail(n, 700) for n in range(594)])

    def test_bytes_decide_the_time_that_is_left(self):
        self.given_small_and_large()
        self.through(mbit=8)

        lines = self.lines_of(self.run_on_terminal(widths=(80,)))

        form = re.compile(r"^post/INBOX: ([\d,]+) of 600, ([\d.]+) of 4\.\d MB, [\d.]+ MB/s, (\d+):(\d\d) left$")
        drawn = [(int(m.group(1)), float(m.group(2)), int(m.group(3)) * 60 + int(m.group(4))) for m in map(form.match, lines) if m]
        self.assertTrue(drawn, lines)
        beginning = [left for done, megabytes, left in drawn if 594 <= done < 596]  # four of six large ones are to come
        self.assertTrue(beginning, lines)
        self.assertGreaterEqual(max(beginning), 2, lines)
        self.assertEqual([m for _, m, _ in drawn], sorted(m for _, m, _ in drawn))
        late = [(done, m) for done, m, _ in drawn if done >= 594]
        self.assertGreater(len(set(late)), len({done for done, _ in late}), lines)  # within a large one it goes on

    def test_numbers_in_json(self):
        self.given_small_and_large()
        self.through(mbit=8)

        told = self.import_("--json").of("progress")

        self.assertEqual({e["total"] for e in told}, {600})
        self.assertEqual(len({e["total_bytes"] for e in told}), 1)
        self.assertLessEqual(max(e["bytes"] for e in told), told[0]["total_bytes"])


if __name__ == "__main__":
    main()
