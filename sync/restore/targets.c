/* Where each message goes to: the folder of its mailbox, or the one that the user names; and whether the tree is the account's. */
#include "sync/restore/private.h"

#include "sync/rules/names_map.h"
#include "sync/rules/special.h"

static bool
refuse(struct restoring *restoring, const char *what, const char *hint)
{
    error_state(&restoring->err, ERROR_CONFIG, "%s", what);
    error_hint(&restoring->err, "%s", hint);
    return false;
}

static bool
is_as_known(struct restoring *restoring, const char *key, const char *now, bool *same)
{
    char *known;

    if (!journal_get(restoring->journal, key, &known, &restoring->err))
        return false;
    *same = known != NULL && strcmp(known, now) == 0;
    free(known);
    return true;
}

/* As a sync, which says more about what to do. */
static bool
check_tree(struct restoring *restoring)
{
    const struct account *account = restoring->account;
    struct local_mark mark = {0};
    enum local_root root;
    bool same;

    if (!is_as_known(restoring, "root", account->maildir, &same))
        return false;
    if (!same)
        return refuse(restoring, "its maildir is not what it was", "`golub sync` says what to do.");
    if (!is_as_known(restoring, "layout", names_layout(account->policy.layout), &same))
        return false;
    if (!same)
        return refuse(restoring, "its layout is not what it was", "`golub sync` says what to do.");
    if (!restoring->local.ops->open(restoring->local.self, false, &root, &restoring->err))
        return false;
    if (root != ROOT_PRESENT)
        return refuse(restoring, "the Maildir of a known account is missing or empty: nothing was touched",
                      "Mount or move it back.");
    if (!restoring->local.ops->read_mark(restoring->local.self, &mark, &restoring->err) ||
        !is_as_known(restoring, "account", mark.account, &same))
        return false;
    return (mark.present && same) ||
           refuse(restoring, "the mark .golub in the Maildir is not this account's: nothing was touched",
                  "`golub sync` says what to do.");
}

/* The folder that the user names is made, if the one above it is there. */
static bool
open_folder(struct restoring *restoring)
{
    enum local_root root;

    if (!restoring->local.ops->open(restoring->local.self, !restoring->choice->dry, &root, &restoring->err))
        return false;
    return root != ROOT_PARENT_MISSING ||
           refuse(restoring, "the folder that --to-dir should stand in does not exist", "Make that folder first.");
}

static const struct journal_mailbox *
find_by_name(const struct restoring *restoring, const char *name)
{
    for (size_t i = 0; i < restoring->mailbox_count; i++) {
        if (strcmp(restoring->mailboxes[i].name, name) == 0)
            return &restoring->mailboxes[i];
    }
    return NULL;
}

static const struct journal_mailbox *
find_by_folder(const struct restoring *restoring, const char *folder)
{
    for (size_t i = 0; i < restoring->mailbox_count; i++) {
        if (strcmp(restoring->mailboxes[i].folder, folder) == 0)
            return &restoring->mailboxes[i];
    }
    return NULL;
}

/* As a sync chooses it, which goes by usual names, too, where nobody says what a mailbox is for. */
static bool
is_left_out(const struct restoring *restoring, const char *name, unsigned attributes)
{
    const struct policy *policy = &restoring->account->policy;
    struct special_table table = {0};

    for (size_t i = 0; names_ask_the_server(policy->patterns) && i < restoring->mailbox_count; i++) {
        const struct journal_mailbox *row = &restoring->mailboxes[i];

        if (row->state != MAILBOX_GONE_REMOTE)
            special_meet(&table, policy->special, row->name, row->attributes, i);
    }
    return !names_chosen(policy->patterns, name, special_guessed(&table, policy->special, name, attributes));
}

