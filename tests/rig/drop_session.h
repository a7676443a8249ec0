/*
 * One session of a POP maildrop in memory, as a struct maildrop: numbers, the order of calls, questions that run ahead of answers, and what
 * is reported where the line breaks. What is in the maildrop and how its server behaves is the owner's (struct drop_server): the unit tests
 * set it (unit/import_scene.h), the simulator draws it (sim/sim_maildrop.c).
 *
 * It keeps the promises of store/base/maildrop.h and no others.
 */
#ifndef TESTS_RIG_DROP_SESSION_H
#define TESTS_RIG_DROP_SESSION_H

#include "store/base/maildrop.h"

#define DROP_MESSAGES 400 /* that ever were in it */
#define DROP_WINDOW_MAX 7

enum drop_command { DROP_LOGIN, DROP_STAT, DROP_UIDL, DROP_LIST, DROP_TOP, DROP_RETR, DROP_DELE, DROP_QUIT };

enum drop_fate { DROP_GOES_ON, DROP_BREAKS_BEFORE, DROP_BREAKS_AFTER }; /* before or after the server carried it out */

struct drop_server { /* of messages by their index, which is the owner's */
    /** Is the caller's process gone? NULL: never. */
    bool (*dead)(void *self);
    /** A command begins. @return false: it can't, err filled in */
    bool (*ready)(void *self, enum drop_command command, struct error *err);
    /** Between two messages of one command; NULL. */
    void (*between)(void *self);
    /** Asked once a command, or once a message of TOP, RETR and DELE. */
    enum drop_fate (*step)(void *self, enum drop_command command);
    /** The same for one message, where step lets it go on; NULL. */
    enum drop_fate (*fate)(void *self, enum drop_command command, size_t index);
    /** The line broke: err filled in, what was marked is forgotten. @return false */
    bool (*broke)(void *self, bool after, struct error *err);
    /** The caller did what no caller may. */
    void (*wrong)(void *self, const char *what);

    /** Of a session that begins: drop_session_show for each message. */
    void (*list)(void *self);
    void (*info)(void *self, struct maildrop_info *out);
    void (*stat)(void *self, uint64_t *messages, uint64_t *bytes);
    bool (*has_uidl)(void *self);
    bool (*has_top)(void *self);
    /** So many lines of a list come where the line breaks behind the command; NULL: all. */
    uint32_t (*lines)(void *self);
    /** Number of a line of a list, from 0 on; NULL: in their order. */
    uint32_t (*number)(void *self, uint32_t line);
    /** NULL: UIDL lacks this line. */
    const char *(*uidl)(void *self, size_t index, uint32_t line);
    /** A list of UIDLs came whole; NULL. */
    void (*told)(void *self);
    uint64_t (*size)(void *self, size_t index);

    /** Of TOP, RETR, DELE, and of QUIT as a whole: NULL, or the words of a refusal. */
    const char *(*refuses)(void *self, enum drop_command command, size_t index);
    bool (*send_header)(void *self, size_t index, uint32_t number, const struct maildrop_taker *taker);
    /** @param breaks  the line will break in it */
    bool (*send_body)(void *self, size_t index, uint32_t number, bool breaks, const struct maildrop_taker *taker);
    /** RETR was answered; NULL. */
    void (*sent)(void *self, size_t index, bool refused);
    void (*mark)(void *self, size_t index);
    /** The server enters its UPDATE state. */
    void (*carry_out)(void *self, bool refused);
    /** QUIT was answered; NULL. */
    void (*ended)(void *self, bool refused);
    /** The connection is closed: what is marked is forgotten. */
    void (*closed)(void *self);
};

struct drop_session {
    const struct drop_server *server;
    void *self;
    bool open, broken;
    uint32_t listed;
    size_t index[DROP_MESSAGES]; /* of number 1 ... */
    size_t window;               /* messages asked for before the first is answered: 1 to DROP_WINDOW_MAX */
};

extern const struct maildrop_ops drop_session_ops;

/** The next number is this message's. */
void drop_session_show(struct drop_session *session, size_t index);

#endif
