/* Inside of `golub status`: what its two forms share. */
#ifndef SYNC_INSPECT_STATUS_PRIVATE_H
#define SYNC_INSPECT_STATUS_PRIVATE_H

#include "store/journal/keywords.h"
#include "store/journal/letters.h"
#include "sync/inspect/inspect.h"

struct status_view { /* what a `status` of one account works with */
    const struct account *account;
    struct report *report;
    struct journal *journal;
    struct journal_mailbox *mailboxes;
    size_t count;
    struct journal_pending *pending; /* by mailbox */
    size_t pending_count;
    struct journal_keyword *keywords; /* that differ between the two sides */
    size_t keyword_count;
    int64_t max_age; /* seconds; 0: any */
    bool succeeded;  /* some run did, so that there was a journal */
    struct error err;
};

/** The name of a mailbox by the id of its row, "?" where there is none. */
const char *status_mailbox(const struct status_view *view, int64_t id);
/** What is held, and how to answer. @return false: the journal failed, view->err says why */
MUST_CHECK bool status_held(struct status_view *view);
/** What is kept in the quarantine, and what of it is not there any more. @return false: the journal failed, view->err says why */
MUST_CHECK bool status_quarantine(struct status_view *view);
/** What there is to say about a POP account's messages. @return false: the journal failed, err says why */
MUST_CHECK bool status_import(const struct account *account, struct journal *journal, struct report *report,
                              struct error *err);

#endif
