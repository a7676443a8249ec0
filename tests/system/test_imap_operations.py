"""store/imap by itself, each of its operations, against servers that can do more and less. The stories are told in imap_operations.c
and imap_listening.c."""
import os
import re
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from base import main  # noqa: E402
from rig.dovecot import Dovecot  # noqa: E402
from test_matrix import ALL, without  # noqa: E402

BUILT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../build/debug/tests/system")
PROGRAM = os.environ.get("GOLUB_IMAP_OPERATIONS") or os.path.join(BUILT, "imap_operations")
LISTENING = os.environ.get("GOLUB_IMAP_LISTENING") or os.path.join(BUILT, "imap_listening")
TESTS = 3  # of imap_operations.c: a user each


class OperationsTest(unittest.TestCase):
    def operations_work(self, *offered, **options):
        """All tests of the program pass, and the server offered what it was told to."""
        with Dovecot(users={"u%d" % n: "pw" for n in range(TESTS)}, **options) as server:
            ran = subprocess.run([PROGRAM, str(server.port), "u"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                 timeout=120)
            self.assertEqual(0, ran.returncode, ran.stdout + server.tail())
            self.assertRegex(ran.stdout, r"\[  PASSED  \] %d test" % TESTS)
            told = re.search(r"^\S.*: (condstore .*), prefix", ran.stdout, re.MULTILINE).group(1)
            for words in offered:
                self.assertIn(words, told)

    def test_with_all_that_dovecot_offers(self):
        self.operations_work("condstore 1", "qresync 1", "uidplus 1", "multiappend 1", "list-status 1")

    def test_with_a_bare_imap4rev1(self):
        self.operations_work("condstore 0", "qresync 0", "uidplus 0", "multiappend 0", "list-status 0", capability="IMAP4rev1")

    def test_without_uidplus_and_move(self):
        self.operations_work("qresync 1", "uidplus 0", capability=without("UIDPLUS", "MOVE"))

    def test_with_condstore_alone(self):
        self.operations_work("condstore 1", "qresync 0", capability=without("QRESYNC"))

    def test_with_dots_and_a_prefix(self):
        self.operations_work("condstore 1", format="maildir", separator=".", prefix="INBOX.")


class ListeningTest(unittest.TestCase):
    def what_happens_is_told_by(self, by, capability, tls=False):
        with Dovecot(users={"ana": "pw"}, capability=capability) as server:
            arguments = [str(server.port), "ana", by] + ([server.ca] if tls else [])
            ran = subprocess.run([LISTENING] + arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
            self.assertEqual(0, ran.returncode, ran.stdout + server.tail())

    def test_by_notify(self):
        self.what_happens_is_told_by("notify", ALL)

    def test_by_notify_through_tls(self):
        self.what_happens_is_told_by("notify", ALL, tls=True)

    def test_by_idle(self):
        self.what_happens_is_told_by("idle", without("NOTIFY"))

    def test_by_idle_without_unselect_and_qresync(self):
        self.what_happens_is_told_by("idle", "IMAP4rev1 IDLE UIDPLUS")

    def test_by_nothing(self):
        self.what_happens_is_told_by("nothing", without("IDLE", "NOTIFY"))


if __name__ == "__main__":
    main()
