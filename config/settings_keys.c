/*
 * Each key of an account by itself: from the words of the file to the values that the rooms below use. Every function
 * here leaves its target as it is where the key is not given.
 */
#include "config/settings_loader.h"

#include "config/paths.h"
#include "sync/rules/names.h"

#include <errno.h>
#include <fcntl.h>

const char *const keys_single[] = {"server",
                                   "user",
                                   "password-command",
                                   "refresh-command",
                                   "maildir",
                                   "tls",
                                   "allow-plaintext",
                                   "tls-ca-file",
                                   "tls-client-cert",
                                   "tls-client-key",
                                   "tunnel",
                                   "timeout",
                                   "compress",
                                   "connections",
                                   "layout",
                                   "expunge",
                                   "max-delete",
                                   "quarantine-days",
                                   "quarantine-size",
                                   "state",
                                   "fsync",
                                   "after-sync",
                                   "keep",
                                   "deliver-to",
                                   "deliver-command",
                                   "max-size",
                                   "max-messages",
                                   "order",
                                   "poll",
                                   "keywords",
                                   "sent",
                                   "keyword-removals",
                                   "delete",
                                   NULL};
const char *const keys_list[] = {"auth", "tls-fingerprint", "disable",       "mailboxes", "special", "map", "pull",
                                 "push", "watch",           "keywords-skip", NULL};

static const struct word auth_words[] = {
    {"scram-sha-256", AUTH_SCRAM_SHA_256},
    {"plain", AUTH_PLAIN},
    {"login", AUTH_LOGIN},
    {"xoauth2", AUTH_XOAUTH2},
    {"oauthbearer", AUTH_OAUTHBEARER},
    {"external", AUTH_EXTERNAL},
    {"cram-md5", AUTH_CRAM_MD5},
    {"apop", AUTH_APOP},
    {NULL, 0},
};
static const struct word tls_words[] = {{"yes", TLS_REQUIRED}, {"none", TLS_NONE}, {NULL, 0}};
static const struct word compress_words[] = {
    {"auto", COMPRESS_AUTO}, {"yes", COMPRESS_YES}, {"no", COMPRESS_NO}, {NULL, 0}};
static const struct word layout_words[] = {
    {"verbatim", LAYOUT_VERBATIM}, {"maildir++", LAYOUT_MAILDIRPP}, {"flat", LAYOUT_FLAT}, {NULL, 0}};
static const struct word delete_words[] = {{"expunge", DELETE_EXPUNGE}, {"trash", DELETE_TRASH}, {NULL, 0}};
static const struct word sent_words[] = {
    {"auto", SENT_AUTO}, {"upload", SENT_UPLOAD}, {"server", SENT_SERVER}, {NULL, 0}};
static const struct word keywords_words[] = {{"auto", KEYWORDS_AUTO},
                                             {"letters", KEYWORDS_LETTERS},
                                             {"journal", KEYWORDS_JOURNAL},
                                             {"off", KEYWORDS_OFF},
                                             {NULL, 0}};
static const struct word removals_words[] = {
    {"auto", REMOVALS_AUTO}, {"yes", REMOVALS_YES}, {"no", REMOVALS_NO}, {NULL, 0}};
static const struct word bool_words[] = {{"true", 1}, {"yes", 1}, {"on", 1}, {"false", 0},
                                         {"no", 0},   {"off", 0}, {NULL, 0}};
enum { MAY_NEW = 1, MAY_FLAGS = 2, MAY_DELETES = 4, MAY_MAILBOXES = 8, MAY_MAILBOX_DELETES = 16 };
static const struct word direction_words[] = {
    {"new", MAY_NEW},
    {"flags", MAY_FLAGS},
    {"deletes", MAY_DELETES},
    {"mailboxes", MAY_MAILBOXES},
    {"mailbox-deletes", MAY_MAILBOX_DELETES},
    {NULL, 0},
};

