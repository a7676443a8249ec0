/*
 * A whole IMAP session's bytes, from after the login on, into every operation of the engine. The stream (fuzz_stream.h) and the
 * prologue are replaced: what the engine writes is thrown away, what it reads is the input. Besides
 * memory errors this looks at what the engine promises to its caller: UIDs are UIDs, a mailbox is told before what is
 * in it, nothing is reported twice.
 *
 *     byte 0   which operation      byte 1   what the server can do      byte 2   how many bytes come at once
 */
#include "tests/fuzz/fuzz_stream.h"

#include "store/imap/imap.h"
#include "store/imap/listen.h"
#include "store/imap/session.h"
#include "store/base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned can; /* what the server says that it can do */

/* ---- instead of the prologue ---- */

struct session *
session_open(const struct connection *to, struct buffer *alerts, struct error *err)
{
    static const char *const capabilities[] = {
        "IMAP4rev1",
        "IMAP4rev1 ENABLE CONDSTORE QRESYNC LIST-STATUS SPECIAL-USE UIDPLUS MOVE LITERAL+ MULTIAPPEND NAMESPACE ID "
        "UNSELECT",
        "IMAP4rev1 ENABLE CONDSTORE QRESYNC UIDPLUS MOVE LITERAL+",
        "IMAP4rev1 CONDSTORE UIDPLUS MOVE LITERAL- UNSELECT LIST-EXTENDED",
        "IMAP4rev2 UTF8=ACCEPT APPENDLIMIT=100",
        NULL,
        "IMAP4rev1 ENABLE CONDSTORE QRESYNC IDLE NOTIFY UNSELECT",
        "IMAP4rev1 IDLE",
    };
    struct session *session = calloc(1, sizeof *session);
    const char *chosen = capabilities[can % (sizeof capabilities / sizeof capabilities[0])];

    (void)to;
    (void)alerts;
    (void)err;
    if (session != NULL)
        session->capabilities = chosen != NULL ? strdup(chosen) : NULL;
    return session;
}

void
session_close(struct session *session)
{
    if (session == NULL)
        return;
    free(session->capabilities);
    free(session);
}

/* ---- the caller, who believes nothing ---- */

#define COUNT 3
static const uint32_t uids[] = {1, 2, 3, 5, 8};
#define UIDS (sizeof uids / sizeof uids[0])

static struct {
    bool selected[COUNT], delta[COUNT], done[COUNT], begun;
    bool item_done[COUNT][UIDS];
    uint64_t announced, came;
    bool ended[COUNT][UIDS];
    size_t given;
} told;

static bool
on_selected(void *context, size_t index, const struct remote_selected *selected)
{
    (void)context;
    assert(index < COUNT && !told.done[index] && selected->uidvalidity != 0);
    assert(!told.selected[index]);
    told.selected[index] = true;
    told.delta[index] = selected->delta;
    return true;
}

static bool
on_vanished(void *context, size_t index, uint32_t first, uint32_t last)
{
    (void)context;
    assert(index < COUNT && told.selected[index] && told.delta[index] && !told.done[index]);
    assert(first != 0 && first <= last);
    return true;
}

static bool
on_message(void *context, size_t index, const struct remote_message *message)
{
    (void)context;
    assert(index < COUNT && !told.done[index] && message->uid != 0);
    assert(message->has_flags || message->has_meta);
    assert(!message->has_flags || (message->flags & ~FLAG_ALL) == 0);
    assert(!message->has_flags || strlen(message->keywords) <= KEYWORDS_MAX);
    return true;
}

static bool
on_done(void *context, size_t index, const struct remote_outcome *outcome)
{
    (void)context;
    assert(index < COUNT && !told.done[index] && !told.begun);
    assert(!outcome->ok || (!outcome->gone && !outcome->changed && !outcome->doubtful));
    told.done[index] = true;
    return true;
}

static bool
on_begin(void *context, size_t index, uint64_t size)
{
    (void)context;
    assert(index < COUNT && !told.done[index] && !told.begun);
    told.begun = true;
    told.announced = size;
    told.came = 0;
    return true;
}

