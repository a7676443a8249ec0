/* See quarantined.h. */
#include "sync/rows/quarantined.h"

#include <inttypes.h>

#include "store/journal/quarantine.h"
#include "store/message/title.h"
#include "sync/rows/own_name.h"
#include "sync/rules/merge.h"

#define UNIQUE_BYTES 8 /* of a digest: nobody makes two of them equal on purpose, and by chance none are */

void
quarantined_name(const struct run *run, struct text header, int64_t message, const char *kind, char name[static 256])
{
    char title[TITLE_MAX + 1], day[32] = "0000-00-00", text[128], unique[2 * UNIQUE_BYTES + 1];
    unsigned char digest[DIGEST_SIZE];
    const time_t now = (time_t)run->now;
    struct tm date;

    title_of(header, title);
    if (localtime_r(&now, &date) != NULL)
        (void)strftime(day, sizeof day, "%Y-%m-%d", &date);
    /* Ids begin anew where the journal was lost, and what it knew lies in the quarantine still. */
    if (!text_print(text, sizeof text, "%" PRId64 "\n%" PRId64 "\n%s", run->now, message, kind) ||
        !digest_bytes(text, strlen(text), digest))
        memset(digest, 0, sizeof digest);
    digest_base32(digest, UNIQUE_BYTES, unique);
    (void)text_print(name, 256, "%s_%s_%s", day, title, unique);
}

void
quarantined_name_of(struct run *run, const struct local_file *file, int64_t message, const char *kind,
                    char name[static 256])
{
    char *header = malloc(QUARANTINED_HEADER_MAX);
    struct error ignored = {0};
    void *handle = NULL;
    size_t len = 0;
    bool missing;

    if (header != NULL && run->local.ops->read_open(run->local.self, file, &handle, &missing, &ignored) &&
        handle != NULL &&
        !run->local.ops->read(run->local.self, handle, header, QUARANTINED_HEADER_MAX, &len, &ignored))
        len = 0;
    run->local.ops->read_close(run->local.self, handle);
    quarantined_name(run, (struct text){header, len}, message, kind, name);
    free(header);
}

const char *
quarantined_why(const struct journal_message *message)
{
    return (message->facts & FACT_REPLACED) != 0 ? "another file stands for it" : JOURNAL_REMOVED_THERE;
}

struct quarantined
quarantined_file(const struct journal_message *message, const char *name, const char *why)
{
    return (struct quarantined){.name = name,
                                .base = message->base,
                                .info = message->info,
                                .why = why,
                                .uid = message->uid,
                                .size = message->size,
                                .wire = message->has_wire ? message->wire : NULL,
                                .flags = message->flags.lseen,
                                .date = message->date,
                                .keywords = message->keywords};
}

bool
quarantined_add(struct run *run, const struct mailbox *mailbox, const struct quarantined *file)
{
    struct journal_quarantined row = {.mailbox_id = mailbox->row.id,
                                      .uid = file->uid,
                                      .since = run->now,
                                      .counted = age_stamp(&run->age.now),
                                      .size = file->size,
                                      .run = run->mark.run,
                                      .has_wire = file->wire != NULL,
                                      .has_details = true,
                                      .flags = file->flags,
                                      .date = file->date};

    (void)text_print(row.name, sizeof row.name, "%s", file->name);
    (void)text_print(row.mailbox, sizeof row.mailbox, "%s", mailbox->row.name);
    (void)text_print(row.base, sizeof row.base, "%s", file->base);
    (void)text_print(row.info, sizeof row.info, "%s", file->info);
    (void)text_print(row.why, sizeof row.why, "%s", file->why);
    (void)text_print(row.keywords, sizeof row.keywords, "%s", file->keywords);
    (void)text_print(row.origin, sizeof row.origin, "%s", file->origin != NULL ? file->origin : "");
    if (file->wire != NULL)
        memcpy(row.wire, file->wire, DIGEST_SIZE);
    return journal_quarantine_add(run->journal, &row, &run->err);
}

bool
quarantined_withdraw(struct run *run, const char *name)
{
    struct error ignored = {0};
    struct local_print print;
    void *handle = NULL;
    bool missing = false;
    const bool looked = run->local.ops->quarantine_open(run->local.self, name, &handle, &print, &missing, &ignored);

    run->local.ops->read_close(run->local.self, handle);
    return !looked || !missing || journal_quarantine_withdraw(run->journal, name, &run->err);
}

bool
quarantined_recall(struct run *run, struct journal_message *message)
{
    struct journal_quarantined *row;
    bool found = false, ok;

    if (!own_name_is_ours(message->base))
        return true;
    row = calloc(1, sizeof *row);
    ok = (row != NULL || run_no_memory(run)) &&
         journal_quarantine_returned(run->journal, message->base, row, &found, &run->err);
    if (ok && found)
        merge_keywords(message->keywords, row->keywords);
    free(row);
    return ok;
}
