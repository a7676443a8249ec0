/*
 * See swapped.h. UID and size of some files of each folder are compared with what the server listed, which costs no turn and no header. A single message
 * may be another one of the same number and size; a folder is in the wrong place only if hardly any of its files is in its own mailbox, most of them
 * are in one other, and so it goes on until the first folder has the mail of the last mailbox.
 *
 * mbsync wrote down which UIDVALIDITY the mailbox had whose mail a folder has. Where its own mailbox has another one, and that one is another mailbox's, it
 * takes less: no circle, as the folder of that other mailbox may be empty.
 */
#include "sync/adopt/swapped.h"

#include "store/foreign/mbsync.h"
#include "sync/adopt/private.h"
#include "sync/match/meeting.h"
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
    const struct foreign_state *state; /* mbsync's of it */
    struct sample files[SAMPLE];
    size_t count, fits; /* so many are in the mailbox whose mail it has */
    struct mailbox *of; /* ... which is this one; NULL: none is known */
};

struct swapped {
    struct run *run;
    enum adopt_program program;
    struct adopting *states; /* mbsync's */
    struct strange *at;
    size_t count;
    struct journal_message *message;
};

/* The UID there, which OfflineIMAP wrote into a name, and mbsync into its state beside the UID here that the name has; 0: there is none. */
static uint32_t
uid_of(const struct foreign_state *state, const char *base)
{
    struct traces traces = {0};
    const uint32_t near = state != NULL ? mbsync_uid_of_name(base) : 0;

    for (size_t i = 0; near != 0 && i < state->count; i++) {
        if (state->rows[i].near == near)
            return state->rows[i].marks == 0 ? state->rows[i].far : 0;
    }
    if (state != NULL)
        return 0;

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
        uid = ok && swapped->message->has_wire ? uid_of(folder->state, swapped->message->base) : 0;
        if (uid != 0)
            folder->files[folder->count++] = (struct sample){uid, swapped->message->size};
    }
    free(ids);
    return ok;
}

/* mbsync writes a line into the copy that it makes, on either side. */
static bool
is_size_of(const struct swapped *swapped, uint64_t here, uint64_t there)
{
    return here == there || (swapped->program == ADOPT_MBSYNC &&
                             (here == there + MEETING_COPY_LINE || here + MEETING_COPY_LINE == there));
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
        *fits += ok && found && is_size_of(swapped, folder->files[i].size, swapped->message->size);
    }
    return ok;
}

/* The order in which folders are found says nothing. */
static int
compare_names(const void *pa, const void *pb)
{
    return strcmp(((const struct strange *)pa)->mailbox->row.name, ((const struct strange *)pb)->mailbox->row.name);
}

static bool
is_looked_at(const struct mailbox *mailbox)
{
    return mailbox->row.id != 0 && mailbox->folder_here && mailbox->listed && mailbox->chosen;
}

/* mbsync's state is of another mailbox than the one that has the folder's name there. */
static bool
is_of_another(const struct mailbox *mailbox, const struct adopt_mailbox *from)
{
    const uint32_t validity = mailbox->has_status ? mailbox->uidvalidity : mailbox->row.uidvalidity;

    return from->path != NULL && from->state.far_validity != 0 && from->state.far_validity != validity &&
           from->state.far_validity != mailbox->row.uidvalidity;
}

/* Those of which hardly anything is in the mailbox of their name. */
static bool
gather(struct swapped *swapped)
{
    struct run *run = swapped->run;
    bool ok = true;

    for (size_t i = 0; ok && i < run->count && swapped->count < STRANGE_MOST; i++) {
        struct strange *folder = &swapped->at[swapped->count];
        const struct adopt_mailbox *from = swapped->states != NULL ? &swapped->states->mailboxes[i] : NULL;
        size_t own = 0;

        if (!is_looked_at(&run->mailboxes[i]) || (from != NULL && !is_of_another(&run->mailboxes[i], from)))
            continue;
        *folder = (struct strange){.mailbox = &run->mailboxes[i], .state = from != NULL ? &from->state : NULL};
        ok = take_sample(swapped, folder) && (from != NULL || count_fitting(swapped, folder, folder->mailbox, &own));
        swapped->count += folder->count != 0 && 3 * own < folder->count;
    }
    if (ok && swapped->count > 1)
        qsort(swapped->at, swapped->count, sizeof *swapped->at, compare_names);
    return ok;
}

static bool
look_at(struct swapped *swapped, struct strange *folder, struct mailbox *mailbox)
{
    size_t fits;

    if (mailbox == folder->mailbox)
        return true;
    if (!count_fitting(swapped, folder, mailbox, &fits))
        return false;
    if (3 * fits < 2 * folder->count || fits <= folder->fits)
        return true;
    folder->of = mailbox;
    folder->fits = fits;
    return true;
}

/* Whose mail is it? One of those that are in the wrong place; where mbsync says which, any of its UIDVALIDITY that gave those UIDs. */
static bool
find_mailboxes(struct swapped *swapped)
{
    struct run *run = swapped->run;
    bool ok = true;

    for (size_t i = 0; ok && i < swapped->count; i++) {
        struct strange *folder = &swapped->at[i];
        const struct foreign_state *state = folder->state;

        for (size_t k = 0; ok && state == NULL && k < swapped->count; k++)
            ok = look_at(swapped, folder, swapped->at[k].mailbox);
        for (size_t k = 0; ok && state != NULL && k < run->count; k++) {
            struct mailbox *mailbox = &run->mailboxes[k];

            if (mailbox->row.id != 0 && mailbox->listed && mailbox->row.uidvalidity == state->far_validity &&
                state->max_far < mailbox->row.uidnext)
                ok = look_at(swapped, folder, mailbox);
        }
    }
    return ok;
}

