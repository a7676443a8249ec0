/* Which part of what it reads `golub verify` is to read. */
#include "config/options_verify.h"

/* N/M: N is 1 ... M. */
bool
options_check_part(struct options *options, struct error *err)
{
    const char *text = options->part_text, *slash = text != NULL ? strchr(text, '/') : NULL;
    uint64_t part, parts;

    if (text == NULL)
        return true;
    if (slash == NULL || !text_number((struct text){text, (size_t)(slash - text)}, UINT32_MAX, &part) ||
        !text_number(text_of(slash + 1), UINT32_MAX, &parts) || part == 0 || part > parts) {
        error_state(err, ERROR_CONFIG, "no part: --part %.100s", text);
        error_hint(err, "Write --part N/M with 1 <= N <= M, such as 1/30.");
        return false;
    }
    if (!options->bytes) {
        error_state(err, ERROR_CONFIG, "--part says of what is read which part");
        error_hint(err, "golub verify --bytes --part %s", text);
        return false;
    }
    options->part = part;
    options->parts = parts;
    return true;
}
