/*
 * The bytes of files: those of the folders, and those of the quarantine.
 */
#include "sync/base/state.h"
#include "store/journal/quarantine.h"
#include "sync/inspect/verify_private.h"

struct reading {
    struct verifying *verifying;
    const struct mailbox *mailbox;
    struct journal_message *row;
    int64_t *missing; /* rows whose file is not there under the name that the journal knows */
    size_t count, size;
};

static bool
read_row(struct reading *reading, const struct journal_message *row, const char *info, bool again)
{
    struct verifying *verifying = reading->verifying;
    const struct local_file file = {reading->mailbox->row.folder, row->base, info};
    struct local_facts facts;
    struct error err;
    enum verify_what what;
    bool missing, read;

    if (!verify_read_file(verifying, &file, &facts, &missing, &read, &err))
        return false;
    if (read && verify_is_other(verifying, row, &facts, verify_is_there(row), &what))
        verify_say(verifying, reading->mailbox, what, row, NULL);
    else if (read)
        return true;
    else if (!missing)
        verify_say(verifying, reading->mailbox, err.kind == ERROR_NONE ? VERIFY_RESTLESS : VERIFY_UNREADABLE, row,
                   err.kind == ERROR_NONE  ? NULL
                   : err.answer[0] != '\0' ? err.answer
                                           : err.what);
    if (!missing || again)
        return true;
    if (!array_grow(&reading->missing, &reading->size, reading->count + 1, sizeof *reading->missing))
        return run_no_memory(&verifying->run);
    reading->missing[reading->count++] = row->id;
    return true;
}

static int
compare_ids(const void *pa, const void *pb)
{
    const int64_t a = *(const int64_t *)pa, b = *(const int64_t *)pb;

    return a < b ? -1 : a > b;
}

/* Somebody gave it another info: what stands in the folder under its base name is its file. */
static bool
see_name(void *context, const char *base, const char *info)
{
    struct reading *reading = context;
    struct run *run = &reading->verifying->run;
    bool found;

    if (!journal_message_by_base(run->journal, reading->mailbox->row.id, base, reading->row, &found, &run->err))
        return false;
    if (found)
        (void)text_print(reading->row->info, sizeof reading->row->info, "%s", info);
    if (!found ||
        bsearch(&reading->row->id, reading->missing, reading->count, sizeof *reading->missing, compare_ids) == NULL)
        return true;
    return read_row(reading, reading->row, info, true);
}

static bool
read_renamed(struct reading *reading)
{
    static const struct local_scanner scanner = {see_name, NULL};
    struct run *run = &reading->verifying->run;
    struct local_stamp stamp;
    struct error err = {0};
    bool stable;

    if (reading->count == 0)
        return true;
    qsort(reading->missing, reading->count, sizeof *reading->missing, compare_ids);
    return run->local.ops->scan(run->local.self, reading->mailbox->row.folder, &scanner, reading, &stamp, &stable,
                                &err) ||
           run->err.kind == ERROR_NONE; /* a folder that can't be read was said */
}

/* Can a file of this size be the message, with line ends of one byte or of two? One that was cut, or is empty, is read without --bytes, too. */
static bool
is_odd_size(const struct reading *reading)
{
    struct run *run = &reading->verifying->run;
    const struct journal_message *row = reading->row;
    const struct local_file file = run_file(reading->mailbox, row);
    struct local_print print;
    struct error err;
    bool missing = false;

    return (row->facts & FACT_FOREIGN) == 0 && row->size != 0 &&
           run->local.ops->look(run->local.self, &file, &print, &missing, &err) && !missing &&
           (print.size > row->size || print.size < row->size / 2);
}

static bool
read_folder(struct reading *reading)
{
    struct verifying *verifying = reading->verifying;
    struct run *run = &verifying->run;
    bool ok, found = false;

    reading->count = 0;
    ok = journal_walk_begin(run->journal, reading->mailbox->row.id, &run->err);
    while (ok && !run_stopped(run)) {
        ok = journal_walk_next(run->journal, reading->row, &found, &run->err);
        if (!ok || !found)
            break;
        if (verify_is_read(verifying, reading->row) && !id_set_has(&verifying->read, reading->row->id) &&
            (verifying->how->bytes || is_odd_size(reading)))
            ok = read_row(reading, reading->row, reading->row->info, false);
    }
    journal_walk_end(run->journal);
    return ok && (run_stopped(run) || read_renamed(reading));
}

