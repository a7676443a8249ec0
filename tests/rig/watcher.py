"""golub watch as a test holds it: started, its lines read as they come, ended by a signal."""
import json
import signal
import threading
import time



class Watcher:
    """A watcher of a Home. Its lines are kept as they come, with the time: lines (text) or events (--json)."""

    def __init__(self, home, *args, env=None, prefix=()):
        self.home, self.json = home, "--json" in args
        self.process = home.start("watch", *args, env=env, prefix=prefix)
        self.lines, self.errors = [], []
        self._readers = [threading.Thread(target=self._read, args=(self.process.stdout, self.lines), daemon=True),
                         threading.Thread(target=self._read, args=(self.process.stderr, self.errors), daemon=True)]
        for reader in self._readers:
            reader.start()

    @staticmethod
    def _read(pipe, into):
        for line in iter(pipe.readline, b""):
            into.append((time.monotonic(), line.decode(errors="replace").rstrip("\n")))

    def text(self):
        return "\n".join(line for _, line in list(self.lines)) + "\n--- stderr\n" + "\n".join(l for _, l in list(self.errors))

    @property
    def events(self):
        return [dict(json.loads(line), at=at) for at, line in list(self.lines)]

    def runs(self):
        """How many runs have begun (--json)."""
        return sum(e["event"] == "watch" and e["state"] == "running" for e in self.events)

    def states(self):
        return [e["state"] for e in self.events if e["event"] == "watch"]

    def says(self, words, seconds=20, after=0):
        """Wait until a line holds these words. @return how many lines there were then"""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for at, (_, line) in enumerate(list(self.lines)):
                if at >= after and words in line:
                    return at + 1
            if self.process.poll() is not None:
                break
            time.sleep(0.01)
        raise AssertionError("%r was not said within %d s%s\n%s" % (
            words, seconds, ", it ended with %s" % self.process.poll() if self.process.poll() is not None else "", self.text()))

    def watching(self, seconds=30, after=0):
        """Wait until it waits for changes."""
        return self.says('"state":"watching"' if self.json else "watching", seconds, after)

    def rests(self, quiet=1.5, seconds=30):
        """Wait until no run has begun for a while (--json)."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            before = len(self.lines)
            time.sleep(quiet)
            if len(self.lines) == before and self.states()[-1:] == ["watching"]:
                return
        raise AssertionError("it does not rest\n%s" % self.text())

    def end(self, number=signal.SIGTERM, seconds=20):
        """@return exit status as Popen gives it, all that it said, and all that it said on standard error"""
        self.process.send_signal(number)
        self.process.wait(seconds)
        for reader in self._readers:
            reader.join(5)
        return self.process.returncode, "\n".join(l for _, l in self.lines), "\n".join(l for _, l in self.errors)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for reader in self._readers:
            reader.join(5)
        self.process.stdout.close()
        self.process.stderr.close()

    def status(self):
        """What /proc says of its memory, in kB."""
        with open("/proc/%d/status" % self.process.pid) as f:
            return {line.split(":")[0]: line.split(":")[1].strip() for line in f}
