/* See parts.h. One pass, a byte at a time, in constant memory, as in loose.c. NUL is 0x80, as in store/base/digest.h. */
#include "store/base/parts.h"

#include <strings.h>

/* See digest.c: what is digested here is named, not guarded. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#define BOUNDARY_MAX 70 /* RFC 2046, 5.1.1 */
#define DEPTH_MAX 16
#define TYPE_MAX 1024
#define TYPE_NAME "content-type"

struct boundary {
    char text[BOUNDARY_MAX];
    size_t len;
    bool messages; /* of multipart/digest: a part that says nothing of its type is a message (RFC 2046, 5.1.5) */
};

struct parts_reader {
    SHA256_CTX all;
    unsigned char out[512]; /* not digested yet */
    size_t out_length;
    enum { FIELD_START, IN_NAME, IN_VALUE, IN_TEXT } at;
    bool top;    /* the message's own header: another digest has that */
    bool any;    /* a part had a header */
    bool part;   /* this header is that of a part, and not of a message in one */
    bool quoted; /* within the value that is being read */
    bool begun;  /* the value that is being read has more than blanks */
    bool field;  /* the block has a line that another may continue; its line end is not digested yet */
    bool closed; /* the line before was the last boundary of a multipart body */
    bool cr;     /* the last byte was one, and is not digested yet */
    char name[sizeof TYPE_NAME];
    size_t name_length;
    char type[TYPE_MAX + 1]; /* Content-Type of this block, without blanks outside of quotes */
    size_t type_length;
    bool is_type, has_type;
    char line[BOUNDARY_MAX + 4]; /* beginning of a line of text */
    size_t line_length;          /* of the whole line */
    struct boundary open[DEPTH_MAX];
    size_t depth;
};

static bool
begin_message(struct parts_reader *reader)
{
    reader->out_length = reader->depth = reader->line_length = reader->name_length = reader->type_length = 0;
    reader->at = FIELD_START;
    reader->top = true;
    reader->any = reader->part = reader->field = reader->closed = reader->cr = reader->is_type = reader->has_type =
        false;
    /* Never the digest of a body by its bytes. */
    return SHA256_Init(&reader->all) == 1 && SHA256_Update(&reader->all, "parts", sizeof "parts") == 1;
}

struct parts_reader *
parts_new(void)
{
    struct parts_reader *reader = calloc(1, sizeof *reader);

    if (reader != NULL && begin_message(reader))
        return reader;
    free(reader);
    return NULL;
}

void
parts_free(struct parts_reader *reader)
{
    free(reader);
}

static bool
flush(struct parts_reader *reader)
{
    const size_t len = reader->out_length;

    reader->out_length = 0;
    return SHA256_Update(&reader->all, reader->out, len) == 1;
}

static bool
put(struct parts_reader *reader, unsigned char byte)
{
    if (reader->top)
        return true;
    if (reader->out_length == sizeof reader->out && !flush(reader))
        return false;
    reader->out[reader->out_length++] = byte;
    return true;
}

/* ---- what a header block says of what follows it ---- */

/* The boundary that a Content-Type names. @return NULL: none that can be told */
static const char *
find_boundary(const char *type, size_t *len)
{
    bool quoted = false;

    for (const char *at = type; *at != '\0'; at++) {
        if (*at == '"')
            quoted = !quoted;
        if (quoted || strncasecmp(at, ";boundary=", 10) != 0)
            continue;
        at += 10;
        if (*at == '"') {
            *len = strcspn(at + 1, "\"\\");
            return at[1 + *len] == '"' ? at + 1 : NULL;
        }
        *len = strcspn(at, ";(");
        return at;
    }
    return NULL;
}

static void
begin_text(struct parts_reader *reader)
{
    reader->at = IN_TEXT;
    reader->top = false;
    reader->line_length = 0;
}

static void
begin_block(struct parts_reader *reader, bool part)
{
    reader->part = part;
    reader->at = FIELD_START;
    reader->field = reader->has_type = false;
    reader->type_length = 0;
    reader->any = true;
}

