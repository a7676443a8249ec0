/*
 * Bytes that are needed until the process ends, and that are nobody's mail: the first SPILL_KEPT of them in memory, all of them in a temporary file
 * without a name once there are more. Where no such file can be made, or it has no more room, they stay in memory.
 */
#ifndef STORE_JOURNAL_SPILL_H
#define STORE_JOURNAL_SPILL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SPILL_KEPT (2 * 1024 * 1024)

struct spill { /* {0}: empty; `fd` counts only with `filed` */
    unsigned char *bytes;
    size_t room; /* of `bytes` */
    uint64_t size;
    int fd;
    bool filed, kept; /* kept: there is no file to be had */
};

/** Write at a place that may be behind the end; what is between reads as zeros. @return false: no memory */
bool spill_write(struct spill *spill, const void *from, size_t len, uint64_t at);
/** @return false: the file can't be read. Behind the end are zeros */
bool spill_read(const struct spill *spill, void *to, size_t len, uint64_t at);
/** Shorter, or nothing if it is so already. */
void spill_cut(struct spill *spill, uint64_t size);
void spill_free(struct spill *spill);

#endif
