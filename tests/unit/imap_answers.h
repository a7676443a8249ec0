/*
 * Answers as bytes, cut anywhere, and what response_read makes of them as text. For the tests of the lexer and the
 * parsers.
 */
#ifndef TESTS_UNIT_IMAP_ANSWERS_H
#define TESTS_UNIT_IMAP_ANSWERS_H

#include "store/imap/response.h"

struct bytes { /* a source that gives `piece` bytes at first, then `rest` at a time */
    const char *at;
    size_t len, piece, rest;
};

struct row {
    const char *bytes;
    size_t len;           /* 0: strlen */
    const char *expected; /* one line an answer; "!" and the error at the end */
};

static bool
give_piece(void *context, void *to, size_t size, size_t *got, struct error *err)
{
    struct bytes *from = context;
    size_t len = from->piece != 0 ? from->piece : from->rest;

    if (from->len == 0) {
        error_set(err, ERROR_NETWORK, "end");
        return false;
    }
    from->piece = 0;
    if (len > from->len)
        len = from->len;
    if (len > size)
        len = size;
    memcpy(to, from->at, len);
    from->at += len;
    from->len -= len;
    *got = len;
    return true;
}

struct account { /* what came out of it */
    char text[8192];
    size_t len;
};

static void
note(struct account *account, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int len = vsnprintf(account->text + account->len, sizeof account->text - account->len, format, args);
    va_end(args);
    if (len > 0 && (size_t)len < sizeof account->text - account->len)
        account->len += (size_t)len;
}

static bool
note_body(void *context, uint32_t uid, struct text section, uint64_t size, bool *wanted)
{
    note(context, "body u%u [%.*s] %llu:", uid, (int)section.len, section.at, (unsigned long long)size);
    *wanted = true;
    return true;
}

static bool
note_data(void *context, const void *bytes, size_t len)
{
    struct account *account = context;

    if (len < sizeof account->text - account->len) {
        memcpy(account->text + account->len, bytes, len);
        account->len += len;
        account->text[account->len] = '\0';
    }
    return true;
}

static bool
note_vanished(void *context, bool earlier, uint32_t first, uint32_t last)
{
    note(context, "gone%s %u-%u ", earlier ? " earlier" : "", first, last);
    return true;
}

static void
note_set(struct account *account, const struct uid_set *set)
{
    if (set->unusable)
        note(account, " unusable");
    for (size_t i = 0; i < set->count; i++)
        note(account, " %u-%u", set->at[i].first, set->at[i].last);
}

static void
note_fetch(struct account *account, const struct fetched *fetch, uint64_t number)
{
    char letters[7];

    note(account, "fetch %llu u%u", (unsigned long long)number, fetch->uid);
    flags_to_letters(fetch->flags, letters);
    if (fetch->has_flags)
        note(account, " flags(%s|%s)", letters, fetch->keywords);
    if (fetch->has_size)
        note(account, " size %llu", (unsigned long long)fetch->size);
    if (fetch->has_date)
        note(account, " date %lld", (long long)fetch->date);
    if (fetch->modseq != 0)
        note(account, " modseq %llu", (unsigned long long)fetch->modseq);
}

static void
note_state(struct account *account, const struct response *response)
{
    static const char *const states[] = {"OK", "NO", "BAD", "BYE", "PREAUTH"};

    note(account, "%s code %d %llu", states[response->state], response->code, (unsigned long long)response->number);
    if (response->code == CODE_APPENDUID)
        note_set(account, &response->to);
    if (response->code == CODE_COPYUID || response->code == CODE_MODIFIED)
        note_set(account, &response->from);
    if (response->code == CODE_COPYUID)
        note_set(account, &response->to);
    if (response->code == CODE_PERMANENTFLAGS)
        note(account, " %u%s", response->flags, response->wildcard ? "*" : "");
    if (response->code == CODE_CAPABILITY)
        note(account, " <%s>", response->words.at != NULL ? response->words.at : "");
    note(account, " said <%.*s>", (int)response->said.len, response->said.at);
}

#define UNREADABLE(about, what) "unreadable " about ": understand the server's answer (" what ")\n"

static const char *const kind_names[] = {
    [RESPONSE_EXISTS] = "exists", [RESPONSE_EXPUNGE] = "expunge",     [RESPONSE_FETCH] = "fetch",
    [RESPONSE_FLAGS] = "flags",   [RESPONSE_VANISHED] = "vanished",   [RESPONSE_LIST] = "list",
    [RESPONSE_LSUB] = "lsub",     [RESPONSE_STATUS] = "status",       [RESPONSE_ENABLED] = "enabled",
    [RESPONSE_ID] = "id",         [RESPONSE_NAMESPACE] = "namespace", [RESPONSE_CAPABILITY] = "capability",
    [RESPONSE_OTHER] = "other",   [RESPONSE_QUOTA] = "quota",         [RESPONSE_QUOTAROOT] = "quotaroot"};

