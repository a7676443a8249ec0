/*
 * See service.h. Rests on sd_notify(3) and sd_watchdog_enabled(3); libsystemd would be a library for one sendto.
 *
 * The socket does not block: a manager that does not read its queue must not stop the mail. A STATUS that is lost so is an old line in
 * `systemctl status`; READY and STOPPING are tried for a moment.
 */
#include "sync/watch/service.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "store/base/text.h"

#define STATUS_MAX 500     /* bytes of a line for people */
#define SEND_TRIES 20      /* of what must arrive ... */
#define SEND_PAUSE_MS 50   /* ... and between them */
#define WATCHDOG_MIN_MS 10 /* half of it; less is a mistake */

struct service {
    int fd;
    struct sockaddr_un address;
    socklen_t address_size;
    int64_t alive_ms; /* -1: no watchdog */
    pthread_mutex_t lock;
    char status[STATUS_MAX]; /* the last one; under the lock */
};

static bool
set_address(struct service *service, const char *name)
{
    const size_t len = strlen(name);

    if ((name[0] != '/' && name[0] != '@') || len < 2 || len >= sizeof service->address.sun_path)
        return false;
    service->address.sun_family = AF_UNIX;
    memcpy(service->address.sun_path, name, len + 1);
    service->address_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + (name[0] == '/'));
    if (name[0] == '@')
        service->address.sun_path[0] = '\0';
    return true;
}

/* The manager of a parent of ours may have left its own in the environment: it says for which process it is meant. */
static int64_t
read_watchdog(void)
{
    const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
    uint64_t number, half;

    if (usec == NULL || !text_number(text_of(usec), INT64_MAX, &number))
        return -1;
    half = number / 2000;
    if (pid != NULL && (!text_number(text_of(pid), INT32_MAX, &number) || number != (uint64_t)getpid()))
        return -1;
    return half == 0 ? -1 : half < WATCHDOG_MIN_MS ? WATCHDOG_MIN_MS : (int64_t)half;
}

static void
forget_environment(void)
{
    (void)unsetenv("NOTIFY_SOCKET");
    (void)unsetenv("WATCHDOG_USEC");
    (void)unsetenv("WATCHDOG_PID");
}

struct service *
service_new(void)
{
    const char *name = getenv("NOTIFY_SOCKET");
    struct service *service = name != NULL ? calloc(1, sizeof *service) : NULL;

    if (service == NULL)
        return NULL;
    service->fd = -1;
    pthread_mutex_init(&service->lock, NULL);
    if (set_address(service, name))
        service->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    service->alive_ms = read_watchdog();
    forget_environment();
    if (service->fd >= 0)
        return service;
    service_free(service);
    return NULL;
}

static bool
send_once(const struct service *service, const char *text)
{
    return sendto(service->fd, text, strlen(text), MSG_NOSIGNAL,
                  (const struct sockaddr *)(const void *)&service->address, service->address_size) >= 0;
}

static void
send_surely(const struct service *service, const char *text)
{
    for (int i = 0; i < SEND_TRIES && !send_once(service, text) && (errno == EAGAIN || errno == EINTR); i++)
        (void)poll(NULL, 0, SEND_PAUSE_MS);
}

/* @return false: it is the one that was sent last */
static bool
keep_status(struct service *service, const char *status)
{
    char line[STATUS_MAX];
    bool other;

    (void)text_print(line, sizeof line, "%s", status); /* cut: a line for people */
    for (char *at = line; (at = strpbrk(at, "\r\n")) != NULL;)
        *at = ' ';
    other = strcmp(line, service->status) != 0;
    memcpy(service->status, line, sizeof line);
    return other;
}

void
service_ready(struct service *service, const char *status)
{
    char text[STATUS_MAX + 32];

    if (service == NULL)
        return;
    pthread_mutex_lock(&service->lock);
    (void)keep_status(service, status);
    (void)text_print(text, sizeof text, "READY=1\nSTATUS=%s", service->status);
    send_surely(service, text);
    pthread_mutex_unlock(&service->lock);
}

void
service_status(struct service *service, const char *status)
{
    char text[STATUS_MAX + 32];

    if (service == NULL)
        return;
    pthread_mutex_lock(&service->lock);
    if (keep_status(service, status)) {
        (void)text_print(text, sizeof text, "STATUS=%s", service->status);
        if (!send_once(service, text))
            service->status[0] = '\0'; /* the same again is worth another try */
    }
    pthread_mutex_unlock(&service->lock);
}

int64_t
service_alive_ms(const struct service *service)
{
    return service != NULL ? service->alive_ms : -1;
}

void
service_alive(struct service *service)
{
    if (service != NULL && service->alive_ms >= 0)
        (void)send_once(service, "WATCHDOG=1"); /* lost: there is time for another one */
}

void
service_stopping(struct service *service)
{
    if (service != NULL)
        send_surely(service, "STOPPING=1");
}

void
service_free(struct service *service)
{
    if (service == NULL)
        return;
    if (service->fd >= 0)
        (void)close(service->fd); /* nothing is left in it */
    pthread_mutex_destroy(&service->lock);
    free(service);
}
