/*
 * See swapped.h. UID and size of some files of each folder are compared with what the server listed, which costs no turn and no header. A single message
 * may be another one of the same number and size; a folder is in the wrong place only if hardly any of its files is in its own mailbox, most of them
 * are in one other, and so it goes on until the first folder has the mail of the last mailbox.
 */
#include "sync/adopt/swapped.h"

#include "store/foreign/mbsync.h"
#include "sync/observe/observe.h"
#include "sync/rows/unfinished.h"
#include "sync/run/lookup.h"

#define SAMPLE 32       /* files of a folder that are looked at */
#define STRANGE_MOST 64 /* folders that may be in the wrong place: each is compared with each */
#define PROOF_LEAST 3   /* messages, of all folders that change places */

struct sample {
    uint32_t uid;
    uint64_t size;
};

struct strange { /* a folder whose files are not in the mailbox of its name */
    struct mailbox *mailbox;
    struct sample files[SAMPLE];
    size_t count, fits; /* so many are in the mailbox whose mail it has */
    size_t of;          /* ... its place; SIZE_MAX: none is known */
};

struct swapped {
    struct run *run;
    struct strange *at;
    size_t count;
    struct journal_message *message;
};

/* The UID there that OfflineIMAP wrote into a name; 0: it is none of its names. */
static uint32_t
uid_of(const char *base)
{
    struct traces traces = {0};

    traces_of_name(base, &traces);
    return traces.offlineimap != 0 ? mbsync_uid_of_name(base) : 0;
}

/* Some of the files that are paired with nothing, from all over the folder. */
static bool
take_sample(struct swapped *swapped, struct strange *folder)
{
    struct run *run = swapped->run;
    int64_t *ids = NULL;
    size_t count = 0;
    bool ok = journal_message_ids(run->journal, folder->mailbox->row.id, WHICH_FILE_ALONE, &ids, &count, &run->err);

    for (size_t i = 0; ok && i < count && folder->count < SAMPLE; i += 1 + count / (2 * SAMPLE)) {
        uint32_t uid;

        ok = run_load(run, ids[i], swapped->message);
        uid = ok && swapped->message->has_wire ? uid_of(swapped->message->base) : 0;
        if (uid != 0)
            folder->files[folder->count++] = (struct sample){uid, swapped->message->size};
    }
    free(ids);
    return ok;
}

static bool
count_fitting(struct swapped *swapped, const struct strange *folder, const struct mailbox *mailbox, size_t *fits)
{
    struct run *run = swapped->run;
    bool ok = true, found;

    *fits = 0;
    for (size_t i = 0; ok && i < folder->count; i++) {
        ok = journal_message_by_uid(run->journal, mailbox->row.id, folder->files[i].uid, swapped->message, &found,
                                    &run->err);
        *fits += ok && found && swapped->message->size == folder->files[i].size;
    }
    return ok;
}

/* The order in which folders are found says nothing. */
static int
compare_names(const void *pa, const void *pb)
{
    return strcmp(((const struct strange *)pa)->mailbox->row.name, ((const struct strange *)pb)->mailbox->row.name);
}

/* Those of which hardly anything is in the mailbox of their name. */
static bool
gather(struct swapped *swapped)
{
    struct run *run = swapped->run;
    bool ok = true;

    for (size_t i = 0; ok && i < run->count && swapped->count < STRANGE_MOST; i++) {
        struct strange *folder = &swapped->at[swapped->count];
        size_t own = 0;

        if (run->mailboxes[i].row.id == 0 || !run->mailboxes[i].folder_here || !run->mailboxes[i].listed ||
            !run->mailboxes[i].chosen)
            continue;
        *folder = (struct strange){.mailbox = &run->mailboxes[i], .of = SIZE_MAX};
        ok = take_sample(swapped, folder) && count_fitting(swapped, folder, folder->mailbox, &own);
        swapped->count += folder->count != 0 && 3 * own < folder->count;
    }
    if (ok && swapped->count > 1)
        qsort(swapped->at, swapped->count, sizeof *swapped->at, compare_names);
    return ok;
}

/* Whose mail is it? */
static bool
find_mailboxes(struct swapped *swapped)
{
    bool ok = true;
    size_t fits;

    for (size_t i = 0; ok && i < swapped->count; i++)
        for (size_t k = 0; ok && k < swapped->count; k++) {
            struct strange *folder = &swapped->at[i];

            ok = k == i || count_fitting(swapped, folder, swapped->at[k].mailbox, &fits);
            if (!ok || k == i || 3 * fits < 2 * folder->count || fits <= folder->fits)
                continue;
            folder->of = k;
            folder->fits = fits;
        }
    return ok;
}

