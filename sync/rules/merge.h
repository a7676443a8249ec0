/*
 * All arithmetic on the flags of a message. Pure: values in, values out. Who calls has loaded the row, and stores what comes back in the
 * transaction that writes down what was done.
 *
 *     a side changed a flag     what it shows differs from its own base
 *     one side changed it       the other one follows, if it can store it; both did: set wins
 *     a base moves              to what its side then shows, and only for flags that were carried out, or about which nothing has to be done
 *     nothing was agreed on     both bases are clear: what one side shows it has set, and nobody took anything off
 *
 * Each flag by itself, in any order: no function looks at one flag to answer for another. Law: contrib/doc/correctness.md, Flags.
 * `permanent` is what the server can store (PERMANENTFLAGS; a file name shows all six); `here` says which side is meant.
 */
#ifndef SYNC_RULES_MERGE_H
#define SYNC_RULES_MERGE_H

#include "store/base/flags.h"

struct merge_step {                /* what to do about the flags of a message that both sides have */
    unsigned there_add, there_del; /* to be stored on the server */
    unsigned here_add, here_del;   /* to be renamed here */
    unsigned agreed;               /* nothing has to be done about them: their bases become what is seen */
};

struct merge_change { /* of one side, since its base */
    unsigned add, del;
};

/* ---- what is due ---- */

/** What only one side changed goes to the other; of what both changed, set wins; what the other shows already, or can't store, is agreed on. */
struct merge_step merge_plan(struct flag_sides flags, unsigned permanent);
/** A side changed a flag if what it shows differs from its own base. */
bool merge_is_changed(struct flag_sides flags);
struct merge_change merge_change(struct flag_sides flags, bool here);
/** Who set \Flagged on a survivor, or took \Deleted off, wants it; no other change is a reason to keep what the other side removed. */
bool merge_is_wanted(struct merge_change change);
/** What is left to be done so that both sides of another message show this change, each for the flags that it can show (0: there is none). */
struct merge_step merge_give(struct merge_change change, struct flag_sides to, unsigned there, unsigned here);
/** What a name shows after the step: nothing but what the step says has changed. */
unsigned merge_named(struct flag_sides flags, struct merge_step step);
/** An APPEND brings what the file shows, and what others set meanwhile on the version that it replaces. */
unsigned merge_sent(struct flag_sides flags);

/* ---- what a base becomes when something is done ---- */

/** What these flags of one side said was done there, without setting them: both had them, and wherever the message is next it has lost them. */
struct flag_sides merge_taken(struct flag_sides flags, unsigned bits);
/** What needs no act is agreed on as it is seen: for these flags, and no others. */
struct flag_sides merge_agree(struct flag_sides flags, unsigned bits);
/**
 * After STORE: for what was sent the server's base is what it then shows, and any other difference is another client's change. What was given
 * to both sides counts as changed there until the name shows it, too.
 *
 * @param again    it did not show all that was sent the last time either: what was set can't be stored there, and is agreed on; what was
 *                 taken off has been set again by another client since, and comes down (not \Deleted: who took that off wants the message)
 * @param unshown  [out] it does not show all, the first time: that stays our change, once more, since another client may have been quicker
 */
struct flag_sides merge_stored(struct flag_sides flags, struct merge_step step, unsigned shown, bool again,
                               bool *unshown);
/** After a rename: what was planned is what both sides agree on; what the server showed since then stays a difference. */
struct flag_sides merge_renamed(struct flag_sides flags, struct merge_step step);
/** After a download both sides agree on what the file was delivered with; what the server showed since then stays a difference. */
struct flag_sides merge_delivered(struct flag_sides flags, unsigned with);
/** After APPEND, until the UID is seen: what the file shows is agreed on, there as far as it can be stored. */
struct flag_sides merge_appended(struct flag_sides flags, unsigned permanent);
/** First sight of a UID of APPEND: what was sent and is not shown was set here since then; what was not sent is another client's change. */
struct flag_sides merge_append_seen(struct flag_sides flags, unsigned shown);
/** A copy there has its source's flags until it is seen; wanted is what its own name shows. */
struct flag_sides merge_copied(struct flag_sides file, struct flag_sides source);
/** Of what the server shows, what was agreed on: the rest may have been set a moment ago. */
struct flag_sides merge_agreed(struct flag_sides flags);
/** First sight of a copy: of what came along with its source nothing is anybody's wish, nor is \Deleted; other flags were set since then. */
struct flag_sides merge_copy_seen(struct flag_sides copy, unsigned shown);
/** ... unless its source is known to have been without it: then another client has marked the copy since. */
struct flag_sides merge_copy_marked(struct flag_sides copy);
/** A message that moved there: bases and sight of the server go along; what the name in the new place does not show is unchanged. */
struct flag_sides merge_moved_there(struct flag_sides message, const char *info);
/** A file that moved here: bases and what it shows go along; the UID in the new place shows its own. */
struct flag_sides merge_moved_here(struct flag_sides uid, struct flag_sides message);
/** Another file stands for the UID from now on: bases and sight of the server go along; what its own name shows otherwise is a change. */
struct flag_sides merge_heir(struct flag_sides file, struct flag_sides message);

