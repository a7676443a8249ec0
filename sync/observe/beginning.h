/* What is shorter than a file may be a part of it. */
#ifndef SYNC_OBSERVE_BEGINNING_H
#define SYNC_OBSERVE_BEGINNING_H

#include "sync/run/run.h"

/**
 * Is the file longer than so many bytes (in wire form), and are its first ones these? Reads no more of it than that takes.
 * @param text  and is what follows more than the ends of lines?
 * @return false also where the file can't be read
 */
bool beginning_matches(const struct run *run, const struct local_file *file, uint64_t file_size, uint64_t size,
                       const unsigned char wire[static DIGEST_SIZE], bool text);

#endif
