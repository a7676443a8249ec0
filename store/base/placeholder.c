/* mbsync's placeholders: placeholder.h. */
#include "store/base/placeholder.h"

#include <strings.h>

#define SIZE_SAYS "Having a size of "
#define LIMIT_SAYS "this message is over the MaxSize limit."
#define FLAG_SAYS "Flag it and sync again "
#define MARK "[placeholder] "

static bool
begins(struct text line, const char *with)
{
    return line.len >= strlen(with) && memcmp(line.at, with, strlen(with)) == 0;
}

/* "Subject: [placeholder] ..."; where the text begins on the next line there is no blank. */
static bool
is_subject(struct text line)
{
    size_t skip = 8;

    if (line.len < skip || strncasecmp(line.at, "Subject:", skip) != 0)
        return false;
    while (skip < line.len && (line.at[skip] == ' ' || line.at[skip] == '\t'))
        skip++;
    return begins((struct text){line.at + skip, line.len - skip}, MARK);
}

static void
end_line(struct placeholder *placeholder)
{
    struct text line = {placeholder->line, placeholder->len};

    if (line.len > 0 && line.at[line.len - 1] == '\r')
        line.len--;
    placeholder->len = 0;
    switch (placeholder->at) {
    case PLACEHOLDER_HEADER:
        placeholder->subject = placeholder->subject || is_subject(line);
        if (line.len == 0)
            placeholder->at = placeholder->subject ? PLACEHOLDER_SIZE : PLACEHOLDER_NOT;
        break;
    case PLACEHOLDER_SIZE:
        placeholder->at =
            begins(line, SIZE_SAYS) && text_has_nocase(line, LIMIT_SAYS) ? PLACEHOLDER_FLAG : PLACEHOLDER_NOT;
        break;
    case PLACEHOLDER_FLAG:
        placeholder->at = begins(line, FLAG_SAYS) ? PLACEHOLDER_END : PLACEHOLDER_NOT;
        break;
    default:
        if (line.len != 0)
            placeholder->at = PLACEHOLDER_NOT;
        break;
    }
}

void
placeholder_add(struct placeholder *placeholder, const char *bytes, size_t len)
{
    while (len > 0 && placeholder->at != PLACEHOLDER_NOT) {
        const char *end = memchr(bytes, '\n', len);
        const size_t some = end != NULL ? (size_t)(end - bytes) : len, room = PLACEHOLDER_LINE - placeholder->len;

        memcpy(placeholder->line + placeholder->len, bytes, some < room ? some : room);
        placeholder->len += some < room ? some : room;
        if (end == NULL)
            return;
        end_line(placeholder);
        bytes += some + 1;
        len -= some + 1;
    }
}

bool
placeholder_is(const struct placeholder *placeholder)
{
    struct placeholder last = *placeholder;

    if (last.len > 0) /* no line end behind the last line */
        end_line(&last);
    return last.at == PLACEHOLDER_END;
}
