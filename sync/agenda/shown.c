/* See shown.h. */
#include "sync/agenda/shown.h"

#include "store/message/header.h"
#include "sync/agenda/agenda.h"
#include "sync/match/probe.h"
#include "sync/match/read.h"
#include "sync/run/lookup.h"

#define HEADER_MAX 16384       /* bytes of a header that are looked at */
#define BODIES_MAX (32u << 20) /* bytes of bodies that a run reads in order to know them again */

struct wanted {
    struct mailbox *mailbox;
    struct journal_message message;
    struct buffer header;
    bool shown;  /* a held message that nobody was told about */
    bool untold; /* one that golub will never have a file of */
    bool asked;  /* ... and its body was asked for, or never will be */
    struct kinship kinship;
    struct digests digests; /* of the header; zeros: it did not come */
};

struct noting {
    struct run *run;
    struct wanted *wanted;
    size_t count, size;
    bool broke; /* the server could not be asked */
};

static bool
add_wanted(struct noting *noting, struct mailbox *mailbox, int64_t id, bool shown)
{
    struct wanted *wanted;

    if (!array_grow(&noting->wanted, &noting->size, noting->count + 1, sizeof *noting->wanted))
        return run_no_memory(noting->run);
    wanted = &noting->wanted[noting->count];
    *wanted = (struct wanted){.mailbox = mailbox, .header = buffer_new(HEADER_MAX + 1), .shown = shown};
    if (!run_load(noting->run, id, &wanted->message))
        return false;
    noting->count++;
    return true;
}

/* The first few of each mailbox, in the order in which `status` lists them. */
static bool
choose(struct noting *noting, const struct journal_pending *list, size_t count)
{
    struct run *run = noting->run;
    int64_t last = 0;
    size_t of_mailbox = 0;

    for (size_t i = 0; i < count; i++) {
        struct mailbox *mailbox = list[i].kind == PENDING_HELD ? lookup_id(run, list[i].mailbox) : NULL;
        struct journal_shown shown;
        bool known;

        if (mailbox == NULL || list[i].message == 0)
            continue;
        of_mailbox = list[i].mailbox == last ? of_mailbox + 1 : 1;
        last = list[i].mailbox;
        if (of_mailbox > RUN_EXAMPLES)
            continue;
        if (!journal_shown_get(run->journal, list[i].message, &shown, &known, &run->err) ||
            (!known && !add_wanted(noting, mailbox, list[i].message, true)))
            return false;
    }
    return true;
}

static bool
add_untold(struct noting *noting, size_t shown, int64_t id)
{
    struct run *run = noting->run;
    struct journal_message message;
    struct mailbox *mailbox;

    if (!run_load(run, id, &message))
        return false;
    mailbox = agenda_is_untold(&message) ? lookup_id(run, message.mailbox) : NULL;
    if (mailbox == NULL)
        return true;
    for (size_t i = 0; i < shown; i++) {
        if (noting->wanted[i].message.id == id)
            return noting->wanted[i].untold = true;
    }
    if (!add_wanted(noting, mailbox, id, false))
        return false;
    return noting->wanted[noting->count - 1].untold = true;
}

static bool
choose_untold(struct noting *noting)
{
    struct run *run = noting->run;
    const size_t shown = noting->count;
    int64_t *ids = NULL;
    size_t count = 0;
    bool ok = !run->untold || journal_message_ids(run->journal, 0, WHICH_UID_ALONE, &ids, &count, &run->err);

    for (size_t i = 0; ok && i < count; i++)
        ok = add_untold(noting, shown, ids[i]);
    free(ids);
    return ok;
}

/* A line that breaks at this costs the run nothing: all else is done. */
static bool
ask(struct noting *noting, struct probe *probes, size_t count, bool headers)
{
    struct run *run = noting->run;

    qsort(probes, count, sizeof *probes, probe_order);
    if (count == 0 || probe_remote(run, probes, count, headers))
        return true;
    noting->broke = true;
    if (run->err.kind == ERROR_LOCAL)
        return false;
    run->err = (struct error){0};
    return true;
}

/*
 * What another client saves anew is known again by its body alone (held_again.h). What is too much for one run is asked for by the next ones; only a
 * message that is larger than that by itself is not: there a removal ends with its UID, and the message comes.
 */
