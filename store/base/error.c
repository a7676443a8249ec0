/*
 * Errors as values of fixed size. Everything that enters one is made printable here, once: names of files and words of
 * servers are written by strangers and end up on a terminal.
 */
#include "store/base/error.h"

#include <errno.h>
#include <stdarg.h>

#include "store/base/utf8.h"

#define FORMATTED_MAX 2048 /* bytes of a formatted text before it is escaped and cut to its field */

size_t
error_printable(const unsigned char *at, size_t len)
{
    uint32_t code;
    size_t whole = utf8_next((struct text){(const char *)at, len}, &code);

    if (whole == 0 || code < 0x20 || (code >= 0x7f && code < 0xa0))
        return 0;
    /* Marks that turn the direction of what follows can make a line say something else than it holds. */
    if (code == 0x061c || code == 0x200e || code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
        (code >= 0x2066 && code <= 0x2069))
        return 0;
    return whole;
}

void
error_escape(char *to, size_t size, struct text from)
{
    static const char hex[] = "0123456789ABCDEF";
    size_t used = 0, cut = 0; /* cut: where "..." still fits */

    if (size == 0)
        return;
    for (size_t i = 0; i < from.len;) {
        const unsigned char *at = (const unsigned char *)from.at + i;
        size_t whole = error_printable(at, from.len - i);
        char piece[4] = {'\\', 'x', hex[*at >> 4], hex[*at & 15]};
        size_t len = whole > 0 ? whole : sizeof piece;

        if (used + 4 <= size)
            cut = used;
        if (used + len + 1 > size) {
            text_print(to + cut, size - cut, "...");
            return;
        }
        memcpy(to + used, whole > 0 ? (const char *)at : piece, len);
        used += len;
        i += whole > 0 ? whole : 1;
    }
    to[used] = '\0';
}

static const struct {
    enum error_kind kind;
    const char *word;
} kinds[] = {
    {ERROR_CONFIG, "config"}, {ERROR_LOGIN, "login"},   {ERROR_NETWORK, "network"},         {ERROR_SERVER, "server"},
    {ERROR_LOCAL, "local"},   {ERROR_LOCKED, "locked"}, {ERROR_INTERRUPTED, "interrupted"},
};

const char *
error_kind_word(enum error_kind kind)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i].kind == kind)
            return kinds[i].word;
    return "";
}

enum error_kind
error_kind_of(const char *word)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].word, word) == 0)
            return kinds[i].kind;
    return ERROR_NONE;
}

static void
print_escaped(char *to, size_t size, const char *format, va_list args)
{
    char text[FORMATTED_MAX];
    int len = vsnprintf(text, sizeof text, format, args);

    /* A longer text is cut: every field is shorter than this array, so error_escape marks the cut. */
    error_escape(to, size, len >= 0 ? text_of(text) : text_of(format));
}

static void
fill_in(struct error *err, enum error_kind kind, bool stated, const char *format, va_list args)
{
    err->kind = kind;
    err->number = 0;
    err->stated = stated;
    err->answer[0] = '\0';
    err->hint[0] = '\0';
    err->not_password = false;
    err->code = NULL;
    print_escaped(err->what, sizeof err->what, format, args);
}

void
error_set(struct error *err, enum error_kind kind, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fill_in(err, kind, false, format, args);
    va_end(args);
}

void
error_state(struct error *err, enum error_kind kind, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fill_in(err, kind, true, format, args);
    va_end(args);
}

void
error_sys(struct error *err, int number, const char *format, ...)
{
    char words[128];
    va_list args;

    va_start(args, format);
    fill_in(err, ERROR_LOCAL, false, format, args);
    va_end(args);
    err->number = number;
    error_escape(err->answer, sizeof err->answer, text_of(strerror_r(number, words, sizeof words)));
    if (error_no_descriptor(err))
        error_hint(err, "Let golub open more files (ulimit -Hn), or name fewer accounts at once; nothing is lost.");
}

bool
error_no_descriptor(const struct error *err)
{
    return err->number == EMFILE || err->number == ENFILE;
}

bool
error_no_rights(const struct error *err)
{
    return err->number == EACCES || err->number == EPERM || err->number == EROFS;
}

bool
error_no_folder(const struct error *err)
{
    return err->number == ENOENT || err->number == ENOTDIR;
}

void
error_answer(struct error *err, struct text said)
{
    error_escape(err->answer, sizeof err->answer, said);
}

void
error_hint(struct error *err, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    print_escaped(err->hint, sizeof err->hint, format, args);
    va_end(args);
}

int
error_status(enum error_kind kind)
{
    switch (kind) {
    case ERROR_CONFIG:
        return 2;
    case ERROR_LOGIN:
        return 4;
    case ERROR_NETWORK:
        return 5;
    case ERROR_LOCKED:
        return 6;
    case ERROR_NONE:
    case ERROR_SERVER:
    case ERROR_LOCAL:
    case ERROR_INTERRUPTED:
        break;
    }
    return 1;
}

void
error_line(const struct error *err, char *to, size_t size)
{
    char line[sizeof *err + 16];
    const char *end = err->answer[0] != '\0' ? err->answer : err->what;
    size_t len = strlen(end);
    bool stopped = len > 0 && strchr(".!?", end[len - 1]) != NULL;
    bool named = err->account[0] != '\0' || err->mailbox[0] != '\0';

    text_print(line, sizeof line, "%s%s%s%s%s%s%s%s%s%s", err->account,
               err->account[0] != '\0' && err->mailbox[0] != '\0' ? "/" : "", err->mailbox, named ? ": " : "",
               err->what[0] == '\0' || err->stated ? "" : "can't ", err->what,
               err->what[0] != '\0' && err->answer[0] != '\0' ? ": " : "", err->answer,
               err->hint[0] == '\0' || len == 0 ? "" : (stopped ? " " : ". "), err->hint);
    /* The engine copies account and mailbox as they are; a name may hold anything. */
    error_escape(to, size, text_of(line));
}
