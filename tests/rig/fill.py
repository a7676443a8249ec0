"""
Much mail, fast: messages that are all different, made from a small pool of the corpus, and a way into the server that takes 256
at a time. For benches and for tests that need more than a second client can append in reasonable time.
"""
import os
import select
import shutil
import socket
import time

from .corpus import Corpus

GROUP = 256
START = 1_262_304_000


def numbered(number, data):
    """The same message with a header of its own, so that no two of the bench are equal and each can be found again."""
    return b"X-Number: %d\r\n" % number + data


def mails(count, median=8 * 1024, seed=1, pool=1500):
    """count messages, lognormal with this median: wire form, one at a time."""
    corpus = Corpus(seed)
    some = [m.bytes for m in corpus.messages(min(pool, count), edge=False, median=median)]
    for n in range(count):
        yield numbered(n, some[n % len(some)])


def small(count, size=600):
    """count messages of about this size, cheap to make."""
    body = b"the road went round the hill so that every cart could rest once before the gate\r\n"
    for n in range(count):
        head = (b"From: a@example.org\r\nTo: b@example.org\r\nSubject: number %d\r\nMessage-ID: <%d@bench.example>\r\n\r\n"
                % (n, n))
        yield numbered(n, head + body * max(1, (size - len(head)) // len(body)))


def number_of(path):
    """Which message of the bench is in this file."""
    with open(path, "rb") as f:
        line = f.readline(100)
    return int(line.split(b":")[1]) if line.startswith(b"X-Number:") else None


class Wire:
    """A bare IMAP connection: LITERAL+ and MULTIAPPEND, no parsing beyond the tag."""

    def __init__(self, port, user, password="secret"):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=600)
        self.file = self.socket.makefile("rb")
        self.file.readline()
        self.tag = 0
        self.command(b'LOGIN "%s" "%s"' % (user.encode(), password.encode()))

    def command(self, line, *parts):
        """@return the untagged lines"""
        self.tag += 1
        tag = b"b%d " % self.tag
        self.socket.sendall(b"".join((tag, line, *parts, b"\r\n")))
        seen = []
        while True:
            answer = self.file.readline()
            if not answer:
                raise RuntimeError("the server hung up after %r" % line[:80])
            if answer.startswith(tag):
                if not answer.startswith(tag + b"OK"):
                    raise RuntimeError("%r: %r" % (line[:80], answer))
                return seen
            seen.append(answer)

    def pour(self, commands):
        """All of these at once, and what comes is thrown away up to the answer to the last of them, which is told by a NOOP behind it."""
        self.tag += 1
        end = b"\r\nb%d OK" % self.tag
        left, tail = memoryview(commands + b"b%d NOOP\r\n" % self.tag), b""
        while end not in tail:
            able, ready, _ = select.select([self.socket], [self.socket] if left else [], [])
            if ready:
                left = left[self.socket.send(left):]
            if able:
                data = self.socket.recv(1 << 20)
                if not data:
                    raise RuntimeError("the server hung up")
                tail = (tail + data)[-100:]

    def append(self, mailbox, messages, flags=b""):
        """@return (messages, bytes)"""
        group, count, size = [], 0, 0

        def send():
            parts = []
            for n, data in group:
                when = time.strftime("%d-%b-%Y %H:%M:%S +0000", time.gmtime(START + n * 61)).encode()
                parts.append(b' (%s) "%s" {%d+}\r\n' % (flags, when, len(data)))
                parts.append(data)
            self.command(b'APPEND "%s"' % mailbox.encode(), *parts)
            group.clear()
        for data in messages:
            group.append((count, data))
            count += 1
            size += len(data)
            if len(group) == GROUP:
                send()
        if group:
            send()
        return count, size

    def close(self):
        self.command(b"LOGOUT")
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


def clone(server, user, to):
    """Another user with the same mail, UIDs and all. Nobody may be logged in as either."""
    folder = os.path.join(server.folder, "mail")
    shutil.copytree(os.path.join(folder, user), os.path.join(folder, to), symlinks=True)
    for path, folders, files in os.walk(os.path.join(folder, to)):
        for name in [path] + [os.path.join(path, n) for n in files]:
            os.chown(name, server.uid, server.gid)
