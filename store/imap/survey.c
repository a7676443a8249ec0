/*
 * Every mailbox with its status: one LIST where the server can answer with STATUS (RFC 5819), else LIST, LSUB and one STATUS for each mailbox that is
 * known, in one turn, and for what else the list tells in a second. How full INBOX is comes in the turn of the list. The names are kept until all is
 * answered: an answer that is not complete is an error and never "there are no mailboxes".
 *
 * Where which mailbox is which can't be asked with the numbers (objectid_item_alone), a second list asks for that, in the same turn. A mailbox that is
 * renamed between the two would be another one: what they don't tell alike is asked once more.
 */
#include "store/imap/client.h"

#include "store/base/utf7.h"
#include "store/base/utf8.h"
#include "store/imap/objectid.h"
#include "store/imap/survey_names.h"
#include "store/imap/wary.h"
#include "store/net/refusal.h"

enum { LIST_NUMBERS, LIST_IDS }; /* index of a COMMAND_LIST */

struct survey {
    struct imap *imap;
    struct error *err;
    struct survey_names names;
    bool extended;                 /* LIST was sent with return options */
    bool tells_status;             /* ... STATUS among them */
    struct remote_outcome refused; /* LIST's */
    bool list_ok;
    size_t next_status;
    size_t bad_statuses; /* so many were answered BAD */
    size_t known;        /* the first of the mailboxes are known; they are asked alone in the turn of the list */
    bool listing;        /* ... which is this one */
    bool pair;           /* both lists were asked for, and the second one is not refused */
    bool torn;           /* ... and they don't tell the same mailboxes */
    bool ids_alone;      /* what is asked for is X-GUID and nothing else */
    bool suspects;       /* STATUS is asked for of those in whose midst an earlier line broke, of each alone */
    struct quotas quotas;
};

static struct survey_mailbox *
add_name(struct survey *survey, struct text name)
{
    return survey_names_add(&survey->names, name, survey->err);
}

static void
take_id(struct survey *survey, struct survey_mailbox *mailbox, const struct status_answer *status)
{
    if (survey->pair && mailbox->status.has_uidvalidity && status->uidvalidity != mailbox->status.uidvalidity)
        survey->torn = true;
    else
        memcpy(mailbox->status.objectid, status->objectid, sizeof mailbox->status.objectid);
}

static bool
take_untagged(void *self, const struct response *response, const struct command *oldest)
{
    struct survey *survey = self;
    const bool ids = oldest != NULL && oldest->kind == COMMAND_LIST && oldest->index == LIST_IDS;
    struct survey_mailbox *mailbox;

    switch (response->kind) {
    case RESPONSE_LIST:
        if (response->list.name.len == 0) /* the answer to a question for the separator */
            return true;
        /* No name has a line end: a literal with a size that is a lie has swallowed the lines behind it. */
        if (memmem(response->list.name.at, response->list.name.len, "\r\n", 2) != NULL) {
            char name[100];
            error_escape(name, sizeof name, response->list.name);
            (void)text_print(survey->imap->unlisted, sizeof survey->imap->unlisted, "a name with a line end in it: %s",
                             name);
            return true;
        }
        if ((mailbox = add_name(survey, response->list.name)) == NULL)
            return false;
        mailbox->attributes |= response->list.attributes;
        mailbox->separator = response->list.separator;
        mailbox->listed = true;
        mailbox->lists |= ids ? 1u << LIST_IDS : 1u << LIST_NUMBERS;
        return true;
    case RESPONSE_LSUB:
        if ((mailbox = add_name(survey, response->list.name)) == NULL)
            return false;
        /* \Noselect in LSUB says that only something below is subscribed (RFC 3501 section 6.3.9). */
        if (!(response->list.attributes & REMOTE_NOSELECT))
            mailbox->attributes |= REMOTE_SUBSCRIBED;
        return true;
    case RESPONSE_STATUS:
        mailbox = survey_names_find(&survey->names, (struct text){response->name.at, response->name.len});
        if (mailbox == NULL &&
            (mailbox = add_name(survey, (struct text){response->name.at, response->name.len})) == NULL)
            return false;
        if (survey->ids_alone || ids)
            take_id(survey, mailbox, &response->status);
        else
            mailbox->status = response->status;
        return true;
    case RESPONSE_QUOTAROOT:
        survey->quotas.rooted = true;
        survey->quotas.roots = response->quota_roots;
        return true;
    case RESPONSE_QUOTA:
        quotas_add(&survey->quotas, &response->quota);
        return true;
    case RESPONSE_UNREADABLE: /* a STATUS: that mailbox has none, and is looked at itself */
        if (response->about == RESPONSE_LIST)
            (void)text_print(survey->imap->unlisted, sizeof survey->imap->unlisted, "can't %.100s: %.140s",
                             response->why.what, response->why.answer);
        return true;
    default:
        return true;
    }
}

