/*
 * Which message is which. One row of the journal means one message of the maildrop for as long as it may be there:
 *
 *     listed, UIDL and size as in its row      the row's message                            no TOP
 *     listed, but ...                          TOP: header, kin, Message-ID against the row
 *       ... with another size, after an absence, or its UIDL stands twice
 *     its UIDL is unknown, and rows went       TOP against rows that are absent: renumbered, another server,
 *     missing, or one of its size is absent    restored, or removed here and sent back
 *     its UIDL is unknown, none of that        new                                          no TOP
 *     a row that a complete list lacks         absent since then; forgotten after 30 days or more
 *
 * A row of the same UIDL means another message only if the kin digest, the Message-ID and the size say so; where they contradict each
 * other the message is neither fetched nor removed. A row of another UIDL means this message if header or kin are equal, as often as both
 * sides have them: k lines and k rows are paired in their order. Where the counts differ, and where nothing but the body can tell (equal
 * headers under a repeated UIDL, no TOP), the message is fetched and compared (import/compare.c).
 *
 * Header and size do not say everything: a program may give each of its reports the same. So they suffice only where many lost their
 * names in this very run (all names are new, or one is proven to be used again), and the body is read before such a message is removed.
 * One that is like a single row, or like one that was absent before, is fetched and compared: what is new must come.
 *
 * One name that is proven to mean another message by its header makes all of the list worthless: servers that use a message's number for
 * its name move all of them with each removal. Then every line is asked for its header; so it is where a known header stands under a new
 * name, which may be a copy.
 *
 * A line whose header the server does not give by TOP is read whole for it. One that can't be read at all waits, and is nobody's.
 *
 * All TOPs come first, then all is decided and written in one transaction: there is no moment at which a row has lost its old name and
 * has no new one.
 */
#include "sync/import/private.h"

#include <inttypes.h>

#define RENUMBERED_LEAST 3 /* messages: one that went and one that came are no new numbering */

#define PROBE "probe" /* in meta: "1": of some lines it is not known yet which message they are */

struct match {
    struct import *import;
    bool renumbered; /* no name that was known is listed: it is the names that changed, not the mail */
    bool again;      /* the last run did not find out of all of them */
    bool reused;     /* a name is proven to mean another message than before */
    /*
     * Names may have moved: under a new one stands the header of a row whose own name is listed, too, unless it is a copy; or what was known
     * by its name and size alone has another size.
     */
    bool doubted;
    bool sized; /* messages under new names have the sizes that they had */
    uint64_t revived, renamed, unproven;
};

/* ---- one message, one row ---- */

/*
 * Under the same header there may be another body: the more where the size is another, or the name, or where names moved on, or where golub
 * removed what had this name. One that was listed again before, and was the same, is a server's that keeps what it says it removes.
 */
static bool
is_to_be_confirmed(const struct import *import, const struct journal_listed *listed, const struct journal_pop *row)
{
    const bool told = row->listed != 0 && listed->size != 0;

    if (strcmp(row->uidl, listed->uidl) != 0 || (told && row->listed != listed->size))
        return true;
    return row->absent != 0 &&
           (import->reused || !told || (row->state == POP_REMOVING && (row->facts & POP_AGAIN) == 0));
}

static bool
settle(struct match *match, const struct journal_listed *listed, struct journal_pop *row, const struct seen *seen,
       bool proven)
{
    struct import *import = match->import;
    bool other_name = strcmp(row->uidl, listed->uidl) != 0;

    match->renamed += other_name;
    match->revived += !other_name && row->absent != 0;
    import->again += !other_name && row->absent != 0 && row->state == POP_REMOVING;
    if (is_to_be_confirmed(import, listed, row))
        row->facts |= POP_CONFIRM;
    if (proven)
        row->facts &= ~(unsigned)POP_UNSURE;
    if (import_take_up(row, listed, seen) && !journal_pop_save(import->journal, row, &import->err))
        return false;
    return journal_listing_settle(import->journal, listed->number, row->id, proven, &import->err);
}