static bool
take_bool(struct loader *loader, const char *key, bool *out)
{
    unsigned value = *out;

    if (!value_word(loader, key, bool_words, &value))
        return false;
    *out = value != 0;
    return true;
}

static bool
take_int(struct loader *loader, const char *key, uint64_t least, uint64_t most, int *out)
{
    uint64_t number = (uint64_t)*out;

    if (!value_number(loader, key, least, most, &number))
        return false;
    *out = (int)number;
    return true;
}

static bool
take_path(struct loader *loader, const char *key, const char **out)
{
    const char *value = NULL;
    char *path;

    if (!value_string(loader, key, false, &value))
        return false;
    if (value == NULL)
        return true;
    if (!paths_expand(value, loader->folder, &path, loader->err))
        return loader_refuse_error(loader, key);
    *out = loader_keep(loader, path);
    return *out != NULL;
}

/* A PEM file: it must be there and readable now, not only when a connection needs it. */
static bool
take_pem(struct loader *loader, const char *key, const char **out)
{
    int fd;

    if (loader_scalar(loader, key) == NULL)
        return true;
    if (!take_path(loader, key, out))
        return false;
    fd = open(*out, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        char words[128];

        return loader_refuse(loader, key, "%s: %s", *out, strerror_r(errno, words, sizeof words));
    }
    close(fd);
    return true;
}

typedef char *convert_item(struct loader *loader, const char *key, const char *item);

/* A list of strings, NULL at the end, each through `convert` (NULL there: refused already, or no memory). */
static bool
take_list(struct loader *loader, const char *key, convert_item *convert, const char *const **out)
{
    const cfg_t *section;
    cfg_opt_t *opt = loader_find(loader, key, &section);
    size_t count = opt != NULL ? cfg_opt_size(opt) : 0;
    const char **list;

    if (opt == NULL)
        return true;
    list = loader_keep(loader, calloc(count + 1, sizeof list[0]));
    if (list == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        list[i] = loader_keep(loader, convert(loader, key, cfg_opt_getnstr(opt, (unsigned)i)));
        if (list[i] == NULL)
            return false;
    }
    *out = list;
    return true;
}

/* 64 hex digits, with or without colons between, to lower case without. */
static char *
convert_fingerprint(struct loader *loader, const char *key, const char *item)
{
    char hex[65];
    size_t len = 0;

    for (const char *at = item; *at != '\0'; at++) {
        char c = *at >= 'A' && *at <= 'F' ? (char)(*at - 'A' + 'a') : *at;

        if (c == ':')
            continue;
        if (((c < '0' || c > '9') && (c < 'a' || c > 'f')) || len == 64)
            len = 65;
        if (len > 64)
            break;
        hex[len++] = c;
    }
    if (len != 64) {
        loader_refuse(loader, key, "\"%.80s\" is not 64 hex digits", item);
        loader_hint(loader, "It is the SHA-256 of the certificate's public key; golub.conf(5) shows how to get it.");
        return NULL;
    }
    hex[64] = '\0';
    return strdup(hex);
}

static char *
convert_capability(struct loader *loader, const char *key, const char *item)
{
    bool fine = item[0] != '\0';

    for (const char *at = item; *at != '\0'; at++)
        fine = fine && *at > 0x20 && *at < 0x7f && strchr("(){%*\"\\]", *at) == NULL;
    if (fine)
        return strdup(item);
    loader_refuse(loader, key, "\"%.60s\" is not the name of a capability", item);
    loader_hint(loader, "golub check shows those of the server.");
    return NULL;
}

static char *
convert_pattern(struct loader *loader, const char *key, const char *item)
{
    if (names_pattern_valid(item, loader->err))
        return strdup(item);
    loader_refuse_error(loader, key);
    return NULL;
}

