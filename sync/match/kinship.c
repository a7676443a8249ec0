/* See kinship.h. Constant memory: of a header only its beginning is kept, for the fields that people read. */
#include "sync/match/kinship.h"

#include "store/message/header.h"

#define HEADER_KEPT 65536

struct kinship_reader {
    struct kin_reader *kin;
    struct digest *body, *plain[KINSHIP_PLAIN];
    struct buffer header;
    bool wants_body, past_header;
    bool line_is_empty; /* nothing but CR since the last line end */
    uint64_t size;      /* of the body */
    uint64_t ends;      /* line ends of the body that its digest does not have yet: perhaps they are its last */
    bool cr;            /* ... and half of one */
};

struct kinship_reader *
kinship_new(void)
{
    struct kinship_reader *reader = calloc(1, sizeof *reader);
    bool ok;

    if (reader == NULL)
        return NULL;
    reader->header = buffer_new(HEADER_KEPT + 1);
    reader->kin = kin_new();
    reader->body = digest_new();
    ok = reader->kin != NULL && reader->body != NULL;
    for (size_t i = 0; i < KINSHIP_PLAIN; i++) {
        reader->plain[i] = digest_new();
        ok = ok && reader->plain[i] != NULL;
    }
    if (ok)
        return reader;
    kinship_free(reader);
    return NULL;
}

void
kinship_free(struct kinship_reader *reader)
{
    if (reader == NULL)
        return;
    kin_free(reader->kin);
    digest_free(reader->body);
    for (size_t i = 0; i < KINSHIP_PLAIN; i++)
        digest_free(reader->plain[i]);
    buffer_free(&reader->header);
    free(reader);
}

bool
kinship_begin(struct kinship_reader *reader, bool body)
{
    struct kin unused;
    bool ok = true;

    for (size_t i = 0; i < KINSHIP_PLAIN; i++)
        ok = ok && digest_reset(reader->plain[i], false);
    buffer_clear(&reader->header);
    reader->wants_body = body;
    reader->past_header = false;
    reader->line_is_empty = true;
    reader->size = reader->ends = 0;
    reader->cr = false;
    return ok && kin_finish(reader->kin, &unused) && /* what a cut message left goes */
           digest_reset(reader->body, false);
}

bool
kinship_is_past_header(const struct kinship_reader *reader)
{
    return reader->past_header;
}

/* Bytes of this piece that belong to the header, its empty line included. */
static size_t
header_part(struct kinship_reader *reader, const char *at, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (at[i] == '\n' && reader->line_is_empty) {
            reader->past_header = true;
            return i + 1;
        }
        reader->line_is_empty = at[i] == '\n' || (at[i] == '\r' && reader->line_is_empty);
    }
    return len;
}

/* Which of the digests have no line of this name? */
static void
judge_name(const char *name, size_t len, bool out[static KINSHIP_PLAIN])
{
    out[0] = kin_is_added(name, len);
    out[1] = out[0] && !kin_is_delivered(name, len);
    out[KINSHIP_UNSAVED] = out[0] && kin_is_saved(name, len);
    out[3] = out[1] && !out[KINSHIP_UNSAVED];
}

static bool
add_plain(struct kinship_reader *reader, const char *at, size_t len, const bool out[static KINSHIP_PLAIN])
{
    bool ok = true;

    for (size_t i = 0; ok && i < KINSHIP_PLAIN; i++)
        ok = out[i] || digest_add(reader->plain[i], at, len);
    return ok;
}

/* The header is over: its lines but for those that count for nothing. */
static bool
add_plain_header(struct kinship_reader *reader)
{
    struct text left = {reader->header.at, reader->header.len};
    bool out[KINSHIP_PLAIN] = {false};

    while (left.len > 0) {
        const char *end = memchr(left.at, '\n', left.len), *colon;
        const size_t len = end != NULL ? (size_t)(end - left.at) + 1 : left.len;

        colon = memchr(left.at, ':', len);
        if (left.at[0] != ' ' && left.at[0] != '\t') /* else it goes on */
            judge_name(left.at, colon != NULL ? (size_t)(colon - left.at) : 0, out);
        if (!add_plain(reader, left.at, len, out))
            return false;
        left = (struct text){left.at + len, left.len - len};
    }
    return true;
}

