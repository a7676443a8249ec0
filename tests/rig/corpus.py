"""
Mail that looks like mail, the same for the same seed: threads, attachments, Cyrillic and raw 8-bit headers, encoded words,
long lines, an empty body, no headers at all, no final line end. Sizes are lognormal with a median of 8 kB.
All of it is invented; addresses are of reserved domains.
"""
import base64
import hashlib
import math
import quopri
import random
import time

MEDIAN_SIZE = 8 * 1024
SIGMA = 1.1
BIG_SIZE = 5 * 1024 * 1024
START = 1_262_304_000  # 2010-01-01

PEOPLE = [("Ana Petrović", "ana@example.org"), ("John Smith", "john.smith@example.com"), ("Борис Ковалёв", "boris@example.net"),
          ("Mei Lin", "mei@example.com"), ("Jürgen Groß", "juergen@example.org"), ("billing", "noreply@shop.example"),
          ("María José", "mj@example.net"), ("Cron Daemon", "root@host.example")]
SUBJECTS = ["Meeting on Thursday", "Re: the roof", "Счёт за октябрь", "Invoice 2024-0117", "Fotos vom Wochenende",
            "[list] patch 3/7: keep the journal small", "Привет из Белграда", "Your order has been shipped", "lunch?",
            "Kündigung", "会议记录", "Out of office", "Question about the garden", "Годовой отчёт"]
WORDS = ("the house was built on a hill and the road went round it so that every cart could rest once before the gate "
         "mail post letter pigeon roof garden winter train ticket answer number water light paper").split()
RUSSIAN = "дом стоит на горе дорога идёт вокруг почта письмо голубь крыша сад зима поезд билет ответ вода свет".split()

FLAG_SETS = [(), ("\\Seen",), ("\\Seen",), ("\\Seen", "\\Answered"), ("\\Flagged",), ("\\Seen", "\\Flagged"),
             ("\\Draft", "\\Seen"), ("\\Seen", "$Forwarded")]


class Mail:
    """bytes in wire form, flags, date (seconds since 1970, INTERNALDATE)"""

    def __init__(self, data, flags=(), date=START):
        self.bytes, self.flags, self.date = data, tuple(flags), date

    def __bytes__(self):
        return self.bytes

    @property
    def digest(self):
        return hashlib.sha256(self.bytes).hexdigest()

    @property
    def lf(self):
        """As a mail reader on this side would write it."""
        return self.bytes.replace(b"\r\n", b"\n")


def encoded_word(text, kind="B"):
    if text.isascii():
        return text
    if kind == "B":
        return "=?UTF-8?B?%s?=" % base64.b64encode(text.encode()).decode()
    return "=?UTF-8?Q?%s?=" % "".join(chr(b) if chr(b).isalnum() and b < 128 else "=%02X" % b for b in text.encode())


def address(person, kind):
    name, mail = person
    return "%s <%s>" % (encoded_word(name, kind) if not name.isascii() else name, mail)


def prose(rng, size, words=WORDS):
    lines, line, have = [], "", 0
    while have < size:
        word = rng.choice(words)
        if len(line) + len(word) > 71:
            lines.append(line)
            have += len(line.encode()) + 2
            line = ""
        line += (" " if line else "") + word
        if rng.random() < 0.006:
            lines += [line, ""]
            have += len(line.encode()) + 4
            line = ""
    return "\r\n".join(lines + [line]) + "\r\n"


def wrap64(data):
    text = base64.b64encode(data).decode()
    return "\r\n".join(text[i:i + 76] for i in range(0, len(text), 76)) + "\r\n"


