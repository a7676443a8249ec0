/*
 * Run a command and write what it cost into a file, as JSON:    measure FILE COMMAND [ARGUMENT]…
 *
 * A small program of its own because ru_maxrss of a child begins with the size of the process that started it: measured from
 * Python, every program would seem to need what Python needs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double
seconds_of(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

int
main(int argc, char **argv)
{
    struct timespec begin, end;
    struct rusage usage;
    int status;
    FILE *file;
    pid_t child;

    if (argc < 3) {
        fprintf(stderr, "usage: %s FILE COMMAND [ARGUMENT]...\n", argv[0]);
        return 2;
    }
    (void)clock_gettime(CLOCK_MONOTONIC, &begin);
    child = fork();
    if (child == 0) {
        (void)execvp(argv[2], argv + 2);
        perror(argv[2]);
        _exit(127);
    }
    if (child < 0 || wait4(child, &status, 0, &usage) != child) {
        perror("run the command");
        return 1;
    }
    (void)clock_gettime(CLOCK_MONOTONIC, &end);
    file = fopen(argv[1], "w");
    if (file == NULL) {
        perror(argv[1]);
        return 1;
    }
    fprintf(file, "{\"seconds\":%.6f,\"resident\":%ld,\"user\":%.6f,\"system\":%.6f,\"status\":%d}\n",
            (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9, usage.ru_maxrss * 1024,
            seconds_of(usage.ru_utime), seconds_of(usage.ru_stime), WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    return fclose(file) == 0 ? 0 : 1;
}
