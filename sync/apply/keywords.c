/* See keywords.h. */
#include "sync/apply/keywords.h"

#include "store/journal/keywords.h"
#include "sync/apply/trash.h"
#include "sync/base/keyword_note.h"
#include "sync/base/trashing.h"
#include "sync/rows/carried.h"
#include "sync/rows/unfinished.h"
#include "sync/rules/keywords.h"
#include "sync/run/situation.h"

#define DOUBTS_MAX 2 /* of a mailbox in a run: its messages were not what they should be */
#define BREAKS_MAX 2 /* of the line in a run, while keywords were sent */

struct wish { /* a keyword that is to be sent */
    struct journal_keyword row;
    struct mailbox *mailbox;
    int64_t message; /* the row that has the UID */
    uint32_t uid;
    uint64_t size;
    int64_t date;
    struct merge_step step;
    bool over;             /* both sides say the same by now */
    bool looked, verified; /* it was read again; and is the message */
    bool shown, fits;      /* the server showed it behind the change; as it was to be */
    bool stays;            /* it said twice that it took it off, and shows it still: it is not asked any more */
};

struct wishing {
    struct run *run;
    struct wish *wishes; /* by mailbox, keyword, what is to be done, UID */
    size_t count;
    struct remote_keyword *requests;
    size_t *first; /* of each request: its first wish */
    size_t request_count;
    uint32_t *uids;
    struct journal_message message;
};

/* ---- whose wish it is ---- */

static bool
is_its_file(const struct journal_message *message, const struct journal_keyword *row)
{
    return message->base[0] != '\0' && (message->facts & FACT_GONE_HERE) == 0 && message->has_wire &&
           memcmp(message->wire, row->wire, DIGEST_SIZE) == 0;
}

/* Was this keyword said of that message by itself, or has another wish gone to it already? */
static bool
has_wish(struct run *run, const struct journal_message *message, const struct journal_keyword *row, bool *has)
{
    struct journal_keyword *rows;
    size_t count;

    *has = false;
    if (!journal_keywords_of(run->journal, message->mailbox, message->base, &rows, &count, &run->err))
        return false;
    for (size_t i = 0; i < count; i++)
        *has = *has || (strcasecmp(rows[i].word, row->word) == 0 && memcmp(rows[i].wire, row->wire, DIGEST_SIZE) == 0);
    free(rows);
    return true;
}

/*
 * Its file has another name, or stands in another folder: its row is the same, or one that is younger than what the user said. A row of these bytes that
 * stood there beside it is another message. *nowhere: there is none.
 */
static bool
find_by_bytes(struct run *run, struct journal_keyword *row, struct journal_message *out, bool *found, bool *nowhere)
{
    size_t count = 0;
    int64_t *ids = NULL;
    bool taken, ok = journal_ids_by_wire(run->journal, row->wire, &ids, &count, &run->err);

    *found = false;
    *nowhere = true;
    for (size_t i = 0; ok && !*found && i < count; i++) {
        if (ids[i] != row->message && ids[i] <= row->newest)
            continue;
        ok = run_load(run, ids[i], out);
        taken = false;
        if (ok && is_its_file(out, row)) {
            ok = has_wish(run, out, row, &taken);
            *found = ok && !taken;
        }
        /* What was said of the same message under its new name is said. */
        *nowhere = *nowhere && taken && ids[i] == row->message;
    }
    free(ids);
    return ok && (!*found || keyword_go(run->journal, row, out, found, &run->err));
}

/* It may be in the Trash since, and be fetched from there next. */
static bool
may_come(struct run *run, const struct journal_keyword *row, bool *may)
{
    const struct mailbox *place = trashing_is_on(run->account, &run->info) ? trash_place(run) : NULL;
    struct journal_fresh *fresh = NULL;
    size_t count = 0;
    bool ok;

    *may = place != NULL && place->chosen &&
           (!mailbox_is_open(place) || run_is_unseen(place) || place->look_there || place->stirred);
    if (*may || place == NULL || !place->chosen)
        return true;
    ok = journal_fresh(run->journal, place->row.id, (uint64_t)UINT32_MAX + 1, 1, &fresh, &count, &run->err);
    *may = ok && count != 0 && fresh->id > row->newest;
    free(fresh);
    return ok;
}

