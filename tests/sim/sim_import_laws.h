/* What the rooms of laws of an import ask each other: tally (loss, doubles), rows, session (removals), check (a run, quiet). */
#ifndef TESTS_SIM_SIM_IMPORT_LAWS_H
#define TESTS_SIM_SIM_IMPORT_LAWS_H

#include "tests/sim/sim_import.h"

#define DAY 86400

/* ---- which messages can be told apart (sim_import_tally.c) ---- */
/** Digest of its header, as RETR gives it. */
const unsigned char *header_of(const struct drop_message *message);
/** Two messages, one name. */
bool same_uidl(const struct drop_message *a, const struct drop_message *b);
bool same_header(const struct drop_message *a, const struct drop_message *b);
/** Two of one header and one size: by these nobody can tell them apart. */
bool same_message(const struct drop_message *a, const struct drop_message *b);
/** Does LIST say one size of both? */
bool is_size_told(const struct import_sim *sim, const struct drop_message *a, const struct drop_message *b);
/** May it be taken for that one, which is gone or not shown? */
bool is_like(const struct import_sim *sim, const struct drop_message *it, const struct drop_message *ghost);
/** @param own  only those that have a name that golub gives */
int files_of(const struct import_sim *sim, int content, bool own);
/** How often anything came, in all. */
int sum_delivered(const struct import_sim *sim);

/* ---- the journal (sim_import_rows.c) ---- */
/** No other one that the journal may know has its header and size. */
bool is_alone(const struct import_sim *sim, const struct drop_message *message);
/** ... nor its bytes. */
bool is_alone_of_its_bytes(const struct import_sim *sim, const struct drop_message *message);
/** The row that it had after the last run. @return false: none, or it is forgotten */
bool row_left(const struct import_sim *sim, const struct drop_message *message, struct journal_pop *row);
/** The only row of a message. @return false: none, or it can't be told */
bool row_of(const struct import_sim *sim, const struct drop_message *message, struct journal_pop *row);
/** It has a new name, and LIST another size of it than of its row: what reads nothing recorded it as had beside that. */
bool tally_is_had_by_size(const struct import_sim *sim, const struct drop_message *message);
/** LIST said so much of it since it came that what is here counts as a part. */
bool tally_is_part(const struct import_sim *sim, const struct drop_message *message);
/** Rows that are not absent. */
uint64_t count_rows(const struct import_sim *sim);

/* ---- one session (sim_import_session.c) ---- */
/** By what LIST says. */
bool is_too_big(const struct import_sim *sim, const struct drop_message *message);
/** ... or by what there is of it. */
bool is_too_big_to_read(const struct import_sim *sim, const struct drop_message *message);
/** LIST says so much more than comes that it must look like an answer that was cut. */
bool looks_short(const struct import_sim *sim, const struct drop_message *message);
/** It, or one that it may be taken for, came short. */
bool came_short(const struct import_sim *sim, const struct drop_message *message);
/** Did the line break at it, or answers come out of step behind it, twice, so that it is left for a day and named? */
bool is_suspect(const struct import_sim *sim, const struct drop_message *message);
/** Are so many days over? */
bool is_due(const struct import_sim *sim, int64_t since, int keep);
/** It was not here, and this session delivered it once more. */
bool comes_anew(const struct import_sim *sim, const struct drop_message *message);
/** Under a tightened `keep` it may not go. */
bool needs_a_word(const struct import_sim *sim, const struct drop_message *message);
/** At a first meeting a file here may be taken for each of several. */
bool has_equal(const struct import_sim *sim, const struct drop_message *message);
/** One that looks like it was perhaps recorded as had. */
bool has_one_had(const struct import_sim *sim, const struct drop_message *message);

#endif
