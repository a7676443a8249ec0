"""
A TCP proxy on the loopback between a client and a server: it adds latency, counts turns, bytes and connections, keeps the
dialogue, and cuts or stalls after a number of bytes.

A turn: the client speaks after the server spoke; that is what costs a round trip.
As a module it runs in a thread of its own:     with Proxy(target) as p: ... p.port, p.stats, p.sent()
As a program:   proxy.py LISTEN TARGET [--delay MS] [--cut-down BYTES] ... prints its counts as JSON on SIGTERM.
"""
import argparse
import asyncio
import json
import re
import signal
import socket
import struct
import sys
import threading

READ_SIZE = 256 * 1024
# What changes anything on a server; the rest of IMAP only reads.
CHANGING = re.compile(rb"^\S+ (?:UID )?(APPEND|STORE|EXPUNGE|MOVE|COPY|CREATE|DELETE|RENAME|SUBSCRIBE|UNSUBSCRIBE|"
                      rb"CLOSE|SETMETADATA|SETACL|DELETEACL|REPLACE)\b", re.I)
LITERAL = re.compile(rb"\{(\d+)\+?\}\r\n\Z")


class Proxy:
    """
    target      port of the server on the loopback
    delay       milliseconds one way
    mbit        throughput one way, 0: no limit
    cut_up, cut_down      abort both sides once so many bytes of a connection went that way (exactly so many are passed on)
    stall_up, stall_down  pass on so many bytes of a connection, then nothing more, and keep it open
    times       how many connections are cut or stalled; None: all
    edit_down, edit_up    function(bytes) -> bytes on each piece that passes, to lie
    record      keep the dialogue (dialogue, sent(), received())
    """

    def __init__(self, target, listen=0, delay=0, mbit=0, cut_up=None, cut_down=None, stall_up=None, stall_down=None,
                 times=None, edit_up=None, edit_down=None, record=True, log=None):
        self.target, self.listen, self.delay, self.mbit = target, listen, delay / 1000, mbit
        self.cut = {"up": cut_up, "down": cut_down}
        self.stall = {"up": stall_up, "down": stall_down}
        self.edit = {"up": edit_up, "down": edit_down}
        self.times, self.record = times, record
        self.log = open(log, "ab") if log else None
        self.port = None
        self.swallows = False  # set it and nothing passes any more; connections that were open then stay so, and dead, for ever
        self._open = set()
        self._limited = 0  # connections that were cut or stalled; reset() does not forget them
        self.reset()
        self._ready = threading.Event()
        self._error = None
        self._thread = None

    def reset(self):
        """Forget counts and dialogue; connections go on."""
        self.stats = {"conns": 0, "up": 0, "down": 0, "turns": 0, "cuts": 0, "stalls": 0}
        self.dialogue = []  # (connection, "up" | "down", bytes)

    # -- what went through

    def stream(self, way, connection=None):
        return b"".join(d for c, w, d in list(self.dialogue) if w == way and connection in (None, c))

    def sent(self):
        """The client's command lines, without literals' bytes, over all connections."""
        lines = []
        for connection in sorted({c for c, _, _ in list(self.dialogue)}):
            lines += command_lines(self.stream("up", connection))
        return lines

    def received(self):
        return self.stream("down")

    def changing(self):
        """Those of sent() that change something on the server."""
        return [line for line in self.sent() if CHANGING.match(line)]

    def hang_up(self):
        """All connections that are open end with RST."""
        for w in list(self._open):
            self._loop.call_soon_threadsafe(self._reset_connection, w)

    @staticmethod
    def _reset_connection(writer):
        try:
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except OSError:  # it ended by itself meanwhile
            pass
        writer.transport.abort()

    # -- life

    def start(self):
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._ready.wait(10)
        if self._error or self.port is None:
            raise RuntimeError("proxy: %s" % self._error)
        return self

    def stop(self):
        """Close everything and wait for the thread. May be called twice."""
        if self._thread is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(10)
            self._thread = None
        if self.log:
            self.log.close()
            self.log = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def _run(self):
        try:
            asyncio.run(self.serve())
        except Exception as e:  # told to start()
            self._error = e
            self._ready.set()

    async def serve(self):
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        server = await asyncio.start_server(self._connection, "127.0.0.1", self.listen, limit=READ_SIZE)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    # -- one connection

    async def _connection(self, reader, writer):
        self.stats["conns"] += 1
        peer = None
        try:
            from_server, peer = await asyncio.open_connection("127.0.0.1", self.target, limit=READ_SIZE)
            state = {"number": self.stats["conns"], "last": None, "up": 0, "down": 0, "writers": (writer, peer), "dead": False}
            self._open |= {writer, peer}
            await asyncio.gather(self._pipe(reader, peer, "up", state), self._pipe(from_server, writer, "down", state))
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            for w in (writer, peer):
                self._open.discard(w)
                if w is not None:
                    w.transport.abort()

    async def _pipe(self, reader, writer, way, state):
        queue = asyncio.Queue(maxsize=1024)
        sender = asyncio.ensure_future(self._send(queue, writer))
        try:
            while True:
                data = await reader.read(READ_SIZE)
                state["dead"] = state["dead"] or self.swallows
                if state["dead"]:
                    await asyncio.Event().wait()
                if not data:
                    break
                if way == "up" and state["last"] == "down":
                    self.stats["turns"] += 1
                state["last"] = way
                if self.edit[way]:
                    data = self.edit[way](data)
                data, end = self._limit(way, state, data)
                state[way] += len(data)
                self.stats[way] += len(data)
                if self.record and data:
                    self.dialogue.append((state["number"], way, data))
                if self.log and data:
                    self.log.write(b"%s %d %s\n" % (way.encode(), state["number"], data[:2000]))
                    self.log.flush()
                await queue.put((self._loop.time(), data))
                if end == "cut":
                    await queue.put((0, None))
                    await sender
                    for w in state["writers"]:
                        w.transport.abort()
                    return
                if end == "stall":
                    await asyncio.Event().wait()
        except ConnectionError:
            pass
        await queue.put((0, None))
        await sender
        try:
            writer.write_eof()  # half closed: the other direction may still have something to say
        except (OSError, RuntimeError):
            pass
        if way == "down":
            writer.close()

    def _limit(self, way, state, data):
        """How much of data may pass. @return (data, None | "cut" | "stall")"""
        for kind, limits in (("cut", self.cut), ("stall", self.stall)):
            limit = limits[way]
            if limit is None or state[way] + len(data) < limit:
                continue
            if self._limited == self.times:
                continue
            self._limited += 1
            self.stats[kind + "s"] += 1
            return data[:max(0, limit - state[way])], kind
        return data, None

    async def _send(self, queue, writer):
        free_at = 0
        while True:
            arrived, data = await queue.get()
            if data is None:
                return
            wait = arrived + self.delay - self._loop.time() if self.delay else 0
            if self.mbit:
                now = self._loop.time()
                free_at = max(free_at, now) + len(data) * 8 / (self.mbit * 1e6)
                wait = max(wait, free_at - now)
            if wait > 0:
                await asyncio.sleep(wait)
            try:
                writer.write(data)
                await writer.drain()
            except OSError:
                # Keep taking, so that the reader's side never blocks on a full queue.
                continue


