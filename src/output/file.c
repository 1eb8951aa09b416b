#include "output/file.h"

#include "base/clock.h"
#include "base/time.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
    CHUNK_BYTES      = 256 * 1024,       /* that go into one write, but for a larger batch */
    MEND_BYTES       = 16 * 1024 * 1024, /* in which the end of the last whole line is looked for */
    PIECES           = 64,               /* of one write */
    ROTATED_LONGER   = 32,               /* than the name is the name after rotation, at most */
    DEFAULT_MODE     = 0640,
    RECORD_START_MAX = 64
};

/* The length of the whole lines in the file; `size` where no end of a line is found. */
static off_t whole_lines(int in, off_t size)
{
    char block[16 * 1024];
    off_t end = size;
    while (end > 0 && size - end < MEND_BYTES) {
        off_t start = end > (off_t)sizeof block ? end - (off_t)sizeof block : 0;
        ssize_t got = pread(in, block, (size_t)(end - start), start);
        if (got != end - start) {
            return size;
        }
        const char *newline = memrchr(block, '\n', (size_t)got);
        if (newline != NULL) {
            return start + (newline - block) + 1;
        }
        end = start;
    }
    return end == 0 ? 0 : size;
}

/* What stands there, up to the end of the file, begins as a record of ours does, as far as it goes.
 */
static bool is_own(const struct output_file *file, int in, off_t start)
{
    char tail[RECORD_START_MAX];
    size_t len  = file->record_start != NULL ? strlen(file->record_start) : 0;
    ssize_t got = len > 0 && len <= sizeof tail ? pread(in, tail, len, start) : 0;
    return got > 0 && memcmp(tail, file->record_start, (size_t)got) == 0;
}

/* Cuts off half a record, as a program that was killed leaves it. Any other last line that is
 * incomplete is somebody's text: it stays, and is ended. */
static void mend_end(const struct output_file *file, int in, off_t size)
{
    char last;
    if (pread(in, &last, 1, size - 1) != 1 || last == '\n') {
        return;
    }
    off_t whole = whole_lines(in, size);
    /* Where it cannot be cut, the end of that line at least keeps the next one whole. */
    bool mended =
        (whole < size && is_own(file, in, whole) && ftruncate(file->descriptor, whole) == 0) ||
        write(file->descriptor, "\n", 1) == 1;
    (void)mended;
}

static void mend(const struct output_file *file, const struct stat *is)
{
    struct stat named;
    int in = -1;
    if (S_ISREG(is->st_mode) && is->st_size > 0) {
        in = openat(file->directory, file->name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    }
    if (in < 0) {
        return;
    }
    if (fstat(in, &named) == 0 && named.st_ino == is->st_ino && named.st_dev == is->st_dev) {
        mend_end(file, in, is->st_size);
    }
    (void)close(in);
}

/* What was opened; a file that goes on belongs to the time in which it was written last. */
static bool look(struct output_file *file)
{
    struct stat is;
    if (fstat(file->descriptor, &is) != 0) {
        return false;
    }
    file->regular   = S_ISREG(is.st_mode);
    file->fifo      = S_ISFIFO(is.st_mode);
    int64_t time_ns = (int64_t)is.st_mtim.tv_sec * HT_SECOND_NS + is.st_mtim.tv_nsec;
    if (file->rotate_ns != 0) {
        file->period = time_ns / file->rotate_ns;
    }
    if (file->directory >= 0) {
        mend(file, &is);
    }
    return true;
}

static bool give(const struct output_file *file, const struct ht_output_config *config)
{
    struct stat is;
    return config->owner == 0 || !file->regular || fstat(file->descriptor, &is) != 0 ||
           is.st_uid != 0 || fchown(file->descriptor, config->owner, config->group) == 0;
}

/* A link to a file is resolved, or rotation would rename the link; so what it leads to is made
 * first where it is not there. NULL: out of memory. */
static char *resolve(const char *path, mode_t mode)
{
    struct stat link, target;
    char *real = NULL;
    if (lstat(path, &link) == 0 && S_ISLNK(link.st_mode)) {
        if (stat(path, &target) != 0 && errno == ENOENT) {
            int made = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, mode);
            if (made >= 0) {
                (void)close(made);
            }
        }
        if (stat(path, &target) == 0 && S_ISREG(target.st_mode)) {
            real = realpath(path, NULL);
        }
    }
    return real != NULL ? real : strdup(path);
}

static int open_directory(const struct output_file *file)
{
    const int flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
    if (file->name == file->path) {
        return open(".", flags);
    }
    char *folder = strndup(file->path, (size_t)(file->name - file->path));
    int opened   = folder != NULL ? open(folder, flags) : -1;
    free(folder);
    return opened;
}

/* A FIFO that nobody reads yet. Live it is not waited for: with a reader of our own for the moment
 * it can be opened, and is good for the reader that comes. */
