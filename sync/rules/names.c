/*
 * Mailbox names: the server's, the one for people, the folder's. Three spellings of the same list of levels:
 *
 *     server        levels joined by the server's separator, below the personal prefix     INBOX.Work/Life.2024
 *     for people    levels joined by '/', UTF-8                                            Work%2FLife/2024
 *     folder        levels escaped for the file system, in the layout's form               Work%2FLife/2024    verbatim
 *                                                                                          .Work%2FLife.2024   maildir++
 *                                                                                          Work%2FLife.2024    flat
 *
 * Inside a level, people see %XX where a byte is a '/', is not UTF-8, or where a '%' stands before two digits and would
 * be taken for such an escape. A folder's name escapes more, and always '%'. Both are read back by one decoder, and
 * what does not come out again exactly as it went in is refused: so no two names ever share a folder.
 *
 * One more spelling, "aside", is for a mailbox whose name is another's already: in its first level a character is %XX that need not be.
 */
#include "sync/rules/names.h"

#include <assert.h>

#include "store/base/utf8.h"

#define LEVEL_MAX 255 /* bytes of a file name */

/* ---- pieces ---- */

/* Names never grow past this while they are converted: each byte may become %XX. */
#define SPELLED_MAX (3 * LIMIT_MAILBOX_NAME)

struct spelled { /* a name being put together */
    char at[SPELLED_MAX + 1];
    size_t len;
    bool full;
};

static void
put(struct spelled *to, char byte)
{
    if (to->len == SPELLED_MAX)
        to->full = true;
    else
        to->at[to->len++] = byte;
    to->at[to->len] = '\0';
}

static void
put_escaped(struct spelled *to, char byte)
{
    static const char digits[] = "0123456789ABCDEF";

    put(to, '%');
    put(to, digits[(unsigned char)byte >> 4]);
    put(to, digits[(unsigned char)byte & 15]);
}

