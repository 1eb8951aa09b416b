#include "cli/inputs.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_DEPTH = 32 /* of directories: a loop of links ends */ };

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static bool walk(const char *path, int depth,
                 void (*each)(void *context, const char *path, bool named), void *context,
                 struct ht_error *error);

static bool walk_directory(const char *path, int depth,
                           void (*each)(void *context, const char *path, bool named), void *context,
                           struct ht_error *error)
{
    struct dirent **entries = NULL;
    int num                 = scandir(path, &entries, visible, by_name);
    bool good               = num >= 0 || ht_fail(error, "%s: %s", path, strerror(errno));
    for (int i = 0; i < num; i++) {
        char *child = NULL;
        if (asprintf(&child, "%s/%s", path, entries[i]->d_name) >= 0) {
            good &= walk(child, depth + 1, each, context, error);
            free(child);
        }
        free(entries[i]);
    }
    free(entries);
    return good;
}

static bool walk(const char *path, int depth,
                 void (*each)(void *context, const char *path, bool named), void *context,
                 struct ht_error *error)
{
    struct stat st;
    bool exists = strcmp(path, "-") != 0 && stat(path, &st) == 0;
    if (exists && S_ISDIR(st.st_mode)) {
        return depth >= MAX_DEPTH || walk_directory(path, depth, each, context, error);
    }
    if (depth == 0 || (exists && S_ISREG(st.st_mode))) {
        each(context, path, depth == 0);
    }
    return true;
}

bool cli_inputs_each(const char *path, void (*each)(void *context, const char *path, bool named),
                     void *context, struct ht_error *error)
{
    return walk(path, 0, each, context, error);
}
