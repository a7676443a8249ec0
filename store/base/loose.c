/* See loose.h. One pass, a byte at a time, in constant memory, as in kin.c. NUL is 0x80, as in store/base/digest.h. */
#include "store/base/loose.h"

#include <strings.h>

/* See digest.c: what is digested here is named, not guarded. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include "store/base/kin.h"

#define NAME_MAX_LENGTH 80 /* longer than every name that is looked for */

/* What only fetching programs say in a Received line, without its blanks. No byte of it but the first is like the first. */
static const char fetched[] = "withPOP3";

struct loose_reader {
    SHA256_CTX all, line; /* line: of the Received line that is being read */
    enum { AT_START, IN_NAME, IN_LINE, AT_END } at;
    enum { LINE_COUNTS, LINE_ADDED, LINE_RECEIVED } kind; /* once its name is known */
    bool any;                                             /* there was a line */
    char name[NAME_MAX_LENGTH];
    size_t name_length;
    size_t matched; /* bytes of `fetched` that end here */
    bool is_fetched, has_received;
    unsigned char received[DIGEST_SIZE]; /* of the last one */
};

static bool
begin_message(struct loose_reader *reader)
{
    reader->at = AT_START;
    reader->any = reader->has_received = false;
    return SHA256_Init(&reader->all) == 1;
}

struct loose_reader *
loose_new(void)
{
    struct loose_reader *reader = calloc(1, sizeof *reader);

    if (reader != NULL && begin_message(reader))
        return reader;
    free(reader);
    return NULL;
}

void
loose_free(struct loose_reader *reader)
{
    free(reader);
}

static void
look_for_fetched(struct loose_reader *reader, unsigned char byte)
{
    if (reader->is_fetched)
        return;
    if (byte != (unsigned char)fetched[reader->matched])
        reader->matched = 0;
    if (byte == (unsigned char)fetched[reader->matched])
        reader->matched++;
    reader->is_fetched = reader->matched == sizeof fetched - 1;
}

/* One byte of a line whose kind is known. */
static bool
add_known(struct loose_reader *reader, unsigned char byte)
{
    if (reader->kind == LINE_ADDED || byte == ' ' || byte == '\t' || byte == '\n')
        return true;
    if (reader->kind == LINE_COUNTS)
        return SHA256_Update(&reader->all, &byte, 1) == 1;
    look_for_fetched(reader, byte);
    return SHA256_Update(&reader->line, &byte, 1) == 1;
}

/* Its name is known, or is none. */
static bool
begin_line(struct loose_reader *reader, bool named)
{
    size_t len = reader->name_length;

    while (len > 0 && (reader->name[len - 1] == ' ' || reader->name[len - 1] == '\t'))
        len--;
    reader->kind = LINE_COUNTS;
    if (named && kin_is_added(reader->name, len))
        reader->kind = LINE_ADDED;
    else if (named && len == 8 && strncasecmp(reader->name, "Received", len) == 0)
        reader->kind = LINE_RECEIVED;
    reader->at = IN_LINE;
    reader->any = true;
    reader->matched = 0;
    reader->is_fetched = false;
    if (SHA256_Init(&reader->line) != 1)
        return false;
    for (size_t i = 0; reader->kind == LINE_COUNTS && i < len; i++)
        if (!add_known(reader, (unsigned char)reader->name[i]))
            return false;
    return true;
}

/* The next line is no continuation of it. */
static bool
end_line(struct loose_reader *reader)
{
    if (!reader->any)
        return true;
    reader->any = false;
    if (reader->kind == LINE_COUNTS)
        return SHA256_Update(&reader->all, "\n", 1) == 1;
    if (reader->kind == LINE_ADDED || reader->is_fetched)
        return true;
    reader->has_received = true;
    return SHA256_Final(reader->received, &reader->line) == 1;
}

static bool
add_to_name(struct loose_reader *reader, unsigned char byte)
{
    if (byte != ':' && byte != '\n' && reader->name_length < sizeof reader->name) {
        reader->name[reader->name_length++] = (char)byte;
        return true;
    }
    return begin_line(reader, byte == ':') && add_known(reader, byte);
}

static bool
add_byte(struct loose_reader *reader, unsigned char byte)
{
    bool ok = true;

    if (reader->at == AT_START && byte == '\n') {
        reader->at = AT_END;
        return end_line(reader);
    }
    if (reader->at == AT_START && (byte == ' ' || byte == '\t') && reader->any) {
        reader->at = IN_LINE;
    } else if (reader->at == AT_START) {
        ok = end_line(reader);
        reader->at = IN_NAME;
        reader->name_length = 0;
    }
    ok = ok && (reader->at == IN_NAME ? add_to_name(reader, byte) : add_known(reader, byte));
    if (byte == '\n')
        reader->at = AT_START;
    return ok;
}

bool
loose_add(struct loose_reader *reader, const void *bytes, size_t len)
{
    const unsigned char *at = bytes;

    for (size_t i = 0; i < len && reader->at != AT_END; i++) {
        if (at[i] != '\r' && !add_byte(reader, at[i] == '\0' ? 0x80 : at[i]))
            return false;
    }
    return true;
}

bool
loose_finish(struct loose_reader *reader, unsigned char digest[static DIGEST_SIZE])
{
    if ((reader->at == IN_NAME || reader->at == IN_LINE) && !add_byte(reader, '\n'))
        return false;
    if (reader->at != AT_END && !end_line(reader))
        return false;
    if (reader->has_received && SHA256_Update(&reader->all, reader->received, DIGEST_SIZE) != 1)
        return false;
    return SHA256_Final(digest, &reader->all) == 1 && begin_message(reader);
}