/* ---- decisions ---- */

static bool
leave_unproven(struct match *match, const struct journal_listed *listed, struct journal_pop *row,
               const struct seen *seen)
{
    struct import *import = match->import;

    if (import_body_tells(row, seen) && import->may_fetch)
        return journal_listing_compare(import->journal, listed->number, &import->err);
    match->unproven++;
    (void)import_take_up(row, listed, NULL);
    import_note_unsure(import, row);
    return journal_pop_save(import->journal, row, &import->err) &&
           journal_listing_settle(import->journal, listed->number, row->id, false, &import->err);
}

/* Nothing of what is known of it is other than it was. */
static bool
is_unchanged(const struct journal_pop *row, const struct journal_listed *listed, const struct seen *seen)
{
    return (!row->has_header || memcmp(row->header, seen->header, DIGEST_SIZE) == 0) &&
           (row->listed == 0 || listed->size == 0 || row->listed == listed->size);
}

/* By its name. Of one to which the server added a line, and one of its header that is new, the new one has the header that is known. */
static bool
decide_named(struct match *match, const struct journal_listed *listed, const struct seen *seen)
{
    struct import *import = match->import;
    struct candidates rows;
    uint64_t alike = 1, named_alike = 1;
    /* Where names moved on, now or in a run that broke off, one of two that are alike may have the other's. */
    const bool moved = import->reused || match->again || match->doubted;
    bool kin = false;

    if (!candidates_named(import, listed, seen, &rows) ||
        (moved && (!journal_listing_alike(import->journal, NULL, seen->header, listed->size, &alike, &import->err) ||
                   !journal_listing_has_kin(import->journal, seen->header, seen->kin.rest, &kin, &import->err))) ||
        (listed->repeated &&
         !journal_listing_alike(import->journal, listed->uidl, seen->header, 0, &named_alike, &import->err)))
        return false;
    /* ... and what is merely kin of the row of its name may be a copy, and the row another line's; and so may what was begun for the name. */
    if (rows.count == 1 && !rows.begun && alike == 1 && !kin && named_alike == 1 &&
        (!moved || is_unchanged(&rows.first, listed, seen)) && !(import->reused && rows.first.state == POP_FETCHING) &&
        !candidates_resized(import, &rows.first, listed, seen))
        return settle(match, listed, &rows.first, seen, true);
    /* Of equal names nobody knows whose header it is that contradicts itself: the bytes say it. */
    if (rows.count > 0 || (rows.any_unproven && listed->repeated))
        return journal_listing_compare(import->journal, listed->number, &import->err);
    if (rows.any_unproven)
        return leave_unproven(match, listed, &rows.unproven, seen);
    return true;
}

/* By what it is, under whatever name it was known: the same header and size. */
static bool
decide_by_header(struct match *match, const struct journal_listed *listed, const struct seen *seen)
{
    struct import *import = match->import;
    struct candidates rows;
    uint64_t alike;
    bool plain, only;

    if (!candidates_absent(import, listed, seen, true, true, &rows) ||
        !journal_listing_alike(import->journal, NULL, seen->header, listed->size, &alike, &import->err))
        return false;
    if (rows.count == 0)
        return true;
    match->sized = match->sized || (listed->size != 0 && rows.first.listed == listed->size);
    if (!candidates_plain(import, &rows, listed, seen, true, match->renumbered, &plain) ||
        !candidates_only_line(import, &rows.first, seen, &only))
        return false;
    if (rows.count == alike && plain && only && !rows.mixed)
        return settle(match, listed, &rows.first, seen, true);
    return journal_listing_compare(import->journal, listed->number, &import->err);
}

/*
 * New; or what was begun for it while it might have been another row's. A server may show by TOP what RETR has not, so of the Message-ID and size
 * of one that went missing the bytes are compared on their way.
 */
