/*
 * Signals that ask the program to stop. The first one only sets a flag: what is in flight ends, what is done is
 * committed. The second one ends the program at once, with the signal's own status.
 */
#ifndef CONFIG_SIGNALS_H
#define CONFIG_SIGNALS_H

#include <stdbool.h>
#include <stddef.h>

/**
 * Catch SIGINT, SIGTERM and SIGHUP (not where nohup had it ignored); ignore SIGPIPE and SIGXFSZ: a reader that
 * went away, and a file that would grow over a limit, are errors of one write and no reason to die.
 */
void signals_install(void);
/**
 * From here on the first one is said at once, where a person sits at a terminal: on standard error, or on standard output.
 * @param text  standard output is for people
 */
void signals_speak(bool text);
/** Did one come? Fits every `stopped` callback; the context is not used. */
bool signals_stopped(void *context);
/** The number of the first one; 0: none came. */
int signals_caught(void);
/**
 * For `golub watch`: whenever a signal comes, SIGUSR1 included from here on, each of these (eventfd) is written to.
 * @param fds  borrowed until the next call; NULL: none any more
 */
void signals_wake(const int *fds, size_t count);
/** How often SIGUSR1 came: "run now". */
unsigned signals_asked(void);
/** End the program by the signal that came, if one did; otherwise return. */
void signals_reraise(void);

#endif
