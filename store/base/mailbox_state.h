/* What a mailbox is: the journal keeps it, sync/rules/mailbox.h decides it. */
#ifndef STORE_BASE_MAILBOX_STATE_H
#define STORE_BASE_MAILBOX_STATE_H

enum mailbox_state { /* the journal stores these numbers */
                     MAILBOX_ACTIVE,
                     MAILBOX_GONE_REMOTE, /* was on the server, is not any more: nothing is done in it */
                     MAILBOX_GONE_LOCAL,  /* its folder was here, is not any more: nothing is done in it */
                     MAILBOX_REPAIR, /* UIDVALIDITY changed, server went back, first meeting ...: pair first; no removal, no upload */
                     MAILBOX_NEW_LOCAL,  /* the folder is here, the mailbox is to be made on the server */
                     MAILBOX_NEW_REMOTE, /* the mailbox is on the server, the folder is to be made here */
};

#endif
