/* Who logs in, by what password, and whether it works: before anything is written. */
#include "config/init/init.h"

#include "config/secret.h"
#include "config/signals.h"
#include "sync/inspect/inspect.h"

#define TOKENS                                                                                                         \
    "No password works there: a helper gets a token, and password-command prints it. Such helpers are pizauth, oama, " \
    "ortie and "                                                                                                       \
    "mutt_oauth2.py"

struct configured *
init_account(struct init *in, struct settings **loaded)
{
    struct buffer all = buffer_new(SIZE_MAX / 2);
    const size_t len = strlen(in->text);

    free(in->added);
    *loaded = NULL;
    in->added = block_text(&in->block);
    if (in->added == NULL ||
        !buffer_addf(&all, "%s%s\n%s", in->text, len > 0 && in->text[len - 1] != '\n' ? "\n" : "", in->added))
        error_state(&in->err, ERROR_LOCAL, "out of memory");
    else
        *loaded = settings_of_text(in->file, all.at, in->options->config == NULL, &in->err);
    buffer_free(&all);
    return *loaded != NULL ? settings_find(*loaded, in->name) : NULL;
}

static bool
give_password(void *context, bool again, char **secret, struct error *err)
{
    const struct init *in = context;

    (void)again; /* the same one, which ends it */
    *secret = strdup(in->password);
    if (*secret == NULL)
        error_set(err, ERROR_LOCAL, "get memory");
    return *secret != NULL;
}

/* Log in as the block says. */
static bool
try_login(struct init *in, const char *user)
{
    struct settings *loaded;
    struct configured *c;
    struct secret *secret = NULL;
    bool in_there = false;

    in->block.user = user;
    c = init_account(in, &loaded);
    if (c != NULL)
        secret = secret_new(&(struct secret_settings){.command = c->password_command, .stopped = signals_stopped});
    if (c != NULL && secret != NULL) {
        const bool typed = in->password[0] != '\0';

        c->account.connection.secret = typed ? give_password : secret_get;
        c->account.connection.secret_context = typed ? (void *)in : secret;
        c->account.connection.stopped = signals_stopped;
        c->account.connection.wire_log = in->options->verbose;
        in_there = account_reach(&c->account, &in->err);
    }
    secret_free(secret);
    settings_free(loaded);
    if (in_there)
        ask_say(&in->ask, "Logged in as %s.", user);
    return in_there;
}

/* Where to keep it: what is installed, and gives back what it is given. */
static bool
choose_store(struct init *in)
{
    static const char *const labels[STORES] = {"the desktop's keyring, by secret-tool", "pass, the password store",
                                               "a file that only you can read: as safe as the disk"};
    const char *choices[STORES + 2];
    enum store_kind kinds[STORES + 1];
    const struct question question = {.option = "--secret or --password-command",
                                      .why = "The configuration holds no password, but a command that prints it. A "
                                             "cron job has no keyring: a user timer has.",
                                      .text = "Where shall the password be kept?"};
    struct error ignored = {0};
    size_t count = 0, choice;

    for (enum store_kind kind = 0; in->provider == NULL || !in->provider->tokens_only; kind++) {
        if (kind == STORES)
            break;
        if (!store_is_here(kind) ||
            (in->ask.terminal && !in->options->dry_run && !store_prove(kind, in->file, &ignored)))
            continue;
        choices[count] = labels[kind];
        kinds[count++] = kind;
    }
    kinds[count] = STORES;
    choices[count] = "somewhere else: I have a command that prints it";
    choices[count + 1] = NULL;
    if (!in->ask.terminal || in->ask.defaults) {
        error_state(&in->err, ERROR_CONFIG, "an answer is missing: --password-command, or --secret");
        return false;
    }
    if (!ask_choice(&in->ask, &question, choices, 0, &choice, &in->err))
        return false;
    in->store = kinds[choice];
    return true;
}

/* One that is kept under the account's name is somebody's: it is not overwritten. */
static bool
is_free(struct init *in)
{
    if (in->options->dry_run || !store_has(in->store, in->file, in->name))
        return true;
    error_state(&in->err, ERROR_CONFIG, "there is a password for \"%s\" already (%s)", in->name, store_word(in->store));
    error_hint(&in->err, "If it is the right one: --password-command \"%s\". Else another name: --account.",
               in->command);
    return false;
}

