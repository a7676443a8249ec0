/*
 * May this run touch anything? Journal, server, root and the configuration must fit together; where they don't the user has to say what
 * is meant. A POP account neither writes nor reads the mark in the root: the tree may be an IMAP account's.
 */
#include "sync/import_private.h"
#include "sync/names.h"

static bool
refuse(struct import *import, const char *what, const char *hint)
{
    error_set(&import->err, ERROR_CONFIG, "%s", what);
    error_hint(&import->err, "%s", hint);
    return false;
}

/* The list that the user released must be one that golub showed. */
bool
import_confirmed(struct import *import)
{
    const char *wanted = import->options->confirm ? import->options->confirm_id : NULL;
    struct journal_pop row;
    int64_t *ids;
    size_t count;
    bool known = false, ok = true;

    if (wanted == NULL)
        return true;
    if (!journal_pop_held(import->journal, &ids, &count, &import->err))
        return false;
    for (size_t i = 0; ok && !known && i < count; i++) {
        ok = import_load(import, ids[i], &row);
        known = ok && strcmp(row.hold, wanted) == 0;
    }
    free(ids);
    if (!ok || known)
        return ok;
    error_set(&import->err, ERROR_CONFIG, "release the held removals of list %s", wanted);
    error_hint(&import->err, "there is no such list; `golub status %s` shows what is held", import->account->name);
    return false;
}

/* Scheme and port may change, the host name and the user make the account. */
static bool
server_digest(struct import *import, char out[static 65])
{
    const struct connection *to = &import->account->connection;
    struct buffer text = buffer_new(4096);
    unsigned char digest[DIGEST_SIZE];
    bool ok = buffer_addf(&text, "%s\n%s", to->host != NULL ? to->host : "", to->user != NULL ? to->user : "") &&
              digest_bytes(text.at, text.len, digest);

    buffer_free(&text);
    if (!ok)
        return import_no_memory(import);
    for (size_t i = 0; i < sizeof digest; i++)
        (void)text_print(out + 2 * i, 3, "%02x", digest[i]);
    return true;
}

/* *known: the journal has a value, and it is this one. */
static bool
check_known(struct import *import, const char *key, const char *now, const char *what, bool *known)
{
    char *before, text[200];
    bool same;

    if (!journal_get(import->journal, key, &before, &import->err))
        return false;
    *known = before != NULL;
    same = before == NULL || strcmp(before, now) == 0;
    if (!same && strcmp(key, "server") == 0) /* of that a digest alone is known */
        (void)text_print(text, sizeof text, "import: its %s is not what it was", what);
    else if (!same)
        (void)text_print(text, sizeof text, "import: its %s is not what it was, %s", what, before);
    free(before);
    if (same)
        return true;
    return refuse(
        import, text,
        "put the old value back; or move the state folder away: then all that is on the server is fetched, or with "
        "--skip-existing only what comes later");
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
    return refuse(import, "import: this account was synchronised by IMAP before",
                  "give the POP account a name of its own, or put the IMAP server back; or move the state folder away: "
                  "then all that is "
                  "on the server is fetched, or with --skip-existing only what comes later");
}

static bool
open_root(struct import *import, bool known)
{
    enum local_root root;

    if (!import->local.ops->open(import->local.self, !known && !import->dry, &root, &import->err))
        return false;
    if (root == ROOT_PARENT_MISSING && !known)
        return refuse(import, "make the Maildir: the folder it should stand in does not exist",
                      "make that folder, or correct `maildir`");
    /* A file system that is not mounted looks like this; mail delivered below its mount point would be hidden later. */
    if (known && root != ROOT_PRESENT)
        return refuse(import, "the Maildir of a known account is missing or empty: nothing was touched",
                      "mount or move it back; to begin anew in an empty one, move the state folder away");
    import->no_root = root == ROOT_MISSING;
    return true;
}

static bool
remember(struct import *import, const char *server, const char *layout)
{
    if (!journal_begin(import->journal, &import->err))
        return false;
    return import_end(import, journal_set(import->journal, "server", server, &import->err) &&
                                  (import->handover != NULL ||
                                   (journal_set(import->journal, "root", import->account->maildir, &import->err) &&
                                    journal_set(import->journal, "layout", layout, &import->err))));
}

bool
import_situation(struct import *import)
{
    const struct account *account = import->account;
    const char *layout = account->policy.layout == LAYOUT_MAILDIRPP ? "maildir++" : "verbatim";
    bool known_server, known_root = true, known_layout = true;
    char server[65];

    if (!check_kind(import) || !server_digest(import, server) ||
        !check_known(import, "server", server, "host name or user", &known_server))
        return false;
    if (import->handover == NULL) {
        if (!check_known(import, "root", account->maildir, "maildir", &known_root) ||
            !check_known(import, "layout", layout, "layout", &known_layout) ||
            !names_to_folder(account->import.deliver_to, account->policy.layout, import->folder, &import->err) ||
            !open_root(import, known_root))
            return false;
        /* The folder before the journal's word that the root is known: a known root is never empty. */
        if (!known_root && !import->dry && !import->local.ops->create(import->local.self, import->folder, &import->err))
            return false;
    }
    return (known_server && known_root && known_layout) || import->dry || remember(import, server, layout);
}
