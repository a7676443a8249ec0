/* What was found, as people are told it: the class, the words, what would mend it, and whether the journal explains it. */
#include "sync/inspect/verify_private.h"

#include <inttypes.h>

struct say {
    enum report_class class;
    bool fault;
    bool seen; /* a sync saw it: the journal may say why it waits */
    const char *words;
};

#define ALTERED_ALONE                                                                                                  \
    "its bytes are not the message's, and the server does not have the message: it stays here; give it another name "  \
    "and golub sync sends it as new mail, or remove it"

static const struct say says[VERIFY_WHATS] = {
    [VERIFY_NOT_FETCHED] = {CLASS_MISSING_HERE, true, true, "it was not fetched yet: golub sync does"},
    [VERIFY_NOT_SENT] = {CLASS_EXTRA_HERE, true, true, "it was not sent yet: golub sync does"},
    [VERIFY_REMOVED_HERE] = {CLASS_MISSING_HERE, true, true,
                             "its file is gone here: golub sync removes it on the server, too"},
    [VERIFY_REMOVED_THERE] = {CLASS_MISSING_THERE, true, true,
                              "it is gone on the server: golub sync removes its file here, into the quarantine"},
    [VERIFY_FLAGS_DUE] = {CLASS_FLAGS, true, true, "one side changed them: golub sync carries that to the other"},
    [VERIFY_ALTERED] = {CLASS_ALTERED, true, false,
                        "its bytes are not the message's: golub restore --altered brings the server's version back"},
    [VERIFY_ALTERED_ALONE] = {CLASS_ALTERED, true, false, ALTERED_ALONE},
    [VERIFY_ALTERED_SECOND] = {CLASS_ALTERED, true, false,
                               "it was a second file of a message, and its bytes are others by now: give it another "
                               "name and golub sync sends it as new mail, or remove it"},
    [VERIFY_ALTERED_GONE] =
        {CLASS_MISSING_HERE, true, false,
         "its file, which had been altered, is gone: the message comes back with the next golub sync"},
    [VERIFY_HIDDEN] = {CLASS_WAITING, false, true, ""},
    [VERIFY_UNFINISHED] = {CLASS_FLAGS, true, true,
                           "what a sync began with it is not settled: the next golub sync does that"},
    [VERIFY_GONE_HERE] = {CLASS_MISSING_HERE, true, false,
                          "its file is gone since the last sync: the next one removes it on the server, too; bring the "
                          "file back if that is not meant"},
    [VERIFY_GONE_THERE] = {CLASS_MISSING_THERE, true, false,
                           "it is gone on the server since the last sync: the next one removes its file here, into the "
                           "quarantine; golub restore brings it back"},
    [VERIFY_BACK_HERE] = {CLASS_EXTRA_HERE, true, false, "its file is back: golub sync takes that into account"},
    [VERIFY_BACK_THERE] = {CLASS_EXTRA_THERE, true, true,
                           "it is on the server again: golub sync takes that into account"},
    [VERIFY_FLAGS_HERE] = {CLASS_FLAGS, true, false,
                           "changed here since the last sync: the next one carries that over"},
    [VERIFY_FLAGS_THERE] = {CLASS_FLAGS, true, false,
                            "changed on the server since the last sync: the next one carries that over"},
    [VERIFY_KEYWORDS] = {CLASS_KEYWORDS, true, false,
                         "changed on the server since the last sync: the next one takes them over"},
    [VERIFY_ANOTHER] = {CLASS_MISSING_THERE, true, false,
                        "its UID is another message now, of other size and date: golub sync pairs the mailbox anew"},
    [VERIFY_SIZE] = {CLASS_SIZE, false, false, "the server says another size than before: --server compares the body"},
    [VERIFY_DATE] = {CLASS_DATE, false, false, "the server says another date than before: --server compares the body"},
    [VERIFY_NEW_HERE] = {CLASS_EXTRA_HERE, true, false,
                         "no sync has written it down: the next one sends it, or pairs it with what the server has"},
    [VERIFY_SECOND_NAME] = {CLASS_EXTRA_HERE, true, false,
                            "a second file of this name: golub sync keeps one of them, or makes two messages of them"},
    [VERIFY_ODD_NAME] = {CLASS_EXTRA_HERE, true, false, ""},
    [VERIFY_FLAGLESS] = {CLASS_BUSY, true, false,
                         "the server lists it without its flags, so that they could not be compared: try again"},
    [VERIFY_NEW_THERE] = {CLASS_EXTRA_THERE, false, false, "new on the server since the last sync"},
    [VERIFY_UNKNOWN_THERE] = {CLASS_EXTRA_THERE, true, false,
                              "it is older than the last sync, and the journal does not know it: golub sync fetches it "
                              "once something changes in this mailbox"},
    [VERIFY_CHANGED] =
        {CLASS_ALTERED, true, false,
         "its bytes are not the message's, and neither is its size or time: golub restore --altered brings "
         "the server's version back"},
    [VERIFY_ROT] = {CLASS_DAMAGED, true, false,
                    "its bytes are not the message's although size and time are (bit rot): golub restore --altered "
                    "brings the server's version back"},
    [VERIFY_CHANGED_ALONE] = {CLASS_ALTERED, true, false, ALTERED_ALONE},
    [VERIFY_ROT_ALONE] =
        {CLASS_DAMAGED, true, false,
         "its bytes are not the message's although size and time are (bit rot), and the server does not have "
         "the message: only a backup does"},
    [VERIFY_UNREADABLE] = {CLASS_DAMAGED, true, false, "it can't be read"},
    [VERIFY_RESTLESS] = {CLASS_BUSY, true, false, "it changes while it is read: try again"},
    [VERIFY_BODY] =
        {CLASS_DAMAGED_THERE, true, false,
         "the server's bytes are not the message's: damaged there, or changed by the server when it was sent; a copy "
         "of the file here "
         "that is put into the folder under another name is sent by golub sync, and this one can be removed then"},
    [VERIFY_UNSENT] = {CLASS_BUSY, true, false,
                       "the server lists it, and did not send its body when it was asked twice: try again"},
    [VERIFY_REWRITTEN] = {CLASS_REWRITTEN, false, false, "the server keeps it with other line ends: nothing to mend"},
    [VERIFY_KEPT_MISSING] = {CLASS_QUARANTINE_DAMAGED, true, false, "its file is not in the quarantine any more"},
    [VERIFY_KEPT_DAMAGED] = {CLASS_QUARANTINE_DAMAGED, true, false,
                             "its bytes are not those that were removed: only a backup of the quarantine has them"},
};