/* ---- what a base becomes when a side is lost, found or another one ---- */

/** New mail: only what that side shows is known. */
struct flag_sides merge_new(struct flag_sides flags, bool here);
/** Its file is known no more, and comes again: what the server shows, and showed, stays known. */
struct flag_sides merge_without_file(struct flag_sides flags);
/** This side counts as unchanged: what it changed went to where the message is now, or stands for nobody's wish. */
struct flag_sides merge_unchanged(struct flag_sides flags, bool here);
/** A file with other bytes goes up as it is, with what others set meanwhile on the version that it replaces. */
struct flag_sides merge_edited(struct flag_sides flags);
/**
 * The survivor of a removal on the other side is shown so now. \Flagged that was seen to be off since both sides agreed on it, and is on again,
 * was set since, which is not to be seen from its base.
 */
struct flag_sides merge_survivor(struct flag_sides flags, unsigned shown, bool here);
/** A file and a UID that never agreed: what both show is agreed on, so set wins. */
struct flag_sides merge_met(struct flag_sides flags);
/** Nothing was agreed on. */
struct flag_sides merge_unknown(struct flag_sides flags);
/** Another UID, or place: where the bases differ (the old one could not store it, or a twin got it) nothing was agreed on that it can store. */
struct flag_sides merge_level(struct flag_sides flags, unsigned permanent);
/** A UID that is perhaps an equal message's: nobody took a flag off it. */
struct flag_sides merge_equal(struct flag_sides flags);
/** The file is back: a change here that went to a twin meanwhile is still one. */
struct flag_sides merge_back(struct flag_sides flags, unsigned permanent);
/**
 * The Maildir was put back: its names show the past, and the server's flags are newer.
 * @param taken  a run that was cut off took the past over already: what is set was set since then, nothing that is missing was taken off
 */
struct flag_sides merge_past(struct flag_sides flags, unsigned permanent, bool taken);
/** A power cut took the name: the old one shows what both sides agreed on before (@param undeleted: that was \Deleted), and it comes down again. */
struct flag_sides merge_unflushed(struct flag_sides flags, bool undeleted);
/** Our own \Deleted of a removal that ended: both sides agreed on it, and the file lost it. */
struct flag_sides merge_undelete(struct flag_sides flags);

/**
 * Another program says what both sides showed when it had last finished.
 *
 * @param here, there  ... and each that is false was lost since: it showed the same when it was
 */
struct flag_sides merge_adopted(struct flag_sides flags, unsigned agreed, unsigned permanent, bool here, bool there);

/** Nobody took these flags off here, though they are shown no more: nothing is agreed on about them, and what the server shows comes down. */
struct flag_sides merge_unsaid(struct flag_sides flags, unsigned bits);

/* ---- what is shown ---- */

/** Some of these flags on both sides: of \Deleted that is no difference, but what `expunge` takes. */
bool merge_both_show(struct flag_sides flags, unsigned bits);
/** Some of these flags on one side at least: a \Draft is one wherever it says so. */
bool merge_one_shows(struct flag_sides flags, unsigned bits);
/** A copy of this source would carry \Deleted, which the file that wants it does not show: whoever expunges would take it meanwhile. */
bool merge_copy_is_deleted(struct flag_sides file, struct flag_sides source);
/** Does this side show some of these flags, which the server has not lost since? */
bool merge_still_shows(struct flag_sides flags, unsigned bits);
/** Does the server show it with \Deleted? */
bool merge_is_marked_there(struct flag_sides flags);
/** \Deleted that was not agreed on is our own where a removal was begun. @param shown  by the server, or what it may show by now */
bool merge_is_own_deleted(struct flag_sides flags, unsigned shown);
/** Of a message that had flags: under its new UID it shows none of them (-1), or one at least (1). 0: it had none. */
int merge_kept(struct flag_sides flags);
/** What a name does not show it has not changed: new/ without a suffix says only that it is not \Seen. */
unsigned merge_of_name(const char *info, unsigned before);
/** ... after another info. Within new/ who took the whole suffix away took off the flags that it showed: mail that is unread loses its last one. */
unsigned merge_of_rename(const char *from, const char *to, unsigned before);
/** A second name of a file: what was set on it since it was made is meant for the message, and goes to the first name. */
unsigned merge_of_second(unsigned first, unsigned second, unsigned made_with);
/** Keywords are not merged: they are what the server showed last, and go where its UID goes. @param shown  NULL: none */
void merge_keywords(char to[static KEYWORDS_MAX + 1], const char *shown);

#endif
