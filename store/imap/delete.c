/*
 * A mailbox goes. DELETE removes whatever is in it, and a message may come between a look at it and the command (RFC 9051 section 6.3.5); so it first
 * gets a name that nobody delivers to, and is looked at under that one:
 *
 *   look: it is there, the one that was meant, empty, nothing below it | RENAME, and a look | DELETE, and a look as the proof | UNSUBSCRIBE
 *
 * What came into it meanwhile brings its own name back. A RENAME takes along what stands below a mailbox, so that one that has others below it is
 * left alone; what another client made below it since the first look has its old name back with it, or, where that is taken by then, each by itself.
 *
 * What remains: whoever finds the other name in a list and puts mail into it in the one turn between the look and DELETE. No command deletes only what
 * is empty; a STATUS in the turn of the DELETE tells at least that it was so.
 */
#include "store/imap/client.h"

#include "store/base/deleting.h"
#include "store/imap/naming.h"
#include "store/imap/objectid.h"

enum name {
    NAME_OWN = 1,
    NAME_ASIDE,
    NAME_BELOW,
    NAME_CARRIED
}; /* `index` of a LIST or STATUS: which one it asks for */

struct deleting {
    struct imap *imap;
    struct error *err;
    const struct remote_delete *what;
    bool own_there, aside_there, any_below, subscribed;
    bool tried; /* the server refused its DELETE */
    bool blind; /* a list of the last look was refused: what it does not show may be there */
    struct status_answer own, aside;
    struct buffer carried;         /* names below the other one: behind each a NUL */
    struct remote_outcome refused; /* what was said to the last RENAME or DELETE; ok: nothing */
};

static bool
take_list(struct deleting *deleting, const struct response *response, size_t asked)
{
    const struct text name = response->list.name;

    /* One that can't be selected holds nothing; but below the other one it would be carried along. */
    if (asked == NAME_BELOW && naming_is_below(name, deleting->what->name, deleting->what->separator))
        deleting->any_below = true;
    if (asked == NAME_CARRIED && naming_is_below(name, deleting->what->aside, deleting->what->separator) &&
        !(buffer_add(&deleting->carried, name.at, name.len) && buffer_add(&deleting->carried, "", 1))) {
        error_set(deleting->err, ERROR_LOCAL, "delete a mailbox: out of memory");
        return false;
    }
    if ((response->list.attributes & REMOTE_NOSELECT) != 0)
        return true;
    deleting->own_there |= asked == NAME_OWN && text_same(name, deleting->what->name);
    deleting->aside_there |= asked == NAME_ASIDE && text_same(name, deleting->what->aside);
    return true;
}

static bool
take_untagged(void *self, const struct response *response, const struct command *oldest)
{
    struct deleting *deleting = self;
    const struct text name = {response->name.at, response->name.len};

    if (response->kind == RESPONSE_LSUB)
        deleting->subscribed = deleting->subscribed || text_same(response->list.name, deleting->what->name);
    else if (response->kind == RESPONSE_LIST && oldest != NULL && oldest->kind == COMMAND_LIST)
        return take_list(deleting, response, oldest->index);
    else if (response->kind == RESPONSE_STATUS && text_same(name, deleting->what->name))
        deleting->own = response->status;
    else if (response->kind == RESPONSE_STATUS && text_same(name, deleting->what->aside))
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
    return naming_ask(deleting->imap, kind, index, before, name, behind, deleting->err);
}

/* The level below one of both names. */
static bool
ask_below(struct deleting *deleting, enum name which)
{
    struct buffer pattern = buffer_new(LIMIT_LITERAL_KEPT);
    const struct remote_delete *what = deleting->what;
    const struct text above = which == NAME_BELOW ? what->name : what->aside;
    bool ok = what->separator == '\0' || (buffer_add(&pattern, above.at, above.len) &&
                                          buffer_add(&pattern, &what->separator, 1) && buffer_adds(&pattern, "%"));

    if (!ok)
        error_set(deleting->err, ERROR_LOCAL, "delete a mailbox: out of memory");
    ok = ok && (what->separator == '\0' ||
                ask(deleting, COMMAND_LIST, which, "LIST \"\" ", (struct text){pattern.at, pattern.len}, ""));
    buffer_free(&pattern);
    return ok;
}