class Corpus:
    def __init__(self, seed=1):
        self.seed = seed
        self.rng = random.Random(seed)
        self.number = 0
        self.threads = []  # (message-id, references, subject)

    def messages(self, count, edge=True, median=MEDIAN_SIZE):
        """count messages; with edge the odd ones of odd() come first, as far as they fit."""
        found = self.odd()[:count] if edge else []
        return found + [self.ordinary(median) for _ in range(count - len(found))]

    def _next(self):
        self.number += 1
        date = START + self.number * 3661 + self.rng.randrange(3000)
        return "<%d.%d.%s@mail.example>" % (self.seed, self.number, "%08x" % self.rng.getrandbits(32)), date

    def _head(self, message_id, date, subject, refs, kind):
        rng = self.rng
        lines = ["Return-Path: <%s>" % rng.choice(PEOPLE)[1],
                 "Received: from mx%d.example.net (mx.example.net [192.0.2.%d])\r\n\tby mail.example.org with ESMTPS id %08x;\r\n\t%s"
                 % (rng.randrange(9), rng.randrange(1, 254), rng.getrandbits(32), stamp(date)),
                 "Date: " + stamp(date), "From: " + address(rng.choice(PEOPLE), kind), "To: " + address(rng.choice(PEOPLE), kind),
                 "Subject: " + encoded_word(subject, kind), "Message-ID: " + message_id]
        if refs:
            lines += ["In-Reply-To: " + refs[-1], "References: " + "\r\n ".join(refs[-10:])]
        return lines

    def ordinary(self, median=MEDIAN_SIZE):
        rng = self.rng
        message_id, date = self._next()
        if self.threads and rng.random() < 0.5:
            before, refs, subject = rng.choice(self.threads[-30:])
            refs = refs + [before]
            subject = subject if subject.startswith("Re: ") else "Re: " + subject
        else:
            refs, subject = [], rng.choice(SUBJECTS)
        self.threads.append((message_id, refs, subject))
        size = min(int(rng.lognormvariate(math.log(median), SIGMA)), BIG_SIZE)
        head = self._head(message_id, date, subject, refs, rng.choice("BQ"))
        body = self._body(head, size)
        return Mail(("\r\n".join(head) + "\r\n\r\n").encode() + body, rng.choice(FLAG_SETS), date + 2)

    def _body(self, head, size):
        rng = self.rng
        form = rng.random()
        head.append("MIME-Version: 1.0")
        if form < 0.45:
            head += ["Content-Type: text/plain; charset=us-ascii"]
            return prose(rng, size).encode()
        if form < 0.65:
            head += ["Content-Type: text/plain; charset=UTF-8", "Content-Transfer-Encoding: 8bit"]
            return prose(rng, size, RUSSIAN).encode()
        if form < 0.75:
            head += ["Content-Type: text/html; charset=UTF-8", "Content-Transfer-Encoding: quoted-printable"]
            text = "<html><body><p>" + prose(rng, size // 2, RUSSIAN) + "</p></body></html>\r\n"
            return quopri.encodestring(text.replace("\r\n", "\n").encode()).replace(b"\n", b"\r\n")
        mark = "=_%08x" % rng.getrandbits(32)
        head += ['Content-Type: multipart/mixed;\r\n boundary="%s"' % mark]
        return ("--%s\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\n%s\r\n--%s\r\nContent-Type: application/pdf;"
                " name=\"%s\"\r\nContent-Disposition: attachment\r\nContent-Transfer-Encoding: base64\r\n\r\n%s--%s--\r\n"
                % (mark, prose(rng, 300), mark, encoded_word("отчёт.pdf"), wrap64(rng.randbytes(max(64, size * 3 // 4))),
                   mark)).encode()

    def simple(self, subject="Hello", body="Hello.\r\n", flags=(), date=None):
        """One short message that is like no other: for tests that name what they move."""
        message_id, when = self._next()
        date = when if date is None else date
        text = ("From: Ana <ana@example.org>\r\nTo: bob@example.org\r\nSubject: %s\r\nDate: %s\r\nMessage-ID: %s\r\n\r\n%s"
                % (encoded_word(subject), stamp(date), message_id, body))
        return Mail(text.encode(), flags, date)

    def odd(self):
        """What real mailboxes hold and programs stumble over."""
        def mail(data, flags=()):
            return Mail(data, flags, self._next()[1])
        plain = b"From: a@example.org\r\nTo: b@example.org\r\nMessage-ID: <odd.%d.%d@example.org>\r\n"
        head = [plain % (self.seed, n) for n in range(20)]
        return [
            mail(head[0] + b"Subject: empty body\r\n\r\n"),
            mail(head[1] + b"Subject: no empty line after the head\r\n", ("\\Seen",)),
            mail(b"\r\nno headers at all, seed %d\r\n" % self.seed),
            mail(head[2] + b"Subject: no final line end\r\n\r\nthe last line just stops"),
            mail(head[3] + "Subject: Сырой заголовок, 8 бит\r\n\r\nтело\r\n".encode("koi8-r"), ("\\Flagged",)),
            mail(head[4] + "Subject: raw UTF-8 Überschrift\r\nX-Weird: \x7f\r\n\r\nbody\r\n".encode()),
            mail(head[5] + b"Subject: long lines\r\n\r\n" + b"x" * 20000 + b"\r\n" + b"y" * 997 + b"\r\n"),
            mail(head[6] + b"Subject: " + b"a very long subject, folded,\r\n " * 200 + b"end\r\n\r\nbody\r\n"),
            mail(head[7] + b"Subject: From lines\r\n\r\nFrom the start\r\n>From quoted\r\n.\r\n..\r\n", ("\\Seen",)),
            mail(head[8] + b"Subject: carriage returns\r\n\r\nalone\rhere, and two\r\r\nthere\r\n".replace(b"\r\r\n", b"\r \r\n")),
            mail(head[9] + b"Subject: all bytes but NUL and line ends\r\n\r\n"
                 + bytes(b for b in range(1, 256) if b not in (10, 13)) + b"\r\n"),
            mail(head[10] + b"Subject: =?UTF-8?B?broken encoded word\r\n =?koi8-r?Q?=C1=C2?=\r\n\r\nbody\r\n", ("\\Draft",)),
            mail(head[11] + b"Subject: looks like IMAP {5}\r\n\r\n)\r\n* BYE\r\nA1 OK done\r\n{100}\r\n"),
        ]

    def big(self, size=BIG_SIZE):
        message_id, date = self._next()
        head = self._head(message_id, date, "big", [], "B") + ["Content-Transfer-Encoding: base64"]
        return Mail(("\r\n".join(head) + "\r\n\r\n" + wrap64(self.rng.randbytes(size * 3 // 4))).encode(), ("\\Seen",), date)


def stamp(date):
    days, months = "Mon Tue Wed Thu Fri Sat Sun".split(), "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
    t = time.gmtime(date)
    return "%s, %02d %s %d %02d:%02d:%02d +0000" % (days[t.tm_wday], t.tm_mday, months[t.tm_mon - 1], t.tm_year, *t[3:6])
