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

static bool add(struct cli_inputs *inputs, const char *path, const char *named,
                struct ht_error *error)
{
    struct cli_input *items = reallocarray(inputs->items, inputs->num + 1, sizeof *items);
    if (items == NULL) {
        return ht_fail(error, "out of memory");
    }
    char *copy    = strdup(path);
    inputs->items = items;
    if (copy == NULL) {
        return ht_fail(error, "out of memory");
    }
    items[inputs->num++] = (struct cli_input){.path = copy, .named = named};
    return true;
}

static bool walk(struct cli_inputs *inputs, const char *path, const char *named, int depth,
                 struct ht_error *error);

static bool walk_directory(struct cli_inputs *inputs, const char *path, const char *named,
                           int depth, struct ht_error *error)
{
    struct dirent **entries = NULL;
    int num                 = scandir(path, &entries, visible, by_name);
    bool good               = num >= 0 || ht_fail(error, "%s: %s", path, strerror(errno));
    for (int i = 0; i < num; i++) {
        char *child = NULL;
        if (asprintf(&child, "%s/%s", path, entries[i]->d_name) >= 0) {
            good &= walk(inputs, child, named, depth + 1, error);
            free(child);
        }
        free(entries[i]);
    }
    free(entries);
    return good;
}

static bool walk(struct cli_inputs *inputs, const char *path, const char *named, int depth,
                 struct ht_error *error)
{
    struct stat st;
    bool exists = strcmp(path, "-") != 0 && stat(path, &st) == 0;
    if (exists && S_ISDIR(st.st_mode)) {
        return depth >= MAX_DEPTH || walk_directory(inputs, path, named, depth, error);
    }
    return (depth > 0 && !(exists && S_ISREG(st.st_mode))) || add(inputs, path, named, error);
}

bool cli_inputs_add(struct cli_inputs *inputs, const char *named, struct ht_error *error)
{
    return walk(inputs, named, named, 0, error);
}

void cli_inputs_free(struct cli_inputs *inputs)
{
    for (size_t i = 0; i < inputs->num; i++) {
        free(inputs->items[i].path);
    }
    free(inputs->items);
    *inputs = (struct cli_inputs){0};
}
