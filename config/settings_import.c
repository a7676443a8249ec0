/*
 * What POP accounts have of their own: how long mail stays on the server, how much of it is fetched, and where it goes.
 * And the border between the two protocols: a key that the account's server can't have a use for is refused in the
 * account itself, where it would be a mistake; in the defaults it is meant for the others.
 */
#include "config/settings_loader.h"

#include "config/paths.h"
#include "sync/rules/names_map.h"

#define KEEP_DAYS_MAX 36500
#define MESSAGES_MAX UINT32_MAX /* a maildrop numbers no more (RFC 1939 leaves it open; ours are 32 bits) */

static const char *const imap_keys[] = {
    "compress",         "connections",   "mailboxes", "pull",    "push", "expunge", "watch", "keywords",
    "keyword-removals", "keywords-skip", "sent",      "special", "map",  "delete",  NULL};
static const char *const pop_keys[] = {"keep",  "deliver-to", "deliver-command", "max-size", "max-messages",
                                       "order", NULL};

static bool
take_keep(struct loader *loader, int *days)
{
    const char *value = loader_scalar(loader, "keep");
    size_t len = value != NULL ? strlen(value) : 0;
    uint64_t number;

    if (value == NULL)
        return true;
    if (strcmp(value, "forever") == 0) {
        *days = KEEP_FOREVER;
        return true;
    }
    if (strcmp(value, "no") == 0) {
        *days = 0;
        return true;
    }
    if (len > 1 && value[len - 1] == 'd' && text_number((struct text){value, len - 1}, KEEP_DAYS_MAX, &number) &&
        number > 0) {
        *days = (int)number;
        return true;
    }
    loader_refuse(loader, "keep", "\"%.60s\" is not \"forever\", \"no\" or a number of days", value);
    return loader_hint(loader, "For example keep = \"30d\", 1 to %d days; \"no\" removes mail as soon as it is here.",
                       KEEP_DAYS_MAX);
}

bool
import_convert(struct loader *loader, struct import_policy *to)
{
    static const struct word orders[] = {{"newest", ORDER_NEWEST}, {"oldest", ORDER_OLDEST}, {NULL, 0}};
    unsigned order = to->order;

    if (!take_keep(loader, &to->keep_days) || !value_string(loader, "deliver-to", false, &to->deliver_to) ||
        !value_string(loader, "deliver-command", true, &to->deliver_command) ||
        !value_size(loader, "max-size", NULL, &to->max_size) ||
        !value_number(loader, "max-messages", 1, MESSAGES_MAX, &to->max_messages) ||
        !value_word(loader, "order", orders, &order))
        return false;
    to->order = (enum import_order)order;
    return true;
}

/* Is the key in the account's own block, or (false) inherited or not given at all? */
static bool
is_own(struct loader *loader, const char *key)
{
    const cfg_t *where = NULL;

    return loader_find(loader, key, &where) != NULL && where == loader->section;
}

static bool
refuse_foreign(struct loader *loader, const char *const *keys, const char *why, const char *hint)
{
    for (; *keys != NULL; keys++) {
        if (!is_own(loader, *keys))
            continue;
        loader_refuse(loader, *keys, "%s", why);
        return loader_hint(loader, "%s", hint);
    }
    return true;
}

static bool
refuse_pop_keys(struct loader *loader, const struct configured *c)
{
    return refuse_foreign(
        loader, pop_keys, "is a key of POP accounts, and this is an IMAP one",
        c->account.connection.host == NULL
            ? "Without server a tunnel speaks IMAP; add server = \"pop3://HOST\" if this one speaks POP."
            : "Take it out. In defaults { ... } it may stand, for the POP accounts.");
}

static bool
refuse_imap_keys(struct loader *loader)
{
    return refuse_foreign(loader, imap_keys, "is a key of IMAP accounts, and this is a POP one",
                          "Take it out. In defaults { ... } it may stand, for the IMAP accounts.");
}

/* APOP is no mechanism of IMAP. Among the defaults it is meant for the POP accounts, and the other ones remain. */
static bool
check_imap_login(struct loader *loader, struct configured *c)
{
    unsigned *auth = &c->account.connection.auth;

    if ((*auth & AUTH_APOP) == 0)
        return true;
    if (!is_own(loader, "auth") && *auth != AUTH_APOP) {
        *auth &= ~(unsigned)AUTH_APOP;
        return true;
    }
    loader_refuse(loader, "auth", "\"apop\" is a way to log in to POP servers, and account \"%s\" is an IMAP one",
                  c->account.name);
    return loader_hint(loader, "Take it out, or leave auth out to let golub choose.");
}

