/*
 * Runs a program and kills it with SIGKILL at a chosen step. A step is a system call that changes a file system or makes it
 * durable, or that sends something over a socket: the places where a program can die with its work half done.
 *
 *     killer LOG N PROGRAM ARGUMENT...      dies just before step N (from 1; 0: never)
 *     killer LOG N+ PROGRAM ARGUMENT...     just after it: the server has the command, its answer is lost
 *
 * LOG gets a line a step: its number, the call, what it touched. The exit status is the program's, 137 if it was killed.
 * All threads count together; children of the program (a password command) don't. A seccomp filter stops the program at
 * these calls alone, so a run costs little more than without. Linux 5.3 or later, any architecture.
 */
#include <sys/ptrace.h>

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/ptrace.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#define SHOWN 4096 /* bytes of a path or of a command that a line of the log shows at most */
#define FAILED 125 /* exit status of the tool's own failures, as of timeout(1) */

/* Where the operands of a call stand: descriptors, paths (a directory's descriptor comes just before), a buffer. */
enum shape { ON_FD, ON_FDS, WRITES, WRITES_VECTOR, SENDS_MESSAGE, OPENS, PATH_0, PATH_1, PATHS_01, PATHS_0123 };

static const struct call {
    uint64_t number;
    const char *name;
    enum shape shape;
} calls[] = {
    {SYS_openat, "openat", OPENS},
    {SYS_write, "write", WRITES},
    {SYS_pwrite64, "pwrite64", WRITES},
    {SYS_sendto, "sendto", WRITES},
    {SYS_writev, "writev", WRITES_VECTOR},
    {SYS_pwritev, "pwritev", WRITES_VECTOR},
    {SYS_sendmsg, "sendmsg", SENDS_MESSAGE},
    {SYS_fsync, "fsync", ON_FD},
    {SYS_fdatasync, "fdatasync", ON_FD},
    {SYS_syncfs, "syncfs", ON_FD},
    {SYS_ftruncate, "ftruncate", ON_FD},
    {SYS_fallocate, "fallocate", ON_FD},
    {SYS_fchmod, "fchmod", ON_FD},
    {SYS_copy_file_range, "copy_file_range", ON_FDS},
    {SYS_sendfile, "sendfile", ON_FD},
    {SYS_unlinkat, "unlinkat", PATH_1},
    {SYS_mkdirat, "mkdirat", PATH_1},
    {SYS_utimensat, "utimensat", PATH_1},
    {SYS_renameat2, "renameat2", PATHS_0123},
    {SYS_linkat, "linkat", PATHS_0123},
#ifdef SYS_renameat
    {SYS_renameat, "renameat", PATHS_0123},
#endif
#ifdef SYS_open
    {SYS_open, "open", OPENS},
    {SYS_unlink, "unlink", PATH_0},
    {SYS_mkdir, "mkdir", PATH_0},
    {SYS_rmdir, "rmdir", PATH_0},
    {SYS_rename, "rename", PATHS_01},
    {SYS_link, "link", PATHS_01},
#endif
};
#define CALLS (sizeof calls / sizeof calls[0])

struct step {
    const struct call *call;
    const uint64_t *args;
    pid_t thread;
};

struct hunt {
    pid_t program;
    unsigned long at, steps;
    bool after;
    FILE *log;
};

/* A C string, or len bytes, of the program's memory; unreadable bytes end it. Control bytes become dots. */
static void
copy_memory(pid_t thread, uint64_t from, size_t len, char *to, size_t size)
{
    struct iovec here = {to, len < size - 1 ? len : size - 1};
    struct iovec there = {(void *)(uintptr_t)from, here.iov_len};
    ssize_t got;

    /* The call fails whole where the last page can't be read, so ask for less until it can. */
    while ((got = process_vm_readv(thread, &here, 1, &there, 1, 0)) < 0 && here.iov_len > 64)
        there.iov_len = here.iov_len /= 2;
    to[got > 0 ? got : 0] = '\0';
}

static void
print_clean(FILE *log, const char *text, size_t max)
{
    for (size_t i = 0; i < max && text[i] != '\0'; i++)
        (void)fputc((unsigned char)text[i] < ' ' ? '|' : text[i], log);
}

