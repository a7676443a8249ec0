/* See attempts_bare.h. The search stands in the numbers of the mailbox's suspect, which are otherwise those of the server's list. */
#include "sync/run/attempts_bare.h"

#include "sync/run/attempts.h"

static struct suspect *
find_bare(const struct run *run, const struct mailbox *mailbox)
{
    struct suspect *bare = run->attempts.count != 0 ? attempts_find(run, mailbox->row.id, ATTEMPT_BARE, 0) : NULL;

    return bare != NULL && bare->uidvalidity == mailbox->row.uidvalidity ? bare : NULL;
}

bool
attempts_bare(const struct run *run, const struct mailbox *mailbox)
{
    const struct suspect *look = attempts_find(run, mailbox->row.id, ATTEMPT_LOOK, 0);

    return find_bare(run, mailbox) != NULL || (look != NULL && look->bare);
}

static void
begin(struct run *run, const struct mailbox *mailbox)
{
    struct suspect *former = attempts_find(run, mailbox->row.id, ATTEMPT_BARE, 0);

    if (former != NULL && find_bare(run, mailbox) == NULL) /* under another UIDVALIDITY */
        attempts_drop(run, former);
    if (find_bare(run, mailbox) == NULL)
        (void)attempts_add(run, (struct suspect){.mailbox = mailbox->row.id,
                                                 .what = ATTEMPT_BARE,
                                                 .uidvalidity = mailbox->row.uidvalidity,
                                                 .unreadable = true,
                                                 .uidnext = 1,
                                                 .modseq = SEARCH_OPEN});
    run->attempts.news = true;
}

bool
attempts_ask_less(struct run *run, struct mailbox *mailbox, bool last)
{
    if (attempts_bare(run, mailbox)) {
        attempts_end_bare(run, mailbox);
        return false;
    }
    if (last)
        return false;
    if (mailbox->sizeless)
        begin(run, mailbox);
    mailbox->sizeless = true;
    return true;
}

void
attempts_end_bare(struct run *run, const struct mailbox *mailbox)
{
    struct suspect *bare = find_bare(run, mailbox);

    if (bare != NULL)
        attempts_drop(run, bare);
}

bool
attempts_search(const struct run *run, const struct mailbox *mailbox, struct search *to)
{
    const struct suspect *bare = find_bare(run, mailbox);

    if (bare == NULL)
        return false;
    *to = (struct search){.low = bare->uidnext,
                          .high = bare->messages,
                          .open = (bare->modseq & SEARCH_OPEN) != 0,
                          .blind = (bare->modseq & SEARCH_BLIND) != 0};
    return true;
}

void
attempts_search_from(struct run *run, const struct mailbox *mailbox, uint32_t uid)
{
    struct suspect *bare = find_bare(run, mailbox);

    if (bare == NULL || uid >= bare->uidnext)
        return;
    bare->uidnext = uid;
    bare->messages = 0;
    bare->modseq = SEARCH_OPEN;
    run->attempts.news = true;
}

void
attempts_search_set(struct run *run, const struct mailbox *mailbox, const struct search *search)
{
    struct suspect *bare = find_bare(run, mailbox);

    const uint64_t how = (search->open ? SEARCH_OPEN : 0) | (search->blind ? SEARCH_BLIND : 0);

    if (bare == NULL || (bare->uidnext == search->low && bare->messages == search->high && bare->modseq == how))
        return;
    bare->uidnext = search->low;
    bare->messages = search->high;
    bare->modseq = how;
    run->attempts.news = true;
}

void
attempts_measure_failed(struct run *run, const struct mailbox *mailbox, uint32_t uid)
{
    struct suspect *suspect = attempts_find(run, mailbox->row.id, ATTEMPT_MEASURE, uid);

    if (suspect == NULL)
        suspect = attempts_add(run, (struct suspect){.mailbox = mailbox->row.id, .what = ATTEMPT_MEASURE, .uid = uid});
    if (suspect == NULL)
        return;
    suspect->unreadable = suspect->told = true;
    suspect->due = false;
    suspect->runs += suspect->runs < ATTEMPTS_RUNS;
    suspect->asked = run->now;
    suspect->uidvalidity = mailbox->row.uidvalidity;
    run->attempts.news = true;
}

void
attempts_unpaired(struct run *run, const struct mailbox *mailbox)
{
    for (size_t i = run->attempts.count; i-- > 0;) {
        struct suspect *it = &run->attempts.at[i];

        if (it->what != ATTEMPT_MEASURE || it->mailbox != mailbox->row.id)
            continue;
        run->attempts.news = true;
        if (it->uidvalidity != mailbox->row.uidvalidity) {
            attempts_drop(run, it);
            continue;
        }
        it->runs = 0;
        it->modseq = 0;
        it->due = true;
    }
}

uint32_t
attempts_next_unmeasured(const struct run *run, const struct mailbox *mailbox, uint32_t from)
{
    uint32_t next = UINT32_MAX;

    for (size_t i = 0; i < run->attempts.count; i++) {
        const struct suspect *it = &run->attempts.at[i];

        if (it->what == ATTEMPT_MEASURE && it->mailbox == mailbox->row.id && it->uid >= from && it->uid < next)
            next = it->uid;
    }
    return next;
}

bool
attempts_may_be(const struct run *run, const struct mailbox *mailbox, uint32_t uid, int64_t file)
{
    const struct suspect *suspect =
        run->attempts.count != 0 ? attempts_find(run, mailbox->row.id, ATTEMPT_MEASURE, uid) : NULL;

    return suspect == NULL || suspect->modseq == 0 || file <= (int64_t)suspect->modseq;
}

bool
attempts_settle_bare(struct run *run, const struct mailbox *mailbox, bool broke)
{
    struct suspect *look = attempts_find(run, mailbox->row.id, ATTEMPT_LOOK, 0), *bare;
    struct suspect was;

    if (look == NULL || (broke && !look->exact && !look->unreadable))
        return false;
    was = *look;
    /* A line that ends without a word may do so whatever is asked for: only in the next run it is asked for less. */
    if (broke && !attempts_bare(run, mailbox) && !look->of_line && (look->unreadable || run->err.answer[0] != '\0')) {
        attempts_name(run, mailbox);
        look->bare = run->attempts.settled = true;
        look->unreadable = look->due = false;
        return true;
    }
    if (broke) { /* by its flags alone, too */
        attempts_end_bare(run, mailbox);
        return false;
    }
    if (!was.bare)
        return false;
    run->attempts.settled = true;
    attempts_drop(run, look);
    begin(run, mailbox);
    bare = find_bare(run, mailbox);
    if (bare != NULL) { /* where it broke the line is to be compared with others still */
        bare->broke = was.broke;
        bare->own = was.own;
    }
    return true;
}
