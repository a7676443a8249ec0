/*
 * Letters a-z in a name are keywords of a Dovecot that serves the same tree, and mean what the folder's `dovecot-keywords` says: lines of a
 * number (0 is a) and a name. In another folder the same letter is another keyword, so it is translated by its name, or left out where
 * the other folder's file does not have that name. Where neither folder has such a file letters are what somebody means by them, the same
 * in each folder.
 */
#include "store/maildir/ops.h"

#include <errno.h>

/* One that can't be read knows no keyword: then letters are left out, and nothing wrong is shown. @return there is none */
static bool
read_letters(void *local, const char *folder, struct local_letters *letters)
{
    struct error ignored = {0};
    const bool read = letters_read(local, folder, letters, &ignored);

    if (!read)
        *letters = (struct local_letters){0};
    return read && !letters->present;
}

bool
carry_info(void *local, const struct local_file *from, const char *folder, char info[static LOCAL_INFO_MAX + 1],
           struct error *err)
{
    struct local_letters *both = malloc(2 * sizeof *both), *source = both, *target = both + 1;
    char letters[LETTERS_COUNT] = {0};

    if (both == NULL) {
        error_sys(err, ENOMEM, "read the keywords of folder \"%s\"", folder);
        return false;
    }

    const bool none_there = read_letters(local, folder, target),
               none = read_letters(local, from->folder, source) && none_there;

    for (int i = 0; i < LETTERS_COUNT; i++) {
        const int there = none ? i : letters_of_word(&target->letters, text_of(source->letters.word[i]));

        letters[i] = (char)(there < 0 ? 0 : 'a' + there);
    }
    free(both);
    local_info_carried(from->info, letters, info);
    return true;
}