static bool
descriptor_path(pid_t thread, uint64_t fd, char path[static SHOWN])
{
    char link[64];
    ssize_t got;

    (void)snprintf(link, sizeof link, (int)fd == AT_FDCWD ? "/proc/%d/cwd" : "/proc/%d/fd/%d", (int)thread, (int)fd);
    got = readlink(link, path, SHOWN - 1);
    path[got > 0 ? got : 0] = '\0';
    return got > 0;
}

/* What is a file or a connection; terminals, pipes and the program's own output are not its work. */
static bool
is_work(const char *path)
{
    if (strncmp(path, "socket:", 7) == 0 || strncmp(path, "/dev/shm/", 9) == 0)
        return true;
    return path[0] == '/' && strncmp(path, "/dev/", 5) != 0 && strncmp(path, "/proc/", 6) != 0;
}

static bool
describe_descriptor(const struct step *step, FILE *log)
{
    char path[SHOWN], data[SHOWN] = "";
    uint64_t base = step->args[1], len = step->args[2];
    struct iovec first;

    if (!descriptor_path(step->thread, step->call->shape == ON_FDS ? step->args[2] : step->args[0], path) ||
        !is_work(path))
        return false;
    (void)fprintf(log, "%s", path);
    if (strncmp(path, "socket:", 7) != 0 || step->call->shape == ON_FD)
        return true;
    if (step->call->shape == SENDS_MESSAGE) {
        struct msghdr message;
        struct iovec here = {&message, sizeof message}, there = {(void *)(uintptr_t)base, sizeof message};

        if (process_vm_readv(step->thread, &here, 1, &there, 1, 0) != (ssize_t)sizeof message)
            return true;
        base = (uintptr_t)message.msg_iov;
    }
    if (step->call->shape == SENDS_MESSAGE || step->call->shape == WRITES_VECTOR) {
        struct iovec here = {&first, sizeof first}, there = {(void *)(uintptr_t)base, sizeof first};

        if (process_vm_readv(step->thread, &here, 1, &there, 1, 0) != (ssize_t)sizeof first)
            return true;
        base = (uintptr_t)first.iov_base;
        len = first.iov_len;
    }
    copy_memory(step->thread, base, len, data, sizeof data);
    (void)fputc(' ', log);
    print_clean(log, data, 300);
    return true;
}

static void
describe_path(const struct step *step, int dir, uint64_t at, FILE *log)
{
    char folder[SHOWN] = "", path[SHOWN] = "";

    if (at != 0)
        copy_memory(step->thread, at, SHOWN, path, sizeof path);
    if (dir >= 0 && path[0] != '/' && descriptor_path(step->thread, step->args[dir], folder))
        (void)fprintf(log, " %s/", folder);
    else
        (void)fputc(' ', log);
    print_clean(log, path, sizeof path);
}

static bool
describe_open(const struct step *step, FILE *log)
{
    const bool old = strcmp(step->call->name, "open") == 0;
    const uint64_t flags = step->args[old ? 1 : 2];
    char path[SHOWN];

    if ((flags & O_ACCMODE) == O_RDONLY && (flags & (O_CREAT | O_TRUNC)) == 0)
        return false;
    copy_memory(step->thread, step->args[old ? 0 : 1], SHOWN, path, sizeof path);
    if (path[0] == '/' && !is_work(path))
        return false;
    describe_path(step, old ? -1 : 0, step->args[old ? 0 : 1], log);
    return true;
}

/* @return false: not a step after all, the line is to be forgotten */
static bool
describe(const struct step *step, FILE *log)
{
    (void)fprintf(log, "%s ", step->call->name);
    switch (step->call->shape) {
    case OPENS:
        return describe_open(step, log);
    case PATH_0:
        describe_path(step, -1, step->args[0], log);
        return true;
    case PATH_1:
        describe_path(step, 0, step->args[1], log);
        return true;
    case PATHS_01:
        describe_path(step, -1, step->args[0], log);
        describe_path(step, -1, step->args[1], log);
        return true;
    case PATHS_0123:
        describe_path(step, 0, step->args[1], log);
        describe_path(step, 2, step->args[3], log);
        return true;
    default:
        return describe_descriptor(step, log);
    }
}

