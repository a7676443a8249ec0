/* See attempts.h. */
#include "sync/run/attempts.h"

#include <inttypes.h>
#include <stdlib.h>

#define KEY "unreadable"
#define SUSPECTS_MAX 4096
#define CHAINS 4096
#define SENT_ALONE 4 /* suspects that are answered one by one before some go together */

/* Where the chain of such ones begins. */
static uint32_t *
chain_of(const struct attempts *attempts, int64_t mailbox, enum attempt what, uint32_t uid)
{
    const uint64_t key = ((uint64_t)mailbox * ATTEMPTS + what) * 0x9e3779b97f4a7c15u + uid; /* spreads neighbours */

    return &attempts->chains[(key ^ key >> 32) % CHAINS];
}

struct suspect *
attempts_find(const struct run *run, int64_t mailbox, enum attempt what, uint32_t uid)
{
    const struct attempts *attempts = &run->attempts;

    if (attempts->count == 0)
        return NULL;
    for (uint32_t i = *chain_of(attempts, mailbox, what, uid); i != 0; i = attempts->at[i - 1].next) {
        struct suspect *suspect = &attempts->at[i - 1];

        if (suspect->mailbox == mailbox && suspect->what == what && suspect->uid == uid)
            return suspect;
    }
    return NULL;
}

static void
link_in(struct attempts *attempts, size_t i)
{
    struct suspect *it = &attempts->at[i];
    uint32_t *chain = chain_of(attempts, it->mailbox, it->what, it->uid);

    it->next = *chain;
    *chain = (uint32_t)i + 1;
}

static void
link_out(struct attempts *attempts, size_t i)
{
    const struct suspect *it = &attempts->at[i];
    uint32_t *from = chain_of(attempts, it->mailbox, it->what, it->uid);

    while (*from != i + 1)
        from = &attempts->at[*from - 1].next;
    *from = it->next;
}

/* NULL: then it is no suspect, and the third break ends the run. */
struct suspect *
attempts_add(struct run *run, struct suspect suspect)
{
    struct attempts *attempts = &run->attempts;

    if (attempts->chains == NULL)
        attempts->chains = calloc(CHAINS, sizeof *attempts->chains);
    if (attempts->chains == NULL || attempts->count >= SUSPECTS_MAX ||
        !array_grow(&attempts->at, &attempts->size, attempts->count + 1, sizeof *attempts->at))
        return NULL;
    attempts->at[attempts->count] = suspect;
    link_in(attempts, attempts->count);
    return &attempts->at[attempts->count++];
}

void
attempts_drop(struct run *run, struct suspect *suspect)
{
    struct attempts *attempts = &run->attempts;
    const size_t i = (size_t)(suspect - attempts->at), last = attempts->count - 1;

    attempts->news = attempts->news || suspect->unreadable;
    link_out(attempts, i);
    if (i != last) {
        link_out(attempts, last);
        attempts->at[i] = attempts->at[last];
        link_in(attempts, i);
    }
    attempts->count--;
}

/* ---- the journal ---- */

/* mailbox, UID, what, UIDVALIDITY, runs, when; UIDNEXT, MESSAGES and HIGHESTMODSEQ as they were then; last of one that is paired anew: did it go back? */
static bool
read_line(const char **at, struct suspect *to)
{
    uint64_t n[9];

    for (size_t i = 0; i < 9; i++)
        if (!text_take_number(at, &n[i]))
            return false;
    *to = (struct suspect){.mailbox = (int64_t)n[0],
                           .uid = (uint32_t)n[1],
                           .what = n[2] < ATTEMPTS ? (enum attempt)n[2] : ATTEMPT_LOOK,
                           .uidvalidity = (uint32_t)n[3],
                           .unreadable = true,
                           .runs = n[4] < ATTEMPTS_RUNS_COUNTED ? (int)n[4] : ATTEMPTS_RUNS_COUNTED,
                           .asked = (int64_t)n[5],
                           .uidnext = (uint32_t)n[6],
                           .messages = (uint32_t)n[7],
                           .modseq = n[8],
                           .back = n[2] == ATTEMPT_REPAIRED && n[8] != 0};
    return true;
}

