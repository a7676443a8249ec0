/*
 * A tree of local folders as the sync engine sees it. store/maildir implements it on files, the simulator in memory.
 * Folders are named by their path below the root in the layout's form ("INBOX", "Work/2024", maildir++: "" and ".A.B", flat: "INBOX" and
 * "A.B").
 * Everything here may change under us at any moment: mail readers rename, move, copy and remove files as they like.
 */
#ifndef STORE_BASE_LOCAL_H
#define STORE_BASE_LOCAL_H

#include "store/base/digest.h"
#include "store/base/flags.h"
#include "store/base/letters.h"

#define LOCAL_FOLDER_MAX 2048 /* bytes of a folder's path below the root */
#define LOCAL_BASE_MAX 240 /* bytes of a Maildir base name that golub handles; longer ones are reported as unreadable */
#define LOCAL_INFO_MAX 64  /* bytes of where + info suffix */
#define LOCAL_STAMP_MAX 200
#define LOCAL_BOOT_MAX 63

/*
 * One file: folder, base name and `info`, which says exactly where it is: 'n' (new/) or 'c' (cur/) followed by the info
 * suffix as it stands in the name, e.g. "n", "c:2,", "c:2,FSa". The file's name is base + (info + 1).
 */
struct local_file {
    const char *folder;
    const char *base;
    const char *info;
};

/** Flags that an info shows; *shown: the mask of those it can show (a name in new/ without suffix shows only not-\Seen). */
unsigned local_info_flags(const char *info, unsigned *shown);
/** The info of a file after its flags became `flags`: letters that are not ours stay, sorted; no \Seen, no other flag and not in cur/ before: stays in new/. */
void local_info_with(const char *info, unsigned flags, char out[static LOCAL_INFO_MAX + 1]);
/** The info that a new file with these flags is delivered under: unseen without flags "n", all else "c:2,...". */
void local_info_fresh(unsigned flags, char out[static LOCAL_INFO_MAX + 1]);

/**
 * The info of a file that goes to another folder, where the keyword letters a-z mean something else: letters['a' - 'a'] ... say what each
 * becomes there, 0: it is left out. All else stays.
 */
void local_info_carried(const char *info, const char letters[static 26], char out[static LOCAL_INFO_MAX + 1]);

/* What tells whether a folder moved: mtimes of folder, cur/ and new/, and the folder's ctime, as text without blanks. racy: too young to be trusted. */
struct local_stamp {
    char text[LOCAL_STAMP_MAX];
    bool racy;
    /* What tells whether it is still the same folder; a copy, or what a backup brought, has other times of birth, or older ones of change. */
    char born[LOCAL_STAMP_MAX];       /* times of birth, as text without blanks; "": the file system does not tell */
    int64_t cur_changed, new_changed; /* nanoseconds since 1970 */
};

struct local_scanner {
    /** One name; each base is reported once for each file that carries it. */
    bool (*file)(void *context, const char *base, const char *info);
    /** A name that can't be used (not a regular file, unreadable, base too long): never a removal, always said. NULL: by another look. */
    bool (*bad)(void *context, const char *name, const char *why);
};

struct local_strays {
    /** A directory. @return false: its files are of no interest */
    bool (*folder)(void *context, const char *folder);
    /** The base name of a file in it. */
    void (*file)(void *context, const char *base);
};

struct local_print { /* what tells that a file's bytes are not what they were */
    uint64_t size;
    int64_t seconds, nanoseconds; /* mtime */
};

struct local_which { /* which file has this name, as long as a run is: two names of one file have the same */
    uint64_t device, inode;
    int64_t changed; /* ctime, seconds: when it last got or lost a name, or was written */
};

struct local_facts { /* of one file's contents */
    struct digests digests;
    int64_t date; /* mtime, seconds */
    struct local_print print;
    struct local_which which;
};

struct local_draft; /* a message being written to tmp/ */

struct local_delivery { /* one finished draft to be made durable under its final name */
    struct local_draft *draft;
    const char *base;
    unsigned flags;
    int64_t date;
    bool fresh;    /* the base was made of random bytes in this run: nobody can have renamed a file of that name */
    bool unlisted; /* no file that a scan of this run reported in the folder has this base */
    const char *letters; /* of keywords, a-z, sorted, as they stood in a name of this folder; NULL: none */
    /* [out] */
    bool ok;
    char info[LOCAL_INFO_MAX + 1];
    struct error err; /* if not ok: why; ERROR_LOCAL. */
    bool taken;       /* not ok because the name is in use */
};

