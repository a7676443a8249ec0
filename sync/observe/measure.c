/* See measure.h. */
#include "sync/observe/measure.h"

#include "sync/observe/observe.h"
#include "sync/observe/said_uid.h"
#include "sync/rows/listed.h"
#include "sync/run/attempts.h"
#include "sync/run/attempts_bare.h"

#define BREAKS 12 /* of the line, that the searches of a run may cost: line.h allows more */

enum told {
    TOLD,
    UNTOLD,
    TROUBLE
}; /* all that was asked for; something can't be read; nothing is known of what was asked for */

struct asking { /* for size and date of some */
    struct run *run;
    struct mailbox *mailbox;
    struct journal_message message;
    uint32_t first, last;
    uint32_t came; /* all from `first` to here that there are; 0: none */
    bool mixed;    /* they came in another order */
    bool failed;   /* the journal did */
    struct remote_outcome outcome;
};

static bool
on_message(void *context, size_t index, const struct remote_message *seen)
{
    struct asking *asking = context;
    struct run *run = asking->run;
    struct journal_message *message = &asking->message;
    bool found;

    (void)index;
    if (!seen->has_meta || seen->uid < asking->first || seen->uid > asking->last)
        return true;
    asking->mixed = asking->mixed || seen->uid <= asking->came;
    asking->came = seen->uid > asking->came ? seen->uid : asking->came;
    if (!journal_message_by_uid(run->journal, asking->mailbox->row.id, seen->uid, message, &found, &run->err)) {
        asking->failed = true;
        return false;
    }
    if (!found || (message->facts & FACT_ECHO) != 0) /* the next look shows it first */
        return true;
    const bool other = remote_is_other(seen, message->size, message->date);
    if (other && !listed_anew(message, seen)) { /* that is said, and paired anew, where it is listed */
        asking->mailbox->other = seen->uid;
        asking->mailbox->look_there = run->vanished = true;
        return true;
    }
    if (!other && (message->size != 0 || seen->size == 0) && (message->date != 0 || seen->date == 0))
        return true;
    if (message->size == 0 && seen->size != 0 &&
        !said_uid_size(run, &(const struct said_ops){0}, message, seen->size)) {
        asking->failed = true;
        return false;
    }
    message->date = seen->date != 0 ? seen->date : message->date;
    asking->failed = !journal_message_save(run->journal, message, &run->err);
    return !asking->failed;
}

static bool
on_done(void *context, size_t index, const struct remote_outcome *outcome)
{
    struct asking *asking = context;

    (void)index;
    asking->outcome = *outcome;
    return true;
}

/* Did the server, or the way to it, end this call? Then nothing else is wrong. */
static bool
is_broken(const struct asking *asking)
{
    struct run *run = asking->run;
    struct remote_info info;

    if (asking->failed || (run->err.kind != ERROR_NETWORK && run->err.kind != ERROR_SERVER))
        return false;
    run->remote.ops->info(run->remote.self, &info);
    return info.lost && !info.later;
}

/* @return false: the run ends, or its line broke (*broke), which *told says, too */
static bool
ask(struct asking *asking, enum told *told, bool *broke)
{
    static const struct remote_observer observer = {.message = on_message, .done = on_done};
    struct run *run = asking->run;
    const struct remote server = run->attempts.server; /* what breaks here is no mailbox's listing */
    const struct journal_mailbox *row = &asking->mailbox->row;
    const struct remote_select request = {.mailbox = text_of(row->wire),
                                          .uidvalidity = row->uidvalidity,
                                          .check_uid = asking->last,
                                          .first = asking->first,
                                          .last = asking->last};
    bool answered;

    *broke = false;
    asking->came = 0;
    asking->mixed = false;
    asking->outcome = (struct remote_outcome){0};
    if (!run_begin(run))
        return false;
    answered = server.ops->observe(server.self, &request, 1, &observer, asking, &run->err);
    *broke = !answered && is_broken(asking);
    if (!answered)
        *told = UNTOLD;
    else if (asking->outcome.ok)
        *told = TOLD;
    else
        *told = asking->outcome.gone || asking->outcome.changed || asking->outcome.throttled ? TROUBLE : UNTOLD;
    const struct error why = run->err;
    return run_end_answered(run, !asking->failed, answered, &why);
}

/* The UID of the first message from here on that there is; UINT32_MAX: none. */
static bool
find_next(struct asking *asking, uint32_t from, uint32_t to, uint32_t *next)
{
    struct run *run = asking->run;
    int64_t *ids = NULL;
    size_t count = 0;
    bool ok = journal_ids_by_uids(run->journal, asking->mailbox->row.id, from, to, &ids, &count, &run->err);

    *next = UINT32_MAX;
    for (size_t i = 0; ok && i < count && *next == UINT32_MAX; i++) {
        ok = run_load(run, ids[i], &asking->message);
        if (ok && (asking->message.facts & FACT_GONE_THERE) == 0)
            *next = asking->message.uid;
    }
    free(ids);
    return ok;
}

/* It is this one. */
static void
found(struct asking *asking, uint32_t uid)
{
    struct run *run = asking->run;

    if (run->err.kind != ERROR_NONE)
        attempts_take_words(&run->err, run->attempts.words, sizeof run->attempts.words);
    else
        (void)text_print(run->attempts.words, sizeof run->attempts.words, "%s", asking->outcome.answer);
    attempts_measure_failed(run, asking->mailbox, uid);
}

