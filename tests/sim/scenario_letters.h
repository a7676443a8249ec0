/* Folders whose names show keywords by letters, each with lines of its own. */
#ifndef TESTS_SIM_SCENARIO_LETTERS_H
#define TESTS_SIM_SCENARIO_LETTERS_H

#include "tests/sim/scenario_away.h"

enum { JUNK, SOON, TODO, FORWARDED = SIM_FORWARDED }; /* numbers of keywords */
enum { A = 1, B, C };                                 /* letters */

static inline unsigned
bit(int keyword)
{
    return 1u << keyword;
}

static inline void
given_line(int mailbox, int keyword, int letter)
{
    here()->tree.tables[mailbox].letter[keyword] = (signed char)letter;
}

/* Names show letters; no Dovecot serves the tree. All three mailboxes are on both sides. */
static inline void
given_letters(void)
{
    given_empty_account(1);
    server_create(&sim.server, OLD);
    here()->tree.folder[OLD] = true;
    here()->letters = true;
    here()->letters_max = LETTERS_COUNT;
}

/* A message that both sides have, with these keywords (bits) and a name in cur/. */
static inline void
given_mail_with(int mailbox, int content, unsigned keys)
{
    given_mail_there(mailbox, content);
    server_set_flags(&sim.server, mailbox, message_of(mailbox, content), FLAG_SEEN, keys);
}

static inline void
given_name(struct sim_file *file, const char *info)
{
    maildir_sim_set_info(here(), file, info);
}

static inline void
then_it_has(int mailbox, int content, unsigned keys)
{
    const unsigned has = message_of(mailbox, content)->keys;

    if (has != keys)
        fail_msg("#%d has keywords %x, and is to have %x", content, has, keys);
}

static inline void
then_its_name_is(int mailbox, int content, const char *info)
{
    assert_string_equal(file_of(mailbox, content)->info, info);
}

#endif
