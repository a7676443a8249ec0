/* See fetch_parser.h. RFC 9051 section 7.5.2. */
#include "store/imap/fetch_parser.h"

/* Behind a ')' that was taken: does it close the list, or does it stand inside of a flag, which no flag may have? */
static bool
closes_flags(struct reader *reader, bool *closed)
{
    const int c = reader_peek(reader);

    *closed = c == ' ' || c == ')' || c == ']' || c == '\r' || c == '\n';
    return c >= 0;
}

/* The rest of a flag behind its ')'. @param closed  [out] the list ended with it */
static bool
skip_broken_flag(struct reader *reader, bool *closed)
{
    struct text rest;

    do
        if (!reader_flag(reader, &rest))
            return false;
    while (reader_peek(reader) == ')' && reader_take(reader) && closes_flags(reader, closed) && !*closed);
    return !reader->dead;
}

bool
fetch_flags(struct reader *reader, unsigned *flags, char keywords[static KEYWORDS_MAX + 1], bool *wildcard, bool *cut)
{
    unsigned bits = 0;
    bool closed = false;
    int c;

    keywords[0] = '\0';
    if (wildcard != NULL)
        *wildcard = false;
    if (cut != NULL)
        *cut = false;
    if (!reader_expect(reader, '('))
        return false;
    while (!closed && reader_blanks(reader) && (c = reader_peek(reader)) != ')') {
        struct text flag;
        if (c < 0 || !reader_flag(reader, &flag))
            return false;
        if (flag.len == 0)
            return reader_malformed(reader, "flag expected");
        if (reader_peek(reader) == ')') {
            if (!reader_take(reader) || !closes_flags(reader, &closed))
                return false;
            if (!closed) { /* what the others say stays true */
                if (!skip_broken_flag(reader, &closed))
                    return false;
                continue;
            }
        }
        unsigned bit = flag_from_imap(flag);
        bits |= bit;
        if (text_is(flag, "\\*") && wildcard != NULL)
            *wildcard = true;
        /* \Recent, \* and system flags that we do not know are not keywords. */
        if (bit == 0 && flag.at[0] != '\\' && !keywords_add(keywords, flag) && cut != NULL)
            *cut = true;
    }
    if (!closed && (reader_peek(reader) < 0 || !reader_expect(reader, ')')))
        return false;
    *flags = bits;
    return true;
}

/* Days from 1970-01-01 to a date of the Gregorian calendar. */
static int64_t
days_of(int64_t year, unsigned month, unsigned day)
{
    static const unsigned before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    int64_t y = year - 1;
    int64_t days = y * 365 + y / 4 - y / 100 + y / 400 - 719162;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days + before[month - 1] + (month > 2 && leap ? 1 : 0) + day - 1;
}

/* `len` digits at *at as a number; leaves *at behind them. */
static bool
take_digits(struct text *at, size_t len, unsigned *out)
{
    uint64_t value;

    if (at->len < len || !text_number((struct text){at->at, len}, 9999, &value))
        return false;
    *out = (unsigned)value;
    at->at += len;
    at->len -= len;
    return true;
}

static bool
take_char(struct text *at, char c)
{
    if (at->len == 0 || at->at[0] != c)
        return false;
    at->at++;
    at->len--;
    return true;
}

