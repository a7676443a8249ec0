/* Mail that may stand anywhere below the root: under a name that is no mailbox's, or in a folder that lacks one of its three directories. See local.h. */
#include "store/maildir/ops.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>

struct straying {
    const struct local_strays *to;
    void *context;
    struct error *err;
    char where; /* of the directory that is being listed: 'n' or 'c' */
};

static bool
see_name(void *self, const char *name, unsigned char type)
{
    const struct straying *straying = self;
    char base[LOCAL_BASE_MAX + 1], info[LOCAL_INFO_MAX + 1];

    if (type == DT_REG && name[0] != '.' && scan_split_name(name, straying->where, base, info) == NULL)
        straying->to->file(straying->context, base);
    return true;
}

/* It has new/ or cur/, and is of interest. What can't be opened tells nothing. */
static bool
list(struct straying *straying, const char *path, enum sub sub, int at)
{
    bool stopped;

    straying->where = sub == SUB_NEW ? 'n' : 'c';
    if (at < 0 || list_directory(at, see_name, straying, &stopped))
        return true;
    error_sys(straying->err, errno, "list %s/ of folder \"%s\"", folder_sub_name(sub), path);
    return false;
}

static bool
enter(void *self, const char *path, int fd)
{
    struct straying *straying = self;
    int new = io_open(fd, folder_sub_name(SUB_NEW), O_RDONLY | O_DIRECTORY, 0);
    int cur = io_open(fd, folder_sub_name(SUB_CUR), O_RDONLY | O_DIRECTORY, 0);
    const bool listed = (new < 0 && cur < 0) || !straying->to->folder(straying->context, path) ||
                        (list(straying, path, SUB_NEW, new) && list(straying, path, SUB_CUR, cur));

    (void)io_close(&new); /* only read */
    (void)io_close(&cur);
    return listed;
}

bool
strays_see(void *local, const struct local_strays *to, void *context, struct error *err)
{
    struct straying straying = {.to = to, .context = context, .err = err};

    return tree_everywhere(local, enter, &straying, err);
}
