"""
A first sync over lines of several speeds: golub with each word of `compress`, beside mbsync, which compresses wherever it can.

    lines.py --golub PROGRAM --tools FOLDER [--mbits 10,20,50,100,200,0] [--megabytes 60] [--alone]

One Dovecot with imap_zlib, a proxy that lets so many Mbit/s through (0: all) and delays each way by 20 ms, a home of its own for each run. A row
prints seconds and the megabytes that came down. Asked is that "auto" takes at most a tenth
longer than the better of the other two and than the line needs for its bytes, and no longer than mbsync. Exit status 1 if that was missed.
"""
import argparse
import os
import platform
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import image  # noqa: E402
from clients import Golub, Mbsync, add_options, file_system, prepare  # noqa: E402
from rig.dovecot import Dovecot  # noqa: E402
from rig.fill import Wire, mails  # noqa: E402
from rig.proxy import Proxy  # noqa: E402

DELAY = 20  # milliseconds one way
MB = 1_000_000
PLUGINS = "mail_plugins = $mail_plugins zlib\nprotocol imap {\n  mail_plugins = $mail_plugins zlib imap_zlib\n}\n"
WORDS = ("no", "yes", "auto")


class Run:
    def __init__(self, cost, down):
        self.seconds, self.megabytes = cost.seconds, down / MB

    def __str__(self):
        return "%8.2f s %7.1f MB" % (self.seconds, self.megabytes)


def first_sync(program, proxy, count):
    """One first sync through the proxy. @return Run"""
    proxy.reset()
    cost = program.run(port=proxy.port)
    if len(program.files("INBOX")) != count:
        raise RuntimeError("%s did not fetch all\n%s" % (program.name, cost.out[-3000:]))
    return Run(cost, proxy.stats["down"])


def line(options, server, mbit, count):
    """@return name -> Run"""
    programs = {word: Golub(options.tools, "ana", server.port, compress=word, max_delete="off") for word in WORDS}
    if not options.alone and Mbsync.available():
        programs["mbsync"] = Mbsync(options.tools, "ana", server.port)
    proxy = Proxy(server.port, delay=DELAY, mbit=mbit, record=False).start()
    try:
        return {name: first_sync(program, proxy, count) for name, program in programs.items()}
    finally:
        proxy.stop()
        for program in programs.values():  # not one is removed before all are done: see image.py
            program.close()


def missed(runs, mbit):
    """@return sentences about what "auto" did not reach"""
    auto, better = runs["auto"], min(runs["no"].seconds, runs["yes"].seconds)
    asked = [("a tenth more than the better of no and yes", 1.10 * better)]
    if mbit:
        asked.append(("a tenth more than its bytes take on the line", 1.10 * auto.megabytes * 8 / mbit))
    if "mbsync" in runs:
        asked.append(("mbsync", runs["mbsync"].seconds))
    return ["MISSED: %s, %.2f s" % (what, seconds) for what, seconds in asked if auto.seconds > seconds]


def numbers(text):
    return [float(word) for word in text.split(",")]


def main():
    parser = argparse.ArgumentParser(description="A first sync over lines of several speeds, golub beside mbsync.")
    add_options(parser)
    parser.add_argument("--mbits", type=numbers, default=[10, 20, 50, 100, 200, 0], help="Mbit/s one way, 0: no limit")
    parser.add_argument("--megabytes", type=float, default=60, help="of mail (default: 60)")
    options = parser.parse_args()
    prepare(options)
    options.image = options.image and image.can_be_made()
    print("%s; %s; Linux %s, %d processors, load %.2f, %s%s; %d ms a round trip"
          % (Golub.version(), "" if options.alone else Mbsync.version(), platform.release(), os.cpu_count(), os.getloadavg()[0],
             "new ext4 on " if options.image else "", file_system(tempfile.gettempdir())[0], 2 * DELAY))
    bad = 0
    with image.server(lambda: Dovecot(users={"ana": "secret"}, special_use=False, mechanisms=("plain", "login"),
                                      extra=PLUGINS)) as server:
        with Wire(server.port, "ana") as wire:
            count, size = wire.append("INBOX", mails(int(options.megabytes * MB / 15700)))
        print("first sync of %d messages, %.1f MB" % (count, size / MB), flush=True)
        for mbit in options.mbits:
            with image.Homes(options.image):
                runs = line(options, server, mbit, count)
            sentences = missed(runs, mbit)
            bad += len(sentences)
            print("%9s  %s" % ("%g Mbit/s" % mbit if mbit else "no limit", "  ".join("%s%s" % (n, r) for n, r in runs.items())))
            for sentence in sentences or ["met"]:
                print("           auto: %s" % sentence, flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
