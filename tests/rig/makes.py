"""
All servers of other makes, by name.

    python3 -m rig.makes [NAME...]     fetches and unpacks what is not there yet, and says what can't be had
"""
import sys

from . import dovecots, proxies, servers, wrapped
from .daemon import NotHere

ALL = {s.__name__: s for s in (servers.Twisted, servers.Mailutils, servers.GoImap, servers.Hoodiecrow, servers.HoodiecrowFull,
                               servers.TwistedPop, servers.MailutilsPop, servers.Popa3d,
                               *wrapped.ALL, *dovecots.ALL, *proxies.ALL)}

# Those that are soon unpacked and soon walked over: contrib/check.sh leads golub over these.
BRIEF = ("Twisted", "TwistedPop", "MailutilsPop", "CourierImap", "CourierPop", "Cyrus", "DovecotZlib", "DovecotSizes", "DovecotPublic",
         "DovecotQuota", "Perdition", "Nginx", "HaproxyTls", "StunnelStarttls")


def main():
    missing = 0
    for name in sys.argv[1:] or ALL:
        try:
            ALL[name].fetch()
        except (NotHere, RuntimeError) as e:
            print("%s: %s" % (name, e), file=sys.stderr)
            missing = 1
    return missing


if __name__ == "__main__":
    sys.exit(main())