void
verify_say(struct verifying *verifying, const struct mailbox *mailbox, enum verify_what what,
           const struct journal_message *row, const char *why)
{
    const struct say *say = &says[what];
    const struct report_found found = {
        .class = say->class,
        .fault = say->fault,
        .single = !say->fault,
        .mailbox = mailbox != NULL ? mailbox->row.name : NULL,
        .uid = row->uid,
        .file = row->base,
        .text = why != NULL ? why : say->words,
    };

    verifying->sum.found[say->class]++;
    verifying->sum.faults += say->fault;
    report_found(verifying->run.report, verifying->run.account->name, &found);
}

void
verify_say_many(struct verifying *verifying, const struct mailbox *mailbox, enum report_class class, bool fault,
                uint64_t count, const char *text)
{
    const struct report_found found = {.class = class,
                                       .fault = fault,
                                       .mailbox = mailbox != NULL ? mailbox->row.name : NULL,
                                       .count = count,
                                       .text = text};

    verifying->sum.found[class] += count;
    verifying->sum.faults += !fault ? 0 : count != 0 ? count : 1;
    report_found(verifying->run.report, verifying->run.account->name, &found);
}

static void
say_waiting(struct verifying *verifying, const struct mailbox *mailbox, const struct journal_message *row,
            const char *why)
{
    const struct report_found found = {.class = CLASS_WAITING,
                                       .single = true,
                                       .mailbox = mailbox->row.name,
                                       .uid = row->uid,
                                       .file = row->base,
                                       .text = why};

    verifying->sum.found[CLASS_WAITING]++;
    report_found(verifying->run.report, verifying->run.account->name, &found);
}

/* So many of them, where each by itself is not shown. */
static void
say_sum(struct verifying *verifying, const struct mailbox *mailbox, enum report_class class, uint64_t before,
        const char *text)
{
    const struct report_found found = {.class = class,
                                       .sum = true,
                                       .mailbox = mailbox->row.name,
                                       .count = verifying->sum.found[class] - before,
                                       .text = text};

    if (found.count != 0)
        report_found(verifying->run.report, verifying->run.account->name, &found);
}

