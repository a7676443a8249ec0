#include "config/init/block.h"

#define BLOCK_MAX (256 * 1024)

/* As libconfuse reads it back: backslash, quote and dollar mean something inside of "...". */
static bool
add_quoted(struct buffer *to, const char *value)
{
    bool done = buffer_adds(to, "\"");

    for (; done && *value != '\0'; value++)
        done = (strchr("\\\"$", *value) == NULL || buffer_adds(to, "\\")) && buffer_add(to, value, 1);
    return done && buffer_adds(to, "\"");
}

char *
block_text(const struct block *block)
{
    const struct {
        const char *key, *value;
        bool list;
    } rows[] = {
        {"server", block->server, false},
        {"user", block->user, false},
        {"auth", block->auth, true},
        {"password-command", block->password_command, false},
        {"maildir", block->maildir, false},
        {"layout", block->layout, false},
        {"keep", block->keep, false},
        {"deliver-to", block->deliver_to, false},
        {"tls-ca-file", block->ca_file, false},
        {"tls-fingerprint", block->fingerprint, true},
    };
    struct buffer text = buffer_new(BLOCK_MAX);
    bool done = buffer_adds(&text, "account ") && add_quoted(&text, block->name) && buffer_adds(&text, " {\n");

    for (size_t i = 0; done && i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].value == NULL)
            continue;
        done = buffer_addf(&text, "    %-16s = %s", rows[i].key, rows[i].list ? "{" : "") &&
               add_quoted(&text, rows[i].value) && buffer_adds(&text, rows[i].list ? "}\n" : "\n");
    }
    if (done && buffer_adds(&text, "}\n"))
        return text.at;
    buffer_free(&text);
    return NULL;
}
