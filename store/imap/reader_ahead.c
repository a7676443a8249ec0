/*
 * The lexer pulls, and waits in the middle of an answer if it must. Who listens for what a server may say in an hour
 * does not begin an answer before all of it is there: see reader.h.
 */
#include "store/imap/reader.h"

/*
 * "{12}", "{12+}" at the end of a line: so many bytes belong to the answer behind it, and another line. This is never less than what the lexer
 * will take for a literal; where it is more (in a text for people), the answer is told with the next one.
 */
static uint64_t
announced(struct text line)
{
    size_t at = line.len;
    uint64_t size = 0;

    if (at > 0 && line.at[at - 1] == '\r')
        at--;
    if (at == 0 || line.at[--at] != '}')
        return 0;
    size_t from = at;
    while (from > 0 && ((line.at[from - 1] >= '0' && line.at[from - 1] <= '9') || line.at[from - 1] == '+'))
        from--;
    if (from == 0 || line.at[from - 1] != '{')
        return 0;
    for (; from < at; from++)
        if (line.at[from] != '+' && size <= READER_BUFFER)
            size = size * 10 + (uint64_t)(line.at[from] - '0');
    return size;
}

/* Where the next answer begins: empty lines in front of it mean nothing. */
static size_t
skip_empty(const struct reader *reader)
{
    size_t at = reader->at;

    while (at < reader->end && (reader->bytes[at] == '\r' || reader->bytes[at] == '\n'))
        at++;
    return at;
}

bool
reader_has_answer(const struct reader *reader)
{
    const size_t from = skip_empty(reader);
    const char *at = (const char *)reader->bytes + from, *const end = (const char *)reader->bytes + reader->end;

    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (stop == NULL)
            break;
        const uint64_t literal = announced((struct text){at, (size_t)(stop - at)});
        at = stop + 1;
        if (literal == 0)
            return true;
        if (literal > (uint64_t)(end - at))
            break;
        at += literal;
    }
    return reader->end - from == READER_BUFFER;
}

unsigned char *
reader_room(struct reader *reader, size_t *size)
{
    const size_t from = skip_empty(reader);

    reader->end -= from;
    if (from > 0)
        memmove(reader->bytes, reader->bytes + from, reader->end);
    reader->at = 0;
    *size = READER_BUFFER - reader->end;
    return reader->bytes + reader->end;
}

void
reader_added(struct reader *reader, size_t len)
{
    reader->end += len;
}

struct text
reader_take_rest(struct reader *reader)
{
    const struct text rest = {(const char *)reader->bytes + reader->at, reader->end - reader->at};

    reader->at = reader->end = 0;
    return rest;
}
