/*
 * The laws of `delete = "trash"`. They are about single instances, not about messages: of each one that golub takes off the server because somebody
 * removed its file there is a copy in the Trash, of that very instance, and no client makes two of one. What becomes of such a copy is its owner's.
 */
#ifndef TESTS_SIM_SIM_TRASH_H
#define TESTS_SIM_SIM_TRASH_H

#include "tests/sim/sim_server.h"

/** golub asks for a copy of it in the Trash, whatever comes of that. */
void trash_asked(struct server *server, struct sim_message *message);
/**
 * What golub sent elsewhere came there, by COPY or MOVE, at once or late.
 * @param from, serial  its source, which may be gone by now
 * @param client        whose run sent it
 * @param trash         as what somebody removed; else as what somebody moved or copied
 */
void trash_came(struct server *server, int from, unsigned serial, int to, uint32_t uid, int client, bool trash);
/** golub was told that what it copied has this UID in the Trash, under the UIDVALIDITY that this has now: it can find it there. */
void trash_told(struct server *server, uint32_t uid);
/** This client was killed, perhaps before it wrote that down. */
void trash_killed(struct server *server, int client);
/** golub expunges it. */
void trash_expunges(struct server *server, int mailbox, const struct sim_message *message);
/** So many of it stand in the Trash because golub took them there; more than users put there. */
int trash_brought(const struct server *server, int content);
/** Somebody changes the flags of it, perhaps since he wants it back: what is in the Trash of it stays there, and it may go there once more. */
void trash_wanted(struct server *server, const struct sim_message *message);
/** Another client removes it, or somebody moved it out of there. Who has a file of it may want it back: it comes as any that somebody put there. */
void trash_removed(struct server *server, int mailbox, const struct sim_message *message);
/** Its UIDs were given anew: what was copied there can't be told from what stood there before. */
void trash_renumbered(struct server *server, int mailbox);

#endif