bool
attempts_load(struct run *run)
{
    struct suspect known;
    char *text;

    if (!journal_get(run->journal, KEY, &text, &run->err))
        return false;
    for (const char *at = text != NULL ? text : ""; *at != '\0' && read_line(&at, &known);) {
        if (attempts_find(run, known.mailbox, known.what, known.uid) == NULL && attempts_add(run, known) == NULL)
            break; /* no more of them are kept */
    }
    free(text);
    return true;
}

bool
attempts_save(struct run *run)
{
    struct buffer text = buffer_new(SUSPECTS_MAX * 200);
    bool ok = buffer_adds(&text, "");

    for (size_t i = 0; ok && i < run->attempts.count; i++) {
        const struct suspect *it = &run->attempts.at[i];

        if (it->unreadable)
            ok = buffer_addf(
                &text, "%" PRId64 " %" PRIu32 " %d %" PRIu32 " %d %" PRId64 " %" PRIu32 " %" PRIu32 " %" PRIu64 "\n",
                it->mailbox, it->uid, (int)it->what, it->uidvalidity, it->runs, it->asked, it->uidnext, it->messages,
                it->what == ATTEMPT_REPAIRED ? (uint64_t)it->back : it->modseq);
    }
    ok = (ok || run_no_memory(run)) && journal_set(run->journal, KEY, text.at != NULL ? text.at : "", &run->err);
    buffer_free(&text);
    return ok;
}

/* ---- what is asked when ---- */

/* It is about the folder here. */
static bool
is_folder(enum attempt what)
{
    return what == ATTEMPT_FOLDER || what == ATTEMPT_DELIVER || what == ATTEMPT_FILE;
}

bool
attempts_is_count(enum attempt what)
{
    return what == ATTEMPT_REFUSED || what == ATTEMPT_REPAIRED || what == ATTEMPT_BARE || what == ATTEMPT_UNREAD ||
           what == ATTEMPT_OPENED || is_folder(what);
}

/* It is about the mailbox, not about one message. */
static bool
is_whole(enum attempt what)
{
    return what == ATTEMPT_LOOK || attempts_is_count(what);
}

bool
attempts_is_body(enum attempt what)
{
    return what == ATTEMPT_HEADER || what == ATTEMPT_BODY;
}

static bool
has_changed(const struct mailbox *mailbox, const struct suspect *suspect)
{
    return mailbox->has_status &&
           (mailbox->uidvalidity != suspect->uidvalidity || mailbox->uidnext != suspect->uidnext ||
            mailbox->messages != suspect->messages || mailbox->modseq != suspect->modseq);
}

bool
attempts_row(struct run *run, const struct suspect *suspect, struct journal_message *message, bool *found)
{
    if (suspect->what != ATTEMPT_SEND)
        return journal_message_by_uid(run->journal, suspect->mailbox, suspect->uid, message, found, &run->err);
    if (!journal_message_get(run->journal, suspect->uid, message, found, &run->err))
        return false;
    *found = *found && message->mailbox == suspect->mailbox;
    return true;
}

/* It is left alone, and counts only where the server's list may have it after all. */
static bool
is_gone(const struct mailbox *mailbox)
{
    return mailbox->row.state != MAILBOX_ACTIVE && mailbox->row.state != MAILBOX_REPAIR;
}