static bool
take_answer(void *self, const struct command *command, const struct response *response)
{
    struct survey *survey = self;

    /* LSUB and STATUS may be refused: subscriptions, or the state of that mailbox, are then not known. */
    if (command->kind == COMMAND_LIST && command->index == LIST_IDS) {
        survey->pair = response->state == STATE_OK;
        if (response->state == STATE_BAD)
            survey->imap->wary |= WARY_OBJECTID;
    } else if (command->kind == COMMAND_LIST) {
        survey->list_ok = response->state == STATE_OK;
        if (!survey->list_ok)
            client_refused(response, &survey->refused);
    } else if (command->kind == COMMAND_STATUS) {
        /* To a name that is gone a server may say anything. */
        survey->bad_statuses += response->state == STATE_BAD && survey->names.at[command->index].listed;
    } else if (command->kind == COMMAND_QUOTA) {
        survey->imap->has_quota = response->state == STATE_OK;
        if (survey->imap->has_quota)
            survey->imap->quota = quotas_tightest(&survey->quotas);
        if (response->state == STATE_BAD) /* it does not know the command, whatever it announces */
            survey->imap->wary |= WARY_QUOTA;
    }
    return true;
}

/* With what is asked of a mailbox. */
static void
queue_items(const struct survey *survey)
{
    const struct imap *imap = survey->imap;
    const bool sizes = imap->sizes && imap->can.bits & CAPABILITY_STATUS_SIZE;

    if (survey->ids_alone)
        queue_print(&survey->imap->queue, "(X-GUID)");
    else
        queue_print(&survey->imap->queue, "(MESSAGES UIDNEXT UIDVALIDITY%s%s)",
                    sizes                                   ? " SIZE"
                    : imap->can.bits & CAPABILITY_CONDSTORE ? " HIGHESTMODSEQ"
                                                            : "",
                    objectid_item(imap));
}

/* Behind the first one. */
static bool
queue_ids(struct survey *survey)
{
    struct imap *imap = survey->imap;

    survey->pair = survey->tells_status && !survey->ids_alone && objectid_item(imap)[0] == '\0' &&
                   objectid_item_alone(imap)[0] != '\0';
    if (!survey->pair)
        return true;
    queue_begin(&imap->queue, COMMAND_LIST, LIST_IDS, 0, 0);
    queue_print(&imap->queue, "LIST \"\" \"*\" RETURN (STATUS (UIDVALIDITY%s))", objectid_item_alone(imap));
    return queue_end(&imap->queue, survey->err);
}

static bool
queue_list(struct survey *survey)
{
    struct imap *imap = survey->imap;
    struct queue *queue = &imap->queue;
    unsigned can = imap->can.bits;

    survey->extended = can & CAPABILITY_LIST_EXTENDED && !imap->plain_list && !(imap->wary & WARY_OPTIONS);
    survey->tells_status = survey->extended && can & CAPABILITY_LIST_STATUS && !(imap->wary & WARY_LIST_STATUS);
    queue_begin(queue, COMMAND_LIST, LIST_NUMBERS, 0, 0);
    queue_print(queue, "LIST \"\" \"*\"");
    if (survey->extended) {
        queue_print(queue, " RETURN (SUBSCRIBED%s", can & CAPABILITY_SPECIAL_USE ? " SPECIAL-USE" : "");
        if (survey->tells_status) {
            queue_print(queue, " STATUS ");
            queue_items(survey);
        }
        queue_print(queue, ")");
    }
    if (!queue_end(queue, survey->err) || !queue_ids(survey))
        return false;
    if (survey->extended || imap->wary & WARY_LSUB)
        return true;
    queue_begin(queue, COMMAND_LSUB, 0, 0, 0);
    queue_print(queue, "LSUB \"\" \"*\"");
    return queue_end(queue, survey->err);
}

