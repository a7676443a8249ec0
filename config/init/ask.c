/*
 * Standard input is read byte by byte: what stands behind a line may be somebody else's. A signal does not end the program at once
 * (config/signals.h), so the terminal is as it was before golub does.
 */
#include "config/init/ask.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <termios.h>
#include <unistd.h>

#include "config/signals.h"

#define LOOK_MS 200 /* how often a signal is looked for that came just before the wait */

void
ask_say(const struct ask *ask, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    (void)vfprintf(ask->out, format, values); /* a terminal that is gone ends the next question */
    va_end(values);
    fputc('\n', ask->out);
    (void)fflush(ask->out);
}

enum read_end { READ_LINE, READ_TOO_LONG, READ_BAD, READ_NOTHING, READ_INTERRUPTED };

static bool
wait_for_byte(void)
{
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};

    while (!signals_stopped(NULL)) {
        const int ready = poll(&in, 1, LOOK_MS);

        if (ready > 0 || (ready < 0 && errno != EINTR))
            return true;
    }
    return false;
}

/* A line without its end. The rest of one that is too long is passed over. */
static enum read_end
read_line(char *to, size_t size)
{
    enum read_end end = READ_LINE;
    size_t len = 0;
    char c = '\0';
    ssize_t got;

    for (;;) {
        if (!wait_for_byte())
            return READ_INTERRUPTED;
        got = read(STDIN_FILENO, &c, 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0 && len == 0)
            return READ_NOTHING;
        if (got <= 0 || c == '\n')
            break;
        if (len + 1 >= size)
            end = READ_TOO_LONG;
        else if (((unsigned char)c < 0x20 && c != '\t' && c != '\r') || c == 0x7f)
            end = READ_BAD;
        else
            to[len++] = c;
    }
    if (len > 0 && to[len - 1] == '\r')
        len--;
    to[len] = '\0';
    return end;
}

static bool
no_answer(struct error *err)
{
    error_state(err, ERROR_CONFIG, "no answer: nothing was written");
    return false;
}

static bool
interrupted(struct error *err)
{
    error_set(err, ERROR_INTERRUPTED, "ask");
    return false;
}

static bool
missing(const struct question *question, struct error *err)
{
    error_state(err, ERROR_CONFIG, "an answer is missing: %s", question->option);
    error_hint(err, "Without a terminal golub init asks nothing%s.",
               question->fallback != NULL ? "; --yes takes the defaults" : "");
    return false;
}

static void
trim(char *text)
{
    size_t len = strlen(text), from = strspn(text, " \t");

    while (len > from && (text[len - 1] == ' ' || text[len - 1] == '\t'))
        len--;
    memmove(text, text + from, len - from);
    text[len - from] = '\0';
}

bool
ask_line(const struct ask *ask, const struct question *question, char to[static ASK_MAX], struct error *err)
{
    if (ask->defaults && question->fallback != NULL)
        return text_print(to, ASK_MAX, "%s", question->fallback) || no_answer(err);
    if (!ask->terminal || ask->defaults)
        return missing(question, err);
    ask_say(ask, "\n%s", question->why);
    for (;;) {
        if (question->fallback != NULL)
            fprintf(ask->out, "%s [%s]: ", question->text, question->fallback);
        else
            fprintf(ask->out, "%s: ", question->text);
        (void)fflush(ask->out);
        switch (read_line(to, ASK_MAX)) {
        case READ_LINE:
            trim(to);
            if (to[0] == '\0' && question->fallback != NULL)
                return text_print(to, ASK_MAX, "%s", question->fallback) || no_answer(err);
            if (to[0] != '\0')
                return true;
            ask_say(ask, "This needs an answer.");
            break;
        case READ_TOO_LONG:
            ask_say(ask, "That is too long.");
            break;
        case READ_BAD:
            ask_say(ask, "That holds a control character.");
            break;
        case READ_NOTHING:
            return no_answer(err);
        case READ_INTERRUPTED:
            return interrupted(err);
        }
    }
}

bool
ask_choice(const struct ask *ask, const struct question *question, const char *const *choices, size_t fallback,
           size_t *choice, struct error *err)
{
    struct question line = *question;
    char number[32], answer[ASK_MAX];
    uint64_t picked;
    size_t count = 0;

    while (choices[count] != NULL)
        count++;
    (void)text_print(number, sizeof number, "%zu", fallback + 1);
    line.fallback = number;
    if (ask->terminal && !ask->defaults) {
        ask_say(ask, "\n%s\n%s", question->why, question->text);
        for (size_t i = 0; i < count; i++)
            ask_say(ask, "  %zu  %s", i + 1, choices[i]);
        line.why = "Type its number.";
        line.text = "Number";
    }
    for (;;) {
        if (!ask_line(ask, &line, answer, err))
            return false;
        if (text_number(text_of(answer), count, &picked) && picked > 0) {
            *choice = (size_t)picked - 1;
            return true;
        }
        ask_say(ask, "That is none of the numbers.");
    }
}

/* No echo, and no key that would leave the terminal so: only the interrupt, which is seen to. */
static bool
silence(struct termios *before)
{
    struct termios silent;

    if (tcgetattr(STDIN_FILENO, before) != 0)
        return false;
    silent = *before;
    silent.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
    silent.c_cc[VQUIT] = silent.c_cc[VSUSP] = _POSIX_VDISABLE;
    return tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0;
}

bool
ask_secret(const struct ask *ask, const char *prompt, char to[static ASK_SECRET_MAX], struct error *err)
{
    struct termios before;
    const bool terminal = isatty(STDIN_FILENO) == 1;
    enum read_end end;

    if (terminal) {
        if (!silence(&before)) {
            error_sys(err, errno, "turn the terminal's echo off");
            return false;
        }
        ask_say(ask, "\nNothing will show while you type.");
        fprintf(ask->out, "%s: ", prompt);
        (void)fflush(ask->out);
    }
    end = read_line(to, ASK_SECRET_MAX);
    if (terminal) {
        (void)tcsetattr(STDIN_FILENO, TCSANOW, &before); /* it could be set a moment ago */
        ask_say(ask, "%s", "");
    }
    if (end == READ_LINE && to[0] != '\0')
        return true;
    explicit_bzero(to, ASK_SECRET_MAX);
    if (end == READ_INTERRUPTED)
        return interrupted(err);
    error_state(err, ERROR_CONFIG, "%s",
                end == READ_TOO_LONG ? "the password is too long"
                : end == READ_BAD    ? "the password holds a control character"
                                     : "no password came on standard input: nothing was written");
    return false;
}