/* Nothing is to be read any more: the mailbox is as the journal knows it, or the message went, or came in another way. */
static bool
is_over(struct run *run, const struct suspect *suspect, const struct mailbox *mailbox, bool *over)
{
    struct journal_message message;
    bool found;

    /* One that a list with an unreadable line does not name is counted as one that is refused. */
    if (mailbox != NULL && suspect->what == ATTEMPT_BARE) {
        *over = !mailbox->chosen || suspect->uidvalidity != mailbox->row.uidvalidity;
        return true;
    }
    *over = mailbox == NULL || !mailbox->chosen || (!mailbox->listed && !suspect->counted) ||
            (mailbox->row.state == MAILBOX_GONE_LOCAL &&
             !attempts_is_count(suspect->what)) || /* nothing is asked for in it */
            (suspect->what == ATTEMPT_REFUSED && !suspect->counted && is_gone(mailbox)) ||
            (is_folder(suspect->what) || suspect->what == ATTEMPT_UNREAD || suspect->what == ATTEMPT_OPENED ? false
             : is_whole(suspect->what)       ? mailbox->current
             : suspect->what == ATTEMPT_SEND ? false
                                             : suspect->uidvalidity != mailbox->row.uidvalidity);
    if (*over || is_whole(suspect->what))
        return true;
    if (!attempts_row(run, suspect, &message, &found))
        return false;
    if (suspect->what == ATTEMPT_SEND) {
        *over = !found || message.uid != 0 || message.base[0] == '\0' || (message.facts & FACT_GONE_HERE) != 0;
        return true;
    }
    *over = !found || (message.facts & FACT_GONE_THERE) != 0 ||
            (suspect->what == ATTEMPT_HEADER && message.has_header) ||
            (attempts_is_body(suspect->what)    ? message.base[0] != '\0'
             : suspect->what == ATTEMPT_MEASURE ? false
                                                : journal_message_is_clean(&message));
    return true;
}

/* Of one whose size and date an earlier run could not read: what came after that is another message. */
static bool
know_since(struct run *run, struct suspect *suspect)
{
    struct journal_message message = {.id = 0};
    bool found;

    if (suspect->modseq == 0) {
        suspect->modseq = (uint64_t)run->first_id;
        run->attempts.news = true;
    }
    if (!suspect->due)
        return true;
    if (!attempts_row(run, suspect, &message, &found))
        return false;
    if (found && message.base[0] == '\0') /* it may be what vanished elsewhere */
        run_learn(run, NULL, CAUTION_LATE);
    return true;
}

bool
attempts_judge(struct run *run)
{
    struct attempts *attempts = &run->attempts;

    for (size_t i = attempts->count; i-- > 0;) {
        struct suspect *suspect = &attempts->at[i];
        struct mailbox *mailbox = run_mailbox_by_id(run, suspect->mailbox);
        bool over;

        if (!is_over(run, suspect, mailbox, &over))
            return false;
        if (over) {
            attempts_drop(run, suspect);
            continue;
        }
        if (attempts_is_count(suspect->what))
            continue;
        suspect->due = suspect->runs < ATTEMPTS_RUNS || !run_within(run, suspect->asked, AGE_DAY) ||
                       (suspect->what == ATTEMPT_LOOK && has_changed(mailbox, suspect));
        if (suspect->what == ATTEMPT_LOOK && !suspect->due && mailbox->asked)
            attempts_leave_out(run, mailbox);
        else if (suspect->due && attempts_is_body(suspect->what))
            run_learn(run, NULL, CAUTION_LATE);
        else if (suspect->what == ATTEMPT_MEASURE && !know_since(run, suspect))
            return false;
    }
    return true;
}

static const struct suspect *
find_what(const struct run *run, const struct mailbox *mailbox, enum attempt what, uint32_t uid)
{
    const struct suspect *suspect;

    if (run->attempts.count == 0 || mailbox->row.id == 0)
        return NULL;
    suspect = attempts_find(run, mailbox->row.id, what, uid);
    if (suspect == NULL && what == ATTEMPT_BODY) /* its header was asked for by the whole body */
        suspect = attempts_find(run, mailbox->row.id, ATTEMPT_HEADER, uid);
    if (suspect == NULL &&
        (attempts_is_body(what) || what == ATTEMPT_REMOVE)) /* that asks for them, too, or needs them */
        suspect = attempts_find(run, mailbox->row.id, ATTEMPT_MEASURE, uid);
    return suspect;
}

