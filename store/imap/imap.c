/*
 * The door of this room: open, info and close, and the table of functions of store/base/remote.h. What is asked of the
 * server after login (ENABLE, NAMESPACE, ID) is only queued by open and travels together with the first operation, so
 * that it costs no turn of its own.
 */
#include "store/imap/client.h"

#include "store/base/clock.h"
#include "store/imap/compress.h"
#include "store/imap/wary.h"

#define GRACE_MS 5000 /* after the first signal, for what is in flight */

/* A signal came. Asked between answers: nothing new is sent from then on. */
static bool
was_stopped(void *context)
{
    struct imap *imap = context;

    if (imap->stopped_at_ms != 0)
        return true;
    if (imap->to->stopped == NULL || !imap->to->stopped(imap->to->stopped_context))
        return false;
    imap->stopped_at_ms = clock_ms();
    return true;
}

/* Asked by the stream at every wait: while commands are in flight a signal interrupts only after their grace. */
static bool
patience_is_over(void *context)
{
    struct imap *imap = context;

    return was_stopped(imap) && (!imap->in_session || clock_ms() - imap->stopped_at_ms >= GRACE_MS);
}

/* ---- open ---- */

static bool
out_of_memory(struct error *err)
{
    error_set(err, ERROR_LOCAL, "talk to the server: out of memory");
    return false;
}

static bool
keep_words(struct buffer *to, const struct response *response)
{
    buffer_clear(to);
    return buffer_add(to, response->words.at != NULL ? response->words.at : "", response->words.len);
}

/* Answers that concern the connection. */
static bool
take_global(void *context, const struct command *command, const struct response *response)
{
    struct imap *imap = context;
    bool ok = true;

    imap->unproven = false;
    if (command != NULL) {
        if (command->kind == COMMAND_LEAVE) {
            imap->selected = false;
        } else if (command->kind == COMMAND_COMPRESS) {
            return compress_answered(imap, response);
        } else if (command->kind == COMMAND_ENABLE) {
            imap->enable_answered = true;
            imap->enable_ok = response->state == STATE_OK;
            imap->queue.utf8 = client_utf8(imap);
        }
    } else if (response->kind == RESPONSE_CAPABILITY) {
        ok = keep_words(&imap->capability_text, response);
    } else if (response->kind == RESPONSE_ENABLED) {
        ok = keep_words(&imap->enabled, response);
    } else if (response->kind == RESPONSE_NAMESPACE) {
        imap->namespaces = response->namespaces;
    } else if (response->kind == RESPONSE_ID) {
        (void)text_print(imap->id, sizeof imap->id, "%s", response->id);
    }
    if (imap->queue.err != NULL && !ok)
        return out_of_memory(imap->queue.err);
    return true;
}

static bool
ask_capabilities(struct imap *imap, struct error *err)
{
    const char *known = imap->session->capabilities;

    if (known != NULL) {
        if (!buffer_adds(&imap->capability_text, known))
            return out_of_memory(err);
    } else if (!queue_line(&imap->queue, COMMAND_CAPABILITY, "CAPABILITY", err) || !client_drain(imap, err)) {
        return false;
    }
    imap->can = capability_parse(imap->capability_text.at, imap->to->disable, imap->to->host);
    imap->one_at_a_time |= imap->session->proxied;
    imap->queue.serial = imap->one_at_a_time;
    /* imapproxy knows nothing of UNSELECT: a SELECT of the mailbox that was left is answered out of its memory, and none is selected. */
    if (imap->one_at_a_time)
        imap->can.bits &= ~(unsigned)CAPABILITY_UNSELECT;
    imap->queue.utf8 = client_utf8(imap);
    imap->queue.literal_plus = imap->can.bits & CAPABILITY_LITERAL_PLUS;
    imap->queue.literal_minus = imap->can.bits & CAPABILITY_LITERAL_MINUS;
    if (imap->can.bits & (CAPABILITY_REV1 | CAPABILITY_REV2))
        return true;
    error_set(err, ERROR_SERVER, "find out what the server can do: neither IMAP4rev1 nor IMAP4rev2");
    error_answer(err, (struct text){imap->capability_text.at, imap->capability_text.len});
    return false;
}

