/*
 * A mailbox gets another name: RENAME, and in the same turn a look at both names as the proof. What counts is that the mailbox that was meant is there
 * afterwards, and not under its old name, whoever renamed it. Subscriptions do not follow by themselves (RFC 9051 section 6.3.6): in a second turn the
 * new names are subscribed whose old ones were before the RENAME.
 */
#include "store/imap/client.h"

#include "store/base/utf7.h"
#include "store/base/utf8.h"
#include "store/imap/naming.h"
#include "store/imap/objectid.h"

enum name { NAME_FROM = 1, NAME_TO }; /* `index` of a LIST: which one it asks for */

struct renaming {
    struct imap *imap;
    struct error *err;
    const struct remote_rename *what;
    struct text wire;
    char separator;
    bool from_there, to_there;
    struct status_answer status;
    struct buffer subscribed; /* names that were: behind each a NUL */
    size_t at;                /* the one that is next */
    bool off;                 /* ... its old name is */
    struct remote_outcome outcome;
};

static bool
take_subscribed(struct renaming *renaming, const struct response *response)
{
    const struct text name = response->list.name;

    if ((response->list.attributes & REMOTE_NOSELECT) != 0 || memchr(name.at, '\0', name.len) != NULL ||
        !(text_same(name, renaming->what->from) || naming_is_below(name, renaming->what->from, renaming->separator)))
        return true;
    if (buffer_add(&renaming->subscribed, name.at, name.len) && buffer_add(&renaming->subscribed, "", 1))
        return true;
    error_set(renaming->err, ERROR_LOCAL, "rename a mailbox: out of memory");
    return false;
}

static bool
take_untagged(void *self, const struct response *response, const struct command *oldest)
{
    struct renaming *renaming = self;

    if (response->kind == RESPONSE_LSUB && response->list.name.len != 0)
        return take_subscribed(renaming, response);
    if (response->kind == RESPONSE_STATUS &&
        text_same((struct text){response->name.at, response->name.len}, renaming->wire))
        renaming->status = response->status;
    if (response->kind != RESPONSE_LIST || oldest == NULL || oldest->kind != COMMAND_LIST ||
        (response->list.attributes & REMOTE_NOSELECT) != 0)
        return true;
    /* A list that an earlier command of the pipeline gave is from before. */
    if (oldest->index == NAME_FROM && text_same(response->list.name, renaming->what->from))
        renaming->from_there = true;
    if (oldest->index == NAME_TO && text_same(response->list.name, renaming->wire))
        renaming->to_there = true;
    return true;
}

static bool
take_answer(void *self, const struct command *command, const struct response *response)
{
    struct renaming *renaming = self;

    if (command->kind == COMMAND_RENAME && response->state != STATE_OK)
        client_refused(response, &renaming->outcome);
    return true;
}

static bool
ask(struct renaming *renaming, int kind, size_t index, const char *before, struct text name, const char *behind)
{
    return naming_ask(renaming->imap, kind, index, before, name, behind, renaming->err);
}

/* All that is subscribed below it, in one list; `*` in a name may list more than that, which does no harm. */
static bool
ask_below(struct renaming *renaming)
{
    struct buffer pattern = buffer_new(LIMIT_LITERAL_KEPT);
    const struct text from = renaming->what->from;
    bool ok = buffer_add(&pattern, from.at, from.len) && buffer_add(&pattern, &renaming->separator, 1) &&
              buffer_adds(&pattern, "*");

    ok = ok && ask(renaming, COMMAND_LSUB, 0, "LSUB \"\" ", (struct text){pattern.at, pattern.len}, "");
    buffer_free(&pattern);
    return ok;
}

static bool
ask_all(struct renaming *renaming)
{
    const struct text from = renaming->what->from;
    struct imap *imap = renaming->imap;
    char items[80];
    bool ok;

    (void)text_print(items, sizeof items, " (UIDVALIDITY%s)", objectid_item_alone(imap));
    /* First what is subscribed: a server may hide that of a name which is gone (Cyrus). */
    ok = ask(renaming, COMMAND_LSUB, 0, "LSUB \"\" ", from, "") && (renaming->separator == '\0' || ask_below(renaming));
    if (ok && !renaming->what->carried_out)
        ok = (!imap->select_sent || naming_leave(imap, renaming->err)) &&
             naming_rename(imap, from, renaming->wire, renaming->err);
    return ok && ask(renaming, COMMAND_LIST, NAME_FROM, "LIST \"\" ", from, "") &&
           ask(renaming, COMMAND_LIST, NAME_TO, "LIST \"\" ", renaming->wire, "") &&
           ask(renaming, COMMAND_STATUS, 0, "STATUS ", renaming->wire, items);
}

