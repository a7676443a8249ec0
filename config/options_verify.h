/* The words of `golub verify`. */
#ifndef CONFIG_OPTIONS_VERIFY_H
#define CONFIG_OPTIONS_VERIFY_H

#include "config/options.h"

/** --part N/M becomes numbers. @return false: ERROR_CONFIG, there is no such part, or nothing is read of which it could be one */
MUST_CHECK bool options_check_part(struct options *options, struct error *err);

#endif
