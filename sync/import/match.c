/*
 * Which message is which (import/decide.c: of one line). One row of the journal means one message of the maildrop for as long as it may be there:
 *
 *     listed, UIDL and size as in its row      the row's message                            no TOP
 *     listed, but ...                          TOP: header, kin, Message-ID against the row
 *       ... with another size, after an absence, or its UIDL stands twice
 *     its UIDL is unknown, and rows went       TOP against rows that are absent: renumbered, another server,
 *     missing, or one of its size is absent    restored, or removed here and sent back
 *     its UIDL is unknown, none of that        new                                          no TOP
 *     a row that a complete list lacks         absent since then; forgotten after 30 days or more
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
#include "sync/import/candidates.h"
#include "sync/import/match.h"
#include "sync/import/phases.h"
#include "sync/import/read.h"
#include "sync/import/run.h"
#include "sync/import/seen.h"
#include "sync/import/verdict.h"

#include <inttypes.h>

#define RENUMBERED_LEAST 3 /* messages: one that went and one that came are no new numbering */

#define PROBE "probe" /* in meta: "1": of some lines it is not known yet which message they are */

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
    match->resized = match->resized || (rows.resized && rows.count == 0);
    match->doubted = match->doubted || match->resized;
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
                       "It is tried again with the next run.");
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
         (!(match->reused || match->resized) || journal_pop_forget_unread(journal, &import->err)) &&
         (import->doubtful == 0 ||
          (decide_lines(match, DECIDE_BY_NAME) && free_reused(match) && journal_listing_loosen(journal, &import->err) &&
           decide_lines(match, DECIDE_BY_HEADER) && decide_lines(match, DECIDE_BY_KIN) &&
           journal_pop_doubt_left(journal, &import->err) &&
           (import->options->skip_existing || journal_listing_compare_alike(journal, &import->err)))) &&
         (import->doubtful == 0 || !import->complete ||
          journal_listing_bury_rest(journal, import_stamp(import), &import->err)) &&
         (import->complete || journal_listing_doubt_lacked(journal, &import->err)) &&
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
import_bury_reused(struct import *import, struct journal_pop *row, uint32_t number, const struct seen *seen)
{
    report_note(import->report, import->account->name, "UIDL %s names another message now", row->uidl);
    import->freed = true;
    row->absent = import_stamp(import);
    if (row->listed != row->size) /* LIST says it of that one, and perhaps of that one alone */
        row->listed = 0;
    row->hold[0] = row->why[0] = '\0';
    if (seen != NULL)
        import_note_more(row, seen);
    /* Until that one has its row, which max-messages may put off, it looks like this row's: it is read again, each time. */
    row->facts = (row->facts | POP_CONFIRM) & ~(unsigned)POP_UNSURE;
    return import_save(import, row) && journal_listing_pair(import->journal, number, 0, false, &import->err) &&
           journal_listing_compare(import->journal, number, &import->err);
}
