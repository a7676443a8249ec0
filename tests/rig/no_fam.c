/*
 * Stands for libfam, which Courier's imapd is linked against and without which it does not start: a service that tells of changed
 * files. Here is none. FAMOpen says so at once, as on a machine where that service does not run, and imapd goes on without it.
 * (Debian's libgamin0 would first try for seconds, at each APPEND, to start a daemon that is not there.)
 * rig/courier.py builds this as libfam.so.0 beside what it unpacked.
 */
int FAMOpen(void *connection);
int FAMClose(void *connection);
int FAMMonitorDirectory(void *connection, const char *path, void *request, void *data);
int FAMMonitorFile(void *connection, const char *path, void *request, void *data);
int FAMCancelMonitor(void *connection, const void *request);
int FAMNextEvent(void *connection, void *event);
int FAMPending(void *connection);

int
FAMOpen(void *connection)
{
    (void)connection;
    return -1;
}

/* Nothing below is ever called: nobody has a connection. */

int
FAMClose(void *connection)
{
    (void)connection;
    return -1;
}

int
FAMMonitorDirectory(void *connection, const char *path, void *request, void *data)
{
    (void)connection, (void)path, (void)request, (void)data;
    return -1;
}

int
FAMMonitorFile(void *connection, const char *path, void *request, void *data)
{
    (void)connection, (void)path, (void)request, (void)data;
    return -1;
}

int
FAMCancelMonitor(void *connection, const void *request)
{
    (void)connection, (void)request;
    return -1;
}

int
FAMNextEvent(void *connection, void *event)
{
    (void)connection, (void)event;
    return -1;
}

int
FAMPending(void *connection)
{
    (void)connection;
    return 0;
}