static bool
is_saved(const struct kinship_reader *reader)
{
    struct text left = {reader->header.at, reader->header.len};
    bool saved = false;

    while (!saved && left.len > 0) {
        const char *end = memchr(left.at, '\n', left.len), *colon;
        const size_t len = end != NULL ? (size_t)(end - left.at) + 1 : left.len;

        colon = memchr(left.at, ':', len);
        saved = colon != NULL && kin_is_saved(left.at, (size_t)(colon - left.at));
        left = (struct text){left.at + len, left.len - len};
    }
    return saved;
}

/* They were not its last. */
static bool
add_ends(struct kinship_reader *reader)
{
    bool ok = true;

    for (; ok && reader->ends > 0; reader->ends--)
        ok = digest_add(reader->body, "\r\n", 2);
    ok = ok && (!reader->cr || digest_add(reader->body, "\r", 1));
    reader->cr = false;
    return ok;
}

static bool
add_body(struct kinship_reader *reader, const char *at, size_t len)
{
    size_t first = 0; /* of what is to be added */

    reader->size += len;
    for (size_t i = 0; i < len; i++) {
        if (at[i] == '\n' && reader->cr) {
            reader->ends++;
            reader->cr = false;
            first = i + 1;
        } else if (at[i] == '\r') {
            if (!digest_add(reader->body, at + first, i - first) || (reader->cr && !add_ends(reader)))
                return false;
            reader->cr = true;
            first = i + 1;
        } else if ((reader->ends != 0 || reader->cr) && !add_ends(reader)) {
            return false;
        }
    }
    return digest_add(reader->body, at + first, len - first);
}

static bool
finish_body(struct kinship_reader *reader, struct kinship *out)
{
    const uint64_t ends = reader->cr ? 0 : reader->ends;
    bool ok = ends != 0 || add_ends(reader);

    out->body_size = reader->size;
    out->ends = ends < KINSHIP_ENDS ? (size_t)ends : KINSHIP_ENDS;
    for (uint64_t n = 0; ok && (n < KINSHIP_ENDS || n <= ends); n++) {
        unsigned char digest[DIGEST_SIZE];

        ok = n == 0 || digest_add(reader->body, "\r\n", 2);
        if (n < KINSHIP_ENDS) {
            ok = ok && digest_so_far(reader->body, digest);
            memcpy(out->ended[n], digest, KINSHIP_ENDED_SIZE);
        }
        ok = ok && (n != ends || digest_so_far(reader->body, out->body));
    }
    return ok;
}

bool
kinship_add(struct kinship_reader *reader, const void *bytes, size_t len)
{
    const size_t header = reader->past_header ? 0 : header_part(reader, bytes, len);
    const size_t room = HEADER_KEPT - reader->header.len, kept = header < room ? header : room;
    static const bool none[KINSHIP_PLAIN] = {false};

    if (header != 0 && (!kin_add(reader->kin, bytes, header) || !buffer_add(&reader->header, bytes, kept)))
        return false;
    if (!reader->wants_body)
        return true;
    if (header != 0 && reader->past_header && !add_plain_header(reader))
        return false;
    return header == len || (add_body(reader, (const char *)bytes + header, len - header) &&
                             add_plain(reader, (const char *)bytes + header, len - header, none));
}

/*
 * There are servers that write X or ? for each byte of a header that no header may have: Cyrus does. Beside a Message-ID and an instant that are
 * equal, these and what is no ASCII count for nothing.
 */
static void
leave_odd_bytes(struct buffer *text, size_t from)
{
    size_t left = from;

    for (size_t i = from; i < text->len; i++) {
        const unsigned char byte = (unsigned char)text->at[i];

        if (byte < 0x80 && byte != 'X' && byte != '?')
            text->at[left++] = text->at[i];
    }
    text->len = left;
}

/*
 * These fields as people read them, a line each. *whole: none but Subject, To and Cc is empty.
 *
 * @param loosely  but for bytes that a server may have written for others
 */
