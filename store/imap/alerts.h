/*
 * What the server wants people to read: [ALERT] (RFC 9051 section 7.1) and Gmail's [WEBALERT url], wherever they come, from the
 * greeting on. One line each, escaped, each once.
 */
#ifndef STORE_IMAP_ALERTS_H
#define STORE_IMAP_ALERTS_H

#include "store/base/text.h"

#define ALERTS_MAX 8192 /* bytes of all lines */

/** Does the text of a status begin with such a code? */
bool alerts_has(struct text said);
/** Remember it, if it does and was not said before. @param alerts  NULL: nobody wants to know. What does not fit is dropped. */
void alerts_note(struct buffer *alerts, struct text said);

#endif
