/*
 * Where a password can be kept so that a command prints it again. A password goes there through a pipe: never in the words of a command, never
 * in its environment.
 */
#ifndef CONFIG_INIT_STORES_H
#define CONFIG_INIT_STORES_H

#include "store/base/error.h"

enum store_kind { STORE_SECRET_TOOL, STORE_PASS, STORE_FILE, STORES };

#define STORE_COMMAND_MAX 8192

/** "secret-tool", "pass", "file" */
const char *store_word(enum store_kind kind);
/** That of a word; STORES: none. */
enum store_kind store_of(const char *word);
/** Whether its program is installed. A file always is. */
bool store_is_here(enum store_kind kind);
/** Does it give back what it is given? Told by a word that means nothing, which is taken away again. */
MUST_CHECK bool store_prove(enum store_kind kind, const char *config, struct error *err);
/** Keep the password of an account, and see that the command prints it; if it does not, it is taken away again. @param config  golub.conf, whose folder a file stands in */
MUST_CHECK bool store_keep(enum store_kind kind, const char *config, const char *account, const char *password,
                           struct error *err);
/** Is one kept under that name already? Nothing tells whose it is: it must not be overwritten. @return false also where it can't be told */
bool store_has(enum store_kind kind, const char *config, const char *account);
/** Take away what store_keep() put there. */
MUST_CHECK bool store_remove(enum store_kind kind, const char *config, const char *account, struct error *err);
/** The value of password-command. */
MUST_CHECK bool store_command(enum store_kind kind, const char *config, const char *account,
                              char to[static STORE_COMMAND_MAX], struct error *err);

#endif
