/* The text of --help, and of it what concerns one command. */
#include "config/options.h"

static const char help[] =
    "usage: golub [sync] [ACCOUNT[/MAILBOX]]...   both ways; no name: every account, POP accounts first\n"
    "       golub import [ACCOUNT]...             POP accounts alone, one way\n"
    "       golub status [ACCOUNT]...             from the journal, without connecting\n"
    "       golub check [ACCOUNT]...              configuration, login, what the server can do\n"
    "       golub adopt ACCOUNT                   go on from the state that mbsync or OfflineIMAP left\n"
    "       golub restore ACCOUNT[/MAILBOX] [ID]...  list what was removed here, or put it back\n"
    "       golub verify [ACCOUNT[/MAILBOX]]...   compare both sides and the journal, change nothing\n"
    "       golub watch [ACCOUNT]...              stay, and sync whenever one side changes\n"
    "       golub keyword list [ACCOUNT[/MAILBOX]]...  keywords, and how many messages have each\n"
    "       golub keyword FILE... [+WORD|-WORD]...  show a message's keywords, set some, take some off\n"
    "       golub keyword --write [ACCOUNT[/MAILBOX]]...  names are to show by letters what messages had before\n"
    "       golub init [ADDRESS]                  ask, try, and write an account into the configuration\n"
    "       golub help [COMMAND]                  this text, or what concerns one command\n"
    "\n"
    "  -c, --config FILE         instead of $XDG_CONFIG_HOME/golub/golub.conf\n"
    "  -n, --dry-run             sync, import, adopt, restore, init: change nothing, say what would be done\n"
    "      --pull                sync: nothing goes up in this run\n"
    "      --push                sync: nothing comes down in this run\n"
    "      --confirm-deletes[=ID]  sync, import: let held removals go\n"
    "      --reject-deletes[=ID]  sync, import: bring back what held removals are about\n"
    "      --confirm-additions[=ID]  sync: let held additions go up\n"
    "      --reject-additions[=ID]  sync: keep them here alone, for good\n"
    "      --skip-existing       import: record what is on the server as had, fetch nothing\n"
    "      --adopt FILE          import: the same for what the list of getmail, mpop or fetchmail names\n"
    "      --adopt-as PROGRAM    import: of that program, whatever FILE looks like\n"
    "      --from PROGRAM        adopt: mbsync or offlineimap, where both left a state\n"
    "      --state PATH          adopt: a state file, or the folder that holds them\n"
    "      --jobs N              sync, import: at most so many accounts at once (8)\n"
    "      --wait[=TIME]         sync, import, adopt, restore, verify, keyword: wait for another golub, no exit 6\n"
    "      --no-progress         sync, import, watch: no line that says how far it is\n"
    "      --max-age TIME        status: exit 1 where the last success is older: 36h, 1d, 2w\n"
    "      --all                 restore: put back all that the list shows\n"
    "      --since TIME          restore: what was removed since then: 3d, or a day: 2026-11-28\n"
    "      --run last|N          restore: what that run removed\n"
    "      --to MAILBOX          restore: into this mailbox, not where it came from\n"
    "      --to-dir DIR          restore: into this Maildir, which is no account's\n"
    "      --altered             restore: the server's version of files that were changed\n"
    "      --write               keyword: letters for what messages had before, with the next sync\n"
    "      --bytes               verify: read every file and compare its bytes, too\n"
    "      --server              verify: fetch every body, too; --bytes goes with it\n"
    "      --part N/M            verify: of what is read the N-th of M parts\n"
    "      --account NAME        init: what the account is called here\n"
    "      --maildir DIR         init: where its mail is kept\n"
    "      --protocol imap|pop   init: instead of the questions on use\n"
    "      --server URL          init: imaps://HOST, imap://, pop3s:// or pop3://\n"
    "      --user NAME           init: who logs in, where it is not the address\n"
    "      --password-command CMD  init: a command that prints the password\n"
    "      --secret STORE        init: read the password from standard input; STORE is secret-tool, pass or file\n"
    "      --keep TIME|forever   init: how long mail stays on a POP server\n"
    "      --into ACCOUNT        init: put what POP brings into this account's inbox\n"
    "      --tls-ca-file FILE    init: whose certificates the server's is checked against\n"
    "      --tls-fingerprint HEX  init: of the server's key\n"
    "      --explain             init: IMAP and POP side by side, and nothing else\n"
    "      --yes                 init: take the defaults, ask nothing\n"
    "  -q, --quiet               errors only; twice: only those that somebody has to see to, for cron\n"
    "  -v, --verbose             every step; twice: the dialogue with the server, without secrets and bodies\n"
    "      --json                JSON lines on standard output\n"
    "  -h, --help                this text\n"
    "      --version             the version\n"
    "\n"
    "exit status: 0 in sync, 1 some of it was not done, 2 usage or configuration, 3 something is held,\n"
    "             4 login, 5 no connection, 6 another golub is at work on the account\n"
    "See golub(1) and golub.conf(5).\n";

/* Does this line of the usage begin with "golub COMMAND"? sync may be left out. */
static bool
is_usage_of(struct text line, const char *command)
{
    char words[64];

    (void)text_print(words, sizeof words, "golub %s ", strcmp(command, "sync") == 0 ? "[sync]" : command);
    return memmem(line.at, line.len, words, strlen(words)) != NULL;
}

/* An option of some commands names them before a colon: "sync, import: at most ..."; others are everybody's. */
static bool
is_option_of(struct text line, const char *command)
{
    const char *colon = memchr(line.at, ':', line.len), *at = colon;
    const size_t len = strlen(command);

    if (colon == NULL || line.len < 2 || line.at[0] != ' ')
        return true;
    while (at > line.at && !(at[-1] == ' ' && at[-2] == ' '))
        at--;
    for (const char *end = at; at < colon; at = end + 1) {
        while (*at == ' ')
            at++;
        for (end = at; end < colon && *end != ',';)
            end++;
        if ((size_t)(end - at) == len && memcmp(at, command, len) == 0)
            return true;
        if (memchr(at, ' ', (size_t)(end - at)) != NULL) /* more than a word: no list of commands */
            return true;
    }
    return false;
}

void
options_print_help(const char *command, FILE *to)
{
    bool usage = true;

    if (command == NULL) {
        fputs(help, to);
        return;
    }
    for (struct text line = {help, 0}; *line.at != '\0'; line.at += line.len) {
        line.len = strcspn(line.at, "\n") + 1;
        if (line.len == 1)
            usage = false;
        if (usage && is_usage_of(line, command))
            fprintf(to, "usage: %.*s", (int)(line.len - 7), line.at + 7);
        else if (!usage && is_option_of(line, command))
            fprintf(to, "%.*s", (int)line.len, line.at);
    }
}
