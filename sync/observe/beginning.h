/* Is something that is shorter than a file the beginning of that file? */
#ifndef SYNC_OBSERVE_BEGINNING_H
#define SYNC_OBSERVE_BEGINNING_H

#include "sync/run/run.h"

/**
 * Is the file longer than so many bytes (in wire form), and are its first ones these? Reads no more of it than that takes.
 * @param text  the rest of the file must be more than line ends
 * @return false also where the file can't be read
 */
bool beginning_matches(const struct run *run, const struct local_file *file, uint64_t file_size, uint64_t size,
                       const unsigned char wire[static DIGEST_SIZE], bool text);

#endif