/* Does it lead back to the first one? @param length  [out] of the circle; 0: there is none, or it proves too little */
static void
follow(const struct swapped *swapped, size_t first, size_t *length)
{
    size_t at = first, proof = 0;

    *length = 0;
    for (size_t steps = 1; steps <= swapped->count && swapped->at[at].of != SIZE_MAX; steps++) {
        proof += swapped->at[at].fits;
        at = swapped->at[at].of;
        if (at != first)
            continue;
        *length = proof >= PROOF_LEAST ? steps : 0;
        return;
    }
}

/* "B=A", "A=B": mailbox, folder. @return false: it does not fit, or can't be said so */
static bool
print_map(const struct swapped *swapped, size_t first, char *to, size_t size)
{
    size_t at = first, used = 0;

    to[0] = '\0';
    do {
        const struct strange *folder = &swapped->at[at];
        const struct mailbox *mailbox = swapped->at[folder->of].mailbox;
        char here[60], there[60];

        if (strcmp(folder->mailbox->row.name, "INBOX") == 0) /* no other mailbox is called so here */
            return false;
        error_escape(here, sizeof here, text_of(folder->mailbox->row.name));
        error_escape(there, sizeof there, text_of(mailbox->row.name));
        if (strcmp(here, folder->mailbox->row.name) != 0 || strcmp(there, mailbox->row.name) != 0 ||
            !text_print(to + used, size - used, "%s\"%s=%s\"", used != 0 ? ", " : "", there, here))
            return false;
        used += strlen(to + used);
        at = folder->of;
    } while (at != first);
    return true;
}

static void
refuse(const struct swapped *swapped, size_t first)
{
    const struct strange *folder = &swapped->at[first];
    const struct mailbox *mailbox = swapped->at[folder->of].mailbox;
    struct error *err = &swapped->run->err;
    char here[80], there[80], map[160];

    error_escape(here, sizeof here, text_of(folder->mailbox->row.folder));
    error_escape(there, sizeof there, text_of(mailbox->row.name));
    error_state(err, ERROR_CONFIG,
                "OfflineIMAP kept the mail of mailbox %s in the folder %s, and there is a mailbox of that name, too, "
                "whose mail is in another folder",
                there, here);
    if (print_map(swapped, first, map, sizeof map))
        error_hint(err, "Stop OfflineIMAP and write map = {%s}; or give the folders their names. No mail was touched.",
                   map);
    else
        error_hint(err, "Stop OfflineIMAP and give the folders the names of their mailboxes. No mail was touched.");
}

/* None of them was met. */
static bool
forget(const struct swapped *swapped, size_t first)
{
    struct run *run = swapped->run;
    size_t at = first;
    bool ok = run_begin(run);

    do {
        struct mailbox *mailbox = swapped->at[at].mailbox;

        ok = ok && unfinished_forget(run, mailbox);
        mailbox->row.id = ok ? 0 : mailbox->row.id;
        at = swapped->at[at].of;
    } while (ok && at != first);
    lookup_forget(run);
    return run_end(run, ok);
}

static bool
judge(const struct swapped *swapped)
{
    size_t length = 0;

    for (size_t i = 0; i < swapped->count; i++) {
        follow(swapped, i, &length);
        if (length == 0)
            continue;
        if (forget(swapped, i))
            refuse(swapped, i);
        return false;
    }
    return true;
}

bool
swapped_check(struct run *run)
{
    struct swapped swapped = {.run = run};
    bool ok;

    /* A mark says that mail was paired; and whoever writes a map knows of the names. */
    if (run->mark.present || run->mark_written || run->no_root || run->account->policy.map != NULL)
        return true;
    if (!traces_before(run))
        return false;
    if (run->traces.offlineimap == 0 && run->traces_before.offlineimap == 0)
        return true;
    swapped.at = calloc(STRANGE_MOST, sizeof *swapped.at);
    swapped.message = calloc(1, sizeof *swapped.message);
    ok = (swapped.at != NULL && swapped.message != NULL) || run_no_memory(run);
    ok = ok && examine_new_files(run) && gather(&swapped) && find_mailboxes(&swapped) && judge(&swapped);
    free(swapped.message);
    free(swapped.at);
    return ok;
}
