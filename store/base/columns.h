/* How wide text is on a terminal: a character of Chinese takes two columns, an accent that follows its letter none. */
#ifndef STORE_BASE_COLUMNS_H
#define STORE_BASE_COLUMNS_H

#include "store/base/text.h"

/** Columns of a text, whatever locale the process has. What is no UTF-8, or can't be seen, counts as one a byte. */
size_t columns_of(const char *text);
/**
 * Copy a text that is at most so many columns wide; of a wider one both ends stay, and ".." stands for its middle: "Archi..2024".
 * @param columns  0: nothing is copied
 * @param to       [out] NUL-terminated; size bytes hold 4 * columns + 1, or the text is cut earlier
 */
void columns_shorten(const char *text, size_t columns, char *to, size_t size);

#endif
