"""Cyrus IMAP: QRESYNC, LIST-STATUS, MULTIAPPEND and MOVE, but not as Dovecot has them."""
import unittest

import test_matrix
from base import main
from rig.cyrus import Cyrus, fetch
from walk import ServerWalk


class CyrusWalk(ServerWalk):
    fetch = staticmethod(fetch)
    server_class = Cyrus

    def test_what_it_calls_a_mailbox_in_a_list_is_not_asked_for(self):
        self.sync()
        self.assertIn(b"OBJECTID", self.proxy.stream("down"))
        self.assertNotIn(b"MAILBOXID", self.proxy.stream("up"), "3.6 tells freed memory there")


class CyrusMatrix(CyrusWalk, test_matrix.Matrix):
    pass


class CyrusDotsMatrix(CyrusMatrix):
    server_options = {"separator": ".", "prefix": "INBOX."}


def load_tests(loader, _tests, _pattern):
    name = "test_each_operation_ends_with_both_sides_the_same"
    return unittest.TestSuite([loader.loadTestsFromTestCase(CyrusWalk), CyrusMatrix(name), CyrusDotsMatrix(name)])


if __name__ == "__main__":
    main()
