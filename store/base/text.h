/*
 * Bytes that somebody else owns, and a growing buffer that is born with its maximum.
 * A struct text may hold NUL and any byte; it is passed by value and never freed.
 */
#ifndef STORE_BASE_TEXT_H
#define STORE_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MUST_CHECK __attribute__((warn_unused_result))

struct text {
    const char *at;
    size_t len;
};

#define TEXT(literal) ((struct text){(literal), sizeof(literal) - 1})

/** The bytes of a NUL-terminated string; NULL counts as empty. Borrowed. */
struct text text_of(const char *string);
/** Equal bytes. */
bool text_is(struct text a, const char *b);
/** Equal bytes, NUL among them. */
bool text_same(struct text a, struct text b);
/** memcmp's answer, and what is the beginning of the other comes first: as SQLite orders its keys. */
int text_order(struct text a, struct text b);
/** Equal, ASCII letters in any case. */
bool text_is_nocase(struct text a, const char *b);
/** An ASCII letter in lower case; any other byte as it is, whatever the locale. */
unsigned char text_lower(char c);
/** Is it part of the text, ASCII letters in any case? */
bool text_has_nocase(struct text text, const char *part);
/** A whole token of decimal digits, 0 ... max; no sign, no blank, no overflow. @return false: not such a number, *out untouched */
MUST_CHECK bool text_number(struct text token, uint64_t max, uint64_t *out);
/** The number at the beginning, up to a blank or the end of the line, which is passed over. @return false: none stands there, *out untouched */
MUST_CHECK bool text_take_number(const char **at, uint64_t *out);
/** FNV-1a: 64 bits for what nobody attacks (else keyed.h). Journals and files hold such values: they are never to be others. */
uint64_t text_hash(struct text text);
/** The same of what stands behind something whose hash is that. */
uint64_t text_hash_on(uint64_t hash, struct text text);
/** Copy into a NUL-terminated array; false (and "" there) if it does not fit or holds NUL. */
MUST_CHECK bool text_copy(struct text from, char *to, size_t size);
/** printf into an array; false if it was cut (the cut text is there, NUL-terminated). */
bool text_print(char *to, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

/** Bytes as lower-case hexadecimal digits. @param to  2 * len + 1 bytes */
void text_hex(const unsigned char *bytes, size_t len, char *to);

/* A growing array of bytes: `at[len]` is always NUL once something was added. */
struct buffer {
    char *at;
    size_t len;
    size_t size; /* allocated */
    size_t max;  /* never grows past this */
};

/** An empty buffer that may hold up to max bytes; allocates nothing yet. */
struct buffer buffer_new(size_t max);
/** Free what it holds; the buffer is empty and may be used again. NULL-safe. */
void buffer_free(struct buffer *buffer);
/** Forget the contents, keep the memory. */
void buffer_clear(struct buffer *buffer);
/** Append bytes. @return false: over the maximum or out of memory; the contents are as before */
MUST_CHECK bool buffer_add(struct buffer *buffer, const void *bytes, size_t len);
/** Append a string. */
MUST_CHECK bool buffer_adds(struct buffer *buffer, const char *string);
/** Append formatted text. */
MUST_CHECK bool buffer_addf(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** Grow an array so that `need` elements of `each` bytes fit, with checked multiplication. @return false: out of memory, *array unchanged */
MUST_CHECK bool array_grow(void *array_pointer, size_t *have, size_t need, size_t each);

#endif
