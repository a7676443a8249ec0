/*
 * Both sides of a mailbox against the journal, by names and listings alone.
 *
 * The server lists in the order of UIDs, and so does the journal: both go by at once, and nothing of them is kept. The folder's names come
 * before that, as eight bytes each; where all of them are met the folder is as the journal has it. Where not, it is listed once more: a mail
 * reader that renames a file makes it invisible for a moment.
 *
 * All mailboxes are asked for in one go. One whose listing was disturbed is asked for again; what was found in it until then is taken back.
 */
#include "sync/inspect/verify_private.h"

#include "sync/rules/merge.h"

#define LOOKS 3 /* at a mailbox whose listing is disturbed */

struct passed { /* a row that the listing went past, and did not name */
    int64_t row;
    uint32_t uid;
    bool named; /* after all: the server lists in no order */
};

struct unmet { /* a row whose file the first listing did not show */
    int64_t row;
    bool met;
};

struct look { /* the mailbox under way */
    struct verifying *verifying;
    struct mailbox *const *mailboxes; /* of the request */
    bool *again;                      /* ... to be asked for once more */
    bool last;
    struct mailbox *mailbox; /* NULL: none is under way */
    bool here, there;        /* that side of it is compared */
    bool stable;             /* the folder did not change while it was listed */
    struct verify_names names;
    struct journal_message *row; /* the journal's next one */
    bool has_row;
    uint32_t listed, highest, lowest, exists;
    bool other_numbers; /* another UIDVALIDITY */
    struct passed *passed;
    size_t passed_count, passed_size;
    struct unmet *unmet; /* by row */
    size_t unmet_count, unmet_size;
    uint64_t messages_here, messages_there, foreign;
};

static struct run *
run_of(struct look *look)
{
    return &look->verifying->run;
}

static bool
find_all(struct look *look, const struct journal_message *row, const enum verify_what *what, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!verify_find(look->verifying, row->id, row->uid, what[i]))
            return false;
    return true;
}

/* ---- here ---- */

static bool
add_name(void *context, const char *base, const char *info)
{
    struct look *look = context;

    return verify_names_add(&look->names, base, info) || run_no_memory(run_of(look));
}

static bool
see_odd(void *context, const char *name, const char *why)
{
    struct look *look = context;
    struct journal_message named = {0};

    (void)text_print(named.base, sizeof named.base, "%s", name);
    verify_say(look->verifying, look->mailbox, VERIFY_ODD_NAME, &named, why);
    return true;
}

/* A folder that can't be read is said, and not compared. */
static bool
scan(struct look *look, const struct local_scanner *to)
{
    struct run *run = run_of(look);
    struct local_stamp stamp;
    struct error err = {0};

    if (run->local.ops->scan(run->local.self, look->mailbox->row.folder, to, look, &stamp, &look->stable, &err))
        return true;
    if (run->err.kind != ERROR_NONE)
        return false;
    look->here = false;
    run_problem(run, look->mailbox, &err);
    verify_say_many(look->verifying, look->mailbox, CLASS_BUSY, true, 0, "its folder can't be read");
    return true;
}

static bool
read_names(struct look *look)
{
    static const struct local_scanner scanner = {add_name, see_odd};

    look->here = true;
    return scan(look, &scanner) && (verify_names_end(&look->names) || run_no_memory(run_of(look)));
}

static void
say_stranger(struct look *look, const char *base, enum verify_what what)
{
    struct journal_message named = {0};

    (void)text_print(named.base, sizeof named.base, "%s", base);
    verify_say(look->verifying, look->mailbox, what, &named, NULL);
}

static int
compare_unmet(const void *pa, const void *pb)
{
    const struct unmet *a = pa, *b = pb;

    return a->row < b->row ? -1 : a->row > b->row;
}

/* The second listing, of what the first one did not explain. */
static bool
see_again(void *context, const char *base, const char *info)
{
    struct look *look = context;
    struct run *run = run_of(look);
    struct unmet key = {0}, *unmet = NULL;
    struct journal_message row;
    enum verify_what what[VERIFY_MOST];
    bool found;

    if (verify_names_is_met(&look->names, base, info))
        return true;
    if (!journal_message_by_base(run->journal, look->mailbox->row.id, base, &row, &found, &run->err))
        return false;
    if (!found) {
        say_stranger(look, base, VERIFY_NEW_HERE);
        return true;
    }
    key.row = row.id;
    if (look->unmet_count != 0)
        unmet = bsearch(&key, look->unmet, look->unmet_count, sizeof key, compare_unmet);
    if (verify_is_here(&row) &&
        (unmet == NULL || unmet->met)) { /* its own name was met, or another one of this listing is it */
        if (look->stable)
            say_stranger(look, base, VERIFY_SECOND_NAME);
        return true;
    }
    if (unmet != NULL)
        unmet->met = true;
    return find_all(look, &row, what, verify_here(&row, info, what));
}

