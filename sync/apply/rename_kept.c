/* See rename_kept.h. */
#include "sync/apply/rename_kept.h"

#include "sync/apply/renamed_apart.h"
#include "sync/rows/renaming.h"
#include "sync/run/lookup.h"

#define WAITS "rename-there" /* what is pending of a mailbox whose folder has another name */
#define SPECIAL                                                                                                        \
    ((unsigned)REMOTE_ALL | REMOTE_ARCHIVE | REMOTE_DRAFTS | REMOTE_FLAGGED | REMOTE_JUNK | REMOTE_SENT |              \
     REMOTE_TRASH | REMOTE_IMPORTANT)

bool
rename_keep_back(struct run *run, struct mailbox *mailbox, enum journal_pending_kind kind, const char *why)
{
    const bool aside = strcmp(run_called(mailbox), mailbox->row.name) != 0;
    char what[2 * LIMIT_MAILBOX_NAME + 80], text[2 * LIMIT_MAILBOX_NAME + 600];

    mailbox->stuck = true;
    (void)text_print(what, sizeof what, "rename this mailbox%s%s%s to \"%s\" on the server, as its folder here",
                     aside ? " from the name that it has there for now, " : "", aside ? mailbox->row.name : "",
                     aside ? "," : "", mailbox->row.goal_there);
    (void)text_print(text, sizeof text, "renamed here to \"%s\": %s", mailbox->row.goal_there, why);
    if (kind != PENDING_POLICY)
        run_complain(run, mailbox, what, why, "Its mail stays in sync; rename the folder back to end this.");
    return run->dry || (run_begin(run) && run_end(run, run_pending(run, mailbox, 0, kind, WAITS, text, NULL)));
}

const char *
rename_find_forbidden(const struct run *run, const struct mailbox *mailbox, char why[static LIMIT_MAILBOX_NAME + 100])
{
    for (size_t i = 0; i < run->count; i++) {
        const struct mailbox *item = &run->mailboxes[i];
        const char *reason = NULL;

        if (!item->listed || !renaming_is_at(item->row.name, mailbox->row.name))
            continue;
        if ((item->uses & SPECIAL) != 0)
            reason = "has a special use on the server (`map` gives its folder another name)";
        else if ((item->row.attributes & REMOTE_SHARED) != 0)
            reason = "is not only yours";
        else if (!item->chosen)
            reason = "is left out by `mailboxes`";
        else if (names_is_aside(item->row.name))
            reason = "has another one's name here";
        if (reason == NULL)
            continue;
        (void)text_print(why, LIMIT_MAILBOX_NAME + 100, "%s %s", item->row.name, reason);
        return why;
    }
    return NULL;
}

/* The server said no to this name within a day. */
static bool
was_refused(struct run *run, const struct mailbox *mailbox, char why[static 600], bool *refused)
{
    char beginning[LIMIT_MAILBOX_NAME + 80];
    struct journal_pending known;
    size_t length;
    bool found;

    *refused = false;
    if (!journal_pending_get(run->journal, mailbox->row.id, 0, &known, &found, &run->err))
        return false;
    (void)text_print(beginning, sizeof beginning, "renamed here to \"%s\": ", mailbox->row.goal_there);
    length = strlen(beginning);
    if (!found || known.kind != PENDING_FAILED || strcmp(known.detail, WAITS) != 0 ||
        strncmp(known.why, beginning, length) != 0 || !run_within(run, known.since, AGE_DAY))
        return true;
    (void)text_print(why, 600, "%s", known.why + length);
    *refused = true;
    return true;
}

/* It would have gone along. Renamed alone it makes, there, the name that the one above it could not get, and what is in that would have to move. */
static bool
stays_above(const struct run *run, const struct mailbox *mailbox, char why[static LIMIT_MAILBOX_NAME + 100])
{
    for (size_t i = 0; i < run->count; i++) {
        const struct mailbox *above = &run->mailboxes[i];

        if (renaming_is_due(above) || above->apart || !above->listed || above->row.goal_there == NULL ||
            !renaming_is_below(mailbox->row.name, above->row.name) ||
            !renaming_is_below(mailbox->row.goal_there, above->row.goal_there))
            continue;
        (void)text_print(why, LIMIT_MAILBOX_NAME + 100, "%s, which stands above it, keeps its name", above->row.name);
        return true;
    }
    return false;
}

bool
rename_may(struct run *run, struct mailbox *mailbox)
{
    char why[LIMIT_MAILBOX_NAME + 100], words[600], utf8[LIMIT_MAILBOX_NAME + 1];
    struct error err = {0};
    bool refused;

    if (!run->account->policy.push.mailboxes)
        return rename_keep_back(run, mailbox, PENDING_POLICY, "`push` lacks \"mailboxes\"");
    if (rename_find_forbidden(run, mailbox, why) != NULL)
        return rename_keep_back(run, mailbox, PENDING_MAILBOX, why);
    if (stays_above(run, mailbox, why))
        return rename_keep_back(run, mailbox, PENDING_MAILBOX, why);
    if (!names_to_server(mailbox->row.goal_there, mailbox->row.separator, utf8, &err))
        return rename_keep_back(run, mailbox, PENDING_MAILBOX, err.answer[0] != '\0' ? err.answer : err.what);
    /* Else what is to stand below its own old name gets one for a while, and then not this one. */
    if (mailbox->goal_taken)
        return rename_keep_back(run, mailbox, PENDING_MAILBOX, "another mailbox has that name");
    if (lookup_is_parent_only(run, mailbox->row.goal_there) && renamed_apart_may_be(run, mailbox)) {
        mailbox->apart = mailbox->stuck = true;
        return true;
    }
    if (!was_refused(run, mailbox, words, &refused))
        return false;
    return !refused || rename_keep_back(run, mailbox, PENDING_FAILED, words);
}
