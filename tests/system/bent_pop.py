"""The table of bent answers of POP3. bent_drop.py has its words."""
import itertools

from bent_drop import BENT, Drop, of, swap, truth
from rig.popserver import ABORT, CLOSE, END, STALL, TRUTH

EVERYTHING = tuple(range(1, 9))
COUNTER = itertools.count(100)


def backwards(session, line):
    first, *rest = truth(session, line).splitlines(keepends=True)
    return first + b"".join(reversed(rest[:-1])) + rest[-1]


def bent_bytes(session):
    return next(m.bytes for m in session.drop if b"Subject: post %d\r" % BENT in m.bytes)


def half(session, line):
    answer = truth(session, line)
    return answer[:len(answer) // 2]


UIDL = [
    Drop("POP UIDL: longer than 70 bytes", [(b"UIDL$", swap(rb"(?m)^3 \S+", b"3 " + b"x" * 288))], exit=(0,), spoils=()),
    Drop("POP UIDL: with a blank", [(b"UIDL$", swap(rb"(?m)^3 (\S+)", rb"3 a \1"))], exit=(0,), spoils=()),
    Drop("POP UIDL: 8-bit", [(b"UIDL$", swap(rb"(?m)^3 (\S+)", b"3 \xff\xfe\\1"))], exit=(0,), spoils=()),
    Drop("POP UIDL: longer than a list's line may be", [(b"UIDL$", swap(rb"(?m)^3 \S+", b"3 " + b"x" * 70000))], exit=(0,), spoils=()),
    Drop("POP UIDL: LF alone", [(b"UIDL$", lambda session, line: truth(session, line).replace(b"\r\n", b"\n"))], exit=(0,), spoils=()),
    Drop("POP UIDL: empty", [(b"UIDL$", swap(rb"(?m)^3 \S+", b"3 "))]),
    Drop("POP UIDL: a line without a number", [(b"UIDL$", swap(rb"(?m)^3 (\S+)", rb"three \1"))]),
    Drop("POP UIDL: number 0", [(b"UIDL$", swap(rb"(?m)^3 (\S+)", rb"0 \1"))]),
    Drop("POP UIDL: a number of twenty digits", [(b"UIDL$", swap(rb"(?m)^3 (\S+)", rb"33333333333333333333 \1"))]),
    Drop("POP UIDL: a number beyond the end", [(b"UIDL$", swap(rb"(?m)^3 (\S+)", rb"99 \1"))]),
    Drop("POP UIDL: one number twice", [(b"UIDL$", swap(rb"(?m)^3 (\S+)\r\n", b"3 \\1\r\n3 \\1x\r\n"))]),
    Drop("POP UIDL: one line is left out", [(b"UIDL$", swap(rb"(?m)^3 (\S+)\r\n", b""))]),
    Drop("POP UIDL: backwards", [(b"UIDL$", backwards)], exit=(0,), spoils=()),
    Drop("POP UIDL: two messages have one", [(b"UIDL$", swap(rb"(?m)^[34] (\S+)", lambda m: m[0][:2] + b"same"))], exit=(0, 1), spoils=()),
    Drop("POP UIDL: -ERR", [(b"UIDL$", b"-ERR what?\r\n")], spoils=EVERYTHING, exit=(0, 1, 5), says="UIDL"),
    Drop("POP UIDL: the line ends", [(b"UIDL$", CLOSE)], spoils=EVERYTHING, exit=(5,), says="."),
    Drop("POP UIDL: silence", [(b"UIDL$", STALL)], spoils=EVERYTHING, exit=(5,), says=".", timeout=1),
    Drop("POP UIDL: no end of the list", [(b"UIDL$", [half, STALL])], spoils=EVERYTHING, exit=(5,), says=".", timeout=1),
    Drop("POP UIDL: blanks at the end", [(b"UIDL$", swap(rb"(?m)^3 (\S+)", rb"3 \1   "))], exit=(0, 1)),
    Drop("POP UIDL: a tab between", [(b"UIDL$", swap(rb"(?m)^3 (\S+)", b"3\t\\1"))], exit=(0, 1)),
    Drop("POP UIDL: a NUL in it", [(b"UIDL$", swap(rb"(?m)^3 (\S+)", b"3 \\1\0"))], exit=(0,), spoils=()),
    Drop("POP UIDL: a line of 100,000 bytes", [(b"UIDL$", swap(rb"(?m)^3 \S+", b"3 " + b"x" * 100_000))], exit=(0,), spoils=()),
    Drop("POP UIDL: three of six", [(b"UIDL$", swap(rb"(?m)^[456] \S+\r\n", b""))], spoils=(4, 5, 6)),
    Drop("POP UIDL: three of six, keep no", [(b"UIDL$", swap(rb"(?m)^[456] \S+\r\n", b""))], exit=(0, 1), spoils=(4, 5, 6, 7, 8), keep="no"),
    Drop("POP UIDL: none of six", [(b"UIDL$", b"+OK\r\n" + END)], spoils=EVERYTHING),
    Drop("POP UIDL: all messages have one", [(b"UIDL$", swap(rb"(?m)^(\d+) \S+", rb"\1 same"))], exit=(0, 1), spoils=()),
    Drop("POP UIDL: others in each session", [(b"UIDL$", swap(rb"(?m)^(\d+) \S+", lambda m: b"%s id%d" % (m[1], next(COUNTER))))],
         exit=(0, 1), spoils=()),
    Drop("POP UIDL: others in each session, keep no", [(b"UIDL$", swap(rb"(?m)^(\d+) \S+", lambda m: b"%s id%d" % (m[1], next(COUNTER))))],
         exit=(0, 1), spoils=(), keep="no"),
    Drop("POP UIDL: -ERR for an empty maildrop", [(b"UIDL$", b"-ERR no mail\r\n", 1)], exit=(0,), spoils=(), count=0),
    Drop("POP STAT: -ERR", [(b"STAT$", b"-ERR what?\r\n")], exit=(0, 1, 5), spoils=EVERYTHING, says="."),
    Drop("POP STAT: fewer than there are", [(b"STAT$", b"+OK 3 300\r\n")], exit=(0, 1), spoils=()),
    Drop("POP STAT: more than there are", [(b"STAT$", b"+OK 99 9900\r\n")], exit=(0, 1), spoils=()),
    Drop("POP STAT: no numbers", [(b"STAT$", b"+OK some\r\n")], exit=(0, 1, 5), spoils=EVERYTHING, says="."),
    Drop("POP CAPA: -ERR", [(b"CAPA$", b"-ERR what?\r\n")], exit=(0,), spoils=()),
    Drop("POP CAPA: lines of nobody", [(b"CAPA$", swap(rb"\+OK\r\n", b"+OK\r\nX-FOO (\xff\r\n\r\n   \r\n"))], exit=(0,), spoils=()),
]

LIST = [
    Drop("POP LIST: no size", [(b"LIST$", swap(rb"(?m)^3 \S+", b"3"))], exit=(0, 1), spoils=()),
    Drop("POP LIST: a size that is no number", [(b"LIST$", swap(rb"(?m)^3 \S+", b"3 large"))], exit=(0, 1)),
    Drop("POP LIST: a size of twenty digits", [(b"LIST$", swap(rb"(?m)^3 \S+", b"3 99999999999999999999"))], exit=(0, 1)),
    Drop("POP LIST: LF alone", [(b"LIST$", lambda session, line: truth(session, line).replace(b"\r\n", b"\n"))], exit=(0,), spoils=()),
    Drop("POP LIST: one number twice", [(b"LIST$", swap(rb"(?m)^3 (\S+)\r\n", b"3 \\1\r\n3 7\r\n"))], exit=(0, 1), spoils=()),
    Drop("POP LIST: size 0", [(b"LIST$", swap(rb"(?m)^3 \S+", b"3 0"))], exit=(0, 1)),
    Drop("POP LIST: a size too large", [(b"LIST$", swap(rb"(?m)^3 \S+", b"3 99999"))], exit=(0, 1)),
    Drop("POP LIST: one line is left out", [(b"LIST$", swap(rb"(?m)^3 \S+\r\n", b""))], exit=(0, 1)),
    Drop("POP LIST: backwards", [(b"LIST$", backwards)], exit=(0,), spoils=()),
    Drop("POP LIST: -ERR", [(b"LIST$", b"-ERR what?\r\n")], spoils=EVERYTHING, exit=(0, 1, 5), says="."),
    Drop("POP LIST: a line twice", [(b"LIST$", swap(rb"(?m)^3 (\S+)\r\n", b"3 \\1\r\n3 9\r\n"))], exit=(0, 1)),
    Drop("POP LIST: a number beyond the end", [(b"LIST$", swap(rb"(?m)^3 (\S+)\r\n", b"3 \\1\r\n99 9\r\n"))], exit=(0, 1), spoils=()),
    Drop("POP LIST: the line ends", [(b"LIST$", CLOSE)], spoils=EVERYTHING, exit=(5,), says="."),
]

RETR = [
    Drop("POP RETR: -ERR", [of(b"RETR", b"-ERR can't read it\r\n")]),
    Drop("POP RETR: the line ends", [of(b"RETR", CLOSE)]),
    Drop("POP RETR: the line ends in the middle", [of(b"RETR", [half, CLOSE])]),
    Drop("POP RETR: a reset", [of(b"RETR", ABORT)]),
    Drop("POP RETR: silence", [of(b"RETR", STALL)], timeout=1),
    Drop("POP RETR: silence in the middle", [of(b"RETR", [half, STALL])], timeout=1),
    Drop("POP RETR: an empty message", [of(b"RETR", b"+OK\r\n" + END)]),
    Drop("POP RETR: half of it, then the end of the message", [of(b"RETR", [half, b"\r\n" + END], 1)], exit=(0, 1)),
    Drop("POP RETR: neither +OK nor -ERR", [of(b"RETR", b"* OK what\r\n")], exit=(1, 5)),
    Drop("POP RETR: the line ends, keep no", [of(b"RETR", CLOSE)], keep="no"),
    Drop("POP RETR: an empty message, keep no", [of(b"RETR", b"+OK\r\n" + END)], keep="no"),
    Drop("POP TOP: -ERR, keep no", [of(b"DELE", b"-ERR not now\r\n", 1), of(b"TOP", b"-ERR what?\r\n")], exit=(0, 1), spoils=(), keep="no"),
    *[Drop("POP RETR: -ERR [%s]" % code, [of(b"RETR", b"-ERR [%s] no\r\n" % code.encode())]) for code in ("SYS/TEMP", "SYS/PERM", "IN-USE", "X-FOO")],
    Drop("POP RETR: dots are not doubled", [of(b"RETR", lambda session, line: b"+OK\r\n" + bent_bytes(session) + END)], exit=(0, 1)),
    Drop("POP RETR: dots are not doubled, keep no", [of(b"RETR", lambda session, line: b"+OK\r\n" + bent_bytes(session) + END)], exit=(0, 1),
         keep="no", says="."),
    Drop("POP RETR: an end too many", [of(b"RETR", [TRUTH, END])], exit=(0, 1, 5), spoils=(1, 2, 3), says="."),
    Drop("POP RETR: -ERR, and then the message", [of(b"RETR", [b"-ERR no\r\n", TRUTH])], exit=(1,)),
    Drop("POP RETR: -ERR, and then the message, keep no", [of(b"RETR", [b"-ERR no\r\n", TRUTH])], exit=(1,), keep="no"),
    Drop("POP RETR: -ERR, and later the message", [of(b"RETR", [b"-ERR no\r\n", ("sleep", 0.2), TRUTH]), (b"CAPA$", b"-ERR what?\r\n")],
         exit=(1,), keep="no"),
    Drop("POP RETR: no end, then the end of the line", [of(b"RETR", [lambda session, line: truth(session, line)[:-3], CLOSE])]),
    Drop("POP RETR: line feeds alone", [of(b"RETR", lambda session, line: truth(session, line).replace(b"\r\n", b"\n"))], exit=(0, 1)),
    Drop("POP RETR: without a blank behind +OK", [of(b"RETR", swap(rb"\A\+OK[^\r]*", b"+OK"))], exit=(0,), spoils=()),
    Drop("POP DELE: -ERR", [of(b"DELE", b"-ERR not now\r\n")], exit=(0, 1), spoils=(), keep="no"),
    Drop("POP DELE: the line ends", [of(b"DELE", CLOSE)], exit=(0, 1, 5), spoils=(), keep="no", says="."),
    Drop("POP DELE: silence", [of(b"DELE", STALL)], exit=(0, 1, 5), spoils=(), keep="no", says=".", timeout=1),
    Drop("POP DELE: +OK, and nothing is marked", [of(b"DELE", b"+OK\r\n")], exit=(0, 1), spoils=(), keep="no"),
    Drop("POP QUIT: -ERR, and nothing is removed", [(b"QUIT$", [b"-ERR some not removed\r\n", CLOSE])], exit=(0, 1, 5), spoils=(), keep="no",
         says="."),
    Drop("POP QUIT: the line ends", [(b"QUIT$", CLOSE)], exit=(0, 1, 5), spoils=(), keep="no", says="."),
    Drop("POP QUIT: done, and the line ends", [(b"QUIT$", lambda session, line: session.commit() or CLOSE)], exit=(0, 1, 5), spoils=(), keep="no",
         says="."),
    Drop("POP QUIT: +OK, and nothing is removed", [(b"QUIT$", [b"+OK\r\n", CLOSE])], exit=(0, 1), spoils=(), keep="no"),
    Drop("POP QUIT: silence", [(b"QUIT$", STALL)], exit=(0, 1, 5), spoils=(), keep="no", says=".", timeout=1),
    *[Drop("POP TOP: %s, before it is removed" % words, [(b"QUIT$", [b"+OK\r\n", CLOSE], 1), of(b"TOP", reply)], exit=(0, 1, 5), spoils=(), keep="no",
           says=".", timeout=1)
      for words, reply in (("the line ends", CLOSE), ("silence", STALL), ("nothing", b"+OK\r\n" + END), ("another head",
         b"+OK\r\nSubject: x\r\n\r\n" + END),
                           ("half of it", lambda session, line: truth(session, line)[:60] + b"\r\n" + END),
                           ("no end", [lambda session, line: truth(session, line)[:-3], STALL]))],
]

ROWS = UIDL + LIST + RETR
