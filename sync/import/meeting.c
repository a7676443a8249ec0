/*
 * Files that no row knows of beside messages that no row knows of: the journal was lost, or it is older than the Maildir; the account has
 * another name in the configuration; another program brought the mail here before. What is the same must not be fetched again.
 *
 * In the first run of a journal every file below the root is looked at, the deliver folder first: one that has a header that is listed is not
 * yet its message. Later only files that bear golub's own names and were made after the journal's last run, or whenever where the clock
 * stands before that run. Where that first look showed that
 * the journal was lost or older than the Maildir, whether or not a file was of a message of that session, the list of that session may have
 * lacked some of the messages whose files are here: every file is looked at for IMPORT_ABSENT_DAYS more, as long as a row would be kept for such a message. Their headers are read, and where
 * one is kin of a header that is listed (TOP), or is that header folded anew (import/loosely.c), the file is read whole and gets a row, absent, under a name that no server gives.
 * import/match.c then pairs it like any row that went missing: by header, as often as both sides have it, by the body where that is not
 * enough. Before such a message is removed from the server its body is read (POP_CONFIRM). Without TOP every file gets a row, and
 * import/compare.c finds by the bytes which of them the new messages are.
 */
#include "sync/import/beside.h"
#include "sync/import/flush.h"
#include "sync/import/loosely.h"
#include "sync/import/phases.h"
#include "sync/import/read.h"
#include "sync/import/run.h"
#include "sync/import/seen.h"

#define OWN_NAME ".golub"
#define OWN_SLACK (2 * 3600) /* seconds: the journal's last time is not written down in each run */

/* Of the last that were counted: thousands of lines and files may have one header, and one body. */
#define MEETING_KNOWN 64

struct listed_kin {
    bool known;
    unsigned char kin[DIGEST_SIZE];
    uint64_t lines;
};

struct file_copies {
    bool known;
    unsigned char kin[DIGEST_SIZE];
    struct seen seen;
    uint64_t copies; /* rows of such files that have no message yet */
};

struct missed_file {
    int64_t id; /* of its row */
    unsigned char kin[DIGEST_SIZE];
};

struct meeting {
    struct import *import;
    struct bytes_reading *reading;
    struct loosely *loosely;
    uint64_t open; /* lines that a file may be of */
    bool any_file; /* else those count that an import made after the journal's last run */
    bool others;   /* folders other than deliver-to */
    uint64_t found;
    bool ours;    /* ... and one of them is not another import's */
    bool own;     /* files bear names that an import gave, and this journal has no import yet */
    bool later;   /* ... or has one, and an import gave them after it */
    bool any;     /* there are files that count */
    bool refused; /* a header can't be read: whose file is here nobody knows */
    bool blind;   /* there is no TOP: any file may be of any message, and import/compare.c tells by the bytes */
    struct missed_file *missed; /* by kin and id */
    size_t missed_count;
    bool missed_known;
    struct listed_kin kins[MEETING_KNOWN];
    struct file_copies copies[MEETING_KNOWN];
};

/* ---- the lines ---- */

static bool
on_top(void *context, uint32_t number, const struct seen *seen, const char *words)
{
    struct meeting *meeting = context;
    struct import *import = meeting->import;
    struct journal_pop header = {0};

    if (seen == NULL) {
        meeting->refused = true;
        import_refused(import, "read the header of", number, "new", words, "It is tried again with the next run.");
        /* Its file was not looked for: though a second TOP may say what it is, it is not fetched in this run. */
        return journal_listing_leave(import->journal, number, &import->err);
    }
    meeting->open++;
    seen_header_to_row(seen, &header);
    return loosely_add(import, meeting->loosely, number, seen) &&
           journal_listing_top(import->journal, number, &header, &import->err);
}

/* ---- the files ---- */

/* Made by an import after the journal's last run. */
static bool
is_later(const struct import *import, const char *base)
{
    const char *dot = strrchr(base, '.');
    struct text date = {base, strcspn(base, ".")};
    uint64_t when;

    return dot != NULL && strcmp(dot, OWN_NAME) == 0 && text_number(date, INT64_MAX, &when) &&
           (int64_t)when >= import->later - OWN_SLACK;
}