static bool
decide_new(struct match *match, const struct journal_listed *listed, const struct seen *seen)
{
    struct import *import = match->import;
    struct journal_pop begun;
    bool named = false;

    if (!candidates_begun(import, listed->uidl, seen, NULL, NULL, &begun))
        return false;
    if (begun.id != 0)
        return settle(match, listed, &begun, seen, true);
    if (seen->kin.has_id && listed->size != 0 &&
        !journal_pop_has_absent_named(import->journal, seen->kin.id, listed->size, &named, &import->err))
        return false;
    if (named)
        return journal_listing_compare(import->journal, listed->number, &import->err);
    return journal_listing_want(import->journal, listed->number, &import->err);
}

/* Another size, or a line more: its body is read again before anything is removed because of it. What is none of that is new. */
static bool
decide_by_kin(struct match *match, const struct journal_listed *listed, const struct seen *seen)
{
    struct import *import = match->import;
    struct candidates rows;
    uint64_t alike;
    bool plain;

    if (!candidates_absent(import, listed, seen, false, false, &rows) ||
        !journal_listing_count_kin(import->journal, seen->kin.rest, &alike, &import->err))
        return false;
    if (rows.count == 0 && !candidates_absent(import, listed, seen, true, false, &rows))
        return false;
    /* At a first meeting its file may be one of those that were not seen. */
    if (rows.count == 0 && import->unseen)
        return journal_listing_leave(import->journal, listed->number, &import->err);
    if (rows.count == 0)
        return decide_new(match, listed, seen);
    if (!candidates_plain(import, &rows, listed, seen, false, match->renumbered, &plain))
        return false;
    /* The very header, and a size that is another while others have theirs still: it has another body. */
    plain =
        plain && !(match->sized && rows.first.listed != 0 && listed->size != 0 && rows.first.listed != listed->size &&
                   rows.first.has_header && memcmp(rows.first.header, seen->header, DIGEST_SIZE) == 0);
    if (rows.count > 1 || alike > 1 || !match->renumbered || !plain)
        return journal_listing_compare(import->journal, listed->number, &import->err);
    rows.first.facts |= POP_CONFIRM;
    return settle(match, listed, &rows.first, seen, true);
}

/* Without TOP: UIDL and size, or the bytes. */
static bool
decide_blind(struct match *match, const struct journal_listed *listed)
{
    struct import *import = match->import;
    struct journal_pop row;
    int64_t *ids;
    size_t count;
    bool ok, only;

    if (!journal_pop_by_uidl(import->journal, listed->uidl, &ids, &count, &import->err))
        return false;
    only = count == 1 && !listed->repeated;
    ok = !only || import_load(import, ids[0], &row);
    free(ids);
    if (!ok)
        return false;
    if (only && (row.facts & POP_DOUBT) == 0 && (row.listed == 0 || listed->size == 0 || row.listed == listed->size))
        return settle(match, listed, &row, NULL, false);
    return journal_listing_compare(import->journal, listed->number, &import->err);
}

/* Over all lines, one after the other: what is surer comes first, so that its row is taken before others look for one. */
enum pass { PASS_NAME, PASS_HEADER, PASS_KIN };

static bool
decide(struct match *match, const struct journal_listed *listed, enum pass pass)
{
    struct import *import = match->import;
    struct journal_pop header;
    struct seen seen;
    bool found;

    if (listed->row != 0)
        return true;
    if (!journal_listing_top_of(import->journal, listed->number, &header, &found, &import->err))
        return false;
    if (!found && import->info.top) /* it can't be read: the next run asks again */
        return pass != PASS_NAME || journal_listing_leave(import->journal, listed->number, &import->err);
    if (!found)
        return pass != PASS_KIN || decide_blind(match, listed);
    seen_of_row(&header, &seen);
    if (pass == PASS_NAME)
        return decide_named(match, listed, &seen);
    return pass == PASS_HEADER ? decide_by_header(match, listed, &seen) : decide_by_kin(match, listed, &seen);
}

/* It is compared, or left for another run. */
static bool
is_decided(struct import *import, const struct journal_listed *listed, bool *decided)
{
    return journal_listing_is_put_off(import->journal, listed->number, decided, &import->err);
}

