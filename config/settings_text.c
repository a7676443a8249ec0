/*
 * libconfuse 3.3 takes a comment inside a list for a value, and counts lines wrongly after a C comment. So comments are
 * blanked out before it sees the text. What is a comment and what a string follows libconfuse's lexer to the letter:
 *   "..."   \x escapes any character; ${...} is one piece, whatever it holds
 *   '...'   \' and \\ are escapes
 *   word    anything up to a blank, a quote or one of # = { } ( ) + , *
 *   #       to the end of the line;  // the same, where no word begins with it;  C comments
 */
#include "config/settings_text.h"

#include "config/paths.h"
#include "config/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

static const char word_ends[] = " #\"'\t\n\r={}()+,*";

static bool
refuse_shared(const char *file, struct error *err)
{
    error_state(err, ERROR_CONFIG, "%s: others may write this file", file);
    error_hint(err, "It holds commands that golub runs. Make it yours alone: chmod go-w %s", file);
    return false;
}

/* The folder that the name stands in, the one that a symbolic link leads to, and all above them. */
static bool
check_folders(const char *file, struct error *err)
{
    char *real = realpath(file, NULL), *folder = NULL;
    const char *names[] = {file, real};
    bool safe = true;

    for (size_t i = 0; i < 2 && safe && names[i] != NULL; i++) {
        safe = paths_folder_of(names[i], &folder, err) && trust_folders(folder, err);
        free(folder);
        folder = NULL;
    }
    free(real);
    return safe;
}

static bool
read_all(int fd, const char *file, char **text, struct error *err)
{
    struct buffer buffer = buffer_new(SETTINGS_TEXT_MAX + 1);
    char piece[8192];
    ssize_t got;

    while ((got = read(fd, piece, sizeof piece)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            error_sys(err, errno, "read %s", file);
            goto fail;
        }
        if (!buffer_add(&buffer, piece, (size_t)got)) {
            if (buffer.len + (size_t)got > SETTINGS_TEXT_MAX)
                error_state(err, ERROR_CONFIG, "%s: larger than %d bytes", file, SETTINGS_TEXT_MAX);
            else
                error_state(err, ERROR_CONFIG, "%s: out of memory", file);
            goto fail;
        }
    }
    if (buffer.len == 0 && !buffer_adds(&buffer, "\n")) { /* an empty buffer has no memory at all */
        error_state(err, ERROR_CONFIG, "%s: out of memory", file);
        goto fail;
    }
    if (memchr(buffer.at, '\0', buffer.len) != NULL) {
        error_state(err, ERROR_CONFIG, "%s: holds a NUL byte and is no text", file);
        goto fail;
    }
    *text = buffer.at;
    return true;
fail:
    err->kind = ERROR_CONFIG;
    buffer_free(&buffer);
    return false;
}

bool
settings_text_read(const char *file, char **text, struct error *err)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    struct stat st;
    bool done = false;

    if (fd < 0) {
        bool missing = errno == ENOENT;

        error_sys(err, errno, "read the configuration %s", file);
        err->kind = ERROR_CONFIG;
        if (missing)
            error_hint(err, "golub.conf(5) shows the four lines that it needs.");
        return false;
    }
    if (fstat(fd, &st) != 0) {
        error_sys(err, errno, "look at %s", file);
        err->kind = ERROR_CONFIG;
    } else if (!trust_is_ours(&st)) {
        (void)refuse_shared(file, err); /* false either way */
    } else {
        done = check_folders(file, err) && read_all(fd, file, text, err);
    }
    close(fd);
    return done;
}

/* Past a quoted string; `at` is behind its opening quote. An unclosed one ends with the text. */
static char *
skip_string(char *at, char quote)
{
    while (*at != '\0' && *at != quote) {
        char *brace = quote == '"' && at[0] == '$' && at[1] == '{' ? strchr(at, '}') : NULL;

        if (brace != NULL)
            at = brace;
        else if (at[0] == '\\' && at[1] != '\0')
            at++;
        at++;
    }
    return *at != '\0' ? at + 1 : at;
}

/* Where the comment that begins at `at` ends; NULL: none begins there. */
static char *
find_comment_end(char *at)
{
    size_t slashes = strspn(at, "/");
    char *end;

    if (at[0] == '/' && at[1] == '*') {
        end = strstr(at + 2, "*/");
        return end != NULL ? end + 2 : at + strlen(at);
    }
    if (at[0] != '#' && (slashes < 2 || strcspn(at, word_ends) > slashes))
        return NULL;
    return at + strcspn(at, "\n");
}

/* Past one string, one ${...}, one word, or one character of punctuation. */
static char *
skip_token(char *at)
{
    char *brace = at[0] == '$' && at[1] == '{' ? strchr(at, '}') : NULL;

    if (*at == '"' || *at == '\'')
        return skip_string(at + 1, *at);
    if (brace != NULL)
        return brace + 1;
    return strchr(word_ends, *at) != NULL ? at + 1 : at + strcspn(at, word_ends);
}

void
settings_text_blank_comments(char *text)
{
    for (char *at = text; *at != '\0';) {
        char *end = find_comment_end(at);

        if (end == NULL) {
            at = skip_token(at);
            continue;
        }
        for (; at < end; at++)
            *at = *at == '\n' ? '\n' : ' ';
    }
}

unsigned
settings_text_unclosed(char *text)
{
    enum { NESTING = 3 }; /* a list in an account is 2; what is deeper libconfuse has refused */
    unsigned lines[NESTING] = {0}, line = 1;
    size_t depth = 0;

    for (char *at = text, *end; *at != '\0'; at = end) {
        end = skip_token(at);
        if (*at == '{' && depth < NESTING)
            lines[depth++] = line;
        else if (*at == '}' && depth > 0)
            depth--;
        for (char *c = at; c < end; c++)
            line += *c == '\n';
    }
    return depth > 0 ? lines[0] : 0;
}
