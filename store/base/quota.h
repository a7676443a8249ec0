/* How much of the room that a server gives to mail is used. */
#ifndef STORE_BASE_QUOTA_H
#define STORE_BASE_QUOTA_H

#include <stdbool.h>
#include <stdint.h>

#define QUOTA_NEARLY_FULL 90 /* percent: from here on the user is warned, since a full mailbox refuses mail */

struct quota_amount {
    bool known;
    uint64_t used, limit; /* limit: never 0; both up to 2^63-1 */
};

struct quota {
    struct quota_amount bytes, messages;
};

/** How full, in whole percent, rounded down; 100 is full. More than that may be used: a limit can be lowered. */
unsigned quota_percent(const struct quota_amount *amount);
/** Is it known, and nearly full? */
bool quota_is_tight(const struct quota_amount *amount);
/** Of two limits that hold at once the one that is nearer to its end. */
void quota_take(struct quota_amount *to, const struct quota_amount *other);

#endif