struct local_rename { /* a change of flags: folder/base+from becomes folder/base+to */
    struct local_file file;
    const char *to; /* info */
    /* [out] */
    bool ok, missing; /* missing: the file is not there under that name any more */
    struct error err;
};

struct local_move { /* link of a file into another folder under another base (MOVE down: link first, unlink later) */
    struct local_file from;
    struct local_file to;
    /* [out] */
    bool ok, missing, taken; /* taken: the new name is in use */
    struct error err;
};

struct local_removal { /* out of the folder, into the quarantine */
    struct local_file file;
    const char *quarantine;    /* file name inside the quarantine folder, chosen by the engine, unique */
    const unsigned char *wire; /* digest it must still have, or NULL */
    /* [out] */
    bool ok, missing, altered;
    struct error err;
};

struct local_folder { /* one to be made */
    const char *folder;
    /* [out] */
    bool ok;
    struct error err;
};

struct local_traces {          /* what another program that keeps the tree left in one folder, beside its mail */
    bool state, validity, map; /* mbsync's .mbsyncstate, .uidvalidity and .isyncuidmap.db */
    int64_t changed;           /* when one of them changed last, nanoseconds since 1970; 0: there is none */
};

struct local_letters { /* what the keyword letters of a folder's names mean */
    bool present;      /* the folder has a file that says so */
    bool dovecot;      /* a Dovecot serves it */
    struct letters letters;
};

struct local_words { /* keywords that are to get letters in a folder */
    const char *const *words;
    size_t count;
    unsigned avoid; /* letters that names show already, bits */
};

enum local_root { ROOT_PRESENT, ROOT_MISSING, ROOT_PARENT_MISSING, ROOT_EMPTY };

#define LOCAL_WHERE_MAX 1024

struct local_mark { /* the file .golub in the root */
    bool present;
    char account[33]; /* hex of 128 random bits */
    char server[65];  /* hex digest of host name and user */
    uint64_t run;
    char nonce[33];
    char state[33];                  /* hex of 128 random bits: which state folder; "": a mark of an earlier version */
    int64_t date;                    /* when it was written, seconds UTC; for people */
    char where[LOCAL_WHERE_MAX + 1]; /* path of that state folder and name of its machine; for people */
    int64_t born; /* [out] of reading and writing: birth time of the file, nanoseconds since 1970; 0: not told */
};

struct local_description {
    char file_system[32]; /* its type; "" not known */
    const char *flush;    /* how mail is made durable: "syncfs" (many at once), "fsync" (each by itself), "none" */
    char text[512];       /* the same in words */
    uint64_t free;        /* bytes; 0: not known */
};

