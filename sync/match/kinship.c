/* See kinship.h. Constant memory: of a header only its beginning is kept, for the fields that people read. */
#include "sync/match/kinship.h"

#include "store/message/header.h"

#define HEADER_KEPT 65536

struct kinship_reader {
    struct kin_reader *kin;
    struct digest *body;
    struct buffer header;
    bool wants_body, past_header;
    bool line_is_empty; /* nothing but CR since the last line end */
};

struct kinship_reader *
kinship_new(void)
{
    struct kinship_reader *reader = calloc(1, sizeof *reader);

    if (reader == NULL)
        return NULL;
    reader->header = buffer_new(HEADER_KEPT + 1);
    reader->kin = kin_new();
    reader->body = digest_new();
    if (reader->kin != NULL && reader->body != NULL)
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
    buffer_free(&reader->header);
    free(reader);
}

bool
kinship_begin(struct kinship_reader *reader, bool body)
{
    struct kin unused;

    buffer_clear(&reader->header);
    reader->wants_body = body;
    reader->past_header = false;
    reader->line_is_empty = true;
    return kin_finish(reader->kin, &unused) && digest_reset(reader->body, false); /* what a cut message left goes */
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

bool
kinship_add(struct kinship_reader *reader, const void *bytes, size_t len)
{
    const size_t header = reader->past_header ? 0 : header_part(reader, bytes, len);
    const size_t room = HEADER_KEPT - reader->header.len, kept = header < room ? header : room;

    if (header != 0 && (!kin_add(reader->kin, bytes, header) || !buffer_add(&reader->header, bytes, kept)))
        return false;
    return !reader->wants_body || header == len || digest_add(reader->body, (const char *)bytes + header, len - header);
}

/* The fields that say which message it is, a line each; false with *known false: it lacks one. */
static bool
describe(struct text header, struct buffer *out, bool *known)
{
    static const char *const names[] = {"Message-ID", "From", "Subject"};
    struct text value;
    int64_t instant;

    *known = header_find(header, "Date", &value) && header_date(value, &instant);
    if (!*known)
        return true;
    if (!buffer_addf(out, "%lld\n", (long long)instant))
        return false;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const size_t before = out->len;

        (void)header_find(header, names[i], &value);
        if (!header_decode(value, out))
            return false;
        *known = *known && (out->len != before || strcmp(names[i], "Subject") == 0); /* many have no subject */
        if (!buffer_add(out, "\n", 1))
            return false;
    }
    return true;
}

static bool
compute_alike(struct kinship_reader *reader, struct kinship *out)
{
    struct buffer text = buffer_new(4 * HEADER_KEPT);
    bool ok = describe((struct text){reader->header.at, reader->header.len}, &text, &out->has_alike);

    out->has_alike = out->has_alike && out->kin.has_id;
    ok = ok && (!out->has_alike || digest_bytes(text.at, text.len, out->alike));
    buffer_free(&text);
    return ok;
}

bool
kinship_finish(struct kinship_reader *reader, struct kinship *out)
{
    struct digests digests;

    *out = (struct kinship){.has_body = reader->wants_body};
    if (!kin_finish(reader->kin, &out->kin) || !compute_alike(reader, out))
        return false;
    if (!reader->wants_body)
        return true;
    if (!digest_finish(reader->body, &digests))
        return false;
    memcpy(out->body, digests.wire, DIGEST_SIZE);
    return true;
}

bool
kinship_explains(const struct kinship *one, uint64_t one_size, const struct kinship *other, uint64_t other_size)
{
    const uint64_t added = kin_added(&one->kin, &other->kin), others = kin_added(&other->kin, &one->kin);

    return one_size > added && other_size > others && one_size - added == other_size - others;
}
