/* What may be done, as the user said it. Plain data: config fills it in, the planner reads it. */
#ifndef SYNC_RULES_POLICY_H
#define SYNC_RULES_POLICY_H

#include <stdbool.h>
#include <stdint.h>

enum keywords_mode {
    KEYWORDS_AUTO, /* as letters in a folder that has Dovecot's table of them, or its list; as journal in all others */
    KEYWORDS_LETTERS, /* names show them */
    KEYWORDS_JOURNAL, /* what the user says of a keyword goes up, and stands in the journal until it is there */
    KEYWORDS_OFF,     /* none goes up */
};

enum keyword_removals {                /* is a letter that vanished from a name a keyword that was taken off? */
                        REMOVALS_AUTO, /* in a folder that a Dovecot serves */
                        REMOVALS_YES,
                        REMOVALS_NO,
};

enum layout { LAYOUT_VERBATIM, LAYOUT_MAILDIRPP, LAYOUT_FLAT };

struct direction { /* what may go one way */
    bool new_mail, flags, deletes, mailboxes;
    bool mailbox_deletes; /* a mailbox that is gone on the other side goes, with what is in it; with `deletes` alone */
};

enum sent_policy { /* who files sent mail */
                   SENT_AUTO,
                   SENT_UPLOAD, /* the mail reader: its copy goes up like any file */
                   SENT_SERVER, /* the server itself */
};

enum delete_policy { /* what is removed here and stands on the server */
                     DELETE_AUTO,
                     DELETE_EXPUNGE,
                     DELETE_TRASH, /* goes into its \Trash */
};

enum import_order { ORDER_NEWEST, ORDER_OLDEST };

#define KEEP_FOREVER (-1)

struct import_beside { /* an IMAP account whose tree a POP account delivers into, or another POP account of its tree */
    const char *account, *state;
    bool imports;
};

struct import_policy {           /* of a POP account */
    int keep_days;               /* how long mail stays on the server after it is here; 0: not at all; KEEP_FOREVER */
    const char *deliver_to;      /* UTF-8 mailbox name; "INBOX" by default */
    const char *deliver_command; /* for /bin/sh, instead of the Maildir; NULL: none */
    uint64_t max_size;           /* bytes; 0: any */
    uint64_t max_messages;       /* a run; 0: any */
    enum import_order order;
    const struct import_beside *beside; /* account NULL at the end; NULL: none */
};

struct special_named { /* `special`: what a mailbox is for, whatever the server says */
    unsigned use;      /* enum remote_attribute: one of the special uses */
    const char *name;  /* for people; NULL at the end */
};

struct names_mapped {  /* `map`: a mailbox of the server, and how its folder is called here; both as names for people */
    const char *left;  /* NULL where `use` says which */
    unsigned use;      /* enum remote_attribute: the mailbox for it; 0: `left` is a name */
    const char *right; /* NULL at the end */
};

struct policy {
    struct direction pull, push;
    bool one_way; /* new mail goes one way alone, whatever this run's options leave of pull and push */
    bool deletes_here, deletes_there; /* removals go to that side, as configured, whatever this run's options leave */
    bool mailbox_deletes_here, mailbox_deletes_there; /* ... and so do those of mailboxes */
    bool expunge;                                     /* also remove what carries \Deleted */
    bool guard;                                       /* false: max-delete = "off" */
    unsigned max_delete;                              /* percent */
    int quarantine_days;
    uint64_t quarantine_size; /* bytes; 0: any */
    enum keywords_mode keywords;
    enum sent_policy sent;
    enum keyword_removals keyword_removals;
    const char *const *keywords_skip; /* patterns of keywords that get no letter, NULL at the end; NULL: none */
    enum delete_policy delete;
    enum layout layout;
    bool layout_named;                   /* by the user */
    const char *const *patterns;         /* `mailboxes`, NULL at the end */
    const struct special_named *special; /* NULL: none */
    const struct names_mapped *map;      /* NULL: none */
};

#endif
