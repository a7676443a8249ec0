/* A tree of Maildir folders as a struct local (store/base/local.h). Rests on <https://cr.yp.to/proto/maildir.html>. */
#ifndef STORE_MAILDIR_MAILDIR_H
#define STORE_MAILDIR_MAILDIR_H

#include "store/base/local.h"

struct maildir_settings {   /* borrowed strings */
    const char *root;       /* absolute */
    const char *quarantine; /* absolute; made (0700) when first needed */
    bool plusplus;          /* layout maildir++: "" is INBOX, others ".A.B"; else nested, "INBOX" */
    bool flat;              /* ... or not even nested: "A.B", one level */
    bool fsync;             /* false: nothing is flushed */
    bool exclusive;         /* open fails with ERROR_LOCKED while another process has this root open exclusively */
    size_t descriptors;     /* how many files may be open; 0: as many as one likes */
    unsigned lock_wait_ms;  /* how long for a lock of Dovecot's; 0: as long as is sensible */
    bool undigested;        /* of drafts only the size is wanted: digests would cost more than the wire */
    bool (*stopped)(void *context); /* a signal came: a file that takes long to read is given up. May be NULL */
    void *stopped_context;
};

struct maildir;

/** Touches no file. @return NULL: out of memory */
struct maildir *maildir_new(const struct maildir_settings *settings);
/** The table of functions, with itself. */
struct local maildir_local(struct maildir *maildir);
/** fsync, fdatasync and syncfs calls made so far, for the bench. */
void maildir_flushes(const struct maildir *maildir, uint64_t *per_file, uint64_t *per_system);
/** NULL-safe. */
void maildir_free(struct maildir *maildir);

#endif
