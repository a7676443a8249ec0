/* Who files sent mail: the mail reader, whose copy golub sends like any new file, or the server itself? */
#ifndef SYNC_BASE_FILING_H
#define SYNC_BASE_FILING_H

#include "store/base/remote.h"
#include "sync/base/account.h"

#define FILING_WAIT_S 600   /* so long a copy of the mail reader's waits for the server's own */
#define FILING_APART_S 3600 /* its date, and the one that the server gave its own, are not further apart */
#define FILING_WORD "filed" /* what `pending` calls that (its `detail`) */

/** The name of a service that files itself what is sent through it; NULL: none that is known to. */
const char *filing_service(const struct account *account, const struct remote_info *info);
/** Does the server file it, as the user says, or else because it is such a service? */
bool filing_is_servers(const struct account *account, const struct remote_info *info);

#endif