static bool
ask_bodies(struct noting *noting, struct probe *probes)
{
    struct kinship *kinships = calloc(noting->count + 1, sizeof *kinships);
    uint64_t left = BODIES_MAX;
    size_t count = 0;
    bool ok = kinships != NULL || run_no_memory(noting->run);

    for (size_t i = 0; ok && i < noting->count; i++) {
        struct wanted *wanted = &noting->wanted[i];

        if (!wanted->untold || !wanted->digests.whole_header)
            continue;
        wanted->asked = wanted->message.size > BODIES_MAX;
        if (wanted->message.size > left)
            continue;
        left -= wanted->message.size;
        probes[count++] = (struct probe){.mailbox = (uint32_t)(wanted->mailbox - noting->run->mailboxes),
                                         .uid = wanted->message.uid,
                                         .id = (int64_t)i,
                                         .size = wanted->message.size,
                                         .kinship = &kinships[i],
                                         .unlikely = true};
    }
    ok = ok && ask(noting, probes, count, false);
    for (size_t i = 0; ok && i < count; i++) {
        struct wanted *wanted = &noting->wanted[probes[i].id];

        wanted->asked = probes[i].got || !noting->broke;
        if (probes[i].got && !probes[i].cut)
            wanted->kinship = *probes[i].kinship;
    }
    free(kinships);
    return ok;
}

/* Headers that only the server has. */
static bool
ask_server(struct noting *noting)
{
    struct run *run = noting->run;
    struct probe *probes = calloc(noting->count + 1, sizeof *probes);
    size_t count = 0;
    bool ok = probes != NULL || run_no_memory(run);

    for (size_t i = 0; ok && i < noting->count; i++) {
        struct wanted *wanted = &noting->wanted[i];

        if (wanted->header.len == 0 && wanted->message.uid != 0 && mailbox_is_open(wanted->mailbox))
            probes[count++] = (struct probe){.mailbox = (uint32_t)(wanted->mailbox - run->mailboxes),
                                             .uid = wanted->message.uid,
                                             .id = (int64_t)i,
                                             .header = wanted->shown ? &wanted->header : NULL,
                                             .kinship = wanted->untold ? &wanted->kinship : NULL,
                                             .unlikely = true};
    }
    ok = ok && ask(noting, probes, count, true);
    for (size_t i = 0; ok && i < count; i++) {
        if (probes[i].got)
            noting->wanted[probes[i].id].digests = probes[i].digests;
    }
    ok = ok && (noting->broke || ask_bodies(noting, probes));
    free(probes);
    return ok;
}

static void
take_field(struct text header, const char *name, char *to, size_t size)
{
    struct buffer decoded = buffer_new(1024);
    struct text value;

    (void)header_find(header, name, &value);
    if (!header_decode(value, &decoded)) /* too long, or no memory: as much as came */
        (void)0;
    error_escape(to, size, (struct text){decoded.at, decoded.len});
    buffer_free(&decoded);
}

static bool
write_shown(struct run *run, const struct wanted *wanted)
{
    const struct text header = {wanted->header.at, wanted->header.len};
    struct journal_shown shown = {.message = wanted->message.id};

    take_field(header, "From", shown.from, sizeof shown.from);
    take_field(header, "Date", shown.date, sizeof shown.date);
    take_field(header, "Subject", shown.subject, sizeof shown.subject);
    return journal_shown_set(run->journal, &shown, &run->err);
}

static bool
write_digests(struct run *run, struct wanted *wanted)
{
    struct journal_message *message = &wanted->message;

    if (!wanted->untold || !wanted->digests.whole_header || !wanted->asked)
        return true;
    message->has_header = true;
    memcpy(message->header, wanted->digests.header, DIGEST_SIZE);
    message->facts |= wanted->kinship.kin.names ? 0 : FACT_VAGUE;
    return journal_message_save(run->journal, message, &run->err) &&
           read_keep(run, message->id, &wanted->kinship, false);
}

static bool
write_down(struct noting *noting)
{
    struct run *run = noting->run;
    bool ok = run_begin(run);

    for (size_t i = 0; ok && i < noting->count; i++) {
        struct wanted *wanted = &noting->wanted[i];

        /* Another run may know; of what nobody can show it is written down that nothing is known. */
        if (wanted->shown && (wanted->header.len != 0 || !noting->broke))
            ok = write_shown(run, wanted);
        ok = ok && write_digests(run, wanted);
    }
    return run_end(run, ok);
}

bool
shown_note(struct run *run)
{
    struct journal_pending *list = NULL;
    struct noting noting = {.run = run};
    size_t count;
    bool ok;

    if (!run->held && !run->untold)
        return true;
    if (!journal_pendings(run->journal, &list, &count, &run->err))
        return false;
    ok = choose(&noting, list, count) && choose_untold(&noting);
    for (size_t i = 0; ok && i < noting.count; i++)
        ok = !noting.wanted[i].shown ||
             read_header(run, noting.wanted[i].mailbox, noting.wanted[i].message.id, &noting.wanted[i].header);
    ok = ok && (noting.count == 0 || (ask_server(&noting) && write_down(&noting)));
    for (size_t i = 0; i < noting.count; i++)
        buffer_free(&noting.wanted[i].header);
    free(noting.wanted);
    free(list);
    return ok;
}
