/*
 * A tree of Maildir folders in memory, as a struct local, and what mail readers do in it.
 *
 * Effects of a batch are volatile until the batch returns: at a power loss in the middle any subset of them is lost.
 * What a batch returned is durable. Mail readers act between any two steps, and the marks of time on a folder are as
 * coarse as the world's tick, so that a change may hide behind the stamp of an earlier one.
 */
#ifndef TESTS_SIM_SIM_MAILDIR_H
#define TESTS_SIM_SIM_MAILDIR_H

#include "store/base/local.h"
#include "sync/rules/policy.h"
#include "tests/sim/world.h"

#define SIM_FILES 500
#define SIM_PLACES (SIM_MAILBOXES + 6) /* folders: of the mailboxes' names, and others while they are renamed */
#define SIM_PATH 64
#define SIM_MAPS 4
#define SIM_QUARANTINE 500
#define SIM_DISK (UINT64_C(1) << 40) /* bytes; files of this world take none */

struct sim_file {
    int mailbox; /* = folder */
    char base[LOCAL_BASE_MAX + 1];
    char info[LOCAL_INFO_MAX + 1];
    int content;
    int dress;    /* enum dress: how its bytes look */
    int original; /* what it was before somebody edited it under its name */
    int before;   /* ... and what that was before, likewise */
    int named;    /* in which run, or after which, a mail reader gave it its name; 0: golub did */
    int put;      /* in which run, or after which, somebody put it into this folder; 0: golub did */
    bool strange; /* edited under a name that no run had seen: another file, for all that golub can know */
    int64_t date;
    bool fresh;     /* put there by a batch that has not returned */
    bool unflushed; /* its name is not on the disk */
    bool second;    /* golub gave it this name beside its first one, which is still there: it may take it back */
    bool of_gone;   /* ... while the mailbox of that one was gone on the server: from there it can only be moved */
    bool single;    /* golub took such a second name back: what a cut brings back of it is that one again */
    bool cut;       /* a mail reader whose removals nobody believes has taken letters off its name */
    bool forwarded; /* it was put back with a letter that says $Forwarded in the table that was put back with it */
    bool p_cut;     /* ... with P, and golub can see that as long as nobody changes the name */
    /* ... where a Dovecot serves the tree: the flags that the name showed before, and one; and what its letters said, bits, SIM_FORWARDED among them */
    unsigned cut_from, cut_keys;
    /* Keywords whose letters went because there was no place for them, bits; and in which run, or after which. Back where there is one they look taken off. */
    unsigned lost;
    int lost_in;
};

struct sim_quarantined {
    char name[256];
    int content, dress;
    int64_t since; /* by the world's own clock */
};

#define SIM_FORWARDED                                                                                                  \
    SIM_KEYWORDS /* behind this world's keywords: $Forwarded, which is a flag and may have a letter, too */

struct
    sim_table { /* which keyword letters of a folder's names mean: of each keyword of this world the letter, 1 is a; 0: it has none */
    signed char letter[SIM_KEYWORDS + 1];
    unsigned renumbered; /* bits of those whose letter is another one since the table was written anew */
    unsigned freed; /* letters, bits, that meant something before the Maildir was put back, and have no line since */
};

struct sim_tree { /* what a backup of the Maildir holds */
    bool root;
    bool folder[SIM_PLACES];
    struct { /* places beyond those of the mailboxes' names */
        char path[SIM_PATH];
        int from; /* which of those it had before */
    } aside[SIM_PLACES - SIM_MAILBOXES];
    struct sim_table tables[SIM_PLACES];
    struct sim_file files[SIM_FILES];
    size_t count;
    struct local_mark mark;
};

#define SIM_TOLD 2000

struct sim_told { /* a name that came or went: what a watcher is told */
    int mailbox;
    char base[LOCAL_BASE_MAX + 1];
    char info[LOCAL_INFO_MAX + 1];
};

struct maildir_sim {
    struct world *world;
    int client;
    enum layout layout;
    int map; /* which `map` its folders are called by */
    struct sim_tree tree;
    uint64_t changed[SIM_PLACES];    /* tick of the folder's last change */
    uint64_t version[SIM_PLACES];    /* every change counts */
    int node[SIM_PLACES], next_node; /* which directory it is */
    uint32_t box
        [SIM_PLACES]; /* the mailbox whose folder it was in the last run, which nothing disturbed; 0: that is not known */
    uint32_t next[SIM_MAILBOXES];   /* ... and the first UID that it had not given then */
    uint64_t modseq[SIM_MAILBOXES]; /* ... and its HIGHESTMODSEQ */
    /* times of birth; 0: the file system does not tell */
    int64_t root_born, born[SIM_PLACES];
    int64_t next_birth;
    bool letters, dovecot; /* names show keywords; and a Dovecot serves the tree */
    bool forgotten;        /* no run has ended well since golub forgot what it knew of the names */
    bool busy;             /* another program writes tables at any moment, some of them in their place */
    int cut_read;          /* of the reads of tables from now on the one of this number finds no lines; 0: none */
    unsigned shut;         /* bits of folders whose table can't be read now */
    int letters_max;       /* so many letters there are */
    bool lazy;             /* nothing is flushed unless asked for (fsync = false) */
    bool failing;          /* a flush ends with an error */
    int boots;
    int began, ended; /* runs; the last one that ended well */
    struct sim_quarantined quarantine[SIM_QUARANTINE];
    size_t quarantined;
    struct sim_quarantined dropped[SIM_QUARANTINE]; /* from it, which is not on the disk yet */
    size_t dropped_count;
    unsigned unreadable;            /* bits of folders that can't be read now */
    uint64_t full;                  /* bytes that are taken of the disk's free ones */
    uint64_t kept_full;             /* the same of the disk that the quarantine is on */
    int wrong_clocks;               /* runs under a wrong clock */
    int drafts;                     /* open; 0 after each run */
    unsigned next_name;             /* of the mail reader's own files */
    struct sim_told told[SIM_TOLD]; /* since the last run began */
    size_t told_count;              /* SIM_TOLD: more than are kept */
};

