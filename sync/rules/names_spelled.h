/*
 * How other programs name the folder of a mailbox: mbsync and OfflineIMAP take the server's bytes as they are, in modified UTF-7, with or
 * without the prefix of the namespace, and escape nothing; their shapes are not all layouts of ours. Pure functions.
 */
#ifndef SYNC_RULES_NAMES_SPELLED_H
#define SYNC_RULES_NAMES_SPELLED_H

#include "sync/rules/names.h"

struct names_there { /* a mailbox as the server lists it: struct remote_listed */
    struct text name, other;
    char separator;
    const char *prefix; /* "" where none is to be cut */
};

enum names_shape {
    SHAPE_VERBATIM,   /* A/B, INBOX/Sub */
    SHAPE_PLUSPLUS,   /* .A.B; INBOX is the root */
    SHAPE_FLAT,       /* A.B, INBOX.Sub */
    SHAPE_LEGACY,     /* mbsync's: A/.B, INBOX/.Sub */
    SHAPE_ROOT,       /* mbsync's with INBOX in the root: A/B, and INBOX/Sub is Sub */
    SHAPE_DOUBLE_DOT, /* mbsync's maildir++: INBOX/Sub is ..Sub */
    SHAPES
};

#define NAMES_SPELLINGS 4

/**
 * One spelling of the mailbox's name: its levels in the server's bytes joined by '/', INBOX in capitals.
 * @param which  below NAMES_SPELLINGS; the bytes of LIST come first, and the name without the prefix before the whole one
 * @return false: there is no such spelling, or it is the same as one before, or a level of it can't be a folder
 */
bool names_spelled(const struct names_there *there, unsigned which, char path[static LOCAL_FOLDER_MAX + 1]);
/** The folder of such a path in a tree of this shape. @return false: it has none that others do not have, too (only INBOX is the root) */
bool names_spelled_folder(const char *path, enum names_shape shape, char folder[static LOCAL_FOLDER_MAX + 1]);
/** The mailbox that is meant by a folder's name in modified UTF-7. @return false: it is no such text, or says what it says */
bool names_meant(const char *folder, enum layout layout, char name[static LIMIT_MAILBOX_NAME + 1]);
/** The same folder with a first level INBOX in capitals: golub writes it so, others as their users did. */
void names_inbox_capital(const char *folder, char out[static LOCAL_FOLDER_MAX + 1]);

#endif
