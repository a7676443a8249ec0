/* See survey_ask.h. */
#include "sync/observe/survey_ask.h"

#include <stdlib.h>

bool
survey_ask(struct run *run, bool (*listed)(void *context, const struct remote_listed *mailbox), void *context)
{
    struct remote_known *known = calloc(run->count + 1, sizeof *known);
    size_t count = 0;
    bool ok = known != NULL || run_no_memory(run);

    for (size_t i = 0; ok && i < run->count; i++) {
        const struct journal_mailbox *row = &run->mailboxes[i].row;

        if (row->id != 0 && row->wire != NULL && row->state != MAILBOX_GONE_REMOTE)
            known[count++] =
                (struct remote_known){.name = text_of(row->wire), .utf8 = row->utf8, .objectid = row->objectid};
    }
    if (ok && run->remote.ops->know != NULL)
        run->remote.ops->know(run->remote.self, known, count);
    ok = ok && run->remote.ops->survey(run->remote.self, listed, context, &run->err);
    if (run->remote.ops->know != NULL)
        run->remote.ops->know(run->remote.self, NULL, 0);
    free(known);
    return ok;
}
