/*
 * Providers whose servers are known, by the domain of the address. Facts that they publish, or that Thunderbird's autoconfig database has; for
 * all others the server is asked for, and nothing is guessed.
 */
#ifndef CONFIG_INIT_PROVIDERS_H
#define CONFIG_INIT_PROVIDERS_H

#include <stdbool.h>

struct provider {
    const char *name;
    const char *const *domains; /* NULL at the end */
    const char *imap, *pop;     /* hosts, with TLS on 993 and 995; NULL: it has none */
    bool local_part;            /* this logs in, not the whole address */
    bool tokens_only;           /* no password works */
    const char *note;           /* what the user has to know or do there; NULL: nothing */
};

/** @param domain  in any case @return NULL: not known */
const struct provider *provider_of(const char *domain);

#endif