/* Queued, not sent: the first operation takes them along. ENABLE must come before any SELECT, and does. */
static bool
queue_questions(struct imap *imap, struct error *err)
{
    unsigned can = imap->can.bits;
    char line[128];

    /* UIDONLY: such a server shows the newest messages to those who count them by number, and all to who names UIDs. */
    if (can & CAPABILITY_ENABLE && !(imap->wary & WARY_ENABLE) &&
        can & (CAPABILITY_QRESYNC | CAPABILITY_CONDSTORE | CAPABILITY_UTF8_ACCEPT | CAPABILITY_UIDONLY)) {
        (void)text_print(line, sizeof line, "ENABLE%s%s%s%s", can & CAPABILITY_QRESYNC ? " QRESYNC" : "",
                         can & CAPABILITY_CONDSTORE ? " CONDSTORE" : "",
                         can & CAPABILITY_UTF8_ACCEPT ? " UTF8=ACCEPT" : "",
                         can & CAPABILITY_UIDONLY ? " UIDONLY" : "");
        if (!queue_line(&imap->queue, COMMAND_ENABLE, line, err))
            return false;
    }
    if (can & CAPABILITY_NAMESPACE && !queue_line(&imap->queue, COMMAND_NAMESPACE, "NAMESPACE", err))
        return false;
    return !(can & CAPABILITY_ID) || imap->wary & WARY_ID ||
           queue_line(&imap->queue, COMMAND_ID, "ID (\"name\" \"golub\" \"version\" \"" GOLUB_VERSION "\")", err);
}

void
imap_drop(struct imap *imap, bool goodbye)
{
    if (imap->session == NULL)
        return;
    /* The goodbye is sent and not waited for: whatever it would say changes nothing. */
    if (goodbye && imap->in_session && !imap->queue.broken && imap->queue.unanswered == (imap->queue.idle != 0)) {
        struct error ignored = {0};
        if (queue_done(&imap->queue, &ignored) && queue_line(&imap->queue, COMMAND_LOGOUT, "LOGOUT", &ignored))
            queue_flush_once(&imap->queue);
    }
    imap->in_session = imap->unproven = imap->listener.notify_set = imap->listener.idle_refused = false;
    compress_end(imap);
    queue_close(&imap->queue);
    session_close(imap->session);
    imap->session = NULL;
}

/* Nothing is in flight but what concerns the connection and is taken along by the next operation. */
static bool
may_be_kept(const struct imap *imap)
{
    const struct queue *queue = &imap->queue;

    if (!imap->keep || !imap_is_open(imap) || imap->stopped_at_ms != 0)
        return false;
    for (size_t i = 0; i < queue->flight_len; i++)
        if (queue->flight[(queue->flight_head + i) % QUEUE_RING].kind >= 0)
            return false;
    return true;
}

static void
close_imap(void *remote)
{
    struct imap *imap = remote;

    opened_forget(imap);
    if (!may_be_kept(imap))
        imap_drop(imap, true);
}

static bool
only_reads(int kind)
{
    switch (kind) {
    case COMMAND_COMPRESS:
    case COMMAND_CAPABILITY:
    case COMMAND_ENABLE:
    case COMMAND_NAMESPACE:
    case COMMAND_ID:
    case COMMAND_UNSELECT:
    case COMMAND_SELECT:
    case COMMAND_LIST:
    case COMMAND_LSUB:
    case COMMAND_STATUS:
    case COMMAND_QUOTA:
    case COMMAND_FETCH:
    case COMMAND_REREAD:
    case COMMAND_PROOF:
    case COMMAND_LISTING:
    case COMMAND_LEAVE:
    case COMMAND_NOTIFY:
    case COMMAND_IDLE:
    case COMMAND_NOOP:
        return true;
    default:
        return false;
    }
}

static bool
start_session(struct imap *imap, struct error *err)
{
    struct session *session = imap->session;
    struct queue *queue = &imap->queue;

    if (!queue_open(queue, session->stream))
        return out_of_memory(err);
    imap->in_session = true;
    queue->global = take_global;
    queue->global_context = imap;
    queue->alerts = &imap->alerts;
    queue->only_reads = only_reads;
    queue->stopped = was_stopped;
    queue->stopped_context = imap;
    queue->log = queue->reader.log = imap->to->wire_log >= 2;
    if (!reader_preload(&queue->reader, session->unread, session->unread_len)) {
        error_set(err, ERROR_SERVER, "log in: the server sent more than can be kept before it was asked anything");
        return false;
    }
    return ask_capabilities(imap, err) && compress_open(imap, err) && queue_questions(imap, err);
}

