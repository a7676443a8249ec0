/* See descriptors.h. */
#include "store/base/descriptors.h"

#include <stdint.h>
#include <sys/resource.h>

#define OF_THE_PROCESS 16 /* standard ones, the configuration, what libraries open for a moment */
#define OF_AN_ACCOUNT                                                                                                  \
    24 /* journal and its temporary files, locks, root, connection, a command's pipes, a listing, what is read */
#define OF_A_FOLDER 6 /* three directories, of twice as many folders while a batch is named */

static struct rlimit found; /* when the program began; written once, before there are threads */

void
descriptors_raise(void)
{
    struct rlimit most;

    if (getrlimit(RLIMIT_NOFILE, &found) != 0)
        found = (struct rlimit){0, 0};
    most = (struct rlimit){found.rlim_max, found.rlim_max};
    if (found.rlim_cur < found.rlim_max)
        (void)setrlimit(RLIMIT_NOFILE, &most); /* what can't be had is done without */
}

size_t
descriptors_found(void)
{
    return found.rlim_cur < found.rlim_max ? (size_t)found.rlim_cur : 0;
}

/* Of all accounts together. */
static size_t
count_all(void)
{
    struct rlimit now;

    if (getrlimit(RLIMIT_NOFILE, &now) != 0)
        return 1024 - OF_THE_PROCESS;
    if (now.rlim_cur > (rlim_t)1 << 30)
        return (size_t)1 << 30;
    return now.rlim_cur > OF_THE_PROCESS ? (size_t)now.rlim_cur - OF_THE_PROCESS : 1;
}

size_t
descriptors_at_once(size_t accounts)
{
    size_t most = count_all() / DESCRIPTORS_FEW;

    if (most == 0)
        return 1;
    return most < accounts ? most : accounts;
}

size_t
descriptors_share(size_t accounts)
{
    size_t share = count_all() / (accounts != 0 ? accounts : 1);

    return share != 0 ? share : 1;
}

size_t
descriptors_messages(size_t share)
{
    if (share == 0)
        return SIZE_MAX;
    return share > OF_AN_ACCOUNT + 4 ? (share - OF_AN_ACCOUNT) / 2 : 2;
}

size_t
descriptors_folders(size_t share, size_t most)
{
    size_t folders = share > OF_AN_ACCOUNT ? (share - OF_AN_ACCOUNT) / 2 / OF_A_FOLDER : 0;

    if (share == 0 || folders >= most)
        return most;
    return folders > 2 ? folders : 2;
}
