/* What every step of `golub restore` needs. */
#include "sync/restore/private.h"

#include <inttypes.h>

#include "store/journal/quarantine.h"
#include "store/message/header.h"

#define HEADER_MAX 16384 /* bytes of a message in which From and Subject are looked for */
#define HEADING_SIZE 512 /* of each of them; what is longer is cut */

bool
restore_no_memory(struct restoring *restoring)
{
    error_set(&restoring->err, ERROR_LOCAL, "get memory");
    return false;
}

bool
restore_stopped(const struct restoring *restoring)
{
    const struct sync_options *options = restoring->options;

    return options->stopped != NULL && options->stopped(options->stopped_context);
}

void
restore_problem(struct restoring *restoring, const char *mailbox, struct error *err)
{
    if (err->kind == ERROR_INTERRUPTED)
        return;
    (void)text_print(err->account, sizeof err->account, "%s", restoring->account->name);
    (void)text_print(err->mailbox, sizeof err->mailbox, "%s", mailbox);
    restoring->failed++;
    report_error(restoring->report, err);
}

bool
restore_get(struct restoring *restoring, int64_t id, bool *found)
{
    struct journal_quarantined *row = &restoring->row;

    if (!journal_quarantine_get(restoring->journal, id, row, found, &restoring->err))
        return false;
    if (!*found)
        return true;
    (void)text_print(restoring->was, sizeof restoring->was, "%s", row->mailbox);
    for (size_t i = 0; row->mailbox_id != 0 && i < restoring->mailbox_count; i++)
        if (restoring->mailboxes[i].id == row->mailbox_id)
            (void)text_print(row->mailbox, sizeof row->mailbox, "%s", restoring->mailboxes[i].name);
    return true;
}

bool
restore_load(struct restoring *restoring, const struct restore_entry *entry)
{
    bool found;

    if (!restore_get(restoring, entry->id, &found))
        return false;
    if (!found)
        error_set(&restoring->err, ERROR_LOCAL, "read row %" PRIi64 " of the quarantine, which was there a moment ago",
                  entry->id);
    return found;
}

static void
take_field(struct text header, const char *name, char *to, size_t size)
{
    struct buffer decoded = buffer_new(4096);
    struct text value;

    to[0] = '\0';
    if (header_find(header, name, &value) &&
        !header_decode(value, &decoded)) /* too long, or no memory: as much as came */
        (void)0;
    if (decoded.len != 0)
        (void)text_print(to, size, "%s", decoded.at);
    buffer_free(&decoded);
}

/* From and Subject of the row's file, as people read them; "" where there is none. @return the file is there */
static bool
read_heading(struct restoring *restoring, char *from, char *subject, size_t size)
{
    const struct local *local = &restoring->local;
    char *header = malloc(HEADER_MAX);
    struct error ignored = {0};
    void *handle = NULL;
    size_t len = 0;
    struct local_print print;
    bool missing = false, there;

    there = local->ops->quarantine_open(local->self, restoring->row.name, &handle, &print, &missing, &ignored) &&
            handle != NULL;
    if (there && header != NULL && !local->ops->read(local->self, handle, header, HEADER_MAX, &len, &ignored))
        len = 0;
    local->ops->read_close(local->self, handle);
    take_field((struct text){header, len}, "From", from, size);
    take_field((struct text){header, len}, "Subject", subject, size);
    free(header);
    return there;
}

void
restore_say(struct restoring *restoring, const char *to, enum report_outcome outcome)
{
    const struct journal_quarantined *row = &restoring->row;
    char from[HEADING_SIZE], subject[HEADING_SIZE];
    const bool there = read_heading(restoring, from, subject, sizeof from);
    const struct report_kept kept = {.id = row->id,
                                     .removed = row->since,
                                     .run = row->run,
                                     .mailbox = row->mailbox,
                                     .why = row->why,
                                     .from = from,
                                     .subject = there ? subject : "(its file is gone)",
                                     .file = row->name,
                                     .size = row->size,
                                     .uid = row->uid,
                                     .put_back = outcome == OUTCOME_NONE ? row->put_back : 0,
                                     .outcome = outcome,
                                     .to = to,
                                     .dry = restoring->choice->dry};

    report_kept(restoring->report, restoring->account->name, &kept);
}
