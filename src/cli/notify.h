/*
 * Telling the service manager how we are: the protocol of sd_notify(3), datagrams to the socket
 * that $NOTIFY_SOCKET names.
 */
#ifndef HT_CLI_NOTIFY_H
#define HT_CLI_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

struct cli_notify {
    int socket;          /* connected, or -1: nobody wants to know */
    int64_t watchdog_ns; /* how often we are to say that we are alive; 0: never */
};

/* cli_notify_open connects, before a sandbox is entered; where there is no service manager, or it
 * cannot be reached, all else here does nothing. */
struct cli_notify cli_notify_open(void);

/* cli_notify_send sends lines like "READY=1"; never waits. */
void cli_notify_send(const struct cli_notify *notify, const char *lines);

/* cli_notify_reloading says that the configuration is being read anew; to be followed by
 * "READY=1". */
void cli_notify_reloading(const struct cli_notify *notify);

void cli_notify_close(struct cli_notify *notify);

#endif
