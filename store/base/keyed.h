/* A hash that nobody can foresee who does not know its key (SipHash-2-4): two names that were chosen to be alike are as unlike as any. */
#ifndef STORE_BASE_KEYED_H
#define STORE_BASE_KEYED_H

#include <stddef.h>
#include <stdint.h>

struct keyed {
    uint64_t key[2]; /* of random bits */
};

/** 64 bits of what these bytes are. */
uint64_t keyed_hash(const struct keyed *keyed, const void *bytes, size_t len);

#endif
