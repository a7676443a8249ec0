/* `golub check`: log in and say what the server can do and what golub makes of it; the Maildir's file system. Changes nothing. */
#include <inttypes.h>

#include "store/maildir/maildir.h"
#include "sync/base/state.h"
#include "sync/inspect/check_map.h"
#include "sync/inspect/check_private.h"
#include "sync/rows/readings.h"
#include "sync/rules/names_map.h"
#include "sync/run/place.h"

struct checking {
    const struct account *account;
    struct report *report;
    struct remote remote;
    struct remote_info info;
    struct error err;
    struct check_mailboxes mailboxes; /* on the server */
    struct check_map map;
    uint64_t chosen;
    uint64_t chosen_here;
    bool *fits;            /* one a pattern */
    bool first;            /* no sync has met the tree */
    struct shapes *shapes; /* NULL: not asked for */
};

static void
say(struct checking *checking, const char *capability, bool offered, const char *with, const char *without)
{
    check_say(checking->report, checking->account->name, capability, offered, with, without);
}

static void
say_capabilities(struct checking *checking)
{
    const struct remote_info *info = &checking->info;

    say(checking, "QRESYNC", info->qresync, "changes and removals come in one answer",
        "removals are found by counting, then listing");
    say(checking, "CONDSTORE", info->condstore, "only flags that changed are read",
        "all flags of mailboxes that hold mail are read in each run");
    say(checking, "LIST-STATUS", info->list_status, "one question tells which mailboxes moved",
        "one STATUS a mailbox, all asked at once");
    say(checking, "LIST-EXTENDED", info->list_extended, "subscriptions come with the list", "LIST and LSUB");
    say(checking, "SPECIAL-USE", info->special_use, "the server says what mailboxes are for",
        "what mailboxes are for is said by `special`, or guessed by their names");
    say(checking, "UIDPLUS", info->uidplus, "new UIDs are told, exactly our UIDs are expunged",
        "what was sent is found by content; expunge only where nobody else's \\Deleted would go along");
    say(checking, "MOVE", info->move, "moves are one command", "moves are copy, proof, removal");
    say(checking, "MULTIAPPEND", info->multiappend, "new mail is uploaded in groups",
        "new mail is uploaded one by one, pipelined");
    say(checking, "LITERAL+", info->literal_plus, "no waiting before bodies", "one wait before each body");
    say(checking, "UTF8=ACCEPT", info->utf8, "mailbox names are UTF-8", "mailbox names are modified UTF-7");
    say(checking, "COMPRESS=DEFLATE", info->compress,
        checking->account->connection.compress == COMPRESS_NO    ? "left alone, as `compress` says"
        : checking->account->connection.compress == COMPRESS_YES ? "the line is compressed, as `compress` says"
                                                                 : "a line is compressed where it is slow",
        checking->account->connection.compress == COMPRESS_YES ? "nothing is compressed, though `compress` is \"yes\""
                                                               : "nothing is compressed");
    say(checking, "QUOTA", info->tells_quota, "how full INBOX is comes with the list of mailboxes",
        "the server does not say how full INBOX is");
    if (info->append_limit != 0)
        report_line(checking->report, checking->account->name, "limit",
                    "the server takes messages up to %" PRIu64 " bytes", info->append_limit);
}

static void
note_fits(struct checking *checking, const char *name, unsigned attributes)
{
    const char *const *patterns = checking->account->policy.patterns;

    for (size_t i = 0; patterns[i] != NULL; i++)
        checking->fits[i] = checking->fits[i] || names_fits(patterns[i], name, attributes);
}

static bool
see_folder(void *context, const char *folder)
{
    struct checking *checking = context;
    const struct policy *policy = &checking->account->policy;
    char name[LIMIT_MAILBOX_NAME + 1];
    unsigned uses;

    if (!check_map_name(&checking->map, checking->account, checking->report, folder, name))
        return true;
    uses = special_guessed(&checking->mailboxes.special, policy->special, name, 0);
    checking->chosen_here += names_chosen(policy->patterns, name, uses);
    note_fits(checking, name, uses);
    return true;
}

