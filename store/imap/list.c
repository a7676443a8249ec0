/* See list.h. */
#include "store/imap/list.h"

#include "store/imap/objectid.h"

static unsigned
attribute_of(struct text word)
{
    static const struct {
        const char *name;
        unsigned bit;
    } known[] = {
        {"\\Noselect", REMOTE_NOSELECT},
        {"\\NonExistent", REMOTE_NOSELECT},
        {"\\Noinferiors", REMOTE_NOINFERIORS},
        {"\\Subscribed", REMOTE_SUBSCRIBED},
        {"\\All", REMOTE_ALL},
        {"\\AllMail", REMOTE_ALL},
        {"\\Archive", REMOTE_ARCHIVE},
        {"\\Drafts", REMOTE_DRAFTS},
        {"\\Flagged", REMOTE_FLAGGED},
        {"\\Junk", REMOTE_JUNK},
        {"\\Spam", REMOTE_JUNK},
        {"\\Sent", REMOTE_SENT},
        {"\\Trash", REMOTE_TRASH},
        {"\\Important", REMOTE_IMPORTANT},
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (text_is_nocase(word, known[i].name))
            return known[i].bit;
    return 0;
}

/* May be missing: a mailbox is more than what is said of it. */
static bool
read_attributes(struct reader *reader, unsigned *out)
{
    unsigned bits = 0;
    int c;

    *out = 0;
    if (reader_peek(reader) != '(')
        return !reader->dead;
    if (!reader_take(reader))
        return false;
    while (reader_blanks(reader) && (c = reader_peek(reader)) != ')') {
        struct text word;
        if (c < 0 || !reader_flag(reader, &word))
            return false;
        if (word.len == 0)
            return reader_malformed(reader, "attribute expected");
        bits |= attribute_of(word);
    }
    if (reader_peek(reader) < 0 || !reader_expect(reader, ')'))
        return false;
    *out = bits;
    return true;
}

/* A separator: one character in quotes, or NIL. Of several, which no name could have, the first. */
static bool
read_separator(struct reader *reader, char *out)
{
    struct text text;
    bool nil;

    if (!reader_string(reader, &text, &nil))
        return false;
    *out = nil || text.len == 0 ? '\0' : text.at[0];
    return true;
}

static bool
add_to_name(struct reader *reader, struct buffer *name, struct text part)
{
    if (name->len + part.len > LIMIT_LITERAL_KEPT)
        return reader_endless(reader, "a name without an end");
    if (buffer_add(name, part.at, part.len))
        return true;
    error_set(reader->err, ERROR_LOCAL, "keep a mailbox name: out of memory");
    return false;
}

/* @param bare  [out] a word: it may go on behind a blank, for there are servers that quote no name */
static bool
read_name(struct reader *reader, struct buffer *name, bool *bare)
{
    const int c = reader_peek(reader);
    struct text text;
    bool nil;

    if (!reader_string(reader, &text, &nil))
        return false;
    if (nil)
        return reader_malformed(reader, "a name expected");
    *bare = c != '"' && !reader->unsafe;
    buffer_clear(name);
    return add_to_name(reader, name, text);
}

/* Is it extended data (RFC 5258): "(TAG (...))"? A name may well be "Letters (old)". */
static bool
is_extended_data(struct text text)
{
    return text.len >= 2 && text.at[0] == '(' && text.at[text.len - 1] == ')' &&
           (text.len == 2 || memchr(text.at + 1, '(', text.len - 1) != NULL);
}

/* What stands behind the first word of a name that is not quoted (GNU mailutils, Twisted, Lotus Notes): more of it. */
static bool
read_rest_of_name(struct reader *reader, struct buffer *name)
{
    struct text rest;
    size_t at = 0;

    if (!reader_rest(reader, &rest))
        return false;
    while (rest.len > 0 && rest.at[rest.len - 1] == ' ')
        rest.len--;
    while (at < rest.len) { /* extended data begin behind a blank */
        const char *blank = memchr(rest.at + at, ' ', rest.len - at);
        at = blank != NULL ? (size_t)(blank - rest.at) : rest.len;
        size_t end = at;
        while (at < rest.len && rest.at[at] == ' ')
            at++;
        if (at < rest.len && is_extended_data((struct text){rest.at + at, rest.len - at})) {
            rest.len = end;
            break;
        }
    }
    return rest.len == 0 || add_to_name(reader, name, rest);
}

/* Whatever else stands in the answer, whole values. */
static bool
skip_rest(struct reader *reader)
{
    int c;

    while (reader_blanks(reader) && (c = reader_peek(reader)) != '\r' && c != '\n')
        if (c < 0 || !reader_skip_value(reader))
            return false;
    return reader_end(reader);
}

bool
list_read(struct reader *reader, struct buffer *name, struct list_answer *out)
{
    bool bare;

    if (!read_attributes(reader, &out->attributes) || !reader_blanks(reader) ||
        !read_separator(reader, &out->separator) || !reader_blanks(reader) || !read_name(reader, name, &bare) ||
        !(bare ? read_rest_of_name(reader, name) : skip_rest(reader)))
        return false;
    out->name = (struct text){name->at, name->len};
    return true;
}

static bool
read_status_item(struct reader *reader, struct status_answer *out)
{
    struct text word;
    uint64_t number = 0;
    bool known;
    enum { MESSAGES, UIDNEXT, UIDVALIDITY, MODSEQ, SIZE, OBJECTID, GUID, OTHER } item = OTHER;

    if (!reader_word(reader, 0, &word))
        return false;
    if (word.len == 0)
        return reader_malformed(reader, "status item expected");
    if (text_is_nocase(word, "MESSAGES"))
        item = MESSAGES;
    else if (text_is_nocase(word, "UIDNEXT"))
        item = UIDNEXT;
    else if (text_is_nocase(word, "UIDVALIDITY"))
        item = UIDVALIDITY;
    else if (text_is_nocase(word, "HIGHESTMODSEQ"))
        item = MODSEQ;
    else if (text_is_nocase(word, "SIZE"))
        item = SIZE;
    else if (text_is_nocase(word, "MAILBOXID"))
        item = OBJECTID;
    else if (text_is_nocase(word, "X-GUID"))
        item = GUID;
    if (!reader_blanks(reader))
        return false;
    if (item == OBJECTID || item == GUID)
        return objectid_read(reader, item == GUID ? 'G' : 'M', out->objectid);
    if (item == OTHER)
        return reader_skip_value(reader);
    if (!reader_count(reader, item == MODSEQ || item == SIZE ? INT64_MAX : UINT32_MAX, &number, &known))
        return false;
    if (!known)
        return true;
    switch (item) {
    case SIZE:
        out->has_size = true;
        out->size = number;
        break;
    case MESSAGES:
        out->has_messages = true;
        out->messages = (uint32_t)number;
        break;
    case UIDNEXT:
        out->has_uidnext = number != 0;
        out->uidnext = (uint32_t)number;
        break;
    case UIDVALIDITY:
        out->has_uidvalidity = number != 0;
        out->uidvalidity = (uint32_t)number;
        break;
    default:
        out->has_modseq = true;
        out->modseq = number;
        break;
    }
    return true;
}

/* More words of a name that is not quoted, up to the list of counts. */
static bool
read_words_of_name(struct reader *reader, struct buffer *name)
{
    struct text word;
    int c;

    for (;;) {
        size_t blanks = 0;
        while ((c = reader_peek(reader)) == ' ') {
            if (!reader_take(reader))
                return false;
            blanks++;
        }
        if (c < 0)
            return false;
        if (c == '(' || c == ')' || c == '\r' || c == '\n')
            return true;
        while (blanks-- > 0)
            if (!add_to_name(reader, name, TEXT(" ")))
                return false;
        if (!reader_word(reader, 0, &word) || !add_to_name(reader, name, word))
            return false;
    }
}

bool
list_read_status(struct reader *reader, struct buffer *name, struct status_answer *out)
{
    bool bare;
    int c;

    *out = (struct status_answer){0};
    if (!read_name(reader, name, &bare))
        return false;
    if (bare && !read_words_of_name(reader, name))
        return false;
    if (!reader_blanks(reader) || !reader_expect(reader, '('))
        return false;
    while (reader_blanks(reader) && (c = reader_peek(reader)) != ')')
        if (c < 0 || !read_status_item(reader, out))
            return false;
    return reader_peek(reader) >= 0 && reader_expect(reader, ')') && reader_end(reader);
}

static bool
add_namespace(struct namespaces *out, unsigned kind, struct text prefix, char separator)
{
    char kept[NAMESPACE_PREFIX_MAX];

    if (!text_copy(prefix, kept, sizeof kept))
        return true; /* a prefix that long is none that anybody has */
    if (kind == 0) {
        if (!out->known) {
            memcpy(out->personal, kept, sizeof kept);
            out->separator = separator;
            out->known = true;
        }
    } else if (out->others < NAMESPACE_MAX) {
        memcpy(out->other[out->others++], kept, sizeof kept);
    }
    return true;
}

/* ("prefix" "separator" extensions...) */
static bool
read_namespace(struct reader *reader, struct namespaces *out, unsigned kind)
{
    char kept[NAMESPACE_PREFIX_MAX * 4];
    struct text prefix;
    char separator = '\0';
    int c;

    if (!reader_expect(reader, '(') || !reader_blanks(reader) || !reader_string(reader, &prefix, NULL))
        return false;
    bool fits = text_copy(prefix, kept, sizeof kept);
    if (!reader_blanks(reader) || !read_separator(reader, &separator))
        return false;
    while (reader_blanks(reader) && (c = reader_peek(reader)) != ')')
        if (c < 0 || !reader_skip_value(reader))
            return false;
    if (!reader_expect(reader, ')'))
        return false;
    return !fits || add_namespace(out, kind, text_of(kept), separator);
}

bool
list_read_namespaces(struct reader *reader, struct namespaces *out)
{
    *out = (struct namespaces){0};
    for (unsigned kind = 0; kind < 3; kind++) { /* personal, other users', shared */
        if (!reader_blanks(reader))
            return false;
        int c = reader_peek(reader);
        if (c == '\r' || c == '\n')
            break;
        if (c != '(') { /* NIL */
            if (c < 0 || !reader_skip_value(reader))
                return false;
            continue;
        }
        if (!reader_take(reader))
            return false;
        while (reader_blanks(reader) && (c = reader_peek(reader)) != ')')
            if (c < 0 || !read_namespace(reader, out, kind))
                return false;
        if (!reader_expect(reader, ')'))
            return false;
    }
    return skip_rest(reader);
}

bool
list_read_id(struct reader *reader, char *out, size_t size)
{
    char name[128] = "", version[128] = "", key[32];
    int c = reader_peek(reader);

    out[0] = '\0';
    if (c != '(')
        return c >= 0 && skip_rest(reader);
    if (!reader_take(reader))
        return false;
    while (reader_blanks(reader) && (c = reader_peek(reader)) != ')') {
        struct text text;
        bool nil;
        if (c < 0 || !reader_string(reader, &text, NULL))
            return false;
        bool short_key = text_copy(text, key, sizeof key);
        if (!reader_blanks(reader) || !reader_string(reader, &text, &nil))
            return false;
        if (short_key && !nil && text_is_nocase(text_of(key), "name"))
            error_escape(name, sizeof name, text);
        else if (short_key && !nil && text_is_nocase(text_of(key), "version"))
            error_escape(version, sizeof version, text);
    }
    if (!reader_expect(reader, ')'))
        return false;
    (void)text_print(out, size, "%s%s%s", name, name[0] && version[0] ? " " : "", version);
    return skip_rest(reader);
}
