/*
 * A driver for fuzz targets where there is no libFuzzer: every file under the given folders is run
 * whole, then cut at every length up to 2,000 bytes, then with single bytes changed, so that the
 * ordinary test run walks the error paths too. After --whole, files are only run whole: what a
 * search kept walks them by itself. Deterministic.
 */
#include "fuzz.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* An exact-size copy lets the address sanitizer see a read one byte past the end. */
static void run_copy(const uint8_t *data, size_t len)
{
    uint8_t *copy = malloc(len > 0 ? len : 1);
    if (copy == NULL) {
        abort();
    }
    memcpy(copy, data, len);
    (void)LLVMFuzzerTestOneInput(copy, len);
    free(copy);
}

static void run_variants(uint8_t *data, size_t len)
{
    run_copy(data, len);
    size_t step = len / 2000 + 1;
    for (size_t cut = 0; cut < len; cut += step) {
        run_copy(data, cut);
        uint8_t was = data[cut];
        data[cut]   = (uint8_t)(was ^ 0xFF);
        run_copy(data, len);
        data[cut] = (uint8_t)(was + 1);
        run_copy(data, len);
        data[cut] = was;
    }
}

static int run_file(const char *path, off_t size, bool whole)
{
    FILE *in      = fopen(path, "rb");
    uint8_t *data = malloc((size_t)size + 1);
    if (in == NULL || data == NULL) {
        perror(path);
        return 0;
    }
    size_t len = fread(data, 1, (size_t)size, in);
    fclose(in);
    if (whole) {
        run_copy(data, len);
    } else {
        run_variants(data, len);
    }
    free(data);
    return 1;
}

static int run_path(const char *path, bool whole)
{
    struct stat st;
    if (stat(path, &st) != 0) {
        perror(path);
        return 0;
    }
    if (!S_ISDIR(st.st_mode)) {
        return run_file(path, st.st_size, whole);
    }
    int count   = 0;
    DIR *folder = opendir(path);
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
        char name[4096];
        if (entry->d_name[0] != '.') {
            (void)snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
            count += run_path(name, whole);
        }
    }
    closedir(folder);
    return count;
}

int main(int argc, char **argv)
{
    int count  = 0;
    bool whole = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--whole") == 0) {
            whole = true;
        } else {
            count += run_path(argv[i], whole);
        }
    }
    printf("%d seeds\n", count);
    return count > 0 ? 0 : 1;
}
