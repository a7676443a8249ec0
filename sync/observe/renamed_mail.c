/* See renamed_mail.h. */
#include "sync/observe/renamed_mail.h"

#include "sync/observe/items.h"
#include "sync/observe/left_notes.h"
#include "sync/observe/likeness.h"
#include "sync/observe/undecided.h"
#include "sync/observe/way.h"
#include "sync/rows/renaming.h"
#include "sync/run/aside.h"
#include "sync/run/lookup.h"

#define CANDIDATES_MAX 5000 /* pairs of a row and a name that are looked at in one run; more are no evidence */
#define FEW 4               /* rows: of more of them each is compared with what has its last level, if there is such */
#define CHAIN_MAX 100       /* renames that hang together; more are no evidence */
#define BREAKS 2 /* lines that broke in one run: what ends the line each time is not to keep back all other mail */

/* Messages: with so many more than twice as many it is rather one into which somebody moved all of another one. */
#define NEW_MAIL 10

struct matching {
    struct run *run;
    struct renamed_item *items;
    size_t items_count;
    struct renamed_item **fitting; /* by UIDVALIDITY; first those whose status is not known */
    struct renamed_item **unknown; /* the journal knows no mailbox of that name */
    size_t unknown_count;
    struct left_notes notes;
    struct likeness *pairs;
    size_t count, size;
    bool too_many;
};

/*
 * It was in sync under the name that it has; or its folder is not here, and its name is another one's there: left under that name it would be paired with
 * what it never was.
 */
static bool
may_be_sought(const struct mailbox *row, const struct renamed_item *namesake)
{
    const enum mailbox_state state = row->row.state;

    return row->folder_here ? state == MAILBOX_ACTIVE || (namesake != NULL && state == MAILBOX_GONE_REMOTE)
                            : namesake != NULL && (state == MAILBOX_ACTIVE || state == MAILBOX_GONE_LOCAL);
}

/* golub gave it the name that it has there, for a moment, and knows what it is to be called. */
static bool
is_on_its_way(const struct mailbox *row)
{
    return row->row.goal_there != NULL && aside_is_of(row->row.id, row->row.name);
}

/*
 * Its folder was renamed here, and the list has that name, with numbers that fit: a new one, or one whose own mailbox may be elsewhere, too. Then it may have
 * left its old name to one of the same UIDVALIDITY.
 */
static bool
may_have_left(const struct matching *matching, const struct mailbox *row)
{
    for (size_t i = 0; i < CHAIN_MAX; i++) {
        const struct renamed_item *goal =
            items_called(matching->run, matching->items, matching->items_count, row->row.goal_there);

        if (goal == NULL || goal->row != NULL || goal->waits || !undecided_fits(goal->seen, row))
            return false;
        row = lookup_wire(matching->run, goal->seen->name);
        if (row == NULL)
            return true;
    }
    return false;
}

/* Its name is gone from the list, or another one's there. So it is where its folder was renamed here, too: the server's name counts. */
static bool
is_sought(const struct matching *matching, const struct mailbox *row, const struct renamed_item *namesake)
{
    const struct run *run = matching->run;

    return row->row.id != 0 && may_be_sought(row, namesake) && row->row.objectid[0] == '\0' &&
           row->row.uidvalidity != 0 && row->row.utf8 == run->info.utf8 && row->chosen && !row->undecided &&
           !is_on_its_way(row) && !renamed_is_inbox(text_of(row->row.wire)) &&
           (namesake == NULL
                ? !row->named_there
                : namesake->row == NULL && namesake->seen->has_status &&
                      (namesake->seen->uidvalidity != row->row.uidvalidity || may_have_left(matching, row)));
}

/* What other mailboxes hold is in it, too: it is like each of them. */
static bool
is_a_view(const struct renamed_item *item)
{
    return (item->seen->attributes & (REMOTE_ALL | REMOTE_FLAGGED | REMOTE_IMPORTANT)) != 0;
}

/* A name that nobody has here, or that was another one's until now. */
static bool
is_candidate(const struct matching *matching, const struct renamed_item *item, const struct mailbox *row)
{
    const struct mailbox *holder;
    bool anew;

    if (item->row != NULL || item->waits || is_a_view(item) ||
        (item->seen->has_status && (item->seen->messages == 0 || !undecided_fits(item->seen, row))))
        return false;
    holder = lookup_wire(matching->run, item->seen->name);
    return holder != row &&
           (holder == NULL || (item->seen->has_status && (holder->row.uidvalidity != item->seen->uidvalidity ||
                                                          may_have_left(matching, holder)))) &&
           renamed_may_be(matching->run, item, row, &anew);
}