/* What was asked for, and how far it came. */
static void
learn(struct asking *asking, struct search *search, enum told told)
{
    const bool one = search->high != 0 && !search->blind;

    if (told == TOLD) {
        search->low = asking->last < UINT32_MAX ? asking->last + 1 : UINT32_MAX;
        search->blind = search->blind || one;
        if (search->low > search->high)
            search->high = search->blind = 0;
    } else if (asking->first == asking->last && search->high != 0) {
        found(asking, asking->first);
        *search = (struct search){.low = asking->last < UINT32_MAX ? asking->last + 1 : UINT32_MAX, .open = true};
    } else {
        if (asking->came != 0 && !asking->mixed)
            search->low = asking->came + 1;
        search->high = asking->last; /* one alone, too: a line may break by itself */
        search->blind = search->blind || search->low > search->high;
    }
}

/* What is asked for next: one, half of what is in doubt, or all. *any false: there is nothing */
static bool
choose(struct asking *asking, struct search *search, bool *any)
{
    struct run *run = asking->run;
    uint32_t highest, next, barrier;

    if (!journal_highest_uid(run->journal, asking->mailbox->row.id, &highest, &run->err))
        return false;
    for (;;) {
        *any = search->low <= highest && search->low != 0;
        if (!*any)
            return true;
        if (!find_next(asking, search->low, highest, &next))
            return false;
        *any = next != UINT32_MAX;
        if (!*any)
            return true;
        barrier = attempts_next_unmeasured(run, asking->mailbox, next);
        if (barrier != next)
            break;
        search->low = next < UINT32_MAX ? next + 1 : UINT32_MAX; /* known already */
    }
    if (search->high != 0 && search->high < next)
        search->high = search->blind = 0;
    asking->first = next;
    asking->last = search->high == 0 ? highest : search->blind ? next + (search->high - next) / 2 : next;
    asking->last = asking->last >= barrier ? barrier - 1 : asking->last;
    return true;
}

/* What was not told is counted, and written down. @return false: the line broke, or the run ends */
static bool
count(struct asking *asking, enum told told, bool broke)
{
    struct run *run = asking->run;

    run->attempts.searched += told == UNTOLD;
    if (broke) {
        attempts_name(run, asking->mailbox);
        run->attempts.settled = true;
        return false;
    }
    return told != UNTOLD || attempts_write(run);
}

/* @return false: the line broke, and it is written down where the search stands; or the run ends */
static bool
go_on(struct asking *asking, struct search *search)
{
    struct run *run = asking->run;
    enum told told = TOLD;
    bool broke = false, any, ok;

    while (search->open) {
        if (!choose(asking, search, &any))
            return false;
        search->open = any;
        if (!any || run->attempts.searched >= BREAKS)
            return true;
        ok = ask(asking, &told, &broke);
        if (!ok && !broke)
            return false;
        if (told == TROUBLE) /* the next run goes on */
            return true;
        learn(asking, search, told);
        if (!count(asking, told, broke))
            return false;
    }
    return true;
}

/* Those that are due are asked for once more, each by itself. */
static bool
ask_again(struct asking *asking)
{
    struct run *run = asking->run;
    uint32_t uid = attempts_next_unmeasured(run, asking->mailbox, 1);

    for (; uid != UINT32_MAX; uid = attempts_next_unmeasured(run, asking->mailbox, uid + 1)) {
        struct suspect *suspect = attempts_find(run, asking->mailbox->row.id, ATTEMPT_MEASURE, uid);
        enum told told = TOLD;
        bool broke, ok;

        if (!suspect->due || !run->attempts.last || run->attempts.searched >= BREAKS)
            continue;
        asking->first = asking->last = uid;
        ok = ask(asking, &told, &broke);
        if (!ok && !broke)
            return false;
        if (told == TOLD)
            attempts_drop(run, suspect);
        else if (told == UNTOLD)
            found(asking, uid);
        if (!count(asking, told, broke))
            return false;
    }
    return true;
}

static void
say_open(struct run *run, struct mailbox *mailbox)
{
    run_learn(run, mailbox, CAUTION_UNREAD_MESSAGE); /* what was not asked for may be what vanished elsewhere */
    if (mailbox->said_search)
        return;
    mailbox->said_search = true;
    run_complain(run, mailbox, "read size and date of all messages",
                 "some of them can't be read on the server, and are searched for", "The next run goes on.");
}

/*
 * What a listing with sizes and dates shows by itself: is a known UID still that message? A server that was set back gives its last ones again.
 * Where one of them can't be read any more, that is where the search goes on.
 */
static bool
begin_check(struct mailbox *mailbox, struct search *search)
{
    if (search->open || mailbox->unchecked == 0)
        return false;
    *search = (struct search){.low = mailbox->unchecked, .open = true};
    mailbox->unchecked = 0;
    return true;
}

bool
measure(struct run *run)
{
    bool ok = true;

    for (size_t i = 0; ok && i < run->count && run->attempts.count != 0; i++) {
        struct asking asking = {.run = run, .mailbox = &run->mailboxes[i]};
        struct search search;

        if (!mailbox_is_open(asking.mailbox) || asking.mailbox->look_there || !asking.mailbox->current ||
            !attempts_search(run, asking.mailbox, &search))
            continue;
        search.open = true; /* what came since the last time */
        ok = ask_again(&asking);
        if (!ok)
            break;
        do {
            ok = go_on(&asking, &search);
        } while (ok && begin_check(asking.mailbox, &search));
        attempts_search_set(run, asking.mailbox, &search);
        if (ok && search.open)
            say_open(run, asking.mailbox);
        else if (ok && attempts_next_unmeasured(run, asking.mailbox, 1) == UINT32_MAX)
            attempts_end_bare(run, asking.mailbox); /* all of them can be read again */
    }
    return ok;
}