static bool
pass_over(void *context, const char *name, const char *why)
{
    (void)context;
    (void)name;
    (void)why;
    return true; /* said */
}

static bool
find_missing_here(struct look *look)
{
    uint64_t unsure = 0;

    for (size_t i = 0; i < look->unmet_count; i++) {
        if (look->unmet[i].met)
            continue;
        unsure += !look->stable;
        if (look->stable && !verify_find(look->verifying, look->unmet[i].row, 0, VERIFY_GONE_HERE))
            return false;
    }
    if (unsure != 0)
        verify_say_many(look->verifying, look->mailbox, CLASS_BUSY, true, unsure,
                        "their files were not seen in a folder that changes all the time: try again");
    return true;
}

/* All rows went by. */
static bool
end_here(struct look *look)
{
    static const struct local_scanner scanner = {see_again, pass_over};

    if (!look->here || (look->unmet_count == 0 && verify_names_left(&look->names) == 0))
        return true;
    if (look->unmet_count > 1)
        qsort(look->unmet, look->unmet_count, sizeof *look->unmet, compare_unmet);
    return scan(look, &scanner) && (!look->here || find_missing_here(look));
}

/* ---- rows ---- */

static bool
next_row(struct look *look)
{
    return journal_walk_next(run_of(look)->journal, look->row, &look->has_row, &run_of(look)->err);
}

static bool
row_here(struct look *look, const struct journal_message *row)
{
    const bool met = row->base[0] != '\0' && verify_names_meet(&look->names, row->base, row->info);

    if (row->base[0] == '\0' || (!met && !verify_is_here(row)))
        return true;
    if (met)
        return verify_is_here(row) || verify_find(look->verifying, row->id, row->uid, VERIFY_BACK_HERE);
    if (!array_grow(&look->unmet, &look->unmet_size, look->unmet_count + 1, sizeof *look->unmet))
        return run_no_memory(run_of(look));
    look->unmet[look->unmet_count++] = (struct unmet){.row = row->id};
    return true;
}

static bool
row_passed(struct look *look, const struct journal_message *row)
{
    enum verify_what what[VERIFY_MOST];

    if (verify_there(row, NULL, what) == 0)
        return true;
    if (!array_grow(&look->passed, &look->passed_size, look->passed_count + 1, sizeof *look->passed))
        return run_no_memory(run_of(look));
    look->passed[look->passed_count++] = (struct passed){.row = row->id, .uid = row->uid};
    return true;
}

/* The journal's next row, and what the server lists of it. */
static bool
take_row(struct look *look, const struct remote_message *now)
{
    const struct journal_message *row = look->row;
    const bool there = verify_is_there(row), here = verify_is_here(row);
    enum verify_what what[VERIFY_MOST];

    look->messages_here += here;
    look->messages_there += there;
    look->foreign += there && here && (row->facts & FACT_FOREIGN) != 0;
    /* What one side removed, and the other one lost since, is no difference any more. */
    if ((!look->there || now != NULL || !there || here) && !find_all(look, row, what, verify_row(row, what)))
        return false;
    if (look->here && !row_here(look, row))
        return false;
    if (look->there && !(now != NULL ? find_all(look, row, what, verify_there(row, now, what)) : row_passed(look, row)))
        return false;
    return next_row(look);
}

/* ---- one mailbox from its beginning to its end ---- */

static void
forget(struct look *look)
{
    journal_walk_end(run_of(look)->journal);
    verify_names_free(&look->names);
    look->verifying->count = 0;
    look->has_row = look->other_numbers = false;
    look->listed = look->highest = look->lowest = 0;
    look->passed_count = look->unmet_count = 0;
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
    if (!read_names(look) || !journal_walk_begin(run->journal, mailbox->row.id, &run->err) || !next_row(look))
        return false;
    while (look->has_row && look->row->uid == 0)
        if (!take_row(look, NULL))
            return false;
    return true;
}

