"""The table of bent answers of IMAP: what a server says instead of the truth, and what golub does about it. bent.py has its words."""
from bent import (ALL, BENT, CLOSE, STALL, Row, backwards, both, broken_after, done_but, first, instead, last, on, on_list, swap, twice,
                  without)
from rig.bent import MODERN, OLD

NAME = rb'"Bent box"'
LISTING = rb"INTERNALDATE"
NEW = rb"^(\d+:\*|1:\d+) \(UID FLAGS INTERNALDATE"
BODY = rb"BODY\.PEEK\[\]"
FLAGS = rb"\(UID FLAGS( MODSEQ)?\)"
EVERYTHING = ("new there", "new here", "seen there", "flagged here", "removed there", "removed here")
ADDS = ("new there", "new here")
BACK = "^Bent box [135]|^Work [56]"  # where a mailbox seemed to be gone, no row of it counts for a removal or a move

LIST = [
    Row("LIST: a name with a blank is not quoted", on_list(swap(NAME, b"Bent box")), exit=(0,), bent=ALL),
    Row("LIST: the mailbox is left out", on_list(without(NAME)), exit=(0, 1), says="", ends=BACK),
    Row("LIST: the mailbox comes twice", on_list(twice(NAME)), exit=(0,), bent=ALL),
    Row("LIST: its line in another order", on_list(backwards), exit=(0,), bent=ALL),
    Row("LIST: no separator", on_list(swap(rb'"/" ' + NAME, b"NIL " + NAME)), exit=(0,), bent=ALL),
    Row("LIST: separator of two bytes", on_list(swap(rb'"/" ' + NAME, b'"//" ' + NAME)), exit=(0, 1), says=""),
    Row("LIST: another separator", on_list(swap(rb'"/" ' + NAME, b'"." ' + NAME)), exit=(0, 1), says=""),
    Row("LIST: no list of attributes", on_list(swap(rb'\(\\HasNoChildren\) "/" ' + NAME, b'"/" ' + NAME)), exit=(0, 1), says=""),
    Row("LIST: \\NoSelect on a mailbox that can be selected", on_list(swap(rb'\(\\HasNoChildren\) "/" ' + NAME, rb'(\\NoSelect) "/" ' + NAME)),
        exit=(0, 1), ends=BACK),
    Row("LIST: attributes that nobody knows", on_list(swap(rb'\(\\HasNoChildren\) "/" ' + NAME, rb'(\\X-Foo bar $baz) "/" ' + NAME)),
        exit=(0,), bent=ALL),
    Row("LIST: the name as a literal", on_list(swap(NAME, b"{8}\r\nBent box")), exit=(0,), bent=ALL),
    Row("LIST: the name as a literal that is too long", on_list(swap(NAME + rb"\r\n", b"{80}\r\nBent box\r\n")), exit=(1, 5), says="",
        waits=".", ends=BACK),
    Row("LIST: the name is NIL", on_list(swap(NAME, b"NIL")), exit=(0, 1), says=""),
    Row("LIST: the name is empty", on_list(swap(NAME, b'""')), exit=(0, 1), says="", ends=BACK),
    Row("LIST: the name has no closing quote", on_list(swap(NAME, b'"Bent box')), exit=(0, 1), says=""),
    Row("LIST: the name is 8-bit and no UTF-8", on_list(swap(NAME, b'"Bent \xff\xfe"')), exit=(0, 1), says=""),
    Row("LIST: something follows the name", on_list(swap(NAME, NAME + b" (CHILDINFO (SUBSCRIBED)) more")), exit=(0, 1), says=""),
    Row("LIST: a line that stops", on_list(swap(rb"LIST \(\\HasNoChildren\) \"/\" " + NAME, rb"LIST (\\HasNo")), exit=(0, 1), says=""),
    Row("LIST: NO", on("LIST", instead(b"%T NO [UNAVAILABLE] try later\r\n"), mailbox=None), exit=(1, 5), says="try later", waits="."),
    Row("LSUB: BAD", on("LSUB", instead(b"%T BAD what?\r\n"), mailbox=None), exit=(0,), bent=ALL),
]

