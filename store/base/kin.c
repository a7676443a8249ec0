/*
 * Kin of a header: see kin.h. One pass, a byte at a time, in constant memory: a line is known by its name, so at most the beginning of a
 * line waits for the next byte. Canonical form: CR* LF is LF, any other CR stays, NUL is 0x80, as in store/base/digest.h.
 */
#include "store/base/kin.h"

#include <strings.h>

/* See digest.c: what is digested here is named, not guarded. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#define NAME_MAX_LENGTH 80 /* longer than every name that is looked for */

/* Lines that mail readers write, or write anew, in what they save or label. */
static const char *const saved_names[] = {
    "X-Keywords",        "X-Label",        "Status",      "X-Status",       "X-Mozilla-Status",
    "X-Mozilla-Status2", "X-Mozilla-Keys", "X-Evolution", "Content-Length", "Lines",
};
/* Lines that delivery agents write. */
static const char *const delivered_names[] = {"Return-Path", "Delivered-To", "X-Original-To", "Envelope-To", "X-UIDL"};
static const char delivered_prefix[] = "X-getmail-";
/* Lines that other programs add to a copy or change in it. */
static const char *const copied_names[] = {"X-TUID", "X-OfflineIMAP", "X-UID", "X-IMAP", "X-IMAPbase"};

enum kind { KIND_REST, KIND_ADDED, KIND_RECEIVED, KIND_ID };

struct kin_reader {
    SHA256_CTX rest, line; /* line: of the Received or Message-ID line that is being read */
    struct kin kin;
    enum { AT_START, IN_NAME, IN_LINE, AT_END } at;
    enum kind kind; /* of the line, once its name is known */
    char name[NAME_MAX_LENGTH];
    size_t name_length;
    uint64_t trailing_cr;
    uint64_t length;       /* wire bytes of the line */
    bool any, id_known;    /* there was a line; its Message-ID has a byte beside <> */
    bool semicolon, dated; /* of a Received line: its date is behind the last one; there is one */
    unsigned char gathered[1024];
    size_t used; /* of the rest, on its way to OpenSSL */
};

static bool
is_one_of(const char *const *names, size_t count, const char *name, size_t len)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(names[i]) == len && strncasecmp(name, names[i], len) == 0)
            return true;
    return false;
}

bool
kin_is_saved(const char *name, size_t len)
{
    return is_one_of(saved_names, sizeof saved_names / sizeof *saved_names, name, len);
}

bool
kin_is_delivered(const char *name, size_t len)
{
    return is_one_of(delivered_names, sizeof delivered_names / sizeof *delivered_names, name, len) ||
           (len >= sizeof delivered_prefix - 1 &&
            strncasecmp(name, delivered_prefix, sizeof delivered_prefix - 1) == 0);
}

bool
kin_is_added(const char *name, size_t len)
{
    return kin_is_saved(name, len) || kin_is_delivered(name, len) ||
           is_one_of(copied_names, sizeof copied_names / sizeof *copied_names, name, len);
}

static enum kind
kind_of(const char *name, size_t len)
{
    while (len > 0 && (name[len - 1] == ' ' || name[len - 1] == '\t'))
        len--;
    if (kin_is_added(name, len))
        return KIND_ADDED;
    if (len == 8 && strncasecmp(name, "Received", len) == 0)
        return KIND_RECEIVED;
    return len == 10 && strncasecmp(name, "Message-ID", len) == 0 ? KIND_ID : KIND_REST;
}

static bool
begin_message(struct kin_reader *reader)
{
    reader->kin = (struct kin){0};
    reader->at = AT_START;
    reader->any = false;
    reader->trailing_cr = 0;
    reader->used = 0;
    return SHA256_Init(&reader->rest) == 1;
}

struct kin_reader *
kin_new(void)
{
    struct kin_reader *reader = calloc(1, sizeof *reader);

    if (reader != NULL && begin_message(reader))
        return reader;
    free(reader);
    return NULL;
}

