/*
 * Both sides of a mailbox against the journal, by names and listings alone.
 *
 * The server lists in the order of UIDs, and so does the journal: both go by at once, and nothing of them is kept. The folder's names come
 * before that: verify_folder.c.
 *
 * All mailboxes are asked for in one go. One whose listing was disturbed is asked for again; what was found in it until then is taken back. Where
 * the server refuses, or the line breaks, it may be at a message whose size or date it can't tell: the next listing asks for flags alone.
 */
#include "sync/inspect/verify_private.h"

#define LOOKS 3 /* at a mailbox whose listing is disturbed */

struct passed { /* a row that the listing went past, and did not name */
    int64_t row;
    uint32_t uid;
    bool named; /* after all: the server lists in no order */
};

struct asked {
    struct mailbox *mailbox;
    bool again; /* it is to be asked for once more */
    bool bare;  /* ... or was: UIDs and flags alone */
    bool done;
};

struct look { /* the mailbox under way */
    struct verifying *verifying;
    struct asked *asked; /* of the request */
    size_t asked_count;
    bool last;
    bool came;               /* an answer, since the line was opened */
    struct mailbox *mailbox; /* NULL: none is under way */
    bool there;              /* that side of it is compared */
    struct verify_folder folder;
    struct journal_message *row; /* the journal's next one */
    bool has_row;
    uint32_t listed, highest, lowest, exists;
    bool other_numbers; /* another UIDVALIDITY */
    struct passed *passed;
    size_t passed_count, passed_size;
    uint64_t messages_here, messages_there, foreign;
};

static struct run *
run_of(struct look *look)
{
    return &look->verifying->run;
}

/* ---- rows ---- */

static bool
next_row(struct look *look)
{
    return journal_walk_next(run_of(look)->journal, look->row, &look->has_row, &run_of(look)->err);
}

static bool
pass(struct look *look, const struct journal_message *row)
{
    if (!array_grow(&look->passed, &look->passed_size, look->passed_count + 1, sizeof *look->passed))
        return run_no_memory(run_of(look));
    look->passed[look->passed_count++] = (struct passed){.row = row->id, .uid = row->uid};
    return true;
}

/* The journal's next row, and what the server lists of it. What the row says by itself is found here only if both sides are as it says. */
static bool
take_row(struct look *look, const struct remote_message *now)
{
    const struct journal_message *row = look->row;
    const bool there = verify_is_there(row), here = verify_is_here(row);
    const bool missing = look->there && now == NULL && there;
    const enum verify_there sight = missing && !here                     ? VERIFY_THERE_NOT
                                    : missing || (now != NULL && !there) ? VERIFY_THERE_OTHERWISE
                                                                         : VERIFY_THERE_AS_KNOWN;
    enum verify_what what[VERIFY_MOST];
    bool later;

    look->messages_here += here;
    look->messages_there += there;
    look->foreign += there && here && (row->facts & FACT_FOREIGN) != 0;
    if (!verify_folder_row(&look->folder, row, sight, &later))
        return false;
    if (now != NULL && !verify_find_all(look->verifying, row, what, verify_there(row, now, what)))
        return false;
    if (missing && here && !pass(look, row))
        return false;
    if (sight == VERIFY_THERE_AS_KNOWN && !later && !verify_find_all(look->verifying, row, what, verify_row(row, what)))
        return false;
    return next_row(look);
}

/* ---- one mailbox from its beginning to its end ---- */

static void
forget(struct look *look)
{
    journal_walk_end(run_of(look)->journal);
    verify_folder_free(&look->folder);
    look->verifying->count = 0;
    look->has_row = look->other_numbers = false;
    look->listed = look->highest = look->lowest = 0;
    look->passed_count = 0;
    look->messages_here = look->messages_there = look->foreign = 0;
    look->mailbox = NULL;
}

static bool
begin(struct look *look, struct mailbox *mailbox, bool there)
{
    struct run *run = run_of(look);

    forget(look);
    look->mailbox = mailbox;
    look->there = there;
    if (!verify_folder_begin(&look->folder, look->verifying, mailbox) ||
        !journal_walk_begin(run->journal, mailbox->row.id, &run->err) || !next_row(look))
        return false;
    while (look->has_row && look->row->uid == 0)
        if (!take_row(look, NULL))
            return false;
    return true;
}

/* One that was listed after others with higher numbers: what its row says by itself, unless its file is gone. */
static bool
find_late(struct look *look, int64_t id)
{
    enum verify_what what[VERIFY_MOST];
    struct journal_message row;

    return verify_folder_lacks(&look->folder, id) ||
           (run_load(run_of(look), id, &row) && verify_find_all(look->verifying, &row, what, verify_row(&row, what)));
}

/* The server counts more than it lists, and the journal misses nothing in the list: what it is can't be told. */
static void
say_uncounted(const struct look *look, const char *why)
{
    char text[200];

    (void)text_print(text, sizeof text, "%s",
                     why != NULL ? why
                                 : "the server counts more than it lists, and what it is was not compared: try again");
    verify_say_many(look->verifying, look->mailbox, why != NULL ? CLASS_WAITING : CLASS_BUSY, why == NULL,
                    look->exists - look->listed, text);
}

