/*
 * A key log that grows while an interface is captured on. Programs write a line when they have
 * computed the secret, which is after the packets that it is for; so frames wait a moment, and what
 * was appended meanwhile goes before them.
 */
#include "base/arena.h"
#include "base/clock.h"
#include "base/time.h"
#include "capture/source.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    POLL_NS = 50000000,      /* between looks at the key log */
    WATCH_S = 1,             /* and at what its path leads to */
    RING    = 64 << 20,      /* bytes of frames that wait; where there is no more room, the first
                              * one waits no longer */
    MAX_SECRETS = 64 << 20,  /* bytes of lines */
    CHUNK       = 64 * 1024, /* no line is longer */
    MAX_CHUNKS  = 16,        /* read in one look: a writer may be as fast as we are */
    MAX_TURNS   = 256,       /* frames taken in before the caller has its turn */
    TLS_KEY_LOG = 0x544C534B /* as pcapng numbers them */
};

/* A frame that waits, before its bytes. */
struct waiting {
    int64_t arrived_ns;
    struct ht_frame frame;
};

struct keyed {
    struct ht_source source;     /* what callers see of `live` */
    struct ht_source *live;      /* owned */
    struct ht_growing_keys keys; /* its descriptor owned */
    int64_t looked_ns, watched_ns;
    bool replaced; /* and it was said so */
    struct ht_budget budget;
    struct ht_arena kept;   /* the lines */
    struct ht_buffer items; /* views of them, a struct ht_bytes for each block */
    struct ht_buffer rest;  /* of a line that is not whole yet */
    uint8_t *ring;
    size_t head, tail, end; /* waiting are [head, tail), or [head, end) and [0, tail) */
    size_t num, taken;      /* frames in it; bytes of the one that was handed out last */
    struct ht_frame next;   /* of `live`, for which there was no room yet */
    bool has_next;
    enum ht_read state; /* of `live`: HT_READ_FRAME as long as there may be more */
    struct ht_error error;
};

static void keep_lines(struct keyed *k, struct ht_bytes lines)
{
    struct ht_bytes copy = ht_arena_copy(&k->kept, lines);
    if (copy.len == lines.len && ht_buffer_append(&k->items, ht_bytes(&copy, sizeof copy))) {
        k->source.num_secrets++;
    } else {
        k->source.refused_secrets++;
    }
}

/* Keeps the lines that are whole now. One that is too long is none. */
static void take_text(struct keyed *k, struct ht_bytes text)
{
    size_t whole = text.len;
    while (whole > 0 && text.ptr[whole - 1] != '\n') {
        whole--;
    }
    if (whole > 0) {
        bool joined = ht_buffer_append(&k->rest, ht_bytes_head(text, whole));
        keep_lines(k, joined ? ht_buffer_view(&k->rest) : ht_bytes_head(text, whole));
        ht_buffer_free(&k->rest);
    }
    if (!ht_buffer_append(&k->rest, ht_bytes_from(text, whole))) {
        ht_buffer_free(&k->rest);
    }
}

/* A file that is shorter than it was is begun anew. */
static bool is_begun_anew(const struct keyed *k)
{
    struct stat file;
    return fstat(k->keys.descriptor, &file) == 0 && S_ISREG(file.st_mode) &&
           file.st_size < lseek(k->keys.descriptor, 0, SEEK_CUR) &&
           lseek(k->keys.descriptor, 0, SEEK_SET) == 0;
}

/* The path may be closed to whom we have become. */
static bool is_replaced(const struct keyed *k)
{
    struct stat file, named;
    if (fstat(k->keys.descriptor, &file) != 0) {
        return false;
    }
    if (stat(k->keys.path, &named) != 0) {
        return errno == ENOENT || file.st_nlink == 0;
    }
    return named.st_dev != file.st_dev || named.st_ino != file.st_ino;
}

/* Another file is not opened: the sandbox would have to leave its folder readable. */
static void watch(struct keyed *k, int64_t now_ns)
{
    struct ht_error text;
    if (k->replaced || k->keys.notice == NULL || now_ns - k->watched_ns < WATCH_S * HT_SECOND_NS) {
        return;
    }
    k->watched_ns = now_ns;
    k->replaced   = is_replaced(k);
    if (k->replaced) {
        (void)ht_fail(&text,
                      "%s was removed or replaced: keys written to another file are not read; "
                      "truncate it instead, or begin anew",
                      k->keys.path);
        k->keys.notice(k->keys.notice_context, text.text);
    }
}

static void look(struct keyed *k, int64_t now_ns)
{
    uint8_t chunk[CHUNK];
    ssize_t len;
    if (now_ns - k->looked_ns < POLL_NS) {
        return;
    }
    k->looked_ns = now_ns;
    for (int i = 0; i < MAX_CHUNKS && ((len = read(k->keys.descriptor, chunk, sizeof chunk)) > 0 ||
                                       (len == 0 && is_begun_anew(k)));
         i++) {
        take_text(k, ht_bytes(chunk, (size_t)len));
    }
    explicit_bzero(chunk, sizeof chunk);
    watch(k, now_ns);
}

static size_t room_of(const struct ht_frame *frame)
{
    return (sizeof(struct waiting) + frame->data.len + 7) & ~(size_t)7;
}

