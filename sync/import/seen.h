/* What is known of a message by its bytes, and what a row keeps of that. */
#ifndef SYNC_IMPORT_SEEN_H
#define SYNC_IMPORT_SEEN_H

#include "sync/import/private.h"

struct seen { /* of a message, by its bytes */
    unsigned char header[DIGEST_SIZE];
    struct kin kin;
    unsigned char loose[DIGEST_SIZE]; /* store/base/loose.h */
    /* not by TOP */
    unsigned char body[DIGEST_SIZE];
    unsigned char parts[DIGEST_SIZE]; /* of the body without the folds of its parts' headers: store/base/parts.h */
    bool has_parts;                   /* one has a header */
    unsigned char wire[DIGEST_SIZE];  /* of the body as its file gives it back: with a CR before each LF */
    uint64_t size;
    bool ended; /* its header has an empty line behind it */
};
/** Is it the row's body, whether that was digested as it came, from the file, or without the folds of its parts' headers? */
bool seen_same_body(const struct journal_pop *row, const struct seen *seen);
void seen_header_to_row(const struct seen *seen, struct journal_pop *row);
void seen_to_row(const struct seen *seen, struct journal_pop *row);
void seen_of_row(const struct journal_pop *row, struct seen *seen);

#endif