STATUS = [
    Row("STATUS: a name with a blank is not quoted", on("STATUS", swap(NAME, b"Bent box")), exit=(0,), bent=ALL),
    Row("STATUS: HIGHESTMODSEQ NIL", on("STATUS", swap(rb"HIGHESTMODSEQ \d+", b"HIGHESTMODSEQ NIL")), exit=(0,), bent=ALL, server=MODERN),
    Row("LIST-STATUS: HIGHESTMODSEQ NIL", on_list(swap(NAME + rb" \((.*)HIGHESTMODSEQ \d+", NAME + rb" (\1HIGHESTMODSEQ NIL")), exit=(0,),
        bent=ALL, server=MODERN),
    Row("LIST-STATUS: a name with a blank is not quoted", on_list(swap(rb"STATUS " + NAME, b"STATUS Bent box")), exit=(0,), bent=ALL,
        server=MODERN),
    Row("LIST-STATUS: left out for one mailbox", on_list(without(rb"STATUS " + NAME)), exit=(0,), bent=ALL, server=MODERN),
    Row("LIST-STATUS: comes before its LIST", on_list(backwards), exit=(0,), bent=ALL, server=MODERN),
    Row("LIST-STATUS: comes twice", on_list(twice(rb"STATUS " + NAME)), exit=(0,), bent=ALL, server=MODERN),
    Row("STATUS: MESSAGES is no number", on("STATUS", swap(rb"MESSAGES \d+", b"MESSAGES many")), exit=(0,), bent=ALL),
    Row("STATUS: MESSAGES is negative", on("STATUS", swap(rb"MESSAGES \d+", b"MESSAGES -1")), exit=(0,), bent=ALL),
    Row("STATUS: MESSAGES of twenty digits", on("STATUS", swap(rb"MESSAGES \d+", b"MESSAGES 99999999999999999999")), exit=(0,), bent=ALL),
    Row("STATUS: UIDNEXT is missing", on("STATUS", swap(rb"UIDNEXT \d+ ", b"")), exit=(0,), bent=ALL),
    Row("STATUS: UIDNEXT 0", on("STATUS", swap(rb"UIDNEXT \d+", b"UIDNEXT 0")), exit=(0, 1), bent=ALL),
    Row("STATUS: UIDVALIDITY is another one than SELECT's", on("STATUS", swap(rb"UIDVALIDITY \d+", b"UIDVALIDITY 99")), exit=(0, 1)),
    Row("STATUS: UIDVALIDITY 0", on("STATUS", swap(rb"UIDVALIDITY \d+", b"UIDVALIDITY 0")), exit=(0, 1)),
    Row("STATUS: UIDVALIDITY is out of range", on("STATUS", swap(rb"UIDVALIDITY \d+", b"UIDVALIDITY 4294967296")), exit=(0, 1)),
    Row("STATUS: no items at all", on("STATUS", swap(rb"\(MESSAGES.*\)", b"()")), exit=(0,), bent=ALL),
    Row("STATUS: no parentheses", on("STATUS", swap(rb"\((MESSAGES.*)\)", rb"\1")), exit=(0, 1), bent=ALL),
    Row("STATUS: an item that nobody asked for", on("STATUS", swap(rb"\(MESSAGES", b"(X-FOO (1 2) MESSAGES")), exit=(0,), bent=ALL),
    Row("STATUS: items twice, with other numbers", on("STATUS", swap(rb"\(MESSAGES", b"(MESSAGES 999 MESSAGES")), exit=(0, 1)),
    Row("STATUS: of another mailbox", on("STATUS", swap(NAME, b'"INBOX"')), exit=(0,), bent=ALL),
    Row("STATUS: the untagged answer is left out", on("STATUS", without(rb"\* STATUS")), exit=(0,), bent=ALL),
    Row("STATUS: comes three times", on("STATUS", lambda ask: ask.truth()[:1] * 3 + ask.truth()[1:]), exit=(0,), bent=ALL),
    Row("STATUS: NO", on("STATUS", instead(b"%T NO it is locked\r\n")), exit=(0, 1)),
    Row("STATUS: NO [SERVERBUG]", on("STATUS", instead(b"%T NO [SERVERBUG] internal error\r\n")), exit=(0, 1)),
    Row("STATUS: BAD", on("STATUS", instead(b"%T BAD what?\r\n")), exit=(0, 1)),
    Row("STATUS: the line ends", on("STATUS", instead(CLOSE)), exit=(0, 1)),
    Row("STATUS: silence", on("STATUS", instead(STALL)), exit=(0, 1), timeout=1),
    Row("STATUS: half a line, then the end", on("STATUS", broken_after(rb"STATUS")), exit=(0, 1)),
    Row("STATUS: BYE", on("STATUS", instead(b"* BYE that is too much\r\n", CLOSE)), exit=(0, 1)),
]

