/*
 * golub init: ask, try, write. Nothing is written before the server was reached and let the user in, or did not for a reason that is not the
 * password, or the user says so; the configuration gets a block at its end and stays as it is otherwise.
 */
#include "config/init/init.h"
#include "config/init/write.h"
#include "config/jobs.h"
#include "config/paths.h"
#include "config/settings_text.h"
#include "config/signals.h"
#include "sync/inspect/inspect.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is in the configuration already: it must be sound, since the block comes behind it. */
static bool
open_file(struct init *in)
{
    const char *given = in->options->config;

    if (given != NULL) {
        char *here = getcwd(NULL, 0);
        const bool done = paths_expand(given, here != NULL ? here : "/", &in->file, &in->err);

        free(here);
        if (!done)
            return false;
    } else if (!paths_config_file(&in->file, &in->err)) {
        return false;
    }
    if (!in->options->dry_run && !write_may(in->file, &in->err))
        return false;
    if (access(in->file, F_OK) != 0 && errno == ENOENT)
        in->text = strdup("");
    else if (!settings_text_read(in->file, &in->text, &in->err))
        return false;
    if (in->text == NULL) {
        error_state(&in->err, ERROR_LOCAL, "out of memory");
        return false;
    }
    in->settings = settings_of_text(in->file, in->text, given == NULL, &in->err);
    return in->settings != NULL;
}

/* A run that was killed may have left files that hold a password. */
static void
tidy(struct init *in)
{
    char folders[2][PATHS_MAX + 16];
    struct error ignored = {0};
    char folder[PATHS_MAX + 1];

    if (in->options->dry_run || !write_folder_of(in->file, folder, &ignored))
        return;
    (void)text_print(folders[0], sizeof folders[0], "%s", folder);
    (void)text_print(folders[1], sizeof folders[1], "%.*s/secrets", (int)(strrchr(in->file, '/') - in->file), in->file);
    for (size_t i = 0; i < 2; i++) {
        const unsigned removed = write_tidy(folders[i]);

        if (removed > 0)
            ask_say(&in->ask, "Removed: %u file%s in %s that a golub init left which was killed.", removed,
                    removed == 1 ? "" : "s", folders[i]);
    }
}

/* Blanks around it go; what has no @ is no address, and leads to a server by hand. */
static bool
take_address(struct init *in, const char *given)
{
    const char *at;
    size_t len;

    given += strspn(given, " \t");
    len = strlen(given);
    while (len > 0 && (given[len - 1] == ' ' || given[len - 1] == '\t'))
        len--;
    if (!text_copy((struct text){given, len}, in->address, sizeof in->address) || len > 320) {
        error_state(&in->err, ERROR_CONFIG, "the address is too long");
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)in->address[i] > 0x20 && in->address[i] != 0x7f)
            continue;
        error_state(&in->err, ERROR_CONFIG, "an address holds no blanks and no control characters");
        return false;
    }
    at = strrchr(in->address, '@');
    if (at == NULL)
        in->address[0] = '\0';
    else if (at == in->address || at[1] == '\0') {
        error_state(&in->err, ERROR_CONFIG, "not an address: %.100s", in->address);
        return false;
    }
    in->domain = at != NULL ? at + 1 : NULL;
    in->provider = at != NULL ? provider_of(at + 1) : NULL;
    return true;
}

static bool
find_address(struct init *in)
{
    char answer[ASK_MAX];

    if (in->options->name_count > 0) {
        if (!take_address(in, in->options->names[0]))
            return false;
        if (in->domain == NULL)
            ask_say(&in->ask, "\"%s\" has no @: it is no address, so the server is asked for.", in->options->names[0]);
        return true;
    }
    if (in->options->init[INIT_SERVER] != NULL)
        return true;
    for (;;) {
        if (!ask_line(&in->ask,
                      &(struct question){.option = "ADDRESS, or --server and --user",
                                         .why = "The address tells the provider, and is what most servers know you by.",
                                         .text = "Your mail address (or - to name a server)"},
                      answer, &in->err))
            return false;
        if (take_address(in, answer))
            return true;
        ask_say(&in->ask, "%s", in->err.what);
    }
}

/* The folder above the Maildir is golub's to make here, and nowhere else. */
static bool
make_parent(struct init *in, const char *maildir)
{
    char parent[PATHS_MAX + 1];
    const char *slash = strrchr(maildir, '/');

    return slash == NULL || slash == maildir ||
           (text_copy((struct text){maildir, (size_t)(slash - maildir)}, parent, sizeof parent) &&
            write_folder(parent, &in->err));
}

