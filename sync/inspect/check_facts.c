/* Of `golub check`: what the server keeps of flags, and what its mailboxes are for. */
#include "sync/base/filing.h"
#include "sync/base/trashing.h"
#include "sync/inspect/check_private.h"
#include "sync/rules/names.h"

static void
add_word(char *to, size_t size, const char *between, const char *word)
{
    const size_t used = strlen(to);

    (void)text_print(to + used, size - used, "%s%s", used != 0 ? between : "", word);
}

/* "\Flagged, \Draft": what is not kept. $Forwarded is a keyword: where those are kept it need not be named. */
static void
name_missing(const struct imap_flags *flags, char *to, size_t size)
{
    to[0] = '\0';
    for (unsigned bit = 1; bit <= FLAG_ALL; bit <<= 1)
        if ((flags->held & bit) == 0 && !(bit == FLAG_FORWARDED && flags->keywords))
            add_word(to, size, ", ", flag_to_imap(bit));
}

void
check_flags(const struct account *account, struct report *report, const struct imap_flags *flags)
{
    char missing[128];

    name_missing(flags, missing, sizeof missing);
    if (!flags->selected)
        report_line(report, account->name, "flags", "flags: INBOX can't be opened: %s", flags->answer);
    else if (flags->read_only)
        report_line(report, account->name, "flags",
                    "flags: INBOX may only be read (READ-ONLY): what is changed here stays here");
    else if (!flags->told)
        report_line(report, account->name, "flags",
                    "flags: the server does not say which INBOX keeps (no PERMANENTFLAGS): it shows when they are set");
    else if (missing[0] != '\0')
        report_line(report, account->name, "flags", "flags: INBOX keeps %s, and not %s: such a flag stays here alone",
                    flags->keywords ? "keywords" : "no keywords (PERMANENTFLAGS without \\*)", missing);
    else
        report_line(report, account->name, "flags", "flags: INBOX keeps all of them, and %s",
                    flags->keywords ? "keywords" : "no keywords (PERMANENTFLAGS without \\*)");
}

#define ROLES 5 /* of special_all: what people look for */

/* Which line of the configuration would settle it? */
static void
say_doubt(const struct account *account, struct report *report, const struct check_mailboxes *mailboxes, unsigned use)
{
    const char *title = special_title(use), *word = special_word(use), *missing = NULL;
    size_t at = 0;
    const enum special_source source = check_mailboxes_which(mailboxes, use, &at);

    for (const struct special_named *named = account->policy.special; named != NULL && named->name != NULL; named++)
        missing = named->use == use ? named->name : missing;
    if (source == SPECIAL_BY_NAME)
        report_line(
            report, account->name, "special-use",
            "special use: only its name says that %s is for %s, and nothing is removed for that: if it is, write "
            "special = {\"%s=%s\"}",
            check_mailboxes_name(mailboxes, at), title, word, check_mailboxes_name(mailboxes, at));
    else if (source == SPECIAL_UNKNOWN && missing != NULL)
        report_line(report, account->name, "special-use",
                    "special use: `special` names %s for %s, and the server has no such mailbox", missing, title);
    else if (source == SPECIAL_UNKNOWN && special_count(&mailboxes->special, use) > 1)
        report_line(report, account->name, "special-use",
                    "special use: several mailboxes are %s, so that none is the one for it: say which, special = "
                    "{\"%s=MAILBOX\"}",
                    special_attribute(use), word);
}

/* Where mailboxes are labels. */
static void
say_apart(const struct account *account, struct report *report, const struct check_mailboxes *mailboxes)
{
    char named[1024] = "";

    for (size_t i = 0; i < mailboxes->count; i++)
        if (!check_mailboxes_chosen(mailboxes, i) && (check_mailboxes_guess(mailboxes, i) & NAMES_APART) != 0)
            add_word(named, sizeof named, ", ", check_mailboxes_name(mailboxes, i));
    if (named[0] != '\0')
        report_line(
            report, account->name, "mailboxes",
            "left out because what they hold stands in other mailboxes, too (only their names, or `special:all` and "
            "its kind, choose them): %s",
            named);
}

static void
name_uses(const struct check_mailboxes *mailboxes, size_t i, char *named, size_t size, char *none, size_t none_size)
{
    const unsigned use = special_all[i];
    char word[LIMIT_MAILBOX_NAME + 64];
    size_t at = 0;
    const enum special_source source = check_mailboxes_which(mailboxes, use, &at);
    bool any = source == SPECIAL_BY_NAME;

    if (any) {
        (void)text_print(word, sizeof word, "%s seems to be %s", special_title(use),
                         check_mailboxes_name(mailboxes, at));
        add_word(named, size, ", ", word);
    }
    for (size_t k = 0; k < mailboxes->count; k++) {
        if ((check_mailboxes_uses(mailboxes, k) & use) == 0)
            continue;
        (void)text_print(word, sizeof word, "%s is %s%s", special_title(use), check_mailboxes_name(mailboxes, k),
                         source == SPECIAL_BY_USER ? ", as `special` says" : "");
        add_word(named, size, ", ", word); /* what has no room is left out: people see the list itself */
        any = true;
    }
    if (!any && i < ROLES)
        add_word(none, none_size, ", ", special_title(use));
}

