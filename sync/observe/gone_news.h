/* A mailbox whose folder is gone here is left alone. When new mail comes to it on the server, that is said, once for each time; `status` says it always. */
#ifndef SYNC_OBSERVE_GONE_NEWS_H
#define SYNC_OBSERVE_GONE_NEWS_H

#include "sync/run/run.h"

/** Once it is decided what each mailbox is. Outside a transaction. */
MUST_CHECK bool gone_news_say(struct run *run);

#endif
