/* `golub check` of a POP account: login, the server's capabilities, where mail goes. No message is asked for, none is marked. */
#include <inttypes.h>

#include "store/pop/pop.h"
#include "sync/base/tree_map.h"
#include "sync/inspect/check_private.h"

/* The rest of the capability's line: "" without arguments, NULL without the capability. */
static bool
find_capability(const char *lines, const char *name, char *rest, size_t size)
{
    size_t len = strlen(name);

    for (const char *line = lines; line != NULL && *line != '\0'; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncasecmp(line, name, len) != 0 || (line[len] != '\0' && line[len] != '\n' && line[len] != ' '))
            continue;
        line += len + (line[len] == ' ');
        (void)text_print(rest, size, "%.*s", (int)strcspn(line, "\r\n"), line);
        return true;
    }
    return false;
}

static void
say_capabilities(const struct account *account, struct report *report, const struct maildrop_info *info)
{
    const char *name = account->name;
    char rest[512];

    if (info->capabilities[0] == '\0') {
        report_line(report, name, "capability",
                    "%-14s the server names none: whether it has UIDL and TOP shows when they are used", "CAPA");
    } else {
        check_say(report, name, "UIDL", info->uidl, "each message has a name that lasts",
                  "messages are known by their headers; nothing is removed from the server");
        check_say(report, name, "TOP", info->top, "what an earlier run stored is proven before it is removed",
                  "only what a run has fetched itself is removed by it");
    }
    check_say(report, name, "PIPELINING", info->pipelining, "many messages are asked for at once",
              "one wait for each message");
    check_say(report, name, "RESP-CODES", info->resp_codes, "a mailbox in use is told from a refused login",
              "a mailbox in use may look like a refused login");
    if (info->secure)
        report_line(report, name, "capability", "%-14s up: everything after the greeting is encrypted", "TLS");
    else
        check_say(report, name, "STLS", find_capability(info->capabilities, "STLS", rest, sizeof rest),
                  "not used: the configuration says tls = \"none\", or there is a tunnel",
                  "the connection is not encrypted");
    if (find_capability(info->capabilities, "SASL", rest, sizeof rest))
        report_line(report, name, "capability", "%-14s %s", "SASL", rest);
    if (info->login_delay > 0)
        report_line(report, name, "capability", "%-14s %d seconds between two logins: run golub no more often",
                    "LOGIN-DELAY", info->login_delay);
    if (info->expire_days >= 0)
        report_line(report, name, "capability",
                    "%-14s the server itself removes mail %d day%s after it was there or read", "EXPIRE",
                    info->expire_days, info->expire_days == 1 ? "" : "s");
    else
        report_line(report, name, "capability", "%-14s the server does not remove mail by itself, or does not say so",
                    "EXPIRE");
}

static void
say_keep(const struct account *account, struct report *report, const struct maildrop_info *info)
{
    int days = account->import.keep_days;

    if (account_expires_before(info->expire_days, days))
        report_line(report, account->name, "keep",
                    "the server removes mail by itself before `keep` is over (EXPIRE %d)", info->expire_days);
    if (days < 0)
        report_line(report, account->name, "keep", "mail stays on the server");
    else if (!info->uidl)
        report_line(report, account->name, "keep", "mail stays on the server: without UIDL nothing is removed");
    else if (days == 0)
        report_line(
            report, account->name, "keep",
            account->import.deliver_command == NULL
                ? "mail is removed from the server as soon as it is here"
                : "mail is removed from the server as soon as the deliver-command ends with status 0: golub has no "
                  "copy of it, and does not look whether the command kept one");
    else
        report_line(report, account->name, "keep", "mail is removed from the server %d day%s after it came%s", days,
                    days == 1 ? "" : "s", info->top ? "" : ": not by this server, which has no TOP");
}

bool
check_import(const struct account *account, struct report *report, struct error *err)
{
    const struct connection *to = &account->connection;
    struct pop *pop = pop_new(to);
    struct maildrop maildrop;
    struct maildrop_info info;
    struct error ignored = {0};
    uint64_t messages, bytes;
    bool ok = false;

    if (pop == NULL) {
        error_set(err, ERROR_LOCAL, "get memory");
        return false;
    }
    maildrop = pop_maildrop(pop);
    if (!maildrop.ops->open(maildrop.self, err))
        goto out;
    report_line(report, account->name, "login", "logged in%s%s", to->user != NULL ? " as " : "",
                to->user != NULL ? to->user : "");
    maildrop.ops->info(maildrop.self, &info);
    report_line(report, account->name, "server", "%s", info.server);
    say_capabilities(account, report, &info);
    report_facts(report, account->name,
                 &(struct report_facts){.server = info.server, .capabilities = info.capabilities, .between = '\n'});
    if (!maildrop.ops->stat(maildrop.self, &messages, &bytes, err))
        goto out;
    report_line(report, account->name, "maildrop", "%" PRIu64 " message%s, %" PRIu64 " bytes", messages,
                messages == 1 ? "" : "s", bytes);
    say_keep(account, report, &info);
    (void)maildrop.ops->quit(maildrop.self, &ignored); /* nothing was marked */
    ok = true;
out:
    pop_free(pop);
    return ok;
}

bool
check_deliver_to(const struct account *account, struct report *report, const struct local *local, struct error *err)
{
    char folder[LOCAL_FOLDER_MAX + 1];
    struct local_stamp stamp;
    bool missing = true;
    struct names_map map;

    if (account->import.deliver_command != NULL) {
        report_line(report, account->name, "deliver",
                    "each message goes to the deliver-command, at least once: again where a run is cut off");
        return true;
    }
    if (!tree_map(account, &map, err) ||
        !names_map_folder(&map, account->import.deliver_to, account->policy.layout, folder, err) ||
        (local->ops != NULL && !local->ops->stamp(local->self, folder, &stamp, &missing, err)))
        return false;
    report_line(report, account->name, "deliver", "mail goes into %s: the folder %s/%s%s", account->import.deliver_to,
                account->maildir, folder, missing ? " is not there yet: an import makes it" : "");
    return true;
}
