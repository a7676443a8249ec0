/*
 * What one `golub init` knows. The order of things: the server, which is tried; what it is used for; names; the secret; the login; the
 * block. Each step in a file of its own, cmd_init.c goes through them.
 */
#ifndef CONFIG_INIT_INIT_H
#define CONFIG_INIT_INIT_H

#include "config/init/ask.h"
#include "config/init/block.h"
#include "config/init/decide.h"
#include "config/init/providers.h"
#include "config/init/stores.h"
#include "config/options.h"
#include "config/settings.h"
#include "sync/report/report.h"

struct init {
    const struct options *options;
    struct report *report;
    struct ask ask;
    struct error err;

    char *file;                /* golub.conf */
    char *text;                /* what stands in it; "": it is not there */
    struct settings *settings; /* of it */

    char address[ASK_MAX]; /* "": none */
    const char *domain;    /* of it, or NULL */
    const struct provider *provider;
    struct use use;
    char imap[ASK_MAX], pop[ASK_MAX]; /* as in `server`; "": not there */

    struct block block; /* its strings are those below, or the options' */
    char name[64], user[ASK_MAX], server[ASK_MAX], maildir[ASK_MAX], keep[ASK_MAX], ca_file[ASK_MAX],
        fingerprint[ASK_MAX];
    enum store_kind store; /* STORES: a command of the user's own */
    char command[STORE_COMMAND_MAX];
    char password[ASK_SECRET_MAX]; /* "": it was not asked for */
    bool offered;                  /* there was a password, or a token, for the server to judge */
    struct error refusal;          /* that it is written in spite of; ERROR_NONE: it has logged in */
    char *added;                   /* the block as text */
};

/** Where it is, and whether it answers as it should; a certificate that does not fit can be seen to. @return false: in->err */
MUST_CHECK bool init_server(struct init *in);
/** IMAP or POP. */
MUST_CHECK bool init_use(struct init *in);
/** The text of --explain. */
extern const char init_explanation[];
/** What it is called here and where its mail goes. */
MUST_CHECK bool init_place(struct init *in);
/** Who logs in, by what; and does it work? @return true: it does, or in->refusal says why not, and it is written all the same */
MUST_CHECK bool init_login(struct init *in);

/** The account as the configuration would have it. @return NULL: in->err; settings_free(*loaded) either way */
struct configured *init_account(struct init *in, struct settings **loaded);
/** A short way to ask. */
MUST_CHECK bool init_ask(struct init *in, enum init_option option, const char *why, const char *text,
                         const char *fallback, char to[static ASK_MAX]);

#endif