static bool
on_data(void *context, size_t index, const void *bytes, size_t len)
{
    (void)context;
    (void)bytes;
    assert(index < COUNT && told.begun && len > 0);
    told.came += len;
    assert(told.came <= told.announced);
    return true;
}

static bool
on_end(void *context, size_t index, uint32_t uid)
{
    (void)context;
    assert(told.begun && told.came == told.announced);
    told.begun = false;
    for (size_t i = 0; i < UIDS; i++) {
        if (uids[i] != uid)
            continue;
        assert(!told.ended[index][i]);
        told.ended[index][i] = true;
        return true;
    }
    assert(uid == 0);
    return true;
}

static bool
on_verify(void *context, size_t index, size_t item, const struct remote_message *now)
{
    (void)context;
    assert(index < COUNT && item < UIDS && now->uid == uids[item] && now->has_flags && now->has_meta);
    return item != 3;
}

static bool
on_changed(void *context, size_t index, size_t item, uint32_t uid, const struct remote_outcome *outcome)
{
    (void)context;
    assert(index < COUNT && item < UIDS && !told.item_done[index][item]);
    assert(outcome->ok || uid == 0);
    assert(item != 3 || !outcome->ok);
    told.item_done[index][item] = true;
    return true;
}

static bool
give_bytes(void *context, size_t index, void *to, size_t size, size_t *got)
{
    (void)context;
    (void)index;
    *got = size < 40 - told.given ? size : 40 - told.given;
    memset(to, 'x', *got);
    told.given += *got;
    return true;
}

static bool
give_again(void *context, size_t index)
{
    (void)context;
    (void)index;
    told.given = 0;
    return true;
}

static bool
on_appended(void *context, size_t index, uint32_t uid, const struct remote_outcome *outcome)
{
    (void)context;
    assert(index < UIDS && !told.item_done[0][index]);
    assert(uid == 0 || (outcome->ok && uid >= 10));
    told.item_done[0][index] = true;
    return true;
}

static bool
on_listed(void *context, const struct remote_listed *mailbox)
{
    (void)context;
    assert(mailbox->name.len > 0);
    assert(mailbox->utf8.at == NULL || utf8_valid(mailbox->utf8));
    assert(!mailbox->has_status || (mailbox->uidnext != 0 && mailbox->uidvalidity != 0));
    return true;
}

static bool
on_created(void *context, size_t index, struct text wire_name, const struct remote_outcome *outcome)
{
    (void)context;
    (void)outcome;
    assert(index < COUNT && wire_name.len > 0);
    return true;
}

static const struct remote_observer observer = {on_selected, on_vanished, on_message, on_done};
static const struct remote_sink sink = {on_begin, on_data, on_end, on_done, NULL, NULL};
static const struct remote_changer changer = {on_verify, on_changed};
static const struct remote_appender appender = {give_bytes, give_again, on_appended};

static bool
run_observe(struct remote remote, struct error *err)
{
    const struct remote_select mailboxes[COUNT] = {
        {.mailbox = TEXT("a"), .uidvalidity = 7, .uidnext = 5, .modseq = 9, .check_uid = 4},
        {.mailbox = TEXT("b\n"), .uidvalidity = 7, .uidnext = 5},
        {.mailbox = TEXT("c")}};

    return remote.ops->observe(remote.self, mailboxes, COUNT, &observer, NULL, err);
}

static bool
run_fetch(struct remote remote, bool headers, struct error *err)
{
    const struct remote_fetch wanted[COUNT] = {
        {.mailbox = TEXT("a"), .uidvalidity = 7, .uids = uids, .count = UIDS, .headers = headers},
        {.mailbox = TEXT("b"), .uidvalidity = 7, .uids = uids, .count = 0},
        {.mailbox = TEXT("c"), .uidvalidity = 7, .uids = uids + 1, .count = 2}};

    return remote.ops->fetch(remote.self, wanted, COUNT, &sink, NULL, err);
}

static bool
run_store(struct remote remote, struct error *err)
{
    const struct remote_store changes[2] = {
        {.mailbox = TEXT("a"), .uidvalidity = 7, .uids = uids, .count = UIDS, .add = FLAG_SEEN, .del = FLAG_FORWARDED},
        {.mailbox = TEXT("b"), .uidvalidity = 7, .uids = uids, .count = 1, .add = FLAG_ALL}};

    return remote.ops->store(remote.self, changes, 2, &observer, NULL, err);
}

