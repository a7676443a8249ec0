/* What the tests of moves and removals on a script share. Included after cmocka.h. */
#ifndef TESTS_UNIT_IMAP_CHANGE_SCENE_H
#define TESTS_UNIT_IMAP_CHANGE_SCENE_H

#include "imap_script.h"

#define SELECTED(tag, exists, v, modseq)                                                                               \
    "S:* " exists " EXISTS", "S:* OK [UIDVALIDITY " v "]", "S:* OK [UIDNEXT 100]",                                     \
        "S:* OK [HIGHESTMODSEQ " modseq "]", "S:" tag " OK [READ-WRITE]"
#define REREAD(n, u, flags)                                                                                            \
    "S:* " n " FETCH (UID " u " FLAGS (" flags ") INTERNALDATE \"01-Jan-1970 00:00:09 +0000\" RFC822.SIZE 5)"

static const uint32_t uids[] = {1, 2, 3};

#endif
