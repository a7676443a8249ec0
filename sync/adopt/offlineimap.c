/*
 * States of OfflineIMAP's: one metadata folder holds those of all its accounts, and nothing in it says which of them keeps this tree. An account
 * is taken for the right one if most of the files here that it named are in its rows, and most of its rows have their file.
 */
#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#include "sync/adopt/private.h"

#define ACCOUNT "Account-"
#define REPOSITORY "Repository-"

struct evidence {
    const struct adopt_mailbox *mailbox; /* whose names are looked at */
    const struct foreign_state *state;   /* rows sorted by near */
    uint64_t named, hits;
};

struct keeper {                      /* one of the metadata folder */
    char path[ADOPT_PATH];           /* of its folder */
    char lock[ADOPT_PATH];           /* held while it is at work */
    struct adopt_mailbox *mailboxes; /* what it has for each */
    size_t found;                    /* states that can be read */
    uint64_t rows, named, hits;
};

struct searching {
    struct adopting *adopting;
    const char *metadata;
    struct keeper *accounts;
    size_t count, size;
};

/* ---- names of a mailbox ---- */

/* As it may be spelled in a file's name there: as golub calls it, as its folder is called, as the server spells it. */
static bool
box_of(const struct mailbox *mailbox, size_t spelling, char box[static LOCAL_FOLDER_MAX + 1])
{
    const struct journal_mailbox *row = &mailbox->row;
    const char *name = spelling == 0 ? row->name : spelling == 1 ? row->folder : row->wire;

    return name != NULL && offlineimap_box(name, spelling == 2 ? row->separator : '/', box, LOCAL_FOLDER_MAX + 1);
}

static bool
is_candidate(const struct adopting *adopting, size_t i)
{
    const struct mailbox *mailbox = &adopting->run->mailboxes[i];

    return mailbox->chosen && mailbox->folder_here && !adopting->mailboxes[i].known;
}

/* The digests that names of files in this folder carry: of the folder as it stands, or of the mailbox with either separator. */
static void
fill_digests(const struct mailbox *mailbox, struct adopt_mailbox *to)
{
    char box[LOCAL_FOLDER_MAX + 1];

    if (!offlineimap_digest(mailbox->row.folder, to->digests[0]) ||
        !offlineimap_digest(mailbox->row.name, to->digests[1]) ||
        !offlineimap_box(mailbox->row.name, '/', box, sizeof box) || !offlineimap_digest(box, to->digests[2]))
        to->digests[0][0] = '\0'; /* no MD5 here: no name counts */
}

/* ---- one account ---- */

/* The validities that any of its repositories keeps for this box. */
static bool
add_validity(struct searching *searching, struct adopt_mailbox *to, const char *repository,
             const struct mailbox *mailbox)
{
    uint32_t *more = arena_array(&searching->adopting->arena, to->validity_count + ADOPT_NAMES, sizeof *more);

    if (!run_has(searching->adopting->run, &searching->adopting->arena))
        return false;
    for (size_t i = 0; i < to->validity_count; i++)
        more[i] = to->validities[i];
    to->validities = more;
    for (size_t spelling = 0; spelling < ADOPT_NAMES; spelling++) {
        char box[LOCAL_FOLDER_MAX + 1], path[ADOPT_PATH];
        struct buffer bytes = buffer_new(64);
        struct error ignored = {0};
        bool missing = true;

        if (box_of(mailbox, spelling, box) &&
            text_print(path, sizeof path, "%s/%s/" OFFLINEIMAP_VALIDITY "/%s", searching->metadata, repository, box) &&
            foreign_file_read(path, &bytes, NULL, &missing, &ignored) && !missing &&
            offlineimap_read_validity((struct text){bytes.at, bytes.len}, &more[to->validity_count], &ignored))
            to->validity_count++;
        buffer_free(&bytes);
    }
    return true;
}

static bool
find_validities(struct searching *searching, struct adopt_mailbox *to, const struct mailbox *mailbox)
{
    DIR *dir = opendir(searching->metadata);
    const struct dirent *entry;
    bool ok = true;

    while (ok && dir != NULL && (entry = readdir(dir)) != NULL) {
        if (strncmp(entry->d_name, REPOSITORY, sizeof REPOSITORY - 1) == 0)
            ok = add_validity(searching, to, entry->d_name, mailbox);
    }
    if (dir != NULL)
        (void)closedir(dir);
    return ok;
}