/* What the listing did not name. One whose file is gone as well is nowhere, and no difference. @param sure  it named all there is */
static bool
find_missing_there(struct look *look, bool sure, uint32_t view)
{
    const char *why =
        look->mailbox->row.uneven != 0 ? "the server's list of this mailbox and its count do not agree" : NULL;
    uint64_t unsure = 0;

    for (size_t i = 0; i < look->passed_count; i++) {
        const struct passed *passed = &look->passed[i];

        if (passed->named && !find_late(look, passed->row))
            return false;
        if (passed->named || (sure && verify_folder_forget(&look->folder, passed->row)))
            continue;
        if (!sure || (view != 0 && passed->uid < look->lowest))
            unsure++;
        else if (!verify_find(look->verifying, passed->row, passed->uid, VERIFY_GONE_THERE))
            return false;
    }
    if (unsure != 0)
        verify_say_many(
            look->verifying, look->mailbox, why != NULL || view != 0 ? CLASS_WAITING : CLASS_BUSY,
            why == NULL && view == 0, unsure,
            why != NULL ? why
            : view != 0
                ? "they stand below what the server shows of this mailbox"
                : "the server's list and its count do not agree, so that what it lacks may be there: try again");
    if (unsure == 0 && !sure && look->listed < look->exists)
        say_uncounted(look, why);
    return true;
}

static bool
end(struct look *look, bool sure, uint32_t view)
{
    struct verifying *verifying = look->verifying;
    struct report_verified *sum = &verifying->sum;
    bool ok = true;

    while (ok && look->has_row)
        ok = take_row(look, NULL);
    journal_walk_end(run_of(look)->journal);
    ok = ok && verify_folder_look_again(&look->folder) && (!look->there || find_missing_there(look, sure, view)) &&
         verify_folder_end(&look->folder) && verify_say_all(verifying, look->mailbox);
    sum->here += look->messages_here;
    sum->there += look->messages_there;
    sum->found[CLASS_FOREIGN] += look->foreign;
    sum->mailboxes++;
    forget(look);
    return ok;
}

static bool
compare_here_alone(struct look *look, struct mailbox *mailbox)
{
    return begin(look, mailbox, false) && end(look, false, 0);
}

/* ---- the listing ---- */

static bool
on_selected(void *context, size_t index, const struct remote_selected *selected)
{
    struct look *look = context;

    if (!begin(look, look->asked[index].mailbox, true))
        return false;
    look->exists = selected->exists;
    look->other_numbers = selected->uidvalidity != look->mailbox->row.uidvalidity;
    return true;
}

static bool
find_unknown(struct look *look, uint32_t uid)
{
    const uint32_t next = look->mailbox->row.uidnext;

    return verify_find(look->verifying, 0, uid, next == 0 || uid >= next ? VERIFY_NEW_THERE : VERIFY_UNKNOWN_THERE);
}

static int
compare_passed(const void *pa, const void *pb)
{
    const struct passed *a = pa, *b = pb;

    return a->uid < b->uid ? -1 : a->uid > b->uid;
}

/* A UID that is not above the last one: the server lists in no order, or tells of a change of one that it listed already. */
static bool
out_of_order(struct look *look, const struct remote_message *now)
{
    struct run *run = run_of(look);
    struct passed key = {.uid = now->uid}, *passed = NULL;
    enum verify_what what[VERIFY_MOST];
    struct journal_message row;
    bool found;

    if (look->passed_count != 0)
        passed = bsearch(&key, look->passed, look->passed_count, sizeof key, compare_passed);
    if (!journal_message_by_uid(run->journal, look->mailbox->row.id, now->uid, &row, &found, &run->err))
        return false;
    if (found && (passed == NULL || passed->named))
        return true;
    look->listed++;
    if (!found)
        return find_unknown(look, now->uid);
    passed->named = true;
    return verify_find_all(look->verifying, &row, what, verify_there(&row, now, what));
}

static bool
on_message(void *context, size_t index, const struct remote_message *now)
{
    struct look *look = context;

    (void)index;
    if (look->mailbox == NULL || look->other_numbers)
        return true;
    if (look->lowest == 0 || now->uid < look->lowest)
        look->lowest = now->uid;
    if (now->uid <= look->highest)
        return out_of_order(look, now);
    look->highest = now->uid;
    look->listed++;
    while (look->has_row && look->row->uid < now->uid)
        if (!take_row(look, NULL))
            return false;
    if (look->has_row && look->row->uid == now->uid)
        return take_row(look, now);
    return find_unknown(look, now->uid);
}

/* The server's side of it could not be seen. */
static bool
say_unlisted(struct look *look, struct mailbox *mailbox, const char *answer)
{
    char why[512], text[700];

    if (!verify_why_mailbox(look->verifying, mailbox, why))
        return false;
    (void)text_print(text, sizeof text, "it can't be listed: %s", why[0] != '\0' ? why : answer);
    verify_say_many(look->verifying, mailbox, why[0] != '\0' ? CLASS_WAITING : CLASS_BUSY, why[0] == '\0', 0, text);
    return compare_here_alone(look, mailbox);
}

