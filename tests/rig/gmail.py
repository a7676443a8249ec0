"""
Gmail as far as its documentation and reports of clients tell: one message in several mailboxes (labels), under one X-GM-MSGID.

    auto_expunge  \\Deleted takes a label off at once
    behaviour     what happens to a message that has lost its last label: "archive" (it stays in All Mail), "trash", "deleteForever"
    limit         each mailbox shows so many, the newest; 0: all
    names         of its own mailboxes, in the language of the user

An expunge in All Mail is answered OK and does nothing. Flags are the message's, wherever it stands. What is stored again is the message that it
has: a second one is swallowed.
"""
import re

from .bent import MODERN, BentServer, Session

ENGLISH = {"all": "[Gmail]/All Mail", "trash": "[Gmail]/Trash", "junk": "[Gmail]/Spam", "sent": "[Gmail]/Sent Mail", "drafts": "[Gmail]/Drafts"}
GERMAN = {"all": "[Gmail]/Alle Nachrichten", "trash": "[Gmail]/Papierkorb", "junk": "[Gmail]/Spam", "sent": "[Gmail]/Gesendet",
          "drafts": "[Gmail]/Entwürfe"}
ATTRIBUTES = {"all": "\\All", "trash": "\\Trash", "junk": "\\Junk", "sent": "\\Sent", "drafts": "\\Drafts"}
CAPABILITIES = " ".join(word for word in MODERN.split() if word not in ("QRESYNC", "MULTIAPPEND")) + " X-GM-EXT-1 UTF8=ACCEPT"


class GmailServer(BentServer):
    def __init__(self, *labels, auto_expunge=True, behaviour="archive", names=None, limit=0):
        self.names = names or ENGLISH
        super().__init__(*labels, *self.names.values(), capabilities=CAPABILITIES)
        self.auto_expunge, self.behaviour, self.limit, self.last = auto_expunge, behaviour, limit, 1278455344230334000
        self.bodies = 0  # that were sent
        for use, name in self.names.items():
            self.mailboxes[name].attributes = "\\HasNoChildren " + ATTRIBUTES[use]

    def box(self, use):
        return self.mailboxes[self.names[use]]

    def session(self, s):
        return GmailSession(self, s)

    # -- messages and labels

    def places(self, gmail):
        return [(box, m) for box in self.mailboxes.values() for m in box.messages if m.gmail == gmail]

    def find(self, data):
        """X-GM-MSGID of the message that it has with these bytes; 0: it has none."""
        return next((m.gmail for box in self.mailboxes.values() for m in box.messages if m.bytes == bytes(data)), 0)

    def put(self, box, gmail, data, flags, date):
        """@return the UID; one that is there stays"""
        for m in box.messages:
            if m.gmail == gmail:
                return m.uid
        uid = box.add(data, flags, date)
        box.of(uid).gmail = gmail
        return uid

    def deliver(self, data, *labels, flags=(), date="03-Mar-2026 10:00:00 +0000"):
        self.last += 1
        if not {self.names["trash"], self.names["junk"]} & set(labels):
            self.put(self.box("all"), self.last, data, flags, date)
        for label in labels:
            self.put(self.mailboxes[label], self.last, data, flags, date)
        return self.last

    def label_off(self, box, message):
        """It is expunged in this mailbox. @return whether it is gone there"""
        if box is self.box("all"):
            return False
        box.expunge(message.uid)
        if box in (self.box("trash"), self.box("junk")):
            return True
        left = [b for b, _ in self.places(message.gmail) if b is not self.box("all")]
        if not left and self.behaviour != "archive":
            self.forget(message)
            if self.behaviour == "trash":
                self.put(self.box("trash"), message.gmail, message.bytes, message.flags - {"\\Deleted"}, message.date)
        return True

    def forget(self, message, but=None):
        for box, m in self.places(message.gmail):
            if box is not but:
                box.expunge(m.uid)

    def shown(self, box):
        return box.messages[-self.limit:] if self.limit else box.messages

    def where(self, data):
        return sorted(box.name for box in self.mailboxes.values() for m in box.messages if m.bytes == bytes(data))


