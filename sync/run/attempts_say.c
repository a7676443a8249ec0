/* What is written down, and what people are told, of what ended the line: see attempts.h. */
#include "sync/run/attempts.h"
#include "sync/run/avoided.h"

#include <inttypes.h>

#define SAID_MAX 20

static bool
explain(struct run *run, struct suspect *suspect)
{
    static const char *const details[ATTEMPTS] = {
        [ATTEMPT_LOOK] = "read",   [ATTEMPT_HEADER] = "download", [ATTEMPT_BODY] = "download",
        [ATTEMPT_STORE] = "flags", [ATTEMPT_SEND] = "upload",     [ATTEMPT_REMOVE] = "remove-there",
        [ATTEMPT_MEASURE] = "read"};
    struct mailbox *mailbox = run_mailbox_by_id(run, suspect->mailbox);
    struct journal_message message = {.id = 0};
    bool found = false;
    char why[sizeof run->attempts.words + 80];

    if (mailbox == NULL)
        return true;
    if (suspect->what == ATTEMPT_LOOK) {
        attempts_leave_out(run, mailbox);
    } else if (!attempts_row(run, suspect, &message, &found)) {
        return false;
    } else if (!found) {
        return true;
    } else if (suspect->runs < ATTEMPTS_RUNS &&
               (attempts_is_body(suspect->what) ||
                (suspect->what == ATTEMPT_MEASURE &&
                 message.base[0] == '\0'))) { /* one that is here stands nowhere else */
        run_learn(run, mailbox, CAUTION_UNREAD_MESSAGE);
    }
    if (suspect->what == ATTEMPT_STORE || suspect->what == ATTEMPT_SEND || suspect->what == ATTEMPT_REMOVE)
        (void)text_print(why, sizeof why, "the server ends the line: %s", run->attempts.words);
    else if (suspect->what == ATTEMPT_LOOK)
        (void)text_print(why, sizeof why, "unreadable on the server, which ends the line: %s", run->attempts.words);
    else if (suspect->what == ATTEMPT_MEASURE)
        (void)text_print(why, sizeof why, "unreadable on the server, its size and date are not told: %s",
                         run->attempts.words);
    else
        (void)text_print(why, sizeof why, "%" PRIu64 " bytes, unreadable on the server, which ends the line: %s",
                         message.size, run->attempts.words);
    return run_pending(run, mailbox, message.id, PENDING_UNREADABLE, details[suspect->what], why, NULL);
}

void
attempts_over(struct run *run)
{
    for (size_t i = run->attempts.count; i-- > 0;) {
        const struct suspect *suspect = &run->attempts.at[i];
        const struct mailbox *mailbox = run_mailbox_by_id(run, suspect->mailbox);

        /* A run for other mailboxes says nothing of it. */
        if ((suspect->what == ATTEMPT_FILE || suspect->what == ATTEMPT_UNREAD) && !suspect->counted &&
            (mailbox == NULL || mailbox->asked))
            attempts_drop(run, &run->attempts.at[i]);
    }
}

bool
attempts_write(struct run *run)
{
    bool ok = true;

    avoided_write(run);
    if (!run->attempts.news || run->dry)
        return true;
    ok = run_begin(run);
    for (size_t i = 0; ok && i < run->attempts.count; i++) {
        if (run->attempts.at[i].told)
            ok = explain(run, &run->attempts.at[i]);
        run->attempts.at[i].told = false;
    }
    ok = run_end(run, ok && attempts_save(run));
    run->attempts.news = !ok;
    return ok;
}

void
attempts_forgive(struct run *run)
{
    for (size_t i = 0; i < run->attempts.count; i++) {
        if (run->attempts.at[i].told)
            run->attempts.at[i].unreadable = run->attempts.at[i].told = false;
    }
}

static void
say(struct run *run, const struct suspect *suspect)
{
    const struct mailbox *mailbox = run_mailbox_by_id(run, suspect->mailbox);
    struct journal_message message = {.id = 0};
    struct journal_pending pending;
    struct error ignored = {0};
    bool found = false;
    char what[256] = "list the messages of this mailbox";

    if (mailbox == NULL || !mailbox->asked)
        return;
    if (suspect->uid != 0) {
        if (!attempts_row(run, suspect, &message, &found) || !found)
            return;
        if (suspect->what == ATTEMPT_SEND)
            (void)text_print(what, sizeof what, "store message %.200s on the server", message.base);
        else
            (void)text_print(what, sizeof what, "%s UID %" PRIu32,
                             suspect->what == ATTEMPT_STORE     ? "change flags of"
                             : suspect->what == ATTEMPT_REMOVE  ? "remove"
                             : suspect->what == ATTEMPT_MEASURE ? "read size and date of"
                                                                : "fetch the message of",
                             suspect->uid);
    }
    if (!journal_pending_get(run->journal, suspect->mailbox, message.id, &pending, &found, &ignored) || !found)
        pending.why[0] = '\0';
    else if (suspect->uid != 0 && pending.kind == PENDING_HELD)
        return; /* it waits for the user's answer, which is said by itself: nothing is asked of the server until then */
    run_complain(run, mailbox, what, pending.why,
                 suspect->uid == 0 ? "Everything else is done; it is asked again when it changes, or in a day."
                                   : "Everything else is done; it is asked for again in a day.");
}

void
attempts_say(struct run *run)
{
    size_t said = 0;
    char what[64];

    for (size_t i = 0; i < run->attempts.count; i++) {
        const struct suspect *suspect = &run->attempts.at[i];

        if (suspect->unreadable && !attempts_is_count(suspect->what) && said++ < SAID_MAX)
            say(run, suspect);
    }
    if (said <= SAID_MAX)
        return;
    (void)text_print(what, sizeof what, "read %zu more mailboxes or messages", said - SAID_MAX);
    run_complain(run, NULL, what, "they end the line", "`golub status` lists them.");
}