bool
verify_why_mailbox(struct verifying *verifying, const struct mailbox *mailbox, char why[static 512])
{
    struct journal_pending pending;
    bool found;

    why[0] = '\0';
    if (!journal_pending_get(verifying->run.journal, mailbox->row.id, 0, &pending, &found, &verifying->run.err))
        return false;
    if (found)
        (void)text_print(why, 512, "%s", pending.why);
    return true;
}

/* Does the journal say why it waits? */
static bool
is_explained(struct verifying *verifying, const struct mailbox *mailbox, const struct journal_message *row,
             char why[static 512])
{
    const char *excuse = verify_excuse(row);
    struct journal_pending pending;
    bool found;

    why[0] = '\0';
    if (excuse != NULL) {
        (void)text_print(why, 512, "%s", excuse);
        return true;
    }
    if (!journal_pending_get(verifying->run.journal, mailbox->row.id, row->id, &pending, &found, &verifying->run.err))
        return false;
    if (found && pending.kind != PENDING_ALTERED)
        (void)text_print(why, 512, "%s", pending.why[0] != '\0' ? pending.why : pending.detail);
    return found || verify_why_mailbox(verifying, mailbox, why);
}

bool
verify_find(struct verifying *verifying, int64_t row, uint32_t uid, enum verify_what what)
{
    if (!array_grow(&verifying->findings, &verifying->size, verifying->count + 1, sizeof *verifying->findings))
        return run_no_memory(&verifying->run);
    verifying->findings[verifying->count++] = (struct finding){row, uid, what};
    return true;
}

bool
verify_find_all(struct verifying *verifying, const struct journal_message *row, const enum verify_what *what,
                size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!verify_find(verifying, row->id, row->uid, what[i]))
            return false;
    return true;
}

static bool
say_one(struct verifying *verifying, const struct mailbox *mailbox, const struct finding *finding,
        struct journal_message *row)
{
    enum verify_what what;
    char why[512];

    *row = (struct journal_message){.uid = finding->uid};
    if (finding->row != 0 && !run_load(&verifying->run, finding->row, row))
        return false;
    what = verify_of(row, finding->what);
    if (finding->row != 0 && !verify_read_alone(verifying, mailbox, row, &what))
        return false;
    if (says[what].seen) {
        if (!is_explained(verifying, mailbox, row, why))
            return false;
        if (why[0] != '\0') {
            say_waiting(verifying, mailbox, row, why);
            return true;
        }
    }
    verify_say(verifying, mailbox, what, row, NULL);
    return true;
}

bool
verify_say_all(struct verifying *verifying, const struct mailbox *mailbox)
{
    struct journal_message *row = malloc(sizeof *row);
    uint64_t before[REPORT_CLASSES],
        known = 0; /* known: of what is extra there, what is a fault and has a line of its own */
    char text[200];
    bool ok = row != NULL || run_no_memory(&verifying->run);

    memcpy(before, verifying->sum.found, sizeof before);
    for (size_t i = 0; ok && i < verifying->count; i++) {
        const uint64_t extra = verifying->sum.found[CLASS_EXTRA_THERE];

        ok = say_one(verifying, mailbox, &verifying->findings[i], row);
        if (verifying->findings[i].what != VERIFY_NEW_THERE)
            known += verifying->sum.found[CLASS_EXTRA_THERE] - extra;
    }
    verifying->count = 0;
    free(row);
    if (!ok)
        return false;
    (void)text_print(text, sizeof text, "golub status %s says why", verifying->run.account->name);
    say_sum(verifying, mailbox, CLASS_WAITING, before[CLASS_WAITING], text);
    say_sum(verifying, mailbox, CLASS_EXTRA_THERE, before[CLASS_EXTRA_THERE] + known,
            "new on the server since the last sync: the next one fetches them");
    say_sum(verifying, mailbox, CLASS_SIZE, before[CLASS_SIZE], says[VERIFY_SIZE].words);
    say_sum(verifying, mailbox, CLASS_DATE, before[CLASS_DATE], says[VERIFY_DATE].words);
    return true;
}
