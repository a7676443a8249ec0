#include "config/init/stores.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config/init/write.h"
#include "config/secret.h"
#include "config/signals.h"
#include "store/base/child.h"

#define LIMIT_MS (60 * 1000) /* a keyring may ask to be unlocked */

static const char *const words[STORES] = {"secret-tool", "pass", "file"};

const char *
store_word(enum store_kind kind)
{
    return words[kind];
}

enum store_kind
store_of(const char *word)
{
    enum store_kind kind = 0;

    while (kind < STORES && strcmp(words[kind], word) != 0)
        kind++;
    return kind;
}

bool
store_is_here(enum store_kind kind)
{
    const char *path = getenv("PATH");
    char file[4096];

    if (kind == STORE_FILE)
        return true;
    for (size_t len; path != NULL && *path != '\0'; path += len + (path[len] == ':')) {
        len = strcspn(path, ":");
        if (len > 0 && text_print(file, sizeof file, "%.*s/%s", (int)len, path, words[kind]) && access(file, X_OK) == 0)
            return true;
    }
    return false;
}

/* For the shell, in '...'. */
static bool
add_word(struct buffer *to, const char *word)
{
    bool done = buffer_adds(to, "'");

    for (; done && *word != '\0'; word++)
        done = *word == '\'' ? buffer_adds(to, "'\\''") : buffer_add(to, word, 1);
    return done && buffer_adds(to, "'");
}

static bool
make_command(const char *verb, const char *word, char to[static STORE_COMMAND_MAX], struct error *err)
{
    struct buffer command = buffer_new(STORE_COMMAND_MAX - 1);
    const bool done = buffer_adds(&command, verb) && add_word(&command, word);

    if (done)
        (void)text_print(to, STORE_COMMAND_MAX, "%s", command.at); /* it fits */
    else
        error_state(err, ERROR_CONFIG, "the name is too long");
    buffer_free(&command);
    return done;
}

/* golub/ACCOUNT, the name in pass */
static bool
make_pass_command(const char *verb, const char *account, char to[static STORE_COMMAND_MAX], struct error *err)
{
    char entry[256];

    return text_print(entry, sizeof entry, "golub/%s", account) && make_command(verb, entry, to, err);
}

static bool
secret_file(const char *config, const char *account, char path[static 4096], struct error *err)
{
    const char *slash = strrchr(config, '/');

    if (text_print(path, 4096, "%.*s/secrets/%s", slash != NULL ? (int)(slash - config) : 1,
                   slash != NULL ? config : ".", account))
        return true;
    error_state(err, ERROR_CONFIG, "the path of the secret is too long");
    return false;
}

bool
store_command(enum store_kind kind, const char *config, const char *account, char to[static STORE_COMMAND_MAX],
              struct error *err)
{
    char path[4096];

    if (kind == STORE_SECRET_TOOL)
        return make_command("secret-tool lookup golub ", account, to, err);
    if (kind == STORE_PASS)
        return make_pass_command("pass show ", account, to, err);
    return secret_file(config, account, path, err) && make_command("cat ", path, to, err);
}

