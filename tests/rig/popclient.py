"""A second POP3 client that believes nothing: raw lines and raw messages, to know what a server really has."""
import hashlib
import socket
import time


class PopError(Exception):
    """-ERR, with the server's words"""


class PopClient:
    def __init__(self, port, user, password, tries=40):
        """Log in; a maildrop that another session still holds is tried again for a few seconds."""
        for attempt in range(tries):
            self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
            self.buffer = b""
            try:
                self.words = self._status()
                self.ask(b"USER " + user.encode())
                self.ask(b"PASS " + password.encode())
                return
            except PopError as e:
                self.socket.close()
                if b"IN-USE" not in e.args[0] or attempt + 1 == tries:
                    raise
                time.sleep(0.1)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.quit()
        self.close()

    def close(self):
        """Without QUIT: what was marked stays."""
        self.socket.close()

    def quit(self):
        self.ask(b"QUIT")
        self.close()

    def _line(self):
        while b"\r\n" not in self.buffer:
            self._more()
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line

    def _more(self):
        data = self.socket.recv(1 << 20)
        if not data:
            raise ConnectionError("the server closed the connection")
        self.buffer += data

    def _status(self):
        line = self._line()
        if not line.startswith(b"+OK"):
            raise PopError(line)
        return line

    def ask(self, command):
        self.socket.sendall(command + b"\r\n")
        return self._status()

    def body(self, command):
        """A multi-line answer, without its dots."""
        self.ask(command)
        if self.buffer[:3] != b".\r\n":
            while len(self.buffer) < 3 or self.buffer[:3] != b".\r\n" and b"\r\n.\r\n" not in self.buffer:
                self._more()
        if self.buffer.startswith(b".\r\n"):
            self.buffer = self.buffer[3:]
            return b""
        data, self.buffer = self.buffer.split(b"\r\n.\r\n", 1)
        data = b"\r\n" + data + b"\r\n"
        return data.replace(b"\r\n.", b"\r\n")[2:]

    def lines(self, command):
        return self.body(command).split(b"\r\n")[:-1]

    def uidls(self):
        """{number: uidl}"""
        return {int(n): uidl for n, uidl in (line.split(b" ", 1) for line in self.lines(b"UIDL"))}

    def count(self):
        return int(self.ask(b"STAT").split()[1])

    def message(self, number):
        return self.body(b"RETR %d" % number)


def digest(data):
    return hashlib.sha256(bytes(data)).hexdigest()


def messages(port, user, password):
    """Every message of the maildrop as the server gives it."""
    with PopClient(port, user, password) as client:
        return [client.message(n) for n in range(1, client.count() + 1)]
