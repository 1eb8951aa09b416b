#include "sandbox/private.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

bool ht_alone(struct ht_error *error)
{
    /* As for any folder: itself, its parent, and one link for each folder in it, here a thread. */
    enum { ONE_THREAD = 3 };
    struct stat threads;
    if (stat("/proc/self/task", &threads) != 0) {
        return ht_fail(error, "cannot see in /proc which threads run: %s", strerror(errno));
    }
    return threads.st_nlink == ONE_THREAD ||
           ht_fail(error, "privileges are given up before threads are started, not after");
}

static bool is_packet_socket(int fd)
{
    int domain    = 0;
    socklen_t len = sizeof domain;
    return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 && domain == AF_PACKET;
}

static bool find_packet_sockets(struct ht_packet_sockets *out, struct ht_error *error)
{
    DIR *descriptors = opendir("/proc/self/fd");
    if (descriptors == NULL) {
        return ht_fail(error, "cannot see in /proc what is open: %s", strerror(errno));
    }
    const struct dirent *entry;
    while (out->num <= HT_MAX_PACKET_SOCKETS && (entry = readdir(descriptors)) != NULL) {
        const int fd = (int)strtol(entry->d_name, NULL, 10); /* 0 for "." */
        if (is_packet_socket(fd)) {
            out->fds[out->num++] = fd;
        }
    }
    closedir(descriptors);
    return out->num <= HT_MAX_PACKET_SOCKETS ||
           ht_fail(error, "more than %d packet sockets", HT_MAX_PACKET_SOCKETS);
}

bool ht_sandbox_enter(const struct ht_sandbox_config *config, struct ht_sandbox_status *out_status,
                      struct ht_error *error)
{
    struct ht_sandbox_status status  = {0};
    struct ht_packet_sockets sockets = {.num = 0};
    if (!ht_alone(error) || !find_packet_sockets(&sockets, error)) {
        return false;
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return ht_fail(error, "cannot set no_new_privs: %s", strerror(errno));
    }
    if (!ht_landlock_enter(config, &status.landlock_abi, error) ||
        !ht_filter_enter(config, &sockets, error)) {
        return false;
    }
    status.seccomp = true;
    if (out_status != NULL) {
        *out_status = status;
    }
    return true;
}

void ht_sandbox_describe(const struct ht_sandbox_status *status, char text[static 64])
{
    const char *filter = status->seccomp ? "seccomp" : "no seccomp";
    if (status->landlock_abi > 0) {
        (void)snprintf(text, 64, "%s, Landlock %d", filter, status->landlock_abi);
    } else {
        (void)snprintf(text, 64, "%s; this kernel has no Landlock", filter);
    }
}
