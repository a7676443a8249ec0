/*
 * The lines of CAPA and the codes in brackets; see capability.h. Both are RFC 2449, SYS/TEMP, SYS/PERM and AUTH RFC
 * 3206.
 */
#include "store/pop/capability.h"

#include <limits.h>

struct pop_capabilities
pop_capabilities_new(void)
{
    return (struct pop_capabilities){
        .lines = buffer_new(POP_CAPABILITIES_MAX), .user = true, .uidl = true, .top = true, .expire_days = -1};
}

void
pop_capabilities_begin(struct pop_capabilities *can)
{
    buffer_free(&can->lines);
    *can = (struct pop_capabilities){.lines = buffer_new(POP_CAPABILITIES_MAX), .known = true, .expire_days = -1};
}

void
pop_capabilities_free(struct pop_capabilities *can)
{
    buffer_free(&can->lines);
}

struct text
pop_take_word(struct text *text)
{
    size_t len = 0;

    while (len < text->len && text->at[len] != ' ' && text->at[len] != '\t')
        len++;
    const struct text word = {text->at, len};
    while (len < text->len && (text->at[len] == ' ' || text->at[len] == '\t'))
        len++;
    text->at += len;
    text->len -= len;
    return word;
}

bool
pop_is_disabled(const char *const *disable, const char *name)
{
    for (; disable != NULL && *disable != NULL; disable++)
        if (text_is_nocase(text_of(*disable), name))
            return true;
    return false;
}

bool
pop_has_word(const char *words, const char *name)
{
    struct text rest = text_of(words);

    while (rest.len > 0)
        if (text_is_nocase(pop_take_word(&rest), name))
            return true;
    return false;
}

static void
note_mechanisms(struct pop_capabilities *can, struct text rest)
{
    size_t len = 0;

    can->sasl_named = true;
    while (rest.len > 0) {
        const struct text word = pop_take_word(&rest);

        /* A list that does not fit ends at a whole word; no mechanism is known twice, so nothing is missed. */
        if (word.len == 0 || memchr(word.at, '\0', word.len) != NULL || len + word.len + 2 > sizeof can->sasl)
            continue;
        if (len > 0)
            can->sasl[len++] = ' ';
        memcpy(can->sasl + len, word.at, word.len);
        len += word.len;
        can->sasl[len] = '\0';
    }
}

static void
note_number(struct text word, int *to)
{
    uint64_t number;

    if (text_number(word, INT_MAX, &number))
        *to = (int)number;
}

void
pop_capabilities_add(struct pop_capabilities *can, struct text line, const char *const *disable)
{
    struct text rest = line;
    const struct text word = pop_take_word(&rest);
    char name[64];

    if (word.len == 0 || !text_copy(word, name, sizeof name) || pop_is_disabled(disable, name))
        return; /* a name of that length is none that we know */
    if (!((can->lines.len == 0 || buffer_add(&can->lines, "\n", 1)) && buffer_add(&can->lines, line.at, line.len)))
        return;
    can->stls = can->stls || text_is_nocase(word, "STLS");
    can->user = can->user || text_is_nocase(word, "USER");
    can->uidl = can->uidl || text_is_nocase(word, "UIDL");
    can->top = can->top || text_is_nocase(word, "TOP");
    can->pipelining = can->pipelining || text_is_nocase(word, "PIPELINING");
    can->resp_codes = can->resp_codes || text_is_nocase(word, "RESP-CODES");
    if (text_is_nocase(word, "SASL"))
        note_mechanisms(can, rest);
    else if (text_is_nocase(word, "LOGIN-DELAY"))
        note_number(pop_take_word(&rest), &can->login_delay);
    else if (text_is_nocase(word, "EXPIRE"))
        note_number(pop_take_word(&rest), &can->expire_days);
    else if (text_is_nocase(word, "IMPLEMENTATION"))
        error_escape(can->server, sizeof can->server, rest);
}

void
pop_code(struct text words, char code[static 32])
{
    const char *end = words.len == 0 || words.at[0] != '[' ? NULL : memchr(words.at, ']', words.len);
    struct text inside = end == NULL ? TEXT("") : (struct text){words.at + 1, (size_t)(end - words.at) - 1};

    /* "[LOGIN-DELAY 300]": the number is no part of the code. */
    if (!text_copy(pop_take_word(&inside), code, 32))
        code[0] = '\0'; /* none that we know */
}

static bool
is_one_of(const char *code, const char *const *codes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (text_is_nocase(text_of(code), codes[i]))
            return true;
    return false;
}

bool
pop_code_is_busy(const char *code)
{
    /* RFC 2449, RFC 3206, and what proxies hand on from IMAP (RFC 5530). */
    static const char *const codes[] = {"IN-USE",      "LOGIN-DELAY", "SYS/TEMP", "SYS/PERM",
                                        "UNAVAILABLE", "LIMIT",       "INUSE",    "SERVERBUG"};

    return is_one_of(code, codes, sizeof codes / sizeof codes[0]);
}

bool
pop_code_is_known(const char *code)
{
    static const char *const codes[] = {"AUTH", "AUTHENTICATIONFAILED", "AUTHORIZATIONFAILED", "EXPIRED"};

    return pop_code_is_busy(code) || is_one_of(code, codes, sizeof codes / sizeof codes[0]);
}
