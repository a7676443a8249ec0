/*
 * A keyword of a message, with two bases as flags have them (merge.h): what `golub keyword` says is what this side shows. Pure. What the
 * server shows counts here at once, since no file is renamed for a keyword.
 */
#ifndef SYNC_RULES_KEYWORDS_H
#define SYNC_RULES_KEYWORDS_H

#include "sync/rules/merge.h"

#define KEYWORD_SET 1u /* the one bit of a keyword's sides */

/** Of two of which a message should have one at most ($Junk and $NotJunk, Junk and NonJunk) the other one; NULL: it is none of these. */
const char *keyword_opposite(struct text word);
/** Nothing differs. @param shown  by the server */
struct flag_sides keyword_agreed(bool shown);
/** What the server shows by now. */
struct flag_sides keyword_seen(struct flag_sides sides, bool shown);
/** The user says so. */
struct flag_sides keyword_said(struct flag_sides sides, bool set);
/** This side shows it, or not, without having changed it: as the sides are now they agree. */
struct flag_sides keyword_left(struct flag_sides sides, bool here);
/** What the server could not keep is offered to it once more. */
struct flag_sides keyword_offered(struct flag_sides sides);
/** The server may show either by now: what this side says is sent if it shows the other. */
struct flag_sides keyword_unsure(struct flag_sides sides);
/**
 * This side follows; what the server shows already, or can't keep, is agreed on.
 * @param step  [out] what is left to be sent: there_add or there_del, or nothing
 */
struct flag_sides keyword_plan(struct flag_sides sides, bool kept, struct merge_step *step);
/** Is what has to be remembered of both the same? */
bool keyword_is_same(struct flag_sides a, struct flag_sides b);
/** Nothing differs any more. */
bool keyword_is_over(struct flag_sides sides);
/** Does this side show it? */
bool keyword_is_set(struct flag_sides sides);
/** Is something to be sent, if the server shows what it showed when both sides last agreed? */
bool keyword_waits(struct flag_sides sides);
/** This side has it and the server has not: 1; the other way round: -1; else 0. By what the server showed when both last agreed. */
int keyword_difference(struct flag_sides sides);

#endif