static bool
belongs_to(pid_t thread, pid_t program)
{
    char path[64];

    if (thread == program)
        return true;
    (void)snprintf(path, sizeof path, "/proc/%d/task/%d", (int)program, (int)thread);
    return access(path, F_OK) == 0;
}

/* A stop at one of the calls. @return false: the program dies now */
static bool
meet(struct hunt *hunt, pid_t thread, bool *wait_for_end)
{
    struct __ptrace_syscall_info info = {0};
    char *line = NULL;
    size_t size = 0;
    FILE *text;
    bool counts = false;

    *wait_for_end = false;
    if (!belongs_to(thread, hunt->program) || ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof info, &info) <= 0)
        return true;
    text = open_memstream(&line, &size);
    for (size_t i = 0; text != NULL && i < CALLS; i++) {
        const struct step step = {&calls[i], (const uint64_t *)info.seccomp.args, thread};

        if (calls[i].number == info.seccomp.nr)
            counts = describe(&step, text);
    }
    if (text == NULL || fclose(text) != 0)
        return true;
    if (counts) {
        hunt->steps++;
        (void)fprintf(hunt->log, "%lu %s\n", hunt->steps, line);
        (void)fflush(hunt->log);
    }
    free(line);
    if (!counts || hunt->steps != hunt->at)
        return true;
    *wait_for_end = hunt->after;
    return hunt->after;
}

static void
filter_and_run(char **command)
{
    struct sock_filter filter[2 * CALLS + 2];
    size_t count = 0;

    filter[count++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < CALLS; i++) {
        filter[count++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)calls[i].number, 0, 1);
        filter[count++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
    }
    filter[count++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0 || raise(SIGSTOP) != 0 ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &(struct sock_fprog){(unsigned short)count, filter}) != 0)
        perror("killer");
    else
        (void)execvp(command[0], command);
    perror(command[0]);
    _exit(FAILED);
}

/* Until the program is gone. @return its exit status as a shell gives it */
static int
hunt_down(struct hunt *hunt)
{
    int status;
    pid_t thread;

    while ((thread = waitpid(-1, &status, __WALL)) > 0) {
        const int event = WIFSTOPPED(status) ? status >> 16 : 0, number = WIFSTOPPED(status) ? WSTOPSIG(status) : 0;
        bool wait_for_end = false;

        if (WIFEXITED(status) || WIFSIGNALED(status)) {
            if (thread == hunt->program)
                return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
            continue;
        }
        if ((event == PTRACE_EVENT_SECCOMP && !meet(hunt, thread, &wait_for_end)) || number == (SIGTRAP | 0x80)) {
            (void)kill(hunt->program, SIGKILL);
            continue;
        }
        /* Signals go through; stops that tracing makes are ours, the SIGSTOP of a new child among them. */
        (void)ptrace(wait_for_end ? PTRACE_SYSCALL : PTRACE_CONT, thread, NULL,
                     (void *)(intptr_t)(event != 0 || number == SIGTRAP || number == SIGSTOP ? 0 : number));
    }
    return FAILED;
}

int
main(int argc, char **argv)
{
    struct hunt hunt = {0};
    char *end;
    int status;

    if (argc < 4) {
        (void)fprintf(stderr, "usage: killer LOG N[+] PROGRAM ARGUMENT...\n");
        return FAILED;
    }
    hunt.at = strtoul(argv[2], &end, 10);
    hunt.after = *end == '+';
    hunt.log = fopen(argv[1], "we");
    hunt.program = hunt.log != NULL ? fork() : -1;
    if (hunt.program == 0)
        filter_and_run(argv + 3);
    if (hunt.program < 0 || waitpid(hunt.program, &status, 0) != hunt.program || !WIFSTOPPED(status) ||
        ptrace(PTRACE_SETOPTIONS, hunt.program, NULL,
               (void *)(PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACESECCOMP | PTRACE_O_TRACECLONE |
                        PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC)) != 0 ||
        ptrace(PTRACE_CONT, hunt.program, NULL, NULL) != 0) {
        perror("killer");
        return FAILED;
    }
    return hunt_down(&hunt);
}
