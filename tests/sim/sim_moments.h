/*
 * Moments that chance alone meets too seldom: each is a short scene with runs of golub in it, drawn from the seed like everything else, and
 * put between two actions of a history. The laws are those of all histories; where a scene knows more, it asserts that, too.
 */
#ifndef TESTS_SIM_SIM_MOMENTS_H
#define TESTS_SIM_SIM_MOMENTS_H

#include "tests/sim/sim_history.h"

/** A change is under way when the process dies or the line breaks; golub runs again at once, perhaps after somebody touched it. */
void moment_broken_off(struct sim *sim);
/** Others do one kind of thing again and again, between any two steps of a run. */
void moment_race(struct sim *sim);
/** A mailbox, a folder or a body can't be read while a message moves to it. */
void moment_unreadable(struct sim *sim);
/** A message is removed or moved on one side and flagged on the other, perhaps before a run that does not see all of it. */
void moment_wanted(struct sim *sim);
/** More is removed than goes without a word; then UIDVALIDITY changes. */
void moment_held(struct sim *sim);
/** The server goes back to a backup, and gives its UIDs anew to other mail. */
void moment_rewind(struct sim *sim);
/** UIDVALIDITY changes and the provider fills the mailbox again in parts, while golub runs. */
void moment_refill(struct sim *sim);
/** A body comes cut, empty or not at all. */
void moment_body(struct sim *sim);
/** The disk has no room for what arrives. */
void moment_full_disk(struct sim *sim);
/** A draft is saved again, or a file is written on after it was sent. */
void moment_edit(struct sim *sim);
/** Many are moved at once: no removals. */
void moment_move_many(struct sim *sim);
/** Each message stands in two mailboxes; many of both, or of one, go. */
void moment_twins(struct sim *sim);

#endif
