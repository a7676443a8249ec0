/*
 * The other accounts of this tree. An import's files are its own: they do not show that this account's journal is older than the tree.
 *
 * An IMAP account, and whether its server's mailbox is this maildrop: then what is removed from the one is removed from the other, and here. That shows only once mail is due, or comes back. Removals wait then until the user has decided which of the two it is to be.
 * It may be another mailbox all the same: a server was restored, or dates what it is sent by a clock of its own. So mail goes on being fetched.
 */
#include "sync/import/beside.h"
#include "sync/import/run.h"

bool
import_beside_imap(const struct import *import)
{
    return import->beside != NULL && import->beside->account != NULL;
}

/*
 * Did the IMAP account of this tree find the message on its own server, where it lay before the import delivered it? What that account sent
 * up is dated with the file's time, by our own clock, which is no earlier than the name was given. Then both accounts have one mailbox: what
 * goes from the maildrop would be removed here by IMAP.
 */
static bool
was_had(struct import *import, const char *base, bool *had)
{
    struct text date = {base, strcspn(base, ".")};
    const char *dot = strrchr(base, '.');
    uint64_t given;

    *had = false;
    if (!import_beside_imap(import) || dot == NULL || strcmp(dot, ".golub") != 0 ||
        !text_number(date, INT64_MAX, &given) || given == 0)
        return true;
    return import->beside->had(import->beside->self, base, (int64_t)given, had, &import->err);
}

bool
import_beside_imported(struct import *import, const char *base, bool *imported)
{
    *imported = false;
    return import->beside == NULL || import->beside->imported == NULL ||
           import->beside->imported(import->beside->self, base, imported, &import->err);
}

bool
import_beside_explains(struct import *import, const char *base, bool *explained)
{
    return was_had(import, base, explained) && (*explained || import_beside_imported(import, base, explained));
}

enum obstacle { OBSTACLE_NONE, OBSTACLE_CIRCLE, OBSTACLE_ONE_MAILBOX };

static bool
find_obstacle(struct import *import, const struct journal_pop *row, enum obstacle *obstacle)
{
    bool one = false;

    *obstacle = OBSTACLE_CIRCLE;
    if ((row->facts & POP_RETURNED) != 0 && import_beside_imap(import))
        return true;
    if (!was_had(import, row->base, &one))
        return false;
    *obstacle = one ? OBSTACLE_ONE_MAILBOX : OBSTACLE_NONE;
    return true;
}

/* Of the whole account: what goes from the maildrop may go from the other one, too, whichever message it is. */
static void
refuse(struct import *import, enum obstacle obstacle, const struct journal_pop *row)
{
    struct error err = {0};

    import->may_remove = false;
    if (obstacle == OBSTACLE_CIRCLE)
        error_state(
            &err, ERROR_SERVER,
            "import: what was removed from the server is there again (UIDL %s): the IMAP account %.100s sends it "
            "up to the same mailbox",
            row->uidl, import->beside->account);
    else
        error_state(&err, ERROR_SERVER,
                    "import: the mail that is due to be removed from the server (UIDL %s) is that of the IMAP account "
                    "%.100s: it would be removed here, too",
                    row->uidl, import->beside->account);
    error_hint(&err,
               "Nothing is removed; new mail is fetched. One of the two accounts is enough for one mailbox; or say "
               "keep = \"forever\". If it is another mailbox, remove that message on the server.");
    import_problem(import, &err);
}

bool
beside_allows(struct import *import, const struct journal_pop *row, bool *allowed)
{
    enum obstacle obstacle;

    if (!find_obstacle(import, row, &obstacle))
        return false;
    *allowed = obstacle == OBSTACLE_NONE;
    if (!*allowed)
        refuse(import, obstacle, row);
    return true;
}

/* Of these, those whose name stands in the list, once: what is repeated is not removed. */
static bool
ask_for_due(struct import *import, const int64_t *due, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        enum obstacle obstacle;
        struct journal_pop row;
        bool listed = false;

        if (!import_load(import, due[i], &row) || !find_obstacle(import, &row, &obstacle))
            return false;
        if (obstacle == OBSTACLE_NONE)
            continue;
        if (!journal_listing_has_once(import->journal, row.uidl, &listed, &import->err))
            return false;
        if (listed) {
            refuse(import, obstacle, &row);
            return true;
        }
    }
    return true;
}

bool
import_beside(struct import *import)
{
    const int days = import->account->import.keep_days;
    int64_t *due;
    size_t count;
    bool ok;

    if (!import_beside_imap(import) || !import->may_remove || import->identity != BY_UIDL ||
        import->options->skip_existing || days < 0)
        return true;
    if (!journal_pop_due(import->journal, days, days == 0 ? INT64_MAX : import->age.now.counted, &due, &count,
                         &import->err))
        return false;
    ok = ask_for_due(import, due, count);
    free(due);
    return ok;
}
