#!/usr/bin/env python3
"""`golub adopt`: the state that OfflineIMAP left is the Base."""
from adoptbase import Moved, OfflineImapAdoptTest
from base import main


class OfflineImapTest(Moved, OfflineImapAdoptTest):
    pass


if __name__ == "__main__":
    main()