/* As a sync would find it, which makes a mailbox of a folder that is here alone. */
static bool
check_patterns(struct checking *checking)
{
    const char *const *patterns = checking->account->policy.patterns;

    if (checking->mailboxes.count != 0 && checking->chosen == 0 && checking->chosen_here == 0) {
        names_none_chosen(&checking->err);
        return false;
    }
    for (size_t i = 0; patterns[i] != NULL; i++) {
        if (!checking->fits[i] && patterns[i][0] != '!')
            report_line(checking->report, checking->account->name, "pattern",
                        "the pattern \"%s\" of `mailboxes` fits no mailbox", patterns[i]);
    }
    return true;
}

static bool
see_mailbox(void *context, const struct remote_listed *listed)
{
    struct checking *checking = context;
    char name[LIMIT_MAILBOX_NAME + 1];
    struct error err = {0};

    if ((listed->attributes & REMOTE_NOSELECT) != 0)
        return true;
    if (checking->mailboxes.count == 0) /* the prefix of the namespace comes in the turn of the list */
        checking->remote.ops->info(checking->remote.self, &checking->info);
    if (!names_from_server(listed->utf8.at != NULL ? listed->utf8 : listed->name, listed->separator,
                           (listed->attributes & REMOTE_SHARED) != 0 ? "" : checking->info.prefix, name, &err)) {
        report_error(checking->report, &err);
        return true;
    }
    if (checking->shapes != NULL && !shapes_add(checking->shapes, checking->account, listed, checking->info.prefix)) {
        error_set(&checking->err, ERROR_LOCAL, "get memory");
        return false;
    }
    if (check_mailboxes_add(&checking->mailboxes, name, listed))
        return true;
    error_set(&checking->err, ERROR_LOCAL, "get memory");
    return false;
}

static void
judge_mailboxes(struct checking *checking)
{
    struct check_mailboxes *mailboxes = &checking->mailboxes;

    checking->chosen = check_mailboxes_judge(mailboxes, &checking->account->policy, checking->info.labels);
    for (size_t i = 0; i < mailboxes->count; i++)
        note_fits(checking, check_mailboxes_name(mailboxes, i), check_mailboxes_guess(mailboxes, i));
}

static void
say_quota(struct checking *checking)
{
    const struct quota *quota = &checking->info.quota;
    char words[512];

    if (report_quota_words(quota, "", words, sizeof words))
        report_line(checking->report, checking->account->name, "quota", "%s", words);
    else if (checking->info.has_quota)
        report_line(checking->report, checking->account->name, "quota", "quota: the server names no limit for INBOX");
    else if (checking->info.tells_quota)
        report_line(checking->report, checking->account->name, "quota",
                    "quota: the server does not answer when it is asked how full INBOX is");
}

/* What runs learned; a journal that can't be read is told by them and by status. */
static void
say_sizes(struct checking *checking)
{
    char path[4096];
    bool missing;
    struct error err = {0};
    struct journal *journal;
    struct journal_mailbox *mailboxes = NULL;
    size_t count = 0;

    if (!state_path(checking->account, "journal.db", path, sizeof path, &err) ||
        (journal = journal_open_read(path, &missing, &err)) == NULL)
        return;
    if (journal_mailboxes(journal, &mailboxes, &count, &err)) {
        for (size_t i = 0; i < count; i++)
            if (reading_learned(&mailboxes[i]))
                report_line(checking->report, checking->account->name, "sizes",
                            "the server's sizes in %s are wrong: bodies are up to %" PRIu64 " bytes shorter",
                            mailboxes[i].name, mailboxes[i].short_bytes);
        journal_mailboxes_free(mailboxes, count);
    }
    journal_close(journal);
}

