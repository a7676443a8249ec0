#!/usr/bin/env python3
"""`golub adopt`: the state that mbsync left is the Base."""
from adoptbase import MbsyncAdoptTest, Moved
from base import main


class MbsyncTest(Moved, MbsyncAdoptTest):
    pass


if __name__ == "__main__":
    main()
