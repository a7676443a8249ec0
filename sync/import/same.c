/*
 * The configuration names another server or user than the journal: a provider changed a host name, or this is another person's maildrop.
 * It is the same one if names that are known are listed there, and headers of some of them, spread over the list, are those that are known.
 */
#include "sync/import/phases.h"
#include "sync/import/read.h"
#include "sync/import/run.h"
#include "sync/import/seen.h"
#include "sync/import/verdict.h"

#define SAMPLES 16

struct sampling {
    struct import *import;
    struct journal_pop rows[SAMPLES];
    struct journal_listed lines[SAMPLES];
    uint32_t numbers[SAMPLES];
    size_t count, same;
    bool other;
};

static bool
on_top(void *context, uint32_t number, const struct seen *seen, const char *words)
{
    struct sampling *sampling = context;

    (void)words;
    for (size_t i = 0; seen != NULL && i < sampling->count; i++) {
        const struct journal_pop *row = &sampling->rows[i];

        if (sampling->numbers[i] != number)
            continue;
        if (import_verdict(row, seen, sampling->lines[i].size) == VERDICT_SAME)
            sampling->same++;
        else
            sampling->other = true;
    }
    return true;
}

/* Some of those that are known by name, spread over the list. */
static bool
choose(struct sampling *sampling)
{
    struct import *import = sampling->import;
    struct journal_listed page[64];
    uint64_t known, place = 0, next = 0;
    size_t count = 64;
    uint32_t after = 0;

    if (!journal_listing_count(import->journal, LISTED_KNOWN, &known, &import->err))
        return false;
    while (count == 64 && sampling->count < SAMPLES) {
        if (!journal_listing_page(import->journal, LISTED_KNOWN, false, after, page, 64, &count, &import->err))
            return false;
        for (size_t i = 0; i < count && sampling->count < SAMPLES; i++, place++) {
            struct journal_pop *row = &sampling->rows[sampling->count];

            after = page[i].number;
            if (place < next)
                continue;
            if (!import_load(import, page[i].row, row))
                return false;
            if (!row->has_header && !row->has_kin)
                continue;
            sampling->lines[sampling->count] = page[i];
            sampling->numbers[sampling->count++] = page[i].number;
            next = place + (known + SAMPLES - 1) / SAMPLES;
        }
    }
    return true;
}

static bool
accept(struct import *import)
{
    import_say(import, "server", "the server has another name than before, and it is the same maildrop");
    if (import->dry)
        return true;
    if (!journal_begin(import->journal, &import->err))
        return false;
    return import_end(import, journal_set(import->journal, "server", import->server, &import->err));
}

bool
import_same_maildrop(struct import *import)
{
    struct sampling *sampling;
    bool ok;

    if (!import->other_server)
        return true;
    sampling = calloc(1, sizeof *sampling);
    if (sampling == NULL)
        return import_no_memory(import);
    sampling->import = import;
    ok = import->identity == BY_BODY ||
         (choose(sampling) && import_top(import, sampling->numbers, sampling->count, on_top, sampling));
    if (ok && sampling->same > 0 && !sampling->other)
        ok = accept(import);
    else if (ok)
        ok = import_forbid(
            import,
            "import: its host name or user is not what it was, and the mail there does not prove that it "
            "is the same maildrop",
            "Put the old value back; or move the state folder away: then what is on the server is compared "
            "with the mail here, and what is here already is not fetched again.");
    free(sampling);
    return ok;
}