void maildir_sim_init(struct maildir_sim *maildir, struct world *world, int client, enum layout layout);
struct local maildir_sim_local(struct maildir_sim *maildir);

/** The power failed: what was dropped from the quarantine and not flushed is there again. */
void maildir_sim_undrop(struct maildir_sim *maildir);
/** Is a folder elsewhere than where its mailbox is to have it, until golub has renamed it? Then nobody makes another one there. */
bool maildir_sim_moves(const struct maildir_sim *maildir);
const char *maildir_sim_folder(const struct maildir_sim *maildir, int mailbox);
/** Files of this message; originals: and edited ones that still stand for it. */
int maildir_sim_multiplicity(const struct maildir_sim *maildir, int mailbox, int content, bool originals);
struct sim_file *maildir_sim_file(struct maildir_sim *maildir, int mailbox, const char *base, const char *info);
/** Any file of this base there. */
struct sim_file *maildir_sim_base(struct maildir_sim *maildir, int mailbox, const char *base);
/** sim_letters.c: keywords that a name shows there, bits. */
unsigned letters_sim_keys(const struct maildir_sim *maildir, int place, const char *info);
/** $Forwarded, if a letter says so there; else 0. */
unsigned letters_sim_flags(const struct maildir_sim *maildir, int place, const char *info);
/** ... of them those whose letter means that since the table was another one: both sides stay as they are */
unsigned letters_sim_left(const struct maildir_sim *maildir, int place, const char *info);
/** The info that a program gives this file in another folder: one that knows letters translates them, another one leaves them as they are. */
void letters_sim_carry(struct maildir_sim *maildir, const struct sim_file *file, int to,
                       char info[static LOCAL_INFO_MAX + 1]);
/** Letters of its name go, in a tree that a Dovecot serves, since where it is put there are none. */
void letters_sim_lost(struct maildir_sim *maildir, struct sim_file *file, unsigned keys);
/** It is where there are letters for these: of those that it lost since golub looked the name says that they were taken off. */
void letters_sim_back(struct maildir_sim *maildir, const struct sim_file *file, unsigned keys);
/** A program that knows letters moves it there, and finds none left for some of its keywords. */
void letters_sim_lose(struct maildir_sim *maildir, struct sim_file *file, int to);
/** Whoever put it there says that it has what its letters mean there. */
void letters_sim_forgive(struct maildir_sim *maildir, int content, int place, const char *info);
/** A line for this keyword (its number), the lowest letter that is free. @param avoid  letters that are not, bits. @return is there one? */
bool letters_sim_line(struct maildir_sim *maildir, int place, unsigned key, unsigned avoid);
/** golub is about to give a file this name. */
void letters_sim_renamed(struct maildir_sim *maildir, struct sim_file *file, const char *to);
/** A folder's contents changed. */
/** A run has ended well. */
void maildir_sim_ended(struct maildir_sim *maildir);
void maildir_sim_touch(struct maildir_sim *maildir, int mailbox);

/* What happens to files, whoever does it. NULL: no room. */
struct sim_file *maildir_sim_add(struct maildir_sim *maildir, int mailbox, const char *base, const char *info,
                                 int content, int64_t date);
/** Under another info, whoever gives it. */
void maildir_sim_set_info(struct maildir_sim *maildir, struct sim_file *file, const char *info);
void maildir_sim_drop(struct maildir_sim *maildir, struct sim_file *file);
/** Its bytes. */
const struct content *maildir_sim_bytes(const struct sim_file *file);

/* A mail reader. A new base is one that nobody has; file stays where it is in the array but for drop. */
void mua_new_base(struct maildir_sim *maildir, char base[static LOCAL_BASE_MAX + 1]);
void mua_set_flags(struct maildir_sim *maildir, struct sim_file *file, unsigned flags);
void mua_back_to_new(struct maildir_sim *maildir, struct sim_file *file);
bool mua_deliver(struct maildir_sim *maildir, int mailbox, int content, unsigned flags, int64_t date);
/** @param new_base  the file gets a name of its own there, as some readers do */
bool mua_move(struct maildir_sim *maildir, struct sim_file *file, int mailbox, bool new_base);
bool mua_copy(struct maildir_sim *maildir, struct sim_file *file, int mailbox);
void mua_remove(struct maildir_sim *maildir, struct sim_file *file);
void mua_edit(struct maildir_sim *maildir, struct sim_file *file, int content);

/** The tree becomes what `then` was; the quarantine stays. Folders are the same ones, their times those of now. */
void maildir_sim_restore(struct maildir_sim *maildir, const struct sim_tree *then);
/** The power fails and comes back: names that nobody flushed may be gone. */
void maildir_sim_power_cut(struct maildir_sim *maildir);
/** Root, folders and mark are others than before, though they look the same: copied to a new place, or out of a backup. */
void maildir_sim_reborn(struct maildir_sim *maildir);

#endif
