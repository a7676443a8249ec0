#include "config/init/providers.h"

#include <stddef.h>
#include <strings.h>

#define DOMAINS(...)                                                                                                   \
    (const char *const[])                                                                                              \
    {                                                                                                                  \
        __VA_ARGS__, NULL                                                                                              \
    }
#define APP_PASSWORD "It wants an app password, made in the settings of the account there; the usual one is refused."
#define TURNED_ON "IMAP or POP has to be turned on in the settings of the account there."

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
    {.name = "GMX",
     .domains = DOMAINS("gmx.net", "gmx.de", "gmx.at", "gmx.ch", "gmx.eu", "gmx.biz", "gmx.org", "gmx.info", "mein.gmx",
                        "mail.gmx", "email.gmx"),
     .imap = "imap.gmx.net",
     .pop = "pop.gmx.net",
     .note = TURNED_ON},
    {.name = "GMX",
     .domains = DOMAINS("gmx.com", "gmx.us", "gmx.co.uk", "gmx.es", "gmx.fr", "gmx.it", "gmx.pt", "gmx.se", "gmx.li",
                        "gmx.ie", "gmx.ca", "gmx.cn", "gmx.hk", "gmx.ph", "gmx.ru", "gmx.sg", "gmx.tm", "gmx.tw",
                        "gmx.co.in", "gmx.com.br", "gmx.com.my", "gmx.com.tr"),
     .imap = "imap.gmx.com",
     .pop = "pop.gmx.com",
     .note = TURNED_ON},
    {.name = "WEB.DE",
     .domains = DOMAINS("web.de"),
     .imap = "imap.web.de",
     .pop = "pop3.web.de",
     .local_part = true,
     .note = TURNED_ON " By POP it lets nobody in who was there less than 15 minutes ago."},
    {.name = "Posteo",
     .domains =
         DOMAINS("posteo.de", "posteo.at", "posteo.be", "posteo.ca", "posteo.ch", "posteo.cl", "posteo.co",
                 "posteo.co.uk", "posteo.com", "posteo.com.br", "posteo.cr", "posteo.cz", "posteo.dk", "posteo.ee",
                 "posteo.es", "posteo.eu", "posteo.fi", "posteo.gl", "posteo.gr", "posteo.hn", "posteo.hr", "posteo.hu",
                 "posteo.ie", "posteo.in", "posteo.is", "posteo.it", "posteo.jp", "posteo.la", "posteo.li", "posteo.lt",
                 "posteo.lu", "posteo.me", "posteo.mx", "posteo.my", "posteo.net", "posteo.nl", "posteo.no",
                 "posteo.nz", "posteo.org", "posteo.pe", "posteo.pl", "posteo.pm", "posteo.pt", "posteo.ro",
                 "posteo.se", "posteo.sg", "posteo.si", "posteo.tn", "posteo.uk", "posteo.us"),
     .imap = "posteo.de",
     .pop = "posteo.de",
     .note = "If it refuses the usual password: it may want an app password, made in the settings of the account "
             "there."},
    {.name = "mailbox.org",
     .domains = DOMAINS("mailbox.org"),
     .imap = "imap.mailbox.org",
     .pop = "pop3.mailbox.org",
     .note = "With two-factor authentication it wants an app password, made in the settings of the account there."},
    {.name = "Fastmail",
     .domains = DOMAINS("fastmail.com", "fastmail.fm"),
     .imap = "imap.fastmail.com",
     .pop = "pop.fastmail.com",
     .note = APP_PASSWORD},
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
     .note = TURNED_ON},
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