/* One of the two says where mail goes. The account's own word goes before an inherited one. */
static bool
choose_delivery(struct loader *loader, struct import_policy *import)
{
    const cfg_t *folder = NULL, *command = NULL;

    (void)loader_find(loader, "deliver-to", &folder); /* who has it is all that matters */
    (void)loader_find(loader, "deliver-command", &command);
    if (folder == NULL || command == NULL)
        return true;
    if (folder == command) {
        loader_refuse(loader, "deliver-command", "stands beside deliver-to; mail goes one way or the other");
        return loader_hint(loader, "Keep deliver-to for a folder of the Maildir, or deliver-command for a command.");
    }
    if (folder == loader->section)
        import->deliver_command = NULL;
    return true;
}

/* The name as golub would show it: INBOX in upper case; else what does not come back as it was written is refused. */
static bool
check_folder(struct loader *loader, struct configured *c)
{
    char name[LIMIT_MAILBOX_NAME + 1], folder[LOCAL_FOLDER_MAX + 1], back[LIMIT_MAILBOX_NAME + 1];
    struct error why = {0};

    if (!names_from_user(c->account.import.deliver_to, name))
        return loader_refuse(loader, "deliver-to", "is longer than %d bytes", LIMIT_MAILBOX_NAME);
    if (!names_to_folder(name, c->account.policy.layout, folder, &why) ||
        !names_from_folder(folder, c->account.policy.layout, back, &why)) {
        loader_refuse(loader, "deliver-to", "\"%.100s\" can't be the name of a mailbox", name);
        return loader_hint(loader,
                           "Levels have / between them; none may be empty, \".\" or \"..\", nor longer than a file "
                           "name.");
    }
    if (strcmp(back, name) != 0) {
        loader_refuse(loader, "deliver-to", "\"%.100s\" is not how this name is written", name);
        return loader_hint(loader, "Write \"%.100s\".", back);
    }
    c->account.import.deliver_to = loader_keep(loader, strdup(name));
    return c->account.import.deliver_to != NULL;
}

bool
import_check(struct loader *loader, struct configured *c)
{
    static const struct direction all = {true, true, true, true, false};
    struct import_policy *import = &c->account.import;

    if (!account_is_pop(&c->account))
        return refuse_pop_keys(loader, c) && check_imap_login(loader, c);
    if (!refuse_imap_keys(loader) || !choose_delivery(loader, import))
        return false;
    /* Of the defaults these are for the IMAP accounts. --pull alone may take away what goes up. */
    c->account.policy.pull = c->account.policy.push = all;
    c->account.policy.expunge = false;
    c->account.policy.map = NULL;
    if (import->deliver_command == NULL)
        return check_folder(loader, c);
    c->account.maildir = NULL;
    return true;
}

/* Where a POP account's mail ends up, resolved; the caller frees it. */
static bool
resolve_delivery(struct loader *loader, const struct account *pop, char **path)
{
    char folder[LOCAL_FOLDER_MAX + 1], whole[PATHS_MAX + LOCAL_FOLDER_MAX + 2];
    struct names_map map;

    names_map_begin(&map, &pop->policy, NULL);
    if (!names_map_folder(&map, pop->import.deliver_to, pop->policy.layout, folder, loader->err))
        return loader_refuse_error(loader, "deliver-to");
    (void)text_print(whole, sizeof whole, "%s/%s", pop->maildir, folder); /* has room for both at their longest */
    return paths_resolve(whole, path, loader->err) || loader_refuse_error(loader, "maildir");
}

/* "pop.example.org" and "imap.example.org" are the doors of one house, and so is "example.org". */
static bool
is_same_house(const char *a, const char *b)
{
    const char *hosts[] = {a, b};

    if (a == NULL || b == NULL)
        return false;
    if (strcasecmp(a, b) == 0)
        return true;
    for (int i = 0; i < 2; i++) {
        const char *dot = strchr(hosts[i], '.');

        /* An address has no doors, and what two companies of one country share is no house. */
        if (dot != NULL && strchr(dot + 1, '.') != NULL && (hosts[i][0] < '0' || hosts[i][0] > '9'))
            hosts[i] = dot + 1;
    }
    return strcasecmp(hosts[0], hosts[1]) == 0 || strcasecmp(hosts[0], b) == 0 || strcasecmp(a, hosts[1]) == 0;
}

/* "ana" may be how "ana@example.org" logs in elsewhere in the house. */
static bool
is_same_user(const char *a, const char *b)
{
    size_t len_a, len_b;

    if (a == NULL || b == NULL)
        return a == b;
    len_a = strcspn(a, "@");
    len_b = strcspn(b, "@");
    if (a[len_a] != '\0' && b[len_b] != '\0')
        return strcasecmp(a, b) == 0;
    return len_a == len_b && strncasecmp(a, b, len_a) == 0;
}

