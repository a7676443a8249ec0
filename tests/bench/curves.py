"""
How the time of a run grows: with the number of mailboxes, with the time of a round trip, with the number of messages. Golub beside mbsync, each
point of both in turn.

    curves.py --golub PROGRAM --tools FOLDER [--curves mailboxes,trips,messages] [--most N] [--tries N] [--alone] [--svg FILE]

Prints a table a curve and the exponent of its upper half: 1 is as many times longer as there is more of it, 0 is no longer at all. --svg draws
them. Round trips decide the first two, so that they mean something on a busy machine, too; the third wants a quiet one.
"""
import argparse
import contextlib
import math
import os
import platform
import statistics
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import image  # noqa: E402
from chart import Panel, draw  # noqa: E402
from clients import Golub, Mbsync, Relay, add_options, file_system, prepare  # noqa: E402
from rig.dovecot import Dovecot  # noqa: E402
from rig.fill import Wire, small  # noqa: E402

DELAY = 25  # milliseconds one way, where the round trip is not what changes
MAILBOXES = (1, 5, 20, 100, 500, 2000, 5000)
DELAYS = (0, 5, 10, 25, 50, 100)
MESSAGES = (1000, 10000, 100000, 1000000)
TRIP_MAILBOXES = 50


class Curve:
    """name of the program -> [(x, seconds)]"""

    def __init__(self, title, unit):
        self.title, self.unit, self.points = title, unit, {}

    def add(self, program, x, seconds):
        self.points.setdefault(program, []).append((x, seconds))
        print("  %-8s %9g %s %9.3f s" % (program, x, self.unit, seconds), flush=True)

    def exponent(self, program):
        """Least squares over the upper half of the points, in logarithms."""
        points = [(math.log(x), math.log(y)) for x, y in self.points[program] if x > 0]
        points = points[-max(2, (len(points) + 1) // 2):]
        if len(points) < 2:
            return None
        mean_x, mean_y = (statistics.fmean(values) for values in zip(*points))
        return sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _ in points)


class Scene:
    """A server of its own with mail, and both programs in sync with it."""

    def __init__(self, options, mailboxes, messages_each):
        self.options, self.programs = options, []
        with contextlib.ExitStack() as stack:  # a signal in the middle of it leaves no image mounted
            stack.enter_context(image.Homes(options.image))
            self.server = image.server(lambda: Dovecot(users={"ana": "secret"}, special_use=False, mechanisms=("plain", "login")))
            stack.callback(self.server.stop)
            self.server.start()
            stack.callback(self.close_programs)
            self.fill(mailboxes, messages_each)
            self.programs.append(Golub(options.tools, "ana", self.server.port, max_delete="off"))
            if not options.alone and Mbsync.available():
                self.programs.append(Mbsync(options.tools, "ana", self.server.port))
            self.stack = stack.pop_all()

    def fill(self, mailboxes, messages_each):
        with Wire(self.server.port, "ana") as wire:
            for n in range(1, mailboxes):
                wire.command(b'CREATE "box%04d"' % n)
            for name in ["INBOX"] + ["box%04d" % n for n in range(1, mailboxes)] if messages_each else []:
                wire.append(name, small(messages_each, 2048))

    def close_programs(self):
        for program in self.programs:
            program.close()

    def settle(self):
        for program in self.programs:
            for _ in range(2):  # what the first sync wrote is seen as clean from the second on
                program.run(port=self.server.port)

    def time_each(self, curve, x, delay):
        with Relay(self.options.tools, self.server.port, delay) as relay:
            tries = {program: [] for program in self.programs}
            for _ in range(self.options.tries):
                for program in self.programs:
                    tries[program].append(program.run(relay).seconds)
            for program in self.programs:
                curve.add(program.name, x, statistics.median(tries[program]))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stack.close()


def mailboxes(options):
    curve = Curve("no change, %d ms a round trip" % (2 * DELAY), "mailboxes")
    for count in MAILBOXES:
        if count <= options.most:
            with Scene(options, count, 2) as scene:
                scene.settle()
                scene.time_each(curve, count, DELAY)
    return curve


def trips(options):
    curve = Curve("no change, %d mailboxes" % TRIP_MAILBOXES, "ms a round trip")
    with Scene(options, TRIP_MAILBOXES, 2) as scene:
        scene.settle()
        for delay in DELAYS:
            scene.time_each(curve, 2 * delay, delay)
    return curve


def messages(options):
    """Durable, straight to the server. Each try is a first sync into a home of its own."""
    curve = Curve("first sync, 2 kB a message", "messages")
    for count in MESSAGES:
        if count > options.most_messages:
            break
        with Scene(options, 1, count) as scene:
            for program in list(scene.programs):
                seconds = []
                for n in range(options.tries):
                    fresh = program if n == 0 else type(program)(options.tools, "ana", scene.server.port)
                    if n != 0:
                        scene.programs.append(fresh)  # not one is removed before all are done: see image.py
                    seconds.append(fresh.run(port=scene.server.port).seconds)
                    if len(fresh.files("INBOX")) != count:
                        raise RuntimeError("%s did not fetch all" % fresh.name)
                curve.add(program.name, count, statistics.median(seconds))
    return curve


CURVES = {"mailboxes": mailboxes, "trips": trips, "messages": messages}


def parse():
    parser = argparse.ArgumentParser(description="How the time of a run grows, golub beside mbsync.")
    add_options(parser)
    parser.add_argument("--curves", default="mailboxes,trips,messages", help="which of %s" % ", ".join(CURVES))
    parser.add_argument("--most", type=int, default=500, help="mailboxes, at most (default: 500)")
    parser.add_argument("--most-messages", type=int, default=100000, help="messages, at most (default: 100,000)")
    parser.add_argument("--tries", type=int, default=3, help="runs a point, of which the median counts (default: 3)")
    parser.add_argument("--svg", help="draw the curves into this file")
    options = parser.parse_args()
    options.curves = options.curves.split(",")
    if not set(options.curves) <= set(CURVES):
        parser.error("the curves are %s" % ", ".join(CURVES))
    return options


def main():
    options = parse()
    prepare(options)
    options.image = options.image and image.can_be_made()
    where = "Linux %s, %d processors, load %.2f, %s%s" % (platform.release(), os.cpu_count(), os.getloadavg()[0],
                                                        "new ext4 on " if options.image else "", file_system(tempfile.gettempdir())[0])
    print("%s; %s; %s" % (Golub.version(), "" if options.alone else Mbsync.version(), where))
    panels = []
    for name in options.curves:
        print(name, flush=True)
        curve = CURVES[name](options)
        exponents = {program: curve.exponent(program) for program in curve.points}
        print("  exponent: " + ", ".join("%s %.2f" % (p, e) for p, e in exponents.items() if e is not None), flush=True)
        panels.append(Panel(curve.title, curve.unit, curve.points, log_x=name != "trips"))
    if options.svg:
        draw(options.svg, panels)
    return 0


if __name__ == "__main__":
    sys.exit(main())
