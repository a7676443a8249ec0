/* Is something that is shorter than a file the beginning of that file? */
#ifndef SYNC_OBSERVE_BEGINNING_H
#define SYNC_OBSERVE_BEGINNING_H

#include "sync/run/run.h"

struct beginning {
    uint64_t from, size; /* of the file: bytes in wire form that don't count, and those after them that are compared */
    const unsigned char *wire; /* what they must be: its digest */
    bool text;                 /* the rest of the file must be more than line ends */
};

/**
 * Is the file longer than that, and are its first bytes these? Reads no more of it than that takes.
 * @return false also where the file can't be read
 */
bool beginning_matches(const struct run *run, const struct local_file *file, uint64_t file_size,
                       const struct beginning *beginning);

#endif
