/*
 * Inside of settings only: what is being read, where each value stands, and the conversion of keys.
 */
#ifndef CONFIG_SETTINGS_LOADER_H
#define CONFIG_SETTINGS_LOADER_H

#include "config/settings.h"

#include <confuse.h>

struct place { /* where a value was read */
    const cfg_t *section;
    const char *key; /* NULL: the section itself */
    unsigned line;
};

struct source { /* a file */
    char *file, *folder;
    cfg_t *root;
};

struct loader {
    struct settings *settings;
    const char *file;   /* that is read, or whose account is looked at */
    const char *folder; /* that relative paths are relative to */
    cfg_t *root;
    struct source *sources;
    size_t source_count, source_size;
    struct origin { /* of each account */
        cfg_t *section;
        size_t source;
    } * origins;
    size_t origin_size;
    cfg_t *section;  /* the account (or the defaults alone) whose keys are converted */
    cfg_t *defaults; /* may be NULL */
    struct place *places;
    size_t place_count, place_size;
    const char *text;  /* of the first file, where it is not read from there; NULL: it is */
    bool may_be_empty; /* no account is fine */
    bool failed;       /* err is filled in; the first one counts */
    struct error *err;
};

/** A value of the section at hand, or of the defaults. *section: where it was found. NULL: not given. */
cfg_opt_t *loader_find(struct loader *loader, const char *key, const cfg_t **section);
/** The single value of a key; NULL: not given. */
const char *loader_scalar(struct loader *loader, const char *key);
/** Refuse the value of a key (NULL: the account itself): FILE:LINE: account "x": KEY: reason. @return false, always */
bool loader_refuse(struct loader *loader, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/** From here on it is about this account: its section, its file. */
void loader_turn_to(struct loader *loader, size_t account);
/** Where another account stands, in words: "line 12", or "accounts.d/b.conf:12". */
void loader_where(const struct loader *loader, const struct configured *c, char *to, size_t size);
#define LOADER_WHERE_SIZE 160
/** Where a value stands, or the section itself (NULL). */
unsigned loader_line(const struct loader *loader, const cfg_t *section, const char *key);
/** The same for a line. @param account, key  may be NULL @return false, always */
bool loader_refuse_at(struct loader *loader, unsigned line, const char *account, const char *key, const char *reason);
/** The same for a reason that is in loader->err already; its hint stays. */
void loader_tell_error(struct loader *loader, const char *key);
/** loader_tell_error. @return false, always, and here, so that whoever reads the code by machine sees it */
static inline bool
loader_refuse_error(struct loader *loader, const char *key)
{
    loader_tell_error(loader, key);
    return false;
}
/** Add what to do. @return false, always */
bool loader_hint(struct loader *loader, const char *format, ...) __attribute__((format(printf, 2, 3)));
/**
 * Keep an allocated string or list until the settings go. NULL is passed on as "out of memory". @return what it was
 * given
 */
void *loader_keep(struct loader *loader, void *memory);

struct word { /* one allowed word and what it stands for; NULL at the end of a list */
    const char *word;
    unsigned value;
};
/* The values of one key. Each leaves its target as it is where the key is not given. */
/** What this value, one of a key's, stands for. */
MUST_CHECK bool value_find(struct loader *loader, const char *key, const char *value, const struct word *words,
                           unsigned *out);
MUST_CHECK bool value_word(struct loader *loader, const char *key, const struct word *words, unsigned *out);
MUST_CHECK bool value_number(struct loader *loader, const char *key, uint64_t least, uint64_t most, uint64_t *out);
/** A string that may not be empty; control characters only in commands. */
MUST_CHECK bool value_string(struct loader *loader, const char *key, bool command, const char **out);

/** Convert every key that is given into `to`, which holds the built-in values. Looks at each key alone. */
MUST_CHECK bool keys_convert(struct loader *loader, struct configured *to);
/** `server`: SCHEME://HOST[:PORT], with imaps, imap, pop3s or pop3. @param to  scheme, host and port are filled in */
MUST_CHECK bool keys_server(struct loader *loader, struct connection *to);
/** A host that can only be this machine: localhost, 127.x.x.x, ::1. */
bool keys_loopback(const char *host);
/** `special` and `map`. Once the layout is known. */
MUST_CHECK bool keys_names(struct loader *loader, struct policy *to);
/** The keys that POP accounts alone have, each by itself. */
MUST_CHECK bool import_convert(struct loader *loader, struct import_policy *to);
/** An account's keys are those of its protocol; of a POP account: where its mail goes. What it inherits needlessly is reset. */
MUST_CHECK bool import_check(struct loader *loader, struct configured *c);
/**
 * A POP account beside an IMAP one, in either order: where it delivers into that one's tree the layouts must be equal.
 * loader->section is b's.
 */
MUST_CHECK bool import_check_beside(struct loader *loader, struct configured *a, struct configured *b);
/** The keys of one account together: what is missing, what contradicts. The state folder gets its usual place. */
MUST_CHECK bool check_account(struct loader *loader, struct configured *c);
/** The accounts beside each other: equal or nested Maildir roots, a shared state folder. */
MUST_CHECK bool check_together(struct loader *loader);
/** The keys of an account, for libconfuse and for the likeness of a misspelt one. NULL at the end. */
extern const char *const keys_single[];
extern const char *const keys_list[];

/** A number of bytes above 0. @param none  the word that stands for 0, or NULL: there is none */
MUST_CHECK bool value_size(struct loader *loader, const char *key, const char *none, uint64_t *bytes);

#endif