/* It is there, under this name alone, and is the one that was meant. */
static bool
is_proven(const struct renaming *renaming)
{
    const struct remote_rename *what = renaming->what;
    const char *objectid = renaming->status.objectid;

    if (renaming->from_there || !renaming->to_there || !renaming->status.has_uidvalidity ||
        (what->uidvalidity != 0 && renaming->status.uidvalidity != what->uidvalidity) ||
        (what->uidvalidity == 0 && renaming->outcome.answer[0] != '\0')) /* RENAME was refused */
        return false;
    return what->objectid[0] == '\0' || objectid[0] == '\0' || strcmp(what->objectid, objectid) == 0;
}

static bool
next_subscription(void *self, bool *more)
{
    struct renaming *renaming = self;
    const struct text from = renaming->what->from;
    struct buffer name = buffer_new(LIMIT_LITERAL_KEPT);
    const char *old = renaming->subscribed.at + renaming->at;
    bool ok;

    if (renaming->at >= renaming->subscribed.len) {
        *more = false;
        return true;
    }
    ok = buffer_add(&name, renaming->wire.at, renaming->wire.len) && buffer_adds(&name, old + from.len);
    ok = ok && ask(renaming, COMMAND_SUBSCRIBE, 0, renaming->off ? "UNSUBSCRIBE " : "SUBSCRIBE ",
                   renaming->off ? text_of(old) : (struct text){name.at, name.len}, "");
    buffer_free(&name);
    if (renaming->off)
        renaming->at += strlen(old) + 1;
    renaming->off = !renaming->off;
    return ok;
}

static bool
run_it(struct renaming *renaming)
{
    const struct operation look = {.self = renaming, .untagged = take_untagged, .answered = take_answer};
    const struct operation subscribe = {.self = renaming, .next = next_subscription, .untagged = take_untagged};
    struct queue *queue = &renaming->imap->queue;

    if (!ask_all(renaming) || !queue_run(queue, &look, renaming->err))
        return false;
    renaming->outcome.ok = is_proven(renaming);
    if (!renaming->outcome.ok) {
        if (renaming->outcome.answer[0] == '\0')
            client_outcome(&renaming->outcome, renaming->what->carried_out ? "it is not there under that name"
                                                                           : "the server says OK, but does not do it");
        renaming->outcome.doubtful = !renaming->from_there; /* what was said does not tell what became of it */
        return true;
    }
    opened_renamed(renaming->imap, renaming->what->from, renaming->wire, renaming->separator);
    renaming->outcome.came_to = renaming->what->uidvalidity == 0 ? renaming->status.uidvalidity : 0;
    return renaming->subscribed.len == 0 || queue_run(queue, &subscribe, renaming->err);
}

bool
imap_rename(struct imap *imap, const struct remote_rename *what,
            bool (*done)(void *context, struct text wire_name, const struct remote_outcome *outcome), void *context,
            struct error *err)
{
    struct buffer wire = buffer_new(LIMIT_LITERAL_KEPT);
    struct renaming renaming = {.imap = imap,
                                .err = err,
                                .what = what,
                                .separator = what->separator,
                                .subscribed = buffer_new(LIMIT_MAILBOXES * 64)};
    bool ok = buffer_adds(&wire, imap->namespaces.personal) &&
              (client_utf8(imap) ? buffer_add(&wire, what->to.at, what->to.len) : utf7_encode(what->to, &wire));

    renaming.wire = (struct text){wire.at, wire.len};
    opened_changes(imap, what->from, what->separator);
    opened_changes(imap, renaming.wire, what->separator);
    if (!ok)
        error_set(err, ERROR_LOCAL, "rename a mailbox: out of memory");
    ok = ok && run_it(&renaming) && done(context, renaming.wire, &renaming.outcome);
    buffer_free(&renaming.subscribed);
    buffer_free(&wire);
    return ok;
}