static bool
check_server(struct checking *checking)
{
    struct imap *imap = imap_new(&checking->account->connection);
    struct imap_flags flags;
    bool ok = false;

    if (imap == NULL) {
        error_set(&checking->err, ERROR_LOCAL, "get memory");
        return false;
    }
    if (!check_map_load(&checking->map, checking->account, &checking->err)) {
        imap_free(imap);
        return false;
    }
    imap_want_sizes(imap);
    imap_want_quota(imap, true);
    checking->remote = imap_remote(imap);
    if (!checking->remote.ops->open(checking->remote.self, true, &checking->err))
        goto out;
    report_line(checking->report, checking->account->name, "login", "logged in%s%s",
                checking->account->connection.user != NULL ? " as " : "",
                checking->account->connection.user != NULL ? checking->account->connection.user : "");
    if (!checking->remote.ops->survey(checking->remote.self, see_mailbox, checking, &checking->err))
        goto out;
    checking->remote.ops->info(checking->remote.self, &checking->info);
    judge_mailboxes(checking);
    check_map_say(&checking->map, checking->account, checking->report, &checking->mailboxes);
    report_line(checking->report, checking->account->name, "server", "%s", checking->info.server);
    report_line(checking->report, checking->account->name, "capabilities", "%s",
                checking->info.capabilities != NULL ? checking->info.capabilities : "");
    say_capabilities(checking);
    if (checking->info.prefix[0] != '\0')
        report_line(checking->report, checking->account->name, "namespace",
                    "personal mailboxes stand below %s; that prefix is cut here", checking->info.prefix);
    check_mailboxes_say(&checking->mailboxes, checking->account->name, checking->report);
    check_special(checking->account, checking->report, &checking->mailboxes);
    check_sent(checking->account, checking->report, &checking->info, &checking->mailboxes);
    check_trash(checking->account, checking->report, &checking->info, &checking->mailboxes);
    say_quota(checking);
    say_sizes(checking);
    if (!imap_permanent(imap, &flags, &checking->err))
        goto out;
    check_flags(checking->account, checking->report, &flags);
    check_server_facts(checking->account, checking->report, &checking->info, &flags, &checking->mailboxes);
    ok = true;
out:
    if (imap != NULL) {
        checking->remote.ops->info(checking->remote.self, &checking->info);
        report_alerts(checking->report, checking->account->name, checking->info.alerts, &checking->err);
        checking->info.alerts = checking->info.capabilities = NULL;
    }
    imap_free(imap);
    return ok;
}

static bool
check_delivery(struct checking *checking, const struct local *local)
{
    return !account_is_pop(checking->account) ||
           check_deliver_to(checking->account, checking->report, local != NULL ? local : &(struct local){0},
                            &checking->err);
}

/* What an earlier sync found out about this file system. */
static bool
check_births(struct checking *checking)
{
    char path[4096];
    bool missing, restless = false, ok;
    struct journal *journal;

    if (account_is_pop(checking->account))
        return true;
    if (!state_path(checking->account, "journal.db", path, sizeof path, &checking->err))
        return false;
    journal = journal_open_read(path, &missing, &checking->err);
    if (journal == NULL)
        return missing;
    ok = place_is_restless(journal, &restless, &checking->err);
    journal_close(journal);
    if (restless)
        report_line(checking->report, checking->account->name, "maildir",
                    "birth times of folders change by themselves here: a copy of the Maildir can't be told by them");
    return ok;
}

/* NULL with checking->err */
static struct maildir *
make_maildir(struct checking *checking)
{
    struct maildir *maildir;
    char quarantine[4096];

    if (!state_path(checking->account, "quarantine", quarantine, sizeof quarantine, &checking->err))
        return NULL;
    maildir = maildir_new(&(struct maildir_settings){.root = checking->account->maildir,
                                                     .quarantine = quarantine,
                                                     .plusplus = checking->account->policy.layout == LAYOUT_MAILDIRPP,
                                                     .flat = checking->account->policy.layout == LAYOUT_FLAT,
                                                     .fsync = checking->account->fsync});
    if (maildir == NULL)
        error_set(&checking->err, ERROR_LOCAL, "get memory");
    return maildir;
}

static bool
begin_shapes(struct checking *checking)
{
    if (!check_is_first(checking->account, &checking->first, &checking->err))
        return false;
    if (!checking->first || !shapes_concern(checking->account))
        return true;
    checking->shapes = shapes_new();
    if (checking->shapes == NULL)
        error_set(&checking->err, ERROR_LOCAL, "get memory");
    return checking->shapes != NULL;
}

/* What a sync would end for before it asks the server. */
static bool
check_names(struct checking *checking)
{
    struct maildir *maildir = make_maildir(checking);
    struct local local;
    bool ok;

    if (maildir == NULL)
        return false;
    local = maildir_local(maildir);
    ok = local.ops->holds_names(local.self, true, &checking->err);
    maildir_free(maildir);
    return ok;
}