/* Of its size and date nothing is known, and the search (observe/measure.h) has not come to it. */
static bool
is_unmeasured(const struct run *run, const struct mailbox *mailbox, uint32_t uid)
{
    const struct suspect *bare = run->attempts.count != 0 ? attempts_find(run, mailbox->row.id, ATTEMPT_BARE, 0) : NULL;

    return bare != NULL && bare->uidvalidity == mailbox->row.uidvalidity && (bare->modseq & SEARCH_OPEN) != 0 &&
           uid >= bare->uidnext;
}

bool
attempts_waits(const struct run *run, const struct mailbox *mailbox, enum attempt what, uint32_t uid)
{
    const struct suspect *suspect = find_what(run, mailbox, what, uid);

    return (suspect != NULL && (suspect->what == ATTEMPT_MEASURE || (suspect->unreadable && !suspect->due) ||
                                !run->attempts.last)) || /* size and date come first */
           ((attempts_is_body(what) || what == ATTEMPT_REMOVE) && is_unmeasured(run, mailbox, uid));
}

bool
attempts_comes_last(const struct run *run, const struct mailbox *mailbox, enum attempt what, uint32_t uid)
{
    const struct suspect *suspect = find_what(run, mailbox, what, uid);

    return suspect != NULL && (!suspect->unreadable || suspect->due) && !run->attempts.last;
}

bool
attempts_is_open(const struct run *run, const struct mailbox *mailbox, enum attempt what, uint32_t uid)
{
    const struct suspect *suspect = find_what(run, mailbox, what, uid);

    return attempts_comes_last(run, mailbox, what, uid) ||
           (suspect != NULL && suspect->unreadable && suspect->runs < ATTEMPTS_RUNS);
}

size_t
attempts_together(size_t answered)
{
    return answered < SENT_ALONE ? 1 : answered;
}

void
attempts_leave_out(struct run *run, struct mailbox *mailbox)
{
    const struct suspect *suspect = attempts_find(run, mailbox->row.id, ATTEMPT_LOOK, 0);

    if (suspect == NULL)
        return;
    if (suspect->unreadable && !suspect->due) {
        run_learn(run, mailbox, suspect->runs < ATTEMPTS_RUNS ? CAUTION_UNREADABLE : CAUTION_STAYS_UNREADABLE);
        return;
    }
    mailbox->late = true;
    run_learn(run, mailbox, CAUTION_LATE);
}

bool
attempts_sizeless(const struct run *run, const struct mailbox *mailbox)
{
    const struct suspect *suspect =
        run->attempts.count != 0 ? attempts_find(run, mailbox->row.id, ATTEMPT_LOOK, 0) : NULL;

    return suspect != NULL && (suspect->exact || suspect->unreadable);
}

bool
attempts_is_unreadable(const struct run *run, const struct mailbox *mailbox)
{
    const struct suspect *suspect = attempts_find(run, mailbox->row.id, ATTEMPT_LOOK, 0);

    return (suspect != NULL && suspect->unreadable) || run_learned(mailbox, CAUTION_UNREAD_FOLDER);
}

/* Messages that were left out until now are asked for. */
static void
take_back(struct run *run)
{
    size_t left = 0;

    for (size_t i = 0; i < run->given_up_count; i++) {
        if (!run->given_up[i].late)
            run->given_up[left++] = run->given_up[i];
    }
    run->given_up_count = left;
}

/* Size and date are asked for again where that is due. */
static void
measure_again(struct run *run)
{
    for (size_t i = 0; i < run->attempts.count; i++) {
        const struct suspect *it = &run->attempts.at[i];
        struct mailbox *mailbox = it->what == ATTEMPT_MEASURE && it->due ? run_mailbox_by_id(run, it->mailbox) : NULL;

        if (mailbox != NULL)
            mailbox->look_there = true;
    }
}

