/*
 * See uidls.h. As the programs write them:
 *
 *     getmail     UIDL NUL time\n
 *     mpop        comments, then for each list " COUNT HOST USER\n" and so many "UIDL\n"; from 1.4.23 on "UIDL TIME\n"
 *     fetchmail   USER@HOST UIDL\n; a user may hold '@' and blanks
 */
#include "store/foreign/uidls.h"

#include <strings.h>

#include "store/foreign/state.h"

static const struct {
    const char *word;
    enum uidls_kind kind;
} programs[] = {{"getmail", UIDLS_GETMAIL}, {"mpop", UIDLS_MPOP}, {"fetchmail", UIDLS_FETCHMAIL}};

enum uidls_kind
uidls_kind_of(const char *word)
{
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++) {
        if (strcmp(word, programs[i].word) == 0)
            return programs[i].kind;
    }
    return UIDLS_UNKNOWN;
}

const char *
uidls_program(enum uidls_kind kind)
{
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++) {
        if (programs[i].kind == kind)
            return programs[i].word;
    }
    return "";
}

void
uidls_free(struct uidls *lists)
{
    if (lists == NULL)
        return;
    free(lists->owners);
    free(lists->entries);
    *lists = (struct uidls){0};
}

/* ---- what all of them have ---- */

static bool
no_memory(struct error *err)
{
    error_set(err, ERROR_LOCAL, "get memory");
    return false;
}

/* The owner's index; a new one where the file has not named it before. Those of one owner stand together, most often. */
static bool
take_owner(struct uidls *lists, struct text user, struct text host, size_t *owner, struct error *err)
{
    for (size_t i = lists->owner_count; i > 0; i--) {
        if (text_same(lists->owners[i - 1].user, user) && text_same(lists->owners[i - 1].host, host)) {
            *owner = i - 1;
            return true;
        }
    }
    if (!array_grow(&lists->owners, &lists->owner_size, lists->owner_count + 1, sizeof *lists->owners))
        return no_memory(err);
    *owner = lists->owner_count;
    lists->owners[lists->owner_count++] = (struct uidls_owner){.user = user, .host = host};
    return true;
}

static bool
add_entry(struct uidls *lists, size_t owner, struct text uidl, struct error *err)
{
    for (size_t i = 0; i < uidl.len; i++) {
        if ((unsigned char)uidl.at[i] <= ' ')
            uidl.len = 0;
    }
    if (uidl.len == 0)
        return foreign_refuse(err, "entry %zu of it is no UIDL", lists->count + 1);
    if (!array_grow(&lists->entries, &lists->size, lists->count + 1, sizeof *lists->entries))
        return no_memory(err);
    lists->entries[lists->count++] = (struct uidls_entry){owner, uidl};
    lists->owners[owner].count++;
    return true;
}

static bool
take_line(struct text *from, struct text *line)
{
    const char *end = from->len != 0 ? memchr(from->at, '\n', from->len) : NULL;

    if (end == NULL)
        return false;
    *line = (struct text){from->at, (size_t)(end - from->at)};
    from->at += line->len + 1;
    from->len -= line->len + 1;
    return true;
}

/* What stands before the byte, and is taken away with it. @return false: there is no such byte */
static bool
take_until(struct text *line, char byte, struct text *token)
{
    const char *end = line->len != 0 ? memchr(line->at, byte, line->len) : NULL;

    if (end == NULL)
        return false;
    *token = (struct text){line->at, (size_t)(end - line->at)};
    line->at += token->len + 1;
    line->len -= token->len + 1;
    return true;
}

/* ---- one program each ---- */

static bool
read_getmail(struct uidls *lists, struct text line, struct error *err)
{
    struct text uidl;
    uint64_t time;
    size_t owner;

    if (!take_until(&line, '\0', &uidl) || !text_number(line, INT64_MAX, &time))
        return foreign_refuse(err, "entry %zu of it has no time", lists->count + 1);
    return take_owner(lists, (struct text){"", 0}, (struct text){"", 0}, &owner, err) &&
           add_entry(lists, owner, uidl, err);
}

static bool
read_fetchmail(struct uidls *lists, struct text line, struct error *err)
{
    struct text left = line, before, word, user, uidl;
    size_t at, owner;

    if (line.len == 0 || line.at[0] == '#') /* it skips both */
        return true;
    if (!take_until(&left, '@', &before) || !take_until(&left, ' ', &word) || word.len == 0)
        return foreign_refuse(err, "entry %zu of it is not USER@HOST UIDL", lists->count + 1);
    word = (struct text){line.at, (size_t)(left.at - line.at) - 1}; /* USER@HOST */
    for (at = word.len - 1; word.at[at] != '@';)
        at--;
    user = (struct text){word.at, at};
    word = (struct text){word.at + at + 1, word.len - at - 1};
    if (!take_until(&left, ' ', &uidl)) /* what may stand behind it means nothing */
        uidl = left;
    if (user.len == 0 || word.len == 0)
        return foreign_refuse(err, "entry %zu of it is not USER@HOST UIDL", lists->count + 1);
    return take_owner(lists, user, word, &owner, err) && add_entry(lists, owner, uidl, err);
}

