/*
 * A server's name for a mailbox, and its way through names for people and folders and back. What is accepted comes back as itself, in
 * all layouts, and no folder leaves the root. The same bytes as a pattern, and as a folder that somebody else made.
 *
 *     byte 0   separator      byte 1   length of the prefix, which comes first
 */
#include <assert.h>

#include "store/base/utf8.h"
#include "sync/rules/names_spelled.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
stays_below_the_root(const char *folder)
{
    assert(folder[0] != '/');
    for (const char *level = folder; level != NULL; level = strchr(level, '/')) {
        level += *level == '/';
        const size_t len = strcspn(level, "/");
        assert(len <= 255);
        assert(!(len == 1 && level[0] == '.') && !(len == 2 && level[0] == '.' && level[1] == '.'));
        assert(len != 3 ||
               (memcmp(level, "cur", 3) != 0 && memcmp(level, "new", 3) != 0 && memcmp(level, "tmp", 3) != 0));
    }
    for (const char *at = folder; *at != '\0'; at++)
        assert((unsigned char)*at >= ' ' && *at != 127);
}

static void
keep(const char *name)
{
    static const enum layout layouts[] = {LAYOUT_VERBATIM, LAYOUT_MAILDIRPP, LAYOUT_FLAT};
    struct error err = {0};

    for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++) {
        char folder[LOCAL_FOLDER_MAX + 1], back[LIMIT_MAILBOX_NAME + 1];

        if (!names_to_folder(name, layouts[i], folder, &err))
            continue;
        stays_below_the_root(folder);
        assert(names_from_folder(folder, layouts[i], back, &err));
        assert(strcmp(name, back) == 0);
    }
}

static void
meet_folder(const char *folder)
{
    static const enum layout layouts[] = {LAYOUT_VERBATIM, LAYOUT_MAILDIRPP, LAYOUT_FLAT};
    struct error err = {0};

    for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++) {
        char name[LIMIT_MAILBOX_NAME + 1], back[LOCAL_FOLDER_MAX + 1];

        if (!names_from_folder(folder, layouts[i], name, &err))
            continue;
        assert(names_to_folder(name, layouts[i], back, &err) && strcmp(folder, back) == 0);
    }
}

static void
choose(const char *pattern)
{
    const char *const patterns[] = {pattern, NULL};
    struct error err = {0};

    if (!names_pattern_valid(pattern, &err)) {
        assert(err.kind != ERROR_NONE);
        return;
    }
    (void)names_chosen(patterns, "Archive/2024", 0);
    (void)names_fits(pattern, "INBOX", 0);
}

/* What other programs would call it, which escape nothing: no level of it leads upwards. */
static void
spell(struct text bytes, char separator, const char *prefix)
{
    const struct names_there there = {.name = bytes, .other = bytes, .separator = separator, .prefix = prefix};
    char path[LOCAL_FOLDER_MAX + 1], folder[LOCAL_FOLDER_MAX + 1], capital[LOCAL_FOLDER_MAX + 1];

    for (unsigned which = 0; which < NAMES_SPELLINGS; which++) {
        for (enum names_shape shape = SHAPE_VERBATIM; names_spelled(&there, which, path) && shape < SHAPES; shape++) {
            if (!names_spelled_folder(path, shape, folder))
                continue;
            for (const char *at = folder; at != NULL; at = strchr(at, '/') != NULL ? strchr(at, '/') + 1 : NULL) {
                const size_t len = strcspn(at, "/");

                assert(len != 1 || at[0] != '.');
                assert(len != 2 || memcmp(at, "..", 2) != 0);
            }
            names_inbox_capital(folder, capital);
            assert(strlen(capital) == strlen(folder));
        }
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char separators[] = {'/', '.', '\\', '|', '\0'};
    char prefix[32] = "", text[2048];
    char name[LIMIT_MAILBOX_NAME + 1], wire[LIMIT_MAILBOX_NAME + 1], aside[LIMIT_MAILBOX_NAME + 1];
    struct error err = {0};

    if (size < 2)
        return 0;
    const char separator = separators[data[0] % sizeof separators];
    size_t len = data[1] % sizeof prefix;
    data += 2;
    size -= 2;
    if (len < size && memchr(data, '\0', len) == NULL) {
        memcpy(prefix, data, len);
        prefix[len] = '\0';
        data += len;
        size -= len;
    }
    const struct text bytes = {(const char *)data, size};
    if (names_from_server(bytes, separator, prefix, name, &err)) {
        /* Bytes that are not UTF-8 are shown as %XX, so only a name in UTF-8 can be turned back into what the server said. */
        assert(utf8_valid(text_of(name)));
        keep(name);
        /* INBOX is one mailbox in any case, and a prefix that was cut is the caller's to add again. */
        if (utf8_valid(bytes) && prefix[0] == '\0' && strncmp(name, "INBOX", 5) != 0 &&
            names_to_server(name, separator, wire, &err))
            assert(strlen(wire) == size && memcmp(wire, data, size) == 0);
        if (names_aside(name, aside))
            assert(names_is_aside(aside) && strcmp(aside, name) != 0);
    } else {
        assert(err.kind != ERROR_NONE);
    }
    spell(bytes, separator, prefix);
    if (size >= sizeof text || memchr(data, '\0', size) != NULL)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    meet_folder(text);
    choose(text);
    return 0;
}