static bool
decide_all(struct match *match, enum pass pass)
{
    struct import *import = match->import;
    struct journal_listed page[64];
    size_t count = 64;
    uint32_t after = 0;

    while (count == 64) {
        if (!journal_listing_page(import->journal, LISTED_DOUBT, false, after, page, 64, &count, &import->err))
            return false;
        for (size_t i = 0; i < count; i++) {
            bool decided;

            after = page[i].number;
            if (!is_decided(import, &page[i], &decided) || (!decided && !decide(match, &page[i], pass)))
                return false;
        }
    }
    return true;
}

/* Names that moved from one message to another: whose row it was may be any of the lines that are left, complete or not. */
static bool
free_reused(struct match *match)
{
    struct import *import = match->import;

    return !import->info.top ||
           journal_listing_bury_reused(import->journal, match->reused, import_stamp(import), &import->err);
}

/* Does a name that stands once mean another message than all of its rows? Not where it was this one's at the last look, too. */
static bool
judge_name(struct match *match, const struct journal_listed *listed)
{
    struct import *import = match->import;
    struct journal_pop header;
    struct candidates rows;
    struct seen seen;
    bool found;

    if (listed->row != 0 || listed->repeated)
        return true;
    if (!journal_listing_top_of(import->journal, listed->number, &header, &found, &import->err))
        return false;
    if (!found)
        return true;
    seen_of_row(&header, &seen);
    if (!candidates_named(import, listed, &seen, &rows))
        return false;
    if (rows.any_unproven || rows.own)
        return true;
    /* Back from the one that has it now to one that had it before, it is no less used again. */
    match->reused = match->reused || (rows.another && (rows.left || rows.count == 0));
    match->doubted = match->doubted || (rows.resized && rows.count == 0);
    return true;
}

static bool
judge_doubtful(struct match *match)
{
    struct import *import = match->import;
    struct journal_listed page[64];
    size_t count = 64;
    uint32_t after = 0;

    while (count == 64 && !match->reused) {
        if (!journal_listing_page(import->journal, LISTED_DOUBT, false, after, page, 64, &count, &import->err))
            return false;
        for (size_t i = 0; i < count; i++) {
            after = page[i].number;
            if (!judge_name(match, &page[i]))
                return false;
        }
    }
    return true;
}

/* ---- TOPs ---- */

static bool
on_top(void *context, uint32_t number, const struct seen *seen, const char *words)
{
    struct match *match = context;
    struct import *import = match->import;
    struct journal_pop header = {0};

    if (seen == NULL) {
        import_refused(import, "read the header of", number, "not certain", words,
                       "it is tried again with the next run");
        return true;
    }
    seen_header_to_row(seen, &header);
    return journal_listing_top(import->journal, number, &header, &import->err);
}

/*
 * Which new ones may be old ones: all where others went missing, in this run or in one before that did not find out what all of them are,
 * or where files wait for theirs; else those that have the size of one that did.
 */
static bool
probe(struct match *match, uint64_t gone)
{
    struct import *import = match->import;
    uint64_t fresh;
    size_t files;
    int64_t *ids;
    char *again;

    if (!journal_get(import->journal, PROBE, &again, &import->err))
        return false;
    match->again = again != NULL && strcmp(again, "1") == 0;
    free(again);
    if (!journal_listing_count(import->journal, LISTED_KNOWN, &import->steady, &import->err))
        return false;
    /* Of a run that broke off before they were paired, perhaps. */
    if (!journal_pop_by_uidl(import->journal, IMPORT_FILE_UIDL, &ids, &files, &import->err))
        return false;
    free(ids);
    if (!journal_listing_count(import->journal, LISTED_NEW, &fresh, &import->err))
        return false;
    return fresh == 0 || journal_listing_probe(import->journal, gone > 0 || files > 0 || match->again, &import->err);
}

