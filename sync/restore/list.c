/* What is in the quarantine, for people and in JSON. */
#include "sync/restore/private.h"

#include "store/message/header.h"

#define HEADING_SIZE 512 /* of From and Subject; what is longer is cut */

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

bool
restore_heading(struct restoring *restoring, char *from, char *subject, size_t size)
{
    const struct local *local = &restoring->local;
    char *header = malloc(RESTORE_HEADER_MAX);
    struct error ignored = {0};
    void *handle = NULL;
    size_t len = 0;
    struct local_print print;
    bool missing = false, there;

    there = local->ops->quarantine_open(local->self, restoring->row.name, &handle, &print, &missing, &ignored) &&
            handle != NULL;
    if (there && header != NULL && !local->ops->read(local->self, handle, header, RESTORE_HEADER_MAX, &len, &ignored))
        len = 0;
    local->ops->read_close(local->self, handle);
    take_field((struct text){header, len}, "From", from, size);
    take_field((struct text){header, len}, "Subject", subject, size);
    free(header);
    return there;
}

/* Of one message; its strings are in the row and in `from` and `subject`. */
static struct report_kept
describe(const struct journal_quarantined *row, const char *from, const char *subject, bool there)
{
    return (struct report_kept){.id = row->id,
                                .removed = row->since,
                                .run = row->run,
                                .mailbox = row->mailbox,
                                .why = row->why,
                                .from = from,
                                .subject = there ? subject : "(its file is gone)",
                                .size = row->size,
                                .uid = row->uid,
                                .file = row->name,
                                .put_back = row->put_back};
}

bool
restore_list(struct restoring *restoring)
{
    const char *name = restoring->account->name;
    char from[HEADING_SIZE], subject[HEADING_SIZE];
    uint64_t bytes = 0;

    if (restoring->count != 0)
        report_kept_head(restoring->report, name);
    for (size_t i = 0; i < restoring->count && !restore_stopped(restoring); i++) {
        struct report_kept kept;
        bool there;

        if (!restore_load(restoring, &restoring->entries[i]))
            return false;
        there = restore_heading(restoring, from, subject, sizeof from);
        kept = describe(&restoring->row, from, subject, there);
        bytes += restoring->row.size;
        report_kept(restoring->report, name, &kept);
    }
    report_kept_end(restoring->report, name, restoring->count, bytes, restoring->account->policy.quarantine_days);
    return true;
}
