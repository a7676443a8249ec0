/* The words of `golub init`. */
#ifndef CONFIG_OPTIONS_INIT_H
#define CONFIG_OPTIONS_INIT_H

#include "config/options.h"

/** What the command line is about, told before it is read: --server has a value for init, and none for verify. */
bool options_are_init(int argc, char **argv);
/** The word of an option, without dashes. */
const char *options_init_word(enum init_option option);
/** What it needs, in words: "a name". */
const char *options_init_needs(enum init_option option);
void options_take_init(struct options *options, enum init_option option, const char *value);
/** Options of init alone, and what they take. */
MUST_CHECK bool options_check_init(const struct options *options, struct error *err);

#endif