/* What `password-command` will be, and whether there is a password to type. */
static bool
find_secret(struct init *in, char answer[static ASK_MAX])
{
    const char *command = in->options->init[INIT_PASSWORD_COMMAND], *word = in->options->init[INIT_SECRET];
    const bool tokens = in->provider != NULL && in->provider->tokens_only;

    in->store = STORES;
    if (tokens) {
        in->block.auth = "xoauth2";
        ask_say(&in->ask, "%s: " TOKENS ".", in->provider->name);
        if (word != NULL || (command == NULL && (!in->ask.terminal || in->ask.defaults))) {
            error_state(&in->err, ERROR_CONFIG, "%s takes no passwords", in->provider->name);
            error_hint(&in->err, "Give --password-command, a command that prints a token.");
            return false;
        }
    } else if (in->provider != NULL && in->provider->note != NULL) {
        ask_say(&in->ask, "%s: %s", in->provider->name, in->provider->note);
    }
    if (command != NULL) {
        in->block.password_command = command;
        return true;
    }
    if (word != NULL)
        in->store = store_of(word);
    else if (!tokens && !choose_store(in))
        return false;
    if (in->store == STORES) {
        in->block.password_command = answer;
        return init_ask(in, INIT_PASSWORD_COMMAND, "The first line that it prints is the password or the token.",
                        "Command", NULL, answer);
    }
    if (word != NULL && !in->options->dry_run && !store_prove(in->store, in->file, &in->err))
        return false;
    in->block.password_command = in->command;
    return store_command(in->store, in->file, in->name, in->command, &in->err) && is_free(in);
}

/* The address first, after a refusal its local part once (or the other way round, where the provider is known to want that). */
static bool
log_in(struct init *in)
{
    const char *given = in->options->init[INIT_USER];
    char local[ASK_MAX];
    bool swapped;

    if (given != NULL)
        return try_login(in, given);
    if (in->domain == NULL)
        return try_login(in, in->user);
    (void)text_print(local, sizeof local, "%.*s", (int)(in->domain - 1 - in->address), in->address);
    swapped = in->provider != NULL && in->provider->local_part;
    if (try_login(in, swapped ? local : in->address))
        goto in_there;
    if (in->err.kind != ERROR_LOGIN || (in->password[0] == '\0' && in->block.auth != NULL))
        return false;
    if (!try_login(in, swapped ? in->address : local)) {
        in->block.user = in->address;
        return false;
    }
in_there:
    (void)text_print(in->user, sizeof in->user, "%s", in->block.user);
    in->block.user = in->user;
    return true;
}

bool
init_login(struct init *in)
{
    static const char *const choices[] = {"try again", "stop here: nothing is written", NULL};
    static char answer[ASK_MAX];
    char line[1024];
    size_t choice;

    if (in->options->init[INIT_USER] == NULL && in->domain == NULL &&
        !init_ask(in, INIT_USER, "The user name is what the server knows you by; often it is the address.", "User",
                  NULL, in->user))
        return false;
    in->block.user = in->options->init[INIT_USER] != NULL ? in->options->init[INIT_USER]
                     : in->domain != NULL                 ? in->address
                                                          : in->user;
    if (!find_secret(in, answer))
        return false;
    for (;;) {
        if (in->store != STORES && !ask_secret(&in->ask, "Password", in->password, &in->err))
            return false;
        if (log_in(in))
            return true;
        if (!in->ask.terminal || in->ask.defaults || in->err.kind != ERROR_LOGIN)
            return false;
        error_line(&in->err, line, sizeof line);
        ask_say(&in->ask, "%s", line);
        if (!ask_choice(&in->ask,
                        &(struct question){.option = "--user, --password-command",
                                           .why = "The server did not let golub in.",
                                           .text = "What now?"},
                        choices, 0, &choice, &in->err))
            return false;
        if (choice == 1) {
            error_state(&in->err, ERROR_LOGIN, "the login was refused: nothing was written");
            return false;
        }
        if (in->options->init[INIT_USER] == NULL && in->domain == NULL &&
            !init_ask(in, INIT_USER, "Perhaps the user name is another.", "User", in->block.user, in->user))
            return false;
        if (in->store == STORES && in->options->init[INIT_PASSWORD_COMMAND] == NULL &&
            !init_ask(in, INIT_PASSWORD_COMMAND, "Perhaps the command is another.", "Command", NULL, answer))
            return false;
    }
}
