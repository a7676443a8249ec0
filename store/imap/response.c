/* See response.h. */
#include "store/imap/response.h"
#include "store/imap/objectid.h"

void
response_init(struct response *response)
{
    *response = (struct response){.kind = RESPONSE_OTHER};
    response->name = buffer_new(LIMIT_LITERAL_KEPT);
    response->words = buffer_new(LIMIT_LINE);
}

void
response_free(struct response *response)
{
    buffer_free(&response->name);
    buffer_free(&response->words);
}

uint32_t
uid_set_nth(const struct uid_set *set, size_t n)
{
    for (size_t i = 0; i < set->count && !set->unusable; i++) {
        size_t len = (size_t)(set->at[i].last - set->at[i].first) + 1;
        if (n < len)
            return set->at[i].first + (uint32_t)n;
        n -= len;
    }
    return 0;
}

uint64_t
uid_set_size(const struct uid_set *set)
{
    uint64_t size = 0;

    for (size_t i = 0; i < set->count && !set->unusable; i++)
        size += (uint64_t)(set->at[i].last - set->at[i].first) + 1;
    return size;
}

bool
uid_set_has(const struct uid_set *set, uint32_t uid)
{
    for (size_t i = 0; i < set->count; i++)
        if (uid >= set->at[i].first && uid <= set->at[i].last)
            return true;
    return set->unusable;
}

static bool
keep_range(void *context, uint32_t first, uint32_t last, bool reversed)
{
    struct uid_set *set = context;

    if (reversed || set->count == UID_SET_MAX) {
        set->unusable = true;
        return true;
    }
    set->at[set->count].first = first;
    set->at[set->count].last = last;
    set->count++;
    return true;
}

static bool
read_set(struct reader *reader, struct uid_set *set)
{
    set->unusable = false;
    set->count = 0;
    return reader_blanks(reader) && reader_set(reader, keep_range, set);
}