/* One that `mailboxes` left out until now, under the name and with the numbers that are noted of it. */
static bool
is_noted(const struct matching *matching, const struct renamed_item *item)
{
    char name[LIMIT_MAILBOX_NAME + 1];
    const struct left_note *note =
        items_name(matching->run, item->seen, false, name) ? left_notes_find(&matching->notes, name) : NULL;

    return note != NULL && note->uidvalidity != 0 && note->uidvalidity == item->seen->uidvalidity &&
           note->uidnext <= item->seen->uidnext;
}

/*
 * The same with another UIDVALIDITY, and perhaps other UIDs: a new name, with as many messages at least; or, for one whose folder was renamed here, one that
 * was another one's until now.
 */
static bool
is_renumbered(struct run *run, const struct renamed_item *item, const struct mailbox *row, uint64_t rows)
{
    const struct mailbox *holder = lookup_wire(run, item->seen->name);
    bool anew;

    return item->row == NULL && !item->waits && !is_a_view(item) && item->seen->has_status &&
           item->seen->uidvalidity != row->row.uidvalidity && item->seen->uidvalidity != 0 &&
           item->seen->messages >= rows && item->seen->messages <= 2 * rows + NEW_MAIL &&
           (holder == NULL ||
            (row->row.goal_there != NULL && holder != row && holder->row.uidvalidity != item->seen->uidvalidity)) &&
           renamed_may_be(run, item, row, &anew);
}

/*
 * A name that `mailboxes` leaves out, or that can't have a folder. It is not followed, but what has the row's old name is another one: paired with that its
 * mail would go up there, although the server has it.
 */
static bool
is_left_out(const struct matching *matching, const struct renamed_item *item, const struct mailbox *row,
            const struct renamed_item *namesake)
{
    const struct mailbox *holder;
    char name[LIMIT_MAILBOX_NAME + 1];
    bool anew;

    if (namesake == NULL || item == namesake || item->row != NULL || item->waits || item->seen->messages == 0 ||
        !undecided_fits(item->seen, row) || renamed_is_inbox(item->seen->name) || is_a_view(item))
        return false;
    holder = lookup_wire(matching->run, item->seen->name);
    return (holder == NULL || (holder != row && holder->row.uidvalidity != item->seen->uidvalidity)) &&
           !renamed_may_be(matching->run, item, row, &anew) && !anew &&
           !(items_name(matching->run, item->seen, false, name) && strcmp(name, row->row.name) == 0);
}

static bool
add_pair(struct matching *matching, const struct likeness *pair)
{
    matching->too_many = matching->too_many || matching->count == CANDIDATES_MAX;
    if (matching->too_many)
        return true;
    if (!array_grow(&matching->pairs, &matching->size, matching->count + 1, sizeof *matching->pairs))
        return run_no_memory(matching->run);
    matching->pairs[matching->count++] = *pair;
    return true;
}

/* As what stands below one that was renamed. */
static bool
is_near(const struct run *run, const struct renamed_item *item, const struct mailbox *row)
{
    char name[LIMIT_MAILBOX_NAME + 1];

    return items_name(run, item->seen, false, name) && renaming_is_last_same(name, row->row.name);
}

/* All of its messages tell under another UIDVALIDITY: where its old name is gone, or where its folder was renamed here, so that people know what left it. */
static bool
count_all(const struct matching *matching, struct likeness *pair)
{
    const struct journal_mailbox *row = &pair->row->row;

    return (pair->namesake != NULL && (row->goal_there == NULL || row->state != MAILBOX_ACTIVE)) ||
           journal_message_count(matching->run->journal, pair->row->row.id, WHICH_WITH_UID, &pair->all,
                                 &matching->run->err);
}

static uint32_t
validity_of(const struct renamed_item *item)
{
    return item->seen->has_status ? item->seen->uidvalidity : 0;
}

static int
compare_validity(const void *pa, const void *pb)
{
    const struct renamed_item *a = *(struct renamed_item *const *)pa, *b = *(struct renamed_item *const *)pb;
    const uint32_t of_a = validity_of(a), of_b = validity_of(b);

    return of_a != of_b ? (of_a < of_b ? -1 : 1) : a < b ? -1 : a > b;
}