static bool
describe(struct text header, int64_t instant, const char *const *names, size_t count, bool loosely, struct buffer *out,
         bool *whole)
{
    struct text value;

    *whole = true;
    if (!buffer_addf(out, "%lld\n", (long long)instant))
        return false;
    for (size_t i = 0; i < count; i++) {
        const size_t before = out->len;

        (void)header_find(header, names[i], &value);
        if (!header_decode(value, out))
            return false;
        *whole =
            *whole && (out->len != before || (strcmp(names[i], "From") != 0 && strcmp(names[i], "Message-ID") != 0));
        if (loosely && strcmp(names[i], "Message-ID") != 0)
            leave_odd_bytes(out, before);
        if (!buffer_add(out, "\n", 1))
            return false;
    }
    return true;
}

/* What says which message it is: with its Message-ID, and without. */
static bool
compute_alike(struct kinship_reader *reader, struct kinship *out)
{
    static const char *const named[] = {"Message-ID", "From", "Subject"}, *const written[] = {"From", "Subject", "To",
                                                                                              "Cc"};
    const struct text header = {reader->header.at, reader->header.len};
    struct buffer text = buffer_new(4 * HEADER_KEPT);
    struct text value;
    int64_t instant;
    bool ok = true;

    if (header_find(header, "Date", &value) && header_date(value, &instant)) {
        ok = describe(header, instant, named, sizeof named / sizeof *named, true, &text, &out->has_alike);
        out->has_alike = out->has_alike && out->kin.has_id;
        ok = ok && (!out->has_alike || digest_bytes(text.at, text.len, out->alike));
        buffer_clear(&text);
        ok = ok &&
             describe(header, instant, written, sizeof written / sizeof *written, false, &text, &out->has_written) &&
             (!out->has_written || digest_bytes(text.at, text.len, out->written));
    }
    buffer_free(&text);
    return ok;
}

bool
kinship_finish(struct kinship_reader *reader, struct kinship *out)
{
    struct digests digests;

    *out = (struct kinship){.has_body = reader->wants_body, .is_saved = is_saved(reader)};
    if (!kin_finish(reader->kin, &out->kin) || !compute_alike(reader, out))
        return false;
    if (!reader->wants_body)
        return true;
    if (!finish_body(reader, out))
        return false;
    if (!reader->past_header && !add_plain_header(reader))
        return false;
    for (size_t i = 0; i < KINSHIP_PLAIN; i++) {
        if (!digest_finish(reader->plain[i], &digests))
            return false;
        memcpy(out->plain[i], digests.wire, DIGEST_SIZE);
        memcpy(out->plain_header[i], digests.header, KINSHIP_ENDED_SIZE);
    }
    out->has_plain = reader->header.len < HEADER_KEPT;
    return true;
}

bool
kinship_was(const struct kinship *kinship, const unsigned char wire[static DIGEST_SIZE])
{
    bool was = false;

    for (size_t i = 0; kinship->has_plain && i < KINSHIP_PLAIN; i++)
        was = was || memcmp(kinship->plain[i], wire, DIGEST_SIZE) == 0;
    return was;
}

bool
kinship_had_header(const struct kinship *kinship, const unsigned char header[static DIGEST_SIZE])
{
    bool had = false;

    for (size_t i = 0; kinship->has_plain && i < KINSHIP_PLAIN; i++)
        had = had || memcmp(kinship->plain_header[i], header, KINSHIP_ENDED_SIZE) == 0;
    return had;
}

bool
kinship_explains(const struct kinship *one, uint64_t one_size, const struct kinship *other, uint64_t other_size)
{
    const uint64_t added = kin_added(&one->kin, &other->kin), others = kin_added(&other->kin, &one->kin);

    return one_size > added && other_size > others && one_size - added == other_size - others;
}

void
kinship_count_ends(const struct kinship *kinship, const unsigned char body[static DIGEST_SIZE], int *more)
{
    *more = 0;
    for (size_t n = 0; kinship->ends < KINSHIP_ENDS && n < KINSHIP_ENDS; n++) {
        if (memcmp(kinship->ended[n], body, KINSHIP_ENDED_SIZE) == 0)
            *more = (int)n - (int)kinship->ends;
    }
}
