/* The words of `golub restore`. */
#ifndef CONFIG_OPTIONS_RESTORE_H
#define CONFIG_OPTIONS_RESTORE_H

#include "config/options.h"

/** Do they fit each other? Of another command: yes. @return false: ERROR_CONFIG with what to write instead */
MUST_CHECK bool options_check_restore(const struct options *options, struct error *err);

#endif
