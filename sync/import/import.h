/*
 * One run over one POP account on stores that are given: real ones, or the simulator's. No lock, no configuration, no
 * network here. The order of what is done about each message; the process may be killed, or the power fail, at each
 * `‖`:
 *
 *   UIDL ‖ commit FETCHING ‖ RETR into tmp/ ‖ flush ‖ rename into new/ ‖ flush the folder ‖ commit STORED ‖ commit REMOVING
 *   ‖ DELE ‖ QUIT answered +OK ‖ commit: absent
 *
 * The row stays after that: if the server lists the message again, it did not remove it, or got it back, and golub
 * recognises it.
 */
#ifndef SYNC_IMPORT_IMPORT_H
#define SYNC_IMPORT_IMPORT_H

#include "store/base/local.h"
#include "store/base/maildrop.h"
#include "store/journal/journal.h"
#include "sync/base/account.h"
#include "sync/report/report.h"

/** What hands a message to the command, for a simulator; the real one is in sync/import/deliver_command.c. */
struct handover {
    /** Spool, wire bytes in; LF-form goes to the command where that is reversible. */
    bool (*begin)(void *self, struct error *err);
    bool (*write)(void *self, const void *bytes, size_t len, struct error *err);
    /** Run the command on what was spooled. *status: its exit status; -1: it was killed or could not be started, err says why */
    bool (*run)(void *self, int *status, struct error *err);
    void (*drop)(void *self);
    void *self;
};

/** What other accounts of the same tree know: mail of an import that IMAP accounts sent up may be gone from the tree for good reasons. */
struct beside {
    /** Was a file of this base name theirs once, in a folder or in their quarantine? */
    bool (*knows)(void *self, const char *base, bool *known, struct error *err);
    /** Had the server of one of them, before that time, the message whose file has this base name? */
    bool (*had)(void *self, const char *base, int64_t before, bool *had, struct error *err);
    /** Has another import a row for a file of this base name? NULL: no other one is there. */
    bool (*imported)(void *self, const char *base, bool *imported, struct error *err);
    const char
        *account; /* the name of an IMAP account; NULL: imports alone are there, and the first two know nothing */
    void *self;
};

/**
 * Import: list, fetch, deliver, remove what `keep` says, in this order.
 *
 * @param maildrop  not open yet; opened and closed here
 * @param local     not open yet; opened and closed here; local.ops NULL with a handover
 * @param handover  NULL: into the Maildir
 * @param beside    NULL: the tree is this account's alone
 * @param journal   open, no transaction under way; in a dry run a copy
 * @return exit status 0 1 2 3 4 5 (6 is the caller's)
 */
int import_run(const struct account *account, const struct sync_options *options, struct maildrop maildrop,
               struct local local, struct handover *handover, struct beside *beside, struct journal *journal,
               struct report *report);

#endif