/* It travels with the list and costs no turn. A server that is asked one thing at a time needs one for it: there it is asked where it is due. */
static bool
queue_quota(struct survey *survey)
{
    struct imap *imap = survey->imap;

    imap->quota_asked =
        imap->can.bits & CAPABILITY_QUOTA && !(imap->wary & WARY_QUOTA) && (!imap->one_at_a_time || imap->quota_due);
    if (!imap->quota_asked)
        return true;
    queue_begin(&imap->queue, COMMAND_QUOTA, 0, 0, 0);
    queue_print(&imap->queue, "GETQUOTAROOT INBOX");
    return queue_end(&imap->queue, survey->err);
}

/* The line broke while STATUS was asked for: at one of those without an answer, or at none. */
static void
note_unasked(struct survey *survey)
{
    struct imap *imap = survey->imap;
    const struct command *oldest = queue_oldest(&imap->queue);

    if (oldest == NULL || oldest->kind != COMMAND_STATUS || objectid_refused(imap))
        return;
    if (survey->suspects)
        wary_learn_status(imap, survey_names_text(&survey->names, &survey->names.at[oldest->index]));
    for (size_t i = oldest->index; !survey->suspects && i < survey->next_status; i++)
        wary_suspect_status(imap, survey_names_text(&survey->names, &survey->names.at[i]));
}

static bool
may_ask(const struct survey *survey, const struct survey_mailbox *mailbox)
{
    const struct text name = survey_names_text(&survey->names, mailbox);

    if (mailbox->asked || (!survey->listing && (!mailbox->listed || mailbox->attributes & REMOTE_NOSELECT)))
        return false;
    return memchr(name.at, '\0', name.len) == NULL && !wary_of_status(survey->imap, name) &&
           wary_is_suspect(survey->imap, name) == survey->suspects;
}

static bool
next_status(void *self, bool *more)
{
    struct survey *survey = self;
    struct queue *queue = &survey->imap->queue;

    while (survey->next_status < (survey->listing ? survey->known : survey->names.count)) {
        struct survey_mailbox *mailbox = &survey->names.at[survey->next_status];
        const struct text name = survey_names_text(&survey->names, mailbox);
        if (!may_ask(survey, mailbox)) {
            survey->next_status++;
            continue;
        }
        mailbox->asked = true;
        queue_begin(queue, COMMAND_STATUS, survey->next_status++, 0, 0);
        queue_print(queue, "STATUS ");
        queue_name(queue, name);
        queue_print(queue, " ");
        queue_items(survey);
        return queue_end(queue, survey->err);
    }
    *more = false;
    return true;
}

static bool
is_shared(const struct imap *imap, struct text name)
{
    const struct namespaces *spaces = &imap->namespaces;

    for (size_t i = 0; i < spaces->others; i++) {
        size_t len = strlen(spaces->other[i]);
        if (len > 0 && name.len >= len && memcmp(name.at, spaces->other[i], len) == 0)
            return true;
        if (len > 1 && name.len == len - 1 && memcmp(name.at, spaces->other[i], len - 1) == 0)
            return true; /* the namespace's own root, without the separator */
    }
    return false;
}

