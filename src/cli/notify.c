#include "cli/notify.h"

#include "base/clock.h"
#include "cli/number.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { MICROSECOND_NS = 1000 };

/* A path, or with '@' before it a name in the abstract namespace, whose address begins with a zero.
 */
static int connect_to(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len                 = strlen(name);
    if ((name[0] != '/' && name[0] != '@') || len >= sizeof address.sun_path) {
        return -1;
    }
    memcpy(address.sun_path, name, len);
    if (name[0] == '@') {
        address.sun_path[0] = '\0';
    }
    int fd         = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, size) != 0) {
        (void)close(fd);
        fd = -1;
    }
    return fd;
}

/* Half of the time after which we would be taken for dead, as sd_watchdog_enabled(3) advises. The
 * watchdog may be meant for another process, which then inherited us its environment. */
static int64_t watchdog_ns(void)
{
    const char *time = getenv("WATCHDOG_USEC"), *whose = getenv("WATCHDOG_PID");
    uint64_t microseconds = 0, pid = 0;
    if (time == NULL || !cli_read_number(time, INT64_MAX / MICROSECOND_NS, &microseconds) ||
        (whose != NULL &&
         (!cli_read_number(whose, INT32_MAX, &pid) || pid != (uint64_t)getpid()))) {
        return 0;
    }
    return (int64_t)microseconds * MICROSECOND_NS / 2;
}

struct cli_notify cli_notify_open(void)
{
    const char *name = getenv("NOTIFY_SOCKET");
    int fd           = name != NULL ? connect_to(name) : -1;
    return (struct cli_notify){.socket = fd, .watchdog_ns = fd >= 0 ? watchdog_ns() : 0};
}

void cli_notify_send(const struct cli_notify *notify, const char *lines)
{
    if (notify->socket >= 0) {
        (void)send(notify->socket, lines, strlen(lines), MSG_NOSIGNAL | MSG_DONTWAIT);
    }
}

void cli_notify_reloading(const struct cli_notify *notify)
{
    char lines[64];
    (void)snprintf(lines, sizeof lines, "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
                   ht_clock_ns(CLOCK_MONOTONIC) / MICROSECOND_NS);
    cli_notify_send(notify, lines);
}

void cli_notify_close(struct cli_notify *notify)
{
    if (notify->socket >= 0) {
        (void)close(notify->socket);
    }
    notify->socket = -1;
}
