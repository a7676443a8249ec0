/*
 * File descriptors: how many this process may have, and how they are shared out. The limit that a program starts with (1024 on most
 * systems) is meant for those that use select; golub takes what it may have, and gives its children back what it found.
 */
#ifndef STORE_BASE_DESCRIPTORS_H
#define STORE_BASE_DESCRIPTORS_H

#include <stddef.h>

#define DESCRIPTORS_FEW 48 /* with fewer no account is begun: others end first */

/** Raise the soft limit to the hard one. Once, before there are threads. */
void descriptors_raise(void);
/** The soft limit that golub was started with, for its children; 0: it is as it was. */
size_t descriptors_found(void);
/** How many of these accounts can be at work at once; at least one. */
size_t descriptors_at_once(size_t accounts);
/** What each of so many accounts may have open. */
size_t descriptors_share(size_t accounts);
/** Of a share: messages that are open at once, on their way in or out. 0, where nobody shared: as many as one likes */
size_t descriptors_messages(size_t share);
/** Of a share: folders whose directories stay open. @param most  no more than that, and all of it where share is 0 */
size_t descriptors_folders(size_t share, size_t most);

#endif