class GmailSession(Session):
    def status(self, mailbox):
        line = super().status(mailbox)
        return re.sub(rb"MESSAGES \d+", b"MESSAGES %d" % len(self.server.shown(mailbox)), line)

    def do_select(self, ask):
        lines = super().do_select(ask)
        if self.selected:
            lines = [re.sub(rb"\A\* \d+ EXISTS", b"* %d EXISTS" % len(self.server.shown(self.selected)), line) for line in lines]
        return lines

    do_examine = do_select

    def chosen(self, ask):
        messages, rest = super().chosen(ask)
        shown = self.server.shown(self.selected)
        return [m for m in messages if m in shown], rest

    def fetched(self, message, wanted):
        line = super().fetched(message, wanted)
        self.server.bodies += "BODY.PEEK[]" in wanted
        if "X-GM-MSGID" in wanted:
            line = line.replace(b"(UID", b"(X-GM-MSGID %d UID" % message.gmail, 1)
        return line

    def gone(self, messages, take):
        """EXPUNGE lines of those that are taken out of the selected mailbox."""
        lines = []
        for m in messages:
            number = self.selected.number(m.uid)
            if take(m):
                lines.append(b"* %d EXPUNGE\r\n" % number)
        return lines

    def do_append(self, ask):
        mailbox = self.named(ask)
        if not mailbox:
            return super().do_append(ask)
        known = {self.server.find(data): data for data in ask.literals}
        before = {m.uid for m in mailbox.messages}
        lines = super().do_append(ask)
        uids = []
        for uid in [m.uid for m in mailbox.messages if m.uid not in before]:
            m = mailbox.of(uid)
            m.gmail = 0
            gmail = next((g for g, data in known.items() if data == m.bytes and g), 0)
            m.flags -= {"\\Deleted"} if self.server.auto_expunge else set()
            if gmail:
                mailbox.messages.remove(m)  # swallowed: that one gets the label
            else:
                self.server.last += 1
                gmail = m.gmail = self.server.last
            uids.append(self.server.put(mailbox, gmail, m.bytes, m.flags, m.date))
            if mailbox not in (self.server.box("trash"), self.server.box("junk")):
                self.server.put(self.server.box("all"), gmail, m.bytes, m.flags, m.date)
        return lines[:-1] + [ask.ok(code="[APPENDUID %d %s] " % (mailbox.validity, ",".join(map(str, uids))))]

    def do_uid_store(self, ask):
        messages, rest = self.chosen(ask)
        lines = super().do_uid_store(ask)
        for m in messages:
            for box, other in self.server.places(m.gmail):
                if box is not self.selected:
                    box.flag(other.uid, "", (m.flags - {"\\Deleted"}) | (other.flags & {"\\Deleted"}))
        if self.server.auto_expunge and rest.startswith("+") or "+FLAGS" in rest:
            if self.server.auto_expunge:
                lines[-1:-1] = self.gone([m for m in messages if "\\Deleted" in m.flags], lambda m: self.server.label_off(self.selected, m))
        return lines

    def do_uid_copy(self, ask):
        messages, _ = self.chosen(ask)
        target = self.server.mailboxes.get(ask.words[-1].decode("utf-8", "replace"))
        if not target:
            return [ask.no("[TRYCREATE] no such mailbox")]
        trash, uids, lines = target is self.server.box("trash"), [], []
        for m in messages:
            uids.append(self.server.put(target, m.gmail, m.bytes, m.flags, m.date))
        sets = (target.validity, ",".join(str(m.uid) for m in messages), ",".join(map(str, uids)))
        code = "[COPYUID %d %s %s] " % sets if uids else ""
        if ask.command == "UID MOVE" or trash:
            for m in messages:
                lines += self.gone([m], lambda m: not self.selected.expunge(m.uid) or True)
                if trash:
                    self.server.forget(m, target)
        if ask.command == "UID MOVE":
            return [b"* OK %sdone\r\n" % code.encode(), *lines, ask.ok()]
        return lines + [ask.ok(code=code)]

    do_uid_move = do_uid_copy

    def expunged(self, uids):
        return self.gone([self.selected.of(uid) for uid in uids], lambda m: self.server.label_off(self.selected, m))
