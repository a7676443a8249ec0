/* See machine.h. */
#include "sync/watch/machine.h"

#include <sys/timerfd.h>

#include "store/net/network.h"

#define SLEPT_MS 5000   /* so much more time has passed than the machine was awake for */
#define FAR_S 315360000 /* ten years */

struct machine {
    int timer; /* is cancelled when the clock is set, which waking does; -1: there is none */
    struct network_watch *network;
    int64_t (*tell_slept)(void);
    int64_t slept_ms; /* as last seen */
};

/* poll counts only the time that the machine is awake for: without this a wait of minutes would go on after it woke. */
static void
arm(struct machine *machine)
{
    const struct itimerspec far = {.it_value.tv_sec = time(NULL) + FAR_S};

    if (machine->timer >= 0)
        (void)timerfd_settime(machine->timer, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &far, NULL);
}

struct machine *
machine_new(int64_t (*slept_ms)(void))
{
    struct machine *machine = calloc(1, sizeof *machine);

    if (machine == NULL)
        return NULL;
    machine->timer = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    machine->network = network_watch_new();
    machine->tell_slept = slept_ms;
    machine->slept_ms = slept_ms();
    arm(machine);
    return machine;
}

void
machine_free(struct machine *machine)
{
    if (machine == NULL)
        return;
    if (machine->timer >= 0)
        (void)close(machine->timer);
    network_watch_free(machine->network);
    free(machine);
}

size_t
machine_poll(const struct machine *machine, struct pollfd fds[static MACHINE_MOST])
{
    size_t count = 0;

    if (machine->timer >= 0)
        fds[count++] = (struct pollfd){.fd = machine->timer, .events = POLLIN};
    if (machine->network != NULL)
        fds[count++] = (struct pollfd){.fd = network_watch_descriptor(machine->network), .events = POLLIN};
    return count;
}

void
machine_read(struct machine *machine, bool *slept, bool *network)
{
    const int64_t slept_ms = machine->tell_slept();
    uint64_t times;

    *slept = slept_ms - machine->slept_ms > SLEPT_MS;
    machine->slept_ms = slept_ms;
    *network = machine->network != NULL && network_watch_read(machine->network);
    if (machine->timer >= 0 && read(machine->timer, &times, sizeof times) < 0) /* ECANCELED: the clock was set */
        arm(machine);
}