static bool
take_month(struct text *at, unsigned *month)
{
    static const char names[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

    for (unsigned i = 0; i < 12 && at->len >= 3; i++) {
        if (!text_is_nocase((struct text){at->at, 3}, names[i]))
            continue;
        *month = i + 1;
        at->at += 3;
        at->len -= 3;
        return true;
    }
    return false;
}

/* "+hhmm" to seconds. */
static bool
take_zone(struct text *at, int64_t *seconds)
{
    unsigned hours, minutes;
    bool minus = at->len > 0 && at->at[0] == '-';

    if (!take_char(at, minus ? '-' : '+') || !take_digits(at, 2, &hours) || !take_digits(at, 2, &minutes) ||
        minutes > 59)
        return false;
    *seconds = (int64_t)(hours * 60 + minutes) * 60 * (minus ? -1 : 1);
    return true;
}

bool
fetch_date(struct text text, int64_t *out)
{
    unsigned day, month, year, hour, minute, second;
    int64_t zone;

    while (take_char(&text, ' ')) /* a day below ten has a blank, or servers forget it */
        continue;
    if (!take_digits(&text, text.len > 1 && text.at[1] != '-' ? 2 : 1, &day) || !take_char(&text, '-') ||
        !take_month(&text, &month) || !take_char(&text, '-') || !take_digits(&text, 4, &year) ||
        !take_char(&text, ' ') || !take_digits(&text, 2, &hour) || !take_char(&text, ':') ||
        !take_digits(&text, 2, &minute) || !take_char(&text, ':') || !take_digits(&text, 2, &second) ||
        !take_char(&text, ' ') || !take_zone(&text, &zone) || text.len != 0)
        return false;
    if (year == 0 || day == 0 || day > 31 || hour > 23 || minute > 59 || second > 60)
        return false;
    *out = days_of(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - zone;
    return true;
}

static bool
read_date(struct reader *reader, struct fetched *out)
{
    struct text text;
    bool nil;

    if (!reader_string(reader, &text, &nil))
        return false;
    /* A date that is none must not stop a whole mailbox: it is the same nonsense every time, so 0 serves as well. */
    if (nil || !fetch_date(text, &out->date))
        out->date = 0;
    out->has_date = true;
    return true;
}

static bool
read_modseq(struct reader *reader, struct fetched *out)
{
    uint64_t value;
    bool known;

    if (reader_peek(reader) != '(')
        return reader_skip_value(reader);
    if (!reader_take(reader) || !reader_blanks(reader) || !reader_count(reader, INT64_MAX, &value, &known))
        return false;
    if (known)
        out->modseq = value;
    return reader_blanks(reader) && reader_expect(reader, ')');
}

static bool
read_gmail(struct reader *reader, struct fetched *out)
{
    bool known;

    if (!reader_count(reader, INT64_MAX, &out->gmail, &known))
        return false;
    out->gmail = known ? out->gmail : 0;
    return true;
}

static bool
drain_data(void *context, const void *bytes, size_t len)
{
    const struct fetch_sink *sink = context;

    return sink->data(sink->context, bytes, len);
}

/* The value of a BODY[section]: a literal of any size, a quoted string, or NIL. */
static bool
read_body(struct reader *reader, const struct fetch_sink *sink, struct text section, struct fetched *out)
{
    uint64_t size;
    struct text text;
    bool wanted = false;
    int c = reader_peek(reader);

    if (c == '{' || c == '~') {
        if (!reader_literal(reader, &size) ||
            (sink->body != NULL && !sink->body(sink->context, out->uid, section, size, &wanted)))
            return false;
        out->has_body |= wanted;
        return reader_bytes(reader, size, wanted ? drain_data : NULL, (void *)sink);
    }
    if (c != '"')
        return c >= 0 && reader_skip_value(reader); /* NIL: there is no body */
    if (!reader_quoted(reader, &text) ||
        (sink->body != NULL && !sink->body(sink->context, out->uid, section, text.len, &wanted)))
        return false;
    out->has_body |= wanted;
    return !wanted || text.len == 0 || sink->data(sink->context, text.at, text.len);
}

/*
 * The name of an attribute: up to a blank or a parenthesis, but whatever stands between brackets belongs to it, as in
 * BODY[HEADER.FIELDS ("X-Y")]<0>. What is longer than `name` is cut: then it is none that we know.
 */
static bool
read_name(struct reader *reader, char *name, size_t size)
{
    size_t len = 0;
    bool brackets = false, quotes = false;
    int c;

    while ((c = reader_peek(reader)) >= 0) {
        if (c == '\r' || c == '\n')
            break;
        if (!brackets && (c == ' ' || c == '(' || c == ')'))
            break;
        if (c == '"')
            quotes = brackets && !quotes;
        else if (c == '[' && !quotes)
            brackets = true;
        else if (c == ']' && !quotes)
            brackets = false;
        if (len + 1 < size)
            name[len] = (char)c;
        len++;
        if (len > LIMIT_LINE)
            return reader_endless(reader, "a text without an end");
        if (!reader_take(reader))
            return false;
    }
    name[len < size ? len : 0] = '\0';
    if (c >= 0 && len == 0)
        return reader_malformed(reader, "attribute expected");
    return c >= 0;
}

/* Is it BODY[section], with or without an origin behind? */
static bool
body_section(const char *name, struct text *section)
{
    const char *close = strchr(name, ']');

    if (!text_is_nocase((struct text){name, strlen(name) < 5 ? strlen(name) : 5}, "BODY[") || close == NULL)
        return false;
    if (close[1] != '\0' && close[1] != '<')
        return false;
    *section = (struct text){name + 5, (size_t)(close - name) - 5};
    return true;
}

/* Of a message without a UID that is one nothing can be said. */
static bool
read_uid(struct reader *reader, struct fetched *out)
{
    uint64_t number;
    bool known;

    if (!reader_count(reader, UINT32_MAX, &number, &known))
        return false;
    if (!known || number == 0 || (out->uid != 0 && out->uid != number))
        return reader_malformed(reader, "not a UID");
    out->uid = (uint32_t)number;
    return true;
}

static bool
read_attribute(struct reader *reader, const struct fetch_sink *sink, struct fetched *out)
{
    char name[FETCH_SECTION_MAX + 8];
    struct text section, called;
    uint64_t size;

    if (!read_name(reader, name, sizeof name) || !reader_blanks(reader))
        return false;
    called = text_of(name);
    if (text_is_nocase(called, "UID"))
        return read_uid(reader, out);
    if (text_is_nocase(called, "FLAGS")) {
        out->has_flags = true;
        return fetch_flags(reader, &out->flags, out->keywords, NULL, &out->flags_cut);
    }
    if (text_is_nocase(called, "RFC822.SIZE")) {
        if (!reader_count(reader, INT64_MAX, &size, &out->has_size))
            return false;
        out->size = out->has_size ? size : 0;
        return true;
    }
    if (text_is_nocase(called, "INTERNALDATE"))
        return read_date(reader, out);
    if (text_is_nocase(called, "MODSEQ"))
        return read_modseq(reader, out);
    if (text_is_nocase(called, "X-GM-MSGID"))
        return read_gmail(reader, out);
    if (body_section(name, &section))
        return read_body(reader, sink, section, out);
    return reader_skip_value(reader);
}

bool
fetch_read(struct reader *reader, const struct fetch_sink *sink, struct fetched *out)
{
    bool flags = false, closed = false; /* flags: they were the last that came */
    int c;

    out->has_flags = out->has_size = out->has_date = out->has_body = out->flags_cut = false;
    out->flags = 0;
    out->size = out->modseq = out->gmail = 0;
    out->date = 0;
    out->keywords[0] = '\0';
    if (!reader_expect(reader, '('))
        return false;
    while (reader_blanks(reader) && (c = reader_peek(reader)) >= 0) {
        if (closed && (c == '\r' || c == '\n'))
            return true;
        if (c != ')') {
            const bool had = out->has_flags;
            out->has_flags = false;
            if (!read_attribute(reader, sink, out))
                return false;
            flags = out->has_flags;
            out->has_flags |= had;
            continue;
        }
        if (!reader_take(reader))
            return false;
        /* Behind flags there may be one ')' too many, of a flag that ends in it. */
        closed = true;
        c = reader_peek(reader);
        if (!flags || (c != ' ' && c != ')'))
            return c >= 0;
    }
    return false;
}