struct local_ops {
    /** How the root stands; opens it. @param make  make it if its parent exists */
    bool (*open)(void *local, bool make, enum local_root *root, struct error *err);
    /**
     * Can names of messages stand where the root is, or will be? Before it is opened. @param probe  make one and remove it; false: judge by
     * the file system's type, and write nothing. @return false: ERROR_CONFIG. What can't be found out is no reason to refuse
     */
    bool (*holds_names)(void *local, bool probe, struct error *err);
    /** Is what was opened still what its path names? Another one may have been put there, and mail goes on into the old one. */
    bool (*stands)(void *local);
    bool (*read_mark)(void *local, struct local_mark *mark, struct error *err);
    /** Write, fsync, rename, fsync of the root. */
    bool (*write_mark)(void *local, struct local_mark *mark, struct error *err);
    /** Birth time of a folder (NULL: the root) in nanoseconds since 1970; 0: not there, or the file system does not tell. */
    void (*birth)(void *local, const char *folder, int64_t *birth);
    /** Every folder that is a mailbox (cur/, new/ and tmp/ exist; no symbolic link is followed). */
    bool (*folders)(void *local, bool (*folder)(void *context, const char *folder), void *context, struct error *err);
    /**
     * Every folder in which any program may keep mail, whatever its layout: path below the root, "" for the root itself. For a first
     * meeting: a tree without end is walked for a while only.
     */
    bool (*all_folders)(void *local, bool (*folder)(void *context, const char *folder), void *context,
                        struct error *err);
    /**
     * Every directory below the root that has a cur/ or a new/, whatever it is called, wherever it stands and whatever else it lacks, and the base names of the
     * files in those. One that can't be looked into is left out.
     */
    bool (*strays)(void *local, const struct local_strays *to, void *context, struct error *err);
    /** What other programs left in a folder; what can't be looked at is not there. */
    void (*traces)(void *local, const char *folder, struct local_traces *traces);
    /** Is there a folder, or something above it, that this user can't enter? @param err  [out] filled in if so. May be NULL: none is */
    bool (*closed)(void *local, const char *folder, struct error *err);
    /** mtimes now. *missing: it is no folder any more */
    bool (*stamp)(void *local, const char *folder, struct local_stamp *stamp, bool *missing, struct error *err);
    /**
     * Every name in new/ and cur/. *stable: mtimes were equal before and after (after a few tries); stamp is from before.
     * An unstable listing was reported all the same: names in it are true, absence proves nothing.
     */
    bool (*scan)(void *local, const char *folder, const struct local_scanner *to, void *context,
                 struct local_stamp *stamp, bool *stable, struct error *err);
    /**
     * Remove what an earlier run of this account left in its tmp/. What fails is tried again another day.
     * @return false: some of it is so young that it may be in use; a later run can tell
     */
    bool (*sweep)(void *local, const char *folder);
    /** Size, date and all digests by reading the file. *missing: not there (any more) under that name; *changed: it changed while it was read */
    bool (*examine)(void *local, const struct local_file *file, struct local_facts *facts, bool *missing,
                    struct error *err);
    /**
     * Has a file the bytes that it should have? Size, date, wire and header digests by reading it, as fast as can be, and nothing is kept of it.
     * @param changed  [out] false was returned since another program changed it meanwhile
     */
    bool (*reread)(void *local, const struct local_file *file, struct local_facts *facts, bool *missing, bool *changed,
                   struct error *err);
    /** The info that a file gets in another folder: keyword letters a-z translated by their names, or left out. NULL: left out */
    bool (*carry)(void *local, const struct local_file *from, const char *folder, char info[static LOCAL_INFO_MAX + 1],
                  struct error *err);
    /** What the keyword letters of a folder's names mean. NULL: there are none in this tree. @return false: it can't be read, or is no such file */
    bool (*letters)(void *local, const char *folder, struct local_letters *letters, struct error *err);
    /**
     * Give these keywords letters in a folder, if they have none and there are some left; durable on return.
     * @param letters  [out] as they are now, whoever wrote them
     * @param busy     [out] another program is about to write the file: nothing was done, *letters is untouched
     */
    bool (*letters_add)(void *local, const char *folder, const struct local_words *words, struct local_letters *letters,
                        bool *busy, struct error *err);
    /** Size and mtime alone, without reading. *missing: not there (any more) under that name. What is no regular file is a failure */
    bool (*look)(void *local, const struct local_file *file, struct local_print *print, bool *missing,
                 struct error *err);
    /** Open for reading in wire form. NULL in *handle with *missing: not there. */
    bool (*read_open)(void *local, const struct local_file *file, void **handle, bool *missing, struct error *err);
    /** Size, date and all digests of what is open, whatever its name is by now; it is at its start again. */
    bool (*read_facts)(void *local, void *handle, struct local_facts *facts, struct error *err);
    bool (*read)(void *local, void *handle, void *to, size_t size, size_t *got, struct error *err);
    bool (*read_rewind)(void *local, void *handle, struct error *err);
    void (*read_close)(void *local, void *handle);
    /** A draft in the folder's tmp/; wire-form bytes go in, LF-form goes to disk where that is reversible. */
    bool (*draft_begin)(void *local, const char *folder, struct local_draft **draft, struct error *err);
    bool (*draft_write)(void *local, struct local_draft *draft, const void *bytes, size_t len, struct error *err);
    /** No more bytes: digests of what was written, but for the canonical one, which only uploads need. The draft stays open until delivered or dropped. */
    bool (*draft_finish)(void *local, struct local_draft *draft, struct digests *digests, struct error *err);
    void (*draft_drop)(void *local, struct local_draft *draft);
    /**
     * These finished drafts will be delivered together, with these dates: their data goes to the disk meanwhile, and only deliver
     * and draft_drop may follow for them. false: it can't be done, and nothing is gained by waiting.
     */
    bool (*deliver_ahead)(void *local, struct local_draft *const *drafts, const int64_t *dates, size_t count);
    /** Make a whole batch durable: data, names, directories, in this order. Consumes the drafts. Each item has its outcome;
     *  false: the batch as a whole failed before anything is certain, and nothing may be committed. */
    bool (*deliver)(void *local, struct local_delivery *items, size_t count, struct error *err);
    bool (*rename)(void *local, struct local_rename *items, size_t count, struct error *err); /* durable on return */
    bool (*link)(void *local, struct local_move *items, size_t count,
                 struct error *err); /* durable on return; source stays */
    /** Second half of a move: unlink the source where the target exists with the same bytes; durable on return. */
    bool (*unlink_moved)(void *local, struct local_move *items, size_t count, struct error *err);
    bool (*remove)(void *local, struct local_removal *items, size_t count, struct error *err); /* durable on return */
    /** A finished draft goes into the quarantine under this name, with this date, instead of a folder; durable on return. Consumes it. */
    bool (*keep)(void *local, struct local_draft *draft, const char *name, int64_t date, struct error *err);
    /** Is this name in the quarantine? */
    bool (*in_quarantine)(void *local, const char *name);
    /**
     * Open a file of the quarantine for reading in wire form, as read_open. NULL in *handle with *missing: not there.
     * @param print  [out] its size on the disk, and mtime
     */
    bool (*quarantine_open)(void *local, const char *name, void **handle, struct local_print *print, bool *missing,
                            struct error *err);
    /** Remove a file whose days are over from the quarantine. After a power cut it may be there again, until quarantine_flush has returned. */
    bool (*quarantine_drop)(void *local, const char *name, struct error *err);
    /** What was dropped is gone for good. */
    bool (*quarantine_flush)(void *local, struct error *err);
    /** Make a folder with cur/, new/ and tmp/, parents too, durable. One that is there already is fine. */
    bool (*create)(void *local, const char *folder, struct error *err);
    /** The same for many, with flushes in common. Each item has its outcome; false: none of them is certain. */
    bool (*create_all)(void *local, struct local_folder *items, size_t count, struct error *err);
    /**
     * A folder with all below it gets another path, whatever that is called; parents are made, and those that held nothing else go; durable on
     * return. Where that was done before, it is made durable. Never over anything but an empty directory: then false, and *taken.
     */
    bool (*move_folder)(void *local, const char *from, const char *to, bool *taken, struct error *err);
    /**
     * What stands in a folder's directory beside its mail and what mail servers, other programs that keep the tree, and golub are known to leave there:
     * "notes.txt", "tmp/1.a". For whoever is to remove it. `directory`: it may hold other folders.
     * @param empty  [out] nothing at all stands there. *missing: there is no such directory, and nothing in its place: a link or a file is an error
     */
    bool (*beside)(void *local, const char *folder, bool (*entry)(void *context, const char *name, bool directory),
                   void *context, bool *missing, bool *empty, struct error *err);
    /**
     * A folder without mail goes: tmp/, new/, cur/, what is known to stand beside them, and the directory, if nothing else is in it; durable on return.
     * Of one that is partly gone the rest goes. *holds: there is something in tmp/, new/ or cur/, so that it is left as a folder, or made one again; or a
     * link or a file stands in its place, which stays.
     */
    bool (*remove_folder)(void *local, const char *folder, bool *holds, struct error *err);
    /** Does anything stand under this path, a folder or not, but an empty directory? */
    bool (*taken)(void *local, const char *folder, bool *taken, struct error *err);
    /**
     * Is it a directory in which nothing stands but these folders, and what leads to them? What is in those is not looked at. What can't be looked at
     * is no such directory.
     */
    bool (*only_above)(void *local, const char *folder, const char *const *folders, size_t count);
    /** Which boot of the system this is; "": it does not tell. */
    void (*boot)(void *local, char id[static LOCAL_BOOT_MAX + 1]);
    /** All that was written below the root until now is on the disk, whatever the settings say. */
    bool (*flush)(void *local, struct error *err);
    /** Bytes free where mail is written. */
    bool (*free_space)(void *local, uint64_t *bytes, struct error *err);
    /** Bytes free where the quarantine is, which may be another file system. */
    bool (*quarantine_space)(void *local, uint64_t *bytes, struct error *err);
    /** For `check`: of the file system under the root, or where that is not there yet under its parent. */
    void (*describe)(void *local, struct local_description *out);
    void (*close)(void *local);
};

struct local {
    const struct local_ops *ops;
    void *self;
};

#endif