static bool
hand_over(struct survey *survey, bool (*listed)(void *context, const struct remote_listed *mailbox), void *context)
{
    const struct imap *imap = survey->imap;
    struct buffer decoded = buffer_new(LIMIT_LITERAL_KEPT * 3);
    bool ok = true;

    for (size_t i = 0; ok && i < survey->names.count; i++) {
        const struct survey_mailbox *mailbox = &survey->names.at[i];
        const struct status_answer *status = &mailbox->status;
        struct remote_listed out = {.name = survey_names_text(&survey->names, mailbox),
                                    .separator = mailbox->separator};
        if (!mailbox->listed)
            continue;
        out.attributes = mailbox->attributes | (is_shared(imap, out.name) ? (unsigned)REMOTE_SHARED : 0u);
        /* A name that there is no memory for is not one that can't be read: its mailbox would count as gone. So there is room for it first. */
        buffer_clear(&decoded);
        if (out.name.len <= LIMIT_LITERAL_KEPT && !buffer_addf(&decoded, "%*s", (int)out.name.len * 3, "")) {
            error_set(survey->err, ERROR_LOCAL, "list the mailboxes: out of memory");
            ok = false;
            break;
        }
        buffer_clear(&decoded);
        if (client_utf8(imap)) {
            out.utf8 = utf8_valid(out.name) ? out.name : (struct text){NULL, 0};
            if (utf7_encode(out.name, &decoded))
                out.other = (struct text){decoded.at, decoded.len};
        } else if (utf7_decode(out.name, &decoded)) {
            out.utf8 = out.other = (struct text){decoded.at, decoded.len};
        }
        if (text_same(out.other, out.name))
            out.other = (struct text){NULL, 0};
        out.has_status = status->has_messages && status->has_uidnext && status->has_uidvalidity;
        if (out.has_status) {
            out.messages = status->messages;
            out.uidnext = status->uidnext;
            out.uidvalidity = status->uidvalidity;
            out.modseq = status->modseq;
            out.has_size = status->has_size;
            out.size = status->size;
        }
        memcpy(out.objectid, status->objectid, sizeof out.objectid);
        opened_told(survey->imap, out.name, out.objectid);
        ok = listed(context, &out);
    }
    buffer_free(&decoded);
    return ok;
}

static void
forget_list(struct survey *survey)
{
    survey->known = survey->next_status = survey->bad_statuses = 0;
    survey->torn = false;
    survey_names_clear(&survey->names);
}

/* What is asked alone, and known: not of a server that is asked one thing at a time, where each of them is a turn. */
static bool
add_known(struct survey *survey)
{
    const struct imap *imap = survey->imap;

    if (imap->one_at_a_time || survey->tells_status)
        return true;
    for (size_t i = 0; i < imap->known_count; i++)
        if (imap->known[i].utf8 == client_utf8(imap) && add_name(survey, imap->known[i].name) == NULL)
            return false;
    survey->known = survey->names.count;
    return true;
}

static bool
run_list(struct survey *survey)
{
    const struct operation list = {
        .self = survey, .next = next_status, .untagged = take_untagged, .answered = take_answer};
    bool ok;

    forget_list(survey);
    survey->listing = true;
    ok = add_known(survey) && queue_run(&survey->imap->queue, &list, survey->err);
    survey->listing = false;
    return ok;
}

static void
note_ended(struct survey *survey)
{
    const struct command *oldest = queue_oldest(&survey->imap->queue);

    if (oldest != NULL && oldest->kind == COMMAND_STATUS)
        note_unasked(survey);
    else if (oldest != NULL && oldest->kind == COMMAND_LIST && oldest->index == LIST_IDS)
        survey->imap->wary |= WARY_OBJECTID;
    else
        wary_learn(survey->imap, survey->extended ? WARY_OPTIONED_LIST : WARY_PLAIN_LIST, survey->err);
}

/* One LIST, and what rides with it. Where a server does not know what it is asked, it is asked for less. */
static bool
ask_list(struct survey *survey)
{
    struct imap *imap = survey->imap;

    if (!queue_list(survey) || !queue_quota(survey) || !run_list(survey)) {
        note_ended(survey);
        return false;
    }
    imap->quota_asked = false; /* nothing of it can end the line any more */
    for (bool less = true; less && !survey->list_ok && survey->extended;) {
        less = survey->tells_status && objectid_refused(imap);
        imap->plain_list = !less; /* offered, but it does not work: the plain way */
        if (!queue_list(survey) || !run_list(survey))
            return false;
    }
    if (!survey->list_ok) {
        struct error *err = survey->err;

        error_set(err, ERROR_SERVER, "list the mailboxes");
        error_answer(err, text_of(survey->refused.answer));
        if (refusal_not_connected(text_of(survey->refused.answer), err))
            err->kind = ERROR_LOGIN; /* that is when Exchange says what was wrong with it */
    }
    return survey->list_ok;
}