/* ... or perhaps: its name has the clock of that import, which stood as far back as this run's does, or further. */
static bool
may_be_later(const struct import *import, const char *base)
{
    const struct age *last = &import->age.last;
    const int64_t high = last->high > last->clock ? last->high : last->clock;
    const char *dot = strrchr(base, '.');

    if (import->age.known && import->now < high - OWN_SLACK)
        return dot != NULL && strcmp(dot, OWN_NAME) == 0;
    return is_later(import, base);
}

static bool
is_of_interest(const struct meeting *meeting, const struct journal_here_file *file)
{
    const bool deliver_to = strcmp(file->folder, meeting->import->folder) == 0;

    return meeting->any_file ? meeting->others != deliver_to : may_be_later(meeting->import, file->base);
}

/* How many lines are kin of this? None of them has its message while files are looked at. */
static bool
count_listed(struct meeting *meeting, const unsigned char *kin, uint64_t *listed)
{
    struct import *import = meeting->import;
    struct listed_kin *known = &meeting->kins[kin[0] % MEETING_KNOWN];

    if (!known->known || memcmp(known->kin, kin, DIGEST_SIZE) != 0) {
        known->known = false;
        if (!journal_listing_count_kin(import->journal, kin, SIZE_MAX, &known->lines, &import->err))
            return false;
        memcpy(known->kin, kin, DIGEST_SIZE);
        known->known = true;
    }
    *listed = known->lines;
    return true;
}

static bool
count_rows(struct import *import, const unsigned char *kin, const struct seen *seen, uint64_t *copies)
{
    const struct journal_pop_body body = {
        .came = seen->body, .wire = seen->wire, .parts = seen->has_parts ? seen->parts : NULL};
    struct journal_pop row;
    int64_t *ids;
    size_t count;
    bool ok = journal_pop_absent_by_kin(import->journal, kin, body, (struct journal_pop_page){0, SIZE_MAX}, &ids,
                                        &count, &import->err);

    *copies = 0;
    if (!ok)
        return false;
    for (size_t i = 0; ok && i < count; i++) {
        ok = import_load(import, ids[i], &row);
        *copies += ok && strcmp(row.uidl, IMPORT_FILE_UIDL) == 0 && seen_same_body(&row, seen);
    }
    free(ids);
    return ok;
}

/* How many files like this one have their row and no message yet? */
static bool
count_copies(struct meeting *meeting, const unsigned char *kin, const struct seen *seen, uint64_t *copies)
{
    struct file_copies *known = &meeting->copies[(kin[0] ^ seen->body[0]) % MEETING_KNOWN];

    if (!known->known || memcmp(known->kin, kin, DIGEST_SIZE) != 0 ||
        memcmp(known->seen.body, seen->body, DIGEST_SIZE) != 0) {
        known->known = false;
        if (!count_rows(meeting->import, kin, seen, &known->copies))
            return false;
        memcpy(known->kin, kin, DIGEST_SIZE);
        known->seen = *seen;
        known->known = true;
    }
    *copies = known->copies;
    return true;
}

static void
note_copy(struct meeting *meeting, const struct journal_pop *row)
{
    for (size_t i = 0; i < MEETING_KNOWN; i++) {
        struct file_copies *known = &meeting->copies[i];

        known->copies +=
            known->known && memcmp(known->kin, row->kin, DIGEST_SIZE) == 0 && seen_same_body(row, &known->seen);
    }
}

/* Before any file is looked at: rows whose file is missed, by their kin. */
static bool
list_missed(struct meeting *meeting)
{
    struct import *import = meeting->import;
    struct journal_pop row;
    int64_t *ids;
    size_t count;
    bool ok = journal_pop_missed(import->journal, &ids, &count, &import->err);

    meeting->missed_known = true;
    if (!ok || count == 0)
        return ok;
    meeting->missed = calloc(count, sizeof *meeting->missed);
    ok = meeting->missed != NULL || import_no_memory(import);
    for (size_t i = 0; ok && i < count; i++) {
        ok = import_load(import, ids[i], &row);
        if (ok && row.has_kin) {
            meeting->missed[meeting->missed_count].id = ids[i];
            memcpy(meeting->missed[meeting->missed_count++].kin, row.kin, DIGEST_SIZE);
        }
    }
    free(ids);
    return ok;
}

