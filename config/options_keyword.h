/* The words of `golub keyword`. */
#ifndef CONFIG_OPTIONS_KEYWORD_H
#define CONFIG_OPTIONS_KEYWORD_H

#include "config/options.h"

/** These words on the command line, the last of them a file: does all that follows belong to it, "-later" as well? */
bool options_begin_files(const char *const *words, size_t count);
/** What stands behind the command: "list" and names, or files and keywords (rest). @return false: ERROR_CONFIG */
MUST_CHECK bool options_take_keyword(struct options *options, struct error *err);
/** Of `rest`: is this one a keyword to be set or taken off? */
bool options_is_keyword(const struct options *options, size_t at);

#endif