static bool
read_state(struct searching *searching, struct keeper *keeper, size_t i, const char *path)
{
    struct adopt_mailbox *to = &keeper->mailboxes[i];
    struct buffer bytes = buffer_new(LIMIT_FOREIGN);
    struct foreign_state state = {0};
    struct foreign_print print;
    struct error err = {0};
    const char *why;
    bool missing = false, ok = true;

    if (!foreign_file_read(path, &bytes, &print, &missing, &err) ||
        (!missing && !offlineimap_read_state((struct text){bytes.at, bytes.len}, &state, &err)))
        adopt_leave(to, ADOPT_OFFLINEIMAP, err.answer[0] != '\0' ? err.answer : err.what);
    else if (!missing && (why = adopt_check_finished(ADOPT_OFFLINEIMAP, path)) != NULL)
        adopt_leave(to, ADOPT_OFFLINEIMAP, why);
    else if (!missing) {
        keeper->found++;
        ok = adopt_found(searching->adopting, to, ADOPT_OFFLINEIMAP, path, keeper->lock, &print, &state);
    }
    foreign_state_free(&state);
    buffer_free(&bytes);
    return ok;
}

/* SQLite first: OfflineIMAP takes the text over into it, and leaves it where it is. */
static bool
read_mailbox(struct searching *searching, struct keeper *keeper, size_t i)
{
    static const char *const kinds[] = {OFFLINEIMAP_SQLITE, OFFLINEIMAP_PLAIN};
    const struct mailbox *mailbox = &searching->adopting->run->mailboxes[i];
    struct adopt_mailbox *to = &keeper->mailboxes[i];

    for (size_t kind = 0; kind < 2; kind++) {
        for (size_t spelling = 0; spelling < ADOPT_NAMES && to->path == NULL && to->why[0] == '\0'; spelling++) {
            char box[LOCAL_FOLDER_MAX + 1], path[ADOPT_PATH];

            if (box_of(mailbox, spelling, box) &&
                text_print(path, sizeof path, "%s/%s/%s", keeper->path, kinds[kind], box) &&
                !read_state(searching, keeper, i, path))
                return false;
        }
    }
    if (to->path == NULL)
        return true;
    fill_digests(mailbox, to);
    return find_validities(searching, to, mailbox);
}

static bool
add_account(struct searching *searching, const char *path)
{
    struct run *run = searching->adopting->run;
    const char *name = strrchr(path, '/') + 1 + sizeof ACCOUNT - 1;
    struct keeper *keeper;
    bool ok;

    if (!array_grow(&searching->accounts, &searching->size, searching->count + 1, sizeof *searching->accounts))
        return run_no_memory(run);
    keeper = &searching->accounts[searching->count++];
    *keeper = (struct keeper){
        .mailboxes = arena_array(&searching->adopting->arena, searching->adopting->count, sizeof *keeper->mailboxes)};
    ok = run_has(run, &searching->adopting->arena) && text_print(keeper->path, sizeof keeper->path, "%s", path) &&
         text_print(keeper->lock, sizeof keeper->lock, "%s/%s.lock", searching->metadata, name);
    for (size_t i = 0; ok && i < searching->adopting->count; i++) {
        if (is_candidate(searching->adopting, i))
            ok = read_mailbox(searching, keeper, i);
    }
    return ok;
}

/* ---- which account ---- */

static int
compare_near(const void *pa, const void *pb)
{
    const uint32_t a = ((const struct foreign_row *)pa)->near, b = ((const struct foreign_row *)pb)->near;

    return (a > b) - (a < b);
}

static bool
on_file(void *context, const char *base, const char *info)
{
    struct evidence *evidence = context;
    struct foreign_row key = {0};
    uint32_t uid = 0;

    (void)info;
    for (size_t k = 0; uid == 0 && k < ADOPT_NAMES && evidence->mailbox->digests[0][0] != '\0'; k++)
        (void)offlineimap_parse_name(base, evidence->mailbox->digests[k], &uid);
    if (uid == 0)
        return true;
    key.near = uid;
    evidence->named++;
    evidence->hits += evidence->state->count != 0 &&
                      bsearch(&key, evidence->state->rows, evidence->state->count, sizeof key, compare_near) != NULL;
    return true;
}

static bool
weigh(struct searching *searching, struct keeper *keeper)
{
    static const struct local_scanner scanner = {.file = on_file};
    struct run *run = searching->adopting->run;
    bool ok = true;

    for (size_t i = 0; ok && i < searching->adopting->count; i++) {
        struct adopt_mailbox *mailbox = &keeper->mailboxes[i];
        struct evidence evidence = {.mailbox = mailbox, .state = &mailbox->state};
        struct local_stamp stamp;
        bool stable;

        if (mailbox->path == NULL)
            continue;
        if (mailbox->state.count > 1)
            qsort(mailbox->state.rows, mailbox->state.count, sizeof *mailbox->state.rows, compare_near);
        ok = run->local.ops->scan(run->local.self, run->mailboxes[i].row.folder, &scanner, &evidence, &stamp, &stable,
                                  &run->err);
        keeper->rows += mailbox->state.count;
        keeper->named += evidence.named;
        keeper->hits += evidence.hits;
    }
    return ok;
}

static bool
fits(const struct keeper *keeper)
{
    return keeper->found != 0 && 2 * keeper->hits >= keeper->named && 2 * keeper->hits >= keeper->rows;
}

