#include "config/init/providers.h"

#include <stddef.h>
#include <strings.h>

#define DOMAINS(...)                                                                                                   \
    (const char *const[])                                                                                              \
    {                                                                                                                  \
        __VA_ARGS__, NULL                                                                                              \
    }
#define APP_PASSWORD "It wants an app password, made in the settings of the account there; the usual one is refused."

static const struct provider providers[] = {
    {.name = "Gmail",
     .domains = DOMAINS("gmail.com", "googlemail.com"),
     .imap = "imap.gmail.com",
     .pop = "pop.gmail.com",
     .note = APP_PASSWORD " It needs 2-step verification. What POP shows there is a setting of its own."},
    {.name = "Microsoft (Outlook.com, Microsoft 365)",
     .domains = DOMAINS("outlook.com", "hotmail.com", "live.com", "msn.com", "windowslive.com", "outlook.de",
                        "outlook.fr", "outlook.es", "outlook.it", "hotmail.co.uk", "hotmail.de", "hotmail.fr",
                        "hotmail.es", "hotmail.it", "hotmail.rs", "live.de", "live.fr", "live.nl", "live.co.uk"),
     .imap = "outlook.office365.com",
     .pop = "outlook.office365.com",
     .tokens_only = true},
    {.name = "Yahoo",
     .domains =
         DOMAINS("yahoo.com", "yahoo.de", "yahoo.it", "yahoo.fr", "yahoo.es", "yahoo.se", "yahoo.co.uk", "yahoo.co.nz",
                 "yahoo.com.au", "yahoo.com.ar", "yahoo.com.br", "yahoo.com.mx", "ymail.com", "rocketmail.com"),
     .imap = "imap.mail.yahoo.com",
     .pop = "pop.mail.yahoo.com",
     .note = APP_PASSWORD},
    {.name = "AOL",
     .domains =
         DOMAINS("aol.com", "aim.com", "netscape.net", "aol.de", "aol.it", "aol.fr", "aol.es", "aol.se", "aol.co.uk"),
     .imap = "imap.aol.com",
     .pop = "pop.aol.com",
     .note = APP_PASSWORD},
    {.name = "iCloud",
     .domains = DOMAINS("icloud.com", "me.com", "mac.com"),
     .imap = "imap.mail.me.com",
     .local_part = true,
     .note = APP_PASSWORD " It needs two-factor authentication."},
    {.name = "GMX", .domains = DOMAINS("gmx.com"), .imap = "imap.gmx.com", .pop = "pop.gmx.com"},
    {.name = "Yandex",
     .domains =
         DOMAINS("yandex.ru", "yandex.com", "yandex.net", "yandex.by", "yandex.kz", "yandex.ua", "ya.ru", "narod.ru"),
     .imap = "imap.yandex.com",
     .pop = "pop.yandex.com",
     .note = "It wants an app password, and IMAP or POP turned on in the settings of the account there."},
    {.name = "mail.ru",
     .domains = DOMAINS("mail.ru", "inbox.ru", "list.ru", "bk.ru"),
     .imap = "imap.mail.ru",
     .pop = "pop.mail.ru"},
    {.name = "Zoho",
     .domains = DOMAINS("zoho.com", "zohomail.com"),
     .imap = "imap.zoho.com",
     .pop = "pop.zoho.com",
     .note = "IMAP or POP has to be turned on in the settings of the account there."},
};

const struct provider *
provider_of(const char *domain)
{
    for (size_t i = 0; i < sizeof providers / sizeof providers[0]; i++) {
        for (const char *const *known = providers[i].domains; *known != NULL; known++) {
            if (strcasecmp(*known, domain) == 0)
                return &providers[i];
        }
    }
    return NULL;
}