static bool
take_bits(struct loader *loader, const char *key, const struct word *words, bool *given, unsigned *bits)
{
    const cfg_t *section;
    cfg_opt_t *opt = loader_find(loader, key, &section);
    unsigned bit, all = 0;

    *given = opt != NULL;
    for (unsigned i = 0; opt != NULL && i < cfg_opt_size(opt); i++) {
        if (!value_find(loader, key, cfg_opt_getnstr(opt, i), words, &bit))
            return false;
        all |= bit;
    }
    *bits = all;
    return true;
}

static bool
take_direction(struct loader *loader, const char *key, struct direction *to)
{
    unsigned bits;
    bool given;

    if (!take_bits(loader, key, direction_words, &given, &bits))
        return false;
    if (given)
        *to = (struct direction){(bits & MAY_NEW) != 0, (bits & MAY_FLAGS) != 0, (bits & MAY_DELETES) != 0,
                                 (bits & MAY_MAILBOXES) != 0, (bits & MAY_MAILBOX_DELETES) != 0};
    if (given && to->mailbox_deletes && !to->deletes) {
        loader_refuse(loader, key, "\"mailbox-deletes\" means nothing without \"deletes\"");
        return loader_hint(loader, "A mailbox goes only once what it held is removed.");
    }
    return true;
}

static bool
take_auth(struct loader *loader, unsigned *auth)
{
    const cfg_t *section;
    cfg_opt_t *opt = loader_find(loader, "auth", &section);
    unsigned bits;
    bool given;

    if (opt != NULL && cfg_opt_size(opt) == 1 && strcmp(cfg_opt_getnstr(opt, 0), "auto") == 0) {
        *auth = AUTH_AUTO;
        return true;
    }
    if (!take_bits(loader, "auth", auth_words, &given, &bits))
        return false;
    if (given && bits == 0) {
        loader_refuse(loader, "auth", "an empty list leaves no way to log in");
        return loader_hint(loader, "Leave it out to let golub choose.");
    }
    if (given)
        *auth = bits;
    return true;
}

static bool
take_max_delete(struct loader *loader, struct policy *policy)
{
    const char *value = loader_scalar(loader, "max-delete");
    size_t len = value != NULL ? strlen(value) : 0;
    uint64_t percent;

    if (value == NULL)
        return true;
    if (strcmp(value, "off") == 0) {
        policy->guard = false;
        return true;
    }
    if (len < 2 || value[len - 1] != '%' || !text_number((struct text){value, len - 1}, 100, &percent)) {
        loader_refuse(loader, "max-delete", "\"%.60s\" is neither a percentage nor \"off\"", value);
        return loader_hint(loader, "For example max-delete = \"25%%\".");
    }
    policy->guard = true;
    policy->max_delete = (unsigned)percent;
    return true;
}

static bool
take_connection(struct loader *loader, struct connection *to)
{
    unsigned tls = to->tls, compress = to->compress;

    if (!keys_server(loader, to) || !value_string(loader, "user", false, &to->user) || !take_auth(loader, &to->auth) ||
        !value_word(loader, "tls", tls_words, &tls) || !value_word(loader, "compress", compress_words, &compress) ||
        !take_bool(loader, "allow-plaintext", &to->allow_plaintext) || !take_pem(loader, "tls-ca-file", &to->ca_file) ||
        !take_pem(loader, "tls-client-cert", &to->client_cert) ||
        !take_pem(loader, "tls-client-key", &to->client_key) ||
        !take_list(loader, "tls-fingerprint", convert_fingerprint, &to->fingerprints) ||
        !value_string(loader, "tunnel", true, &to->tunnel) || !take_int(loader, "timeout", 1, 86400, &to->timeout_s) ||
        !take_list(loader, "disable", convert_capability, &to->disable))
        return false;
    to->tls = (enum connection_tls)tls;
    to->compress = (enum connection_compress)compress;
    if (to->fingerprints != NULL && to->fingerprints[0] == NULL)
        to->fingerprints = NULL;
    return true;
}

