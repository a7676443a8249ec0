/* The network changes, or only says that it is there; and the machine that slept. In a network of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "store/base/clock.h"
#include "store/base/text.h"
#include "store/net/network.h"

/* ---- a network of one's own ---- */

static bool
write_file(const char *name, const char *text)
{
    int fd = open(name, O_WRONLY | O_CLOEXEC);
    bool done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

    if (fd >= 0)
        close(fd);
    return done;
}

/* As somebody who is root in it, and nowhere else. */
static int
given_network(void **state)
{
    static bool asked, have;
    char map[64];

    *state = &have;
    if (asked)
        return 0;
    asked = true;
    text_print(map, sizeof map, "0 %u 1\n", (unsigned)geteuid());
    have =
        unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 && write_file("/proc/self/setgroups", "deny") &&
        write_file("/proc/self/uid_map", map) && system("ip link set lo up 2>/dev/null") == 0 &&
        system("ip link add away type veth peer name peer 2>/dev/null && ip link set peer up && ip link set away up") ==
            0;
    return 0;
}

static void
needs_network(void **state)
{
    const bool *have = *state;

    if (*have)
        return;
    print_message("skipped: no network namespace of one's own, or no ip(8)\n");
    skip();
}

static void
when(const char *command)
{
    if (system(command) != 0)
        fail_msg("%s", command);
}

/* Everything that was told is there by now: the kernel tells before the command ends, but for addresses that it has to try out. */
static bool
read_now(struct network_watch *watch)
{
    struct pollfd wait = {.fd = network_watch_descriptor(watch), .events = POLLIN};

    assert_true(poll(&wait, 1, 0) >= 0);
    return network_watch_read(watch);
}

/* ---- tests ---- */

static void
a_new_address_and_one_that_goes_are_changes(void **state)
{
    needs_network(state);
    struct network_watch *watch = network_watch_new();
    assert_non_null(watch);
    assert_false(read_now(watch));

    when("ip address add 192.0.2.7/24 dev away");
    assert_true(read_now(watch));
    assert_false(read_now(watch));
    when("ip address add 2001:db8::7/64 dev away nodad");
    assert_true(read_now(watch));
    when("ip address del 192.0.2.7/24 dev away");
    assert_true(read_now(watch));
    when("ip address del 2001:db8::7/64 dev away");
    assert_true(read_now(watch));
    network_watch_free(watch);
}

static void
a_lifetime_that_is_refreshed_is_told_and_no_change(void **state)
{
    needs_network(state);
    when("ip address add 192.0.2.7/24 dev away valid_lft 1000 preferred_lft 500");
    when("ip address add 2001:db8::7/64 dev away valid_lft 1000 preferred_lft 500 nodad");
    struct network_watch *watch = network_watch_new();
    struct pollfd wait = {.fd = network_watch_descriptor(watch), .events = POLLIN};

    when("ip address change 192.0.2.7/24 dev away valid_lft 2000 preferred_lft 900");
    when("ip address change 2001:db8::7/64 dev away valid_lft 2000 preferred_lft 900");
    assert_int_equal(poll(&wait, 1, 1000), 1);
    assert_false(network_watch_read(watch));

    when("ip address flush dev away");
    assert_true(read_now(watch));
    network_watch_free(watch);
}

static void
the_default_route_counts_and_no_other(void **state)
{
    needs_network(state);
    when("ip address add 192.0.2.7/24 dev away");
    struct network_watch *watch = network_watch_new();

    when("ip route add 198.51.100.0/24 via 192.0.2.1");
    assert_false(read_now(watch));
    when("ip route add default via 192.0.2.1");
    assert_true(read_now(watch));
    when("ip route change default via 192.0.2.2");
    assert_true(read_now(watch));
    when("ip -6 route add default dev away");
    assert_true(read_now(watch));
    when("ip -6 route del default dev away");
    assert_true(read_now(watch));
    when("ip route del default");
    assert_true(read_now(watch));
    when("ip address flush dev away");
    network_watch_free(watch);
}

static void
an_interface_that_is_shut_down_takes_its_route_along(void **state)
{
    needs_network(state);
    when("ip address add 192.0.2.7/24 dev away && ip route add default via 192.0.2.1");
    struct network_watch *watch = network_watch_new();

    when("ip link set away down");
    assert_true(read_now(watch));
    when("ip link set away up");
    assert_true(read_now(watch));
    when("ip route add default via 192.0.2.1");
    assert_true(read_now(watch));
    when("ip address flush dev away");
    network_watch_free(watch);
}

static void
an_interface_without_an_address_and_this_machine_itself_are_nothing_to_tell(void **state)
{
    needs_network(state);
    struct network_watch *watch = network_watch_new();

    when("ip link add other type veth peer name beside && ip link set beside up && ip link set other up");
    when("ip address add 127.0.0.9/8 dev lo && ip address add 169.254.3.4/16 dev other scope link");
    assert_false(read_now(watch));
    when("ip link del other");
    assert_false(read_now(watch));
    network_watch_free(watch);
}

static void
more_than_the_queue_holds_is_a_reason_to_look_too(void **state)
{
    needs_network(state);
    struct network_watch *watch = network_watch_new();

    when("i=0; while [ $i -lt 1500 ]; do echo address add 192.0.2.7/24 dev away; echo address del 192.0.2.7/24 dev "
         "away; "
         "i=$((i+1)); done | ip -batch -");
    when("ip address add 192.0.2.8/24 dev away");
    assert_true(read_now(watch));
    assert_false(read_now(watch));
    when("ip address flush dev away");
    network_watch_free(watch);
}

static void
no_watch_is_as_good_as_a_silent_one(void **state)
{
    (void)state;
    assert_int_equal(network_watch_descriptor(NULL), -1);
    assert_false(network_watch_read(NULL));
    network_watch_free(NULL);
}

/* ---- sleep ---- */

static int64_t asleep_s; /* so long */

int
clock_gettime(clockid_t clock, struct timespec *now)
{
    int failed = (int)syscall(SYS_clock_gettime, clock, now);

    if (failed == 0 && clock == CLOCK_BOOTTIME)
        now->tv_sec += asleep_s;
    return failed;
}

static void
only_sleep_makes_the_time_asleep_grow(void **state)
{
    (void)state;
    const int64_t before = clock_slept_ms(), awake = clock_ms();
    assert_true(before >= 0);

    (void)nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    assert_in_range(clock_slept_ms() - before + 1000, 0, 2000);
    asleep_s = 3600;
    assert_in_range(clock_slept_ms() - before, 3599000, 3601000);
    assert_true(clock_ms() - awake < 3599000);
    asleep_s = 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_new_address_and_one_that_goes_are_changes, given_network),
        cmocka_unit_test_setup(a_lifetime_that_is_refreshed_is_told_and_no_change, given_network),
        cmocka_unit_test_setup(the_default_route_counts_and_no_other, given_network),
        cmocka_unit_test_setup(an_interface_that_is_shut_down_takes_its_route_along, given_network),
        cmocka_unit_test_setup(an_interface_without_an_address_and_this_machine_itself_are_nothing_to_tell,
                               given_network),
        cmocka_unit_test_setup(more_than_the_queue_holds_is_a_reason_to_look_too, given_network),
        cmocka_unit_test(no_watch_is_as_good_as_a_silent_one),
        cmocka_unit_test(only_sleep_makes_the_time_asleep_grow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