/* The folder of the mailbox, if it is one of those. */
static size_t
find_folder(const struct swapped *swapped, const struct mailbox *mailbox)
{
    for (size_t i = 0; i < swapped->count; i++) {
        if (swapped->at[i].mailbox == mailbox)
            return i;
    }
    return SIZE_MAX;
}

/* Does it lead back to the first one? @param length  [out] of the circle; 0: there is none, or it proves too little */
static void
follow(const struct swapped *swapped, size_t first, size_t *length)
{
    size_t at = first, proof = 0;

    *length = 0;
    for (size_t steps = 1; steps <= swapped->count && at != SIZE_MAX && swapped->at[at].of != NULL; steps++) {
        proof += swapped->at[at].fits;
        at = find_folder(swapped, swapped->at[at].of);
        if (at != first)
            continue;
        *length = proof >= PROOF_LEAST || swapped->program == ADOPT_MBSYNC ? steps : 0;
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
        const struct mailbox *mailbox = folder->of;
        char here[60], there[60];

        if (strcmp(folder->mailbox->row.name, "INBOX") == 0) /* no other mailbox is called so here */
            return false;
        error_escape(here, sizeof here, text_of(folder->mailbox->row.name));
        error_escape(there, sizeof there, text_of(mailbox->row.name));
        if (strcmp(here, folder->mailbox->row.name) != 0 || strcmp(there, mailbox->row.name) != 0 ||
            !text_print(to + used, size - used, "%s\"%s=%s\"", used != 0 ? ", " : "", there, here))
            return false;
        used += strlen(to + used);
        at = find_folder(swapped, mailbox);
    } while (at != first);
    return true;
}

/* @param circle  it leads back to the first one */
static void
refuse(const struct swapped *swapped, size_t first, bool circle)
{
    const struct strange *folder = &swapped->at[first];
    const char *program = adopt_names[swapped->program];
    struct error *err = &swapped->run->err;
    char here[80], there[80], map[160];

    error_escape(here, sizeof here, text_of(folder->mailbox->row.folder));
    error_escape(there, sizeof there, text_of(folder->of->row.name));
    error_state(err, ERROR_CONFIG,
                "%s kept the mail of mailbox %s in the folder %s, and there is a mailbox of that name, too, whose mail "
                "is %s",
                program, there, here, circle ? "in another folder" : "other mail");
    if (circle && swapped->run->account->policy.map == NULL && print_map(swapped, first, map, sizeof map))
        error_hint(err, "Stop %s and write map = {%s}; or give the folders their names. No mail was touched.", program,
                   map);
    else
        error_hint(err, "Stop %s and give the folders the names of their mailboxes. No mail was touched.", program);
}

static bool
forget_one(struct run *run, struct mailbox *mailbox)
{
    return mailbox == NULL || mailbox->row.id == 0 || unfinished_forget(run, mailbox);
}

/* None of them was met. */
static bool
forget(const struct swapped *swapped, size_t first, size_t length)
{
    struct run *run = swapped->run;
    bool ok = run_begin(run);

    for (size_t at = first, i = 0; ok && i < length; i++) {
        ok = forget_one(run, swapped->at[at].mailbox);
        at = find_folder(swapped, swapped->at[at].of);
    }
    for (size_t i = 0; ok && swapped->program == ADOPT_MBSYNC && i < swapped->count; i++)
        ok = swapped->at[i].of == NULL ||
             (forget_one(run, swapped->at[i].mailbox) && forget_one(run, swapped->at[i].of));
    lookup_forget(run);
    return run_end(run, ok);
}

static bool
judge(const struct swapped *swapped)
{
    size_t length = 0;

    for (size_t i = 0; i < swapped->count; i++) {
        follow(swapped, i, &length);
        if (length == 0 && (swapped->program != ADOPT_MBSYNC || swapped->at[i].of == NULL))
            continue;
        if (forget(swapped, i, length))
            refuse(swapped, i, length != 0);
        return false;
    }
    return true;
}

static bool
check(struct swapped *swapped)
{
    struct run *run = swapped->run;
    bool ok;

    swapped->at = calloc(STRANGE_MOST, sizeof *swapped->at);
    swapped->message = calloc(1, sizeof *swapped->message);
    ok = (swapped->at != NULL && swapped->message != NULL) || run_no_memory(run);
    ok = ok && examine_new_files(run) && gather(swapped) && find_mailboxes(swapped) && judge(swapped);
    free(swapped->message);
    free(swapped->at);
    return ok;
}

/* Its states say it also where `map` was written for other folders. */
static bool
check_mbsync(struct run *run)
{
    struct swapped swapped = {.run = run, .program = ADOPT_MBSYNC};
    bool any = false, ok = adopt_find_to_compare(run, &swapped.states);

    for (size_t i = 0; ok && i < run->count; i++)
        any = any ||
              (is_looked_at(&run->mailboxes[i]) && is_of_another(&run->mailboxes[i], &swapped.states->mailboxes[i]));
    ok = ok && (!any || check(&swapped));
    adopt_free(swapped.states);
    return ok;
}

bool
swapped_check(struct run *run)
{
    struct swapped swapped = {.run = run, .program = ADOPT_OFFLINEIMAP};

    if (run->mark.present || run->mark_written || run->no_root) /* a mark says that mail was paired */
        return true;
    if (!traces_before(run))
        return false;
    /* Whoever writes a map knows of the names. */
    if ((run->traces.offlineimap != 0 || run->traces_before.offlineimap != 0) && run->account->policy.map == NULL &&
        !check(&swapped))
        return false;
    return (run->traces.mbsync == 0 && run->traces_before.mbsync == 0) || check_mbsync(run);
}
