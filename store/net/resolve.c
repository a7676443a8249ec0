/*
 * getaddrinfo knows neither a time limit nor a wish to stop, and with silent name servers it takes half a minute or
 * more. So it runs in a thread of its own; whoever is last (the thread, or we who got tired of waiting) frees the
 * lookup. An address in figures needs neither.
 */
#include "store/net/resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>

#include "store/base/clock.h"
#include "store/net/wait.h"

struct lookup {
    char host[256]; /* a DNS name has at most 253 bytes */
    char port[8];
    int ready_fd; /* write end of a pipe; closed when the answer is here */
    pthread_mutex_t lock;
    /* under the lock */
    bool done;
    bool abandoned; /* nobody waits any more: the thread frees */
    int result;     /* of getaddrinfo */
    int system_error;
    struct addrinfo *list;
};

static int
ask(const char *host, const char *port, int flags, struct addrinfo **list)
{
    const struct addrinfo wanted = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV | flags};

    *list = NULL;
    return getaddrinfo(host, port, &wanted, list);
}

/* "localhost" is this machine also where no hosts file says so (RFC 6761 section 6.3): a bare chroot has none. */
static int
ask_by_name(const char *host, const char *port, struct addrinfo **list)
{
    const int result = ask(host, port, 0, list);

    return result != 0 && strcasecmp(host, "localhost") == 0 ? ask(NULL, port, 0, list) : result;
}

static void
free_lookup(struct lookup *lookup)
{
    if (lookup->list != NULL)
        freeaddrinfo(lookup->list);
    (void)pthread_mutex_destroy(&lookup->lock); /* nobody holds it any more */
    free(lookup);
}

static void *
look_up(void *argument)
{
    struct lookup *lookup = argument;
    struct addrinfo *list;
    bool last;

    const int result = ask_by_name(lookup->host, lookup->port, &list);
    const int system_error = errno;

    (void)pthread_mutex_lock(&lookup->lock); /* a plain mutex, ours: can't fail */
    lookup->done = true;
    lookup->result = result;
    lookup->system_error = system_error;
    lookup->list = list;
    last = lookup->abandoned;
    (void)close(lookup->ready_fd); /* wakes the waiting side; nothing was written that could be lost */
    (void)pthread_mutex_unlock(&lookup->lock);
    if (last)
        free_lookup(lookup);
    return NULL;
}

/* Signals are for the threads that know what to do with them. */
static bool
start_thread(struct lookup *lookup)
{
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t all, before;
    bool started;

    if (pthread_attr_init(&attributes) != 0)
        return false;
    sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before); /* fails for a wrong first argument only */
    started = pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED) == 0 &&
              pthread_create(&thread, &attributes, look_up, lookup) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_attr_destroy(&attributes);
    return started;
}

static struct lookup *
new_lookup(const struct connection *to, int ready_fd)
{
    struct lookup *lookup = calloc(1, sizeof *lookup);

    if (lookup == NULL)
        return NULL;
    (void)text_print(lookup->host, sizeof lookup->host, "%s", to->host); /* its length was checked */
    (void)text_print(lookup->port, sizeof lookup->port, "%u", (unsigned)to->port);
    lookup->ready_fd = ready_fd;
    (void)pthread_mutex_init(&lookup->lock, NULL); /* default attributes: can't fail on Linux */
    if (!start_thread(lookup)) {
        free_lookup(lookup);
        return NULL;
    }
    return lookup;
}

static struct addrinfo *
take_answer(struct lookup *lookup, struct error *err)
{
    struct addrinfo *list = lookup->list;

    lookup->list = NULL;
    if (lookup->result != 0) {
        const char *why = lookup->result == EAI_SYSTEM ? strerror(lookup->system_error) : gai_strerror(lookup->result);

        const bool starved =
            lookup->result == EAI_MEMORY || (lookup->result == EAI_SYSTEM && lookup->system_error == ENOMEM);

        error_set(err, starved ? ERROR_LOCAL : ERROR_NETWORK, "find the address of %s", lookup->host);
        error_answer(err, starved ? TEXT("out of memory") : text_of(why));
        if (!starved)
            error_hint(err, "Check the host name in `server`, and whether this machine is online.");
    }
    free_lookup(lookup);
    return list;
}

static struct addrinfo *
wait_for_answer(const struct connection *to, struct lookup *lookup, int fd, struct error *err)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    bool done;

    const enum wait_result result = wait_for(to, &ready, 1, clock_ms() + wait_limit(to), err);

    (void)pthread_mutex_lock(&lookup->lock);
    done = lookup->done;
    lookup->abandoned = !done;
    (void)pthread_mutex_unlock(&lookup->lock);
    if (result == WAIT_READY)
        return take_answer(lookup, err); /* the pipe is closed under the lock: done */
    if (result == WAIT_LATE) {
        error_set(err, ERROR_NETWORK, "find the address of %s", to->host);
        error_answer(err, TEXT("no answer from the name servers"));
    }
    if (done)
        free_lookup(lookup);
    return NULL;
}

struct addrinfo *
resolve(const struct connection *to, struct error *err)
{
    struct addrinfo *list = NULL;
    struct lookup *lookup;
    char port[8];
    int ends[2];

    if (to->host == NULL || strlen(to->host) >= sizeof lookup->host) {
        error_state(err, ERROR_CONFIG, "`server` names no host");
        return NULL;
    }
    (void)text_print(port, sizeof port, "%u", (unsigned)to->port);
    if (ask(to->host, port, AI_NUMERICHOST, &list) == 0)
        return list;
    if (pipe2(ends, O_CLOEXEC) != 0) {
        error_sys(err, errno, "look up %s", to->host);
        return NULL;
    }
    lookup = new_lookup(to, ends[1]);
    if (lookup == NULL) {
        error_sys(err, EAGAIN, "start a thread to look up %s", to->host);
        (void)close(ends[1]);
    } else {
        list = wait_for_answer(to, lookup, ends[0], err);
    }
    (void)close(ends[0]);
    return list;
}