/* A folder that is a copy lacks its file, which nobody removed: it may come yet, with all that was said of it. */
static bool
is_lacked(struct run *run, const struct journal_message *message)
{
    const struct mailbox *mailbox = run_mailbox_by_id(run, message->mailbox);

    return (message->facts & FACT_GONE_HERE) != 0 &&
           ((message->facts & FACT_LACKED) != 0 || (mailbox != NULL && mailbox->copied));
}

static bool
find_file(struct run *run, struct journal_keyword *row, struct journal_message *out, bool *found)
{
    bool nowhere = false, comes;

    if (!journal_message_by_base(run->journal, row->mailbox, row->base, out, found, &run->err))
        return false;
    if (*found && is_its_file(out, row))
        return true;
    const bool waits = *found && (!out->has_wire || memcmp(out->wire, row->wire, DIGEST_SIZE) == 0);

    if (waits && is_lacked(run, out)) {
        *found = false;
        return true;
    }
    if (!find_by_bytes(run, row, out, found, &nowhere))
        return false;
    if (*found || waits || !nowhere)
        return true;
    return may_come(run, row, &comes) && (comes || journal_keyword_delete(run->journal, row, &run->err));
}

/* Is the row's UID this message, as far as the journal knows, and does it know what the server shows of it? */
static bool
is_known_there(const struct journal_message *message)
{
    return message->uid != 0 && (message->facts & (FACT_GONE_THERE | FACT_ECHO | FACT_COPIED | FACT_MOVED |
                                                   FACT_REPLACED | FACT_OUT_OF_VIEW | FACT_UNPAIRED)) == 0;
}

/* A time more than a day ahead was written by a clock that was wrong. */
static bool
is_time(const struct run *run, const struct journal_keyword *row)
{
    return row->not_before <= run->now || row->not_before > run_now(run) + AGE_DAY;
}

/* What needs no command is settled. *due: something is to be sent. */
static bool
look_at(struct run *run, struct wish *wish, struct journal_message *message, bool *due)
{
    struct journal_keyword *row = &wish->row;
    const struct flag_sides before = row->sides;
    bool found = false;

    *due = false;
    if (!find_file(run, row, message, &found))
        return false;
    if (!found)
        return true;
    if ((message->facts & FACT_ALIAS) != 0 && message->refers_to != 0 && !run_load(run, message->refers_to, message))
        return false;
    wish->mailbox = run_mailbox_by_id(run, message->mailbox);
    if (wish->mailbox == NULL || !is_known_there(message))
        return true;
    row->sides = keyword_seen(row->sides, keywords_have(message->keywords, text_of(row->word)));
    if (row->unkept && mailbox_keeps(wish->mailbox, text_of(row->word)) &&
        (is_time(run, row) || (wish->mailbox->writable && strcmp(row->why, REMOTE_READ_ONLY) == 0))) {
        row->sides = keyword_offered(row->sides);
        row->unkept = false;
        row->not_before = 0;
        row->why[0] = '\0';
    }
    row->sides = keyword_plan(row->sides, true, &wish->step);
    wish->over = keyword_is_over(row->sides);
    if (wish->over)
        return journal_keyword_delete(run->journal, row, &run->err);
    wish->message = message->id;
    wish->uid = message->uid;
    wish->size = message->size;
    wish->date = message->date;
    *due = (wish->step.there_add | wish->step.there_del) != 0;
    return keyword_is_same(before, row->sides) || journal_keyword_save(run->journal, row, &run->err);
}

/* ---- what is asked ---- */

static int
compare_wishes(const void *pa, const void *pb)
{
    const struct wish *a = pa, *b = pb;
    int order;

    if (a->mailbox != b->mailbox)
        return a->mailbox < b->mailbox ? -1 : 1;
    order = strcasecmp(a->row.word, b->row.word);
    if (order != 0)
        return order;
    if (a->step.there_add != b->step.there_add)
        return a->step.there_add < b->step.there_add ? -1 : 1;
    return a->uid == b->uid ? 0 : a->uid < b->uid ? -1 : 1;
}

static bool
belong_together(const struct wish *a, const struct wish *b)
{
    return a->mailbox == b->mailbox && strcasecmp(a->row.word, b->row.word) == 0 &&
           a->step.there_add == b->step.there_add;
}