void
check_special(const struct account *account, struct report *report, const struct check_mailboxes *mailboxes)
{
    char named[2048] = "", none[64] = "";

    for (size_t i = 0; i < SPECIAL_USES; i++)
        name_uses(mailboxes, i, named, sizeof named, none, sizeof none);
    report_line(report, account->name, "special-use", "special use: %s%s%s%s", named,
                named[0] != '\0' && none[0] != '\0' ? "; " : "",
                none[0] == '\0' ? "" : "the server names no mailbox for ", none);
    for (size_t i = 0; i < SPECIAL_USES; i++)
        say_doubt(account, report, mailboxes, special_all[i]);
    say_apart(account, report, mailboxes);
}

static size_t
list_special(const struct check_mailboxes *mailboxes, struct report_special *to, size_t most)
{
    size_t count = 0;

    for (size_t i = 0; i < SPECIAL_USES; i++)
        for (size_t k = 0; k < mailboxes->count && count < most; k++)
            if ((check_mailboxes_uses(mailboxes, k) & special_all[i]) != 0)
                to[count++] =
                    (struct report_special){special_title(special_all[i]), check_mailboxes_name(mailboxes, k)};
    return count;
}

/* ---- who files sent mail ---- */

void
check_sent(const struct account *account, struct report *report, const struct remote_info *info,
           const struct check_mailboxes *mailboxes)
{
    const char *service = filing_service(account, info), *name = "a mailbox for sent mail", *why = NULL;
    const bool servers = filing_is_servers(account, info);
    size_t at;

    if (check_mailboxes_which(mailboxes, REMOTE_SENT, &at) != SPECIAL_UNKNOWN) {
        name = check_mailboxes_name(mailboxes, at);
        if (!check_mailboxes_chosen(mailboxes, at))
            why = "`mailboxes` leaves that out";
    }
    if (!account->policy.push.new_mail)
        why = "`push` has no \"new\"";
    if (servers)
        report_line(
            report, account->name, "sent",
            "sent mail: the server files it itself (%s): tell the mail reader not to save a copy of what it "
            "sends through it; one that it saves waits %d minutes for the server's, and goes up where none comes",
            account->policy.sent == SENT_SERVER ? "`sent`" : service, FILING_WAIT_S / 60);
    else if (service != NULL && why == NULL)
        report_line(
            report, account->name, "sent",
            "sent mail: what the mail reader saves in %s here goes up at once (`sent`), and the server files it "
            "itself (%s): each sent message stands there twice",
            name, service);
    else if (why != NULL)
        report_line(report, account->name, "sent", "sent mail: what the mail reader saves in %s here stays here: %s",
                    name, why);
    else
        report_line(report, account->name, "sent",
                    "sent mail: what the mail reader saves in %s here goes up, like any new file", name);
}

void
check_trash(const struct account *account, struct report *report, const struct remote_info *info,
            const struct check_mailboxes *mailboxes)
{
    size_t at = 0;

    if (!trashing_is_on(account, info))
        return;
    if (special_is_certain(check_mailboxes_which(mailboxes, REMOTE_TRASH, &at)))
        report_line(report, account->name, "trash", "deletions: what is deleted here goes into %s there%s",
                    check_mailboxes_name(mailboxes, at),
                    account->policy.delete == DELETE_TRASH ? "" : " (Gmail: to expunge it would take off a label)");
    else
        report_line(report, account->name, "trash",
                    "deletions: what is deleted here waits, since nobody says which mailbox is the Trash: special = "
                    "{\"trash=NAME\"}");
}

#define SPECIAL_MAX 32 /* mailboxes that are for something: one for each use, and a few more */

void
check_server_facts(const struct account *account, struct report *report, const struct remote_info *info,
                   const struct imap_flags *flags, const struct check_mailboxes *mailboxes)
{
    struct report_special special[SPECIAL_MAX];
    const char *missing[8];
    struct report_facts facts = {.server = info->server,
                                 .capabilities = info->capabilities,
                                 .between = ' ',
                                 .quota = &info->quota,
                                 .flags_told = flags->selected && flags->told,
                                 .keywords = flags->keywords,
                                 .missing = missing,
                                 .sent = filing_is_servers(account, info) ? "server" : "reader",
                                 .special_told = true,
                                 .special = special};

    for (unsigned bit = 1; bit <= FLAG_ALL; bit <<= 1)
        if ((flags->held & bit) == 0 && !(bit == FLAG_FORWARDED && flags->keywords))
            missing[facts.missing_count++] = flag_to_imap(bit);
    facts.special_count = list_special(mailboxes, special, SPECIAL_MAX);
    report_facts(report, account->name, &facts);
}