void
kin_free(struct kin_reader *reader)
{
    free(reader);
}

static bool
flush_rest(struct kin_reader *reader)
{
    size_t used = reader->used;

    reader->used = 0;
    return SHA256_Update(&reader->rest, reader->gathered, used) == 1;
}

static bool
add_rest(struct kin_reader *reader, unsigned char byte)
{
    reader->gathered[reader->used++] = byte;
    return reader->used < sizeof reader->gathered || flush_rest(reader);
}

/* One byte of a line whose kind is known. Of a Message-ID blanks and the name do not count for the ID; the line is rest, too. */
static bool
add_known(struct kin_reader *reader, unsigned char byte)
{
    switch (reader->kind) {
    case KIND_ADDED:
        return true;
    case KIND_RECEIVED:
        reader->dated = byte != ';' && (reader->dated || (reader->semicolon && byte >= '0' && byte <= '9'));
        reader->semicolon = reader->semicolon || byte == ';';
        return SHA256_Update(&reader->line, &byte, 1) == 1;
    case KIND_ID:
        if (byte != ' ' && byte != '\t' && byte != '\n') {
            reader->id_known = reader->id_known || (byte != '<' && byte != '>');
            if (SHA256_Update(&reader->line, &byte, 1) != 1)
                return false;
        }
        break;
    case KIND_REST:
        break;
    }
    return add_rest(reader, byte);
}

static bool
begin_line(struct kin_reader *reader, enum kind kind)
{
    /* A second Message-ID is no other name of the message. */
    reader->kind = kind == KIND_ID && reader->kin.has_id ? KIND_REST : kind;
    reader->any = true;
    reader->id_known = reader->semicolon = reader->dated = false;
    reader->at = IN_LINE;
    for (size_t i = 0; reader->kind == KIND_ID && i < reader->name_length; i++)
        if (!add_rest(reader, (unsigned char)reader->name[i]))
            return false;
    if (SHA256_Init(&reader->line) != 1)
        return false;
    for (size_t i = 0; reader->kind != KIND_ID && i < reader->name_length; i++)
        if (!add_known(reader, (unsigned char)reader->name[i]))
            return false;
    return true;
}

/* The oldest ones stay: mail gets new ones on top of them. */
static void
keep_received(struct kin *kin, const unsigned char *digest, uint64_t length)
{
    if (kin->count == KIN_RECEIVED) {
        memmove(kin->received, kin->received + 1, sizeof kin->received - sizeof kin->received[0]);
        memmove(kin->length, kin->length + 1, sizeof kin->length - sizeof kin->length[0]);
        kin->count--;
    }
    memcpy(kin->received[kin->count], digest, KIN_RECEIVED_SIZE);
    kin->length[kin->count++] = length < UINT32_MAX ? (uint32_t)length : UINT32_MAX;
}

/* The next line is no continuation of it. */
static bool
end_line(struct kin_reader *reader)
{
    unsigned char digest[DIGEST_SIZE];

    if (!reader->any)
        return true;
    reader->any = false;
    if (reader->kind == KIND_ADDED)
        reader->kin.added += reader->length;
    if (reader->kind != KIND_RECEIVED && reader->kind != KIND_ID)
        return true;
    if (SHA256_Final(digest, &reader->line) != 1)
        return false;
    if (reader->kind == KIND_RECEIVED) {
        keep_received(&reader->kin, digest, reader->length);
        reader->kin.names = reader->kin.names || reader->dated;
    } else if (reader->id_known) {
        reader->kin.has_id = reader->kin.names = true;
        memcpy(reader->kin.id, digest, DIGEST_SIZE);
    }
    return true;
}