SELECT = [
    Row("SELECT: NO", on("SELECT", instead(b"%T NO it is locked\r\n"))),
    Row("SELECT: NO [SERVERBUG]", on("SELECT", instead(b"%T NO [SERVERBUG] internal error\r\n"))),
    Row("SELECT: NO [NOPERM]", on("SELECT", instead(b"%T NO [NOPERM] not yours\r\n"))),
    Row("SELECT: BAD", on("SELECT", instead(b"%T BAD what?\r\n"))),
    Row("SELECT: BYE", on("SELECT", instead(b"* BYE index file is broken\r\n", CLOSE))),
    Row("SELECT: the line ends", on("SELECT", instead(CLOSE))),
    Row("SELECT: silence", on("SELECT", instead(STALL)), timeout=1),
    Row("SELECT: half an answer, then the end", on("SELECT", broken_after(rb"EXISTS"))),
    Row("SELECT: half an answer, then silence", on("SELECT", broken_after(rb"EXISTS", STALL)), timeout=1),
    Row("SELECT: the line ends, from the first sync on", on("SELECT", instead(CLOSE)), first=True),
    Row("SELECT: silence, from the first sync on", on("SELECT", instead(STALL)), first=True, timeout=1),
    Row("SELECT: NO, from the first sync on", on("SELECT", instead(b"%T NO it is locked\r\n")), first=True),
    Row("SELECT: EXISTS is no number", on("SELECT", swap(rb"\* \d+ EXISTS", b"* many EXISTS"))),
    Row("SELECT: EXISTS of twenty digits", on("SELECT", swap(rb"\* \d+ EXISTS", b"* 99999999999999999999 EXISTS"))),
    Row("SELECT: EXISTS is left out", on("SELECT", without(rb"EXISTS")), exit=(0, 1)),
    Row("SELECT: EXISTS counts a phantom", on("SELECT", swap(rb"\* (\d+) EXISTS", lambda m: b"* %d EXISTS" % (int(m[1]) + 1))),
        exit=(0, 1), bent=ADDS),
    Row("SELECT: EXISTS counts one too few", on("SELECT", swap(rb"\* (\d+) EXISTS", lambda m: b"* %d EXISTS" % (int(m[1]) - 1))),
        exit=(0, 1), bent=ADDS),
    Row("SELECT: EXISTS 0", on("SELECT", swap(rb"\* \d+ EXISTS", b"* 0 EXISTS")), exit=(0, 1)),
    Row("SELECT: UIDVALIDITY is left out", on("SELECT", without(rb"UIDVALIDITY")), exit=(0, 1)),
    Row("SELECT: UIDVALIDITY 0", on("SELECT", swap(rb"UIDVALIDITY \d+", b"UIDVALIDITY 0")), exit=(0, 1)),
    Row("SELECT: UIDVALIDITY is no number", on("SELECT", swap(rb"UIDVALIDITY \d+", b"UIDVALIDITY soon")), exit=(0, 1)),
    Row("SELECT: UIDNEXT is left out", on("SELECT", without(rb"UIDNEXT")), exit=(0, 1), bent=ADDS),
    Row("SELECT: UIDNEXT 0", on("SELECT", swap(rb"UIDNEXT \d+", b"UIDNEXT 0")), exit=(0, 1)),
    Row("SELECT: UIDNEXT is no number", on("SELECT", swap(rb"UIDNEXT \d+", b"UIDNEXT soon")), exit=(0, 1)),
    Row("SELECT: HIGHESTMODSEQ is no number", on("SELECT", swap(rb"HIGHESTMODSEQ \d+", b"HIGHESTMODSEQ soon")), exit=(0, 1), server=MODERN),
    Row("SELECT: HIGHESTMODSEQ out of range", on("SELECT", swap(rb"HIGHESTMODSEQ \d+", b"HIGHESTMODSEQ 18446744073709551616")),
        exit=(0, 1), server=MODERN),
    Row("SELECT: FLAGS with a parenthesis in one", on("SELECT", swap(rb"\* FLAGS \(", b"* FLAGS (bad) ")), exit=(0, 1)),
    Row("SELECT: PERMANENTFLAGS of nothing but \\*", on("SELECT", swap(rb"PERMANENTFLAGS \([^)]*\)", b"PERMANENTFLAGS (\\\\*)")), exit=(0,),
        bent=ALL),
    Row("SELECT: PERMANENTFLAGS without end", on("SELECT", swap(rb"PERMANENTFLAGS \([^)]*\)\]", b"PERMANENTFLAGS (\\\\Seen")), exit=(0, 1)),
    Row("SELECT: untagged answers backwards", on("SELECT", backwards), exit=(0,), bent=ALL),
    Row("SELECT: a tag of nobody", on("SELECT", swap(rb"(?m)^\S+ OK \[READ-WRITE\]", b"zz9 OK [READ-WRITE]")), timeout=1),
]