/* Where `len` bytes are free, at the tail or at the beginning; NULL: nowhere. */
static uint8_t *find_room(struct keyed *k, size_t len)
{
    if (k->num == 0) {
        k->head = k->tail = 0;
        k->end            = RING;
    }
    bool turned = k->tail < k->head || (k->tail == k->head && k->num > 0);
    if (!turned && RING - k->tail < len && len < k->head) {
        k->end  = k->tail;
        k->tail = 0;
        turned  = true;
    }
    return (turned ? k->head : RING) - k->tail >= len ? k->ring + k->tail : NULL;
}

static bool push(struct keyed *k, int64_t now_ns)
{
    struct waiting waiting = {.arrived_ns = now_ns, .frame = k->next};
    uint8_t *room          = find_room(k, room_of(&k->next));
    if (room == NULL) {
        return false;
    }
    waiting.frame.data.ptr = room + sizeof waiting;
    memcpy(room, &waiting, sizeof waiting);
    if (k->next.data.len > 0) {
        memcpy(room + sizeof waiting, k->next.data.ptr, k->next.data.len);
    }
    k->tail += room_of(&k->next);
    k->num++;
    k->has_next = false;
    return true;
}

/* What was handed out lived until now. */
static void free_taken(struct keyed *k)
{
    k->head += k->taken;
    k->taken = 0;
    if (k->head == k->end && k->num > 0) {
        k->head = 0;
        k->end  = RING;
    }
}

/* Hands out the first frame, where it waited long enough or may wait no longer. */
static bool pop(struct keyed *k, int64_t now_ns, struct ht_frame *out)
{
    struct waiting waiting;
    if (k->num == 0) {
        return false;
    }
    memcpy(&waiting, k->ring + k->head, sizeof waiting);
    bool hurry = k->has_next || k->state == HT_READ_END || k->state == HT_READ_ERROR;
    if (!hurry && now_ns - waiting.arrived_ns < k->source.late_ns) {
        return false;
    }
    *out     = waiting.frame;
    k->taken = room_of(out);
    k->num--;
    return true;
}

static enum ht_read keyed_next(struct ht_source *source, struct ht_frame *out,
                               struct ht_error *error)
{
    struct keyed *k = (struct keyed *)source;
    free_taken(k);
    for (int i = 0; i < MAX_TURNS; i++) {
        int64_t now_ns = ht_clock_ns(CLOCK_MONOTONIC);
        if (k->has_next) {
            (void)push(k, now_ns);
        }
        look(k, now_ns);
        if (pop(k, now_ns, out)) {
            return HT_READ_FRAME;
        }
        if (k->state != HT_READ_FRAME) {
            *error = k->error;
            return k->state;
        }
        enum ht_read read  = ht_source_next(k->live, &k->next, &k->error);
        source->read_bytes = k->live->read_bytes;
        k->has_next        = read == HT_READ_FRAME;
        if (read == HT_READ_AGAIN) {
            return read;
        }
        k->state = read;
    }
    return HT_READ_AGAIN; /* so that the caller can look at its signals */
}

static struct ht_bytes keyed_secrets(const struct ht_source *source, size_t num, uint32_t *out_type)
{
    const struct keyed *k = (const struct keyed *)source;
    struct ht_bytes lines;
    if (num >= source->num_secrets) {
        return ht_bytes(NULL, 0);
    }
    memcpy(&lines, k->items.ptr + num * sizeof lines, sizeof lines);
    *out_type = TLS_KEY_LOG;
    return lines;
}

static void keyed_count(struct ht_source *source)
{
    const struct keyed *k = (const struct keyed *)source;
    ht_source_count(k->live);
    source->dropped           = k->live->dropped;
    source->interface_dropped = k->live->interface_dropped;
}

static void keyed_close(struct ht_source *source)
{
    struct keyed *k = (struct keyed *)source;
    ht_source_close(k->live);
    (void)close(k->keys.descriptor);
    ht_arena_clear(&k->kept);
    ht_buffer_free(&k->items);
    ht_buffer_free(&k->rest);
    ht_budget_free(&k->budget);
    free(k->ring);
    free(k);
}

static const struct ht_source_ops keyed_ops = {
    .next = keyed_next, .close = keyed_close, .secrets = keyed_secrets, .count = keyed_count};

struct ht_source *ht_keyed_open(struct ht_source *live, const struct ht_growing_keys *keys,
                                int64_t late_ns, struct ht_error *error)
{
    struct keyed *k = calloc(1, sizeof *k);
    if (k != NULL) {
        k->ring = malloc(RING);
    }
    if (k == NULL || k->ring == NULL) {
        free(k);
        ht_source_close(live);
        (void)close(keys->descriptor);
        (void)ht_fail(error, "out of memory");
        return NULL;
    }
    k->source         = *live;
    k->source.ops     = &keyed_ops;
    k->source.block   = NULL; /* frames wait as copies */
    k->source.late_ns = late_ns;
    k->live           = live;
    k->keys           = *keys;
    k->looked_ns = k->watched_ns = INT64_MIN / 2;
    k->end                       = RING;
    k->budget.max                = MAX_SECRETS;
    k->kept                      = (struct ht_arena){.budget = &k->budget};
    k->items                     = (struct ht_buffer){.max = MAX_SECRETS, .budget = &k->budget};
    k->rest = (struct ht_buffer){.max = (size_t)2 * CHUNK, .budget = &k->budget};
    return &k->source;
}