/* All that is doubtful, by its header. */
static bool
read_doubtful(struct match *match)
{
    struct import *import = match->import;

    return journal_listing_count(import->journal, LISTED_DOUBT, &import->doubtful, &import->err) &&
           (import->doubtful == 0 || import_top_all(import, LISTED_UNREAD, on_top, match));
}

/* A header of which another name is known proves nothing by itself: a copy has it, too. With all headers it shows. */
static bool
judge_names(struct match *match)
{
    struct import *import = match->import;
    bool moved;

    if (import->doubtful == 0) /* nothing stands under a name that could be another's */
        return true;
    if (!judge_doubtful(match))
        return false;
    if (match->reused)
        return true;
    if (!journal_listing_has_moved(import->journal, &moved, &import->err))
        return false;
    match->doubted = match->doubted || moved;
    return !match->doubted ||
           (journal_listing_doubt_all(import->journal, &import->err) && read_doubtful(match) && judge_doubtful(match));
}

static bool
doubt_all(struct match *match)
{
    struct import *import = match->import;

    import->reused = true;
    report_note(import->report, import->account->name,
                "a UIDL names another message than before: no UIDL of this list is believed");
    return candidates_note_newest(import) && journal_listing_doubt_all(import->journal, &import->err) &&
           read_doubtful(match);
}

static void
say_what_was_found(const struct match *match)
{
    struct import *import = match->import;

    if (import->read_whole > 0)
        import_say(import, "match", "%" PRIu64 " message%s read whole for the header: the server refuses TOP for %s",
                   import->read_whole, import->read_whole == 1 ? " was" : "s were",
                   import->read_whole == 1 ? "it" : "them");
    if (match->renamed > 0)
        import_say(import, "match",
                   "%" PRIu64
                   " message%s on the server ha%s another UIDL than before: known by the header, not fetched again",
                   match->renamed, match->renamed == 1 ? "" : "s", match->renamed == 1 ? "s" : "ve");
    if (match->revived > 0)
        report_note(import->report, import->account->name,
                    "%" PRIu64 " messages are on the server again that a list lacked", match->revived);
    if (import->again > 0)
        import_say(import, "match",
                   "%" PRIu64
                   " message%s listed again after removal: the server said that %s removed, and kept %s or got %s back",
                   import->again, import->again == 1 ? " is" : "s are", import->again == 1 ? "it was" : "they were",
                   import->again == 1 ? "it" : "them", import->again == 1 ? "it" : "them");
    if (match->unproven > 0)
        import_say(
            import, "match",
            "%" PRIu64
            " message%s on the server can't be told for certain from another one: not fetched again, not removed",
            match->unproven, match->unproven == 1 ? "" : "s");
}

/* ---- all of it ---- */

/* What has been gone for so long that nobody needs to know. Not what a message may be that is listed and not known yet. */
static bool
forget(struct import *import, uint64_t *forgotten)
{
    const int days = import->account->policy.quarantine_days > IMPORT_ABSENT_DAYS
                         ? import->account->policy.quarantine_days
                         : IMPORT_ABSENT_DAYS;

    *forgotten = 0;
    return !import->complete ||
           journal_pop_forget(import->journal, age_bound(&import->age.now, days), forgotten, &import->err);
}

/* What is gone, what is which: in one commit. */
static bool
write_down(struct match *match)
{
    struct import *import = match->import;
    struct journal *journal = import->journal;
    uint64_t forgotten = 0;
    bool sizes, ok;

    if (!journal_listing_has_sizes(journal, &sizes, &import->err) || !journal_begin(journal, &import->err))
        return false;
    ok = (import->messages == 0 ||
          journal_set(journal, "identity", import->identity == BY_UIDL ? "uidl" : "header", &import->err)) &&
         (!sizes || journal_listing_learn_sizes(journal, &import->err)) &&
         (!import->complete || journal_listing_bury(journal, import_stamp(import), &import->err)) &&
         (import->doubtful == 0 ||
          (decide_all(match, PASS_NAME) && free_reused(match) && journal_listing_loosen(journal, &import->err) &&
           decide_all(match, PASS_HEADER) && decide_all(match, PASS_KIN) &&
           (import->options->skip_existing || journal_listing_compare_alike(journal, &import->err)))) &&
         (import->doubtful == 0 || !import->complete ||
          journal_listing_bury_rest(journal, import_stamp(import), &import->err)) &&
         (!import->complete || journal_listing_forget_begun(journal, import_stamp(import), &import->err)) &&
         forget(import, &forgotten);
    if (!import_end(import, ok))
        return false;
    if (forgotten > 0)
        report_note(import->report, import->account->name, "%" PRIu64 " messages are gone from the server for long",
                    forgotten);
    return true;
}