def command_lines(stream):
    """Command lines of a client's byte stream; the bytes of literals are left out, their {n} stays."""
    lines, at, part = [], 0, b""
    while at < len(stream):
        end = stream.find(b"\n", at)
        end = len(stream) if end < 0 else end + 1
        part += stream[at:end]
        at = end
        literal = LITERAL.search(part)
        if literal:
            at += int(literal.group(1))
            part = part.rstrip(b"\r\n") + b" "
            continue
        if part.strip():
            lines.append(part.rstrip(b"\r\n"))
        part = b""
    return lines


def main():
    parser = argparse.ArgumentParser(description="A loopback proxy that counts, delays, cuts and stalls.")
    parser.add_argument("listen", type=int, help="port, 0: a free one, which is printed")
    parser.add_argument("target", type=int)
    parser.add_argument("--delay", type=float, default=0, help="milliseconds one way")
    parser.add_argument("--mbit", type=float, default=0)
    for name in ("cut-up", "cut-down", "stall-up", "stall-down", "times"):
        parser.add_argument("--" + name, type=int)
    parser.add_argument("--log")
    o = parser.parse_args()
    proxy = Proxy(o.target, o.listen, o.delay, o.mbit, o.cut_up, o.cut_down, o.stall_up, o.stall_down, o.times,
                  record=False, log=o.log)

    async def run():
        task = asyncio.ensure_future(proxy.serve())
        while not proxy._ready.is_set():
            if task.done():
                task.result()
            await asyncio.sleep(0.005)
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, proxy._stop.set)
        print("ready %d" % proxy.port, flush=True)
        try:
            await task
        except asyncio.CancelledError:
            pass

    try:
        asyncio.run(run())
    except asyncio.CancelledError:
        pass
    print(json.dumps(proxy.stats), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
