/*
 * See gone_mailbox.h. The mailbox itself tells nothing any more; that its message is the new one says what says it of any move (moves.c). What is not paired
 * stays as it is: what becomes of a folder whose mailbox is gone, is the user's policy.
 */
#include "sync/agenda/gone_mailbox.h"

#include "sync/agenda/agenda.h"
#include "sync/agenda/candidates.h"

struct gathering {
    struct run *run;
    struct agenda *agenda;
    struct id_set added; /* rows */
    struct journal_message *source;
};

bool
gone_mailbox_is_left(const struct mailbox *mailbox)
{
    return mailbox->chosen && mailbox->row.id != 0 && mailbox->row.state == MAILBOX_GONE_REMOTE && !mailbox->listed &&
           mailbox->folder_here;
}

/* Its folder is here, and was read. Where the mailbox may only have another name that is found out first. */
static bool
is_gone(const struct mailbox *mailbox)
{
    return gone_mailbox_is_left(mailbox) && !mailbox->undecided && mailbox->going == GOING_NOT &&
           !mailbox_is_unsure(mailbox->cautions) && !run_learned(mailbox, CAUTION_UNREAD_FOLDER);
}

bool
gone_mailbox_any(const struct run *run)
{
    bool any = false;

    for (size_t i = 0; run->account->policy.pull.deletes && !any && i < run->count; i++)
        any = is_gone(&run->mailboxes[i]);
    return any;
}

static bool
may_have_moved(const struct todo *fresh, const struct journal_message *message)
{
    const unsigned otherwise = FACT_GONE_HERE | FACT_GONE_THERE | FACT_ALTERED | FACT_ALIAS | FACT_REPLACED |
                               FACT_OUT_OF_VIEW | FACT_ADOPTED | FACT_APART | FACT_MOVED | FACT_UNPAIRED;

    return message->uid != 0 && message->base[0] != '\0' && message->has_header && message->size == fresh->size &&
           (message->facts & otherwise) == 0;
}

static bool
add_source(struct gathering *gathering, size_t fresh, const struct mailbox *mailbox, int64_t id)
{
    struct run *run = gathering->run;
    const struct journal_message *source = gathering->source;

    if (!run_load(run, id, gathering->source))
        return false;
    if (!may_have_moved(&gathering->agenda->todos[fresh], source))
        return true;
    gathering->agenda->todos[fresh].sought = true;
    if (id_set_has(&gathering->added, id))
        return true;
    return (id_set_add(&gathering->added, id) || run_no_memory(run)) &&
           agenda_add(
               run, gathering->agenda,
               &(struct todo){.id = id,
                              .mailbox = (uint32_t)(mailbox - run->mailboxes),
                              .uid = source->uid,
                              .size = source->size,
                              .step = {.verb = PLAN_REMOVE_HERE, .kept_back = !run->account->policy.pull.deletes},
                              .moved_out = true});
}

static bool
add_sources(struct gathering *gathering, size_t fresh, const struct mailbox *mailbox)
{
    struct run *run = gathering->run;
    int64_t *ids = NULL;
    size_t count = 0;
    bool ok = run_load(run, gathering->agenda->todos[fresh].id, gathering->source);
    const int64_t date = ok ? gathering->source->date : 0;

    ok = ok && (date == 0 || journal_ids_by_dates(run->journal, mailbox->row.id, date, date, &ids, &count, &run->err));
    for (size_t i = 0; ok && i < count; i++)
        ok = add_source(gathering, fresh, mailbox, ids[i]);
    free(ids);
    return ok;
}

bool
gone_mailbox_add(struct run *run, struct agenda *agenda)
{
    struct gathering gathering = {.run = run, .agenda = agenda};
    const size_t count = agenda->count;
    const bool any = gone_mailbox_any(run);
    bool ok = true;

    for (size_t m = 0; ok && any && m < run->count; m++) {
        if (!is_gone(&run->mailboxes[m]))
            continue;
        if (gathering.source == NULL)
            gathering.source = calloc(1, sizeof *gathering.source);
        ok = gathering.source != NULL || run_no_memory(run);
        for (size_t i = 0; ok && i < count; i++) {
            if (candidates_is(&agenda->todos[i], FRESH_THERE) && agenda->todos[i].size != 0)
                ok = add_sources(&gathering, i, &run->mailboxes[m]);
        }
    }
    if (ok && agenda->count != count)
        agenda_sort(agenda);
    id_set_free(&gathering.added);
    free(gathering.source);
    return ok;
}
