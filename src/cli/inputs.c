#include "cli/inputs.h"

#include <dirent.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_DEPTH = 32 /* of directories */ };

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

/* A walk through what one argument names. */
struct walk {
    struct cli_inputs *inputs;
    const char *named;
    void *seen; /* of directories and what is in them: struct file, as tsearch(3) has it */
    struct ht_error *error;
};

struct file {
    dev_t device;
    ino_t inode;
};

static int compare(const void *a, const void *b)
{
    const struct file *f = a, *g = b;
    int devices = (f->device > g->device) - (f->device < g->device);
    return devices != 0 ? devices : (f->inode > g->inode) - (f->inode < g->inode);
}

/* What links lead to again is told once, and a loop of them ends. */
static bool is_new(struct walk *w, const struct stat *st)
{
    struct file *file = malloc(sizeof *file);
    if (file == NULL) {
        return true;
    }
    *file               = (struct file){.device = st->st_dev, .inode = st->st_ino};
    struct file **found = tsearch(file, &w->seen, compare);
    bool is             = found == NULL || *found == file;
    if (found == NULL || *found != file) {
        free(file);
    }
    return is;
}

static bool walk(struct walk *w, const char *path, int depth);

/* One that cannot be read is added as it is: opening it as a file will say why. */
static bool walk_directory(struct walk *w, const char *path, int depth)
{
    struct dirent **entries = NULL;
    int num                 = scandir(path, &entries, visible, by_name);
    bool good               = num >= 0 || add(w->inputs, path, w->named, w->error);
    for (int i = 0; i < num; i++) {
        char *child = NULL;
        if (asprintf(&child, "%s/%s", path, entries[i]->d_name) >= 0) {
            good &= walk(w, child, depth + 1);
            free(child);
        }
        free(entries[i]);
    }
    free(entries);
    return good;
}

static bool walk(struct walk *w, const char *path, int depth)
{
    struct stat st;
    bool exists    = strcmp(path, "-") != 0 && stat(path, &st) == 0;
    bool directory = exists && S_ISDIR(st.st_mode);
    if ((directory || depth > 0) && exists && !is_new(w, &st)) {
        return true;
    }
    if (directory) {
        return depth >= MAX_DEPTH || walk_directory(w, path, depth);
    }
    return (depth > 0 && !(exists && S_ISREG(st.st_mode))) ||
           add(w->inputs, path, w->named, w->error);
}

bool cli_inputs_add(struct cli_inputs *inputs, const char *named, struct ht_error *error)
{
    struct walk w = {.inputs = inputs, .named = named, .error = error};
    bool good     = walk(&w, named, 0);
    tdestroy(w.seen, free);
    return good;
}

void cli_inputs_free(struct cli_inputs *inputs)
{
    for (size_t i = 0; i < inputs->num; i++) {
        free(inputs->items[i].path);
    }
    free(inputs->items);
    *inputs = (struct cli_inputs){0};
}