static bool
refuse_several(struct searching *searching)
{
    struct run *run = searching->adopting->run;
    char names[256] = "";
    size_t used = 0;

    for (size_t i = 0; i < searching->count && used < 180; i++) {
        if (!fits(&searching->accounts[i]))
            continue;
        (void)text_print(names + used, sizeof names - used, "%s%s", used == 0 ? "" : " or ",
                         searching->accounts[i].path);
        used = strlen(names);
    }
    error_state(&run->err, ERROR_CONFIG, "several accounts of OfflineIMAP fit this tree");
    error_hint(&run->err, "Name the right one with --state: %.200s", names);
    return false;
}

static bool
take_account(struct searching *searching, struct keeper *keeper)
{
    struct adopting *adopting = searching->adopting;

    if (foreign_file_is_locked(keeper->lock))
        return adopt_refuse_locked(adopting->run, ADOPT_OFFLINEIMAP, keeper->lock);
    for (size_t i = 0; i < adopting->count; i++) {
        struct adopt_mailbox *from = &keeper->mailboxes[i], *to = &adopting->mailboxes[i];

        if (from->path == NULL) {
            if (from->why[0] != '\0')
                adopt_leave(to, ADOPT_OFFLINEIMAP, from->why);
            continue;
        }
        if (to->path == NULL) {
            to->validities = from->validities;
            to->validity_count = from->validity_count;
            memcpy(to->digests, from->digests, sizeof to->digests);
        }
        if (!adopt_found(adopting, to, ADOPT_OFFLINEIMAP, from->path, from->lock, &from->print, &from->state))
            return false;
    }
    return true;
}

/* @param named  the user said which one: it is believed */
static bool
choose(struct searching *searching, bool named)
{
    struct keeper *only = NULL;
    size_t count = 0;

    for (size_t i = 0; i < searching->count; i++) {
        struct keeper *keeper = &searching->accounts[i];

        if (keeper->found == 0) {
            for (size_t k = 0; k < searching->adopting->count; k++)
                if (keeper->mailboxes[k].why[0] != '\0')
                    adopt_leave(&searching->adopting->mailboxes[k], ADOPT_OFFLINEIMAP, keeper->mailboxes[k].why);
            continue;
        }
        if (!named && !weigh(searching, keeper))
            return false;
        if (!named && !fits(keeper)) {
            for (size_t k = 0; k < searching->adopting->count; k++)
                if (keeper->mailboxes[k].path != NULL)
                    adopt_leave(&searching->adopting->mailboxes[k], ADOPT_OFFLINEIMAP,
                                "its rows are not those of the files here");
            continue;
        }
        only = keeper;
        count++;
    }
    if (count > 1)
        return refuse_several(searching);
    return only == NULL || take_account(searching, only);
}

/* ---- the metadata folder ---- */

static bool
search(struct searching *searching)
{
    DIR *dir = opendir(searching->metadata);
    const struct dirent *entry;
    bool ok = true;

    while (ok && dir != NULL && (entry = readdir(dir)) != NULL) {
        char path[ADOPT_PATH];

        if (strncmp(entry->d_name, ACCOUNT, sizeof ACCOUNT - 1) == 0 &&
            text_print(path, sizeof path, "%s/%s", searching->metadata, entry->d_name))
            ok = add_account(searching, path);
    }
    if (dir != NULL)
        (void)closedir(dir);
    return ok;
}

/* An Account-NAME stands in the metadata folder. */
static bool
is_account(const char *path, char metadata[static ADOPT_PATH])
{
    const char *slash = strrchr(path, '/');

    return slash != NULL && strncmp(slash + 1, ACCOUNT, sizeof ACCOUNT - 1) == 0 &&
           text_copy((struct text){path, (size_t)(slash - path)}, metadata, ADOPT_PATH);
}

bool
adopt_find_offlineimap(struct adopting *adopting)
{
    const struct adopt_options *options = adopting->options;
    char metadata[ADOPT_PATH];
    struct searching searching = {.adopting = adopting, .metadata = metadata};
    bool ok = true, named = options->state != NULL && is_account(options->state, metadata);

    if (named)
        ok = add_account(&searching, options->state);
    else if (options->state != NULL
                 ? text_print(metadata, sizeof metadata, "%s", options->state)
                 : adopting->run->options->home != NULL &&
                       text_print(metadata, sizeof metadata, "%s/.offlineimap", adopting->run->options->home))
        ok = search(&searching);
    ok = ok && choose(&searching, named);
    for (size_t i = 0; i < searching.count; i++) {
        for (size_t k = 0; searching.accounts[i].mailboxes != NULL && k < adopting->count; k++)
            foreign_state_free(&searching.accounts[i].mailboxes[k].state);
    }
    free(searching.accounts);
    return ok;
}