/* Is what stands there still what the block was made for? One that was not there must not have come, either. */
static bool
is_unchanged(const struct init *in)
{
    struct error ignored = {0};
    struct stat st;
    char *now = NULL;
    bool same;

    if (in->text[0] == '\0' && stat(in->file, &st) != 0)
        return errno == ENOENT;
    same = settings_text_read(in->file, &now, &ignored) && strcmp(now, in->text) == 0;
    free(now);
    return same;
}

static bool
write_block(struct init *in)
{
    struct buffer all = buffer_new(SETTINGS_TEXT_MAX);
    const size_t len = strlen(in->text);
    bool done = buffer_addf(&all, "%s%s%s%s", in->text, len > 0 && in->text[len - 1] != '\n' ? "\n" : "",
                            len > 0 ? "\n" : "", in->added);

    if (!done)
        error_state(&in->err, ERROR_CONFIG, "the configuration would be too large");
    done = done && write_file(in->file, (struct text){all.at, all.len}, ".bak", &in->err);
    buffer_free(&all);
    return done;
}

/* The password goes first, since the block names it; without the block it goes away again. */
static bool
write_both(struct init *in)
{
    const bool typed = in->store != STORES;
    const int lock = write_lock(in->file, &in->err);
    struct error ignored = {0};
    bool done = false;

    if (lock < 0)
        return false;
    if (!is_unchanged(in))
        error_state(&in->err, ERROR_CONFIG, "%s was changed meanwhile: nothing was written", in->file);
    else
        done = !typed || store_keep(in->store, in->file, in->name, in->password, &in->err);
    if (done && !write_block(in)) {
        /* Where only its folder could not be flushed, the block stands, and its password with it. */
        if (typed && is_unchanged(in) && !store_remove(in->store, in->file, in->name, &ignored))
            ask_say(&in->ask, "The password of \"%s\" was stored, and could not be taken away again.", in->name);
        done = false;
    }
    close(lock);
    return done;
}

/* In spite of what it is written; on a terminal that stands above. @return the exit status */
static int
say_refusal(struct init *in, bool written)
{
    if (in->refusal.kind == ERROR_NONE)
        return 0;
    if (!in->ask.terminal || in->ask.defaults || in->options->json)
        report_error(in->report, &in->refusal);
    if (!written && !in->options->dry_run)
        return error_status(in->refusal.kind);
    return in->offered && !in->refusal.not_password ? error_status(in->refusal.kind) : 1;
}

/* The last word, and the block is written. @return the exit status */
static int
finish(struct init *in)
{
    static const char *const choices[] = {"yes", "no", NULL};
    struct settings *loaded;
    struct configured *c = init_account(in, &loaded);
    size_t choice = 0;

    if (c == NULL)
        goto fail;
    c->account.connection.stopped = signals_stopped;
    ask_say(&in->ask, "\n%s", in->added);
    if (in->ask.terminal && !in->ask.defaults && !in->options->dry_run &&
        !ask_choice(&in->ask,
                    &(struct question){
                        .option = "--yes", .why = "It is put at the end of the configuration.", .text = "Write it?"},
                    choices, 0, &choice, &in->err))
        goto fail;
    if (choice == 0 && !in->options->dry_run) {
        if ((c->account.maildir != NULL && !make_parent(in, c->account.maildir)) || !write_both(in))
            goto fail;
        ask_say(&in->ask, "Written: %s", in->file);
        if (in->refusal.kind != ERROR_NONE)
            ask_say(&in->ask, "It has not logged in yet.");
        ask_say(&in->ask, "Next: golub check %s, and then: golub sync %s", in->name, in->name);
    } else {
        ask_say(&in->ask, "Nothing was written.");
        choice = 1;
    }
    report_init(in->report, in->name, in->file, choice == 0);
    settings_free(loaded);
    return say_refusal(in, choice == 0);
fail:
    settings_free(loaded);
    return -1;
}

static int
run(struct init *in)
{
    if (!open_file(in))
        return -1;
    tidy(in);
    if (!find_address(in) || !init_server(in) || !init_use(in) || !init_place(in) || !init_login(in))
        return -1;
    return finish(in);
}

int
cmd_init(const struct options *options, struct report *report)
{
    struct init *in;
    int status;

    if (options->explain) {
        fputs(init_explanation, options->json ? stderr : stdout);
        return 0;
    }
    in = calloc(1, sizeof *in);
    if (in == NULL)
        return 1;
    in->options = options;
    in->report = report;
    in->ask = (struct ask){
        .out = options->json ? stderr : stdout, .terminal = isatty(STDIN_FILENO) == 1, .defaults = options->yes};
    status = run(in);
    if (status < 0) {
        report_error(report, &in->err);
        status = error_status(in->err.kind);
    }
    explicit_bzero(in->password, sizeof in->password);
    settings_free(in->settings);
    free(in->added);
    free(in->text);
    free(in->file);
    free(in);
    return status;
}
