/* An IMAP account that keeps this tree, and other imports into it. */
#ifndef SYNC_IMPORT_BESIDE_H
#define SYNC_IMPORT_BESIDE_H

#include "sync/import/private.h"

/** Does an IMAP account sync this tree? */
bool import_beside_imap(const struct import *import);
/** Has the import of another account a row for a file of this name? */
MUST_CHECK bool import_beside_imported(struct import *import, const char *base, bool *imported);
/** Is the file of this name, as an import gives them, one that the IMAP account found on its server, or another account imported? */
MUST_CHECK bool import_beside_explains(struct import *import, const char *base, bool *explained);

/** May it go from the server as far as the IMAP account of this tree is concerned? *allowed false: nothing may, from now on, and that was said */
MUST_CHECK bool beside_allows(struct import *import, const struct journal_pop *row, bool *allowed);
/** The same for all that is due and listed, by its name, before anything is read: what an earlier run was refused for is not read for again. */
bool import_beside(struct import *import);

#endif
