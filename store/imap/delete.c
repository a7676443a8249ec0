/*
 * A mailbox goes. DELETE removes whatever is in it, and a message may come between a look at it and the command (RFC 9051 section 6.3.5); so it first
 * gets a name that nobody delivers to, and is looked at under that one:
 *
 *   look: it is there, the one that was meant, empty, nothing below it | RENAME, and a look | DELETE, and a look as the proof | UNSUBSCRIBE
 *
 * What came into it meanwhile brings its own name back. A RENAME takes along what stands below a mailbox, so that one that has others below it is
 * left alone.
 */
#include "store/imap/client.h"

#include "store/imap/objectid.h"

enum name { NAME_OWN = 1, NAME_ASIDE, NAME_BELOW }; /* `index` of a LIST or STATUS: which one it asks for */

struct deleting {
    struct imap *imap;
    struct error *err;
    const struct remote_delete *what;
    bool own_there, aside_there, any_below, subscribed;
    bool blind; /* a list of the last look was refused: what it does not show may be there */
    struct status_answer own, aside;
    struct remote_outcome refused; /* what was said to the last RENAME or DELETE; ok: nothing */
};

static bool
is_same(struct text a, struct text b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

static void
take_list(struct deleting *deleting, const struct response *response, size_t asked)
{
    const struct text name = response->list.name;

    /* One that can't be selected holds nothing; but below the other one it would be carried along. */
    if (asked == NAME_BELOW && name.len > deleting->what->name.len &&
        memcmp(name.at, deleting->what->name.at, deleting->what->name.len) == 0)
        deleting->any_below = true;
    if ((response->list.attributes & REMOTE_NOSELECT) != 0)
        return;
    deleting->own_there |= asked == NAME_OWN && is_same(name, deleting->what->name);
    deleting->aside_there |= asked == NAME_ASIDE && is_same(name, deleting->what->aside);
}

static bool
take_untagged(void *self, const struct response *response, const struct command *oldest)
{
    struct deleting *deleting = self;
    const struct text name = {response->name.at, response->name.len};

    if (response->kind == RESPONSE_LSUB)
        deleting->subscribed = deleting->subscribed || is_same(response->list.name, deleting->what->name);
    else if (response->kind == RESPONSE_LIST && oldest != NULL && oldest->kind == COMMAND_LIST)
        take_list(deleting, response, oldest->index);
    else if (response->kind == RESPONSE_STATUS && is_same(name, deleting->what->name))
        deleting->own = response->status;
    else if (response->kind == RESPONSE_STATUS && is_same(name, deleting->what->aside))
        deleting->aside = response->status;
    return true;
}

static bool
take_answer(void *self, const struct command *command, const struct response *response)
{
    struct deleting *deleting = self;

    if ((command->kind == COMMAND_RENAME || command->kind == COMMAND_DELETE) && response->state != STATE_OK)
        client_refused(response, &deleting->refused);
    deleting->blind |= command->kind == COMMAND_LIST && response->state != STATE_OK;
    return true;
}

static bool
ask(struct deleting *deleting, int kind, size_t index, const char *before, struct text name, const char *behind)
{
    struct queue *queue = &deleting->imap->queue;

    queue_begin(queue, kind, index, 0, 0);
    queue_print(queue, "%s", before);
    queue_name(queue, name);
    queue_print(queue, "%s", behind);
    return queue_end(queue, deleting->err);
}

static bool
ask_below(struct deleting *deleting)
{
    struct buffer pattern = buffer_new(LIMIT_LITERAL_KEPT);
    const struct remote_delete *what = deleting->what;
    bool ok = what->separator == '\0' || (buffer_add(&pattern, what->name.at, what->name.len) &&
                                          buffer_add(&pattern, &what->separator, 1) && buffer_adds(&pattern, "%"));

    if (!ok)
        error_set(deleting->err, ERROR_LOCAL, "delete a mailbox: out of memory");
    ok = ok && (what->separator == '\0' ||
                ask(deleting, COMMAND_LIST, NAME_BELOW, "LIST \"\" ", (struct text){pattern.at, pattern.len}, ""));
    buffer_free(&pattern);
    return ok;
}

/* Both names, in the turn of what was asked before it. */
static bool
look(struct deleting *deleting, bool first)
{
    const struct operation operation = {.self = deleting, .untagged = take_untagged, .answered = take_answer};
    const struct remote_delete *what = deleting->what;
    char items[96];

    (void)text_print(items, sizeof items, " (MESSAGES UIDNEXT UIDVALIDITY%s)", objectid_item(deleting->imap));
    deleting->own_there = deleting->aside_there = deleting->any_below = deleting->blind = false;
    deleting->own = first ? (struct status_answer){0} : deleting->own;
    deleting->aside = (struct status_answer){0};
    return ask(deleting, COMMAND_LIST, NAME_OWN, "LIST \"\" ", what->name, "") &&
           ask(deleting, COMMAND_LIST, NAME_ASIDE, "LIST \"\" ", what->aside, "") &&
           ask(deleting, COMMAND_STATUS, first ? NAME_OWN : NAME_ASIDE, "STATUS ", first ? what->name : what->aside,
               items) &&
           (!first || !what->begun || ask(deleting, COMMAND_STATUS, NAME_ASIDE, "STATUS ", what->aside, items)) &&
           (!first || (ask_below(deleting) && ask(deleting, COMMAND_LSUB, 0, "LSUB \"\" ", what->name, ""))) &&
           queue_run(&deleting->imap->queue, &operation, deleting->err);
}

/* @param to  NAME_ASIDE, or its own one */
static bool
rename_to(struct deleting *deleting, enum name to)
{
    const struct remote_delete *what = deleting->what;
    struct queue *queue = &deleting->imap->queue;

    deleting->refused = (struct remote_outcome){.ok = true};
    queue_begin(queue, COMMAND_RENAME, 0, 0, 0);
    queue_print(queue, "RENAME ");
    queue_name(queue, to == NAME_ASIDE ? what->name : what->aside);
    queue_print(queue, " ");
    queue_name(queue, to == NAME_ASIDE ? what->aside : what->name);
    return queue_end(queue, deleting->err) && look(deleting, false);
}

static bool
is_another(const struct status_answer *status, const struct remote_delete *what)
{
    return !status->has_uidvalidity || status->uidvalidity != what->uidvalidity ||
           (what->objectid[0] != '\0' && status->objectid[0] != '\0' && strcmp(what->objectid, status->objectid) != 0);
}

/* It has its other name. Some servers give a mailbox another UIDVALIDITY with a name: then its UIDNEXT says nothing. */
static bool
is_empty(const struct deleting *deleting)
{
    const struct status_answer *status = &deleting->aside;
    const struct remote_delete *what = deleting->what;

    return status->has_messages && status->messages == 0 && status->has_uidvalidity && status->has_uidnext &&
           (what->objectid[0] == '\0' || status->objectid[0] == '\0' ||
            strcmp(what->objectid, status->objectid) == 0) &&
           (status->uidvalidity != what->uidvalidity || status->uidnext == what->uidnext);
}

/* Nobody can tell what there is: the next run looks again. */
static bool
is_blind(const struct deleting *deleting, struct remote_outcome *outcome)
{
    if (!deleting->blind)
        return false;
    client_outcome(outcome, "the server does not list it now");
    outcome->passing = true;
    return true;
}

static bool
go_back(struct deleting *deleting, const char *why, struct remote_outcome *outcome)
{
    if (!rename_to(deleting, NAME_OWN))
        return false;
    if (is_blind(deleting, outcome))
        return true;
    client_outcome(outcome, "%s", why);
    outcome->changed = true;
    outcome->doubtful = deleting->aside_there; /* its own name is another one's by now */
    return true;
}

static bool
delete_aside(struct deleting *deleting, struct remote_outcome *outcome)
{
    deleting->refused = (struct remote_outcome){.ok = true};
    if (!ask(deleting, COMMAND_DELETE, 0, "DELETE ", deleting->what->aside, "") || !look(deleting, false))
        return false;
    if (is_blind(deleting, outcome))
        return true;
    if (deleting->aside_there) {
        const struct remote_outcome said = deleting->refused;

        return go_back(deleting, said.ok ? "the server says OK, but does not do it" : said.answer, outcome);
    }
    outcome->ok = true;
    /* Not before: one that stays after all keeps its subscription. */
    return !deleting->subscribed || deleting->own_there ||
           (ask(deleting, COMMAND_SUBSCRIBE, 0, "UNSUBSCRIBE ", deleting->what->name, "") && look(deleting, false));
}

/* What the first look says of it; NULL: it may go. */
static const char *
find_objection(const struct deleting *deleting)
{
    if (is_another(&deleting->own, deleting->what))
        return "it is another mailbox";
    if (!deleting->own.has_messages || deleting->own.messages != 0)
        return "there is mail in it";
    if (!deleting->own.has_uidnext || deleting->own.uidnext != deleting->what->uidnext)
        return "mail came to it";
    return NULL;
}

static bool
begin(struct deleting *deleting, struct remote_outcome *outcome)
{
    const char *objection;

    if (!deleting->own_there) {
        outcome->ok = true; /* it is gone, whoever did that */
        return true;
    }
    if (deleting->any_below) {
        client_outcome(outcome, "other mailboxes stand below it");
        return true;
    }
    objection = find_objection(deleting);
    if (objection != NULL) {
        client_outcome(outcome, "%s", objection);
        outcome->changed = true;
        return true;
    }
    if (!rename_to(deleting, NAME_ASIDE))
        return false;
    if (is_blind(deleting, outcome))
        return true;
    if (!deleting->aside_there && !deleting->own_there) {
        client_outcome(outcome, "another client renamed or deleted it a moment ago");
        outcome->changed = true;
        return true;
    }
    if (!deleting->aside_there) {
        *outcome = deleting->refused;
        if (outcome->ok)
            client_outcome(outcome, "the server says OK, but does not do it");
        outcome->ok = false;
        return true;
    }
    return is_empty(deleting) ? delete_aside(deleting, outcome) : go_back(deleting, "mail came to it", outcome);
}

bool
imap_delete(struct imap *imap, const struct remote_delete *what, struct remote_outcome *outcome, struct error *err)
{
    struct deleting deleting = {.imap = imap, .err = err, .what = what};

    *outcome = (struct remote_outcome){0};
    if (!look(&deleting, true))
        return false;
    if (is_blind(&deleting, outcome))
        return true;
    if (!what->begun && !deleting.aside_there)
        return begin(&deleting, outcome);
    if (!deleting.aside_there) {
        outcome->ok = !deleting.own_there;
        outcome->changed = deleting.own_there;
        return true;
    }
    if (!what->begun) { /* another golub's, or one that was lost with its journal */
        client_outcome(outcome, "a mailbox is called %.*s already", (int)what->aside.len, what->aside.at);
        return true;
    }
    return what->undo            ? go_back(&deleting, "its folder is here again", outcome)
           : is_empty(&deleting) ? delete_aside(&deleting, outcome)
                                 : go_back(&deleting, "mail came to it", outcome);
}
