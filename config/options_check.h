/* Whether the words of a line fit together: options and their command, options among each other, values, names. */
#ifndef CONFIG_OPTIONS_CHECK_H
#define CONFIG_OPTIONS_CHECK_H

#include "config/options.h"

/** Times and numbers that were given as text become values. @return false: ERROR_CONFIG with what to write instead */
MUST_CHECK bool options_check(struct options *options, struct error *err);

#endif
