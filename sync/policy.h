/* What may be done, as the user said it. Plain data: config fills it in, the planner reads it. */
#ifndef SYNC_POLICY_H
#define SYNC_POLICY_H

#include <stdbool.h>
#include <stdint.h>

enum layout { LAYOUT_VERBATIM, LAYOUT_MAILDIRPP };

struct direction { /* what may go one way */
    bool new_mail, flags, deletes, mailboxes;
};

struct policy {
    struct direction pull, push;
    bool expunge;              /* also remove what carries \Deleted */
    bool guard;                /* false: max-delete = "off" */
    unsigned max_delete;       /* percent */
    int quarantine_days;
    enum layout layout;
    const char *const *patterns; /* `mailboxes`, NULL at the end */
};

#endif
