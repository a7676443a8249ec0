/* See keyed.h. Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012), with two rounds a word and four at the end. */
#include "store/base/keyed.h"

#include <endian.h>
#include <string.h>

static uint64_t
rotated(uint64_t word, unsigned bits)
{
    return word << bits | word >> (64 - bits);
}

static void
mix(uint64_t v[static 4], int rounds)
{
    for (int i = 0; i < rounds; i++) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = rotated(v[1], 13) ^ v[0];
        v[3] = rotated(v[3], 16) ^ v[2];
        v[0] = rotated(v[0], 32);
        v[2] += v[1];
        v[0] += v[3];
        v[1] = rotated(v[1], 17) ^ v[2];
        v[3] = rotated(v[3], 21) ^ v[0];
        v[2] = rotated(v[2], 32);
    }
}

/* Of at most eight bytes; the first one is the lowest. */
static uint64_t
word_of(const unsigned char *bytes, size_t len)
{
    uint64_t word = 0;

    memcpy(&word, bytes, len);
    return le64toh(word);
}

static void
take_in(uint64_t v[static 4], uint64_t word)
{
    v[3] ^= word;
    mix(v, 2);
    v[0] ^= word;
}

uint64_t
keyed_hash(const struct keyed *keyed, const void *bytes, size_t len)
{
    const unsigned char *at = bytes;
    const size_t whole = len / 8 * 8;
    uint64_t v[4] = {
        keyed->key[0] ^ UINT64_C(0x736f6d6570736575),
        keyed->key[1] ^ UINT64_C(0x646f72616e646f6d),
        keyed->key[0] ^ UINT64_C(0x6c7967656e657261),
        keyed->key[1] ^ UINT64_C(0x7465646279746573),
    };

    for (size_t i = 0; i < whole; i += 8)
        take_in(v, word_of(at + i, 8));
    take_in(v, word_of(at + whole, len - whole) | (uint64_t)len << 56);
    v[2] ^= 0xff;
    mix(v, 4);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}
