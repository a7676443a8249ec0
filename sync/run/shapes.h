/*
 * A tree that golub meets for the first time, and that another program keeps in a shape of its own: told before anything is done, with
 * the key of the configuration or the commands that make it fit. For a sync, and for `check`, which says what a sync would.
 */
#ifndef SYNC_RUN_SHAPES_H
#define SYNC_RUN_SHAPES_H

#include "store/base/local.h"
#include "store/base/remote.h"
#include "sync/base/account.h"
#include "sync/report/report.h"

struct shapes; /* what the server's mailboxes would be called, and then what has to be done */

/** Only where the layout is the default one: whoever names one knows what is meant. */
bool shapes_concern(const struct account *account);
/** NULL: out of memory */
struct shapes *shapes_new(void);
/** A mailbox of the server's list. @param prefix  of the personal namespace. @return false: out of memory */
MUST_CHECK bool shapes_add(struct shapes *shapes, const struct account *account, const struct remote_listed *seen,
                           const char *prefix);
/**
 * Look at the tree, which is open; nothing is changed.
 * @return false: ERROR_CONFIG, the tree has another shape; or it could not be looked at
 */
MUST_CHECK bool shapes_check(struct shapes *shapes, const struct account *account, const struct local *local,
                             struct error *err);
/** Behind that error: the commands that make the tree fit, a line each; none where a key of the configuration does. NULL-safe */
void shapes_say(const struct shapes *shapes, struct report *report, const char *account);
/** NULL-safe. */
void shapes_free(struct shapes *shapes);

#endif
