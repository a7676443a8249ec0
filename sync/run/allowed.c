/* See allowed.h. */
#include "sync/run/allowed.h"

#include <inttypes.h>
#include <stdlib.h>

#define KEY "deletes"
#define LATE "deletes-late"
#define LATE_SIZE 24 /* bytes of one mailbox in it: 19 digits, 2 more, a colon and a blank */

enum what { MESSAGES, MAILBOXES, WHATS };

static const char *const words[WHATS][2] = {[MESSAGES] = {[SIDE_HERE] = "down", [SIDE_THERE] = "up"},
                                            [MAILBOXES] = {[SIDE_HERE] = "here", [SIDE_THERE] = "away"}};

static bool
is_configured(const struct run *run, enum what what, enum mailbox_side side)
{
    const struct policy *policy = &run->account->policy;

    if (what == MAILBOXES)
        return side == SIDE_HERE ? policy->mailbox_deletes_here : policy->mailbox_deletes_there;
    return side == SIDE_HERE ? policy->deletes_here : policy->deletes_there;
}

/* A bit of mailbox.newly_allowed. */
static unsigned
bit_of(enum what what, enum mailbox_side side)
{
    return 1u << (what * 2 + side);
}

bool
allowed_newly(const struct run *run, const struct mailbox *mailbox, enum mailbox_side side)
{
    return run->newly_allowed[side] || (mailbox->newly_allowed & bit_of(MESSAGES, side)) != 0;
}

bool
allowed_newly_whole(const struct run *run, const struct mailbox *mailbox, enum mailbox_side side)
{
    return run->newly_allowed_mailboxes[side] || (mailbox->newly_allowed & bit_of(MAILBOXES, side)) != 0;
}

static bool
store(struct run *run, bool had[WHATS][2])
{
    char text[40] = "";

    for (int i = 0; i < WHATS * 2; i++) {
        const size_t used = strlen(text);

        (void)text_print(text + used, sizeof text - used, "%s%s", i > 0 ? " " : "",
                         had[i / 2][i % 2] ? words[i / 2][i % 2] : "-");
    }
    return journal_set(run->journal, KEY, text, &run->err);
}

/* "ID:bits " of each mailbox that was not judged yet. */
static bool
store_late(struct run *run)
{
    char *text = calloc(1, run->count * LATE_SIZE + 1), *end = text;
    bool ok = text != NULL || run_no_memory(run);

    for (size_t i = 0; ok && i < run->count; i++) {
        const struct mailbox *mailbox = &run->mailboxes[i];

        if (mailbox->newly_allowed == 0)
            continue;
        (void)text_print(end, LATE_SIZE + 1, "%" PRId64 ":%u ", mailbox->row.id, mailbox->newly_allowed);
        end += strlen(end);
    }
    ok = ok && journal_set(run->journal, LATE, text, &run->err);
    free(text);
    return ok;
}

static bool
load_late(struct run *run, unsigned allowed)
{
    char *text;

    if (!journal_get(run->journal, LATE, &text, &run->err))
        return false;
    for (char *at = text, *end; at != NULL && *at != '\0'; at = end) {
        const int64_t id = strtoll(at, &end, 10);
        struct mailbox *mailbox = *end == ':' ? run_mailbox_by_id(run, id) : NULL;
        const unsigned bits = *end == ':' ? (unsigned)strtoul(end + 1, &end, 10) : 0;

        if (mailbox != NULL)
            mailbox->newly_allowed = bits & allowed;
        end += strcspn(end, " ");
        end += *end == ' ';
    }
    free(text);
    return true;
}

bool
allowed_begin(struct run *run)
{
    char *text;
    bool had[WHATS][2], fewer = false, known;
    unsigned allowed = 0;

    if (!journal_get(run->journal, KEY, &text, &run->err))
        return false;
    known = text != NULL;
    for (int i = 0; i < WHATS * 2; i++) {
        const enum what what = i / 2;
        const enum mailbox_side side = i % 2 == SIDE_HERE ? SIDE_HERE : SIDE_THERE;
        const bool is = is_configured(run, what, side);
        const bool was = known ? strstr(text, words[what][side]) != NULL : is;

        (what == MAILBOXES ? run->newly_allowed_mailboxes : run->newly_allowed)[side] = is && !was;
        fewer = fewer || (was && !is);
        allowed |= is ? bit_of(what, side) : 0;
        had[what][side] = was && is;
    }
    free(text);
    return load_late(run, allowed) && ((known && !fewer) || (run_begin(run) && run_end(run, store(run, had))));
}

/* It kept something back, of its own or of others, that was not judged yet. */
static bool
is_closed(const struct mailbox *mailbox)
{
    return mailbox->chosen && !mailbox_is_open(mailbox) &&
           (mailbox->row.state == MAILBOX_ACTIVE || mailbox->row.state == MAILBOX_REPAIR);
}

bool
allowed_end(struct run *run)
{
    bool all[WHATS][2], waits = false;
    unsigned news = 0, late = 0;

    for (int i = 0; i < WHATS * 2; i++) {
        const enum what what = i / 2;
        const enum mailbox_side side = i % 2 == SIDE_HERE ? SIDE_HERE : SIDE_THERE;

        all[what][side] = is_configured(run, what, side);
        if ((what == MAILBOXES ? run->newly_allowed_mailboxes : run->newly_allowed)[side])
            news |= bit_of(what, side);
    }
    for (size_t i = 0; i < run->count; i++) {
        late |= run->mailboxes[i].newly_allowed;
        /* One that stays unreadable keeps back its own alone. */
        waits = waits || (is_closed(&run->mailboxes[i]) && !run_learned(&run->mailboxes[i], CAUTION_STAYS_UNREADABLE));
    }
    if (run->options->one_way || (run->options->mailboxes != NULL && run->options->mailboxes[0] != NULL) ||
        (news | late) == 0 || (news != 0 && waits))
        return true;
    for (size_t i = 0; i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i];

        if (mailbox_is_open(mailbox))
            mailbox->newly_allowed = 0;
        else if (is_closed(mailbox))
            mailbox->newly_allowed |= news;
    }
    return run_begin(run) && run_end(run, store(run, all) && store_late(run));
}