/* There may be as many rows as names: each row is compared with those that its numbers fit alone. */
static bool
sort_items(struct matching *matching)
{
    matching->fitting = calloc(matching->items_count + 1, sizeof *matching->fitting);
    matching->unknown = calloc(matching->items_count + 1, sizeof *matching->unknown);
    if (matching->fitting == NULL || matching->unknown == NULL)
        return run_no_memory(matching->run);
    for (size_t i = 0; i < matching->items_count; i++) {
        matching->fitting[i] = &matching->items[i];
        if (lookup_wire(matching->run, matching->items[i].seen->name) == NULL)
            matching->unknown[matching->unknown_count++] = &matching->items[i];
    }
    if (matching->items_count > 1)
        qsort(matching->fitting, matching->items_count, sizeof(struct renamed_item *), compare_validity);
    return true;
}

/* The first one in `fitting` that is not before this. */
static size_t
find_validity(const struct matching *matching, uint32_t validity)
{
    size_t low = 0, high = matching->items_count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (validity_of(matching->fitting[middle]) < validity)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool
add_fitting(struct matching *matching, struct likeness *pair, bool near, bool left_out, uint32_t validity)
{
    struct mailbox *row = pair->row;
    bool ok = true;

    pair->left_out = left_out;
    for (size_t k = find_validity(matching, validity);
         ok && k < matching->items_count && validity_of(matching->fitting[k]) == validity; k++) {
        pair->item = matching->fitting[k];
        if (left_out ? is_left_out(matching, pair->item, row, pair->namesake)
                     : is_candidate(matching, pair->item, row) && (!near || is_near(matching->run, pair->item, row)))
            ok = add_pair(matching, pair);
    }
    pair->left_out = false;
    return ok;
}

static bool
gather_of(struct matching *matching, struct mailbox *row, const struct renamed_item *namesake, bool near)
{
    const bool all = row->row.goal_there != NULL; /* names that others had until now, too */
    const size_t before = matching->count, others = all ? matching->items_count : matching->unknown_count;
    struct likeness pair = {.row = row, .namesake = namesake};
    bool ok = count_all(matching, &pair), none;

    for (int left_out = 0; ok && left_out < (near ? 1 : 2); left_out++)
        ok = add_fitting(matching, &pair, near, left_out != 0, 0) &&
             add_fitting(matching, &pair, near, left_out != 0, row->row.uidvalidity);
    none = matching->count == before;
    for (size_t k = 0; ok && none && pair.all != 0 && k < others; k++) {
        pair.item = all ? &matching->items[k] : matching->unknown[k];
        if (is_renumbered(matching->run, pair.item, row, pair.all) && !is_noted(matching, pair.item) &&
            (!near || is_near(matching->run, pair.item, row)))
            ok = add_pair(matching, &pair);
    }
    return ok && near && matching->count == before ? gather_of(matching, row, namesake, false) : ok;
}

/* Or it is what has its name still, under another UIDVALIDITY: its folder alone was renamed. */
static bool
gather_own(struct matching *matching, struct mailbox *row, const struct renamed_item *namesake)
{
    struct likeness pair = {
        .row = row, .namesake = namesake, .item = items_named(matching->items, matching->items_count, row->row.wire)};

    if (namesake == NULL || row->row.state != MAILBOX_ACTIVE || row->row.goal_there == NULL ||
        namesake->seen->uidvalidity == 0 || namesake->seen->uidvalidity == row->row.uidvalidity)
        return true;
    return count_all(matching, &pair) &&
           (pair.all == 0 || namesake->seen->messages < pair.all || add_pair(matching, &pair));
}

static const struct renamed_item *
find_namesake(const struct matching *matching, const struct mailbox *row, bool *sought)
{
    const bool may = row->row.wire != NULL && row->row.objectid[0] == '\0';
    const struct renamed_item *namesake =
        may ? items_named(matching->items, matching->items_count, row->row.wire) : NULL;

    *sought = may && is_sought(matching, row, namesake);
    return namesake;
}

static bool
gather(struct matching *matching)
{
    struct run *run = matching->run;
    size_t many = 0;
    bool ok = true, sought;

    for (size_t i = 0; i < run->count; i++) {
        (void)find_namesake(matching, &run->mailboxes[i], &sought);
        many += sought;
    }
    ok = many == 0 || (sort_items(matching) && left_notes_load(run, &matching->notes));
    for (size_t i = 0; ok && many != 0 && i < run->count && !matching->too_many; i++) {
        struct mailbox *row = &run->mailboxes[i];
        const struct renamed_item *namesake = find_namesake(matching, row, &sought);

        if (sought)
            ok = gather_of(matching, row, namesake, many > FEW) && gather_own(matching, row, namesake);
    }
    return ok;
}

/* ---- which of them ---- */

static bool
passes(const struct likeness *pair)
{
    return pair->same && !pair->wrong;
}

/* For the same row, or the same name. */
static bool
is_rival(const struct likeness *pair, const struct likeness *other)
{
    return other != pair && (other->row == pair->row || other->item == pair->item);
}

static bool
has_rival(const struct matching *matching, const struct likeness *pair, bool refused)
{
    for (size_t i = 0; i < matching->count; i++) {
        const struct likeness *other = &matching->pairs[i];

        if (is_rival(pair, other) && (refused ? other->refused : passes(other)))
            return true;
    }
    return false;
}

static bool
has_another_name(const struct matching *matching, const struct mailbox *row)
{
    for (size_t i = 0; i < matching->items_count; i++)
        if (matching->items[i].row == row && !matching->items[i].same)
            return true;
    return false;
}

/* It may be what the list has under some name. */
static bool
is_perhaps_there(const struct matching *matching, const struct mailbox *mailbox)
{
    for (size_t i = 0; i < matching->items_count; i++)
        if (matching->items[i].row == NULL && undecided_fits(matching->items[i].seen, mailbox))
            return true;
    return false;
}

/*
 * Does another mailbox keep the name, or the folder? That it is gone nobody says: only one with nothing in it makes way, or without a folder. A folder that is
 * no mailbox's is in the way, and said.
 */
static bool
is_kept(const struct matching *matching, const struct mailbox *holder, const struct way *way)
{
    return holder != NULL && holder->row.id != 0 && !has_another_name(matching, holder) &&
           ((holder->folder_here && !(holder == way->of && way->free)) || is_perhaps_there(matching, holder));
}

/*
 * The folder was renamed to this here, and will get back the name that its mailbox has (wishes.c); or it is to have another one already, since a run that was cut
 * off.
 */
static bool
gives_it_up(const struct matching *matching, const struct mailbox *holder, const char *name)
{
    const struct renamed_item *own;

    if (holder == NULL || !matching->run->account->policy.pull.mailboxes)
        return false;
    if (holder->row.goal != NULL)
        return strcmp(holder->row.goal, holder->row.folder) != 0;
    own = holder->row.goal_there != NULL ? items_named(matching->items, matching->items_count, holder->row.wire) : NULL;
    return own != NULL && own->row == NULL && strcmp(holder->row.goal_there, name) == 0;
}

static bool
can_have(const struct matching *matching, const struct renamed_item *item)
{
    struct run *run = matching->run;
    char name[LIMIT_MAILBOX_NAME + 1], folder[LOCAL_FOLDER_MAX + 1];
    struct error ignored = {0};
    struct way way;

    if (!items_name(run, item->seen, false, name) ||
        !names_map_folder(&run->map, name, run->account->policy.layout, folder, &ignored))
        return false;
    way = way_find(run, item->seen, item->row, folder);
    return (lookup_name(run, name) == item->row || !is_kept(matching, lookup_name(run, name), &way)) &&
           (lookup_folder(run, folder) == item->row || gives_it_up(matching, lookup_folder(run, folder), name) ||
            !is_kept(matching, lookup_folder(run, folder), &way));
}

static void
leave_elsewhere(const struct likeness *pair)
{
    const struct remote_listed *seen = pair->item->seen;

    pair->row->elsewhere = true;
    error_escape(pair->row->perhaps, sizeof pair->row->perhaps, seen->utf8.at != NULL ? seen->utf8 : seen->name);
}

static void
take(const struct matching *matching)
{
    for (size_t i = 0; i < matching->count; i++) {
        const struct likeness *pair = &matching->pairs[i];

        if (!passes(pair) || has_rival(matching, pair, false) || has_rival(matching, pair, true))
            continue;
        if (pair->left_out)
            leave_elsewhere(pair);
        pair->row->stayed_there = pair->row->stayed_there || pair->item == pair->namesake;
        if (pair->left_out || pair->item == pair->namesake)
            continue;
        pair->item->row = pair->row;
        pair->item->reborn = pair->namesake != NULL;
        pair->row->row.modseq = 0; /* a twin counts its changes by itself: all flags are read */
    }
    for (bool again = true; again;) { /* what one of them has to keep another one can't get */
        again = false;
        for (size_t i = 0; i < matching->count; i++) {
            struct renamed_item *item = matching->pairs[i].item;

            if (item->row != matching->pairs[i].row || can_have(matching, item))
                continue;
            item->row = NULL;
            item->reborn = false;
            again = true;
        }
    }
}

static void
leave(struct mailbox *mailbox, const char *why)
{
    if (mailbox == NULL)
        return;
    mailbox->undecided = mailbox->unread_there = true;
    if (mailbox->perhaps != why)
        (void)text_print(mailbox->perhaps, sizeof mailbox->perhaps, "%s", why);
}

/* What the server does not show now may be it: that is waited for, a day long. */
static void
leave_refused(const struct matching *matching)
{
    struct run *run = matching->run;

    for (size_t i = 0; i < matching->count; i++) {
        const struct likeness *pair = &matching->pairs[i];

        if ((!pair->refused && !(passes(pair) && has_rival(matching, pair, true))) || pair->item->row != NULL ||
            has_another_name(matching, pair->row) || !undecided_is_waited_for(run, pair->row))
            continue;
        pair->item->waits = true;
        leave(pair->row, pair->row->perhaps);
        leave(lookup_wire(run, pair->item->seen->name), pair->row->perhaps);
    }
}

/*
 * Where the list does not say what it is, although an earlier one did: the numbers tell; where they do not fit, or are not told either, it is left alone in this
 * run.
 */
static bool
is_recalled(struct run *run, struct renamed_item *item, struct mailbox *row)
{
    if (row->row.objectid[0] == '\0')
        return true;
    if (item->seen->objectid[0] != '\0')
        return false;
    if (undecided_fits(item->seen, row))
        return true;
    if (undecided_is_waited_for(run, row))
        item->waits = row->undecided = true;
    return false;
}

/* What followed in an earlier run, and can't have its new name here until now. */
static bool
recall_waiting(struct run *run, struct renamed_item *items, size_t items_count)
{
    struct journal_pending *list;
    size_t count;

    if (!journal_pendings(run->journal, &list, &count, &run->err))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct mailbox *row = list[i].message == 0 && strcmp(list[i].detail, RENAMED_WAITS) == 0
                                  ? run_mailbox_by_id(run, list[i].mailbox)
                                  : NULL;
        struct renamed_item *item = row != NULL ? items_named(items, items_count, row->row.wire) : NULL;
        bool anew;

        if (item != NULL && item->row == NULL && !item->waits && renamed_may_be(run, item, row, &anew) &&
            is_recalled(run, item, row))
            item->row = row;
    }
    free(list);
    return true;
}

