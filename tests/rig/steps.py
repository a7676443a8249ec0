"""
A TCP proxy on the loopback that takes a client's commands one by one: each waits until the one before it is answered, and a hook is
called right before it is passed on, and right before its answer is. So a test acts between any two steps of a dialogue.

    with Steps(port, hook) as steps: ... steps.port
    hook(moment, command): moment is "before" or "after" (the server has done it, and the client does not know); command is its
    line without the tag. An IDLE is answered by its "+", a DONE by the answer to IDLE. Called in the proxy's threads.
    answer(command, lines) -> the lines that the client gets instead, the last of them tagged; a literal is part of its line.
"""
import re
import socket
import threading

LITERAL = re.compile(rb"\{(\d+)(\+?)\}\r\n\Z")
ANSWER_SECONDS = 30


class Steps:
    def __init__(self, target, hook=lambda moment, command: None, answer=lambda command, lines: lines):
        self.target, self.hook, self.answer, self.port = target, hook, answer, None
        self._sockets, self._threads, self._lock = [], [], threading.Lock()

    def __enter__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._begin(self._accept)
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for s in self._sockets:
                _shut(s)
        for thread in self._threads:
            thread.join(10)
        for s in self._sockets:
            s.close()

    def _begin(self, function, *args):
        thread = threading.Thread(target=function, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                return
            with self._lock:
                self._sockets += [client, server]
            _Line(self, client, server)


def _shut(s):
    try:
        s.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


class _Line:
    """One connection: a thread for each way."""

    def __init__(self, steps, client, server):
        self.steps, self.client, self.server = steps, client, server
        self.command, self.tag, self.idle_tag = None, None, None  # the one that is not answered yet
        self.literal, self.asked = None, False
        self.answered = threading.Event()
        self.answered.set()
        steps._begin(self._run, self._up)
        steps._begin(self._run, self._down)

    def _run(self, way):
        try:
            way()
        except (OSError, EOFError):
            pass
        finally:
            _shut(self.client)
            _shut(self.server)
            self.answered.set()

    def _up(self):
        with self.client.makefile("rb") as lines:
            while True:
                line = _line(lines)
                self.answered.wait(ANSWER_SECONDS)
                if self.asked:  # a line of AUTHENTICATE
                    self.asked = False
                    self.answered.clear()
                    self.server.sendall(line)
                    continue
                tag, _, command = line.strip().partition(b" ")
                if tag.upper() == b"DONE":
                    tag, command = self.idle_tag, b"DONE"
                self.steps.hook("before", command)
                self.answered.clear()
                self.command, self.tag = command, tag
                self.literal = LITERAL.search(line)
                self.server.sendall(line)
                while self.literal:
                    line = lines.read(int(self.literal.group(1))) + _line(lines)
                    self.literal = LITERAL.search(line)
                    self.server.sendall(line)

    def _down(self):
        with self.server.makefile("rb") as lines:
            held = []
            while True:
                line = _line(lines)
                while LITERAL.search(line):
                    line += lines.read(int(LITERAL.search(line).group(1))) + _line(lines)
                idles = self.command is not None and self.command.upper() == b"IDLE" and line.startswith(b"+")
                if self.command is None or (line.startswith(b"+") and not idles):
                    self.asked = line.startswith(b"+") and not self.literal
                    self.client.sendall(line)
                    if self.asked:
                        self.answered.set()
                    continue
                held.append(line)
                if not idles and not line.startswith(self.tag + b" "):
                    continue
                self.steps.hook("after", self.command)
                self.idle_tag = self.tag if idles else None
                held = self.steps.answer(self.command, held)
                self.command = None
                self.client.sendall(b"".join(held))
                held = []
                self.answered.set()


def _line(lines):
    line = lines.readline()
    if not line.endswith(b"\n"):
        raise EOFError
    return line