static void
note_amount(struct account *account, const char *what, const struct quota_amount *amount)
{
    if (amount->known)
        note(account, "%s %llu of %llu", what, (unsigned long long)amount->used, (unsigned long long)amount->limit);
    else
        note(account, "%s ?", what);
}

static void
note_response(struct account *account, const struct response *response)
{
    const struct status_answer *status = &response->status;

    switch (response->kind) {
    case RESPONSE_TAGGED:
        note(account, "%s ", response->tag);
        note_state(account, response);
        break;
    case RESPONSE_STATE:
        note(account, "* ");
        note_state(account, response);
        break;
    case RESPONSE_CONTINUATION:
        note(account, "+");
        break;
    case RESPONSE_EXISTS:
        note(account, "exists %llu", (unsigned long long)response->number);
        break;
    case RESPONSE_EXPUNGE:
        note(account, "expunge %llu", (unsigned long long)response->number);
        break;
    case RESPONSE_FETCH:
        note_fetch(account, &response->fetch, response->number);
        break;
    case RESPONSE_VANISHED:
        break;
    case RESPONSE_FLAGS:
        note(account, "flags %u", response->flags);
        break;
    case RESPONSE_LIST:
    case RESPONSE_LSUB:
        note(account, "%s %x '%c' <%.*s>", response->kind == RESPONSE_LIST ? "list" : "lsub", response->list.attributes,
             response->list.separator ? response->list.separator : '0', (int)response->list.name.len,
             response->list.name.at != NULL ? response->list.name.at : "");
        break;
    case RESPONSE_STATUS:
        note(account, "status <%.*s> %d%d%d%d %u %u %u %llu", (int)response->name.len, response->name.at,
             status->has_messages, status->has_uidnext, status->has_uidvalidity, status->has_modseq, status->messages,
             status->uidnext, status->uidvalidity, (unsigned long long)status->modseq);
        break;
    case RESPONSE_CAPABILITY:
        note(account, "capability <%s>", response->words.at);
        break;
    case RESPONSE_ENABLED:
        note(account, "enabled <%s>", response->words.at != NULL ? response->words.at : "");
        break;
    case RESPONSE_NAMESPACE:
        note(account, "namespace %d <%s> '%c' others %zu", response->namespaces.known, response->namespaces.personal,
             response->namespaces.separator ? response->namespaces.separator : '0', response->namespaces.others);
        break;
    case RESPONSE_ID:
        note(account, "id <%s>", response->id);
        break;
    case RESPONSE_QUOTAROOT:
        note(account, "roots %zu", response->quota_roots.count);
        break;
    case RESPONSE_QUOTA:
        note_amount(account, "quota", &response->quota.amounts.bytes);
        note_amount(account, ", messages", &response->quota.amounts.messages);
        break;
    case RESPONSE_UNREADABLE:
        note(account, "unreadable %s: %s", kind_names[response->about], response->why.what);
        break;
    case RESPONSE_OTHER:
        note(account, "skipped");
        break;
    }
    note(account, "\n");
}

/* Read all answers; the error at the end as "!kind what". */
static void
read_answers(struct bytes from, struct account *account)
{
    static struct response response;
    struct reader reader;
    struct error err = {0};
    struct fetch_sink sink = {note_body, note_data, note_vanished, account};

    account->len = 0;
    account->text[0] = '\0';
    response_init(&response);
    if (!reader_init(&reader, (struct reader_source){give_piece, &from}))
        return;
    reader.err = &err;
    while (response_read(&reader, &sink, &response))
        note_response(account, &response);
    if (err.kind != ERROR_NETWORK)
        note(account, "!%s\n", err.what);
    response_free(&response);
    reader_free(&reader);
}

/* Whole, byte by byte, and cut in two at every place: always the same. */
static void
assert_rows(const struct row *rows, size_t count)
{
    static struct account account;

    for (size_t i = 0; i < count; i++) {
        size_t len = rows[i].len > 0 ? rows[i].len : strlen(rows[i].bytes);
        read_answers((struct bytes){rows[i].bytes, len, 0, len}, &account);
        assert_string_equal(account.text, rows[i].expected);
        read_answers((struct bytes){rows[i].bytes, len, 0, 1}, &account);
        assert_string_equal(account.text, rows[i].expected);
        for (size_t cut = 1; cut < len; cut++) {
            read_answers((struct bytes){rows[i].bytes, len, cut, len}, &account);
            assert_string_equal(account.text, rows[i].expected);
        }
    }
}

#endif
