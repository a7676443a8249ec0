/* An account as a block of golub.conf. */
#ifndef CONFIG_INIT_BLOCK_H
#define CONFIG_INIT_BLOCK_H

#include "store/base/error.h"

struct block { /* NULL: that key is left out */
    const char *name, *server, *user, *auth, *password_command, *maildir, *keep, *deliver_to, *layout, *ca_file,
        *fingerprint;
};

/** @return the caller's; NULL: out of memory */
char *block_text(const struct block *block);

#endif