/* The name can't be longer, or is over. */
static bool
end_name(struct kin_reader *reader, unsigned char byte)
{
    size_t len = reader->name_length;

    if (byte != ':' && byte != '\n' && len + 1 < sizeof reader->name) {
        reader->name[reader->name_length++] = (char)byte;
        return true;
    }
    return begin_line(reader, byte == ':' ? kind_of(reader->name, len) : KIND_REST) &&
           (byte == ':' && reader->kind == KIND_ID ? add_rest(reader, byte) : add_known(reader, byte));
}

/* One canonical byte. */
static bool
add_byte(struct kin_reader *reader, unsigned char byte)
{
    bool ok;

    if (reader->at == AT_START) {
        if (byte == '\n') {
            reader->at = AT_END;
            return end_line(reader);
        }
        if ((byte == ' ' || byte == '\t') && reader->any) {
            reader->at = IN_LINE;
        } else {
            if (!end_line(reader))
                return false;
            reader->at = IN_NAME;
            reader->name_length = 0;
            reader->length = 0;
        }
    }
    reader->length += 1 + (byte == '\n');
    ok = reader->at == IN_NAME ? end_name(reader, byte) : add_known(reader, byte);
    if (byte == '\n')
        reader->at = AT_START;
    return ok;
}

static bool
release_cr(struct kin_reader *reader)
{
    while (reader->trailing_cr > 0) {
        reader->trailing_cr--;
        if (!add_byte(reader, '\r'))
            return false;
    }
    return true;
}

bool
kin_add(struct kin_reader *reader, const void *bytes, size_t len)
{
    const unsigned char *at = bytes;

    for (size_t i = 0; i < len && reader->at != AT_END; i++) {
        if (at[i] == '\r') {
            reader->trailing_cr++;
            continue;
        }
        if (at[i] == '\n')
            reader->trailing_cr = 0;
        if (!release_cr(reader) || !add_byte(reader, at[i] == '\0' ? 0x80 : at[i]))
            return false;
    }
    return true;
}

bool
kin_finish(struct kin_reader *reader, struct kin *out)
{
    /* A header that ends without a line end has none the less ended its last line: TOP puts one there. */
    if ((reader->at == IN_NAME || reader->at == IN_LINE) && !add_byte(reader, '\n'))
        return false;
    if (reader->at != AT_END && !end_line(reader))
        return false;
    if (!flush_rest(reader) || SHA256_Final(reader->kin.rest, &reader->rest) != 1)
        return false;
    *out = reader->kin;
    return begin_message(reader);
}

/* ---- comparison ---- */

static bool
same_received(const struct kin *a, size_t i, const struct kin *b, size_t j)
{
    return memcmp(a->received[i], b->received[j], KIN_RECEIVED_SIZE) == 0;
}

/* Places of the topmost Received line that both have. @return false: none */
static bool
find_common(const struct kin *a, const struct kin *b, size_t *at_a, size_t *at_b)
{
    for (*at_a = 0; *at_a < a->count; ++*at_a)
        for (*at_b = 0; *at_b < b->count; ++*at_b)
            if (same_received(a, *at_a, b, *at_b))
                return true;
    return false;
}

bool
kin_same(const struct kin *a, const struct kin *b)
{
    size_t i, j;

    if (memcmp(a->rest, b->rest, DIGEST_SIZE) != 0)
        return false;
    if (!find_common(a, b, &i, &j))
        return a->count == 0 && b->count == 0;
    while (i < a->count && j < b->count && same_received(a, i, b, j)) {
        i++;
        j++;
    }
    return i == a->count && j == b->count;
}

bool
kin_same_id(const struct kin *a, const struct kin *b)
{
    return a->has_id && b->has_id && memcmp(a->id, b->id, DIGEST_SIZE) == 0;
}

uint64_t
kin_added(const struct kin *one, const struct kin *other)
{
    uint64_t bytes = one->added;
    size_t i, j;

    if (!find_common(one, other, &i, &j))
        i = 0;
    while (i-- > 0)
        bytes += one->length[i];
    return bytes;
}
