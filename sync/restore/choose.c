/* Which messages of the quarantine are meant. */
#include "sync/restore/private.h"
#include "store/journal/quarantine.h"

#include <inttypes.h>

static bool
is_known_mailbox(const struct restoring *restoring, const char *name)
{
    for (size_t i = 0; i < restoring->mailbox_count; i++) {
        if (strcmp(restoring->mailboxes[i].name, name) == 0)
            return true;
    }
    return false;
}

static bool
is_named(const struct restoring *restoring, int64_t id)
{
    const struct restore_choice *choice = restoring->choice;

    for (size_t i = 0; i < choice->id_count; i++) {
        if (choice->ids[i] == id)
            return true;
    }
    return choice->id_count == 0;
}

/* It is called so, or was, and no other one has that name now. */
static bool
is_of_mailbox(const struct restoring *restoring, const char *name)
{
    return strcmp(name, restoring->row.mailbox) == 0 ||
           (strcmp(name, restoring->was) == 0 && !is_known_mailbox(restoring, name));
}

/* @param run  0: any; but an earlier version wrote down no run, and what it removed is of no last one */
static bool
fits(const struct restoring *restoring, const struct journal_quarantined *row, uint64_t run)
{
    const struct restore_choice *choice = restoring->choice;

    if (choice->last_run && run == 0)
        return false;
    return is_named(restoring, row->id) && (choice->mailbox == NULL || is_of_mailbox(restoring, choice->mailbox)) &&
           (choice->since == 0 || row->since >= choice->since) && (run == 0 || row->run == run);
}

static bool
add(struct restoring *restoring, const struct journal_quarantined *row)
{
    struct restore_entry *entry;

    if (!array_grow(&restoring->entries, &restoring->size, restoring->count + 1, sizeof *restoring->entries))
        return restore_no_memory(restoring);
    entry = &restoring->entries[restoring->count++];
    *entry = (struct restore_entry){.id = row->id, .has_wire = row->has_wire, .size = row->size};
    memcpy(entry->wire, row->wire, DIGEST_SIZE);
    return true;
}

static bool
check_ids(struct restoring *restoring)
{
    const struct restore_choice *choice = restoring->choice;

    for (size_t i = 0; i < choice->id_count; i++) {
        bool known = false;

        for (size_t k = 0; !known && k < restoring->count; k++)
            known = restoring->entries[k].id == choice->ids[i];
        if (known)
            continue;
        error_state(&restoring->err, ERROR_CONFIG, "unknown ID: %" PRIi64 "%s%s", choice->ids[i],
                    choice->mailbox != NULL ? " in " : "", choice->mailbox != NULL ? choice->mailbox : "");
        error_hint(&restoring->err, "`golub restore %s` lists what is in the quarantine; nothing was put back.",
                   restoring->account->name);
        return false;
    }
    return true;
}

/* The number of the last run whose removals are still there. */
static bool
find_last(struct restoring *restoring, const int64_t *ids, size_t count, uint64_t *last)
{
    bool found;

    for (size_t i = 0; i < count; i++) {
        if (!restore_get(restoring, ids[i], &found))
            return false;
        if (found && restoring->row.run > *last)
            *last = restoring->row.run;
    }
    return true;
}

bool
restore_choose(struct restoring *restoring)
{
    const struct restore_choice *choice = restoring->choice;
    bool mailbox_known = choice->mailbox == NULL || is_known_mailbox(restoring, choice->mailbox), found, ok;
    uint64_t run = choice->run;
    int64_t *ids = NULL;
    size_t count = 0;

    ok = journal_quarantine_ids(restoring->journal, INT64_MAX, &ids, &count, &restoring->err) &&
         (!choice->last_run || find_last(restoring, ids, count, &run));
    restoring->kept = count;
    for (size_t i = 0; ok && i < count; i++) {
        ok = restore_get(restoring, ids[i], &found);
        if (!ok || !found)
            continue;
        mailbox_known = mailbox_known || is_of_mailbox(restoring, choice->mailbox);
        if (fits(restoring, &restoring->row, run))
            ok = add(restoring, &restoring->row);
    }
    free(ids);
    if (!ok || (mailbox_known && check_ids(restoring)))
        return ok;
    if (mailbox_known)
        return false;
    error_state(&restoring->err, ERROR_CONFIG, "unknown mailbox: %.200s", choice->mailbox);
    error_hint(&restoring->err, "`golub restore %s` lists what is in the quarantine.", restoring->account->name);
    return false;
}
