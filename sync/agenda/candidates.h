/* What vanished in one place, and what appeared in another: two of them may be one message that moved. moves.c decides. */
#ifndef SYNC_AGENDA_CANDIDATES_H
#define SYNC_AGENDA_CANDIDATES_H

#include "sync/rules/pair.h"
#include "sync/run/run.h"

enum role {
    GONE_HERE,
    FRESH_HERE,
    GONE_THERE,
    FRESH_THERE,
    GONE_BOTH,
    WAITING,
};
enum pair_by { BY_WIRE, BY_WIRE_AND_MAILBOX, BY_HEADER };

struct candidates {
    struct agenda *agenda;
    struct arena arena;
    struct todo **index; /* all of the agenda's, by id */
    struct pair_item *gone, *fresh;
    size_t gone_count, fresh_count;
};

/** Has it this role? */
bool candidates_is(const struct todo *todo, enum role role);
/** How many have it? */
size_t candidates_count(const struct agenda *agenda, enum role role);
/** Items of two roles, as they compare `by`. @return false: run->err; candidates_free is allowed all the same */
MUST_CHECK bool candidates_gather(struct candidates *candidates, struct run *run, struct agenda *agenda, enum role gone,
                                  enum role fresh, enum pair_by by);
void candidates_free(struct candidates *candidates);
/** What the agenda has for this item. */
struct todo *candidates_todo(const struct candidates *candidates, const struct pair_item *item);

/** Todos by id, for accounts in which thousands moved at once. @return NULL: out of memory, as the arena says */
struct todo **candidates_index(struct arena *arena, struct agenda *agenda);
/** The todo of that id in such an index, or NULL. */
struct todo *candidates_find(struct todo **index, size_t count, int64_t id);

#endif