static bool
run_append(struct remote remote, struct error *err)
{
    struct remote_append messages[UIDS];

    for (size_t i = 0; i < UIDS; i++)
        messages[i] = (struct remote_append){
            .mailbox = i < 4 ? TEXT("a") : TEXT("b"), .uidvalidity = 7, .uidnext = 10, .keywords = "k", .size = 40};
    return remote.ops->append(remote.self, messages, UIDS, &appender, NULL, err);
}

static bool
run_change(struct remote remote, unsigned kind, struct error *err)
{
    struct remote_change changes[2] = {{.mailbox = TEXT("a"), .count = UIDS}, {.mailbox = TEXT("b"), .count = 2}};

    for (size_t i = 0; i < 2; i++) {
        changes[i].uidvalidity = 7;
        changes[i].uids = uids;
        changes[i].target = TEXT("t");
        changes[i].target_uidvalidity = 8;
    }
    if (kind == 0)
        return remote.ops->move(remote.self, changes, 2, &changer, NULL, err);
    if (kind == 1)
        return remote.ops->copy(remote.self, changes, 2, &changer, NULL, err);
    return remote.ops->remove(remote.self, changes, 2, &changer, NULL, err);
}

static void
on_told(void *context, const struct listen_told *to)
{
    (void)context;
    assert(to->mailbox.len == 0 || to->mailbox.at != NULL);
    assert(to->changed || to->has_messages || to->has_uidnext || to->has_uidvalidity || to->has_modseq);
    assert(!to->has_modseq || to->modseq <= INT64_MAX);
}

/* As a watcher: a run, listening, and the next run on the same session. */
static bool
run_listen(struct remote remote, struct error *err)
{
    const struct listening how = {.mailbox = "a", .notify = true, .told = on_told};
    struct imap *imap = remote.self;
    enum listen_by by;

    imap_keep(imap, true);
    if (!imap_listen(imap, &how, &by, err))
        return false;
    for (int i = 0; i < 4; i++) {
        if (!imap_listen_read(imap, &by, err))
            return false;
        if (i % 2 == 1 && !imap_listen_refresh(imap, &by, i * 1000, err))
            return false;
        (void)imap_listen_has_unread(imap);
    }
    if (!imap_listen_end(imap, err))
        return false;
    remote.ops->close(remote.self);
    return remote.ops->open(remote.self, false, err) && remote.ops->survey(remote.self, on_listed, NULL, err);
}

static bool
run_operation(struct remote remote, unsigned which, struct error *err)
{
    const struct text names[COUNT] = {TEXT("a"), TEXT("\xc3\xa9/b"), TEXT("bad\n")};

    switch (which % 11) {
    case 0:
        return remote.ops->survey(remote.self, on_listed, NULL, err);
    case 1:
        return run_observe(remote, err);
    case 2:
        return run_fetch(remote, false, err);
    case 3:
        return run_fetch(remote, true, err);
    case 4:
        return run_store(remote, err);
    case 5:
        return run_append(remote, err);
    case 6:
        return run_change(remote, 0, err);
    case 7:
        return run_change(remote, 1, err);
    case 8:
        return run_change(remote, 2, err);
    case 10:
        return run_listen(remote, err);
    default:
        return remote.ops->create(remote.self, names, COUNT, on_created, NULL, err);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct connection connection = {.host = "localhost", .timeout_s = 1};
    struct error err = {0};
    struct remote_info info;

    if (size < 3)
        return 0;
    memset(&told, 0, sizeof told);
    can = data[1];
    wire_begin(data + 3, size - 3, data[2]);
    struct imap *imap = imap_new(&connection);
    if (imap == NULL)
        return 0;
    struct remote remote = imap_remote(imap);
    bool ok = remote.ops->open(remote.self, data[0] & 0x80, &err) && run_operation(remote, data[0] & 0x7f, &err);
    assert(ok || err.kind != ERROR_NONE);
    remote.ops->info(remote.self, &info);
    imap_free(imap);
    return 0;
}
