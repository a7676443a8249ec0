/* Every maximum of what comes from outside, in one table. Sizes are bytes unless a name says otherwise. */
#ifndef STORE_BASE_LIMITS_H
#define STORE_BASE_LIMITS_H

#include <stdint.h>

#define LIMIT_LINE (64 * 1024)             /* a server's text or atom kept in memory; sets are streamed */
#define LIMIT_LITERAL_KEPT (64 * 1024)     /* a literal kept in memory (names, tokens); bodies go to a sink */
#define LIMIT_NESTING 64                   /* parentheses inside an answer, skipped without recursion */
#define LIMIT_PROLOGUE (16 * 1024)         /* one answer before login, which libetpan parses recursively */
#define LIMIT_MAILBOX_NAME 1024            /* UTF-8 */
#define LIMIT_MAILBOXES 100000             /* in one LIST */
#define LIMIT_MESSAGE (INT64_C(1) << 40)   /* one message on the wire */
#define LIMIT_COMMAND_LINE 8000            /* one command line without literals (RFC 7162 section 4) */
#define LIMIT_UNANSWERED_BYTES (64 * 1024) /* command text in flight, literals not counted */
#define LIMIT_UNANSWERED 1000              /* commands in flight */
#define LIMIT_SECRET (64 * 1024)           /* a password or token */
#define LIMIT_BATCH 256                    /* messages made durable or appended together */
#define LIMIT_BATCH_BYTES (32 * 1024 * 1024)
#define LIMIT_APPEND_BYTES (8 * 1024 * 1024)
#define LIMIT_FOREIGN (256 * 1024 * 1024) /* a file in which another program keeps its state: millions of messages */

#endif