static bool
ask_status(struct deleting *deleting, enum name which)
{
    char items[96];

    (void)text_print(items, sizeof items, " (MESSAGES UIDNEXT UIDVALIDITY%s)", objectid_item(deleting->imap));
    return ask(deleting, COMMAND_STATUS, which, "STATUS ",
               which == NAME_OWN ? deleting->what->name : deleting->what->aside, items);
}

/* Both names, in the turn of what was asked before it. */
static bool
look(struct deleting *deleting, bool first)
{
    const struct operation operation = {.self = deleting, .untagged = take_untagged, .answered = take_answer};
    const struct remote_delete *what = deleting->what;

    deleting->own_there = deleting->aside_there = deleting->any_below = deleting->blind = false;
    deleting->own = first ? (struct status_answer){0} : deleting->own;
    deleting->aside = (struct status_answer){0};
    buffer_clear(&deleting->carried);
    return (!first || naming_leave(deleting->imap, deleting->err)) &&
           ask(deleting, COMMAND_LIST, NAME_OWN, "LIST \"\" ", what->name, "") &&
           ask(deleting, COMMAND_LIST, NAME_ASIDE, "LIST \"\" ", what->aside, "") &&
           ask_status(deleting, first ? NAME_OWN : NAME_ASIDE) &&
           (!first || !what->begun || ask_status(deleting, NAME_ASIDE)) &&
           ((first && !what->begun) || ask_below(deleting, NAME_CARRIED)) &&
           (!first ||
            (ask_below(deleting, NAME_BELOW) && ask(deleting, COMMAND_LSUB, 0, "LSUB \"\" ", what->name, ""))) &&
           queue_run(&deleting->imap->queue, &operation, deleting->err);
}

/* @param to  NAME_ASIDE, or its own one */
static bool
rename_to(struct deleting *deleting, enum name to)
{
    const struct remote_delete *what = deleting->what;

    deleting->refused = (struct remote_outcome){.ok = true};
    return naming_rename(deleting->imap, to == NAME_ASIDE ? what->name : what->aside,
                         to == NAME_ASIDE ? what->aside : what->name, deleting->err) &&
           look(deleting, false);
}

/* What was carried along, each to where it came from. */
static bool
hand_back(struct deleting *deleting)
{
    const struct remote_delete *what = deleting->what;
    const struct buffer *carried = &deleting->carried;
    struct buffer to = buffer_new(LIMIT_LITERAL_KEPT);
    bool ok = true;

    for (size_t at = 0; ok && at < carried->len; at += strlen(carried->at + at) + 1) {
        const struct text from = text_of(carried->at + at);

        buffer_clear(&to);
        ok = buffer_add(&to, what->name.at, what->name.len) &&
             buffer_add(&to, from.at + what->aside.len, from.len - what->aside.len);
        if (!ok)
            error_set(deleting->err, ERROR_LOCAL, "delete a mailbox: out of memory");
        ok = ok && naming_rename(deleting->imap, from, (struct text){to.at, to.len}, deleting->err);
    }
    buffer_free(&to);
    return ok && look(deleting, false);
}

static bool
is_another(const struct status_answer *status, const struct remote_delete *what)
{
    return !status->has_uidvalidity || status->uidvalidity != what->uidvalidity ||
           (what->objectid[0] != '\0' && status->objectid[0] != '\0' && strcmp(what->objectid, status->objectid) != 0);
}

