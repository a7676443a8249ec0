/* See copied_from.h. */
#include "sync/apply/copied_from.h"

#include "sync/match/given_again.h"
#include "sync/match/read.h"
#include "sync/observe/uneven.h"
#include "sync/rows/carried.h"
#include "sync/rows/drafts.h"
#include "sync/rules/merge.h"

/* Are the server's bytes of this row known to be those of `wanted`? */
static bool
has_its_bytes(const struct journal_message *source, const struct journal_message *wanted)
{
    if (source->id == wanted->id || source->uid == 0 ||
        (source->facts & (FACT_GONE_THERE | FACT_ECHO | FACT_COPIED | FACT_BY_HEADER)) != 0)
        return false;
    /* Its copy would be marked as well until we take that off: whoever expunges meanwhile would take it. */
    return !merge_copy_is_deleted(wanted->flags, source->flags);
}

static bool
can_be_read(const struct run *run, const struct mailbox *from)
{
    /* Where a server went back, a mailbox that shows nothing of it may have given any UID anew, to a message of equal size and date. */
    if (run->went_back && !run_learned(from, CAUTION_REPAIRED))
        return false;
    return from->chosen && !mailbox_is_unsure(from->cautions) && from->listed &&
           (from->row.state == MAILBOX_ACTIVE || (from->row.state == MAILBOX_GONE_LOCAL && from->moved_out));
}

static bool
load_source(struct run *run, int64_t id, const struct journal_message *wanted, struct journal_message *source,
            struct mailbox **from)
{
    *from = NULL;
    if (!run_load(run, id, source))
        return false;
    if (!has_its_bytes(source, wanted))
        return true;
    *from = run_mailbox_by_id(run, source->mailbox);
    if (*from != NULL && (!can_be_read(run, *from) || given_again_doubts(run, *from, source)))
        *from = NULL;
    return true;
}

/* A copy has its source's keywords: of several it is the one that is closest to what the file is believed to have. */
static bool
choose_source(struct run *run, const struct journal_message *wanted, const int64_t *ids, size_t count,
              struct journal_message *source, struct mailbox **from)
{
    struct journal_message *other = malloc(sizeof *other);
    struct carried_choice choice;
    bool ok = (other != NULL || run_no_memory(run)) && carried_begin(run, wanted, &choice);

    for (size_t i = 0; ok && i < count; i++) {
        struct mailbox *mailbox;

        ok = load_source(run, ids[i], wanted, other, &mailbox);
        if (!ok || mailbox == NULL || !carried_is_closer(&choice, other->keywords))
            continue;
        *source = *other;
        *from = mailbox;
    }
    if (ok && choice.in_doubt)
        *from = NULL;
    free(other);
    return ok;
}

static bool
find_source(struct run *run, const struct journal_message *wanted, const unsigned char wire[static DIGEST_SIZE],
            struct journal_message *source, struct mailbox **from)
{
    int64_t *ids = NULL;
    size_t count;
    bool ok;

    *from = NULL;
    ok = journal_ids_by_wire(run->journal, wire, &ids, &count, &run->err) &&
         choose_source(run, wanted, ids, count, source, from);
    free(ids);
    return ok;
}

/*
 * Its bytes without the lines that a mail reader wrote. Those of a delivery came with the message: what differs in them is another copy, with
 * bytes of its own. At a first meeting there is no telling who wrote what: each file would be read.
 */
static bool
read_unsaved(struct run *run, const struct journal_message *wanted, struct kinship *kinship, bool *got)
{
    struct mailbox *mailbox = run_mailbox_by_id(run, wanted->mailbox);

    *got = false;
    if (run->first || mailbox == NULL || mailbox_drafts(mailbox) != DRAFTS_NONE)
        return true;
    if (!read_kinship(run, mailbox, wanted, false, kinship, got))
        return false;
    *got = *got && kinship->is_saved;
    if (*got && !read_kinship(run, mailbox, wanted, true, kinship, got))
        return false;
    *got = *got && kinship->is_saved && kinship->has_plain;
    return true;
}

static bool
find_any_source(struct run *run, const struct journal_message *wanted, struct journal_message *source,
                struct kinship *kinship, struct mailbox **from)
{
    bool got;

    if (!find_source(run, wanted, wanted->wire, source, from))
        return false;
    kinship->is_saved = false;
    if (*from != NULL)
        return true;
    return read_unsaved(run, wanted, kinship, &got) &&
           (!got || find_source(run, wanted, kinship->plain[KINSHIP_UNSAVED], source, from));
}

bool
copied_instead(struct run *run, const struct todo *todo, struct journal_message *wanted, struct journal_message *source,
               struct kinship *kinship, struct mailbox **from)
{
    struct mailbox *mailbox = &run->mailboxes[todo->mailbox];
    bool hides;

    *from = NULL;
    if (todo->dropped || todo->step.verb != PLAN_UPLOAD || todo->step.kept_back || todo->partner != 0 ||
        !mailbox_is_open(mailbox) || mailbox->moved_out || mailbox->no_copies)
        return true;
    if (!uneven_may_hide(run, mailbox, NULL, &hides) || !run_load(run, todo->id, wanted))
        return false;
    return hides || !wanted->has_wire || wanted->uid != 0 || find_any_source(run, wanted, source, kinship, from);
}

bool
copied_foresee(struct run *run, struct agenda *agenda)
{
    struct journal_message *wanted = calloc(2, sizeof *wanted), *source = wanted + 1;
    bool ok = wanted != NULL || run_no_memory(run), tried;

    for (size_t i = 0; ok && i < agenda->count; i++) {
        struct todo *todo = &agenda->todos[i];
        struct kinship kinship;
        struct mailbox *from;
        struct journal_op op;

        ok = copied_instead(run, todo, wanted, source, &kinship, &from) &&
             (from == NULL || journal_op_of(run->journal, todo->id, &op, &tried, &run->err));
        todo->copied = ok && from != NULL && !tried; /* what failed once is uploaded */
    }
    free(wanted);
    return ok;
}