/* Both would remove, and fetch again, what the other one has. */
static bool
check_two_imports(struct loader *loader, const struct configured *a, const struct configured *b)
{
    char *target_a = NULL, *target_b = NULL;
    char where[LOADER_WHERE_SIZE];
    bool same = false, fine;

    if (a->account.maildir == NULL || b->account.maildir == NULL || a->account.connection.host == NULL ||
        b->account.connection.host == NULL || strcasecmp(a->account.connection.host, b->account.connection.host) != 0 ||
        a->account.connection.user == NULL || b->account.connection.user == NULL ||
        strcmp(a->account.connection.user, b->account.connection.user) != 0)
        return true;
    fine = resolve_delivery(loader, &a->account, &target_a) && resolve_delivery(loader, &b->account, &target_b);
    same = fine && strcmp(target_a, target_b) == 0;
    free(target_a);
    free(target_b);
    if (!same)
        return fine;
    loader_where(loader, a, where, sizeof where);
    loader_refuse(loader, "deliver-to", "the same folder, host and user as those of account \"%s\" (%s)",
                  a->account.name, where);
    return loader_hint(loader, "Each message would come twice. One of the two accounts is enough.");
}

/* What an import removes there the IMAP account would remove here. */
static bool
check_circle(struct loader *loader, const struct configured *a, const struct account *pop, const struct account *imap)
{
    char where[LOADER_WHERE_SIZE];

    if (pop->import.keep_days < 0 || !is_same_house(pop->connection.host, imap->connection.host) ||
        !is_same_user(pop->connection.user, imap->connection.user))
        return true;
    loader_where(loader, a, where, sizeof where);
    loader_refuse(loader, "keep",
                  "the POP account \"%s\" would remove from the server what the IMAP account \"%s\" "
                  "(with account \"%s\", %s) keeps the same there and here",
                  pop->name, imap->name, a->account.name, where);
    return loader_hint(loader,
                       "One of the two accounts is enough for one mailbox; or let the POP account deliver into a "
                       "tree of its own; or say keep = \"forever\".");
}

/* The import asks the journal of the other account whose a file is. */
static bool
note_beside(struct loader *loader, struct account *pop, const struct account *other)
{
    size_t count = 0;
    struct import_beside *list;

    while (pop->import.beside != NULL && pop->import.beside[count].account != NULL)
        count++;
    list = loader_keep(loader, calloc(count + 2, sizeof *list));
    if (list == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        list[i] = pop->import.beside[i];
    list[count] = (struct import_beside){other->name, other->state, account_is_pop(other)};
    pop->import.beside = list;
    return true;
}

static bool
check_shared_tree(struct loader *loader, const struct configured *a, struct account *pop, const struct account *imap,
                  const char *target, const char *root)
{
    bool first = account_is_pop(&a->account);
    char where[LOADER_WHERE_SIZE], here[LIMIT_MAILBOX_NAME + 1];
    struct names_map map;

    if (!paths_overlap(root, target) || strlen(target) < strlen(root))
        return true;
    /* The name of a mailbox is the server's, and its folder is where the other account has it. */
    names_map_begin(&map, &imap->policy, NULL);
    if (!names_map_here(&map, pop->import.deliver_to, here, loader->err))
        return loader_refuse_error(loader, "deliver-to");
    pop->policy.map = imap->policy.map;
    pop->policy.special = imap->policy.special;
    if (pop->policy.layout == imap->policy.layout)
        return check_circle(loader, a, pop, imap) && note_beside(loader, pop, imap);
    loader_where(loader, a, where, sizeof where);
    loader_refuse(loader, "layout", "is not that of account \"%s\" (%s), %s", a->account.name, where,
                  first ? "which delivers into this tree" : "into whose tree it delivers");
    return loader_hint(loader, "Give both the same layout, or let account \"%s\" deliver into a tree of its own.",
                       pop->name);
}

/* Two imports whose trees are one, or one inside the other: a file that no row of the one knows may be the other's. */
static bool
note_two_imports(struct loader *loader, struct account *a, struct account *b)
{
    char *root_a = NULL, *root_b = NULL;
    bool fine = false;

    if (a->maildir == NULL || b->maildir == NULL)
        return true;
    if (!paths_resolve(a->maildir, &root_a, loader->err) || !paths_resolve(b->maildir, &root_b, loader->err))
        fine = loader_refuse_error(loader, "maildir");
    else
        fine = !paths_overlap(root_a, root_b) || (note_beside(loader, a, b) && note_beside(loader, b, a));
    free(root_a);
    free(root_b);
    return fine;
}

bool
import_check_beside(struct loader *loader, struct configured *a, struct configured *b)
{
    bool first = account_is_pop(&a->account);
    struct account *pop = first ? &a->account : &b->account, *imap = first ? &b->account : &a->account;
    char *target = NULL, *root = NULL;
    bool fine = false;

    if (first && account_is_pop(&b->account))
        return check_two_imports(loader, a, b) && note_two_imports(loader, &a->account, &b->account);
    if (first == account_is_pop(&b->account) || pop->maildir == NULL)
        return true;
    if (!resolve_delivery(loader, pop, &target))
        goto out;
    if (!paths_resolve(imap->maildir, &root, loader->err)) {
        fine = loader_refuse_error(loader, "maildir");
        goto out;
    }
    fine = check_shared_tree(loader, a, pop, imap, target, root);
out:
    free(target);
    free(root);
    return fine;
}
