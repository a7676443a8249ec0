"""
Exchange as far as reports of its users and clients tell.

    own            names of its own mailboxes, in the language of the user; it does not say what any of them is for
    trash_moves    False: MOVE into what was deleted is refused without a reason (2013)
    throttle       after so many commands that change something it asks for a pause, and ends the line; None: never
    odd            bytes of messages that it shows otherwise than it counts them: a text of its own in the place of the body (calendar entries)

send() is what happens when a message goes out: the server files it itself.

No CONDSTORE, LIST-STATUS, SPECIAL-USE. PERMANENTFLAGS has no \\*, and STORE of a keyword is BAD; ten errors end the line. What an APPEND says of
\\Flagged is forgotten, STORE keeps it. Some names are reserved. Lines of more than 10,239 bytes are refused.
"""
import re

from .bent import BentServer, Over, Session
from .evil import CLOSE
from .imapclient import to_utf7

CAPABILITIES = "IMAP4 IMAP4rev1 AUTH=PLAIN SASL-IR UIDPLUS MOVE ID UNSELECT CHILDREN IDLE NAMESPACE LITERAL+"
FRENCH = {"trash": "Éléments supprimés", "sent": "Éléments envoyés", "drafts": "Brouillons", "junk": "Courrier indésirable"}
FLAGS = ("\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft", "$MDNSent")
ERRORS_MAX, LINE_MAX = 10, 10239
RESERVED = ("Files",)
PAUSE = b"%T BAD Request is throttled. Suggested Backoff Time: 299961 milliseconds\r\n"
SUBSTITUTE = b"Retrieval using the IMAP4 protocol failed for the following message: 42\r\n"


class ExchangeServer(BentServer):
    def __init__(self, *names, own=None, trash_moves=True, throttle=None):
        self.names = own or FRENCH
        super().__init__(*[to_utf7(name) for name in (*self.names.values(), *names)], capabilities=CAPABILITIES)
        self.greeting = b"* OK The Microsoft Exchange IMAP4 service is ready. [QQBNADAAUABSADAANAA=]\r\n"
        self.trash_moves, self.throttle, self.odd = trash_moves, throttle, set()
        self.longest = self.most_wrong = 0  # bytes of a line; errors on one connection

    def box(self, use):
        return self.mailboxes[to_utf7(self.names[use])]

    def send(self, data, date):
        """It files what it sends: without the Bcc, and with a line of its own."""
        head, _, body = bytes(data).partition(b"\r\n\r\n")
        lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"bcc:")]
        filed = b"\r\n".join([*lines, b"X-MS-Exchange-Organization-AuthAs: Internal"]) + b"\r\n\r\n" + body
        self.box("sent").add(filed, ["\\Seen"], date)
        return filed

    def session(self, s):
        return ExchangeSession(self, s)


class ExchangeSession(Session):
    def __init__(self, server, s):
        super().__init__(server, s)
        self.wrong, self.changed = 0, 0

    def answer(self, ask):
        self.server.longest = max(self.server.longest, len("%s %s  \r\n" % (ask.tag, ask.command)) + len(ask.args))
        super().answer(ask)
        if self.wrong >= ERRORS_MAX:
            self.socket.sendall(b"* BYE Connection closed. 14\r\n")
            raise Over()

    def refuse(self, ask, words="Command Argument Error. 11"):
        self.wrong += 1
        self.server.most_wrong = max(self.server.most_wrong, self.wrong)
        return [ask.bad(words)]

    def is_paused(self):
        self.changed += 1
        return self.server.throttle is not None and self.changed > self.server.throttle

    def do_id(self, ask):
        return [b'* ID ("name" "Microsoft.Exchange.Imap4.Imap4Server" "version" "15.20")\r\n', ask.ok()]

    def do_enable(self, ask):
        return self.refuse(ask, "Command Error. 12")

    def do_create(self, ask):
        if ask.mailbox in RESERVED:
            return [ask.no("Folder name is reserved.")]
        if self.named(ask):
            return [ask.no("Mailbox already exists.")]
        return super().do_create(ask)

    def do_select(self, ask):
        lines = super().do_select(ask)
        permanent = "" if ask.command == "EXAMINE" else " ".join(FLAGS)
        return [re.sub(rb"PERMANENTFLAGS \([^)]*\)", b"PERMANENTFLAGS (%s)" % permanent.encode().replace(b"\\", b"\\\\"), line) for line in lines]

    do_examine = do_select

    def do_append(self, ask):
        if self.is_paused():
            return [PAUSE, CLOSE]
        mailbox = self.named(ask)
        before = {m.uid for m in mailbox.messages} if mailbox else ()
        lines = super().do_append(ask)
        for m in mailbox.messages if mailbox else ():
            if m.uid not in before:
                m.flags -= {"\\Flagged"}
        return lines

    def do_uid_store(self, ask):
        if self.is_paused():
            return [PAUSE, CLOSE]
        words = re.search(r"\(([^)]*)\)\Z", ask.args.decode()).group(1).split()
        if any(word not in FLAGS for word in words):
            return self.refuse(ask)
        return super().do_uid_store(ask)

    def do_uid_copy(self, ask):
        if len(ask.args) > LINE_MAX:
            return self.refuse(ask, "Command Argument Error. 10")
        if self.is_paused():
            return [PAUSE, CLOSE]
        return super().do_uid_copy(ask)

    def do_uid_move(self, ask):
        if not self.server.trash_moves and ask.words[-1].decode() == self.server.box("trash").name:
            return [ask.no("MOVE failed.")]
        return self.do_uid_copy(ask)

    def fetched(self, message, wanted):
        line = super().fetched(message, wanted)
        if message.bytes in self.server.odd and "BODY.PEEK[]" in wanted:
            shown = message.bytes.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" + SUBSTITUTE
            line = line.replace(b"{%d}\r\n%s" % (len(message.bytes), message.bytes), b"{%d}\r\n%s" % (len(shown), shown))
        return line