static void
say_file_system(struct checking *checking, const struct local_description *disk, bool there)
{
    report_line(checking->report, checking->account->name, "maildir",
                there ? "%s: %s; %" PRIu64 " MB free"
                      : "%s is not there yet: the first run makes it (%s; %" PRIu64 " MB free)",
                checking->account->maildir, disk->text, disk->free / 1000000);
    report_facts(checking->report, checking->account->name,
                 &(struct report_facts){.file_system = disk->file_system, .flush = disk->flush, .free = disk->free});
    if (!checking->account->fsync)
        report_line(checking->report, checking->account->name, "fsync",
                    "fsync = false: mail that was fetched shortly before a power cut may have to be fetched again");
}

static bool
check_maildir(struct checking *checking)
{
    struct maildir *maildir = make_maildir(checking);
    struct local local;
    enum local_root root;
    struct local_description disk;
    bool ok = false;

    if (maildir == NULL)
        return false;
    local = maildir_local(maildir);
    if (!local.ops->open(local.self, false, &root, &checking->err))
        goto out;
    local.ops->describe(local.self, &disk);
    if (root == ROOT_PARENT_MISSING)
        report_line(checking->report, checking->account->name, "maildir",
                    "%s can't be made: its parent folder is not there", checking->account->maildir);
    else
        say_file_system(checking, &disk, root != ROOT_MISSING);
    if (root == ROOT_MISSING)
        check_mailboxes_say_first(&checking->mailboxes, checking->account->name, disk.free, checking->report);
    if (root == ROOT_MISSING || root == ROOT_PARENT_MISSING) {
        ok = check_delivery(checking, NULL);
        goto out;
    }
    if (!check_delivery(checking, &local) || !check_births(checking))
        goto out;
    if (checking->first)
        check_mailboxes_say_first(&checking->mailboxes, checking->account->name, disk.free, checking->report);
    if (!account_is_pop(checking->account) &&
        (!check_map_follow(&checking->map, checking->account, checking->report, &checking->mailboxes, &local,
                           &checking->err) ||
         !local.ops->folders(local.self, see_folder, checking, &checking->err) ||
         !check_tree(checking->account, checking->report, &local, checking->first, checking->shapes, &checking->err)))
        goto out;
    ok = true;
out:
    local.ops->close(local.self);
    maildir_free(maildir);
    return ok;
}

/* Of the command that makes a token new: will it ever run? */
static void
say_refresh(const struct account *account, struct report *report)
{
    const unsigned tokens = account->connection.auth & (AUTH_XOAUTH2 | AUTH_OAUTHBEARER);

    if (account->connection.refresh != NULL)
        report_line(report, account->name, "refresh-command", "%s",
                    tokens != 0 ? "refresh-command runs once where the server refuses a token"
                                : "refresh-command never runs: `auth` names neither xoauth2 nor oauthbearer");
}

int
account_check(const struct account *account, const struct sync_options *options, struct report *report)
{
    struct checking checking = {.account = account, .report = report};
    size_t patterns = 0;
    bool ok;

    (void)options;
    while (account->policy.patterns[patterns] != NULL)
        patterns++;
    checking.fits = calloc(patterns + 1, sizeof *checking.fits);
    if (checking.fits == NULL) {
        error_set(&checking.err, ERROR_LOCAL, "get memory");
        ok = false;
    } else {
        ok = (account->import.deliver_command != NULL || check_names(&checking)) && begin_shapes(&checking) &&
             (account_is_pop(account) ? check_import(account, report, &checking.err) : check_server(&checking));
    }
    if (ok)
        say_refresh(account, report);
    if (account->import.deliver_command != NULL)
        ok = ok && check_delivery(&checking, NULL);
    else
        ok = ok && check_maildir(&checking);
    ok = ok && (account_is_pop(account) || check_patterns(&checking));
    free(checking.fits);
    check_mailboxes_free(&checking.mailboxes);
    check_map_free(&checking.map);
    if (ok) {
        shapes_free(checking.shapes);
        return 0;
    }
    (void)text_print(checking.err.account, sizeof checking.err.account, "%s", account->name);
    report_error(report, &checking.err);
    shapes_say(checking.shapes, report, account->name);
    shapes_free(checking.shapes);
    return error_status(checking.err.kind);
}