static const char *
what_is_asked(const struct wish *wish, char what[static KEYWORD_MAX + 80])
{
    const bool set = wish->step.there_add != 0;

    (void)text_print(what, KEYWORD_MAX + 80, "%s the keyword %s %s messages on the server", set ? "set" : "take",
                     wish->row.word, set ? "on" : "off");
    return what;
}

/* What becomes of it, and what does who has changed his mind. */
static const char *
hint_for(const struct wish *wish, bool asked)
{
    if (wish->step.there_add != 0)
        return asked ? "It is kept here, and tried again in a day; `golub keyword FILE -WORD` takes it back."
                     : "The server said so before; it is asked again within a day; `golub keyword FILE -WORD` takes it "
                       "back.";
    return asked
               ? "It is kept here, and tried again in a day; `golub keyword FILE +WORD` takes it back."
               : "The server said so before; it is asked again within a day; `golub keyword FILE +WORD` takes it back.";
}

static bool
may_be_sent(struct run *run, const struct wish *wish)
{
    char what[KEYWORD_MAX + 80];

    if (!mailbox_is_open(wish->mailbox) || wish->mailbox->row.wire == NULL)
        return false;
    if (!run->account->policy.push.flags || run->account->policy.keywords == KEYWORDS_OFF) {
        run->counts.kept_by_policy++;
        return false;
    }
    run->keywords_left++;
    if (is_time(run, &wish->row))
        return wish->mailbox->keyword_doubts < DOUBTS_MAX;
    if (!wish->mailbox->keywords_said) /* by the run that asked; the same line once a run */
        run_complain(run, wish->mailbox, what_is_asked(wish, what), wish->row.why, hint_for(wish, false));
    return false;
}

/* *over: some wish ended without a command. In a transaction. */
static bool
look_at_all(struct wishing *wishing, const struct journal_keyword *rows, size_t count, bool *over)
{
    struct run *run = wishing->run;
    bool ok = true, due;

    *over = false;
    wishing->count = 0;
    run->keywords_left = 0;
    for (size_t i = 0; ok && i < count; i++) {
        struct wish *wish = &wishing->wishes[wishing->count];

        *wish = (struct wish){.row = rows[i]};
        ok = look_at(run, wish, &wishing->message, &due);
        *over = *over || wish->over;
        if (ok && due && may_be_sent(run, wish))
            wishing->count++;
    }
    return ok;
}

/* What both sides say by now is agreed on, as in apply_agreed: the mark is there before that, so it is looked at once more. */
static bool
gather(struct wishing *wishing, const struct journal_keyword *rows, size_t count)
{
    struct run *run = wishing->run;
    const uint64_t kept = run->counts.kept_by_policy;
    bool over = false, ok = run_begin(run) && look_at_all(wishing, rows, count, &over);

    if (!ok || !over)
        return run_end(run, ok);
    journal_rollback(run->journal);
    run->counts.kept_by_policy = kept;
    return situation_begin(run) && run_end(run, look_at_all(wishing, rows, count, &over));
}

static void
make_requests(struct wishing *wishing)
{
    if (wishing->count > 1)
        qsort(wishing->wishes, wishing->count, sizeof *wishing->wishes, compare_wishes);
    for (size_t i = 0; i < wishing->count; i++) {
        const struct wish *wish = &wishing->wishes[i];

        wishing->uids[i] = wish->uid;
        if (i == 0 || !belong_together(wish, &wishing->wishes[i - 1])) {
            wishing->first[wishing->request_count] = i;
            wishing->requests[wishing->request_count++] =
                (struct remote_keyword){.mailbox = text_of(wish->mailbox->row.wire),
                                        .uidvalidity = wish->mailbox->row.uidvalidity,
                                        .uids = &wishing->uids[i],
                                        .word = text_of(wish->row.word),
                                        .add = wish->step.there_add != 0};
        }
        wishing->requests[wishing->request_count - 1].count++;
    }
}

/* ---- what is answered ---- */

static bool
on_verify(void *context, size_t index, size_t item, const struct remote_message *now)
{
    struct wishing *wishing = context;
    struct wish *wish = &wishing->wishes[wishing->first[index] + item];

    wish->looked = true;
    wish->verified = !remote_is_other(now, wish->size, wish->date);
    return wish->verified;
}

