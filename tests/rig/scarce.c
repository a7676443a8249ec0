/*
 * Memory that runs out, for LD_PRELOAD: golub (no other program that it runs) gets none at the GOLUB_RIG_SCARCE-th place that asks for some,
 * the first time. A place is a function that asks with those that called it. GOLUB_RIG_SCARCE_LOG gets the number of places at the end, and
 * the stack of the one where it failed. rig/scarce.py builds it.
 */
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t),
    *__libc_memalign(size_t, size_t);
enum { DEPTH = 5, PLACES = 1 << 16 };

static atomic_flag busy = ATOMIC_FLAG_INIT;
static long count = -1, failing; /* -1: not golub, or not begun */
static size_t seen[PLACES];      /* hashes of stacks */
static int log_to = -1;

__attribute__((constructor)) static void
begin(void)
{
    const char *at = getenv("GOLUB_RIG_SCARCE"), *path = getenv("GOLUB_RIG_SCARCE_LOG");
    void *stack[1];

    if (at == NULL || strcmp(program_invocation_short_name, "golub") != 0)
        return;
    (void)backtrace(stack, 1); /* it allocates the first time */
    failing = atol(at);
    if (path != NULL)
        log_to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    count = 0;
}

__attribute__((destructor)) static void
end(void)
{
    char line[64];

    if (count < 0 || log_to < 0)
        return;
    (void)!write(log_to, line, (size_t)snprintf(line, sizeof line, "total %ld\n", count));
}

/* @return whether no stack like this one was seen before */
static bool
is_new(void *const *stack, int depth)
{
    size_t hash = 1469598103934665603U;

    for (int i = 0; i < depth; i++)
        hash = (hash ^ (size_t)stack[i]) * 1099511628211U;
    for (size_t at = hash % PLACES;; at = (at + 1) % PLACES) {
        if (seen[at] == hash)
            return false;
        if (seen[at] == 0) {
            seen[at] = hash;
            return true;
        }
    }
}

__attribute__((noinline)) static bool
fails(void)
{
    void *stack[24];
    int depth;
    bool now;

    if (count < 0 || (failing > 0 && count >= failing))
        return false;
    depth = backtrace(stack, DEPTH + 2);
    while (atomic_flag_test_and_set(&busy)) {
    }
    now = is_new(stack + 2, depth - 2 < DEPTH ? depth - 2 : DEPTH) && ++count == failing;
    atomic_flag_clear(&busy);
    if (!now)
        return false;
    if (log_to >= 0)
        backtrace_symbols_fd(stack, backtrace(stack, 24), log_to);
    errno = ENOMEM;
    return true;
}

void *
malloc(size_t size)
{
    return fails() ? NULL : __libc_malloc(size);
}

void *
calloc(size_t number, size_t size)
{
    return fails() ? NULL : __libc_calloc(number, size);
}

void *
realloc(void *old, size_t size)
{
    return fails() ? NULL : __libc_realloc(old, size);
}

void *
memalign(size_t alignment, size_t size)
{
    return fails() ? NULL : __libc_memalign(alignment, size);
}

void *
aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

int
posix_memalign(void **to, size_t alignment, size_t size)
{
    void *got = memalign(alignment, size);

    if (got == NULL)
        return ENOMEM;
    *to = got;
    return 0;
}
