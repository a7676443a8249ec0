/*
 * The end of a session: DELE for what may be removed (LISTED_REMOVABLE), then QUIT, which alone removes.
 *
 * That is what this session fetched and committed, under keep = no, and what import/keep.c has proven. Which files are here is looked at once
 * more before the first DELE: what was lost while mail was fetched stays for the next run to judge. REMOVING is committed before DELE is
 * sent, so that a row whose QUIT was not answered is looked at again. With QUIT's +OK the rows become absent: what a list shows again
 * was not removed, whatever the server said, or came back.
 */
#include "sync/import/flush.h"
#include "sync/import/here.h"
#include "sync/import/phases.h"
#include "sync/import/run.h"

struct removing {
    struct import *import;
    struct journal_listed page[LIMIT_BATCH];
    struct journal_pop rows[LIMIT_BATCH];
    uint32_t numbers[LIMIT_BATCH];
    bool refused[LIMIT_BATCH];
    size_t count, answered;
    uint32_t last; /* number of the page's last line; 0: there is none */
};

/* As far as the second look says: what was missed by the first one was judged when it was allowed. */
static bool
is_here(struct import *import, const struct journal_pop *row, bool *here)
{
    bool missed = false;

    if (import->handover == NULL && !journal_here_misses(import->journal, row->id, &missed, &import->err))
        return false;
    *here = !missed;
    return true;
}

static bool
load_page(struct removing *removing, uint32_t after)
{
    struct import *import = removing->import;
    size_t count;
    bool here;

    removing->count = 0;
    removing->last = 0;
    if (!journal_listing_page(import->journal, LISTED_REMOVABLE, false, after, removing->page, LIMIT_BATCH, &count,
                              &import->err))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct journal_pop *row = &removing->rows[removing->count];

        removing->last = removing->page[i].number;
        if (!import_load(import, removing->page[i].row, row))
            return false;
        if (!is_here(import, row, &here))
            return false;
        if (!here)
            continue;
        removing->refused[removing->count] = false;
        removing->numbers[removing->count++] = removing->page[i].number;
    }
    return true;
}

static bool
save_page(struct removing *removing, bool refused_only)
{
    struct import *import = removing->import;
    bool ok = true;

    if (!journal_begin(import->journal, &import->err))
        return false;
    for (size_t i = 0; ok && i < removing->count; i++)
        ok = (refused_only && !removing->refused[i]) ||
             journal_pop_save(import->journal, &removing->rows[i], &import->err);
    return import_end(import, ok);
}

static bool
on_removed(void *context, uint32_t number, enum maildrop_outcome outcome, const char *words)
{
    struct removing *removing = context;
    struct journal_pop *row;

    while (removing->answered < removing->count && removing->numbers[removing->answered] != number)
        removing->answered++;
    if (removing->answered == removing->count) /* not asked for */
        return true;
    row = &removing->rows[removing->answered];
    removing->refused[removing->answered++] = outcome != MAILDROP_DONE;
    if (outcome == MAILDROP_DONE)
        return true;
    row->state = POP_STORED;
    (void)text_print(row->why, sizeof row->why, "%s", words);
    import_refused(removing->import, "remove from the server", number, row->uidl, words,
                   "It is tried again with the next run.");
    return true;
}

/* DELE for one page. false: the connection is not to be believed any more, and QUIT must not be sent */
static bool
delete_page(struct removing *removing)
{
    struct import *import = removing->import;
    bool any = false;

    for (size_t i = 0; i < removing->count; i++) {
        struct journal_pop *row = &removing->rows[i];

        row->state = POP_REMOVING;
        row->hold[0] = row->why[0] = '\0';
    }
    removing->answered = 0;
    if (!save_page(removing, false) ||
        !import->maildrop.ops->remove(import->maildrop.self, removing->numbers, removing->count, on_removed, removing,
                                      &import->err))
        return false;
    import->last_row = 0; /* what came before was followed by answers */
    for (size_t i = 0; i < removing->count; i++)
        any = any || removing->refused[i];
    return !any || save_page(removing, true);
}

/* Up to and with this number DELE was answered and QUIT was, too. */
static bool
bury_removed(struct removing *removing, uint32_t last)
{
    struct import *import = removing->import;
    uint32_t after = 0;

    while (after < last) {
        bool ok = load_page(removing, after);

        if (!ok || removing->last == 0)
            return ok;
        if (!journal_begin(import->journal, &import->err))
            return false;
        for (size_t i = 0; ok && i < removing->count && removing->numbers[i] <= last; i++) {
            struct journal_pop *row = &removing->rows[i];

            if (row->state != POP_REMOVING) /* refused */
                continue;
            row->absent = import_stamp(import);
            ok = journal_pop_save(import->journal, row, &import->err);
            /* It was counted when it was removed first; whether it went now only a list shows. */
            if ((row->facts & POP_AGAIN) != 0)
                continue;
            import_did(import, (struct report_done){.act = DID_REMOVE_THERE, .file = row->base, .detail = row->uidl});
        }
        after = removing->last;
        if (!import_end(import, ok))
            return false;
    }
    return true;
}

static bool
print_removals(struct removing *removing)
{
    struct import *import = removing->import;
    uint32_t after = 0;
    size_t count = LIMIT_BATCH;

    while (import->may_remove && count == LIMIT_BATCH) {
        if (!journal_listing_page(import->journal, LISTED_REMOVABLE, false, after, removing->page, LIMIT_BATCH, &count,
                                  &import->err))
            return false;
        for (size_t i = 0; i < count; i++) {
            after = removing->page[i].number;
            import_did(import, (struct report_done){.act = DID_REMOVE_THERE, .detail = removing->page[i].uidl});
        }
    }
    return true;
}

/* Where no DELE was sent nothing rests on the answer. */
static bool
quit_quietly(struct import *import)
{
    struct error ignored = {0};

    if (import->maildrop.ops->quit(import->maildrop.self, &ignored))
        import->last_row = 0;
    return true;
}

static bool
remove_and_quit(struct removing *removing)
{
    struct import *import = removing->import;
    uint64_t removable;
    uint32_t last = 0;

    if (!journal_listing_count(import->journal, LISTED_REMOVABLE, &removable, &import->err) ||
        (removable > 0 && !import_look_again(import)) || (removable > 0 && import->may_remove && !flush_all(import)))
        return false;
    while (import->may_remove) {
        if (import_stopped(import)) /* no new command is sent; QUIT removes what was sent DELE so far */
            break;
        if (!load_page(removing, last))
            return false;
        if (removing->last == 0)
            break;
        if (removing->count > 0 && !delete_page(removing))
            return false;
        last = removing->last;
    }
    if (last == 0)
        return quit_quietly(import);
    return import->maildrop.ops->quit(import->maildrop.self, &import->err) && bury_removed(removing, last);
}

bool
import_remove(struct import *import)
{
    struct removing *removing = calloc(1, sizeof *removing);
    bool ok = removing != NULL || import_no_memory(import);

    if (ok) {
        removing->import = import;
        ok = import->dry ? print_removals(removing) && quit_quietly(import) : remove_and_quit(removing);
    }
    free(removing);
    return ok;
}
