/*
 * --adopt FILE: what the list of getmail, mpop or fetchmail names is recorded as had, as --skip-existing records all. Nothing but the lists
 * of UIDL and LIST is asked of the server.
 */
#include "sync/import/adopt.h"
#include "sync/import/run.h"

#include <errno.h>
#include <inttypes.h>

#include "store/foreign/file.h"
#include "store/foreign/uidls.h"

struct adopted {
    const char *path;
    struct buffer bytes; /* of the file; the texts are of it */
    struct uidls lists;
    struct foreign_print print;
    struct text *uidls; /* of this maildrop, ascending, each once, as the program spells them */
    bool *met;          /* one each: the server lists it */
    size_t count;
    /* of what the server lists */
    uint64_t recorded, fresh;
};

void
import_adopt_free(struct import *import)
{
    struct adopted *adopted = import->adopted;

    if (adopted == NULL)
        return;
    uidls_free(&adopted->lists);
    buffer_free(&adopted->bytes);
    free(adopted->uidls);
    free(adopted->met);
    free(adopted);
    import->adopted = NULL;
}

/* ---- the file ---- */

/* Nothing was touched: it is for the user to name another file, or to wait. */
static bool
refuse_file(struct import *import)
{
    struct error why = import->err;

    error_set(&import->err, ERROR_CONFIG, "take over %s", import->options->adopt_list);
    error_answer(&import->err, text_of(why.answer[0] != '\0' ? why.answer : why.what));
    error_hint(&import->err, "Nothing was taken from it. --adopt wants a list of getmail (oldmail-...), mpop "
                             "(.mpop_uidls/...) or fetchmail (.fetchids).");
    return false;
}

static bool
read_file(struct import *import, struct adopted *adopted)
{
    const char *as = import->options->adopt_as;
    bool missing = false;

    if (!foreign_file_read(adopted->path, &adopted->bytes, &adopted->print, &missing, &import->err) ||
        (!missing && !uidls_read((struct text){adopted->bytes.at, adopted->bytes.len},
                                 as != NULL ? uidls_kind_of(as) : UIDLS_UNKNOWN, &adopted->lists, &import->err)))
        return refuse_file(import);
    if (missing) {
        error_sys(&import->err, ENOENT, "read it");
        return refuse_file(import);
    }
    if (!foreign_file_is_locked(adopted->path))
        return true;
    error_state(&import->err, ERROR_LOCKED, "%s is at work on %s", uidls_program(adopted->lists.kind), adopted->path);
    error_hint(&import->err, "Stop it first; nothing was done here.");
    return false;
}

/* getmail names the file after the maildrop; whoever says that a file is getmail's says with it whose it is. */
static bool
is_ours(const struct import *import, const struct adopted *adopted, const struct uidls_owner *owner)
{
    const struct connection *to = &import->account->connection;
    const char *slash = strrchr(adopted->path, '/'), *user = to->user != NULL ? to->user : "";

    if (adopted->lists.kind != UIDLS_GETMAIL)
        return to->host != NULL && text_is_nocase(owner->host, to->host) && text_is(owner->user, user);
    return import->options->adopt_as != NULL ||
           (to->host != NULL && uidls_getmail_is_of(slash != NULL ? slash + 1 : adopted->path, to->host, user));
}

static void
say_owners(const struct uidls *lists, char to[static 256])
{
    size_t used = 0;

    to[0] = '\0';
    for (size_t i = 0; i < lists->owner_count && used < 200; i++) {
        const struct uidls_owner *owner = &lists->owners[i];

        (void)text_print(to + used, 256 - used, "%s%.*s at %.*s (%zu)", i == 0 ? "" : ", ",
                         (int)(owner->user.len < 60 ? owner->user.len : 60), owner->user.at,
                         (int)(owner->host.len < 60 ? owner->host.len : 60), owner->host.at, owner->count);
        used = strlen(to);
    }
}

