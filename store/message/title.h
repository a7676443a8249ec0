/*
 * A few words of a message's subject as part of a file's name, for whoever looks for it with `ls`. It tells nothing for certain: not every
 * byte of a subject may stand in a name, and two messages may have the same one.
 */
#ifndef STORE_MESSAGE_TITLE_H
#define STORE_MESSAGE_TITLE_H

#include "store/base/text.h"

#define TITLE_MAX 80 /* bytes */

/**
 * What a message is called by its header: letters and digits of any script, "-", "+", "," and "."; everything else is one "_".
 *
 * @param header  bytes of the header block, or its beginning
 * @param title   [out] valid UTF-8, never empty; "no_subject" where there is none, or none that can be read
 */
void title_of(struct text header, char title[static TITLE_MAX + 1]);

#endif
