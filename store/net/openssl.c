/* See openssl.h. */
#include "store/net/openssl.h"

#include <errno.h>
#include <openssl/err.h>

void
openssl_answer(struct error *err)
{
    char number[32];
    const char *reason = NULL;
    bool starved = false;

    for (unsigned long code; (code = ERR_get_error()) != 0;) {
        reason = ERR_SYSTEM_ERROR(code) ? strerror(ERR_GET_REASON(code)) : ERR_reason_error_string(code);
        if (reason == NULL) {
            (void)text_print(number, sizeof number, "OpenSSL error %lx", code);
            reason = number;
        }
        starved |= ERR_GET_REASON(code) == (ERR_SYSTEM_ERROR(code) ? ENOMEM : ERR_R_MALLOC_FAILURE);
        if (ERR_SYSTEM_ERROR(code))
            break;
    }
    if (starved && err->kind == ERROR_NETWORK)
        err->kind = ERROR_LOCAL; /* this machine's trouble, which another connection does not mend */
    error_answer(err, starved ? TEXT("out of memory") : text_of(reason));
    ERR_clear_error();
}