static char *
convert_keyword(struct loader *loader, const char *key, const char *item)
{
    char plain[KEYWORD_MAX + 1];
    size_t len = 0;

    for (const char *at = item; *at != '\0' && len < KEYWORD_MAX; at++)
        plain[len++] = (char)(*at == '*' ? 'x' : *at);
    if (len == strlen(item) && keyword_is_legal((struct text){plain, len}))
        return strdup(item);
    loader_refuse(loader, key, "\"%.60s\" is no keyword, nor a pattern of some", item);
    loader_hint(loader, "For example keywords-skip = {\"NonJunk\", \"$label*\"}.");
    return NULL;
}

static bool
take_keywords(struct loader *loader, struct policy *policy)
{
    unsigned mode = policy->keywords, removals = policy->keyword_removals;

    if (!value_word(loader, "keywords", keywords_words, &mode) ||
        !value_word(loader, "keyword-removals", removals_words, &removals) ||
        !take_list(loader, "keywords-skip", convert_keyword, &policy->keywords_skip))
        return false;
    policy->keywords = (enum keywords_mode)mode;
    policy->keyword_removals = (enum keyword_removals)removals;
    return true;
}

static bool
take_policy(struct loader *loader, struct policy *policy)
{
    unsigned layout = policy->layout, sent = policy->sent, delete = policy->delete;
    const cfg_t *section;

    if (loader_find(loader, "layout", &section) != NULL)
        policy->layout_named = true;
    if (!take_direction(loader, "pull", &policy->pull) || !take_direction(loader, "push", &policy->push) ||
        !take_bool(loader, "expunge", &policy->expunge) || !take_max_delete(loader, policy) ||
        !take_int(loader, "quarantine-days", 0, 36500, &policy->quarantine_days) ||
        !value_size(loader, "quarantine-size", "off", &policy->quarantine_size) || !take_keywords(loader, policy) ||
        !value_word(loader, "layout", layout_words, &layout) || !value_word(loader, "sent", sent_words, &sent) ||
        !value_word(loader, "delete", delete_words, &delete) ||
        !take_list(loader, "mailboxes", convert_pattern, &policy->patterns))
        return false;
    policy->delete = (enum delete_policy) delete;
    policy->layout = (enum layout)layout;
    policy->sent = (enum sent_policy)sent;
    policy->one_way = !policy->pull.new_mail || !policy->push.new_mail;
    policy->deletes_here = policy->pull.deletes;
    policy->deletes_there = policy->push.deletes;
    policy->mailbox_deletes_here = policy->pull.mailbox_deletes;
    policy->mailbox_deletes_there = policy->push.mailbox_deletes;
    if (policy->patterns[0] == NULL) {
        loader_refuse(loader, "mailboxes", "an empty list leaves nothing to synchronise");
        return loader_hint(loader, "Leave it out for all mailboxes.");
    }
    return keys_names(loader, policy);
}

/* A run needs one connection, which is within every value that is allowed; those beyond it wait for changes. */
static bool
take_watch(struct loader *loader, struct watch_settings *to)
{
    return take_list(loader, "watch", convert_pattern, &to->patterns) &&
           take_int(loader, "poll", 60, 86400, &to->poll_s) && take_int(loader, "connections", 1, 4, &to->connections);
}

bool
keys_convert(struct loader *loader, struct configured *to)
{
    return take_connection(loader, &to->account.connection) && take_policy(loader, &to->account.policy) &&
           import_convert(loader, &to->account.import) && take_watch(loader, &to->account.watch) &&
           value_string(loader, "password-command", true, &to->password_command) &&
           value_string(loader, "refresh-command", true, &to->refresh_command) &&
           take_path(loader, "maildir", &to->account.maildir) && take_path(loader, "state", &to->account.state) &&
           take_bool(loader, "fsync", &to->account.fsync) &&
           value_string(loader, "after-sync", true, &to->account.after_sync);
}
