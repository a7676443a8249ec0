/*
 * The names of one folder's files, as a listing gave them, without keeping one of them: eight bytes each. Of a folder that is as the journal
 * has it no name is ever asked for in another way.
 */
#ifndef SYNC_INSPECT_VERIFY_NAMES_H
#define SYNC_INSPECT_VERIFY_NAMES_H

#include "store/base/text.h"

struct verify_names { /* {0} is empty */
    uint64_t *at;
    size_t count, size;
    unsigned char *met; /* a bit each; NULL until they are sorted */
    size_t met_count;
};

/** @return false: out of memory */
MUST_CHECK bool verify_names_add(struct verify_names *names, const char *base, const char *info);
/** All were added: only now they can be asked for. @return false: out of memory */
MUST_CHECK bool verify_names_end(struct verify_names *names);
/** Is there a file of this name that nobody met yet? It is met from now on. */
bool verify_names_meet(struct verify_names *names, const char *base, const char *info);
/** Was this name met? One that was not there when they were added was not. */
bool verify_names_is_met(const struct verify_names *names, const char *base, const char *info);
/** How many nobody met. */
size_t verify_names_left(const struct verify_names *names);
/** It is empty after it. */
void verify_names_free(struct verify_names *names);

#endif
