/*
 * May this run touch anything? Journal, server, root and the configuration must fit together; where they don't the user has to say what
 * is meant. A POP account neither writes nor reads the mark in the root: the tree may be an IMAP account's.
 */
#include "sync/base/tree_map.h"
#include "sync/import/phases.h"
#include "sync/import/run.h"
#include "sync/rules/names_map.h"

bool
import_forbid(struct import *import, const char *what, const char *hint)
{
    error_state(&import->err, ERROR_CONFIG, "%s", what);
    error_hint(&import->err, "%s", hint);
    return false;
}

#define ANEW                                                                                                           \
    "move the state folder away: then what is on the server is compared with the mail here, and what is here already " \
    "is "                                                                                                              \
    "not fetched again, or with --skip-existing only what comes later is fetched."

/* *known: the journal has a value, and it is this one. */
static bool
check_known(struct import *import, const char *key, const char *now, bool *known)
{
    char *before, text[200];
    bool same;

    if (!journal_get(import->journal, key, &before, &import->err))
        return false;
    *known = before != NULL;
    same = before == NULL || strcmp(before, now) == 0;
    if (!same)
        (void)text_print(text, sizeof text, "import: its %s is not what it was, %s",
                         strcmp(key, "root") == 0 ? "maildir" : key, before);
    free(before);
    return same || import_forbid(import, text, "Put the old value back; or " ANEW);
}

/* Another name is another maildrop until its mail proves that it is not: import/same.c. */
static bool
check_server(struct import *import, bool *known)
{
    char *before;

    if (!(account_server(import->account, import->server) || import_no_memory(import)) ||
        !journal_get(import->journal, "server", &before, &import->err))
        return false;
    *known = before != NULL;
    import->other_server = before != NULL && strcmp(before, import->server) != 0;
    free(before);
    return true;
}

/* Its mail is here, and its journal has no UIDL of it: all would come once more, beside what is there. */
static bool
check_kind(struct import *import)
{
    struct journal_mailbox *list;
    size_t count;

    if (!journal_mailboxes(import->journal, &list, &count, &import->err))
        return false;
    journal_mailboxes_free(list, count);
    if (count == 0)
        return true;
    return import_forbid(import, "import: this account was synchronised by IMAP before",
                         "Give the POP account a name of its own, or put the IMAP server back; or " ANEW);
}

static bool
open_root(struct import *import, bool known)
{
    enum local_root root;

    if (!known && !import->local.ops->holds_names(import->local.self, !import->dry, &import->err))
        return false;
    if (!import->local.ops->open(import->local.self, !known && !import->dry, &root, &import->err))
        return false;
    if (root == ROOT_PARENT_MISSING && !known)
        return import_forbid(import, "the folder that the Maildir should stand in does not exist",
                             "Make that folder, or correct `maildir`.");
    /* A file system that is not mounted looks like this; mail delivered below its mount point would be hidden later. */
    if (known && root != ROOT_PRESENT)
        return import_forbid(import, "the Maildir of a known account is missing or empty: nothing was touched",
                             "Mount or move it back; to begin anew in an empty one, move the state folder away.");
    import->no_root = root == ROOT_MISSING;
    return true;
}

/* INBOX as a folder of its own inside a tree whose root is INBOX: nobody reads mail there. */
static bool
check_shape(struct import *import)
{
    struct local_stamp stamp;
    bool missing, no_root;

    if (import->account->policy.layout != LAYOUT_VERBATIM || import->account->policy.layout_named || import->no_root)
        return true;
    if (!import->local.ops->stamp(import->local.self, "", &stamp, &no_root, &import->err) ||
        !import->local.ops->stamp(import->local.self, import->folder, &stamp, &missing, &import->err))
        return false;
    return no_root || !missing ||
           import_forbid(
               import,
               "import: the Maildir is one of layout \"maildir++\": its root is INBOX itself, and mail would go "
               "into a folder of another layout",
               "Write layout = \"maildir++\", or layout = \"verbatim\" if this is meant.");
}

static bool
remember(struct import *import, const char *layout)
{
    if (!journal_begin(import->journal, &import->err))
        return false;
    return import_end(import,
                      (import->other_server || journal_set(import->journal, "server", import->server, &import->err)) &&
                          (import->handover != NULL ||
                           (journal_set(import->journal, "root", import->account->maildir, &import->err) &&
                            journal_set(import->journal, "layout", layout, &import->err))));
}

/* How long things have been here, and whether an import of this journal ever ended well. */
static bool
begin_time(struct import *import)
{
    char *met, *wide, *later;

    if (!age_begin(import->journal, journal_pop_newest, import->now, &import->age, &import->err) ||
        !journal_get(import->journal, "met", &met, &import->err))
        return false;
    import->first = met == NULL;
    free(met);
    if (!journal_get(import->journal, "wide", &wide, &import->err))
        return false;
    import->wide = wide != NULL && strtoll(wide, NULL, 10) >= age_bound(&import->age.now, IMPORT_ABSENT_DAYS);
    free(wide);
    if (!journal_get(import->journal, "later", &later, &import->err))
        return false;
    import->later_known = later != NULL && later[0] != '\0';
    import->later = import->later_known ? strtoll(later, NULL, 10) : import->age.last.clock;
    free(later);
    return true;
}

bool
import_situation(struct import *import)
{
    const struct account *account = import->account;
    const char *layout = names_layout(account->policy.layout);
    bool known_server, known_root = true, known_layout = true;
    struct names_map map;

    if (!tree_map(account, &map, &import->err) || !begin_time(import) || !check_kind(import) ||
        !check_server(import, &known_server))
        return false;
    if (import->handover == NULL) {
        if (!check_known(import, "root", account->maildir, &known_root) ||
            !check_known(import, "layout", layout, &known_layout) ||
            !names_map_folder(&map, account->import.deliver_to, account->policy.layout, import->folder, &import->err) ||
            !open_root(import, known_root) || (!known_root && !check_shape(import)))
            return false;
        /* The folder before the journal's word that the root is known: a known root is never empty. */
        if (!known_root && !import->dry && !import->local.ops->create(import->local.self, import->folder, &import->err))
            return false;
    }
    return (known_server && known_root && known_layout) || import->dry || remember(import, layout);
}
