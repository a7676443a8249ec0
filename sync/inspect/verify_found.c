/* What was found, as people are told it: each by itself or many in one line, and whether the journal explains it. */
#include "sync/inspect/verify_private.h"

void
verify_say(struct verifying *verifying, const struct mailbox *mailbox, enum verify_what what,
           const struct journal_message *row, const char *why)
{
    struct verify_words words;

    verify_words(&verifying->run, mailbox, what, row, why, &words);
    const struct report_found found = {
        .class = words.class,
        .fault = words.fault,
        .single = !words.fault,
        .mailbox = mailbox != NULL ? mailbox->row.name : NULL,
        .uid = row->uid,
        .file = row->base,
        .text = words.text,
    };

    verifying->sum.found[words.class]++;
    verifying->sum.faults += words.fault;
    verifying->kept[what] += words.kept && words.class == CLASS_WAITING;
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
    verifying->explained++;
    report_found(verifying->run.report, verifying->run.account->name, &found);
}

/* So many of them, where each by itself is not shown. */
static void
say_sum(struct verifying *verifying, const struct mailbox *mailbox, enum report_class class, uint64_t count,
        const char *text)
{
    const struct report_found found = {
        .class = class, .sum = true, .mailbox = mailbox->row.name, .count = count, .text = text};

    if (count != 0)
        report_found(verifying->run.report, verifying->run.account->name, &found);
}

/* The same of what the policy keeps back. */
static void
say_kept(struct verifying *verifying, const struct mailbox *mailbox)
{
    const struct journal_message any = {0};
    struct verify_words words;

    for (enum verify_what what = 0; what < VERIFY_WHATS; what++) {
        if (verifying->kept[what] == 0)
            continue;
        verify_words(&verifying->run, mailbox, what, &any, NULL, &words);
        say_sum(verifying, mailbox, CLASS_WAITING, verifying->kept[what], words.text);
        verifying->kept[what] = 0;
    }
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
    if (verify_is_seen(what)) {
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

/* In one line each, what is a line by itself only where more is asked for. @param before  of each class, before the mailbox. @param faults  of what is extra there */
static void
say_sums(struct verifying *verifying, const struct mailbox *mailbox, const uint64_t before[static REPORT_CLASSES],
         uint64_t faults)
{
    static const struct {
        enum verify_what what;
        enum report_class class;
        const char *more;
    } sums[] = {{VERIFY_NEW_THERE, CLASS_EXTRA_THERE, ": the next one fetches them"},
                {VERIFY_SIZE, CLASS_SIZE, ""},
                {VERIFY_DATE, CLASS_DATE, ""}};
    const struct journal_message any = {0};
    struct verify_words words;
    char text[VERIFY_TEXT + 64];

    (void)text_print(text, sizeof text, "golub status %s says why", verifying->run.account->name);
    say_sum(verifying, mailbox, CLASS_WAITING, verifying->explained, text);
    verifying->explained = 0;
    say_kept(verifying, mailbox);
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++) {
        const enum report_class class = sums[i].class;

        verify_words(&verifying->run, mailbox, sums[i].what, &any, NULL, &words);
        (void)text_print(text, sizeof text, "%s%s", words.text, words.kept ? "" : sums[i].more);
        say_sum(verifying, mailbox, class,
                verifying->sum.found[class] - before[class] - (class == CLASS_EXTRA_THERE ? faults : 0), text);
    }
}

bool
verify_say_all(struct verifying *verifying, const struct mailbox *mailbox)
{
    struct journal_message *row = malloc(sizeof *row);
    uint64_t before[REPORT_CLASSES],
        known = 0; /* known: of what is extra there, what is a fault and has a line of its own */
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
    if (ok)
        say_sums(verifying, mailbox, before, known);
    return ok;
}
