#include "scratch.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[] = "/tmp/ht-output-XXXXXX";
static void *kept[16384];
static size_t num_kept;

static char *keep(size_t len)
{
    assert_true(num_kept < HT_ARRAY_LEN(kept));
    kept[num_kept] = calloc(1, len + 1);
    assert_non_null(kept[num_kept]);
    return kept[num_kept++];
}

int scratch_make(void **state)
{
    (void)state;
    alarm(120);
    memcpy(strchr(folder, '\0') - 6, "XXXXXX", 6);
    return mkdtemp(folder) != NULL && chdir(folder) == 0 ? 0 : -1;
}

int scratch_remove(void **state)
{
    (void)state;
    DIR *dir = opendir(".");
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        (void)unlink(entry->d_name);
    }
    closedir(dir);
    while (num_kept > 0) {
        free(kept[--num_kept]);
    }
    return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

struct ht_bytes scratch_read(const char *name)
{
    FILE *in = fopen(name, "rb");
    assert_non_null(in);
    assert_int_equal(fseek(in, 0, SEEK_END), 0);
    size_t size = (size_t)ftell(in);
    rewind(in);
    char *text = keep(size);
    assert_int_equal(fread(text, 1, size, in), size);
    fclose(in);
    return ht_bytes(text, size);
}

void scratch_write(const char *name, const char *text)
{
    FILE *out = fopen(name, "wb");
    assert_non_null(out);
    assert_true(fputs(text, out) >= 0);
    assert_int_equal(fclose(out), 0);
}

bool scratch_exists(const char *name)
{
    return access(name, F_OK) == 0;
}

static size_t read_all(struct ht_bytes *out, size_t max)
{
    DIR *dir = opendir(".");
    assert_non_null(dir);
    size_t num = 0;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (entry->d_name[0] != '.') {
            assert_true(num < max);
            out[num++] = scratch_read(entry->d_name);
        }
    }
    closedir(dir);
    return num;
}

size_t scratch_files(void)
{
    struct ht_bytes files[512];
    return read_all(files, HT_ARRAY_LEN(files));
}

static int by_content(const void *a, const void *b)
{
    const struct ht_bytes *x = a, *y = b;
    size_t len = x->len < y->len ? x->len : y->len;
    int order  = len > 0 ? memcmp(x->ptr, y->ptr, len) : 0;
    return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
}

struct ht_bytes scratch_join(size_t max_len)
{
    struct ht_bytes files[512];
    size_t num = read_all(files, HT_ARRAY_LEN(files)), len = 0, at = 0;
    qsort(files, num, sizeof *files, by_content);
    for (size_t i = 0; i < num; i++) {
        assert_true(files[i].len <= max_len);
        assert_true(files[i].len == 0 || memcmp(files[i].ptr + files[i].len - 2, "}\n", 2) == 0);
        len += files[i].len;
    }
    char *text = keep(len);
    for (size_t i = 0; i < num; i++) {
        memcpy(text + at, files[i].ptr, files[i].len);
        at += files[i].len;
    }
    return ht_bytes(text, len);
}

struct ht_bytes scratch_lines(unsigned first, unsigned num)
{
    char *text = keep((size_t)num * LINE_LEN);
    for (unsigned i = 0; i < num; i++) {
        char line[LINE_LEN + 1];
        (void)snprintf(line, sizeof line, "{\"n\":%010u,\"filler\":\"%035d\"}\n", first + i, 0);
        assert_int_equal(strlen(line), LINE_LEN);
        memcpy(text + (size_t)i * LINE_LEN, line, LINE_LEN);
    }
    return ht_bytes(text, (size_t)num * LINE_LEN);
}

unsigned scratch_number(struct ht_bytes lines)
{
    unsigned number = 0;
    assert_true(lines.len >= LINE_LEN);
    assert_memory_equal(lines.ptr, "{\"n\":", 5);
    for (size_t i = 5; i < 15; i++) {
        assert_true(lines.ptr[i] >= '0' && lines.ptr[i] <= '9');
        number = number * 10 + (unsigned)(lines.ptr[i] - '0');
    }
    assert_memory_equal(lines.ptr + LINE_LEN - 3, "\"}\n", 3);
    return number;
}

void put(struct ht_output *out, unsigned first, unsigned num)
{
    assert_true(ht_output_write(out, scratch_lines(first, num), num));
}

void assert_lines(struct ht_bytes got, unsigned first, unsigned num)
{
    struct ht_bytes expected = scratch_lines(first, num);
    assert_int_equal(got.len, expected.len);
    assert_true(ht_bytes_equal(got, expected));
}

void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes != 0 ? bytes : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

void scratch_tell(void *context, const char *text)
{
    struct told *told = context;
    told->num++;
    (void)snprintf(told->last, sizeof told->last, "%s", text);
}
