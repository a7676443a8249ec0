/* The words of the commands. */
#ifndef CONFIG_OPTIONS_COMMAND_H
#define CONFIG_OPTIONS_COMMAND_H

#include "config/options.h"

/** Is this the word of a command? @param command  [out] which */
bool options_find_command(const char *word, enum command *command);
/** Is this the word of a command? */
bool options_is_command(const char *word);
/** "sync, import, status ..." */
void options_commands(char *to, size_t size);
/** "golub sync, golub import and golub adopt" @param set  bits 1u << COMMAND_... */
void options_list_commands(unsigned set, char *to, size_t size);

#endif