static bool
open_imap(void *remote, bool examine, struct error *err)
{
    struct imap *imap = remote;

    imap->examine = examine;
    imap->unlisted[0] = '\0';
    imap->quota = (struct quota){0};
    imap->quota_asked = imap->has_quota = false;
    if (may_be_kept(imap) && !imap->listener.notify_set) {
        imap->unproven = true;
        return true;
    }
    imap_drop(imap, true);
    imap->selected = imap->select_sent = imap->enable_ok = imap->enable_answered = false;
    imap->disordered = imap->plain_list = imap->plain_select = false;
    imap->namespaces = (struct namespaces){0};
    imap->id[0] = '\0';
    buffer_clear(&imap->capability_text);
    buffer_clear(&imap->enabled);
    imap->session = session_open(&imap->patient, &imap->alerts, err);
    if (imap->session == NULL)
        return false;
    if (start_session(imap, err))
        return true;
    imap_drop(imap, false);
    return false;
}

static void
info_imap(void *remote, struct remote_info *out)
{
    const struct imap *imap = remote;
    unsigned can = imap->can.bits;

    *out = (struct remote_info){
        .separator = imap->namespaces.separator,
        .condstore = client_condstore(imap),
        /* The answers are not read yet: what open has asked for counts as done. */
        .qresync = imap->session != NULL && imap->queue.unanswered > 0 && !imap->enable_answered
                       ? (can & CAPABILITY_QRESYNC) != 0
                       : client_qresync(imap),
        .uidplus = can & CAPABILITY_UIDPLUS,
        .move = can & CAPABILITY_MOVE,
        .multiappend = can & CAPABILITY_MULTIAPPEND,
        .literal_plus = can & (CAPABILITY_LITERAL_PLUS | CAPABILITY_LITERAL_MINUS),
        .list_status = can & CAPABILITY_LIST_STATUS && !imap->plain_list,
        .list_extended = can & CAPABILITY_LIST_EXTENDED && !imap->plain_list,
        .special_use = can & CAPABILITY_SPECIAL_USE,
        .utf8 = client_utf8(imap),
        .lost = imap->session == NULL || imap->queue.broken,
        .later = imap->queue.throttled,
        .objectid = can & CAPABILITY_OBJECTID,
        .compress = can & CAPABILITY_COMPRESS,
        .labels = (can & CAPABILITY_LABELS) != 0,
        .append_limit = imap->can.append_limit,
        .tells_quota = (can & CAPABILITY_QUOTA) != 0,
        .has_quota = imap->has_quota,
        .quota = imap->quota,
        .alerts = imap->alerts.len > 0 ? imap->alerts.at : "",
        .capabilities = imap->capability_text.at != NULL ? imap->capability_text.at : "",
    };
    (void)text_print(out->prefix, sizeof out->prefix, "%s", imap->namespaces.personal);
    (void)text_print(out->unlisted, sizeof out->unlisted, "%s", imap->unlisted);
    wary_write(imap, out->avoided, sizeof out->avoided);
    if (imap->id[0] != '\0')
        (void)text_print(out->server, sizeof out->server, "%s", imap->id);
    else if (imap->session != NULL)
        (void)text_print(out->server, sizeof out->server, "%s", imap->session->greeting);
    if (imap->session != NULL)
        stream_counts(imap->session->stream, &out->bytes_up, &out->bytes_down);
}

/* ---- the table: every operation but the survey needs to know first what was enabled ---- */

static bool
is_open(struct imap *imap, struct error *err)
{
    if (imap->session != NULL)
        return true;
    error_set(err, ERROR_NETWORK, "go on: not connected");
    return false;
}

static void
avoid_imap(void *remote, const char *what)
{
    wary_read(remote, what);
}

static void
expect_guid_imap(void *remote)
{
    struct imap *imap = remote;

    imap->expects_guid = true;
}

static bool
survey_imap(void *remote, bool (*listed)(void *context, const struct remote_listed *mailbox), void *context,
            struct error *err)
{
    return is_open(remote, err) && imap_survey(remote, listed, context, err);
}

static void
know_imap(void *remote, const struct remote_known *known, size_t count)
{
    struct imap *imap = remote;

    imap->known = known;
    imap->known_count = count;
}

static bool
observe_imap(void *remote, const struct remote_select *mailboxes, size_t count, const struct remote_observer *to,
             void *context, struct error *err)
{
    return is_open(remote, err) && client_drain(remote, err) &&
           imap_observe(remote, mailboxes, count, to, context, err);
}

static bool
fetch_imap(void *remote, const struct remote_fetch *wanted, size_t count, const struct remote_sink *to, void *context,
           struct error *err)
{
    return is_open(remote, err) && client_drain(remote, err) && imap_fetch(remote, wanted, count, to, context, err);
}

static bool
store_imap(void *remote, const struct remote_store *changes, size_t count, const struct remote_observer *to,
           void *context, struct error *err)
{
    return is_open(remote, err) && client_drain(remote, err) && imap_store(remote, changes, count, to, context, err);
}

