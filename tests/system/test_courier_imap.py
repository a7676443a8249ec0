"""Courier IMAP: everything below "INBOX.", dots between levels, UIDPLUS and hardly anything else."""
import unittest

import test_matrix
from base import main
from rig.courier import CourierImap, fetch
from walk import ServerWalk


class CourierWalk(ServerWalk):
    fetch = staticmethod(fetch)
    server_class = CourierImap
    separator, prefix = ".", "INBOX."


class CourierMatrix(CourierWalk, test_matrix.Matrix):
    pass


def load_tests(loader, _tests, _pattern):
    return unittest.TestSuite([loader.loadTestsFromTestCase(CourierWalk),
                               CourierMatrix("test_each_operation_ends_with_both_sides_the_same")])


if __name__ == "__main__":
    main()
