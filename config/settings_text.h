/* The configuration file as bytes: who else may write it, and its text without comments. */
#ifndef CONFIG_SETTINGS_TEXT_H
#define CONFIG_SETTINGS_TEXT_H

#include "store/base/error.h"

#define SETTINGS_TEXT_MAX (1024 * 1024)

/**
 * Read the file. Refused: a file that is not there, one that others may write (itself, or by way of its folder), one of
 * another user, a NUL byte in it.
 * @param text [out] NUL-terminated, at most SETTINGS_TEXT_MAX bytes; the caller frees it
 */
MUST_CHECK bool settings_text_read(const char *file, char **text, struct error *err);
/** Put blanks in the place of comments; line ends stay, so that every word keeps its line. */
void settings_text_blank_comments(char *text);
/**
 * The line of an opening brace that is never closed, 0: none. libconfuse takes the end of the file for the closing one.
 * @param text  without comments
 */
unsigned settings_text_unclosed(char *text);

#endif