static enum response_code
code_of(struct text word)
{
    static const struct {
        const char *name;
        enum response_code code;
    } known[] = {
        {"UIDVALIDITY", CODE_UIDVALIDITY},
        {"UIDNEXT", CODE_UIDNEXT},
        {"HIGHESTMODSEQ", CODE_HIGHESTMODSEQ},
        {"NOMODSEQ", CODE_NOMODSEQ},
        {"PERMANENTFLAGS", CODE_PERMANENTFLAGS},
        {"MAILBOXID", CODE_MAILBOXID},
        {"READ-ONLY", CODE_READ_ONLY},
        {"READ-WRITE", CODE_READ_WRITE},
        {"CLOSED", CODE_CLOSED},
        {"APPENDUID", CODE_APPENDUID},
        {"COPYUID", CODE_COPYUID},
        {"MODIFIED", CODE_MODIFIED},
        {"CAPABILITY", CODE_CAPABILITY},
        {"TRYCREATE", CODE_TRYCREATE},
        {"NONEXISTENT", CODE_NONEXISTENT},
        {"ALREADYEXISTS", CODE_ALREADYEXISTS},
        {"TOOBIG", CODE_TOOBIG},
        {"LIMIT", CODE_LIMIT},
        {"CANNOT", CODE_CANNOT},
        {"OVERQUOTA", CODE_OVERQUOTA},
        {"UNAVAILABLE", CODE_UNAVAILABLE},
        {"INUSE", CODE_INUSE},
        {"SERVERBUG", CODE_SERVERBUG},
        {"NOPERM", CODE_NOPERM},
        {"ALERT", CODE_ALERT},
        {"MESSAGELIMIT", CODE_MESSAGELIMIT},
        {"EXPUNGEISSUED", CODE_EXPUNGEISSUED},
        {"UIDNOTSTICKY", CODE_UIDNOTSTICKY},
        {"NOTIFICATIONOVERFLOW", CODE_NOTIFICATIONOVERFLOW},
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (text_is_nocase(word, known[i].name))
            return known[i].code;
    return CODE_OTHER;
}

/* Words up to the line end or `stop`, which stays unread, into out->words. */
static bool
read_words(struct reader *reader, char stop, struct response *out)
{
    buffer_clear(&out->words);
    for (;;) {
        struct text word;
        if (!reader_blanks(reader) || !reader_word(reader, stop, &word))
            return false;
        if (word.len == 0)
            return true;
        if ((out->words.len > 0 && !buffer_add(&out->words, " ", 1)) || !buffer_add(&out->words, word.at, word.len))
            return reader_endless(reader, "a list of words without an end");
    }
}

/* "1000 23221": the limit, and the lowest UID that was looked at (RFC 9738); the second may be missing. */
static bool
read_limit(struct reader *reader, struct response *out)
{
    uint64_t limit;
    int c;

    out->number = 0;
    if (!reader_blanks(reader) || !reader_number(reader, UINT32_MAX, &limit) || !reader_blanks(reader))
        return false;
    c = reader_peek(reader);
    return c >= '0' && c <= '9' ? reader_number(reader, UINT32_MAX, &out->number) : c >= 0;
}

/* The rest of a response code that is not known, up to ']' or the line end. */
static bool
skip_code(struct reader *reader)
{
    int c;

    while ((c = reader_peek(reader)) >= 0 && c != ']' && c != '\r' && c != '\n') {
        if (reader->line > LIMIT_LINE)
            return reader_endless(reader, "a text without an end");
        if (!reader_take(reader))
            return false;
    }
    return c >= 0;
}

/* A number and two sets. A server that copied nothing was seen to say so with an empty pair of sets. */
static bool
read_copyuid(struct reader *reader, struct response *out)
{
    if (!reader_blanks(reader) || !reader_number(reader, UINT32_MAX, &out->number) || !reader_blanks(reader))
        return false;
    int c = reader_peek(reader);
    out->from.count = out->to.count = 0;
    out->from.unusable = out->to.unusable = false;
    if (c == ']' || c < 0)
        return c >= 0;
    return read_set(reader, &out->from) && read_set(reader, &out->to);
}

static bool
read_code_values(struct reader *reader, struct response *out)
{
    switch (out->code) {
    case CODE_UIDVALIDITY:
    case CODE_UIDNEXT:
        return reader_blanks(reader) && reader_number(reader, UINT32_MAX, &out->number);
    case CODE_HIGHESTMODSEQ:
        return reader_blanks(reader) && reader_number(reader, INT64_MAX, &out->number);
    case CODE_PERMANENTFLAGS:
        return reader_blanks(reader) &&
               fetch_flags(reader, &out->flags, out->fetch.keywords, &out->wildcard, &out->fetch.flags_cut);
    case CODE_MAILBOXID: /* RFC 8474 section 4.1 */
        out->status.objectid[0] = '\0';
        return reader_blanks(reader) && objectid_read(reader, 'M', out->status.objectid);
    case CODE_APPENDUID:
        return reader_blanks(reader) && reader_number(reader, UINT32_MAX, &out->number) && read_set(reader, &out->to);
    case CODE_COPYUID:
        return read_copyuid(reader, out);
    case CODE_MODIFIED:
        return read_set(reader, &out->from);
    case CODE_CAPABILITY:
        return read_words(reader, ']', out);
    case CODE_MESSAGELIMIT:
        return read_limit(reader, out);
    default:
        return skip_code(reader);
    }
}

/* The code says something that can't be read: as good as nothing. But whatever MODIFIED names was not done. */
static void
forget_code(struct response *out)
{
    out->number = 0;
    out->from.unusable = out->to.unusable = true;
    if (out->code != CODE_MODIFIED && out->code != CODE_ALERT)
        out->code = CODE_OTHER;
}

/* "[CODE values]" */
static bool
read_code(struct reader *reader, struct response *out)
{
    struct text word;

    if (!reader_take(reader) || !reader_word(reader, ']', &word))
        return false;
    out->code = code_of(word);
    if (!read_code_values(reader, out)) {
        if (!reader_recover(reader))
            return false;
        forget_code(out);
    }
    if (!reader_blanks(reader))
        return false;
    int c = reader_peek(reader);
    if (c >= 0 && c != ']' && out->code != CODE_OTHER)
        forget_code(out);
    if (!skip_code(reader))
        return false;
    /* Without it: a text that happens to begin with '['. */
    return reader_peek(reader) != ']' || reader_take(reader);
}

/* What follows "OK", "NO", ...: code and text. */
static bool
read_state(struct reader *reader, struct response *out)
{
    if (!reader_blanks(reader))
        return false;
    size_t from = reader->head_len;
    int c = reader_peek(reader);
    if (c < 0 || (c == '[' && !read_code(reader, out)) || !reader_skip_text(reader))
        return false;
    size_t len = reader->head_len - from;
    while (len > 0 && (reader->head[from + len - 1] == '\n' || reader->head[from + len - 1] == '\r'))
        len--;
    out->said = (struct text){reader->head + from, len};
    return true;
}

static bool
state_of(struct text word, enum response_state *state)
{
    static const char *const names[] = {"OK", "NO", "BAD", "BYE", "PREAUTH"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (text_is_nocase(word, names[i])) {
            *state = (enum response_state)i;
            return true;
        }
    }
    return false;
}

struct vanishing {
    const struct fetch_sink *sink;
    bool earlier;
};

static bool
hand_range(void *context, uint32_t first, uint32_t last, bool reversed)
{
    struct vanishing *to = context;

    (void)reversed; /* a set, not a sequence: 9:3 is 3:9 (RFC 9051 section 9, seq-range) */
    return to->sink->vanished == NULL || to->sink->vanished(to->sink->context, to->earlier, first, last);
}

/* "(EARLIER) 1:3,5" or "1:3,5" */
static bool
read_vanished(struct reader *reader, const struct fetch_sink *sink)
{
    struct vanishing to = {sink, false};
    struct text word;

    if (reader_peek(reader) == '(') {
        if (!reader_take(reader) || !reader_word(reader, 0, &word))
            return false;
        if (!text_is_nocase(word, "EARLIER"))
            return reader_malformed(reader, "VANISHED (EARLIER) expected");
        to.earlier = true;
        if (!reader_expect(reader, ')') || !reader_blanks(reader))
            return false;
    }
    return reader_set(reader, hand_range, &to) && reader_end(reader);
}

/* "12 EXISTS", "12 EXPUNGE", "12 FETCH (...)" and whatever else may count something. */
static bool
read_numbered(struct reader *reader, const struct fetch_sink *sink, struct response *out)
{
    struct text word;
    bool known;

    /* The numbers of FETCH and EXPUNGE say nothing that is used, but they may be too large. */
    if (!reader_word(reader, 0, &word))
        return false;
    known = text_number(word, UINT32_MAX, &out->number);
    if (!reader_blanks(reader) || !reader_word(reader, 0, &word))
        return false;
    if (text_is_nocase(word, "EXISTS")) {
        out->kind = RESPONSE_EXISTS;
        return known ? reader_end(reader) : reader_malformed(reader, "number too large");
    }
    if (text_is_nocase(word, "EXPUNGE")) {
        out->kind = RESPONSE_EXPUNGE;
        return reader_end(reader);
    }
    if (text_is_nocase(word, "FETCH") ||
        text_is_nocase(word, "UIDFETCH")) { /* RFC 9586: told by UID instead of number */
        out->kind = RESPONSE_FETCH;
        if (!known && word.len == strlen("UIDFETCH"))
            return reader_malformed(reader, "not a UID");
        out->fetch.uid = word.len == strlen("UIDFETCH") ? (uint32_t)out->number : 0;
        return reader_blanks(reader) && fetch_read(reader, sink, &out->fetch) && reader_end(reader);
    }
    return reader_skip_answer(reader);
}

static bool
read_data(struct reader *reader, struct text word, const struct fetch_sink *sink, struct response *out)
{
    static const struct {
        const char *name;
        enum response_kind kind;
    } known[] = {
        {"LIST", RESPONSE_LIST},
        {"XLIST", RESPONSE_LIST},
        {"LSUB", RESPONSE_LSUB},
        {"STATUS", RESPONSE_STATUS},
        {"VANISHED", RESPONSE_VANISHED},
        {"FLAGS", RESPONSE_FLAGS},
        {"CAPABILITY", RESPONSE_CAPABILITY},
        {"ENABLED", RESPONSE_ENABLED},
        {"NAMESPACE", RESPONSE_NAMESPACE},
        {"ID", RESPONSE_ID},
        {"QUOTAROOT", RESPONSE_QUOTAROOT},
        {"QUOTA", RESPONSE_QUOTA},
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (text_is_nocase(word, known[i].name))
            out->kind = known[i].kind;
    if (!reader_blanks(reader))
        return false;
    switch (out->kind) {
    case RESPONSE_LIST:
    case RESPONSE_LSUB:
        return list_read(reader, &out->name, &out->list);
    case RESPONSE_STATUS:
        return list_read_status(reader, &out->name, &out->status);
    case RESPONSE_VANISHED:
        return read_vanished(reader, sink);
    case RESPONSE_FLAGS:
        return fetch_flags(reader, &out->flags, out->fetch.keywords, &out->wildcard, NULL) && reader_end(reader);
    case RESPONSE_CAPABILITY:
    case RESPONSE_ENABLED:
        return read_words(reader, 0, out) && reader_end(reader);
    case RESPONSE_NAMESPACE:
        return list_read_namespaces(reader, &out->namespaces);
    case RESPONSE_ID:
        return list_read_id(reader, out->id, sizeof out->id);
    case RESPONSE_QUOTAROOT:
        return quota_read_roots(reader, &out->quota_roots);
    case RESPONSE_QUOTA:
        return quota_read(reader, &out->quota);
    default:
        return reader_skip_answer(reader);
    }
}

static bool
read_untagged(struct reader *reader, const struct fetch_sink *sink, struct response *out)
{
    struct text word;
    int c;

    if (!reader_blanks(reader) || (c = reader_peek(reader)) < 0)
        return false;
    if (c >= '0' && c <= '9')
        return read_numbered(reader, sink, out);
    if (!reader_word(reader, 0, &word))
        return false;
    if (state_of(word, &out->state)) {
        out->kind = RESPONSE_STATE;
        return read_state(reader, out);
    }
    return read_data(reader, word, sink, out);
}

/* What untagged answer can't be read: the rest of it is skipped, if it is certain where it ends. */
static bool
skip_unreadable(struct reader *reader, struct response *out)
{
    out->why = *reader->err;
    if (!reader_recover(reader))
        return false;
    out->about = out->kind;
    out->kind = RESPONSE_UNREADABLE;
    if (!reader_skip_answer(reader))
        return false;
    if (!reader->unsafe)
        return true;
    *reader->err = out->why; /* there was a literal in the rest */
    return false;
}

static bool
read_tagged(struct reader *reader, struct response *out)
{
    struct text word;

    if (!reader_blanks(reader) || !reader_word(reader, 0, &word))
        return false;
    if (!state_of(word, &out->state) || out->state > STATE_BAD)
        return reader_malformed(reader, "OK, NO or BAD expected");
    out->kind = RESPONSE_TAGGED;
    return read_state(reader, out);
}

bool
response_read(struct reader *reader, const struct fetch_sink *sink, struct response *out)
{
    static const struct fetch_sink nowhere = {0};
    struct text word;
    int c;

    do { /* an empty line means nothing */
        reader_begin(reader);
        if ((c = reader_peek(reader)) < 0)
            return false;
    } while ((c == '\r' || c == '\n') && reader_take(reader));
    out->kind = RESPONSE_OTHER;
    out->code = CODE_NONE;
    out->number = 0;
    out->said = (struct text){"", 0};
    if (!reader_word(reader, 0, &word))
        return false;
    if (text_is(word, "*"))
        return read_untagged(reader, sink != NULL ? sink : &nowhere, out) || skip_unreadable(reader, out);
    if (text_is(word, "+")) {
        out->kind = RESPONSE_CONTINUATION;
        return reader_skip_text(reader);
    }
    if (word.len == 0 || !text_copy(word, out->tag, sizeof out->tag))
        return reader_malformed(reader, "neither *, + nor a tag");
    return read_tagged(reader, out);
}
