/*
 * See network.h. What netlink tells is a reason to look, no more: the addresses are read with getifaddrs(3), the default routes from /proc, and
 * a sum of them is compared with that of the last look. So nothing has to be said about messages that were lost (ENOBUFS), or never sent:
 * Linux drops the IPv4 routes of an interface that is shut down without a word about each of them. Measured: a look takes 0.1 ms.
 */
#include "store/net/network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "store/base/text.h"

#define GROUPS (RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE)
#define MESSAGES_MAX 10000 /* read in one call: a storm must not keep the caller for ever */

struct network_watch {
    int fd;
    uint64_t sum; /* of what counts */
};

/* @return false: it leads nowhere else, or is none of the internet's */
static bool
print_address(const struct sockaddr *address, char *to, size_t size)
{
    if (address == NULL)
        return false;
    if (address->sa_family == AF_INET) {
        const struct in_addr *in = &((const struct sockaddr_in *)(const void *)address)->sin_addr;
        const uint32_t bits = ntohl(in->s_addr);

        return bits >> 24 != 127 && bits >> 16 != 0xa9fe && inet_ntop(AF_INET, in, to, (socklen_t)size) != NULL;
    }
    if (address->sa_family == AF_INET6) {
        const struct in6_addr *in = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;

        return !IN6_IS_ADDR_LOOPBACK(in) && !IN6_IS_ADDR_LINKLOCAL(in) &&
               inet_ntop(AF_INET6, in, to, (socklen_t)size) != NULL;
    }
    return false;
}

static uint64_t
sum_addresses(void)
{
    struct ifaddrs *all;
    uint64_t sum = 0;

    if (getifaddrs(&all) != 0)
        return 0;
    for (const struct ifaddrs *at = all; at != NULL; at = at->ifa_next) {
        char address[INET6_ADDRSTRLEN], item[INET6_ADDRSTRLEN + 64];

        if (!print_address(at->ifa_addr, address, sizeof address))
            continue;
        (void)text_print(item, sizeof item, "%s %s %x", at->ifa_name, address,
                         at->ifa_flags & (unsigned)(IFF_UP | IFF_RUNNING));
        sum += text_hash(text_of(item)); /* whatever their order */
    }
    freeifaddrs(all);
    return sum;
}

/* A line a route; columns as in Linux's net/ipv4/fib_trie.c: Iface Destination Gateway Flags RefCnt Use Metric Mask ... */
static uint64_t
sum_routes_ipv4(const char *line)
{
    char device[32], item[128];
    unsigned to, gateway, flags, metric, mask;

    if (sscanf(line, "%31s %x %x %x %*d %*d %u %x", device, &to, &gateway, &flags, &metric, &mask) != 6 || to != 0 ||
        mask != 0)
        return 0;
    (void)text_print(item, sizeof item, "4 %s %x %x %u", device, gateway, flags, metric);
    return text_hash(text_of(item));
}

/* ... net/ipv6/route.c: destination, its length, source, its length, gateway, metric, references, uses, flags, device. */
static uint64_t
sum_routes_ipv6(const char *line)
{
    char to[33], gateway[33], device[32], item[128];
    unsigned length, metric, flags;

    if (sscanf(line, "%32s %x %*32s %*x %32s %x %*x %*x %x %31s", to, &length, gateway, &metric, &flags, device) != 6 ||
        length != 0 || strspn(to, "0") != 32 || strcmp(device, "lo") == 0) /* there Linux keeps what it rejects */
        return 0;
    (void)text_print(item, sizeof item, "6 %s %s %x", device, gateway, metric);
    return text_hash(text_of(item));
}

static uint64_t
sum_file(const char *name, uint64_t (*sum_line)(const char *line))
{
    FILE *file = fopen(name, "re");
    char line[512];
    uint64_t sum = 0;

    if (file == NULL)
        return 0;
    while (fgets(line, sizeof line, file) != NULL)
        sum += sum_line(line);
    (void)fclose(file); /* only read */
    return sum;
}

static uint64_t
sum_all(void)
{
    return sum_addresses() + sum_file("/proc/self/net/route", sum_routes_ipv4) +
           sum_file("/proc/self/net/ipv6_route", sum_routes_ipv6);
}

struct network_watch *
network_watch_new(void)
{
    const struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = GROUPS};
    struct network_watch *watch = calloc(1, sizeof *watch);

    if (watch == NULL)
        return NULL;
    watch->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    if (watch->fd < 0 || bind(watch->fd, (const struct sockaddr *)(const void *)&address, sizeof address) != 0) {
        network_watch_free(watch);
        return NULL;
    }
    watch->sum = sum_all(); /* after bind: nothing can change between them */
    return watch;
}

int
network_watch_descriptor(const struct network_watch *watch)
{
    return watch != NULL ? watch->fd : -1;
}

/* Was there anything to read? */
static bool
drain(int fd)
{
    bool any = false;

    for (int i = 0; i < MESSAGES_MAX; i++) {
        char bytes[64]; /* the rest of a message goes with it */

        if (recv(fd, bytes, sizeof bytes, 0) < 0) {
            if (errno != ENOBUFS && errno != EINTR)
                break;
            any = any || errno == ENOBUFS;
        } else
            any = true;
    }
    return any;
}

bool
network_watch_read(struct network_watch *watch)
{
    uint64_t sum;
    bool changed;

    if (watch == NULL || !drain(watch->fd))
        return false;
    sum = sum_all();
    changed = sum != watch->sum;
    watch->sum = sum;
    return changed;
}

void
network_watch_free(struct network_watch *watch)
{
    if (watch == NULL)
        return;
    if (watch->fd >= 0)
        (void)close(watch->fd); /* only read */
    free(watch);
}
