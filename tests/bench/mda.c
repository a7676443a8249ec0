/*
 * The cheapest MDA that is durable, for fetchmail, which delivers into no Maildir itself:    mda MAILDIR < message
 *
 * tmp/, fsync, rename, no more: what fetchmail costs beside it is fetchmail's own.
 */
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static char buffer[64 * 1024];

static int
fail(const char *what)
{
    perror(what);
    return 75; /* EX_TEMPFAIL: it stays on the server */
}

static int
copy(int to)
{
    ssize_t len;

    while ((len = read(STDIN_FILENO, buffer, sizeof buffer)) > 0)
        if (write(to, buffer, (size_t)len) != len)
            return -1;
    return len == 0 ? 0 : -1;
}

int
main(int argc, char **argv)
{
    char tmp[64], final[64];
    struct timespec now;
    int fd;

    if (argc != 2 || chdir(argv[1]) != 0)
        return fail("enter the Maildir");
    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)snprintf(final, sizeof final, "new/%lld.M%ldP%ld.bench", (long long)now.tv_sec, now.tv_nsec / 1000,
                   (long)getpid());
    (void)snprintf(tmp, sizeof tmp, "tmp/%s", final + 4);
    fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (fd < 0 || copy(fd) != 0 || fsync(fd) != 0 || close(fd) != 0)
        return fail("write the message");
    if (rename(tmp, final) != 0)
        return fail("give the message its name");
    return 0;
}