static int open_unread(const struct output_file *file, const struct ht_output_config *config)
{
    const int both = O_CLOEXEC | O_NOCTTY;
    struct ht_error text;
    int reader = -1;
    if (config->queue_bytes != 0) {
        reader = openat(file->directory, file->name, O_RDONLY | O_NONBLOCK | both);
    }
    if (reader < 0 && config->complain != NULL) {
        (void)ht_fail(&text, "%s: waits for somebody to read it", config->path);
        config->complain(config->context, text.text);
    }
    int opened =
        openat(file->directory, file->name, O_WRONLY | both | (reader >= 0 ? O_NONBLOCK : 0));
    if (reader >= 0) {
        (void)close(reader);
    }
    return opened;
}

static int open_first(const struct output_file *file, const struct ht_output_config *config)
{
    struct stat is;
    bool fifo = fstatat(file->directory, file->name, &is, 0) == 0 && S_ISFIFO(is.st_mode);
    int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | (fifo ? O_NONBLOCK : 0) |
                (config->append ? 0 : O_TRUNC);
    int opened = openat(file->directory, file->name, flags, file->mode);
    return opened < 0 && errno == ENXIO && fifo ? open_unread(file, config) : opened;
}

static bool open_path(struct output_file *file, const struct ht_output_config *config)
{
    file->path = resolve(config->path, file->mode);
    if (file->path == NULL) {
        return false;
    }
    const char *slash = strrchr(file->path, '/');
    file->name        = slash != NULL ? slash + 1 : file->path;
    if (slash != NULL && slash[1] == '\0') {
        errno = EISDIR;
        return false;
    }
    if (output_rotates(file) && strlen(file->name) + ROTATED_LONGER > NAME_MAX) {
        errno = ENAMETOOLONG;
        return false;
    }
    file->directory = open_directory(file);
    if (file->directory < 0) {
        return false;
    }
    file->descriptor = open_first(file, config);
    return file->descriptor >= 0 && look(file) && give(file, config);
}

/* Says why the path could not be opened, and what to do. */
static bool fail_open(const char *path, int why, struct ht_error *error)
{
    const char *remedy = why == EISDIR   ? ": name a file in it"
                         : why == ENOENT ? ": its folder has to be made first"
                         : why == EACCES ? ": name a file where this user may write"
                                         : "";
    return ht_fail(error, "%s: %s%s", path, strerror(why), remedy);
}

bool output_file_open(struct output_file *file, const struct ht_output_config *config,
                      struct ht_error *error)
{
    *file =
        (struct output_file){.directory    = -1,
                             .descriptor   = -1,
                             .regular      = true, /* until it is open */
                             .mode         = config->mode != 0 ? config->mode : DEFAULT_MODE,
                             .record_start = config->record_start,
                             .rotate_bytes = config->rotate_bytes,
                             .rotate_ns    = config->rotate_ns,
                             .retry_ns = config->retry_ns != 0 ? config->retry_ns : HT_SECOND_NS};
    if (config->path == NULL) {
        file->descriptor = STDOUT_FILENO;
        return look(file) || ht_fail(error, "standard output: %s", strerror(errno));
    }
    if (!open_path(file, config)) {
        (void)fail_open(config->path, errno, error);
        (void)output_file_close(file);
        return false;
    }
    return true;
}

/* Does not wait for a FIFO's reader, and follows no link that replaced the file. */
static bool open_anew(struct output_file *file)
{
    int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    int opened =
        openat(file->directory, file->name, flags | (file->regular ? O_NOFOLLOW : 0), file->mode);
    if (opened < 0) {
        errno = errno == ENXIO ? EPIPE : errno; /* a FIFO without reader, in the usual word */
        return false;
    }
    if (file->descriptor >= 0 && close(file->descriptor) != 0) {
        file->errors++;
    }
    file->descriptor = opened;
    file->anew       = false;
    return look(file);
}

/* Where `len` bytes of the load lie, from `from` on; as many as go into one write. */
static int find_pieces(const struct output_load *load, size_t from, size_t len,
                       struct iovec pieces[PIECES])
{
    int num = 0;
    for (size_t i = 0; i < load->num_parts && len > 0 && num < PIECES; i++) {
        struct ht_bytes part = ht_bytes_head(ht_bytes_from(load->parts[i], from), len);
        from -= from < load->parts[i].len ? from : load->parts[i].len;
        if (part.len > 0) {
            pieces[num++] = (struct iovec){(void *)(uintptr_t)part.ptr, part.len};
            len -= part.len;
        }
    }
    return num;
}

/* Blocks until `len` bytes of the load, from `from` on, are written or cannot be; how many were. */
static size_t write_all(int descriptor, const struct output_load *load, size_t from, size_t len)
{
    struct iovec pieces[PIECES];
    size_t done = 0;
    while (done < len) {
        ssize_t wrote =
            writev(descriptor, pieces, find_pieces(load, from + done, len - done, pieces));
        if (wrote > 0) {
            done += (size_t)wrote;
        } else if (wrote < 0 && errno == EAGAIN) {
            (void)poll(&(struct pollfd){.fd = descriptor, .events = POLLOUT}, 1, -1);
        } else if (wrote == 0 || errno != EINTR) {
            errno = wrote == 0 ? EIO : errno;
            break;
        }
    }
    return done;
}

