/* How other programs name folders: names_spelled.h. */
#include "sync/rules/names_spelled.h"

#include "store/base/utf7.h"

static bool
is_level(struct text level)
{
    return level.len != 0 && memchr(level.at, '/', level.len) == NULL && memchr(level.at, '\0', level.len) == NULL &&
           !text_is(level, ".") && !text_is(level, "..");
}

static bool
join_levels(struct text name, char separator, char path[static LOCAL_FOLDER_MAX + 1])
{
    size_t put = 0;

    for (bool more = name.len != 0; more;) {
        const char *end = separator != '\0' ? memchr(name.at, separator, name.len) : NULL;
        struct text level = {name.at, end != NULL ? (size_t)(end - name.at) : name.len};

        if (!is_level(level) || put + level.len + 2 > LOCAL_FOLDER_MAX)
            return false;
        if (put != 0)
            path[put++] = '/';
        memcpy(path + put, put == 0 && text_is_nocase(level, "INBOX") ? "INBOX" : level.at, level.len);
        put += level.len;
        more = end != NULL;
        if (more)
            name = (struct text){end + 1, name.len - level.len - 1};
    }
    path[put] = '\0';
    return put != 0;
}

bool
names_spelled(const struct names_there *there, unsigned which, char path[static LOCAL_FOLDER_MAX + 1])
{
    const bool whole = which % 2 != 0;
    struct text name = which < 2 ? there->name : there->other, cut;

    if (name.at == NULL)
        return false;
    cut = names_without_prefix(name, there->separator, there->prefix);
    if (whole && cut.len == name.len)
        return false;
    return join_levels(whole ? name : cut, there->separator, path);
}

/* Below INBOX: "Sub" of "INBOX/Sub"; NULL: it is not. */
static const char *
below_inbox(const char *path)
{
    return strncmp(path, "INBOX/", 6) == 0 ? path + 6 : NULL;
}

static void
join_by_dots(char *folder)
{
    for (; *folder != '\0'; folder++) {
        if (*folder == '/')
            *folder = '.';
    }
}

static bool
put_legacy(const char *path, char folder[static LOCAL_FOLDER_MAX + 1])
{
    size_t put = 0;

    for (; *path != '\0'; path++) {
        if (put + 2 > LOCAL_FOLDER_MAX)
            return false;
        folder[put++] = *path;
        if (*path == '/')
            folder[put++] = '.';
    }
    folder[put] = '\0';
    return true;
}

bool
names_spelled_folder(const char *path, enum names_shape shape, char folder[static LOCAL_FOLDER_MAX + 1])
{
    const char *below = below_inbox(path);
    const bool inbox = strcmp(path, "INBOX") == 0;
    bool fits = true;

    folder[0] = '\0';
    switch (shape) {
    case SHAPE_VERBATIM:
        return text_print(folder, LOCAL_FOLDER_MAX + 1, "%s", path);
    case SHAPE_PLUSPLUS:
        fits = inbox || text_print(folder, LOCAL_FOLDER_MAX + 1, ".%s", path);
        break;
    case SHAPE_FLAT:
        fits = text_print(folder, LOCAL_FOLDER_MAX + 1, "%s", path);
        break;
    case SHAPE_LEGACY:
        return put_legacy(path, folder);
    case SHAPE_ROOT:
        return inbox || text_print(folder, LOCAL_FOLDER_MAX + 1, "%s", below != NULL ? below : path);
    case SHAPE_DOUBLE_DOT:
        fits = below != NULL && text_print(folder, LOCAL_FOLDER_MAX + 1, "..%s", below);
        break;
    case SHAPES:
        return false;
    }
    join_by_dots(folder);
    return fits;
}

bool
names_meant(const char *folder, enum layout layout, char name[static LIMIT_MAILBOX_NAME + 1])
{
    struct buffer text = buffer_new(LOCAL_FOLDER_MAX);
    struct error unused = {0};
    bool meant = strchr(folder, '&') != NULL && utf7_decode(text_of(folder), &text) &&
                 memchr(text.at, '\0', text.len) == NULL && !text_is((struct text){text.at, text.len}, folder) &&
                 buffer_add(&text, "", 1) && names_from_folder(text.at, layout, name, &unused);

    buffer_free(&text);
    return meant;
}

void
names_inbox_capital(const char *folder, char out[static LOCAL_FOLDER_MAX + 1])
{
    const size_t len = strcspn(folder, "/.");

    (void)text_print(out, LOCAL_FOLDER_MAX + 1, "%s", folder);
    if (text_is_nocase((struct text){folder, len}, "INBOX"))
        memcpy(out, "INBOX", 5);
}
