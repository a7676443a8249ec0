/* Troubles, by where they happen: at the server (sim_import_there.c), in the Maildir (sim_import_here.c). @return it happened */
#ifndef TESTS_SIM_SIM_IMPORT_TROUBLE_H
#define TESTS_SIM_SIM_IMPORT_TROUBLE_H

#include "tests/sim/sim_import.h"

/* After a run whose clock was back two later ones that agree count all of the gap, and what went in it is that old: CONTRACT, quarantine-days. */
#define CLOCK_WAS_BACK 10000

/** The next sessions show a part. */
bool trouble_shows_less(struct import_sim *sim);
/** Some messages get other UIDLs. */
bool trouble_renames_some(struct import_sim *sim);
/** Each UIDL moves on to the next message. */
bool trouble_shifts(struct import_sim *sim);
/** Messages that were removed are there again. */
bool trouble_restores(struct import_sim *sim);
/** TOP has a line that programs are known to add. */
bool trouble_reads(struct import_sim *sim);
/** ... or one that nobody knows. */
bool trouble_looks_odd(struct import_sim *sim);
/** LIST tells other sizes. */
bool trouble_counts_anew(struct import_sim *sim);

/** The Maildir is saved, or comes out of a backup. */
bool trouble_backup(struct import_sim *sim);
/** The deliver folder is gone. */
bool trouble_folder_goes(struct import_sim *sim);
/** A file loses some of its bytes. */
bool trouble_damages(struct import_sim *sim);
/** Mail goes to a command, or into the Maildir again. */
bool trouble_changes_hands(struct import_sim *sim);
/** A run without a root. */
bool trouble_rootless(struct import_sim *sim);
/** The IMAP account of the tree sends all up, and something is deleted there. */
bool trouble_goes_beside(struct import_sim *sim);

#endif
