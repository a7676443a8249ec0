/* What a person is shown of two messages that may be one: three of their fields, and where they differ. */
#ifndef SYNC_MATCH_DIFFER_H
#define SYNC_MATCH_DIFFER_H

#include "store/base/text.h"

/**
 * "From, Date, Subject: differs in X, Y" in one line.
 *
 * @param here, there  header blocks of the file and of the server's message
 * @param out          [out] cut where it is too long; a control byte never stands in it
 */
void differ_describe(struct text here, struct text there, char *out, size_t size);

#endif