static size_t
first_missed(const struct meeting *meeting, const unsigned char *kin)
{
    size_t from = 0, to = meeting->missed_count;

    while (from < to) {
        const size_t middle = from + (to - from) / 2;

        if (memcmp(meeting->missed[middle].kin, kin, DIGEST_SIZE) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

/* A mail reader may have saved a row's file under another name: the file of its bytes is the one that is missed. */
static bool
is_missed_one(struct meeting *meeting, const struct journal_here_file *file, const struct seen *seen, bool *missed)
{
    struct import *import = meeting->import;
    struct journal_pop row;
    bool same = false;

    *missed = false;
    if (!meeting->missed_known && !list_missed(meeting))
        return false;
    for (size_t i = first_missed(meeting, seen->kin.rest);
         !same && i < meeting->missed_count && memcmp(meeting->missed[i].kin, seen->kin.rest, DIGEST_SIZE) == 0; i++) {
        if (!import_load(import, meeting->missed[i].id, &row))
            return false;
        same = row.missed != 0 && row.size == seen->size && seen_same_body(&row, seen);
    }
    if (!same)
        return true;
    (void)text_print(row.base, sizeof row.base, "%s", file->base);
    row.folder = file->folder;
    row.missed = 0;
    row.facts &= ~(unsigned)POP_MASS;
    *missed = true;
    return import_save(import, &row);
}

/*
 * The header that its message has there, where a program changed it in the file: by that it is paired. That program folded the headers of its
 * parts, too: they are compared without.
 */
static void
take_header(struct journal_pop *row, const struct journal_pop *header, const struct seen *seen)
{
    if (seen->has_parts)
        memcpy(row->body, seen->parts, DIGEST_SIZE);
    row->has_id = header->has_id;
    row->received_size = header->received_size;
    memcpy(row->header, header->header, DIGEST_SIZE);
    memcpy(row->kin, header->kin, DIGEST_SIZE);
    memcpy(row->message_id, header->message_id, DIGEST_SIZE);
    memcpy(row->received, header->received, sizeof row->received);
    row->facts = (row->facts & ~(unsigned)POP_NAMELESS) | (header->facts & (unsigned)POP_NAMELESS);
}

/* A row for a file whose message is listed; of copies as many as are listed are enough. header: what it has there, NULL: one that is kin */
static bool
make_row(struct meeting *meeting, const struct journal_here_file *file, const struct seen *seen,
         const struct journal_pop *header, uint64_t listed)
{
    struct import *import = meeting->import;
    struct journal_pop row;
    uint64_t copies;
    bool known, others;

    if (!is_missed_one(meeting, file, seen, &known) || known)
        return known;
    if (!count_copies(meeting, header != NULL ? header->kin : seen->kin.rest, seen, &copies) || copies >= listed)
        return copies >= listed;
    import_new_row(import, IMPORT_FILE_UIDL, 0, &row);
    if (!flush_note(import)) /* the journal that was lost may have known that it is not on the disk */
        return false;
    if (!import_set_stored(import, &row))
        return false;
    seen_to_row(seen, &row);
    if (header != NULL)
        take_header(&row, header, seen);
    row.size = seen->size;
    row.facts |= POP_CONFIRM;
    row.absent = import_stamp(import);
    (void)text_print(row.base, sizeof row.base, "%s", file->base);
    row.folder = file->folder;
    meeting->found++;
    if (!import_beside_imported(import, file->base, &others))
        return false;
    meeting->ours = meeting->ours || !others;
    note_copy(meeting, &row);
    return import_save(import, &row);
}

static bool
look_at(struct meeting *meeting, const struct journal_here_file *file)
{
    struct import *import = meeting->import;
    const struct local_file at = {file->folder, file->base, file->info};
    struct journal_pop header;
    struct seen seen;
    uint64_t listed = UINT64_MAX;
    bool missing = false, loosely = false;

    if (!meeting->blind && !bytes_of_file(import, meeting->reading, &at, false, &seen, &missing))
        return false;
    if (missing) /* renamed or removed meanwhile: the next run looks again */
        import->unmet = import->unseen = true;
    if (missing)
        return true;
    if (!meeting->blind && (!loosely_find(import, meeting->loosely, &seen, &header, &loosely) ||
                            !count_listed(meeting, loosely ? header.kin : seen.kin.rest, &listed)))
        return false;
    if (!meeting->blind && listed == 0)
        return true;
    if (!bytes_of_file(import, meeting->reading, &at, true, &seen, &missing))
        return false;
    if (missing)
        import->unmet = import->unseen = true;
    return missing || make_row(meeting, file, &seen, loosely ? &header : NULL, listed);
}

/* A name that an import of this account gave: the other accounts of the tree give such names, too. */
static bool
note_own(struct meeting *meeting, const char *base)
{
    const char *dot = strrchr(base, '.');
    bool others;

    if (!meeting->import->first || meeting->own || dot == NULL || strcmp(dot, OWN_NAME) != 0)
        return true;
    if (!import_beside_explains(meeting->import, base, &others))
        return false;
    meeting->own = !others;
    return true;
}

/* Each file that no row knows of, until one says that it was enough. */
typedef bool stranger_fn(struct meeting *meeting, const struct journal_here_file *file, bool *enough);

static bool
walk_strangers(struct meeting *meeting, stranger_fn *visit)
{
    struct import *import = meeting->import;
    struct journal_here_file *page = calloc(32, sizeof *page);
    size_t count = 32;
    int64_t after = 0;
    bool ok = page != NULL || import_no_memory(import), enough = false;

    while (ok && count == 32 && !enough) {
        ok = journal_here_strangers(import->journal, after, page, 32, &count, &import->err);
        for (size_t i = 0; ok && i < count && !enough; i++) {
            after = page[i].id;
            ok = visit(meeting, &page[i], &enough);
        }
    }
    free(page);
    return ok;
}

/* The journal is older than this file, whichever message of this session or another it is of. */
static bool
note_later(struct meeting *meeting, const char *base)
{
    bool others;

    if (meeting->any_file || meeting->later)
        return true;
    if (!import_beside_explains(meeting->import, base, &others))
        return false;
    meeting->later = !others;
    return true;
}

static bool
look_at_one(struct meeting *meeting, const struct journal_here_file *file, bool *enough)
{
    (void)enough;
    return note_own(meeting, file->base) &&
           (!is_of_interest(meeting, file) || (note_later(meeting, file->base) && look_at(meeting, file)));
}

static bool
look_at_all(struct meeting *meeting)
{
    return meeting->open == 0 || walk_strangers(meeting, look_at_one);
}

/* ---- is there a meeting at all? ---- */

static bool
look_for_one(struct meeting *meeting, const struct journal_here_file *file, bool *enough)
{
    *enough = meeting->any_file || is_of_interest(meeting, file);
    meeting->any = meeting->any || *enough;
    return true;
}

static bool
look_at_name(struct meeting *meeting, const struct journal_here_file *file, bool *enough)
{
    bool ok = note_own(meeting, file->base);

    *enough = meeting->own;
    return ok;
}

/* Nothing is new to this session; but files that an import brought say that the journal was lost, and what they are of may be listed later. */
static bool
look_at_names(struct meeting *meeting)
{
    bool ok = walk_strangers(meeting, look_at_name);

    meeting->import->widen = meeting->own;
    return ok;
}

/* Any file, those of the deliver folder first. */
static bool
look_at_any(struct meeting *meeting)
{
    meeting->any_file = true;
    if (!look_at_all(meeting))
        return false;
    meeting->others = true;
    return look_at_all(meeting);
}

/* One that an import gave its name after the journal's last run shows that the journal is older, and others may have other names by now. */
static bool
look_at_files(struct meeting *meeting)
{
    if (meeting->any_file)
        return look_at_any(meeting);
    return look_at_all(meeting) && (!meeting->ours || look_at_any(meeting));
}

static bool
look_for_later(struct meeting *meeting, const struct journal_here_file *file, bool *enough)
{
    *enough = may_be_later(meeting->import, file->base);
    meeting->any = meeting->any || *enough;
    return true;
}

static bool
look_for_left(struct meeting *meeting, const struct journal_here_file *file, bool *enough)
{
    bool others = true;

    if (is_later(meeting->import, file->base) && !import_beside_explains(meeting->import, file->base, &others))
        return false;
    *enough = !others;
    meeting->import->later_left = *enough;
    return true;
}

/* Nothing is new to this session: what the files are of that this journal does not know may be listed later. */
static bool
leave_files(struct meeting *meeting)
{
    struct import *import = meeting->import;

    if (import->first)
        return look_at_names(meeting);
    return !import->age.known || walk_strangers(meeting, look_for_left);
}

/* Are files here that an import brought and this journal, which had begun to fetch, does not know? It never ended a run where `first`: any of them. */
static bool
has_own(struct meeting *meeting, bool *has)
{
    if (!walk_strangers(meeting, meeting->import->first ? look_at_name : look_for_later))
        return false;
    *has = meeting->import->first ? meeting->own : meeting->any;
    meeting->any = false;
    return true;
}

/*
 * A journal that is older than the Maildir may know of a message only that it did not come yet: its file may be one of those that were made
 * since.
 */
static bool
doubt_begun(struct meeting *meeting)
{
    struct import *import = meeting->import;
    uint64_t begun;
    bool has;

    if ((!import->age.known && !import->first) || import->identity != BY_UIDL || import->options->skip_existing ||
        import->adopted != NULL)
        return true;
    if (!journal_pop_count(import->journal, POP_FETCHING, &begun, &import->err))
        return false;
    if (begun == 0)
        return true;
    if (!has_own(meeting, &has))
        return false;
    if (!has)
        return true;
    if (!journal_begin(import->journal, &import->err))
        return false;
    return import_end(import, journal_pop_doubt_begun(import->journal, &import->err)) &&
           journal_listing_doubt_begun(import->journal, import->account->import.max_size, &import->err);
}

/* Rows of this one's new names are made when they are fetched; now they are only doubtful. */
static bool
meet(struct meeting *meeting, uint64_t fresh)
{
    struct import *import = meeting->import;

    import->unseen = import->first && import->unmet; /* a folder changed while it was listed, each time */
    if (!journal_listing_probe(import->journal, true, &import->err) ||
        !import_top_all(import, LISTED_UNREAD, on_top, meeting))
        return false;
    meeting->blind = !import->info.top;
    if (meeting->blind)
        meeting->open = fresh;
    if (!look_at_files(meeting))
        return false;
    import->widen = meeting->ours || meeting->refused || meeting->own || meeting->later;
    if (import->unseen) {
        import_left_undone(import, "files here changed while they were looked at");
        import_say(import, "match",
                   "files here changed while they were looked at: mail that may be here already is fetched by the next "
                   "run");
    }
    if (meeting->found > 0 && !meeting->blind)
        import_say(import, "match",
                   "%llu files here have headers of messages that are on the server and that the journal did not know "
                   "of: what "
                   "is the same is not fetched again",
                   (unsigned long long)meeting->found);
    if (meeting->found > 0 && meeting->blind)
        import_say(
            import, "match",
            "%llu files here are none that the journal knows of, and the server has no TOP: all that is new there "
            "is fetched and compared with them",
            (unsigned long long)meeting->found);
    return true;
}

bool
import_meet(struct import *import)
{
    struct meeting meeting = {.import = import, .any_file = import->first || import->wide};
    uint64_t fresh, doubtful;
    bool ok;

    if (import->handover != NULL || import->no_root)
        return true;
    if (!meeting.any_file && !import->age.known)
        return true;
    if (!doubt_begun(&meeting))
        return false;
    /* Names that stand twice, or were another's, are no less new to a journal that knows nothing of them. */
    if (!journal_listing_count(import->journal, LISTED_NEW, &fresh, &import->err) ||
        !journal_listing_count(import->journal, LISTED_DOUBT, &doubtful, &import->err))
        return false;
    fresh += doubtful;
    if (import->identity == BY_BODY) /* nothing has a name */
        fresh = import->messages;
    /* What is recorded as had is read by nobody: it is met by the next run. */
    if (import->options->skip_existing || import->adopted != NULL || fresh == 0)
        return leave_files(&meeting);
    if (!walk_strangers(&meeting, look_for_one))
        return false;
    if (!meeting.any)
        return true;
    meeting.reading = bytes_new();
    meeting.loosely = loosely_new();
    ok = ((meeting.reading != NULL && meeting.loosely != NULL) || import_no_memory(import)) && meet(&meeting, fresh);
    free(meeting.missed);
    loosely_free(meeting.loosely);
    bytes_free(meeting.reading);
    return ok;
}
