/* See account.h. */
#include "sync/base/account.h"

#include "store/base/digest.h"

bool
account_server(const struct account *account, char name[static ACCOUNT_SERVER_SIZE])
{
    const struct connection *to = &account->connection;
    struct buffer text = buffer_new(4096);
    unsigned char digest[DIGEST_SIZE];
    bool ok = buffer_addf(&text, "%s\n%s", to->host != NULL ? to->host : "", to->user != NULL ? to->user : "") &&
              digest_bytes(text.at, text.len, digest);

    buffer_free(&text);
    if (ok)
        text_hex(digest, sizeof digest, name);
    return ok;
}
