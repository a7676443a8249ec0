/* What is only counted, in how many runs on end it was so: see attempts.h. Nothing here broke a line. */
#include "sync/run/attempts.h"

/* Once a run. @return it is so in so many of them on end, ATTEMPTS_RUNS_COUNTED at most */
static int
count_run(struct run *run, const struct mailbox *mailbox, enum attempt what)
{
    struct suspect *suspect = attempts_find(run, mailbox->row.id, what, 0);

    if (suspect == NULL)
        suspect = attempts_add(run, (struct suspect){.mailbox = mailbox->row.id, .what = what, .unreadable = true});
    if (suspect != NULL && !suspect->counted && suspect->runs < ATTEMPTS_RUNS_COUNTED) {
        suspect->runs++;
        run->attempts.news = true;
    }
    if (suspect != NULL)
        suspect->counted = true;
    return suspect != NULL ? suspect->runs : 0;
}

void
attempts_refused(struct run *run, struct mailbox *mailbox)
{
    run_learn(run, mailbox,
              count_run(run, mailbox, ATTEMPT_REFUSED) >= ATTEMPTS_RUNS ? CAUTION_STAYS_UNREADABLE : CAUTION_UNLISTED);
}

int
attempts_repaired(struct run *run, struct mailbox *mailbox, bool *back)
{
    const int runs = count_run(run, mailbox, ATTEMPT_REPAIRED);
    struct suspect *suspect = attempts_find(run, mailbox->row.id, ATTEMPT_REPAIRED, 0);

    if (suspect != NULL && *back && !suspect->back)
        suspect->back = run->attempts.news = true;
    *back = *back || (suspect != NULL && suspect->back);
    if (runs >= ATTEMPTS_RUNS)
        mailbox->cautions |= CAUTION_REPAIRED; /* what vanished in others waits for it no longer */
    else
        run_learn(run, mailbox, CAUTION_REPAIRED);
    return runs;
}

static void
learn_folder(struct run *run, struct mailbox *mailbox, enum attempt what, enum caution caution)
{
    if (count_run(run, mailbox, what) < ATTEMPTS_RUNS) {
        run_learn(run, mailbox, caution);
        return;
    }
    mailbox->cautions |= caution;
    run_learn(run, mailbox, CAUTION_STAYS_UNREADABLE);
}

/* It went well: unless it did not, too, in this run. */
static void
forget_count(struct run *run, const struct mailbox *mailbox, enum attempt what)
{
    struct suspect *suspect = run->attempts.count != 0 ? attempts_find(run, mailbox->row.id, what, 0) : NULL;

    if (suspect != NULL && !suspect->counted)
        attempts_drop(run, suspect);
}

void
attempts_folder_unread(struct run *run, struct mailbox *mailbox)
{
    learn_folder(run, mailbox, ATTEMPT_FOLDER, CAUTION_UNREAD_FOLDER);
}

void
attempts_folder_unwritten(struct run *run, struct mailbox *mailbox)
{
    learn_folder(run, mailbox, ATTEMPT_DELIVER, CAUTION_READ_ONLY);
}

bool
attempts_file_unread(struct run *run, struct mailbox *mailbox, enum caution caution)
{
    const bool first = count_run(run, mailbox, ATTEMPT_FILE) < ATTEMPTS_RUNS;

    mailbox->cautions |= caution;
    if (first)
        run_learn(run, mailbox, caution);
    return first;
}

void
attempts_folder_read(struct run *run, const struct mailbox *mailbox)
{
    forget_count(run, mailbox, ATTEMPT_FOLDER);
}

void
attempts_folder_written(struct run *run, const struct mailbox *mailbox)
{
    forget_count(run, mailbox, ATTEMPT_DELIVER);
}

void
attempts_unread(struct run *run, struct mailbox *mailbox, enum caution caution)
{
    if (count_run(run, mailbox, ATTEMPT_UNREAD) < ATTEMPTS_RUNS)
        run_learn(run, mailbox, caution);
}

bool
attempts_opened_another(struct run *run, struct mailbox *mailbox, const char *objectid)
{
    const uint64_t said =
        text_hash_on(text_hash_on(text_hash(text_of(mailbox->row.name)), text_of(mailbox->row.objectid)),
                     text_of(objectid)) >>
        1;
    struct suspect *suspect = attempts_find(run, mailbox->row.id, ATTEMPT_OPENED, 0);
    int runs;

    if (suspect != NULL && suspect->modseq != said && !suspect->counted)
        suspect->runs = 0;
    runs = count_run(run, mailbox, ATTEMPT_OPENED);
    suspect = attempts_find(run, mailbox->row.id, ATTEMPT_OPENED, 0);
    if (suspect != NULL)
        suspect->modseq = said;
    return runs == 1; /* 0: of so many mailboxes that they are not counted any more */
}

void
attempts_opened(struct run *run, const struct mailbox *mailbox)
{
    forget_count(run, mailbox, ATTEMPT_OPENED);
}

void
attempts_listed(struct run *run, const struct mailbox *mailbox)
{
    struct suspect *suspect = run->attempts.count != 0 ? attempts_find(run, mailbox->row.id, ATTEMPT_REFUSED, 0) : NULL;

    if (suspect != NULL)
        attempts_drop(run, suspect);
    forget_count(run, mailbox, ATTEMPT_REPAIRED);
}
