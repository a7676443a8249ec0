"""Cyrus IMAP: QRESYNC, LIST-STATUS, MULTIAPPEND and MOVE, but not as Dovecot has them."""
import unittest

import test_matrix
from base import main
from rig.cyrus import Cyrus, fetch
from walk import ServerWalk


class CyrusWalk(ServerWalk):
    fetch = staticmethod(fetch)
    server_class = Cyrus


class CyrusMatrix(CyrusWalk, test_matrix.Matrix):
    pass


class CyrusDotsMatrix(CyrusMatrix):
    server_options = {"separator": ".", "prefix": "INBOX."}


def load_tests(loader, _tests, _pattern):
    name = "test_each_operation_ends_with_both_sides_the_same"
    return unittest.TestSuite([loader.loadTestsFromTestCase(CyrusWalk), CyrusMatrix(name), CyrusDotsMatrix(name)])


if __name__ == "__main__":
    main()
