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

struct giver {
    struct init *in;
    struct secret *command;
};

/* What was typed; asked again, the same one, which ends it. Else what the command prints. */
static bool
give_password(void *context, bool again, char **secret, struct error *err)
{
    struct giver *giver = context;
    bool done;

    if (giver->in->password[0] == '\0') {
        done = secret_get(giver->command, again, secret, err);
    } else {
        *secret = strdup(giver->in->password);
        done = *secret != NULL;
        if (!done)
            error_set(err, ERROR_LOCAL, "get memory");
    }
    giver->in->offered = giver->in->offered || done;
    return done;
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
    in->offered = in->err.not_password = false;
    c = init_account(in, &loaded);
    if (c != NULL)
        secret = secret_new(&(struct secret_settings){.command = c->password_command, .stopped = signals_stopped});
    if (c != NULL && secret != NULL) {
        struct giver giver = {in, secret};

        c->account.connection.secret = give_password;
        c->account.connection.secret_context = &giver;
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
    bool swapped, in_there;

    if (given != NULL)
        return try_login(in, given);
    if (in->domain == NULL)
        return try_login(in, in->user);
    (void)text_print(local, sizeof local, "%.*s", (int)(in->domain - 1 - in->address), in->address);
    swapped = in->provider != NULL && in->provider->local_part;
    in_there = try_login(in, swapped ? local : in->address);
    if (in_there)
        goto end;
    if (in->err.kind != ERROR_LOGIN || in->err.not_password || !in->offered ||
        (in->password[0] == '\0' && in->block.auth != NULL))
        goto end;
    in_there = try_login(in, swapped ? in->address : local);
    if (!in_there && !in->err.not_password)
        in->block.user = swapped ? local : in->address;
end:
    (void)text_print(in->user, sizeof in->user, "%s", in->block.user);
    in->block.user = in->user;
    return in_there;
}

/* The login did not work. @return -1: nothing is written, in->err says why; 0: once more; 1: it is written all the same */
static int
ask_what_now(struct init *in)
{
    static const char *const choices[] = {"try again", "stop here: nothing is written",
                                          "write it all the same: I see to that later", NULL};
    const struct question question = {.option = "--user, --password-command",
                                      .why = in->err.not_password
                                                 ? "The server lets nobody in, and that is not because of the password."
                                             : in->offered ? "The server did not let golub in."
                                                           : "There was no password, so the login was not tried.",
                                      .text = "What now?"};
    const struct error refusal = in->err;
    char line[1024];
    size_t choice;

    error_line(&in->err, line, sizeof line);
    ask_say(&in->ask, "%s", line);
    if (!ask_choice(&in->ask, &question, choices, 0, &choice, &in->err))
        return -1;
    if (choice == 1)
        error_state(&in->err, refusal.kind, "the login %s: nothing was written",
                    in->offered ? "was refused" : "was not tried");
    in->refusal = refusal;
    return choice == 0 ? 0 : choice == 1 ? -1 : 1;
}

/* What may have been wrong. */
static bool
ask_anew(struct init *in, char answer[static ASK_MAX])
{
    if (in->options->init[INIT_USER] == NULL && in->domain == NULL) {
        char before[ASK_MAX];

        (void)text_print(before, sizeof before, "%s", in->block.user);
        if (!init_ask(in, INIT_USER, "Perhaps the user name is another.", "User", before, in->user))
            return false;
        in->block.user = in->user;
    }
    return in->store != STORES || in->options->init[INIT_PASSWORD_COMMAND] != NULL ||
           init_ask(in, INIT_PASSWORD_COMMAND, "Perhaps the command is another.", "Command", NULL, answer);
}

bool
init_login(struct init *in)
{
    static char answer[ASK_MAX];
    int now;

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
        if (in->err.kind != ERROR_LOGIN && !(in->offered && in->err.not_password))
            return false;
        if (!in->ask.terminal || in->ask.defaults) {
            in->refusal = in->err;
            return in->offered && in->err.not_password;
        }
        now = ask_what_now(in);
        if (now != 0 || !ask_anew(in, answer))
            return now > 0;
        in->refusal = (struct error){0};
    }
}
