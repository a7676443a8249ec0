"""The table of bent answers of POP3. bent_drop.py has its words."""
from bent_drop import Drop, of, swap, truth
from rig.popserver import ABORT, CLOSE, END, STALL

EVERYTHING = tuple(range(1, 9))


def backwards(session, line):
    first, *rest = truth(session, line).splitlines(keepends=True)
    return first + b"".join(reversed(rest[:-1])) + rest[-1]


def half(session, line):
    answer = truth(session, line)
    return answer[:len(answer) // 2]


UIDL = [
    Drop("POP UIDL: longer than 70 bytes", [(b"UIDL$", swap(rb"(?m)^3 \S+", b"3 " + b"x" * 288))], exit=(0, 1)),
    Drop("POP UIDL: with a blank", [(b"UIDL$", swap(rb"(?m)^3 (\S+)", rb"3 a \1"))]),
    Drop("POP UIDL: 8-bit", [(b"UIDL$", swap(rb"(?m)^3 (\S+)", b"3 \xff\xfe\\1"))]),
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
]

LIST = [
    Drop("POP LIST: no size", [(b"LIST$", swap(rb"(?m)^3 \S+", b"3"))], exit=(0, 1), spoils=()),
    Drop("POP LIST: a size that is no number", [(b"LIST$", swap(rb"(?m)^3 \S+", b"3 large"))], exit=(0, 1)),
    Drop("POP LIST: a size of twenty digits", [(b"LIST$", swap(rb"(?m)^3 \S+", b"3 99999999999999999999"))], exit=(0, 1)),
    Drop("POP LIST: size 0", [(b"LIST$", swap(rb"(?m)^3 \S+", b"3 0"))], exit=(0, 1)),
    Drop("POP LIST: a size too large", [(b"LIST$", swap(rb"(?m)^3 \S+", b"3 99999"))], exit=(0, 1)),
    Drop("POP LIST: one line is left out", [(b"LIST$", swap(rb"(?m)^3 \S+\r\n", b""))], exit=(0, 1)),
    Drop("POP LIST: backwards", [(b"LIST$", backwards)], exit=(0,), spoils=()),
    Drop("POP LIST: -ERR", [(b"LIST$", b"-ERR what?\r\n")], spoils=EVERYTHING, exit=(0, 1, 5), says="."),
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
]

ROWS = UIDL + LIST + RETR
