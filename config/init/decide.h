/* IMAP or POP: pure rules, from what is there and what was answered. */
#ifndef CONFIG_INIT_DECIDE_H
#define CONFIG_INIT_DECIDE_H

#include <stdbool.h>

enum use_answer { USE_NOT_ASKED, USE_YES, USE_NO, USE_UNKNOWN };

struct use {
    bool imap, pop;            /* what the server speaks */
    enum use_answer elsewhere; /* is this mail read anywhere else, too? */
    enum use_answer stay;      /* should it stay on the server? */
    enum use_answer backed_up; /* is this machine's mail backed up? */
};

enum use_question { USE_ASK_ELSEWHERE, USE_ASK_STAY, USE_ASK_BACKED_UP, USE_DECIDED };

/** What has to be asked next. */
enum use_question use_next(const struct use *use);
/** Once nothing has: POP? */
bool use_is_pop(const struct use *use);
/** ... and the value of `keep`. Never "no": what is on one disk alone is lost with it. */
const char *use_keep(const struct use *use);

#endif
