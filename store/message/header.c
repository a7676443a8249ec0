/* See header.h. The grammar of dates and of encoded words is libetpan's. */
#include "store/message/header.h"

#include "store/base/utf8.h"

#include <libetpan/mailimf.h>
#include <libetpan/mailmime_decode.h>
#include <string.h>
#include <strings.h>
#include <time.h>

static bool
is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/* The line that begins here, with its line end. */
static size_t
line_length(struct text from)
{
    const char *end = memchr(from.at, '\n', from.len);

    return end != NULL ? (size_t)(end - from.at) + 1 : from.len;
}

static bool
is_empty_line(struct text line)
{
    return line.len == 0 || line.at[0] == '\n' || (line.len > 1 && line.at[0] == '\r' && line.at[1] == '\n');
}

/* Length of the field's name with the blanks and the colon behind it; 0: it is another field. */
static size_t
match_name(struct text line, const char *name)
{
    size_t at = strlen(name);

    if (line.len <= at || strncasecmp(line.at, name, at) != 0)
        return 0;
    while (at < line.len && (line.at[at] == ' ' || line.at[at] == '\t'))
        at++;
    return at < line.len && line.at[at] == ':' ? at + 1 : 0;
}

bool
header_find(struct text header, const char *name, struct text *value)
{
    *value = (struct text){header.at, 0};
    while (header.len > 0) {
        size_t len = line_length(header), skip;

        if (is_empty_line(header))
            return false;
        while (len < header.len && (header.at[len] == ' ' || header.at[len] == '\t'))
            len += line_length((struct text){header.at + len, header.len - len});
        skip = match_name((struct text){header.at, len}, name);
        if (skip != 0) {
            *value = (struct text){header.at + skip, len - skip};
            return true;
        }
        header = (struct text){header.at + len, header.len - len};
    }
    return false;
}

/* Unfolded: line ends go, and blanks become one. */
static bool
unfold(struct text value, struct buffer *out)
{
    bool blank = false;
    const size_t begin = out->len;

    for (size_t i = 0; i < value.len; i++) {
        if (is_blank(value.at[i]) || value.at[i] == '\0') {
            blank = true;
            continue;
        }
        if ((blank && out->len > begin && !buffer_add(out, " ", 1)) || !buffer_add(out, &value.at[i], 1))
            return false;
        blank = false;
    }
    return true;
}

bool
header_decode(struct text value, struct buffer *out)
{
    struct buffer raw = buffer_new(value.len + 1);
    char *decoded = NULL;
    size_t at = 0;
    bool ok = unfold(value, &raw);

    if (ok && raw.len != 0 &&
        mailmime_encoded_phrase_parse(utf8_valid((struct text){raw.at, raw.len}) ? "utf-8" : "windows-1252", raw.at,
                                      raw.len, &at, "utf-8", &decoded) == MAILIMF_NO_ERROR &&
        decoded != NULL)
        ok = unfold(text_of(decoded), out);
    else if (ok)
        ok = buffer_add(out, raw.at != NULL ? raw.at : "", raw.len);
    free(decoded);
    buffer_free(&raw);
    return ok;
}

bool
header_date(struct text value, int64_t *seconds)
{
    struct mailimf_date_time *date = NULL;
    struct tm when = {0};
    size_t at = 0;
    int zone;

    if (mailimf_date_time_parse(value.at, value.len, &at, &date) != MAILIMF_NO_ERROR)
        return false;
    when = (struct tm){.tm_year = date->dt_year - 1900,
                       .tm_mon = date->dt_month - 1,
                       .tm_mday = date->dt_day,
                       .tm_hour = date->dt_hour,
                       .tm_min = date->dt_min,
                       .tm_sec = date->dt_sec};
    zone = date->dt_zone; /* +hhmm as a number */
    mailimf_date_time_free(date);
    if (when.tm_year < 0 || when.tm_year > 9999 || zone < -9999 || zone > 9999)
        return false;
    *seconds = (int64_t)timegm(&when) - ((int64_t)(zone / 100) * 3600 + (int64_t)(zone % 100) * 60);
    return true;
}
