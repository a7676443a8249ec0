/* Whose state is there, and which mailboxes it may be taken over for. */
#include "sync/adopt/private.h"

/* A mailbox in which golub has paired something already has a Base of its own, which is newer. */
static bool
find_known(struct adopting *adopting)
{
    struct run *run = adopting->run;
    struct journal_message *message = arena_array(&adopting->arena, 1, sizeof *message);
    bool ok = run_has(run, &adopting->arena);

    for (size_t i = 0; ok && i < adopting->count; i++) {
        int64_t *ids = NULL;
        size_t count = 0;

        if (run->mailboxes[i].row.id == 0)
            continue;
        ok = journal_message_ids(run->journal, run->mailboxes[i].row.id, WHICH_WITH_UID, &ids, &count, &run->err);
        for (size_t k = 0; ok && !adopting->mailboxes[i].known && k < count; k++) {
            ok = run_load(run, ids[k], message);
            adopting->mailboxes[i].known = ok && message->base[0] != '\0';
        }
        free(ids);
    }
    return ok;
}

bool
adopt_refuse_nothing(struct adopting *adopting)
{
    struct run *run = adopting->run;
    size_t known = 0;

    for (size_t i = 0; i < adopting->count; i++)
        known += adopting->mailboxes[i].known;
    error_state(&run->err, ERROR_CONFIG, "there is nothing to adopt");
    if (known != 0)
        error_hint(&run->err,
                   "golub keeps this account in sync already; its own journal is newer than any other state.");
    else if (adopting->options->state != NULL)
        error_hint(&run->err,
                   "%s holds no state of mbsync or OfflineIMAP that fits the folders of %s. Without any, golub sync "
                   "compares both sides.",
                   adopting->options->state, run->account->maildir);
    else
        error_hint(
            &run->err,
            "Neither mbsync nor OfflineIMAP left a state for the folders of %s in the usual places; --state names "
            "another. Without any, golub sync compares both sides.",
            run->account->maildir);
    for (size_t i = 0; i < adopting->count; i++) {
        const struct adopt_mailbox *mailbox = &adopting->mailboxes[i];

        const char *why = mailbox->why[0] != '\0' ? mailbox->why : mailbox->unfit;

        if (why[0] == '\0' || mailbox->known)
            continue;
        error_answer(&run->err, text_of(why));
        (void)text_print(run->err.mailbox, sizeof run->err.mailbox, "%s", run->mailboxes[i].row.name);
        if (run->mailboxes[i].listed)
            error_hint(&run->err, "golub sync compares both sides instead.");
        else
            error_hint(&run->err, "Say which mailbox it is with `map`, rename the folder, or leave it out of "
                                  "`mailboxes`, before the next sync sends it up.");
        break;
    }
    return false;
}

static bool
refuse_two(struct adopting *adopting, size_t i)
{
    struct run *run = adopting->run;
    const struct adopt_mailbox *mailbox = &adopting->mailboxes[i];

    (void)text_print(run->err.mailbox, sizeof run->err.mailbox, "%s", run->mailboxes[i].row.name);
    error_state(&run->err, ERROR_CONFIG, "two states fit this mailbox");
    error_hint(&run->err, "Name the right one with --state: %.90s or %.90s", mailbox->path, mailbox->other);
    return false;
}

static bool
refuse_both(struct run *run)
{
    error_state(&run->err, ERROR_CONFIG, "both mbsync and OfflineIMAP left a state that fits");
    error_hint(&run->err, "Say which one kept the tree last: --from mbsync, or --from offlineimap.");
    return false;
}

static bool
choose(struct adopting *adopting)
{
    bool seen[ADOPT_PROGRAMS] = {false}, any = false;

    for (size_t i = 0; i < adopting->count; i++) {
        const struct adopt_mailbox *mailbox = &adopting->mailboxes[i];

        if (mailbox->known || mailbox->path == NULL)
            continue;
        if (!adopt_says_something(mailbox) && mailbox->other == NULL)
            continue;
        if (mailbox->other != NULL)
            return refuse_two(adopting, i);
        seen[mailbox->program] = any = true;
    }
    if (seen[ADOPT_MBSYNC] && seen[ADOPT_OFFLINEIMAP])
        return refuse_both(adopting->run);
    return any || adopt_refuse_nothing(adopting);
}

static bool
is_wanted(const struct adopting *adopting, const char *word)
{
    return adopting->options->from == NULL || strcmp(adopting->options->from, word) == 0;
}

bool
adopt_find_to_compare(struct run *run, struct adopting **result)
{
    static const struct adopt_options none = {0};
    struct adopting *adopting = calloc(1, sizeof *adopting);

    *result = adopting;
    if (adopting == NULL)
        return run_no_memory(run);
    adopting->run = run;
    adopting->options = run->options->adopt != NULL ? run->options->adopt : &none;
    adopting->comparing = true;
    adopting->count = run->count;
    adopting->mailboxes = arena_array(&adopting->arena, run->count, sizeof *adopting->mailboxes);
    return run_has(run, &adopting->arena) && (!is_wanted(adopting, "mbsync") || adopt_find_mbsync(adopting));
}

bool
adopt_find(struct run *run, struct adopting **result)
{
    struct adopting *adopting = calloc(1, sizeof *adopting);

    *result = adopting;
    if (adopting == NULL)
        return run_no_memory(run);
    adopting->run = run;
    adopting->options = run->options->adopt;
    adopting->count = run->count;
    adopting->mailboxes = arena_array(&adopting->arena, run->count, sizeof *adopting->mailboxes);
    return run_has(run, &adopting->arena) && find_known(adopting) &&
           (!is_wanted(adopting, "mbsync") || adopt_find_mbsync(adopting)) &&
           (!is_wanted(adopting, "offlineimap") || adopt_find_offlineimap(adopting)) && choose(adopting);
}

void
adopt_free(struct adopting *adopting)
{
    if (adopting == NULL)
        return;
    for (size_t i = 0; adopting->mailboxes != NULL && i < adopting->count; i++)
        foreign_state_free(&adopting->mailboxes[i].state);
    free(adopting->carried.missing);
    free(adopting->carried.names);
    arena_free(&adopting->arena);
    free(adopting);
}
