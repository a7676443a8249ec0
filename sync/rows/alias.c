/* See alias.h. */
#include "sync/rows/alias.h"

#include "sync/rows/foreign.h"
#include "sync/rules/merge.h"

bool
alias_lose_uid(struct run *run, const struct journal_message *holder)
{
    struct journal_message *alias = calloc(1, sizeof *alias);
    int64_t *ids = NULL;
    size_t count = 0;
    bool ok = (alias != NULL || run_no_memory(run)) &&
              journal_ids_referring(run->journal, holder->id, &ids, &count, &run->err);

    for (size_t i = 0; ok && i < count; i++) {
        ok = run_load(run, ids[i], alias);
        if (!ok || (alias->facts & (FACT_GONE_HERE | FACT_ALIAS)) != FACT_ALIAS)
            continue;
        alias->facts = (alias->facts & ~(unsigned)FACT_REPLACED) | FACT_GONE_THERE;
        alias->refers_to = 0;
        ok = journal_message_save(run->journal, alias, &run->err);
    }
    free(ids);
    free(alias);
    return ok;
}

static bool
inherit(struct run *run, const struct journal_message *holder, struct journal_message *heir)
{
    heir->uid = holder->uid;
    heir->refers_to = 0;
    heir->facts &= ~(unsigned)(FACT_ALIAS | FACT_REPLACED | FACT_ITS_BYTES);
    heir->size = holder->size;
    heir->date = holder->date;
    heir->flags = merge_heir(heir->flags, holder->flags);
    return foreign_carry(run, holder, heir) && journal_message_save(run->journal, heir, &run->err);
}

bool
alias_hand_over(struct run *run, const struct journal_message *holder, struct journal_message *becomes, bool *done)
{
    struct journal_message *alias = calloc(1, sizeof *alias);
    int64_t *ids = NULL, heir = 0;
    size_t count = 0;
    bool ok = (alias != NULL || run_no_memory(run)) &&
              journal_ids_referring(run->journal, holder->id, &ids, &count, &run->err);

    for (size_t i = 0; ok && i < count; i++) {
        ok = run_load(run, ids[i], alias);
        if (!ok || (alias->facts & (FACT_GONE_HERE | FACT_ALIAS)) != FACT_ALIAS)
            continue;
        if (heir != 0) {
            alias->refers_to = heir;
            ok = journal_message_save(run->journal, alias, &run->err);
            continue;
        }
        heir = alias->id;
        ok = (becomes != NULL ? journal_message_save(run->journal, becomes, &run->err)
                              : journal_message_delete(run->journal, holder->id, &run->err)) &&
             inherit(run, holder, alias);
    }
    *done = ok && heir != 0;
    free(ids);
    free(alias);
    return ok;
}

/*
 * The server said that two messages got one UID, and showed neither yet: it may be wrong of the first one. Both are found by their content;
 * their intents stay until then.
 */
static bool
lose_said_uid(struct run *run, struct journal_message *message)
{
    message->uid = 0;
    message->facts &= ~(unsigned)(FACT_ECHO | FACT_COPIED | FACT_BY_HEADER | FACT_ITS_BYTES | FACT_FETCHED);
    message->flags = merge_new(message->flags, true);
    return journal_message_save(run->journal, message, &run->err);
}

bool
alias_take_uid(struct run *run, struct journal_message *message, uint32_t *uid, bool *alias)
{
    const struct mailbox *mailbox = run_mailbox_by_id(run, message->mailbox);
    struct journal_message *other = calloc(1, sizeof *other);
    bool found = false, ok = other != NULL || run_no_memory(run);

    *alias = false;
    ok = ok && journal_message_by_uid(run->journal, message->mailbox, *uid, other, &found, &run->err);
    if (ok && found && other->id != message->id) {
        if (other->base[0] == '\0' && mailbox != NULL && other->uid < mailbox->row.uidnext)
            *uid = 0; /* it was there before: if it is this one after all, its content says so */
        else if (other->base[0] == '\0')
            ok = journal_message_delete(run->journal, other->id, &run->err);
        else if (other->has_wire && message->has_wire && memcmp(other->wire, message->wire, DIGEST_SIZE) != 0) {
            *uid = 0; /* another message has it */
            ok = (other->facts & (FACT_ECHO | FACT_COPIED)) == 0 || lose_said_uid(run, other);
        } else
            *alias = true; /* the server kept its equal message and dropped this one: two files, one UID */
    } else if (ok && !found && mailbox != NULL && *uid < mailbox->row.uidnext) {
        *uid = 0; /* it was given before */
    }
    if (ok && *alias) {
        message->facts |= FACT_ALIAS;
        message->refers_to = other->id;
        message->flags = merge_unchanged(message->flags, true);
    } else if (ok && *uid != 0) {
        message->uid = *uid;
    }
    message->facts &= ~(unsigned)(*uid != 0 || *alias ? FACT_AGAIN | FACT_ITS_BYTES : FACT_ITS_BYTES);
    free(other);
    return ok;
}