/* It is known now which message each is, or that this is not known yet: a run that breaks off leaves the question open. */
bool
import_note_open(struct import *import)
{
    uint64_t open;
    char *before;
    bool was;

    if (!journal_listing_count_open(import->journal, &open, &import->err) ||
        !journal_get(import->journal, PROBE, &before, &import->err))
        return false;
    was = before != NULL && strcmp(before, "1") == 0;
    free(before);
    if (was == (open > 0))
        return true;
    if (!journal_begin(import->journal, &import->err))
        return false;
    return import_end(import, journal_set(import->journal, PROBE, open > 0 ? "1" : "0", &import->err));
}

static bool
decide_and_say(struct match *match)
{
    struct import *import = match->import;
    uint64_t begun;

    if (!write_down(match) || !import_note_open(import))
        return false;
    say_what_was_found(match);
    return journal_pop_count(import->journal, POP_FETCHING, &begun, &import->err) &&
           (begun == 0 || journal_listing_want_fetching(import->journal, &import->err));
}

bool
import_match_anew(struct import *import)
{
    struct match match = {.import = import, .reused = true};

    return doubt_all(&match) && decide_and_say(&match);
}

/*
 * Did the names change, and not the mail? No name that was known is listed, and half of what there is to be known again is: where a window of
 * new mail is listed, one that is like an old one is no old one.
 */
static bool
is_renumbered(struct match *match, uint64_t gone)
{
    struct import *import = match->import;
    uint64_t known, doubtful, alike;

    if (!journal_listing_count(import->journal, LISTED_KNOWN, &known, &import->err) ||
        !journal_listing_count(import->journal, LISTED_DOUBT, &doubtful, &import->err))
        return false;
    if (known > 0 || gone < RENUMBERED_LEAST)
        return true;
    if (!journal_listing_count_gone_alike(import->journal, &alike, &import->err))
        return false;
    match->renumbered = 2 * alike >= (doubtful < gone ? doubtful : gone);
    return true;
}

bool
import_match(struct import *import)
{
    struct match match = {.import = import};
    uint64_t gone;

    if (import->identity == BY_BODY) {
        if (!journal_begin(import->journal, &import->err))
            return false;
        return import_end(import, journal_set(import->journal, "identity", "header", &import->err));
    }
    if (!journal_listing_gone(import->journal, &gone, &import->err) || !probe(&match, gone) ||
        !journal_listing_doubt_begun(import->journal, import->account->import.max_size, &import->err) ||
        !read_doubtful(&match) || !is_renumbered(&match, gone) || !judge_names(&match))
        return false;
    return (!match.reused || doubt_all(&match)) && decide_and_say(&match);
}

bool
import_bury_reused(struct import *import, struct journal_pop *row, uint32_t number)
{
    report_note(import->report, import->account->name, "UIDL %s names another message now", row->uidl);
    row->absent = import_stamp(import);
    row->hold[0] = row->why[0] = '\0';
    /* Until that one has its row, which max-messages may put off, it looks like this row's: it is read again, each time. */
    row->facts = (row->facts | POP_CONFIRM) & ~(unsigned)POP_UNSURE;
    return import_save(import, row) && journal_listing_settle(import->journal, number, 0, false, &import->err) &&
           journal_listing_compare(import->journal, number, &import->err);
}