/* By the size of now, as somebody else may have emptied the file (logrotate's copytruncate). */
static bool take_back(const struct output_file *file, size_t len)
{
    struct stat is;
    return file->regular && fstat(file->descriptor, &is) == 0 && is.st_size >= (off_t)len &&
           ftruncate(file->descriptor, is.st_size - (off_t)len) == 0 &&
           lseek(file->descriptor, 0, SEEK_END) >= 0;
}

static void advance(struct output_load *load, size_t wrote)
{
    wrote += load->partial;
    while (load->next < load->num && wrote >= load->batches[load->next].len) {
        const struct output_batch *batch = &load->batches[load->next++];
        load->offset += batch->len;
        load->written_bytes += batch->len;
        load->written_records += batch->num_records;
        wrote -= batch->len;
    }
    load->partial = wrote;
}

/* The bytes of the next batches that go together into the file. */
static size_t chunk_len(const struct output_file *file, const struct output_load *load)
{
    size_t room = output_rotate_room(file);
    size_t most = room < CHUNK_BYTES ? room : CHUNK_BYTES;
    size_t len  = load->batches[load->next].len;
    for (size_t i = load->next + 1; i < load->num && len + load->batches[i].len <= most; i++) {
        len += load->batches[i].len;
    }
    return len;
}

/* A FIFO without reader. What lies in it goes with its last end, and the next reader begins with a
 * line; but where it could not be opened again, as the sandbox may have it, it is kept. */
static void let_go(struct output_file *file)
{
    if (file->held) {
        return;
    }
    int again = openat(file->directory, file->name, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (again < 0 && errno != ENXIO) {
        file->held = true;
        return;
    }
    if (again >= 0) {
        (void)close(again);
    }
    (void)close(file->descriptor);
    file->descriptor = -1;
    file->anew       = true;
}

/* After a failure to write, with its errno: so that what is tried next begins a line. */
static void undo(struct output_file *file, struct output_load *load)
{
    int why = errno;
    if (load->partial > 0 && take_back(file, load->partial)) {
        load->partial = 0;
    }
    if (why == EPIPE && file->fifo && file->path != NULL) {
        let_go(file);
    }
    errno = why;
}

/* Something is open, and what is written to it would not be gone with it. */
static bool is_kept(const struct output_file *file)
{
    struct stat is;
    return file->descriptor >= 0 && fstat(file->descriptor, &is) == 0 && is.st_nlink > 0;
}

/* Opens anew where that is due. Where it fails, what is open is written on, and it is tried again;
 * false, with errno, only where nothing is, or the file was removed. */
static bool renew(struct output_file *file, struct output_load *load)
{
    if (!file->anew &&
        (file->anew_error == 0 || ht_clock_ns(CLOCK_MONOTONIC) < file->anew_again_ns)) {
        return true;
    }
    if (open_anew(file)) {
        file->anew_error = 0;
        load->partial    = 0; /* is in the old one */
        return true;
    }
    int why = errno;
    if (!is_kept(file)) {
        errno = why;
        return false;
    }
    file->errors += file->anew_error == 0;
    file->anew_error    = why;
    file->anew_again_ns = ht_clock_ns(CLOCK_MONOTONIC) + file->retry_ns;
    file->anew          = false;
    return true;
}

bool output_file_put(struct output_file *file, struct output_load *load)
{
    if (!renew(file, load)) {
        return false;
    }
    if (load->partial == 0) {
        output_rotate(file, load->batches[load->next].len);
    }
    if (!renew(file, load)) {
        return false;
    }
    size_t len   = chunk_len(file, load) - load->partial;
    size_t wrote = write_all(file->descriptor, load, load->offset + load->partial, len);
    advance(load, wrote);
    if (wrote < len) {
        undo(file, load);
        return false;
    }
    return true;
}

bool output_file_tend(struct output_file *file)
{
    struct output_load none = {0};
    if (!renew(file, &none)) {
        return false;
    }
    output_rotate(file, 0);
    return renew(file, &none);
}

int output_file_trouble(const struct output_file *file)
{
    return file->anew_error != 0 ? file->anew_error : file->rotate_error;
}

bool output_file_close(struct output_file *file)
{
    bool closed = true;
    int why     = 0;
    if (file->descriptor >= 0 && file->path != NULL && close(file->descriptor) != 0) {
        closed = false;
        why    = errno;
    }
    if (file->directory >= 0) {
        (void)close(file->directory);
    }
    free(file->path);
    *file = (struct output_file){.directory = -1, .descriptor = -1};
    errno = why;
    return closed;
}