/* A mailbox that the journal does not know any more gets the folder that it would get today. @return false: target->err says why it has none */
static bool
find_folder(const struct restoring *restoring, struct restore_target *target)
{
    const struct policy *policy = &restoring->account->policy;
    const struct journal_mailbox *mailbox = find_by_name(restoring, target->name), *other;

    target->left_out = is_left_out(restoring, target->name, mailbox != NULL ? mailbox->attributes : 0);
    if (mailbox != NULL) {
        target->mailbox = mailbox->id;
        target->state = mailbox->state;
        (void)text_print(target->folder, sizeof target->folder, "%s", mailbox->folder);
        return true;
    }
    if (!names_map_folder(&restoring->map, target->name, policy->layout, target->folder, &target->err))
        return false;
    other = find_by_folder(restoring, target->folder);
    if (other == NULL)
        return true;
    error_state(&target->err, ERROR_LOCAL, "the folder of %.200s is that of mailbox %.200s now", target->name,
                other->name);
    error_hint(&target->err, "Put it back elsewhere: --to MAILBOX");
    return false;
}

/* @return its place in the array; SIZE_MAX: err says why */
static size_t
find_target(struct restoring *restoring, const char *name)
{
    struct restore_target *target;

    for (size_t i = 0; i < restoring->target_count; i++) {
        if (strcmp(restoring->targets[i].name, name) == 0)
            return i;
    }
    if (!array_grow(&restoring->targets, &restoring->target_size, restoring->target_count + 1,
                    sizeof *restoring->targets)) {
        (void)restore_no_memory(restoring);
        return SIZE_MAX;
    }
    target = &restoring->targets[restoring->target_count];
    *target = (struct restore_target){.state = MAILBOX_ACTIVE};
    if (!text_print(target->name, sizeof target->name, "%s", name)) {
        (void)refuse(restoring, "a name that is too long for a mailbox", "Choose a shorter one.");
        return SIZE_MAX;
    }
    if (restoring->choice->to_dir == NULL && !find_folder(restoring, target) && restoring->choice->to != NULL) {
        restoring->err = target->err; /* the user's word; one that comes from a row stops itself only */
        restoring->err.kind = ERROR_CONFIG;
        return SIZE_MAX;
    }
    return restoring->target_count++;
}

static int
compare_entries(const void *a, const void *b)
{
    const struct restore_entry *one = a, *two = b;
    int order;

    if (one->target != two->target)
        return one->target < two->target ? -1 : 1;
    order = memcmp(one->wire, two->wire, DIGEST_SIZE);
    if (order != 0)
        return order;
    return one->id < two->id ? -1 : one->id > two->id;
}

/*
 * How large the file is; and what an earlier version put there is read for its digest. One that can't be read is said when it is its turn.
 */
static void
learn_file(struct restoring *restoring, struct restore_entry *entry)
{
    const struct local *local = &restoring->local;
    struct local_facts facts;
    struct error ignored = {0};
    void *handle = NULL;
    struct local_print print;
    bool missing;

    if (local->ops->quarantine_open(local->self, restoring->row.name, &handle, &print, &missing, &ignored) &&
        handle != NULL)
        entry->size = print.size;
    if (handle != NULL && !entry->has_wire && local->ops->read_facts(local->self, handle, &facts, &ignored)) {
        entry->has_wire = true;
        memcpy(entry->wire, facts.digests.wire, DIGEST_SIZE);
    }
    local->ops->read_close(local->self, handle);
}

bool
restore_aim(struct restoring *restoring)
{
    const struct restore_choice *choice = restoring->choice;

    if (choice->to_dir != NULL ? !open_folder(restoring) : !check_tree(restoring))
        return false;
    for (size_t i = 0; i < restoring->count && !restore_stopped(restoring); i++) {
        struct restore_entry *entry = &restoring->entries[i];

        if (!restore_load(restoring, entry))
            return false;
        learn_file(restoring, entry);
        entry->target = find_target(restoring, choice->to_dir != NULL ? choice->to_dir
                                               : choice->to != NULL   ? choice->to
                                                                      : restoring->row.mailbox);
        if (entry->target == SIZE_MAX)
            return false;
    }
    if (restoring->count != 0)
        qsort(restoring->entries, restoring->count, sizeof *restoring->entries, compare_entries);
    return true;
}