/* " COUNT HOST USER"; a user may hold blanks */
static bool
begin_mpop(struct uidls *lists, struct text line, uint64_t *left, size_t *owner, struct error *err)
{
    struct text blank, count, host;

    if (!take_until(&line, ' ', &blank) || blank.len != 0 || !take_until(&line, ' ', &count) ||
        !text_number(count, SIZE_MAX / 2, left) || !take_until(&line, ' ', &host) || host.len == 0 || line.len == 0)
        return foreign_refuse(err, "a list in it has no heading");
    return take_owner(lists, line, host, owner, err);
}

static bool
read_mpop(struct uidls *lists, struct text bytes, struct error *err)
{
    struct text line, uidl;
    uint64_t left = 0;
    size_t owner = 0;

    while (bytes.len != 0 && bytes.at[0] == '#')
        if (!take_line(&bytes, &line))
            return foreign_refuse(err, "it is cut short");
    while (take_line(&bytes, &line)) {
        if (left == 0) {
            if (!begin_mpop(lists, line, &left, &owner, err))
                return false;
            continue;
        }
        if (!take_until(&line, ' ', &uidl))
            uidl = line;
        if (!add_entry(lists, owner, uidl, err))
            return false;
        left--;
    }
    return (left == 0 && bytes.len == 0) || foreign_refuse(err, "it is cut short");
}

static bool
read_lines(struct uidls *lists, struct text bytes,
           bool read_line(struct uidls *lists, struct text line, struct error *err), struct error *err)
{
    struct text line;

    while (take_line(&bytes, &line)) {
        if (!read_line(lists, line, err))
            return false;
    }
    return bytes.len == 0 || foreign_refuse(err, "it is cut short");
}

/* mpop writes its comments even where it has nothing yet. */
static bool
is_empty(struct text bytes)
{
    struct text line;

    while (take_line(&bytes, &line)) {
        if (line.len != 0 && line.at[0] != '#')
            return false;
    }
    return bytes.len == 0;
}

/* Only getmail writes NULs; only a heading of mpop's begins with a blank. */
static enum uidls_kind
tell_kind(struct text bytes)
{
    struct text left = bytes, line, before;

    if (bytes.len != 0 && memchr(bytes.at, '\0', bytes.len) != NULL)
        return UIDLS_GETMAIL;
    while (take_line(&left, &line)) {
        if (line.len == 0 || line.at[0] == '#')
            continue;
        if (line.at[0] == ' ')
            return UIDLS_MPOP;
        return take_until(&line, '@', &before) && take_until(&line, ' ', &before) ? UIDLS_FETCHMAIL : UIDLS_UNKNOWN;
    }
    return UIDLS_UNKNOWN;
}

bool
uidls_read(struct text bytes, enum uidls_kind kind, struct uidls *lists, struct error *err)
{
    struct uidls read = {.kind = kind != UIDLS_UNKNOWN ? kind : tell_kind(bytes)};
    bool ok;

    if (read.kind == UIDLS_GETMAIL)
        ok = read_lines(&read, bytes, read_getmail, err);
    else if (read.kind == UIDLS_MPOP)
        ok = read_mpop(&read, bytes, err);
    else if (read.kind == UIDLS_FETCHMAIL)
        ok = read_lines(&read, bytes, read_fetchmail, err);
    else
        ok = foreign_refuse(err, is_empty(bytes) ? "it is empty: no message is named in it"
                                                 : "it is no list of getmail's, mpop's or fetchmail's");
    if (ok)
        *lists = read;
    else
        uidls_free(&read);
    return ok;
}

void
uidls_spell(enum uidls_kind kind, const char *uidl, char *to)
{
    size_t length = strlen(uidl);

    memcpy(to, uidl, length + 1);
    for (size_t i = 0; kind == UIDLS_GETMAIL && i < length; i++) {
        if (to[i] == '/')
            to[i] = '-';
    }
}

/* ---- names of getmail's files ---- */

/* What getmail makes of a part of a name, compared with what stands there. @return what stands behind it; NULL: another part */
static const char *
skip_part(const char *name, const char *part, bool any_case)
{
    static const char run[] = "/:;<>|"; /* it keeps a backslash */

    while (*part != '\0') {
        const size_t marks = strspn(part, run);

        if (marks != 0 ? *name != '-' : any_case ? strncasecmp(name, part, 1) != 0 : *name != *part)
            return NULL;
        part += marks != 0 ? marks : 1;
        name++;
    }
    return name;
}

bool
uidls_getmail_is_of(const char *name, const char *host, const char *user)
{
    static const char prefix[] = "oldmail-";
    size_t digits;

    if (strncmp(name, prefix, sizeof prefix - 1) != 0)
        return false;
    name = skip_part(name + sizeof prefix - 1, host, true);
    if (name == NULL || *name != '-')
        return false;
    digits = strspn(++name, "0123456789");
    if (digits == 0 || name[digits] != '-')
        return false;
    name = skip_part(name + digits + 1, user, false);
    return name != NULL && *name == '\0';
}