FETCH = [
    Row("FETCH: the listing is backwards", on("UID FETCH", backwards, LISTING), exit=(0,), bent=ALL, first=True),
    Row("FETCH: the listing is backwards, later", on("UID FETCH", backwards), exit=(0,), bent=ALL),
    Row("FETCH: one message comes twice", on("UID FETCH", twice(rb"UID 7 ")), exit=(0, 1), bent=ADDS),
    Row("FETCH: one message is left out", on("UID FETCH", without(rb"UID 7 "), rb"FLAGS"), exit=(0, 1), bent=ADDS),
    Row("FETCH: one UID out of range", on("UID FETCH", swap(rb"UID 7 ", b"UID 4294967296 "), rb"FLAGS"), exit=(0, 1)),
    Row("FETCH: UID 0", on("UID FETCH", swap(rb"UID 7 ", b"UID 0 "), rb"FLAGS"), exit=(0, 1)),
    Row("FETCH: no UID", on("UID FETCH", swap(rb"UID 7 ", b""), rb"FLAGS"), exit=(0, 1)),
    Row("FETCH: ) inside a flag", on("UID FETCH", swap(rb"UID 7 FLAGS \(", b"UID 7 FLAGS (a)b "), rb"FLAGS"), exit=(0, 1)),
    Row("FETCH: no INTERNALDATE for one message", on("UID FETCH", swap(rb'(UID 8 .*)INTERNALDATE "[^"]*" ', rb"\1")), exit=(0, 1),
        bent=ADDS, first=True),
    Row("FETCH: no RFC822.SIZE for one message", on("UID FETCH", swap(rb"(UID 8 .*) RFC822.SIZE \d+", rb"\1")), exit=(0, 1), bent=ADDS,
        first=True),
    Row("FETCH: RFC822.SIZE out of range", on("UID FETCH", swap(rb"(UID 8 .*RFC822.SIZE) \d+", rb"\1 99999999999999999999")), exit=(0, 1),
        bent=ADDS, first=True),
    Row("FETCH: the line ends in one body", on("UID FETCH", broken_after(rb"UID 3 BODY", CLOSE), BODY), first=True),
    Row("FETCH: silence in one body", on("UID FETCH", broken_after(rb"UID 3 BODY", STALL), BODY), first=True, timeout=1),
    Row("FETCH: the line ends in a listing", on("UID FETCH", broken_after(rb"UID 3 ", CLOSE), rb"FLAGS"), first=True),
    Row("FETCH: NO for one body", on("UID FETCH", lambda ask: [*[p for p in ask.truth()[:-1] if b"UID 3 " not in p],
                                                                b"%T NO [SERVERBUG] message 3 can't be read\r\n"]
                                      if any(b"UID 3 " in p for p in ask.truth()) else None, BODY), first=True),
    Row("FETCH: a body is NIL", on("UID FETCH", swap(rb"(?s)(UID 3 BODY\[\]) \{.*\)\r\n", rb"\1 NIL)\r\n"), BODY), first=True),
    Row("FETCH: a body is empty", on("UID FETCH", swap(rb"(?s)(UID 3 BODY\[\]) \{.*\)\r\n", b"\\1 {0}\r\n)\r\n"), BODY), first=True),
    Row("FETCH: a body is left out", on("UID FETCH", without(rb"UID 3 BODY"), BODY), first=True),
]

