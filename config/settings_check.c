/* What only makes sense together: the keys of one account, and the accounts beside each other. */
#include "config/settings_loader.h"

#include "config/paths.h"
#include "config/trust.h"

const char *
settings_name_fault(const char *name)
{
    if (name[0] == '\0')
        return "an account needs a name";
    if (strlen(name) > 63)
        return "the account's name is longer than 63 bytes";
    if (name[0] == '.' || name[0] == '-' || name[0] == '~')
        return "an account's name can't begin with a dot, a dash or a tilde";
    for (const char *at = name; *at != '\0'; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7f || *at == '/')
            return "an account's name can't hold a slash or a control character: it becomes a folder's name";
    }
    return NULL;
}

/* A token or password is needed unless the tunnel may be logged in already, or the certificate alone says who we
 * are. */
static bool
check_login(struct loader *loader, const struct configured *c)
{
    const struct connection *to = &c->account.connection;

    if (to->tunnel != NULL || to->auth == AUTH_EXTERNAL)
        return true;
    if (to->user == NULL) {
        loader_refuse(loader, NULL, "user is missing");
        return loader_hint(loader, "Add user = \"...\"; it is needless only with a tunnel or auth = {\"external\"}.");
    }
    if (c->password_command == NULL) {
        loader_refuse(loader, NULL, "password-command is missing");
        return loader_hint(loader, "Add password-command = \"...\", a command that prints the password.");
    }
    return true;
}

static bool
check_tls(struct loader *loader, const struct configured *c)
{
    const struct connection *to = &c->account.connection;

    if (to->client_key != NULL && to->client_cert == NULL)
        return loader_refuse(loader, "tls-client-key", "means nothing without tls-client-cert");
    if (to->tls != TLS_NONE)
        return true;
    if (to->scheme == SCHEME_IMAPS || to->scheme == SCHEME_POP3S) {
        const char *plain = to->scheme == SCHEME_IMAPS ? "imap" : "pop3";

        loader_refuse(loader, "tls", "\"none\" contradicts a server that begins with %ss://", plain);
        return loader_hint(loader, "Write %s:// if the connection shall be plain text.", plain);
    }
    if (to->tunnel == NULL && !to->allow_plaintext && !keys_loopback(to->host)) {
        loader_refuse(loader, "tls", "\"none\" would send mail and password readable to all on the way to %s",
                      to->host);
        return loader_hint(loader, "Leave it out, or say allow-plaintext = true if that is what you want.");
    }
    return true;
}

bool
check_account(struct loader *loader, struct configured *c)
{
    const char *fault = settings_name_fault(c->account.name);
    struct connection *to = &c->account.connection;
    char *state;

    if (fault != NULL)
        return loader_refuse(loader, NULL, "%s", fault);
    if (to->host == NULL && to->tunnel == NULL) {
        loader_refuse(loader, NULL, "server is missing");
        return loader_hint(loader, "Add server = \"imaps://HOST\", or \"pop3s://HOST\" to import from a POP server.");
    }
    if (!import_check(loader, c))
        return false;
    if (c->account.maildir == NULL && c->account.import.deliver_command == NULL) {
        loader_refuse(loader, NULL, "maildir is missing");
        return loader_hint(loader, "Add maildir = \"~/Mail/%s\".", c->account.name);
    }
    /* A tunnel without a named server has nobody whose certificate could be checked: it is taken as it comes. */
    if (to->host == NULL && loader_scalar(loader, "tls") == NULL)
        to->tls = TLS_NONE;
    if (to->host == NULL && to->tls == TLS_REQUIRED && to->fingerprints == NULL)
        return loader_refuse(loader, "tls",
                             "TLS inside a tunnel needs server or tls-fingerprint to know the certificate");
    if (c->account.state == NULL) {
        if (!paths_state(c->account.name, &state, loader->err))
            return loader_refuse_error(loader, NULL);
        c->account.state = loader_keep(loader, state);
    }
    return c->account.state != NULL && check_login(loader, c) && check_tls(loader, c);
}

static bool
resolve_and_keep(struct loader *loader, const char *path, const char **resolved)
{
    char *real;

    if (!paths_resolve(path, &real, loader->err))
        return loader_refuse_error(loader, NULL);
    *resolved = loader_keep(loader, real);
    return *resolved != NULL;
}

/* As it is written, where a link may stand in somebody else's folder, and where it really is. */
static bool
state_is_ours(struct loader *loader, const char *written, const char *resolved)
{
    return (trust_folders(written, loader->err) && trust_folders(resolved, loader->err)) ||
           loader_refuse_error(loader, "state");
}

struct roots {           /* of one account, symbolic links resolved */
    const char *maildir; /* NULL: a command delivers */
    const char *state;
};

static bool
compare_with(struct loader *loader, const struct roots *roots, size_t a, size_t b)
{
    struct configured *other = &loader->settings->accounts[a], *this = &loader->settings->accounts[b];
    bool synced = !account_is_pop(&other->account) && !account_is_pop(&this->account);
    char where[LOADER_WHERE_SIZE];

    loader_where(loader, other, where, sizeof where);
    if (synced && paths_overlap(roots[a].maildir, roots[b].maildir)) {
        loader_refuse(loader, "maildir", "equal to that of account \"%s\" (%s), or one inside the other",
                      other->account.name, where);
        return loader_hint(loader, "Each IMAP account needs a Maildir tree of its own.");
    }
    if (strcmp(roots[a].state, roots[b].state) == 0) {
        loader_refuse(loader, "state", "the same folder as that of account \"%s\" (%s)", other->account.name, where);
        return loader_hint(loader, "Each account needs a state folder of its own.");
    }
    return import_check_beside(loader, other, this);
}

bool
check_together(struct loader *loader)
{
    struct settings *s = loader->settings;
    struct roots *roots = calloc(s->count, sizeof roots[0]);
    bool fine = true;

    if (roots == NULL)
        return loader_keep(loader, NULL) != NULL; /* which says that there is no memory */
    for (size_t b = 0; b < s->count && fine; b++) {
        loader_turn_to(loader, b);
        fine = (s->accounts[b].account.maildir == NULL ||
                resolve_and_keep(loader, s->accounts[b].account.maildir, &roots[b].maildir)) &&
               resolve_and_keep(loader, s->accounts[b].account.state, &roots[b].state) &&
               state_is_ours(loader, s->accounts[b].account.state, roots[b].state);
        for (size_t a = 0; a < b && fine; a++)
            fine = compare_with(loader, roots, a, b);
    }
    free(roots);
    return fine;
}