/* Where asking has ended the line each time in this run, they wait, like what the server refuses to show. */
static bool
look(struct matching *matching)
{
    struct run *run = matching->run;

    if (run->mail_broke < BREAKS) {
        if (!likeness_look(run, matching->pairs, matching->count)) {
            run->mail_broke++;
            return false;
        }
        take(matching);
    } else {
        for (size_t i = 0; i < matching->count; i++) {
            struct mailbox *row = matching->pairs[i].row;

            matching->pairs[i].refused = true;
            (void)text_print(row->perhaps, sizeof row->perhaps, "the line broke when its messages were listed");
        }
    }
    leave_refused(matching);
    return true;
}

static void
say_too_many(struct run *run)
{
    char text[512];

    (void)text_print(text, sizeof text,
                     "more than %d pairs of a mailbox that is gone on the server and a new one would have to be "
                     "compared: none is taken for renamed. What is here of an old one and stands in a new one moves "
                     "there; %s",
                     CANDIDATES_MAX,
                     run->account->policy.pull.mailbox_deletes
                         ? "the rest counts as removed with its mailbox (`pull` has \"mailbox-deletes\")"
                         : "the rest stays, and golub status names the old ones: remove their folders when you have "
                           "looked");
    report_mailbox(run->report, run->account->name, NULL, "renamed-many", text);
}

bool
renamed_mail_find(struct run *run, struct renamed_item *items, size_t count)
{
    struct matching matching = {.run = run, .items = items, .items_count = count};
    bool ok;

    /* A line that can't be read may be the one that has the name. */
    if (run->first || run->pair_all || run->info.unlisted[0] != '\0')
        return true;
    ok = recall_waiting(run, items, count) && gather(&matching);
    if (ok && matching.too_many)
        say_too_many(run);
    else if (ok && matching.count != 0)
        ok = look(&matching);
    if (ok)
        undecided_unsaid(run, items, count);
    likeness_free(matching.pairs, matching.count);
    free(matching.pairs);
    free(matching.fitting);
    free(matching.unknown);
    left_notes_free(&matching.notes);
    return ok;
}