static bool
is_message(const struct parts_reader *reader)
{
    if (!reader->has_type)
        return reader->part && reader->depth > 0 && reader->open[reader->depth - 1].messages;
    return reader->type_length < TYPE_MAX && strncasecmp(reader->type, "message/rfc822", 14) == 0 &&
           strchr(";", reader->type[14]) != NULL;
}

/* Its empty line came. */
static void
end_block(struct parts_reader *reader)
{
    struct boundary *next = &reader->open[reader->depth];
    const char *boundary;
    size_t len = 0;

    reader->type[reader->type_length] = '\0';
    begin_text(reader);
    if (is_message(reader)) {
        begin_block(reader, false);
        return;
    }
    if (!reader->has_type || reader->type_length == TYPE_MAX)
        return;
    boundary = strncasecmp(reader->type, "multipart/", 10) == 0 ? find_boundary(reader->type, &len) : NULL;
    while (boundary != NULL && len > 0 && boundary[len - 1] == ' ')
        len--;
    if (boundary == NULL || len == 0 || len > BOUNDARY_MAX || reader->depth == DEPTH_MAX)
        return;
    memcpy(next->text, boundary, len);
    next->len = len;
    next->messages = strncasecmp(reader->type, "multipart/digest;", 17) == 0;
    reader->depth++;
}

/* ---- header blocks ---- */

static bool
add_to_value(struct parts_reader *reader, unsigned char byte)
{
    if (byte == '\n') {
        reader->at = FIELD_START;
        return true;
    }
    const bool blank = byte == ' ' || byte == '\t';

    if (blank && !reader->begun)
        return true;
    reader->begun = true;
    reader->quoted = reader->quoted != (byte == '"');
    if (reader->is_type && (!blank || reader->quoted) && reader->type_length < TYPE_MAX)
        reader->type[reader->type_length++] = (char)byte;
    return put(reader, byte);
}

static bool
add_to_name(struct parts_reader *reader, unsigned char byte)
{
    if (byte == ':') {
        reader->is_type = !reader->has_type && reader->name_length == sizeof TYPE_NAME - 1 &&
                          strncasecmp(reader->name, TYPE_NAME, sizeof TYPE_NAME - 1) == 0;
        reader->has_type = reader->has_type || reader->is_type;
        reader->at = IN_VALUE;
        reader->field = true;
        reader->begun = reader->quoted = false;
        return put(reader, byte);
    }
    if (byte > ' ' && byte < 0x7f) {
        if (reader->name_length < sizeof reader->name)
            reader->name[reader->name_length++] = (char)byte;
        return put(reader, byte);
    }
    if (reader->top) { /* its end is its empty line, whatever stands above it */
        reader->is_type = false;
        reader->at = byte == '\n' ? FIELD_START : IN_VALUE;
        return true;
    }
    /* No header line: from here on it is text, and none that a boundary could be. */
    if (!put(reader, byte))
        return false;
    begin_text(reader);
    reader->line_length = byte == '\n' ? 0 : sizeof reader->line + 1;
    return true;
}

static bool
begin_field(struct parts_reader *reader, unsigned char byte)
{
    if (reader->field && (byte == ' ' || byte == '\t')) {
        reader->at = IN_VALUE;
        return add_to_value(reader, byte);
    }
    if (reader->field && !put(reader, '\n'))
        return false;
    reader->field = false;
    if (byte == '\n') {
        if (!put(reader, byte))
            return false;
        end_block(reader);
        return true;
    }
    reader->at = IN_NAME;
    reader->name_length = 0;
    return add_to_name(reader, byte);
}

/* ---- text ---- */

