/* What the account is called here, and its Maildir. */
#include "config/init/init.h"

#include <dirent.h>

#include "config/paths.h"

bool
init_ask(struct init *in, enum init_option option, const char *why, const char *text, const char *fallback,
         char to[static ASK_MAX])
{
    static const char *const words[INIT_VALUES] = {"--account", "--maildir",          "--protocol",       "--server",
                                                   "--user",    "--password-command", "--keep",           "--into",
                                                   "--secret",  "--tls-ca-file",      "--tls-fingerprint"};

    return ask_line(&in->ask,
                    &(struct question){.option = words[option], .why = why, .text = text, .fallback = fallback}, to,
                    &in->err);
}

/* Of ana@mail.example.org: "mail"; an account's name becomes a folder's. */
static void
suggest_name(const struct init *in, char to[static 64])
{
    const char *from = in->domain != NULL ? in->domain : "mail";
    const size_t len = strcspn(from, ".");
    size_t used = 0;

    for (size_t i = 0; i < len && used < 40; i++) {
        const char c = from[i];

        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c == '-' && used > 0))
            to[used++] = c;
        else if (c >= 'A' && c <= 'Z')
            to[used++] = (char)(c - 'A' + 'a');
    }
    to[used] = '\0';
    if (used == 0)
        (void)text_print(to, 64, "mail");
}

/* The name, or with the first number behind it that is free. */
static bool
make_unique(struct init *in, const char *wanted)
{
    const char *fault = settings_name_fault(wanted);
    bool fits = text_print(in->name, sizeof in->name, "%s", wanted);

    if (fault != NULL) { /* before a password is kept under it */
        error_state(&in->err, ERROR_CONFIG, "%s", fault);
        return false;
    }
    for (unsigned n = 2; fits && settings_find(in->settings, in->name) != NULL; n++)
        fits = text_print(in->name, sizeof in->name, "%s-%u", wanted, n);
    if (!fits)
        error_state(&in->err, ERROR_CONFIG, "the account's name is longer than 63 bytes");
    else if (strcmp(in->name, wanted) != 0)
        ask_say(&in->ask, "There is an account \"%s\" already: this one is called \"%s\".", wanted, in->name);
    in->block.name = in->name;
    return fits;
}

/* Folders that hold mail, or a tree of them: anything but hidden files. */
static bool
holds_something(const char *written, struct error *err)
{
    char *path;
    DIR *folder;
    bool holds = false;

    if (!paths_expand(written, "/", &path, err))
        return false;
    folder = opendir(path);
    free(path);
    for (struct dirent *entry; !holds && folder != NULL && (entry = readdir(folder)) != NULL;)
        holds = strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    if (folder != NULL)
        (void)closedir(folder);
    return holds;
}

/* What is given on the command line is relative to where golub was called; "~/" stays as it is. */
static bool
take_maildir(struct init *in, const char *given)
{
    char *here, *path = NULL;
    bool done;

    if (given[0] == '~')
        return text_print(in->maildir, sizeof in->maildir, "%s", given);
    here = getcwd(NULL, 0);
    done = paths_expand(given, here != NULL ? here : "/", &path, &in->err) &&
           text_print(in->maildir, sizeof in->maildir, "%s", path);
    free(here);
    free(path);
    return done;
}

/* @return 0: no, 1: yes, it was seen to, -1: in->err */
static int
ask_about_mail(struct init *in, bool given)
{
    static const char *const choices[] = {
        "another folder", "this one: what is the same on both sides is paired, the rest is brought together", NULL};
    const struct question question = {
        .option = "--maildir",
        .why =
            "There is something in that folder already. golub-moving(7) says what happens with mail of other programs.",
        .text = "Which folder shall it be?"};
    size_t choice = 0;

    if (!given && !ask_choice(&in->ask, &(struct question){question.option, question.why, question.text, NULL}, choices,
                              0, &choice, &in->err))
        return -1;
    if (given)
        ask_say(&in->ask, "There is something in %s already: see golub-moving(7) before the first sync.", in->maildir);
    return given || choice == 1;
}

bool
init_place(struct init *in)
{
    const char *given = in->options->init[INIT_MAILDIR];
    char suggested[ASK_MAX], answer[ASK_MAX], name[64];

    suggest_name(in, name);
    if (in->options->init[INIT_ACCOUNT] == NULL &&
        !init_ask(in, INIT_ACCOUNT, "The account's name is for you: commands and messages use it.", "Name", name,
                  answer))
        return false;
    if (!make_unique(in, in->options->init[INIT_ACCOUNT] != NULL ? in->options->init[INIT_ACCOUNT] : answer))
        return false;
    if (in->block.maildir != NULL) /* another account's */
        return true;
    for (bool again = false;; again = true) {
        int seen = 1;

        if (!text_print(suggested, sizeof suggested, "~/Mail/%s%s", in->name, again ? "-2" : ""))
            return false;
        if (given == NULL && !init_ask(in, INIT_MAILDIR, "The Maildir is the folder that mail programs here read.",
                                       "Maildir", suggested, answer))
            return false;
        if (!take_maildir(in, given != NULL ? given : answer)) {
            if (in->err.kind == ERROR_NONE)
                error_state(&in->err, ERROR_CONFIG, "the Maildir's name is too long");
            return false;
        }
        in->block.maildir = in->maildir;
        if (!holds_something(in->maildir, &in->err))
            return true;
        if (in->ask.defaults && given == NULL) {
            error_state(&in->err, ERROR_CONFIG, "an answer is missing: --maildir");
            error_hint(&in->err, "%.100s has something in it: golub-moving(7). Name it, or another one.", in->maildir);
            return false;
        }
        seen = ask_about_mail(in, given != NULL);
        if (seen != 0)
            return seen > 0;
    }
}
