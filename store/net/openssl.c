/* See openssl.h. */
#include "store/net/openssl.h"

#include <openssl/err.h>

void
openssl_answer(struct error *err)
{
    char number[32];
    const char *reason = NULL;

    for (unsigned long code; (code = ERR_get_error()) != 0;) {
        reason = ERR_SYSTEM_ERROR(code) ? strerror(ERR_GET_REASON(code)) : ERR_reason_error_string(code);
        if (reason == NULL) {
            (void)text_print(number, sizeof number, "OpenSSL error %lx", code);
            reason = number;
        }
        if (ERR_SYSTEM_ERROR(code))
            break;
    }
    error_answer(err, text_of(reason));
    ERR_clear_error();
}