/* Only now the server said what it is: a turn more, and once, since the next survey expects it. A refusal changes nothing of what is known. */
static bool
ask_ids(struct survey *survey)
{
    const struct operation list = {.self = survey, .untagged = take_untagged, .answered = take_answer};
    struct imap *imap = survey->imap;

    if (!objectid_is_missed(imap) || !survey->tells_status)
        return true;
    survey->ids_alone = imap->expects_guid = true;
    if (!queue_list(survey) || !queue_run(&imap->queue, &list, survey->err)) {
        wary_learn(imap, WARY_OPTIONED_LIST, survey->err);
        return false;
    }
    if (!survey->list_ok)
        (void)objectid_refused(imap);
    survey->ids_alone = false;
    survey->list_ok = true;
    return true;
}

/* Which mailbox is which is told by these numbers: they are left out only of one that ended a line by itself. */
static bool
ask_suspects(struct survey *survey, const struct operation *status)
{
    struct queue *queue = &survey->imap->queue;
    const bool serial = queue->serial;
    bool ok;

    if (survey->imap->suspect_count == 0)
        return true;
    survey->next_status = 0;
    survey->suspects = queue->serial = true;
    ok = queue_run(queue, status, survey->err);
    if (!ok)
        note_unasked(survey);
    else
        survey->imap->suspect_count = 0;
    survey->suspects = false;
    queue->serial = serial;
    return ok;
}

static bool
ask_statuses(struct survey *survey)
{
    const struct operation status = {
        .self = survey, .next = next_status, .untagged = take_untagged, .answered = take_answer};

    if (!ask_suspects(survey, &status))
        return false;
    for (bool again = true; again;) {
        survey->next_status = 0;
        if (!queue_run(&survey->imap->queue, &status, survey->err)) {
            note_unasked(survey);
            return false;
        }
        again = survey->bad_statuses > 0 && objectid_refused(survey->imap);
        survey->bad_statuses = 0;
        for (size_t i = 0; again && i < survey->names.count; i++)
            survey->names.at[i].asked = false;
    }
    return true;
}

static bool
is_torn(const struct survey *survey)
{
    for (size_t i = 0; survey->pair && i < survey->names.count; i++) {
        const struct survey_mailbox *mailbox = &survey->names.at[i];

        if (!(mailbox->attributes & REMOTE_NOSELECT) &&
            (mailbox->lists == 1u << LIST_NUMBERS || mailbox->lists == 1u << LIST_IDS))
            return true;
    }
    return survey->pair && survey->torn;
}

static bool
list_mailboxes(struct survey *survey)
{
    struct imap *imap = survey->imap;

    imap->unlisted[0] = '\0';
    imap->has_quota = false;
    imap->quota = (struct quota){0};
    if (!ask_list(survey) || (is_torn(survey) && !ask_list(survey)))
        return false;
    return survey->tells_status ? ask_ids(survey) : ask_statuses(survey);
}

/* A line ended where the list was to say which mailbox is which, and it was asked for less: what a run before was told is all that is known. */
static void
tell_known(struct imap *imap)
{
    for (size_t i = 0; i < imap->known_count; i++)
        if (imap->known[i].utf8 == client_utf8(imap))
            opened_told(imap, imap->known[i].name, imap->known[i].objectid);
}

bool
imap_survey(struct imap *imap, bool (*listed)(void *context, const struct remote_listed *mailbox), void *context,
            struct error *err)
{
    struct survey survey = {.imap = imap, .err = err, .names = survey_names_new()};
    bool ok = list_mailboxes(&survey) && hand_over(&survey, listed, context);

    if (ok)
        tell_known(imap);
    imap->known = NULL;
    imap->known_count = 0;
    survey_names_free(&survey.names);
    return ok;
}
