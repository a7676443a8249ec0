/* See named.h. */
#include "sync/observe/named.h"

static int
compare_folder(const struct mailbox *mailbox, const struct sync_named *named)
{
    return strcmp(mailbox->row.folder, named->folder);
}

size_t
named_of(const struct run *run, const struct mailbox *mailbox, const struct sync_named **first)
{
    size_t from = 0, to = run->options->named_count, count = 0;

    while (from < to) { /* the first one that is not before this folder */
        const size_t middle = from + (to - from) / 2;

        if (compare_folder(mailbox, &run->options->named[middle]) > 0)
            from = middle + 1;
        else
            to = middle;
    }
    *first = run->options->named != NULL ? &run->options->named[from] : NULL;
    while (from + count < run->options->named_count && compare_folder(mailbox, &run->options->named[from + count]) == 0)
        count++;
    return count <= NAMED_MOST ? count : 0;
}

/*
 * Of one base: which of the names that were told, and of that which the journal knows, stands now? NULL: none, or more than one, or one that is no
 * file, of which a listing says what is wrong
 */
static const char *
find_standing(struct run *run, const struct mailbox *mailbox, const struct sync_named *named, size_t count,
              const char *known)
{
    const char *found = NULL;
    size_t standing = 0;

    for (size_t i = 0; i <= count; i++) {
        const char *info = i < count ? named[i].info : known;
        const struct local_file file = {mailbox->row.folder, named[0].base, info};
        struct local_print print;
        struct error ignored = {0};
        bool again = info == NULL, missing = false;

        for (size_t k = 0; !again && k < i && k < count; k++)
            again = strcmp(named[k].info, info) == 0;
        if (again)
            continue;
        if (!run->local.ops->look(run->local.self, &file, &print, &missing, &ignored))
            return NULL;
        if (missing)
            continue;
        found = info;
        standing++;
    }
    return standing == 1 ? found : NULL;
}

static bool
scan_base(struct run *run, const struct mailbox *mailbox, const struct sync_named *named, size_t count,
          const struct named_scanner *to, bool *whole)
{
    struct journal_message message;
    const char *found;
    bool known;

    if (!journal_message_by_base(run->journal, mailbox->row.id, named[0].base, &message, &known, &run->err))
        return false;
    found = find_standing(run, mailbox, named, count, known ? message.info : NULL);
    *whole = found == NULL;
    return *whole || to->file(to->context, named[0].base, found);
}

bool
named_scan(struct run *run, const struct mailbox *mailbox, const struct named_scanner *to, bool *whole)
{
    const struct sync_named *named;
    const size_t count = named_of(run, mailbox, &named);

    *whole = false;
    for (size_t i = 0, next; !*whole && i < count; i = next) {
        for (next = i + 1; next < count && strcmp(named[next].base, named[i].base) == 0;)
            next++;
        if (!scan_base(run, mailbox, &named[i], next - i, to, whole))
            return false;
    }
    return true;
}
