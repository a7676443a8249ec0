/*
 * Letters a-z in a name are keywords of a Dovecot that serves the same tree, and mean what the folder's `dovecot-keywords` says: lines of a
 * number (0 is a) and a name. In another folder the same letter is another keyword, so it is translated by its name, or left out where
 * the other folder's file does not have that name. Nothing is written: the files are Dovecot's.
 */
#include "store/maildir/ops.h"

#include <errno.h>
#include <fcntl.h>

#define KEYWORDS_FILE "dovecot-keywords"
#define KEYWORDS_SIZE 16384 /* bytes that are read: 26 keywords of any sane length */
#define LETTERS 26

struct keywords {
    char bytes[KEYWORDS_SIZE + 1];
    struct text name[LETTERS]; /* .at NULL: none */
};

/* "3 $Junk" */
static void
take_line(struct keywords *keywords, struct text line)
{
    size_t at = 0, number = 0;

    while (at < line.len && at < 3 && line.at[at] >= '0' && line.at[at] <= '9')
        number = number * 10 + (size_t)(line.at[at++] - '0');
    if (at == 0 || at + 1 >= line.len || line.at[at] != ' ' || number >= LETTERS)
        return;
    keywords->name[number] = (struct text){line.at + at + 1, line.len - at - 1};
}

/* One that can't be read knows no keyword: then letters are left out, and nothing wrong is shown. */
static void
read_keywords(const struct maildir *maildir, const char *folder, struct keywords *keywords)
{
    int dir = folder_walk(maildir, folder), fd = dir < 0 ? -1 : io_open(dir, KEYWORDS_FILE, O_RDONLY, 0);
    size_t len = 0;
    struct stat st;
    ssize_t got;

    memset(keywords->name, 0, sizeof keywords->name);
    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
        while (len < KEYWORDS_SIZE && (got = io_read(fd, keywords->bytes + len, KEYWORDS_SIZE - len)) > 0)
            len += (size_t)got;
    }
    for (size_t at = 0; at < len;) {
        const char *end = memchr(keywords->bytes + at, '\n', len - at);

        if (end == NULL)
            break; /* being written, or longer than we read */
        take_line(keywords, (struct text){keywords->bytes + at, (size_t)(end - keywords->bytes) - at});
        at = (size_t)(end - keywords->bytes) + 1;
    }
    (void)io_close(&fd);
    (void)io_close(&dir);
}

static bool
is_name(struct text a, struct text b)
{
    return a.at != NULL && b.at != NULL && a.len == b.len && strncasecmp(a.at, b.at, a.len) == 0;
}

bool
carry_info(void *local, const struct local_file *from, const char *folder, char info[static LOCAL_INFO_MAX + 1],
           struct error *err)
{
    struct keywords *both = malloc(2 * sizeof *both), *source = both, *target = both + 1;
    char letters[LETTERS] = {0};

    if (both == NULL) {
        error_sys(err, ENOMEM, "read the keywords of folder \"%s\"", folder);
        return false;
    }
    read_keywords(local, from->folder, source);
    read_keywords(local, folder, target);
    for (size_t i = 0; i < LETTERS; i++) {
        for (size_t k = 0; k < LETTERS && letters[i] == 0; k++) {
            if (is_name(source->name[i], target->name[k]))
                letters[i] = (char)('a' + k);
        }
    }
    free(both);
    local_info_carried(from->info, letters, info);
    return true;
}
