/* See filing.h. */
#include "sync/base/filing.h"

/* Of a server's name: "exchange.example.org" is a host's and says nothing. */
static bool
is_word(struct text word, const char *next)
{
    static const char microsoft[] = "Microsoft.Exchange";

    while (word.len > 0 && strchr("\"'().,;:", word.at[word.len - 1]) != NULL)
        word.len--;
    while (word.len > 0 && strchr("\"'(", *word.at) != NULL)
        word = (struct text){word.at + 1, word.len - 1};
    if (word.len > sizeof microsoft - 1 && word.at[sizeof microsoft - 1] == '.')
        word.len = sizeof microsoft - 1;
    return text_is_nocase(word, "Exchange") || text_is_nocase(word, "Outlook") || text_is_nocase(word, "Office365") ||
           text_is_nocase(word, microsoft) || (text_is_nocase(word, "Office") && strncmp(next, " 365", 4) == 0);
}

static bool
is_exchange(const char *server)
{
    for (const char *at = server; *at != '\0'; at += strspn(at, " ")) {
        const size_t len = strcspn(at, " ");

        if (is_word((struct text){at, len}, at + len))
            return true;
        at += len;
    }
    return false;
}

const char *
filing_service(const struct account *account, const struct remote_info *info)
{
    const char *host = account->connection.host;

    if (info->labels)
        return "Gmail";
    if (is_exchange(info->server))
        return "Exchange, Outlook";
    return host != NULL && text_is_nocase(text_of(host), "imap.mail.me.com") ? "iCloud" : NULL;
}

bool
filing_is_servers(const struct account *account, const struct remote_info *info)
{
    const enum sent_policy sent = account->policy.sent;

    return sent == SENT_SERVER || (sent == SENT_AUTO && filing_service(account, info) != NULL);
}