/* It has its other name. */
static bool
is_empty(const struct deleting *deleting)
{
    const struct status_answer *status = &deleting->aside;
    const struct deleting_sight sight = {.has_messages = status->has_messages,
                                         .has_uidvalidity = status->has_uidvalidity,
                                         .has_uidnext = status->has_uidnext,
                                         .messages = status->messages,
                                         .uidvalidity = status->uidvalidity,
                                         .uidnext = status->uidnext,
                                         .objectid = status->objectid};

    return deleting_is_proven(deleting->what, &sight);
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

static bool delete_aside(struct deleting *deleting, struct remote_outcome *outcome);

/* It gets its name back. Where another one has that an empty one goes. */
static bool
go_back(struct deleting *deleting, const char *why, struct remote_outcome *outcome)
{
    if (!rename_to(deleting, NAME_OWN) || (!deleting->blind && deleting->carried.len != 0 && !hand_back(deleting)))
        return false;
    if (is_blind(deleting, outcome))
        return true;
    if (deleting->aside_there && deleting->own_there && deleting->carried.len == 0 && is_empty(deleting) &&
        !deleting->tried)
        return delete_aside(deleting, outcome);
    client_outcome(outcome, "%s", why);
    /* Where the DELETE was refused and it has its name back, it is as it was. */
    outcome->changed = !deleting->tried || !deleting->own_there || deleting->aside_there || deleting->carried.len != 0;
    outcome->doubtful = deleting->own_there && deleting->aside_there;
    outcome->passing = !deleting->own_there && deleting->aside_there;
    if (outcome->passing && !deleting->refused.ok)
        (void)text_print(outcome->answer, sizeof outcome->answer, "%s", deleting->refused.answer);
    return true;
}

static bool
delete_aside(struct deleting *deleting, struct remote_outcome *outcome)
{
    deleting->refused = (struct remote_outcome){.ok = true};
    if (!ask_status(deleting, NAME_ASIDE) || !ask(deleting, COMMAND_DELETE, 0, "DELETE ", deleting->what->aside, "") ||
        !look(deleting, false))
        return false;
    if (is_blind(deleting, outcome))
        return true;
    if (deleting->aside_there) {
        const struct remote_outcome said = deleting->refused;

        deleting->tried = true;
        return go_back(deleting, said.ok ? "the server says OK, but does not do it" : said.answer, outcome);
    }
    /* The last STATUS that found it. */
    client_outcome(outcome, "%s", deleting->aside.messages != 0 ? "it went with the mailbox" : "");
    if (deleting->carried.len != 0 && !hand_back(deleting)) /* made in that moment */
        return false;
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

/* It has its other name. */
static bool
go_on(struct deleting *deleting, struct remote_outcome *outcome)
{
    if (deleting->carried.len != 0)
        return go_back(deleting, "another client made a mailbox below it", outcome);
    return is_empty(deleting) ? delete_aside(deleting, outcome) : go_back(deleting, "mail came to it", outcome);
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
    if (deleting->aside_there || deleting->carried.len != 0)
        return go_on(deleting, outcome);
    if (!deleting->own_there) {
        client_outcome(outcome, "another client renamed or deleted it a moment ago");
        outcome->changed = true;
        return true;
    }
    *outcome = deleting->refused;
    if (outcome->ok)
        client_outcome(outcome, "the server says OK, but does not do it");
    outcome->ok = false;
    return true;
}

/* Where it is not told that both are one the run looks at it as at any other. */
static bool
has_another_its_name(const struct deleting *deleting)
{
    const struct remote_delete *what = deleting->what;
    const struct status_answer *status = &deleting->own;

    return deleting->own_there && status->has_uidvalidity && is_another(status, what) &&
           (what->objectid[0] == '\0' || strcmp(what->objectid, status->objectid) != 0);
}

/* What a run that was cut off left. It may have gone already, and left mailboxes that came below it: then no answer is about it any more. */
static bool
recover(struct deleting *deleting, struct remote_outcome *outcome)
{
    const bool went = !deleting->aside_there, another = has_another_its_name(deleting);

    if (!went)
        return deleting->what->undo ? go_back(deleting, "its folder is here again", outcome) : go_on(deleting, outcome);
    if (deleting->carried.len != 0 && !go_back(deleting, "", outcome))
        return false;
    if (outcome->passing || deleting->aside_there)
        return true;
    *outcome =
        (struct remote_outcome){.ok = another || !deleting->own_there, .changed = !another && deleting->own_there};
    return true;
}

bool
imap_delete(struct imap *imap, const struct remote_delete *what, struct remote_outcome *outcome, struct error *err)
{
    struct deleting deleting = {.imap = imap, .err = err, .what = what, .carried = buffer_new(LIMIT_MAILBOXES * 64)};
    bool ok = look(&deleting, true);

    opened_changes(imap, what->name, what->separator);
    opened_changes(imap, what->aside, what->separator);
    *outcome = (struct remote_outcome){0};
    if (ok && !is_blind(&deleting, outcome)) {
        if (what->begun)
            ok = recover(&deleting, outcome);
        else if (!deleting.aside_there)
            ok = begin(&deleting, outcome);
        else /* another golub's, or one that was lost with its journal */
            client_outcome(outcome, "a mailbox is called %.*s already", (int)what->aside.len, what->aside.at);
    }
    outcome->left_below = ok && !outcome->passing && !outcome->doubtful && deleting.carried.len != 0;
    buffer_free(&deleting.carried);
    return ok;
}
