/* See copy_source.h. */
#include "sync/apply/copy_source.h"

#include "sync/match/read.h"
#include "sync/rows/drafts.h"
#include "sync/rules/merge.h"

static bool
find_by_wire(struct run *run, const struct journal_message *wanted, const unsigned char wire[static DIGEST_SIZE],
             struct journal_message *source, struct mailbox **from)
{
    int64_t *ids = NULL;
    size_t count;
    bool ok;

    *from = NULL;
    ok = journal_ids_by_wire(run->journal, wire, &ids, &count, &run->err);
    for (size_t i = 0; ok && *from == NULL && i < count; i++) {
        if (ids[i] == wanted->id)
            continue;
        ok = run_load(run, ids[i], source);
        /* A copy is made of the server's bytes: they must be known to be these. */
        if (!ok || source->uid == 0 ||
            (source->facts & (FACT_GONE_THERE | FACT_ECHO | FACT_COPIED | FACT_BY_HEADER)) != 0)
            continue;
        if (merge_copy_is_deleted(wanted->flags, source->flags))
            continue; /* its copy would be marked as well until we take that off: whoever expunges meanwhile would take it */
        *from = run_mailbox_by_id(run, source->mailbox);
        if (*from != NULL && !((*from)->chosen && !mailbox_is_unsure((*from)->cautions) && (*from)->listed &&
                               (*from)->row.state == MAILBOX_ACTIVE))
            *from = NULL;
    }
    free(ids);
    return ok;
}

/* Its bytes without the lines that a mail reader wrote. At a first meeting there is no telling who wrote what: each file would be read. */
static bool
find_kin(struct run *run, const struct journal_message *wanted, struct kinship *kinship, struct journal_message *source,
         struct mailbox **from)
{
    struct mailbox *mailbox = run_mailbox_by_id(run, wanted->mailbox);
    bool got = false;

    if (run->first || mailbox == NULL || mailbox_drafts(mailbox) != DRAFTS_NONE)
        return true;
    if (!read_kinship(run, mailbox, wanted, false, kinship, &got))
        return false;
    if (!got || kinship->kin.added == 0)
        return true;
    if (!read_kinship(run, mailbox, wanted, true, kinship, &got))
        return false;
    if (!got || !kinship->has_plain)
        return true;
    return find_by_wire(run, wanted, kinship->unsaved, source, from) &&
           (*from != NULL || find_by_wire(run, wanted, kinship->plain, source, from));
}

bool
copy_source_find(struct run *run, const struct journal_message *wanted, struct kinship *kinship,
                 struct journal_message *source, struct mailbox **from)
{
    kinship->has_body = false;
    return find_by_wire(run, wanted, wanted->wire, source, from) &&
           (*from != NULL || find_kin(run, wanted, kinship, source, from));
}

bool
copy_source_mark(struct run *run, struct journal_message *wanted, const struct kinship *kinship,
                 const struct journal_message *source)
{
    bool ok;

    if (!kinship->has_body)
        return true;
    wanted->facts |= FACT_FOREIGN;
    wanted->has_header = source->has_header;
    memcpy(wanted->header, source->header, DIGEST_SIZE);
    ok = run_begin(run) && journal_foreign_save(run->journal, wanted->id, kinship->body, &run->err) &&
         journal_message_save(run->journal, wanted, &run->err);
    return run_end(run, ok);
}
