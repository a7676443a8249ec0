/* What the service manager is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "store/base/text.h"
#include "sync/watch/service.h"

struct manager {
    int fd;
    char folder[128];
    struct sockaddr_un address;
};

static void
given_socket(struct manager *manager, const char *name)
{
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name) + (name[0] == '/'));

    manager->address = (struct sockaddr_un){.sun_family = AF_UNIX};
    assert_true(text_print(manager->address.sun_path, sizeof manager->address.sun_path, "%s", name));
    if (name[0] == '@')
        manager->address.sun_path[0] = '\0';
    manager->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(manager->fd, (struct sockaddr *)(void *)&manager->address, size), 0);
    assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
}

static int
given_manager(void **state)
{
    struct manager *manager = calloc(1, sizeof *manager);
    const char *base = getenv("TMPDIR");
    char name[140];

    text_print(manager->folder, sizeof manager->folder, "%s/golub-unit-XXXXXX",
               base != NULL && strlen(base) < 60 ? base : "/tmp");
    assert_non_null(mkdtemp(manager->folder));
    text_print(name, sizeof name, "%s/notify", manager->folder);
    given_socket(manager, name);
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
    *state = manager;
    return 0;
}

static int
no_manager(void **state)
{
    struct manager *manager = *state;

    close(manager->fd);
    if (manager->address.sun_path[0] != '\0')
        unlink(manager->address.sun_path);
    rmdir(manager->folder);
    free(manager);
    return 0;
}

/* The next datagram; "": there is none. */
static const char *
heard(const struct manager *manager)
{
    static char text[2048];
    ssize_t got = recv(manager->fd, text, sizeof text - 1, 0);

    text[got > 0 ? got : 0] = '\0';
    return text;
}

static void
beginning_state_and_end_are_told_a_datagram_each(void **state)
{
    struct manager *manager = *state;
    struct service *service = service_new();

    service_ready(service, "watching 2 accounts");
    assert_string_equal(heard(manager), "READY=1\nSTATUS=watching 2 accounts");
    service_status(service, "work: no connection\nREADY=1");
    assert_string_equal(heard(manager), "STATUS=work: no connection READY=1");
    service_status(service, "work: no connection\nREADY=1");
    assert_string_equal(heard(manager), "");
    service_stopping(service);
    assert_string_equal(heard(manager), "STOPPING=1");
    service_free(service);
}

static void
a_name_that_is_in_no_file_system_is_found(void **state)
{
    struct manager *manager = *state;
    char name[64];
    close(manager->fd);
    unlink(manager->address.sun_path);
    text_print(name, sizeof name, "@golub-unit-%d", (int)getpid());
    given_socket(manager, name);

    struct service *service = service_new();
    service_stopping(service);

    assert_string_equal(heard(manager), "STOPPING=1");
    service_free(service);
}

static void
the_watchdog_is_answered_only_where_it_is_meant_for_this_process(void **state)
{
    const struct {
        const char *usec, *pid;
        int64_t ms;
    } cases[] = {
        {NULL, NULL, -1},    {"900000000", "self", 450000}, {"900000000", NULL, 450000}, {"900000000", "1", -1},
        {"0", "self", -1},   {"1000", "self", -1},          {"3000", "self", 10},        {"30s", "self", -1},
        {"30000", "x1", -1},
    };
    struct manager *manager = *state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char self[16];
        setenv("NOTIFY_SOCKET", manager->address.sun_path, 1);
        text_print(self, sizeof self, "%d", (int)getpid());
        if (cases[i].usec != NULL)
            setenv("WATCHDOG_USEC", cases[i].usec, 1);
        if (cases[i].pid != NULL)
            setenv("WATCHDOG_PID", strcmp(cases[i].pid, "self") == 0 ? self : cases[i].pid, 1);

        struct service *service = service_new();
        service_alive(service);

        if (service_alive_ms(service) != cases[i].ms)
            fail_msg("case %zu: %lld", i, (long long)service_alive_ms(service));
        assert_string_equal(heard(manager), cases[i].ms >= 0 ? "WATCHDOG=1" : "");
        service_free(service);
    }
}

static void
commands_that_golub_runs_inherit_nothing_of_it(void **state)
{
    (void)state;
    setenv("WATCHDOG_USEC", "1000000", 1);
    setenv("WATCHDOG_PID", "1", 1);

    struct service *service = service_new();

    assert_null(getenv("NOTIFY_SOCKET"));
    assert_null(getenv("WATCHDOG_USEC"));
    assert_null(getenv("WATCHDOG_PID"));
    service_free(service);
}

static void
without_a_manager_or_with_one_that_is_nonsense_nothing_is_said(void **state)
{
    static const char *const names[] = {NULL, "", "@", "relative/notify", "vsock:2:1234", "/nowhere/at/all"};
    char longer[300];
    (void)state;

    memset(longer, 'x', sizeof longer - 1);
    longer[0] = '/';
    longer[sizeof longer - 1] = '\0';
    for (size_t i = 0; i <= sizeof names / sizeof names[0]; i++) {
        const char *name = i < sizeof names / sizeof names[0] ? names[i] : longer;

        if (name != NULL)
            setenv("NOTIFY_SOCKET", name, 1);
        else
            unsetenv("NOTIFY_SOCKET");
        struct service *service = service_new();

        service_ready(service, "x");
        service_status(service, "y");
        service_alive(service);
        service_stopping(service);
        assert_int_equal(service_alive_ms(service), -1);
        service_free(service);
    }
}

static void *
talk(void *context)
{
    for (int i = 0; i < 2000; i++) {
        char line[700];

        (void)text_print(line, sizeof line, "%0650d", i % 3);
        service_status(context, line);
        service_alive(context);
    }
    return NULL;
}

static void
a_manager_that_does_not_read_and_many_threads_stop_nobody(void **state)
{
    struct manager *manager = *state;
    pthread_t threads[4];
    setenv("WATCHDOG_USEC", "1000000", 1);
    struct service *service = service_new();

    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, talk, service), 0);
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);

    for (const char *text = heard(manager); text[0] != '\0'; text = heard(manager))
        assert_true(strcmp(text, "WATCHDOG=1") == 0 || (strncmp(text, "STATUS=0", 8) == 0 && strlen(text) < 520));
    service_free(service);
}

int
main(void)
{
#define MANAGED(test) cmocka_unit_test_setup_teardown(test, given_manager, no_manager)
    const struct CMUnitTest tests[] = {
        MANAGED(beginning_state_and_end_are_told_a_datagram_each),
        MANAGED(a_name_that_is_in_no_file_system_is_found),
        MANAGED(the_watchdog_is_answered_only_where_it_is_meant_for_this_process),
        MANAGED(commands_that_golub_runs_inherit_nothing_of_it),
        MANAGED(without_a_manager_or_with_one_that_is_nonsense_nothing_is_said),
        MANAGED(a_manager_that_does_not_read_and_many_threads_stop_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
