#!/usr/bin/env python3
"""Trees that Debian's OfflineIMAP keeps, in its own default layout: keepers.py says what is asked."""
from base import main
from keepers import KeeperTest
from rig.movers import OfflineImap


class OfflineImapKeeperTest(KeeperTest):
    kind, keys = OfflineImap, {"layout": "flat"}


del KeeperTest  # its tests are those of the class above

if __name__ == "__main__":
    main()