static bool
refuse_owner(struct import *import, const struct adopted *adopted)
{
    const struct connection *to = &import->account->connection;
    char owners[256];

    error_set(&import->err, ERROR_CONFIG, "take over %s: it has no list of %s at %s", adopted->path,
              to->user != NULL ? to->user : "nobody", to->host != NULL ? to->host : "a server without a name");
    if (adopted->lists.kind == UIDLS_GETMAIL) {
        error_hint(&import->err, "getmail names the file oldmail-SERVER-PORT-USER. If it has another name and is this "
                                 "account's all the same: --adopt-as getmail.");
        return false;
    }
    say_owners(&adopted->lists, owners);
    error_answer(&import->err, text_of(owners));
    error_hint(&import->err, "So many lists are in it; server and user are compared with those of the account.");
    return false;
}

static int
compare_texts(const void *pa, const void *pb)
{
    return text_order(*(const struct text *)pa, *(const struct text *)pb);
}

static bool
choose_owner(struct import *import, struct adopted *adopted)
{
    const struct uidls *lists = &adopted->lists;
    bool any = false;
    size_t kept = 0;

    adopted->uidls = calloc(lists->count + 1, sizeof *adopted->uidls);
    adopted->met = calloc(lists->count + 1, sizeof *adopted->met);
    if (adopted->uidls == NULL || adopted->met == NULL)
        return import_no_memory(import);
    for (size_t owner = 0; owner < lists->owner_count; owner++) {
        if (!is_ours(import, adopted, &lists->owners[owner]))
            continue;
        any = true;
        for (size_t i = 0; i < lists->count; i++)
            if (lists->entries[i].owner == owner)
                adopted->uidls[adopted->count++] = lists->entries[i].uidl;
    }
    if (!any)
        return refuse_owner(import, adopted);
    if (adopted->count > 1)
        qsort(adopted->uidls, adopted->count, sizeof *adopted->uidls, compare_texts);
    for (size_t i = 0; i < adopted->count; i++) {
        if (i == 0 || compare_texts(&adopted->uidls[i], &adopted->uidls[kept - 1]) != 0)
            adopted->uidls[kept++] = adopted->uidls[i];
    }
    adopted->count = kept;
    return true;
}

bool
import_adopt_read(struct import *import)
{
    struct adopted *adopted;

    if (import->options->adopt_list == NULL)
        return true;
    adopted = calloc(1, sizeof *adopted);
    if (adopted == NULL)
        return import_no_memory(import);
    import->adopted = adopted; /* import_adopt_free takes it in any case */
    adopted->path = import->options->adopt_list;
    adopted->bytes = buffer_new(LIMIT_FOREIGN);
    return read_file(import, adopted) && choose_owner(import, adopted);
}

/* ---- what the server lists ---- */

static bool *
find(const struct adopted *adopted, const char *uidl)
{
    char spelled[sizeof((struct journal_listed *)0)->uidl];
    struct text wanted;
    const struct text *found;

    if (adopted->count == 0 || uidl[0] == '\0')
        return NULL;
    uidls_spell(adopted->lists.kind, uidl, spelled);
    wanted = text_of(spelled);
    found = bsearch(&wanted, adopted->uidls, adopted->count, sizeof *found, compare_texts);
    return found != NULL ? &adopted->met[found - adopted->uidls] : NULL;
}

static bool
record(struct import *import, const struct journal_listed *listed)
{
    struct journal_pop row;

    if (!import_begin_row(import, listed, &row))
        return false;
    row.state = POP_HAD;
    import->counts.had++;
    return journal_pop_save(import->journal, &row, &import->err);
}

/*
 * An import began it, or left it as too large: nothing of it is here. One that may be another row's message is compared by the next import, and what a
 * power cut took comes again. *begun: it is one of these two
 */
static bool
record_begun(struct import *import, const struct journal_listed *listed, bool *begun)
{
    struct journal_pop row;

    *begun = false;
    if (!import_load(import, listed->row, &row))
        return false;
    if (row.state != POP_FETCHING)
        return true;
    *begun = (row.facts & (POP_DOUBT | POP_LOST)) != 0;
    if (*begun)
        return true;
    row.state = POP_HAD;
    row.facts &= POP_NAMELESS;
    row.since = import_stamp(import);
    row.listed = listed->size;
    row.base[0] = row.why[0] = '\0';
    import->counts.had++;
    return journal_pop_save(import->journal, &row, &import->err);
}

