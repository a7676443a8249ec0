/*
 * What the place and the suffix of a Maildir name show, and the name that shows other flags.
 *
 *     c : 2 , F S a , W=12
 *     |   |   |   |   `-- behind a comma: somebody's extension, kept as it stands
 *     |   |   |   `-- letters that are not ours, kept (Dovecot's keywords a-z, another's inventions)
 *     |   |   `-- ours, sorted
 *     |   `-- the kind; another kind ("1,") shows no flags and is never rewritten
 *     `-- cur/ or new/
 */
#include "store/base/local.h"

static const char kind[] = ":2,";
#define KIND_LENGTH (sizeof kind - 1)

/* The letters behind the last ":2,", NULL if there is none: a base may carry an older suffix inside. */
static const char *
find_letters(const char *info)
{
    const char *letters = NULL;

    for (const char *at = strstr(info, kind); at != NULL; at = strstr(at + KIND_LENGTH, kind))
        letters = at + KIND_LENGTH;
    return letters;
}

unsigned
local_info_flags(const char *info, unsigned *shown)
{
    const char *letters = find_letters(info);
    unsigned flags = 0;

    if (letters == NULL) {
        /* No suffix at all is how unseen mail stands there: it says that, and nothing about the other flags. */
        *shown = info[0] != '\0' && info[1] == '\0' ? FLAG_SEEN : 0;
        return 0;
    }
    *shown = FLAG_ALL;
    for (; *letters != '\0' && *letters != ','; letters++)
        flags |= flag_from_letter(*letters);
    return flags;
}

static void
insert_sorted(char *letters, size_t len, char letter)
{
    for (; len > 0 && (unsigned char)letters[len - 1] > (unsigned char)letter; len--)
        letters[len] = letters[len - 1];
    letters[len] = letter;
}

/* Our letters and the foreign ones of `old` (up to its comma), sorted. */
static void
merge_letters(const char *old, unsigned flags, char to[static LOCAL_INFO_MAX + 7])
{
    size_t len;

    flags_to_letters(flags, to);
    len = strlen(to);
    for (; *old != '\0' && *old != ',' && len < LOCAL_INFO_MAX + 6; old++)
        if (flag_from_letter(*old) == 0)
            insert_sorted(to, len++, *old);
    to[len] = '\0';
}

void
local_info_with(const char *info, unsigned flags, char out[static LOCAL_INFO_MAX + 1])
{
    const char *letters = find_letters(info);
    char merged[LOCAL_INFO_MAX + 7], fresh[2 * LOCAL_INFO_MAX];
    unsigned shown, now = local_info_flags(info, &shown);
    bool stays_new = info[0] == 'n' && (flags & FLAG_ALL) == 0;

    flags &= FLAG_ALL;
    /* A longer info than a name can have is cut; whoever lists names has refused it long before. */
    text_print(out, LOCAL_INFO_MAX + 1, "%s", info);
    if (flags == now || shown == 0)
        return;
    if (letters == NULL) {
        local_info_fresh(flags, out);
        return;
    }
    merge_letters(letters, flags, merged);
    /* No room for another letter: the name can't show it, and stays. */
    if (text_print(fresh, sizeof fresh, "%c%.*s%s%s", stays_new ? 'n' : 'c', (int)(letters - info - 1), info + 1,
                   merged, letters + strcspn(letters, ",")) &&
        strlen(fresh) <= LOCAL_INFO_MAX)
        text_print(out, LOCAL_INFO_MAX + 1, "%s", fresh);
}

void
local_info_fresh(unsigned flags, char out[static LOCAL_INFO_MAX + 1])
{
    char letters[7];

    flags_to_letters(flags, letters);
    text_print(out, LOCAL_INFO_MAX + 1, flags == 0 ? "n" : "c%s%s", kind, letters);
}

void
local_info_carried(const char *info, const char letters[static 26], char out[static LOCAL_INFO_MAX + 1])
{
    const char *from = find_letters(info);
    char carried[LOCAL_INFO_MAX + 1];
    size_t len = 0;

    text_print(out, LOCAL_INFO_MAX + 1, "%s", info);
    if (from == NULL)
        return;
    for (const char *at = from; *at != '\0' && *at != ',' && len < LOCAL_INFO_MAX; at++) {
        char letter = *at >= 'a' && *at <= 'z' ? letters[*at - 'a'] : *at;

        if (letter != 0)
            insert_sorted(carried, len++, letter);
    }
    carried[len] = '\0';
    text_print(out, LOCAL_INFO_MAX + 1, "%.*s%s%s", (int)(from - info), info, carried, from + strcspn(from, ","));
}
