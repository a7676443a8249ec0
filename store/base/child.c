/* See child.h. posix_spawn and no fork: other accounts' threads may hold any lock right now. */
#include "store/base/child.h"

#include "store/base/descriptors.h"
#include "store/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <unistd.h>

extern char **environ;

static int
set_attributes(posix_spawnattr_t *attributes)
{
    const short flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    sigset_t none, all;
    int failed;

    sigemptyset(&none);
    sigfillset(&all);
    if ((failed = posix_spawnattr_setflags(attributes, flags)) != 0 ||
        (failed = posix_spawnattr_setpgroup(attributes, 0)) != 0 ||
        (failed = posix_spawnattr_setsigmask(attributes, &none)) != 0)
        return failed;
    return posix_spawnattr_setsigdefault(attributes, &all);
}

static int
set_files(posix_spawn_file_actions_t *files, int in, int out)
{
    int failed = in == CHILD_NOTHING ? posix_spawn_file_actions_addopen(files, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
                                     : posix_spawn_file_actions_adddup2(files, in, STDIN_FILENO);

    return failed != 0 ? failed : posix_spawn_file_actions_adddup2(files, out, STDOUT_FILENO);
}

/* With the limit of open files that golub was started with: there are programs that close as many as they may have. */
static char *
script_of(const char *command)
{
    const size_t limit = descriptors_found(), size = strlen(command) + 64;
    char *script = malloc(size);

    if (script != NULL && limit != 0)
        (void)text_print(script, size, "ulimit -Sn %zu; %s", limit, command);
    else if (script != NULL)
        (void)text_print(script, size, "%s", command);
    return script;
}

int
child_start(const char *command, int in, int out, pid_t *pid)
{
    char *script = script_of(command);
    char *const argv[] = {(char[]){"sh"}, (char[]){"-c"}, script, NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    int failed = script != NULL ? posix_spawn_file_actions_init(&files) : ENOMEM;

    if (failed != 0)
        goto out;
    failed = posix_spawnattr_init(&attributes);
    if (failed == 0) {
        if ((failed = set_attributes(&attributes)) == 0 && (failed = set_files(&files, in, out)) == 0)
            failed = posix_spawn(pid, "/bin/sh", &files, &attributes, argv, environ);
        (void)posix_spawnattr_destroy(&attributes); /* only frees */
    }
    (void)posix_spawn_file_actions_destroy(&files);
out:
    free(script);
    return failed;
}