static void
say_did(struct run *run, const struct wish *wish)
{
    const char *word = wish->row.word;

    run_did(run, wish->mailbox,
            (struct report_done){.act = DID_KEYWORDS_THERE,
                                 .uid = wish->uid,
                                 .file = wish->row.base,
                                 .add = wish->step.there_add != 0 ? word : NULL,
                                 .del = wish->step.there_del != 0 ? word : NULL});
}

/* Of a message with more keywords than golub keeps this one alone is believed: it did what it was asked, as far as anybody can see. */
static bool
take_cut(struct run *run, const struct wish *wish, struct journal_message *message)
{
    const struct text word = text_of(wish->row.word);

    if (wish->step.there_del != 0 && wish->fits)
        keywords_take(message->keywords, word);
    else if (wish->step.there_add != 0 && !keywords_add(message->keywords, word))
        return true; /* no room: it is there, and that is all */
    return journal_message_save(run->journal, message, &run->err);
}

/* Perhaps the first time since it was brought there. */
static bool
take_shown(struct run *run, struct journal_message *message, const char *keywords)
{
    struct journal_op op;
    bool found;

    if (!journal_op_of(run->journal, message->id, &op, &found, &run->err) ||
        (found && unfinished_is_sending(&op) && !carried_seen(run, message, keywords)))
        return false;
    merge_keywords(message->keywords, keywords);
    return journal_message_save(run->journal, message, &run->err);
}

static bool
on_shown(void *context, size_t index, size_t item, const struct remote_message *now)
{
    struct wishing *wishing = context;
    struct run *run = wishing->run;
    struct wish *wish = &wishing->wishes[wishing->first[index] + item];
    const bool set = keywords_have(now->keywords, text_of(wish->row.word)) || (now->cut && wish->step.there_add != 0);

    wish->shown = true;
    wish->fits = set == (wish->step.there_add != 0);
    wish->row.sides = keyword_seen(wish->row.sides, set);
    if (!run_load(run, wish->message, &wishing->message) ||
        !(now->cut ? take_cut(run, wish, &wishing->message) : take_shown(run, &wishing->message, now->keywords)))
        return false;
    if (wish->fits)
        say_did(run, wish);
    return true;
}

/* The server has shown it: is the wish over? */
static bool
end_shown(struct run *run, struct wish *wish)
{
    struct journal_keyword *row = &wish->row;
    const bool again = row->unshown;

    if (again && !wish->fits && wish->step.there_add != 0) { /* it says OK, and does not keep it */
        row->unkept = true;
        row->not_before = run->now + AGE_DAY;
    }
    wish->stays = again && !wish->fits && wish->step.there_del != 0;
    row->sides = merge_stored(row->sides, wish->step, row->sides.rseen, again, &row->unshown);
    row->sides = keyword_plan(row->sides, true, &wish->step);
    return keyword_is_over(row->sides) ? journal_keyword_delete(run->journal, row, &run->err)
                                       : journal_keyword_save(run->journal, row, &run->err);
}

static bool
is_settled(const struct remote_outcome *outcome)
{
    return outcome->unkept || (outcome->denied && !outcome->ok);
}

/* The mailbox does not keep it, or who logged in has no right to change it: that is settled until it does, and no trouble. */
static bool
end_unkept(struct run *run, struct wish *wish, const struct remote_outcome *outcome)
{
    struct journal_keyword *row = &wish->row;

    row->unkept = true;
    if (outcome
            ->denied) { /* PERMANENTFLAGS may say otherwise: it is asked again in a day, or once the mailbox may be written to */
        row->not_before = run->now + AGE_DAY;
        (void)text_print(row->why, sizeof row->why, "%s", outcome->answer);
    }
    row->sides = keyword_plan(row->sides, false, &wish->step);
    run->keywords_left--;
    return journal_keyword_save(run->journal, row, &run->err);
}

static bool
end_refused(struct run *run, struct wish *wish, const struct remote_outcome *outcome)
{
    struct journal_keyword *row = &wish->row;

    row->not_before = run->now + (outcome->throttled || outcome->passing ? 1 : AGE_DAY);
    (void)text_print(row->why, sizeof row->why, "%s", outcome->answer);
    return journal_keyword_save(run->journal, row, &run->err);
}

