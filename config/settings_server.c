/* The key `server`: SCHEME://HOST[:PORT], an IPv6 address in [ ]. Nothing else is taken for a host. */
#include "config/settings_loader.h"

#include <arpa/inet.h>
#include <strings.h>

#define HOST_MAX 253 /* bytes of a host name in the DNS */

static bool
refuse_server(struct loader *loader, const char *why, const char *hint)
{
    loader_refuse(loader, "server", "%s", why);
    return loader_hint(loader, "%s", hint);
}

static bool
is_name(struct text host)
{
    if (host.len == 0 || host.len > HOST_MAX || host.at[0] == '.' || host.at[0] == '-')
        return false;
    for (size_t i = 0; i < host.len; i++) {
        char c = host.at[i];

        if ((c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '.' && c != '-' && c != '_')
            return false;
    }
    return true;
}

/* An IPv6 address, perhaps with the zone that a link-local one needs. */
static bool
is_ipv6(struct text host)
{
    char address[INET6_ADDRSTRLEN];
    unsigned char bits[16];
    const char *percent = memchr(host.at, '%', host.len);
    size_t len = percent != NULL ? (size_t)(percent - host.at) : host.len;

    if (percent != NULL && !is_name((struct text){percent + 1, host.len - len - 1}))
        return false;
    return text_copy((struct text){host.at, len}, address, sizeof address) && inet_pton(AF_INET6, address, bits) == 1;
}

/* Names of hosts don't differ by case; the account's identity must not either. */
static const char *
keep_lower(struct loader *loader, struct text host)
{
    char *copy = loader_keep(loader, strndup(host.at, host.len));

    for (char *at = copy; at != NULL && *at != '\0'; at++) {
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at - 'A' + 'a');
    }
    return copy;
}

static bool
take_scheme(const char **at, struct connection *to)
{
    static const struct {
        const char *prefix;
        enum connection_scheme scheme;
        uint16_t port;
    } schemes[] = {
        {"imaps://", SCHEME_IMAPS, 993},
        {"imap://", SCHEME_IMAP, 143},
        {"pop3s://", SCHEME_POP3S, 995},
        {"pop3://", SCHEME_POP3, 110},
    };

    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        size_t len = strlen(schemes[i].prefix);

        if (strncasecmp(*at, schemes[i].prefix, len) != 0)
            continue;
        *at += len;
        to->scheme = schemes[i].scheme;
        to->port = schemes[i].port;
        return true;
    }
    return false;
}

bool
keys_server(struct loader *loader, struct connection *to)
{
    static const char form[] =
        "Write \"imaps://HOST\" or \"pop3s://HOST\" (imap:// and pop3:// for STARTTLS), with :PORT if "
        "it is not the usual one.";
    const char *at = loader_scalar(loader, "server");
    struct text host;
    uint64_t port;

    if (at == NULL)
        return true;
    if (!take_scheme(&at, to))
        return refuse_server(loader, "does not begin with imaps://, imap://, pop3s:// or pop3://", form);
    if (strchr(at, '@') != NULL)
        return refuse_server(loader, "a user does not belong into it", "Use the key user.");
    if (at[0] == '[') {
        const char *end = strchr(at, ']');

        host = (struct text){at + 1, end != NULL ? (size_t)(end - at - 1) : 0};
        if (end == NULL || !is_ipv6(host))
            return refuse_server(loader, "what stands in [ ] is not an IPv6 address", form);
        at = end + 1;
    } else {
        host = (struct text){at, strcspn(at, ":")};
        if (!is_name(host) || strchr(at, ':') != strrchr(at, ':'))
            return refuse_server(loader, "this is not the name of a host",
                                 strchr(at, ':') != strrchr(at, ':') ? "An IPv6 address stands in [ ]." : form);
        at += host.len;
    }
    if (at[0] == ':' && text_number(text_of(at + 1), 65535, &port) && port > 0)
        to->port = (uint16_t)port;
    else if (at[0] != '\0')
        return refuse_server(loader, "what follows the host is not :PORT", form);
    to->host = keep_lower(loader, host);
    return to->host != NULL;
}

bool
keys_loopback(const char *host)
{
    struct in_addr four;

    if (host == NULL)
        return false;
    if (strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0)
        return true;
    return inet_pton(AF_INET, host, &four) == 1 && (ntohl(four.s_addr) >> 24) == 127;
}
