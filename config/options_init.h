/* The words of `golub init`. */
#ifndef CONFIG_OPTIONS_INIT_H
#define CONFIG_OPTIONS_INIT_H

#include "config/options.h"

#define OPTION_INIT 512 /* the values of these options in getopt_long's table: this and enum init_option */

struct option;

/**
 * --server has a value for init, and none for verify: which of them a line is about is told before it is read.
 * @param letters  as getopt_long takes them @param server  the row of --server, which gets a value where the line is init's
 * @return false: the value is missing
 */
MUST_CHECK bool options_fit_server(int argc, char **argv, const char *letters, struct option *table,
                                   struct option *server, bool (*is_command)(const char *word), struct error *err);
/** The word of an option, without dashes. */
const char *options_init_word(enum init_option option);
/** What it needs, in words: "a name". */
const char *options_init_needs(enum init_option option);
void options_take_init(struct options *options, enum init_option option, const char *value);
/** Options of init alone, and what they take. */
MUST_CHECK bool options_check_init(const struct options *options, struct error *err);

#endif
