/*
 * What a dry run would do, a line a mailbox:
 *     work/INBOX: would fetch 300 (12.4 MB), upload 2 (0.1 MB), change flags of 5 here and 1 on the server
 * and what it would hold. With --verbose each message has a line of its own instead.
 */
#include "sync/report/private.h"

#include <inttypes.h>

#define LINE_SIZE 1024
#define MEGABYTE 1e6

struct report_would *
report_would_of(struct report_account *account, const char *mailbox)
{
    struct report_would *would;

    for (size_t i = account->would_count; i > 0; i--) { /* most are of the mailbox of the one before */
        if (strcmp(account->would[i - 1].mailbox, mailbox) == 0)
            return &account->would[i - 1];
    }
    if (!array_grow(&account->would, &account->would_size, account->would_count + 1, sizeof account->would[0]))
        return NULL;
    would = &account->would[account->would_count];
    *would = (struct report_would){.mailbox = strdup(mailbox)};
    if (would->mailbox == NULL)
        return NULL;
    account->would_count++;
    return would;
}

void
report_would_free(struct report_account *account)
{
    for (size_t i = 0; i < account->would_count; i++)
        free(account->would[i].mailbox);
    free(account->would);
    account->would = NULL;
    account->would_count = account->would_size = 0;
}

static void
add_part(char *to, size_t size, const char *verb, uint64_t count, const char *where, uint64_t bytes)
{
    const size_t used = strlen(to);
    char number[REPORT_NUMBER_SIZE], amount[48] = "";

    if (count == 0)
        return;
    report_number(count, number);
    if (bytes != 0)
        (void)text_print(amount, sizeof amount, " (%.1f MB)", (double)bytes / MEGABYTE);
    (void)text_print(to + used, size - used, "%s%s %s%s%s", used != 0 ? ", " : "would ", verb, number, where, amount);
}

static void
write_would(struct report *report, const char *account, const struct report_would *would)
{
    const struct report_place place = {account, would->mailbox};
    const uint64_t *done = would->counts.done;
    char line[LINE_SIZE] = "";

    if (done[DID_CREATE_HERE] != 0)
        (void)text_print(line, sizeof line, "would make the folder here");
    if (done[DID_CREATE_THERE] != 0)
        (void)text_print(line + strlen(line), sizeof line - strlen(line), "%smake the mailbox on the server",
                         line[0] != '\0' ? ", " : "would ");
    add_part(line, sizeof line, "fetch", done[DID_DOWNLOAD], "", would->counts.bytes_down);
    add_part(line, sizeof line, "upload", done[DID_UPLOAD], "", would->counts.bytes_up);
    add_part(line, sizeof line, "pair", done[DID_PAIR], " that are the same on both sides", 0);
    add_part(line, sizeof line, "change flags of", done[DID_FLAGS_HERE], " here", 0);
    add_part(line, sizeof line, "change flags of", done[DID_FLAGS_THERE], " on the server", 0);
    add_part(line, sizeof line, "change keywords of", done[DID_KEYWORDS_HERE], " here", 0);
    add_part(line, sizeof line, "change keywords of", done[DID_KEYWORDS_THERE], " on the server", 0);
    add_part(line, sizeof line, "move", done[DID_MOVE_HERE], " here", 0);
    add_part(line, sizeof line, "move", done[DID_MOVE_THERE], " on the server", 0);
    add_part(line, sizeof line, "copy", done[DID_COPY_THERE], " on the server", 0);
    add_part(line, sizeof line, "remove", done[DID_REMOVE_HERE], " here", 0);
    add_part(line, sizeof line, "remove", done[DID_REMOVE_THERE], " on the server", 0);
    add_part(line, sizeof line, "replace", done[DID_REPLACE_THERE], " on the server", 0);
    add_part(line, sizeof line, "hold the removal of", would->removals_here, " here", 0);
    add_part(line, sizeof line, "hold the removal of", would->removals_there, " on the server", 0);
    add_part(line, sizeof line, "hold the addition of", would->additions, "", 0);
    if (done[DID_DELETE_HERE] != 0 || done[DID_DELETE_THERE] != 0)
        (void)text_print(line + strlen(line), sizeof line - strlen(line), "%s%s", line[0] != '\0' ? ", " : "would ",
                         done[DID_DELETE_HERE] != 0 ? "remove the folder here" : "delete the mailbox on the server");
    report_text_line(report, report->out, &place, line);
}

bool
report_would_hold(struct report_account *account, const struct report_held *held)
{
    struct report_would *would = report_would_of(account, held->mailbox);

    if (would == NULL)
        return false;
    if (held->addition)
        would->additions++;
    else if (held->here)
        would->removals_here++;
    else
        would->removals_there++;
    return true;
}

void
report_text_would(struct report *report, const struct report_account *account)
{
    for (size_t i = 0; i < account->would_count; i++)
        write_would(report, account->name, &account->would[i]);
}
