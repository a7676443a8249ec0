/*
 * `golub keyword`: what the user says about keywords goes into the journal, and what it shows comes from there. Nothing is connected to, no file is
 * touched, but read before its keywords are changed: the next sync takes it to the server (sync/apply/keywords.h).
 */
#ifndef SYNC_KEYWORD_KEYWORD_H
#define SYNC_KEYWORD_KEYWORD_H

#include "store/journal/journal.h"
#include "sync/base/account.h"
#include "sync/base/keyword_note.h"
#include "sync/report/report.h"

struct keyword_choice {
    const struct local_file *files; /* whose keywords are shown, or changed; file_count 0: all keywords are listed */
    const char *const *paths;       /* ... as the user wrote them */
    size_t file_count;
    const struct keyword_word *words; /* word_count 0: they are shown */
    size_t word_count;
    const char *mailbox; /* of the list, or whose names are written; NULL: all mailboxes */
    bool write;          /* the next sync is to write letters for what messages had before */
};

/**
 * Show, list or change. To change, the lock is held.
 * @return exit status: 0, 2 (a file or mailbox that is not known; then nothing is changed), 1 (the journal)
 */
int keyword_run(const struct account *account, const struct keyword_choice *choice, struct journal *journal,
                struct report *report);

#endif