static bool
take_page(struct import *import, enum journal_listing_which which, const struct journal_listed *page, size_t count)
{
    struct adopted *adopted = import->adopted;
    bool ok = true;

    for (size_t i = 0; ok && i < count; i++) {
        bool *met = find(adopted, page[i].uidl), begun = false;

        if (met == NULL) {
            adopted->fresh += which != LISTED_KNOWN;
            continue;
        }
        *met = true;
        if (which != LISTED_DOUBT)
            ok = which == LISTED_NEW ? record(import, &page[i]) : record_begun(import, &page[i], &begun);
        /* A name that stands twice, or was another's, is nobody's: the next import finds out what it is. */
        *(which == LISTED_DOUBT || begun ? &adopted->fresh : &adopted->recorded) += 1;
    }
    return ok;
}

static bool
take_all(struct import *import, enum journal_listing_which which)
{
    struct journal_listed page[LIMIT_BATCH];
    size_t count = LIMIT_BATCH;
    uint32_t after = 0;

    while (count == LIMIT_BATCH && !import_stopped(import)) {
        if (!journal_listing_page(import->journal, which, false, after, page, LIMIT_BATCH, &count, &import->err))
            return false;
        if (count == 0)
            break;
        after = page[count - 1].number;
        if (!journal_begin(import->journal, &import->err) || !import_end(import, take_page(import, which, page, count)))
            return false;
    }
    return true;
}

/* "1,204" */
static void
print_number(uint64_t number, char to[static 32])
{
    char digits[24];
    size_t length, used = 0;

    (void)text_print(digits, sizeof digits, "%" PRIu64, number);
    length = strlen(digits);
    for (size_t i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            to[used++] = ',';
        to[used++] = digits[i];
    }
    to[used] = '\0';
}

static void
say_counts(struct import *import)
{
    const struct adopted *adopted = import->adopted;
    char recorded[32], fresh[32], over[32];
    uint64_t gone = 0;

    for (size_t i = 0; i < adopted->count; i++)
        gone += !adopted->met[i];
    print_number(adopted->recorded, recorded);
    print_number(adopted->fresh, fresh);
    print_number(gone, over);
    report_line(import->report, import->account->name, "adopted",
                "%s recorded, %s on the server %s new, %s %s no longer there", recorded, fresh,
                adopted->fresh == 1 ? "is" : "are", over, gone == 1 ? "is" : "are");
}

/* The program ran while the lists were read: what it fetched meanwhile would be fetched once more. */
static bool
check_file_stands(struct import *import)
{
    const struct adopted *adopted = import->adopted;

    if (foreign_file_stands(adopted->path, &adopted->print))
        return true;
    error_state(&import->err, ERROR_LOCKED, "%s changed while it was taken over: %s is at work", adopted->path,
                uidls_program(adopted->lists.kind));
    error_hint(&import->err, "Stop it first; nothing was taken.");
    return false;
}

bool
import_adopt(struct import *import)
{
    if (import->other_server)
        return import_forbid(import, "import: its host name or user is not what it was",
                             "Put the old value back; or give this maildrop an account of its own.");
    import->adopted->recorded = import->adopted->fresh = 0; /* of an earlier session */
    import->unmet = import->unmet || import->first; /* what is new may be here all the same: the next import looks */
    memset(import->adopted->met, 0, import->adopted->count * sizeof *import->adopted->met);
    if (!check_file_stands(import) || !take_all(import, LISTED_NEW) || !take_all(import, LISTED_KNOWN) ||
        !take_all(import, LISTED_DOUBT))
        return false;
    if (!import_stopped(import))
        say_counts(import);
    return true;
}

bool
import_adopt_refuse_nameless(struct import *import)
{
    return import_forbid(import, "the server has no UIDL: a list of another program's says nothing about its messages",
                         "Without --adopt the next import compares what is there with the files here.");
}