bool
attempts_begin_last(struct run *run)
{
    bool any = false;

    for (size_t i = 0; i < run->attempts.count; i++)
        any = any || !run->attempts.at[i].unreadable || run->attempts.at[i].due;
    if (!any || run->attempts.last)
        return false;
    run->attempts.last = true;
    measure_again(run);
    run->partial = run->complained; /* what waited for them is tried once more; what is left then is counted */
    run->cautions &= ~(unsigned)CAUTION_LATE;
    take_back(run);
    for (size_t i = 0; i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i];

        mailbox->cautions &= ~(unsigned)CAUTION_LATE;
        if (mailbox->late) /* what was read in it by numbers of an earlier run: it gets those that it has now */
            mailbox->cautions &= ~(unsigned)CAUTION_RENUMBERED;
        mailbox->look_there = mailbox->look_there || mailbox->late;
        mailbox->late = false;
    }
    return true;
}

/* ---- what broke it ---- */

void
attempts_suspect(struct run *run, const struct mailbox *mailbox, enum attempt what, uint32_t uid)
{
    const bool once = what == ATTEMPT_SEND || what == ATTEMPT_REMOVE; /* asked alone once a run at most */

    if (attempts_find(run, mailbox->row.id, what, uid) != NULL)
        return;
    (void)attempts_add(run, (struct suspect){.mailbox = mailbox->row.id,
                                             .uid = uid,
                                             .what = what,
                                             .uidvalidity = mailbox->row.uidvalidity,
                                             .exact = once});
    if (attempts_is_body(what) && !run->attempts.last)
        run_learn(run, NULL, CAUTION_LATE);
}

void
attempts_take_words(const struct error *err, char *to, size_t size)
{
    const char *tail = strstr(err->what, ": ");

    (void)text_print(to, size, "%s%s%s", tail != NULL ? tail + 2 : err->what, err->answer[0] != '\0' ? ": " : "",
                     err->answer);
}

void
attempts_name(struct run *run, const struct mailbox *mailbox)
{
    if (run->err.mailbox[0] == '\0')
        (void)text_print(run->err.mailbox, sizeof run->err.mailbox, "%s", mailbox->row.name);
}

void
attempts_settle(struct run *run, struct suspect *suspect, bool broke)
{
    const struct mailbox *mailbox = run_mailbox_by_id(run, suspect->mailbox);

    if (broke && mailbox != NULL)
        attempts_name(run, mailbox);
    /* It was one of several before: a line that breaks by itself now and then must not make an innocent one unreadable. */
    if (broke && !suspect->exact && !suspect->unreadable) {
        suspect->exact = true;
        return;
    }
    run->attempts.settled = !suspect->unreadable || suspect->due; /* who asks all the same settles nothing */
    if (!broke || mailbox == NULL) {
        attempts_drop(run, suspect);
        return;
    }
    suspect->unreadable = suspect->told = true;
    suspect->due = false;
    suspect->runs += suspect->runs < ATTEMPTS_RUNS;
    suspect->asked = run->now;
    suspect->uidvalidity = suspect->what == ATTEMPT_LOOK ? mailbox->uidvalidity : mailbox->row.uidvalidity;
    suspect->uidnext = mailbox->uidnext;
    suspect->messages = mailbox->messages;
    suspect->modseq = mailbox->modseq;
    attempts_take_words(&run->err, run->attempts.words, sizeof run->attempts.words);
    run->attempts.news = true;
}

void
attempts_free(struct run *run)
{
    free(run->attempts.at);
    free(run->attempts.chains);
    run->attempts.at = NULL;
    run->attempts.chains = NULL;
    run->attempts.count = run->attempts.size = 0;
}
