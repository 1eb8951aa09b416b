/* Rotation: the file that is written has the name that was asked for; when it is finished it gets
 * one with the time in it, "out.jsonl" becoming "out-20260101T120000Z.jsonl", never another's. */
#include "output/file.h"

#include "base/clock.h"
#include "base/time.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SAME_SECOND_MAX = 100000 };

bool output_rotates(const struct output_file *file)
{
    return file->regular && file->path != NULL && (file->rotate_bytes != 0 || file->rotate_ns != 0);
}

size_t output_rotate_room(const struct output_file *file)
{
    struct stat is;
    if (!output_rotates(file) || file->rotate_bytes == 0 || output_file_trouble(file) != 0 ||
        fstat(file->descriptor, &is) != 0) {
        return SIZE_MAX;
    }
    uint64_t size = (uint64_t)is.st_size;
    return size < file->rotate_bytes ? file->rotate_bytes - size : 0;
}

int64_t output_rotate_wait_ns(const struct output_file *file)
{
    if (!output_rotates(file) || file->rotate_ns == 0) {
        return -1;
    }
    return file->rotate_ns - ht_clock_ns(CLOCK_REALTIME) % file->rotate_ns;
}

static bool is_due(const struct output_file *file, uint64_t size, size_t more, int64_t now_ns)
{
    bool full = file->rotate_bytes != 0 && more > 0 &&
                (size >= file->rotate_bytes || more > file->rotate_bytes - size);
    /* "Another" and not "later": a clock that was set back must not end rotation. */
    return full || (file->rotate_ns != 0 && now_ns / file->rotate_ns != file->period);
}

/* "20260101T120000Z", from RFC 3339's longer form. */
static void print_stamp(char out[HT_TIME_TEXT_MAX], int64_t time_s)
{
    char text[HT_TIME_TEXT_MAX];
    size_t len = 0;
    for (const char *c = ht_time_print(text, time_s * HT_SECOND_NS, 0); *c != '\0'; c++) {
        if (*c != '-' && *c != ':') {
            out[len++] = *c;
        }
    }
    out[len] = '\0';
}

static void print_name(char out[NAME_MAX + 1], const struct output_file *file)
{
    char stamp[HT_TIME_TEXT_MAX], number[16] = "";
    print_stamp(stamp, file->rotated_s);
    if (file->rotated_num > 0) {
        (void)snprintf(number, sizeof number, "-%u", file->rotated_num);
    }
    const char *dot    = strrchr(file->name, '.');
    const char *suffix = dot != NULL && dot != file->name ? dot : file->name + strlen(file->name);
    (void)snprintf(out, NAME_MAX + 1, "%.*s-%s%s%s", (int)(suffix - file->name), file->name, stamp,
                   number, suffix);
}

/* Renames and replaces nothing, also where the file system has no such rename (NFS). */
static bool move(const struct output_file *file, const char *to)
{
    int in = file->directory;
    if (renameat2(in, file->name, in, to, RENAME_NOREPLACE) == 0) {
        return true;
    }
    if ((errno != EINVAL && errno != ENOSYS) || linkat(in, file->name, in, to, 0) != 0) {
        return false;
    }
    if (unlinkat(in, file->name, 0) == 0) {
        return true;
    }
    int why = errno;
    (void)unlinkat(in, to, 0);
    errno = why;
    return false;
}

static bool finish(struct output_file *file, int64_t now_s)
{
    if (now_s != file->rotated_s) {
        file->rotated_s   = now_s;
        file->rotated_num = 0;
    }
    char name[NAME_MAX + 1];
    for (; file->rotated_num < SAME_SECOND_MAX; file->rotated_num++) {
        print_name(name, file);
        if (move(file, name)) {
            return true;
        }
        if (errno != EEXIST) {
            return false;
        }
    }
    return false;
}

/* Not so when somebody renamed or removed it. */
static bool has_its_name(const struct output_file *file, const struct stat *is)
{
    struct stat named;
    return fstatat(file->directory, file->name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           named.st_ino == is->st_ino && named.st_dev == is->st_dev;
}

void output_rotate(struct output_file *file, size_t more)
{
    struct stat is;
    if (!output_rotates(file) || file->anew_error != 0 || fstat(file->descriptor, &is) != 0) {
        return;
    }
    int64_t now_ns = ht_clock_ns(CLOCK_REALTIME);
    if (is.st_size == 0 || !is_due(file, (uint64_t)is.st_size, more, now_ns)) {
        if (is.st_size == 0 && file->rotate_ns != 0) {
            file->period = now_ns / file->rotate_ns;
        }
        file->rotate_error = 0;
        return;
    }
    if (file->rotate_error != 0 && ht_clock_ns(CLOCK_MONOTONIC) < file->rotate_again_ns) {
        return;
    }
    file->rotate_error = 0;
    if (!has_its_name(file, &is)) {
        file->anew = true;
    } else if (finish(file, now_ns / HT_SECOND_NS)) {
        file->anew = true;
        file->rotations++;
    } else {
        file->rotate_error    = errno;
        file->rotate_again_ns = ht_clock_ns(CLOCK_MONOTONIC) + file->retry_ns;
        file->errors++;
    }
}
