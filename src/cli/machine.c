#include "cli/machine.h"

#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint64_t read_bound(const char *path)
{
    char text[32]  = "";
    char *end      = text;
    uint64_t bound = UINT64_MAX;
    FILE *file     = fopen(path, "re");
    if (file != NULL && fgets(text, sizeof text, file) != NULL) {
        bound = strtoull(text, &end, 10);
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return end != text ? bound : UINT64_MAX; /* "max" */
}

/* Of the group in the directory `root` with the name `group`, and of all those it is in. */
static uint64_t least_bound(const char *root, char *group, const char *file)
{
    uint64_t least = UINT64_MAX;
    char *end      = group + strlen(group);
    while (end != NULL) {
        char path[PATH_MAX];
        *end           = '\0';
        int len        = snprintf(path, sizeof path, "%s%s/%s", root, group, file);
        bool fits      = len > 0 && (size_t)len < sizeof path;
        uint64_t bound = fits ? read_bound(path) : UINT64_MAX;
        least          = bound < least ? bound : least;
        end            = strrchr(group, '/');
    }
    return least;
}

static bool has_memory(const char *controllers)
{
    const char *at = strstr(controllers, "memory");
    return at != NULL && (at == controllers || at[-1] == ',') && (at[6] == ',' || at[6] == '\0');
}

uint64_t cli_cgroup_memory(const char *groups, const char *root)
{
    char line[PATH_MAX + 64], first[PATH_MAX];
    uint64_t least = UINT64_MAX;
    FILE *file     = fopen(groups, "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        char *controllers = strchr(line, ':');
        char *group       = controllers != NULL ? strchr(controllers + 1, ':') : NULL;
        if (group == NULL) {
            continue;
        }
        *group++                    = '\0';
        group[strcspn(group, "\n")] = '\0';
        bool is_second              = controllers[1] == '\0';
        if (!is_second && !has_memory(controllers + 1)) {
            continue;
        }
        (void)snprintf(first, sizeof first, "%s/memory", root);
        uint64_t bound = is_second ? least_bound(root, group, "memory.max")
                                   : least_bound(first, group, "memory.limit_in_bytes");
        least          = bound < least ? bound : least;
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return least;
}

uint64_t cli_machine_memory(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), page_bytes = sysconf(_SC_PAGESIZE);
    uint64_t all   = pages > 0 && page_bytes > 0 ? (uint64_t)pages * (uint64_t)page_bytes : 0;
    uint64_t bound = cli_cgroup_memory("/proc/self/cgroup", "/sys/fs/cgroup");
    return bound < all ? bound : all;
}

unsigned cli_machine_processors(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) {
        return (unsigned)CPU_COUNT(&set);
    }
    long online = sysconf(_SC_NPROCESSORS_ONLN); /* more of them than the set has room for */
    return online > 0 ? (unsigned)online : 1;
}