STORE = [
    Row("STORE: NO", on("UID STORE", instead(b"%T NO not now\r\n"))),
    Row("STORE: BAD", on("UID STORE", instead(b"%T BAD what?\r\n"))),
    Row("STORE: the line ends", on("UID STORE", instead(CLOSE))),
    Row("STORE: silence", on("UID STORE", instead(STALL)), timeout=1),
    Row("STORE: OK, and nothing is stored", on("UID STORE", instead(b"%T OK done\r\n")), exit=(0, 1), ends="^Bent box 4 has no flag there"),
    Row("STORE: done, and the line ends", on("UID STORE", done_but(CLOSE)), exit=(0, 1)),
]

APPEND = [
    Row("APPEND: NO", on("APPEND", instead(b"%T NO not now\r\n")), bent=("new there",)),
    Row("APPEND: BAD", on("APPEND", instead(b"%T BAD what?\r\n")), bent=("new there",)),
    Row("APPEND: NO [OVERQUOTA]", on("APPEND", instead(b"%T NO [OVERQUOTA] full\r\n")), bent=("new there",)),
    Row("APPEND: the line ends", on("APPEND", instead(CLOSE)), bent=("new there",)),
    Row("APPEND: done, and the line ends", on("APPEND", done_but(CLOSE)), exit=(0, 1), bent=("new there",)),
    Row("APPEND: done, and NO", on("APPEND", done_but(b"%T NO [UNAVAILABLE] timeout\r\n")), exit=(0, 1), bent=("new there",)),
    Row("APPEND: APPENDUID of one field", on("APPEND", swap(rb"APPENDUID \d+ \d+", b"APPENDUID 7")), exit=(0, 1), bent=ADDS),
    Row("APPEND: APPENDUID without numbers", on("APPEND", swap(rb"APPENDUID \d+ \d+", b"APPENDUID a b")), exit=(0, 1), bent=ADDS),
    Row("APPEND: APPENDUID of another message", on("APPEND", swap(rb"APPENDUID (\d+) \d+", rb"APPENDUID \1 2")), exit=(0, 1), bent=ADDS),
]

MOVE = [
    Row("MOVE: NO", on("UID MOVE", instead(b"%T NO not here\r\n")), exit=(0, 1)),
    Row("MOVE: BAD", on("UID MOVE", instead(b"%T BAD what?\r\n")), exit=(0, 1)),
    Row("MOVE: the line ends", on("UID MOVE", instead(CLOSE))),
    Row("MOVE: done, and the line ends", on("UID MOVE", done_but(CLOSE)), exit=(0, 1)),
    Row("MOVE: COPYUID of two fields", on("UID MOVE", swap(rb"COPYUID (\d+) (\S+) \S+\]", rb"COPYUID \1 \2]")), exit=(0, 1)),
    Row("COPY: NO, on a server without MOVE", on("UID COPY", instead(b"%T NO not here\r\n")), exit=(0, 1), server=OLD),
    Row("EXPUNGE: NO", on("UID EXPUNGE", instead(b"%T NO not now\r\n")), exit=(0, 1)),
    Row("EXPUNGE: OK, and nothing goes", on("UID EXPUNGE", instead(b"%T OK done\r\n")), exit=(0, 1)),
    Row("EXPUNGE: the line ends", on("UID EXPUNGE", instead(CLOSE))),
]

ROWS = LIST + STATUS + SELECT + FETCH + STORE + APPEND + MOVE