static bool
keyword_imap(void *remote, const struct remote_keyword *changes, size_t count, const struct remote_keyworder *to,
             void *context, struct error *err)
{
    return is_open(remote, err) && client_drain(remote, err) && imap_keyword(remote, changes, count, to, context, err);
}

static bool
append_imap(void *remote, const struct remote_append *messages, size_t count, const struct remote_appender *from,
            void *context, struct error *err)
{
    return is_open(remote, err) && client_drain(remote, err) &&
           imap_append(remote, messages, count, from, context, err);
}

static bool
move_imap(void *remote, const struct remote_change *changes, size_t count, const struct remote_changer *to,
          void *context, struct error *err)
{
    return is_open(remote, err) && client_drain(remote, err) &&
           imap_change(remote, CHANGE_MOVE, changes, count, to, context, err);
}

static bool
copy_imap(void *remote, const struct remote_change *changes, size_t count, const struct remote_changer *to,
          void *context, struct error *err)
{
    return is_open(remote, err) && client_drain(remote, err) &&
           imap_change(remote, CHANGE_COPY, changes, count, to, context, err);
}

static bool
remove_imap(void *remote, const struct remote_change *changes, size_t count, const struct remote_changer *to,
            void *context, struct error *err)
{
    return is_open(remote, err) && client_drain(remote, err) &&
           imap_change(remote, CHANGE_REMOVE, changes, count, to, context, err);
}

static bool
create_imap(void *remote, const struct text *names, size_t count,
            bool (*done)(void *context, size_t index, struct text wire_name, const struct remote_outcome *outcome),
            void *context, struct error *err)
{
    return is_open(remote, err) && client_drain(remote, err) && imap_create(remote, names, count, done, context, err);
}

static bool
rename_imap(void *remote, const struct remote_rename *what,
            bool (*done)(void *context, struct text wire_name, const struct remote_outcome *outcome), void *context,
            struct error *err)
{
    return is_open(remote, err) && client_drain(remote, err) && imap_rename(remote, what, done, context, err);
}

static bool
delete_imap(void *remote, const struct remote_delete *what, struct remote_outcome *outcome, struct error *err)
{
    return is_open(remote, err) && client_drain(remote, err) && imap_delete(remote, what, outcome, err);
}

struct imap *
imap_new(const struct connection *to)
{
    struct imap *imap = calloc(1, sizeof *imap);

    if (imap == NULL)
        return NULL;
    imap->to = to;
    imap->openings = survey_names_new();
    imap->patient = *to;
    imap->patient.stopped = patience_is_over;
    imap->patient.stopped_context = imap;
    imap->patient.signalled = to->stopped;
    imap->patient.signalled_context = to->stopped_context;
    imap->capability_text = buffer_new(LIMIT_LINE);
    imap->enabled = buffer_new(LIMIT_LINE);
    imap->alerts = buffer_new(ALERTS_MAX);
    imap->listener.mailbox = buffer_new(LIMIT_LITERAL_KEPT);
    return imap;
}

void
imap_keep(struct imap *imap, bool keep)
{
    imap->keep = keep;
}

bool
imap_is_open(const struct imap *imap)
{
    return imap->session != NULL && !imap->queue.broken;
}

void
imap_forget_alerts(struct imap *imap)
{
    buffer_clear(&imap->alerts);
}

void
imap_want_quota(struct imap *imap, bool due)
{
    imap->quota_due = due;
}

void
imap_want_sizes(struct imap *imap)
{
    imap->sizes = true;
}

struct remote
imap_remote(struct imap *imap)
{
    static const struct remote_ops ops = {
        .open = open_imap,
        .info = info_imap,
        .survey = survey_imap,
        .observe = observe_imap,
        .fetch = fetch_imap,
        .store = store_imap,
        .keyword = keyword_imap,
        .append = append_imap,
        .move = move_imap,
        .copy = copy_imap,
        .remove = remove_imap,
        .create = create_imap,
        .rename = rename_imap,
        .delete = delete_imap,
        .avoid = avoid_imap,
        .expect_guid = expect_guid_imap,
        .know = know_imap,
        .expect = imap_expect,
        .close = close_imap,
    };

    return (struct remote){&ops, imap};
}

void
imap_free(struct imap *imap)
{
    if (imap == NULL)
        return;
    imap_drop(imap, true);
    buffer_free(&imap->listener.mailbox);
    buffer_free(&imap->capability_text);
    buffer_free(&imap->enabled);
    free(imap->unasked);
    survey_names_free(&imap->openings);
    buffer_free(&imap->alerts);
    free(imap);
}