static bool
say_other_numbers(struct look *look, struct mailbox *mailbox)
{
    struct run *run = run_of(look);
    uint64_t count;

    if (!journal_message_count(run->journal, mailbox->row.id, WHICH_WITH_UID, &count, &run->err))
        return false;
    verify_say_many(look->verifying, mailbox, CLASS_MISSING_THERE, true, count,
                    "its UIDVALIDITY changed: golub sync pairs both sides again by content");
    return compare_here_alone(look, mailbox);
}

static bool
on_done(void *context, size_t index, const struct remote_outcome *outcome)
{
    struct look *look = context;
    struct asked *asked = &look->asked[index];
    struct mailbox *mailbox = asked->mailbox;
    const bool other = look->mailbox == mailbox && look->other_numbers, ok = outcome->ok && look->mailbox == mailbox;

    asked->done = look->came = true;
    if (ok && !other)
        return end(look, outcome->shown != 0 || look->listed == look->exists, outcome->shown);
    forget(look);
    if (other)
        return say_other_numbers(look, mailbox);
    asked->again = !look->last && (outcome->changed || !asked->bare);
    asked->bare = asked->bare || !outcome->changed;
    return asked->again || say_unlisted(look, mailbox, outcome->answer);
}

bool
verify_is_compared(const struct mailbox *mailbox)
{
    const enum mailbox_state state = mailbox->row.state;

    return mailbox->chosen && mailbox->asked && mailbox->row.id != 0 && mailbox->listed && mailbox->folder_here &&
           state != MAILBOX_GONE_REMOTE && state != MAILBOX_GONE_LOCAL;
}

static bool
ask(struct look *look)
{
    static const struct remote_observer observer = {.selected = on_selected, .message = on_message, .done = on_done};
    struct run *run = run_of(look);
    struct remote_select *requests = calloc(look->asked_count, sizeof *requests);
    bool ok = requests != NULL || run_no_memory(run);

    for (size_t i = 0; ok && i < look->asked_count; i++) {
        const struct asked *asked = &look->asked[i];

        requests[i] = (struct remote_select){.mailbox = text_of(asked->mailbox->row.wire),
                                             .uidvalidity = asked->mailbox->row.uidvalidity,
                                             .full = true,
                                             .bare = asked->bare,
                                             .sizeless = asked->bare};
    }
    ok = ok && run->remote.ops->observe(run->remote.self, requests, look->asked_count, &observer, look, &run->err);
    free(requests);
    return ok;
}

/* The mailbox at which the line broke is asked for flags alone, behind the others; where that broke it as well it can't be listed. */
static bool
put_behind(struct look *look, const char *words)
{
    size_t at = 0;
    struct asked asked;

    while (look->mailbox != NULL ? look->asked[at].mailbox != look->mailbox : look->asked[at].done)
        if (++at == look->asked_count)
            return true;
    forget(look);
    asked = look->asked[at];
    if (asked.bare) {
        look->asked[at].done = true;
        return say_unlisted(look, asked.mailbox, words);
    }
    asked.bare = true;
    memmove(&look->asked[at], &look->asked[at + 1], (look->asked_count - at - 1) * sizeof asked);
    look->asked[look->asked_count - 1] = asked;
    return true;
}

/* Did the line break, and is it open again? */
static bool
go_on(struct look *look, struct reopening *reopening)
{
    struct run *run = run_of(look);
    char words[sizeof run->err.answer];

    (void)text_print(words, sizeof words, "%s", run->err.answer[0] != '\0' ? run->err.answer : run->err.what);
    if (!verify_line_open_again(look->verifying, reopening, look->came))
        return false;
    look->came = false;
    return put_behind(look, words);
}

static void
drop_done(struct look *look)
{
    size_t left = 0;

    for (size_t i = 0; i < look->asked_count; i++) {
        struct asked asked = look->asked[i];

        if (asked.done && !asked.again)
            continue;
        asked.done = asked.again = false;
        look->asked[left++] = asked;
    }
    look->asked_count = left;
}

bool
verify_mailboxes(struct verifying *verifying)
{
    struct run *run = &verifying->run;
    struct look look = {
        .verifying = verifying, .row = malloc(sizeof *look.row), .asked = calloc(run->count + 1, sizeof *look.asked)};
    struct reopening reopening = {0};
    bool ok = (look.row != NULL && look.asked != NULL) || run_no_memory(run);

    for (size_t i = 0; ok && i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i];

        if (!mailbox->chosen || !mailbox->asked)
            continue;
        if (verify_is_compared(mailbox))
            look.asked[look.asked_count++].mailbox = mailbox;
        else
            ok = verify_one_sided(verifying, mailbox);
    }
    for (int looks = 0; ok && look.asked_count != 0;) {
        look.last = looks + 1 >= LOOKS;
        ok = ask(&look);
        if (ok)
            looks++;
        else
            ok = go_on(&look, &reopening);
        drop_done(&look);
    }
    forget(&look);
    free(look.asked);
    free(look.row);
    free(look.passed);
    return ok;
}
