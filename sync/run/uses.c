/* See uses.h. */
#include "sync/run/uses.h"

static struct special_table
meet_all(const struct run *run)
{
    struct special_table table = {0};

    for (size_t i = 0; i < run->count; i++) {
        const struct journal_mailbox *row = &run->mailboxes[i].row;

        /* What is here alone is made there; what is gone from there is for nothing any more. */
        if (run->mailboxes[i].listed || row->state == MAILBOX_NEW_LOCAL)
            special_meet(&table, run->account->policy.special, row->name, row->attributes, i);
    }
    return table;
}

/* What the patterns are asked with. */
static unsigned
guess(const struct run *run, const char *name, unsigned attributes)
{
    const unsigned uses = special_guessed(&run->special, run->account->policy.special, name, attributes);

    return special_is_apart(uses, run->labels) ? uses | NAMES_APART : uses;
}

unsigned
uses_turn(struct mailbox *mailbox)
{
    if (mailbox->turn == 0)
        mailbox->turn = special_turn(mailbox->row.name, mailbox->uses) + 1;
    return mailbox->turn - 1;
}

bool
uses_is_special(const struct mailbox *mailbox)
{
    const unsigned special = (unsigned)SPECIAL_ANY | REMOTE_SHARED;

    return strcmp(mailbox->row.name, "INBOX") == 0 || ((mailbox->uses | mailbox->row.attributes) & special) != 0;
}

bool
uses_fit(const struct run *run, const struct mailbox *mailbox, const char *pattern)
{
    return names_fits(pattern, mailbox->row.name, guess(run, mailbox->row.name, mailbox->row.attributes));
}

bool
uses_choose(const struct run *run, const char *name, unsigned attributes)
{
    return names_chosen(run->account->policy.patterns, name, guess(run, name, attributes));
}

/* Before the server's list is known, a mailbox is left out only if it is so whatever the list will make of its name. */
static bool
may_be_chosen(const struct run *run, const struct mailbox *mailbox)
{
    const struct policy *policy = &run->account->policy;
    unsigned called = 0;

    for (size_t i = 0; i < SPECIAL_USES; i++)
        called |= special_is_called(mailbox->row.name, special_all[i]) ? special_all[i] : 0;
    return names_chosen(policy->patterns, mailbox->row.name, mailbox->uses | called);
}

void
uses_note(struct run *run, bool listed)
{
    const bool by_use = names_ask_the_server(run->account->policy.patterns);

    run->labels = listed && run->info.labels;
    run->special = listed && by_use ? meet_all(run) : (struct special_table){0};
    for (size_t i = 0; i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i];
        const struct journal_mailbox *row = &mailbox->row;

        mailbox->uses = special_uses(run->account->policy.special, row->name, row->attributes) & SPECIAL_ANY;
        mailbox->turn = 0;
        /* One that is on its way has a name that no pattern knows. */
        mailbox->chosen = uses_choose(run, row->name, row->attributes) || mailbox->had_wire != NULL ||
                          (row->goal_there != NULL && uses_choose(run, row->goal_there, row->attributes));
        if (by_use && !listed && !mailbox->chosen)
            mailbox->chosen = may_be_chosen(run, mailbox);
    }
}

struct mailbox *
uses_find(struct run *run, unsigned use, enum special_source *source)
{
    const struct special_table table = meet_all(run);
    size_t at;

    *source = special_which(&table, run->account->policy.special, use, &at);
    return *source != SPECIAL_UNKNOWN ? &run->mailboxes[at] : NULL;
}