/* The line that ended is a boundary, perhaps, of an outer body, too. */
static void
end_line(struct parts_reader *reader)
{
    size_t len = reader->line_length;

    reader->line_length = 0;
    while (len > 2 && len <= sizeof reader->line && (reader->line[len - 1] == ' ' || reader->line[len - 1] == '\t'))
        len--; /* RFC 2046, 5.1.1: a gateway may have put them there */
    if (len < 3 || len > sizeof reader->line || reader->line[0] != '-' || reader->line[1] != '-')
        return;
    for (size_t i = reader->depth; i-- > 0;) {
        const struct boundary *open = &reader->open[i];
        const size_t all = open->len + 2;

        if (len < all || memcmp(reader->line + 2, open->text, open->len) != 0)
            continue;
        if (len == all) {
            reader->depth = i + 1;
            begin_block(reader, true);
            return;
        }
        if (len == all + 2 && reader->line[all] == '-' && reader->line[all + 1] == '-') {
            reader->depth = i;
            reader->closed = true;
            return;
        }
    }
}

static bool
add_to_text(struct parts_reader *reader, unsigned char byte)
{
    const bool closed = reader->closed;

    reader->closed = false;
    if (closed && byte == '\n')
        return true;
    if (!put(reader, byte))
        return false;
    if (byte == '\n') {
        end_line(reader);
        return true;
    }
    if (reader->line_length < sizeof reader->line)
        reader->line[reader->line_length] = (char)byte;
    if (reader->line_length <= sizeof reader->line)
        reader->line_length++;
    return true;
}

static bool
add_byte(struct parts_reader *reader, unsigned char byte)
{
    switch (reader->at) {
    case FIELD_START:
        return begin_field(reader, byte);
    case IN_NAME:
        return add_to_name(reader, byte);
    case IN_VALUE:
        return add_to_value(reader, byte);
    case IN_TEXT:
        break;
    }
    return add_to_text(reader, byte);
}

/* Bytes of a line of text that is no boundary, up to what ends it: they are most of all mail. */
static size_t
run_length(const struct parts_reader *reader, const unsigned char *at, size_t len)
{
    const bool boundary = reader->line_length == 0 ? at[0] == '-' : reader->line[0] == '-';
    size_t i = 0;

    if (reader->at != IN_TEXT || reader->cr || (boundary && reader->line_length <= sizeof reader->line))
        return 0;
    while (i < len && i < sizeof reader->out && at[i] != '\n' && at[i] != '\r' && at[i] != '\0')
        i++;
    return i;
}

static bool
add_run(struct parts_reader *reader, const unsigned char *at, size_t len)
{
    if (len > sizeof reader->out - reader->out_length && !flush(reader))
        return false;
    memcpy(reader->out + reader->out_length, at, len);
    reader->out_length += len;
    reader->line_length = sizeof reader->line + 1;
    reader->closed = false;
    return true;
}

/* Nothing can begin a part any more, and none had a header: the digest is nobody's. */
static bool
is_plain(const struct parts_reader *reader)
{
    return reader->at == IN_TEXT && reader->depth == 0 && !reader->any;
}

bool
parts_add(struct parts_reader *reader, const void *bytes, size_t len)
{
    const unsigned char *at = bytes;

    for (size_t i = 0; i < len && !is_plain(reader); i++) {
        const size_t run = run_length(reader, at + i, len - i);
        const bool cr = reader->cr;

        if (run > 0) {
            if (!add_run(reader, at + i, run))
                return false;
            i += run - 1;
            continue;
        }

        reader->cr = false;
        if (cr && at[i] != '\n' && !add_byte(reader, '\r'))
            return false;
        if (at[i] == '\r')
            reader->cr = true;
        else if (!add_byte(reader, at[i] == '\0' ? 0x80 : at[i]))
            return false;
    }
    return true;
}

bool
parts_finish(struct parts_reader *reader, unsigned char digest[static DIGEST_SIZE], bool *any)
{
    if (reader->cr && !add_byte(reader, '\r'))
        return false;
    if (reader->at == FIELD_START && reader->field && !put(reader, '\n'))
        return false;
    *any = reader->any;
    return flush(reader) && SHA256_Final(digest, &reader->all) == 1 && begin_message(reader);
}