/* Run a command with that on its standard input; what it prints is nobody's business. @param stopped  NULL: a signal does not end it */
static bool
feed_command(const char *command, const char *input, bool (*stopped)(void *), struct error *err)
{
    const struct child_patience patience = {.limit_ms = LIMIT_MS, .grace_ms = 500, .ask = SIGTERM, .stopped = stopped};
    int ends[2], out, failed, status = 0;
    pid_t pid;
    bool fed;
    enum child_end end;

    if (pipe2(ends, O_CLOEXEC) != 0) {
        error_sys(err, errno, "make a pipe");
        return false;
    }
    out = open("/dev/null", O_WRONLY | O_CLOEXEC);
    fed = write(ends[1], input, strlen(input)) == (ssize_t)strlen(input); /* a pipe holds more than that */
    close(ends[1]);
    failed = out < 0 ? errno : child_start(command, ends[0], out, NULL, &pid);
    close(ends[0]);
    if (out >= 0)
        close(out);
    if (failed != 0) {
        error_sys(err, failed, "start %.60s", command);
        return false;
    }
    end = child_wait(pid, &patience, &status);
    if (end == CHILD_STOPPED) {
        error_set(err, ERROR_INTERRUPTED, "store the password");
        return false;
    }
    if (fed && end == CHILD_ENDED && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    error_state(err, ERROR_LOCAL, "%.*s did not keep the password", (int)strcspn(command, " "), command);
    error_hint(err, "What it said stands above.");
    return false;
}

static bool
store_word_there(enum store_kind kind, const char *config, const char *account, const char *password, struct error *err)
{
    char command[STORE_COMMAND_MAX], path[4096], verb[STORE_COMMAND_MAX];
    struct buffer line = buffer_new(STORE_COMMAND_MAX);
    bool done;

    if (kind == STORE_PASS)
        return make_pass_command("pass insert -m -f ", account, command, err) &&
               feed_command(command, password, signals_stopped, err);
    if (kind == STORE_SECRET_TOOL) {
        char label[128];

        (void)text_print(label, sizeof label, "golub: %s", account);
        return make_command("secret-tool store --label=", label, verb, err) &&
               text_print(verb + strlen(verb), sizeof verb - strlen(verb), " golub ") &&
               make_command(verb, account, command, err) && feed_command(command, password, signals_stopped, err);
    }
    if (!secret_file(config, account, path, err))
        return false;
    done = buffer_addf(&line, "%s\n", password) && write_file(path, text_of(line.at), NULL, err);
    if (line.at != NULL)
        explicit_bzero(line.at, line.size);
    buffer_free(&line);
    return done;
}

bool
store_has(enum store_kind kind, const char *config, const char *account)
{
    char command[STORE_COMMAND_MAX], quiet[STORE_COMMAND_MAX + 16], path[4096];
    struct error ignored = {0};
    struct stat st;

    if (kind == STORE_FILE)
        return secret_file(config, account, path, &ignored) && lstat(path, &st) == 0;
    return store_command(kind, config, account, command, &ignored) &&
           text_print(quiet, sizeof quiet, "%s 2>/dev/null", command) &&
           feed_command(quiet, "", signals_stopped, &ignored);
}

/* Also after a signal: what was stored must not stay. A second one ends us in any case. */
bool
store_remove(enum store_kind kind, const char *config, const char *account, struct error *err)
{
    char command[STORE_COMMAND_MAX], path[4096];

    if (kind == STORE_PASS)
        return make_pass_command("pass rm -f ", account, command, err) && feed_command(command, "", NULL, err);
    if (kind == STORE_SECRET_TOOL)
        return make_command("secret-tool clear golub ", account, command, err) && feed_command(command, "", NULL, err);
    if (!secret_file(config, account, path, err))
        return false;
    if (unlink(path) == 0)
        return true;
    error_sys(err, errno, "remove %s", path);
    return false;
}

bool
store_keep(enum store_kind kind, const char *config, const char *account, const char *password, struct error *err)
{
    char command[STORE_COMMAND_MAX], *back = NULL;
    struct error ignored = {0};
    struct secret *secret;
    bool done;

    if (!store_word_there(kind, config, account, password, err) || !store_command(kind, config, account, command, err))
        return false;
    secret = secret_new(&(struct secret_settings){.command = command, .stopped = signals_stopped});
    done = secret != NULL && secret_get(secret, false, &back, err);
    if (done && strcmp(back, password) != 0) {
        error_state(err, ERROR_LOCAL, "%s gave back something else than it was given", words[kind]);
        done = false;
    }
    if (!done)
        (void)!store_remove(kind, config, account, &ignored);
    if (back != NULL)
        explicit_bzero(back, strlen(back));
    free(back);
    secret_free(secret);
    return done;
}

bool
store_prove(enum store_kind kind, const char *config, struct error *err)
{
    char name[64];
    bool proven;

    /* A file's name can't be an account's, so it goes by itself if we are killed (write.h). */
    (void)text_print(name, sizeof name, "%s%d", kind == STORE_FILE ? WRITE_LEFT : "golub-init-", (int)getpid());
    proven = store_keep(kind, config, name, "nothing at all", err);
    return proven && store_remove(kind, config, name, err);
}