bool
verify_files(struct verifying *verifying)
{
    struct run *run = &verifying->run;
    struct reading reading = {.verifying = verifying, .row = malloc(sizeof *reading.row)};
    bool ok = reading.row != NULL || run_no_memory(run);

    for (size_t i = 0; ok && i < run->count && !run_stopped(run); i++) {
        reading.mailbox = &run->mailboxes[i];
        if (reading.mailbox->chosen && reading.mailbox->asked && reading.mailbox->row.id != 0 &&
            reading.mailbox->folder_here)
            ok = read_folder(&reading);
    }
    free(reading.row);
    free(reading.missing);
    return ok;
}

/* ---- the quarantine ---- */

static bool
read_kept(struct verifying *verifying, const struct journal_quarantined *kept, const struct journal_message *named)
{
    struct run *run = &verifying->run;
    struct error err = {0};
    struct local_print print;
    struct local_facts facts;
    void *handle = NULL;
    bool missing = false, ok;

    ok = run->local.ops->quarantine_open(run->local.self, kept->name, &handle, &print, &missing, &err);
    if (ok && missing) {
        verify_say(verifying, NULL, VERIFY_KEPT_MISSING, named, NULL);
        return true;
    }
    ok = ok && run->local.ops->read_facts(run->local.self, handle, &facts, &err);
    if (handle != NULL)
        run->local.ops->read_close(run->local.self, handle);
    if (err.kind == ERROR_INTERRUPTED) {
        run->err = err;
        return false;
    }
    if (!ok) {
        verify_say(verifying, NULL, VERIFY_KEPT_UNREADABLE, named, err.answer[0] != '\0' ? err.answer : err.what);
        return true;
    }
    verifying->sum.files++;
    verifying->sum.bytes += print.size;
    if (kept->has_wire && memcmp(kept->wire, facts.digests.wire, DIGEST_SIZE) != 0)
        verify_say(verifying, NULL, VERIFY_KEPT_DAMAGED, named, NULL);
    return true;
}

static bool
check_kept(struct verifying *verifying, const struct journal_quarantined *kept)
{
    struct run *run = &verifying->run;
    struct journal_message named = {.uid = kept->uid};

    verifying->sum.kept++;
    (void)text_print(named.base, sizeof named.base, "%s", kept->name);
    if (verifying->how->bytes && (!kept->has_wire || verify_is_of_part(verifying, kept->wire)))
        return read_kept(verifying, kept, &named);
    if (!run->local.ops->in_quarantine(run->local.self, kept->name))
        verify_say(verifying, NULL, VERIFY_KEPT_MISSING, &named, NULL);
    return true;
}

bool
verify_quarantine(struct verifying *verifying)
{
    struct run *run = &verifying->run;
    struct journal_quarantined *kept = malloc(sizeof *kept);
    char words[4096 + sizeof STATE_NO_QUARANTINE];
    int64_t *ids = NULL;
    size_t count = 0;
    bool ok = (kept != NULL || run_no_memory(run)) &&
              journal_quarantine_ids(run->journal, INT64_MAX, &ids, &count, &run->err);

    if (ok && count != 0 && state_lacks_quarantine(run->account)) {
        verifying->sum.kept = count;
        (void)text_print(words, sizeof words, STATE_NO_QUARANTINE, run->account->state);
        verify_say_many(verifying, NULL, CLASS_QUARANTINE_DAMAGED, true, count, words);
        count = 0;
    }
    for (size_t i = 0; ok && i < count && !run_stopped(run); i++) {
        bool found;

        ok = journal_quarantine_get(run->journal, ids[i], kept, &found, &run->err);
        if (ok && found)
            ok = check_kept(verifying, kept);
    }
    free(ids);
    free(kept);
    return ok;
}