static int
digit_value(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Do two upper-case hexadecimal digits follow? */
static bool
digits_follow(struct text level, size_t at)
{
    return at + 2 < level.len && digit_value(level.at[at + 1]) >= 0 && digit_value(level.at[at + 2]) >= 0;
}

static struct text
cut(struct text from, size_t at)
{
    return (struct text){from.at + at, from.len - at};
}

/* One level of a name for people or of a folder, back to its bytes. */
static struct spelled
decode_level(struct text level)
{
    struct spelled bytes = {.len = 0};

    for (size_t i = 0; i < level.len; i++)
        if (level.at[i] == '%' && digits_follow(level, i)) {
            put(&bytes, (char)(digit_value(level.at[i + 1]) << 4 | digit_value(level.at[i + 2])));
            i += 2;
        } else {
            put(&bytes, level.at[i]);
        }
    return bytes;
}

#define NOWHERE SIZE_MAX

/* One character, or a byte that is none, at *i. */
static void
put_character(struct spelled *to, struct text level, size_t *i, bool escaped)
{
    for (size_t len = utf8_next(cut(level, *i), NULL), end = *i + (len > 0 ? len : 1); *i < end; ++*i) {
        if (escaped || len == 0)
            put_escaped(to, level.at[*i]);
        else
            put(to, level.at[*i]);
    }
}

/* @param aside  the character that is escaped though it need not be, or NOWHERE */
static void
encode_for_people(struct text level, size_t aside, struct spelled *to)
{
    for (size_t i = 0; i < level.len;)
        put_character(to, level, &i,
                      i == aside || level.at[i] == '/' || (level.at[i] == '%' && digits_follow(level, i)));
}

/* Is the folder of a mailbox one file name, whatever the number of its levels? */
static bool
is_one_level(enum layout layout)
{
    return layout != LAYOUT_VERBATIM;
}

static bool
folder_escapes(struct text level, size_t i, enum layout layout)
{
    const unsigned char byte = (unsigned char)level.at[i];

    if (byte == '%' || byte == '/' || byte < 0x20 || byte == 0x7f)
        return true;
    if (byte == '.')
        return is_one_level(layout) || i == 0 || i + 1 == level.len;
    if (byte == '~')
        return i == 0;
    if (byte == ' ')
        return i + 1 == level.len;
    return i == 0 && (text_is(level, "cur") || text_is(level, "new") || text_is(level, "tmp"));
}

static void
encode_for_folder(struct text level, enum layout layout, size_t aside, struct spelled *to)
{
    for (size_t i = 0; i < level.len;)
        put_character(to, level, &i, i == aside || folder_escapes(level, i, layout));
}

/* The first character that is escaped in no spelling, NOWHERE if there is none. */
static size_t
aside_at(struct text level)
{
    for (size_t i = 0; i < level.len; i++) {
        if (utf8_next(cut(level, i), NULL) != 0 && !folder_escapes(level, i, LAYOUT_MAILDIRPP))
            return i;
    }
    return NOWHERE;
}

/* Where in the first level of a name the character stands that is escaped to spell it aside; NOWHERE if it is not. */
static size_t
spelled_aside(struct text level)
{
    struct spelled bytes = decode_level(level), plain = {.len = 0}, aside = {.len = 0};
    struct text decoded = {bytes.at, bytes.len};
    size_t at = aside_at(decoded);

    encode_for_people(decoded, NOWHERE, &plain);
    encode_for_people(decoded, at, &aside);
    return !text_is(level, plain.at) && text_is(level, aside.at) ? at : NOWHERE;
}

/* The next level before `separator` (0: there is only one). @return false: there is none left */
static bool
next_level(struct text *rest, char separator, struct text *level)
{
    const char *end;

    if (rest->at == NULL)
        return false;
    end = separator == '\0' ? NULL : memchr(rest->at, separator, rest->len);
    *level = (struct text){rest->at, end == NULL ? rest->len : (size_t)(end - rest->at)};
    *rest = end == NULL ? (struct text){NULL, 0} : cut(*rest, level->len + 1);
    return true;
}

static bool
refuse(struct error *err, enum error_kind kind, const char *verb, struct text name, const char *why)
{
    char shown[160];

    error_escape(shown, sizeof shown, name);
    error_set(err, kind, "%s \"%s\": %s", verb, shown, why);
    return false;
}

/* NULL, or why this can't be a level of any name. */
static const char *
level_trouble(struct text level)
{
    if (level.len == 0)
        return "a level of the name is empty";
    if (text_is(level, ".") || text_is(level, ".."))
        return "a level of the name is \".\" or \"..\"";
    if (memchr(level.at, '\0', level.len) != NULL)
        return "a NUL byte is in the name";
    return NULL;
}

/* ---- server ---- */

/*
 * INBOX itself never has it, and a name that would read INBOX without it keeps it: they
 * are two mailboxes. INBOX as the prefix's first level is INBOX in any case.
 */
struct text
names_without_prefix(struct text name, char separator, const char *prefix)
{
    size_t len = strlen(prefix), inbox = len >= 6 && text_is_nocase((struct text){prefix, 5}, "INBOX") ? 5 : 0;

    if (len == 0 || name.len <= len || !text_is_nocase((struct text){name.at, inbox}, inbox > 0 ? "INBOX" : "") ||
        memcmp(name.at + inbox, prefix + inbox, len - inbox) != 0)
        return name;
    /* A prefix without its separator ("Mail") is one only at the end of a level. */
    if (separator != '\0' && prefix[len - 1] != separator) {
        if (name.at[len] != separator || name.len == len + 1)
            return name;
        len++;
    }
    return text_is_nocase(cut(name, len), "INBOX") ? name : cut(name, len);
}

bool
names_from_server(struct text utf8, char separator, const char *prefix, char name[static LIMIT_MAILBOX_NAME + 1],
                  struct error *err)
{
    struct text rest = names_without_prefix(utf8, separator, prefix), level;
    struct spelled to = {.len = 0};
    bool first = true;

    if (rest.len == 0)
        return refuse(err, ERROR_SERVER, "name mailbox", utf8, "the name is empty");
    while (next_level(&rest, separator, &level)) {
        const char *trouble = level_trouble(level);

        if (trouble != NULL)
            return refuse(err, ERROR_SERVER, "name mailbox", utf8, trouble);
        if (!first)
            put(&to, '/');
        encode_for_people(first && text_is_nocase(level, "INBOX") ? TEXT("INBOX") : level, NOWHERE, &to);
        first = false;
    }
    if (to.full || to.len > LIMIT_MAILBOX_NAME)
        return refuse(err, ERROR_SERVER, "name mailbox", utf8, "the name is too long");
    memcpy(name, to.at, to.len + 1);
    return true;
}

bool
names_to_server(const char *name, char separator, char utf8[static LIMIT_MAILBOX_NAME + 1], struct error *err)
{
    struct text rest = text_of(name), level;
    struct spelled to = {.len = 0};

    while (next_level(&rest, '/', &level)) {
        struct spelled bytes = decode_level(level);
        const char *trouble = level_trouble((struct text){bytes.at, bytes.len});

        if (trouble == NULL && to.len == 0 && spelled_aside(level) != NOWHERE)
            trouble = "it is spelled like one that is on the server already, and none there has that name";
        if (trouble == NULL && to.len > 0 && separator == '\0')
            trouble = "this server has no mailboxes below others";
        if (trouble == NULL && separator != '\0' && memchr(bytes.at, separator, bytes.len) != NULL)
            trouble = "a level holds the character that separates levels on this server";
        if (trouble != NULL)
            return refuse(err, ERROR_SERVER, "make mailbox", text_of(name), trouble);
        if (to.len > 0)
            put(&to, separator);
        for (size_t i = 0; i < bytes.len; i++)
            put(&to, bytes.at[i]);
    }
    if (to.full || to.len > LIMIT_MAILBOX_NAME)
        return refuse(err, ERROR_SERVER, "make mailbox", text_of(name), "the name is too long");
    memcpy(utf8, to.at, to.len + 1);
    return true;
}

/* ---- folder ---- */

/* @return false: not a name, or one that grows past what a file system holds */
static bool
spell_folder(struct text name, enum layout layout, struct spelled *to)
{
    const bool plusplus = layout == LAYOUT_MAILDIRPP, one = is_one_level(layout);
    struct text rest = name, level;
    bool fits = true;

    *to = (struct spelled){.len = 0};
    if (plusplus && text_is(name, "INBOX"))
        return true;
    for (bool first = true; next_level(&rest, '/', &level); first = false) {
        struct spelled bytes = decode_level(level);
        size_t start;

        if (plusplus || !first)
            put(to, one ? '.' : '/');
        start = one ? 0 : to->len; /* all of ".A.B" is one file name */
        encode_for_folder((struct text){bytes.at, bytes.len}, layout, first ? spelled_aside(level) : NOWHERE, to);
        fits = fits && !bytes.full && to->len - start <= LEVEL_MAX &&
               level_trouble((struct text){bytes.at, bytes.len}) == NULL;
    }
    return fits && !to->full && to->len <= LOCAL_FOLDER_MAX;
}

bool
names_to_folder(const char *name, enum layout layout, char folder[static LOCAL_FOLDER_MAX + 1], struct error *err)
{
    struct spelled to;

    if (!spell_folder(text_of(name), layout, &to))
        return refuse(err, ERROR_LOCAL, "name the folder of", text_of(name),
                      "empty, or longer than a file name can be");
    memcpy(folder, to.at, to.len + 1);
    return true;
}

/* Back to a name; whether it is the right one shows when it is spelled as a folder again. @param aside  is its first level? */
static bool
read_folder(struct text folder, enum layout layout, bool aside, struct spelled *name)
{
    const bool plusplus = layout == LAYOUT_MAILDIRPP;
    struct text rest = folder, level;

    *name = (struct spelled){.len = 0};
    if (plusplus) {
        if (folder.len < 2 || folder.at[0] != '.')
            return false;
        rest = cut(folder, 1);
    }
    for (bool first = true; next_level(&rest, is_one_level(layout) ? '.' : '/', &level); first = false) {
        struct spelled decoded = decode_level(level);
        struct text bytes = {decoded.at, decoded.len};

        if (decoded.full || level_trouble(bytes) != NULL)
            return false;
        if (!first)
            put(name, '/');
        if (first && text_is_nocase(bytes, "INBOX"))
            bytes = TEXT("INBOX");
        encode_for_people(bytes, first && aside ? aside_at(bytes) : NOWHERE, name);
    }
    return !name->full && name->len <= LIMIT_MAILBOX_NAME;
}

static bool
comes_back(const char *folder, enum layout layout, bool aside, struct spelled *name)
{
    struct spelled again;

    return read_folder(text_of(folder), layout, aside, name) &&
           spell_folder((struct text){name->at, name->len}, layout, &again) && strcmp(again.at, folder) == 0;
}

bool
names_from_folder(const char *folder, enum layout layout, char name[static LIMIT_MAILBOX_NAME + 1], struct error *err)
{
    struct spelled read;

    if (layout == LAYOUT_MAILDIRPP && folder[0] == '\0') {
        memcpy(name, "INBOX", sizeof "INBOX");
        return true;
    }
    if (!comes_back(folder, layout, false, &read) && !comes_back(folder, layout, true, &read)) {
        refuse(err, ERROR_LOCAL, "use folder", text_of(folder), "no mailbox has a folder of this name");
        error_hint(err, "Rename it: '%%' is written %%25, a leading '.' %%2E, a trailing blank %%20.");
        return false;
    }
    memcpy(name, read.at, read.len + 1);
    return true;
}

const char *
names_layout(enum layout layout)
{
    static const char *const words[] = {"verbatim", "maildir++", "flat"};

    return words[layout];
}

/* ---- aside ---- */

bool
names_aside(const char *whole, char name[static LIMIT_MAILBOX_NAME + 1])
{
    struct text rest = text_of(whole), level;
    struct spelled bytes, to = {.len = 0};

    if (!next_level(&rest, '/', &level) || text_is(text_of(whole), "INBOX"))
        return false;
    bytes = decode_level(level);
    encode_for_people((struct text){bytes.at, bytes.len}, aside_at((struct text){bytes.at, bytes.len}), &to);
    if (to.full || text_is(level, to.at) || to.len + rest.len + 1 > LIMIT_MAILBOX_NAME)
        return false;
    if (rest.at != NULL)
        put(&to, '/');
    for (size_t i = 0; rest.at != NULL && i < rest.len; i++)
        put(&to, rest.at[i]);
    memcpy(name, to.at, to.len + 1);
    return true;
}

bool
names_is_aside(const char *name)
{
    struct text rest = text_of(name), level;

    return next_level(&rest, '/', &level) && spelled_aside(level) != NOWHERE;
}

bool
names_from_user(const char *written, char name[static LIMIT_MAILBOX_NAME + 1])
{
    const size_t first = strcspn(written, "/");

    if (!text_copy(text_of(written), name, LIMIT_MAILBOX_NAME + 1))
        return false;
    if (text_is_nocase((struct text){written, first}, "INBOX"))
        memcpy(name, "INBOX", first);
    return true;
}

bool
names_is_one(const char *written, char name[static LIMIT_MAILBOX_NAME + 1], struct error *err)
{
    char folder[LOCAL_FOLDER_MAX + 1], again[LIMIT_MAILBOX_NAME + 1];

    if (!names_from_user(written, name) || !names_to_folder(name, LAYOUT_VERBATIM, folder, err) ||
        !names_from_folder(folder, LAYOUT_VERBATIM, again, err) || strcmp(name, again) != 0)
        return refuse(err, ERROR_CONFIG, "use the name", text_of(written), "no mailbox can be called so");
    return true;
}