static bool
end_wish(struct run *run, struct wish *wish, const struct remote_outcome *outcome, bool *doubt)
{
    const bool refused = !outcome->ok && !outcome->changed && !outcome->gone;

    if (is_settled(outcome))
        return end_unkept(run, wish, outcome);
    if (wish->shown && (outcome->ok || wish->fits)) {
        if (!end_shown(run, wish))
            return false;
        run->keywords_left -= !wish->row.unshown;
        return true;
    }
    if (refused && (wish->verified || !wish->looked))
        return end_refused(run, wish, outcome);
    *doubt = true; /* gone, or another message: all is looked at anew */
    return true;
}

static void
say_stays(struct run *run, const struct wish *wish, size_t count)
{
    char what[KEYWORD_MAX + 80], why[80];

    (void)text_print(why, sizeof why, "it said OK twice, and still shows it on %zu of them", count);
    run_complain(run, wish->mailbox, what_is_asked(wish, what), why,
                 "Another client may have set it again, or the server does not take it off: it counts as set.");
}

static bool
on_done(void *context, size_t index, const struct remote_outcome *outcome)
{
    struct wishing *wishing = context;
    struct run *run = wishing->run;
    struct wish *wishes = &wishing->wishes[wishing->first[index]];
    struct mailbox *mailbox = wishes[0].mailbox;
    char what[KEYWORD_MAX + 80];
    bool ok = true, doubt = false;
    size_t stays = 0;

    if (!outcome->ok && !is_settled(outcome) && !outcome->changed && !outcome->gone) {
        run_complain(run, mailbox, what_is_asked(&wishes[0], what), outcome->answer,
                     outcome->throttled || outcome->passing ? "It is kept here; the next run tries again."
                                                            : hint_for(&wishes[0], true));
        mailbox->keywords_said = true;
    }
    mailbox->stirred = mailbox->stirred || !is_settled(outcome);
    for (size_t i = 0; ok && i < wishing->requests[index].count; i++) {
        ok = end_wish(run, &wishes[i], outcome, &doubt);
        stays += wishes[i].stays;
    }
    if (ok && stays != 0)
        say_stays(run, &wishes[0], stays);
    mailbox->full = mailbox->full || doubt;
    mailbox->keyword_doubts += doubt;
    if (doubt && mailbox->keyword_doubts == DOUBTS_MAX) /* it was looked at anew in between */
        run_complain(run, mailbox, what_is_asked(&wishes[0], what),
                     "under their UIDs the server shows messages of another size or date, or none",
                     "Nothing was sent about them; the next run looks at all anew.");
    return ok;
}

static bool
send_all(struct wishing *wishing)
{
    static const struct remote_keyworder keyworder = {on_verify, on_shown, on_done};
    struct run *run = wishing->run;

    if (!situation_mark(run) || !run_begin(run))
        return false;
    const bool answered = run->remote.ops->keyword(run->remote.self, wishing->requests, wishing->request_count,
                                                   &keyworder, wishing, &run->err);
    const struct error why = run->err;

    run->keyword_breaks += !answered;
    return run_end_answered(run, situation_mark_commit(run), answered, &why);
}

bool
apply_keywords_there(struct run *run)
{
    struct arena arena = {0};
    struct wishing wishing = {.run = run};
    struct journal_keyword *rows = NULL;
    size_t count = 0;
    bool ok = journal_keywords(run->journal, &rows, &count, &run->err);

    if (!ok || count == 0) {
        free(rows);
        return ok;
    }
    wishing.wishes = arena_array(&arena, count, sizeof *wishing.wishes);
    wishing.requests = arena_array(&arena, count, sizeof *wishing.requests);
    wishing.first = arena_array(&arena, count, sizeof *wishing.first);
    wishing.uids = arena_array(&arena, count, sizeof *wishing.uids);
    ok = run_has(run, &arena) && gather(&wishing, rows, count);
    free(rows);
    if (ok && run->dry) {
        for (size_t i = 0; i < wishing.count; i++)
            say_did(run, &wishing.wishes[i]);
    } else if (ok && wishing.count != 0 && run->keyword_breaks < BREAKS_MAX && !run_stopped(run)) {
        make_requests(&wishing);
        ok = send_all(&wishing);
    }
    arena_free(&arena);
    return ok;
}

void
keywords_end(struct run *run)
{
    run->partial = run->partial || run->keywords_left != 0;
}