/* What the listing did not name. @param sure  it named all there is */
static bool
find_missing_there(struct look *look, bool sure, uint32_t view)
{
    const char *why =
        look->mailbox->row.uneven != 0 ? "the server's list of this mailbox and its count do not agree" : NULL;
    uint64_t unsure = 0;

    for (size_t i = 0; i < look->passed_count; i++) {
        const struct passed *passed = &look->passed[i];

        if (passed->named)
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
    ok = ok && (!look->there || find_missing_there(look, sure, view)) && end_here(look) &&
         verify_say_all(verifying, look->mailbox);
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

    if (!begin(look, look->mailboxes[index], true))
        return false;
    look->exists = selected->exists;
    look->other_numbers = selected->uidvalidity != look->mailbox->row.uidvalidity;
    return true;
}

static bool
on_vanished(void *context, size_t index, uint32_t first, uint32_t last)
{
    (void)context;
    (void)index;
    (void)first;
    (void)last;
    return true; /* everything is listed */
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
    return find_all(look, &row, what, verify_there(&row, now, what));
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
on_done(void *context, size_t index, const struct remote_outcome *outcome)
{
    struct look *look = context;
    struct mailbox *mailbox = look->mailboxes[index];
    const bool other = look->mailbox == mailbox && look->other_numbers, ok = outcome->ok && look->mailbox == mailbox;
    struct run *run = run_of(look);
    uint64_t count;

    if (ok && !other)
        return end(look, outcome->shown != 0 || look->listed == look->exists, outcome->shown);
    forget(look);
    if (other) {
        if (!journal_message_count(run->journal, mailbox->row.id, WHICH_WITH_UID, &count, &run->err))
            return false;
        verify_say_many(look->verifying, mailbox, CLASS_MISSING_THERE, true, count,
                        "its UIDVALIDITY changed: golub sync pairs both sides again by content");
        return compare_here_alone(look, mailbox);
    }
    if (outcome->changed && !look->last) {
        look->again[index] = true;
        return true;
    }
    return say_unlisted(look, mailbox, outcome->answer);
}

bool
verify_is_compared(const struct mailbox *mailbox)
{
    const enum mailbox_state state = mailbox->row.state;

    return mailbox->chosen && mailbox->asked && mailbox->row.id != 0 && mailbox->listed && mailbox->folder_here &&
           state != MAILBOX_GONE_REMOTE && state != MAILBOX_GONE_LOCAL;
}

/* *count: how many are left for another round */
static bool
ask(struct look *look, struct mailbox **mailboxes, size_t *count)
{
    static const struct remote_observer observer = {on_selected, on_vanished, on_message, on_done};
    struct run *run = run_of(look);
    struct remote_select *requests = calloc(*count, sizeof *requests);
    size_t left = 0;
    bool ok;

    look->again = calloc(*count, sizeof *look->again);
    look->mailboxes = mailboxes;
    ok = (requests != NULL && look->again != NULL) || run_no_memory(run);
    for (size_t i = 0; ok && i < *count; i++)
        requests[i] = (struct remote_select){
            .mailbox = text_of(mailboxes[i]->row.wire), .uidvalidity = mailboxes[i]->row.uidvalidity, .full = true};
    ok = ok && run->remote.ops->observe(run->remote.self, requests, *count, &observer, look, &run->err);
    for (size_t i = 0; ok && i < *count; i++)
        if (look->again[i])
            mailboxes[left++] = mailboxes[i];
    forget(look);
    free(look->again);
    free(requests);
    *count = left;
    return ok;
}

bool
verify_mailboxes(struct verifying *verifying)
{
    struct run *run = &verifying->run;
    struct look look = {.verifying = verifying, .row = malloc(sizeof *look.row)};
    struct mailbox **asked = calloc(run->count + 1, sizeof *asked);
    size_t count = 0;
    bool ok = (look.row != NULL && asked != NULL) || run_no_memory(run);

    for (size_t i = 0; ok && i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i];

        if (!mailbox->chosen || !mailbox->asked)
            continue;
        if (verify_is_compared(mailbox))
            asked[count++] = mailbox;
        else
            ok = verify_one_sided(verifying, mailbox);
    }
    for (int i = 1; ok && count != 0; i++) {
        look.last = i == LOOKS;
        ok = ask(&look, asked, &count);
    }
    free(asked);
    free(look.row);
    free(look.passed);
    free(look.unmet);
    return ok;
}
