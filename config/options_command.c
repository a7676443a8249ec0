/* The words of the commands. What each means: options.h. */
#include "config/options_command.h"

#include <string.h>

#include "store/base/text.h"

static const struct {
    const char *word;
    enum command command;
} commands[] = {
    {"sync", COMMAND_SYNC},       {"import", COMMAND_IMPORT},   {"status", COMMAND_STATUS}, {"check", COMMAND_CHECK},
    {"adopt", COMMAND_ADOPT},     {"restore", COMMAND_RESTORE}, {"verify", COMMAND_VERIFY}, {"watch", COMMAND_WATCH},
    {"keyword", COMMAND_KEYWORD}, {"init", COMMAND_INIT}, /* in the order of the enum */
};

bool
options_find_command(const char *word, enum command *command)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(word, commands[i].word) == 0) {
            *command = commands[i].command;
            return true;
        }
    }
    return false;
}

bool
options_is_command(const char *word)
{
    enum command command;

    return options_find_command(word, &command);
}

void
options_commands(char *to, size_t size)
{
    to[0] = '\0';
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        const size_t used = strlen(to);

        (void)text_print(to + used, size - used, "%s%s", used != 0 ? ", " : "", commands[i].word);
    }
}

void
options_list_commands(unsigned set, char *to, size_t size)
{
    to[0] = '\0';
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        const unsigned rest = set >> (commands[i].command + 1);
        const size_t used = strlen(to);

        if ((set & 1u << commands[i].command) != 0)
            (void)text_print(to + used, size - used, "golub %s%s", commands[i].word,
                             rest == 0                  ? ""
                             : (rest & (rest - 1)) == 0 ? " and "
                                                        : ", ");
    }
}
