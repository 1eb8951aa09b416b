#include "crypto/key_log.h"

#include "base/arena.h"
#include "base/hash.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    FIRST_SLOTS = 256,
    MAX_PROBES  = 64, /* of one look-up: who chooses the randoms may make them collide */
    CHUNK       = 64 * 1024,
    BARREN      = 1 << 20, /* bytes without a secret, after which none is looked for */
    CONFIGS_MAX = 4 << 20, /* bytes of ECHConfigs */
    NO_LABEL    = 0xFF
};

struct secret {
    uint8_t random[HT_RANDOM_LEN];
    uint8_t secret[HT_ECH_SECRET_MAX]; /* of an ECHConfig its struct place */
    uint8_t len;                       /* 0: the slot is free */
    uint8_t label;
};

/* Where an ECHConfig lies among them. */
struct place {
    uint32_t at, len;
};

/* Open addressing; never more than half full. */
struct ht_key_log {
    struct secret *slots;
    size_t num_slots; /* a power of two */
    struct ht_buffer configs;
    uint32_t last_config;                             /* where it begins */
    uint8_t latest[HT_KEY_LATEST_MAX][HT_RANDOM_LEN]; /* randoms of TLS 1.3, round and round */
    size_t num_latest;                                /* that there ever were */
    struct ht_key_log_counts counts;
};

/* RFC 9850 section 2; the two without a number are of an implementation of DTLS 1.3. */
static const struct {
    const char *name;
    enum ht_key_label label;
} labels[] = {
    {"CLIENT_RANDOM", HT_KEY_MASTER},
    {"CLIENT_EARLY_TRAFFIC_SECRET", HT_KEY_CLIENT_EARLY},
    {"CLIENT_HANDSHAKE_TRAFFIC_SECRET", HT_KEY_CLIENT_HANDSHAKE},
    {"SERVER_HANDSHAKE_TRAFFIC_SECRET", HT_KEY_SERVER_HANDSHAKE},
    {"CLIENT_TRAFFIC_SECRET_0", HT_KEY_CLIENT_TRAFFIC},
    {"SERVER_TRAFFIC_SECRET_0", HT_KEY_SERVER_TRAFFIC},
    {"CLIENT_TRAFFIC_SECRET", HT_KEY_CLIENT_TRAFFIC},
    {"SERVER_TRAFFIC_SECRET", HT_KEY_SERVER_TRAFFIC},
    {"ECH_SECRET", HT_KEY_ECH_SECRET},
    {"ECH_CONFIG", HT_KEY_ECH_CONFIG},
};

struct ht_key_log *ht_key_log_new(void)
{
    struct ht_key_log *log = calloc(1, sizeof *log);
    if (log != NULL) {
        log->num_slots = FIRST_SLOTS;
        log->slots     = calloc(log->num_slots, sizeof *log->slots);
        log->configs   = (struct ht_buffer){.max = CONFIGS_MAX};
    }
    if (log != NULL && log->slots == NULL) {
        free(log);
        return NULL;
    }
    return log;
}

static void free_slots(struct secret *slots, size_t num)
{
    explicit_bzero(slots, num * sizeof *slots);
    free(slots);
}

void ht_key_log_free(struct ht_key_log *log)
{
    if (log != NULL) {
        free_slots(log->slots, log->num_slots);
        ht_buffer_free(&log->configs);
        free(log);
    }
}

/* Where the secret lies, or the free slot where it would; NULL: there is no room near. */
static struct secret *place_of(const struct ht_key_log *log, uint8_t label, const uint8_t *random)
{
    uint64_t hash = ht_hash(ht_bytes(random, HT_RANDOM_LEN), label);
    for (size_t i = 0; i < MAX_PROBES; i++) {
        struct secret *slot = &log->slots[(hash + i) & (log->num_slots - 1)];
        if (slot->len == 0 ||
            (slot->label == label && memcmp(slot->random, random, HT_RANDOM_LEN) == 0)) {
            return slot;
        }
    }
    return NULL;
}

static bool grow(struct ht_key_log *log)
{
    struct ht_key_log larger = {.num_slots = 2 * log->num_slots};
    larger.slots             = calloc(larger.num_slots, sizeof *larger.slots);
    if (larger.slots == NULL) {
        return false;
    }
    for (size_t i = 0; i < log->num_slots; i++) {
        const struct secret *from = &log->slots[i];
        struct secret *to = from->len > 0 ? place_of(&larger, from->label, from->random) : NULL;
        if (to != NULL) {
            *to = *from;
        }
    }
    free_slots(log->slots, log->num_slots);
    log->slots     = larger.slots;
    log->num_slots = larger.num_slots;
    return true;
}

static void keep(struct ht_key_log *log, const struct secret *secret)
{
    bool room = log->counts.secrets < HT_KEY_LOG_MAX &&
                (2 * log->counts.secrets < log->num_slots || grow(log));
    struct secret *place = room ? place_of(log, secret->label, secret->random) : NULL;
    if (place == NULL) {
        log->counts.refused++;
    } else if (place->len > 0) {
        log->counts.repeated++;
    } else {
        *place = *secret;
        log->counts.secrets++;
        if (secret->label == HT_KEY_SERVER_HANDSHAKE) {
            memcpy(log->latest[log->num_latest++ % HT_KEY_LATEST_MAX], secret->random,
                   HT_RANDOM_LEN);
        }
    }
}

static int digit(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    uint8_t lower = c | 0x20;
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* Reads pairs of hexadecimal digits; returns how many bytes they are, 0 where they are none or more
 * than `max`. */
static size_t read_hex(struct ht_bytes digits, uint8_t *out, size_t max)
{
    if (digits.len % 2 != 0 || digits.len / 2 > max) {
        return 0;
    }
    for (size_t i = 0; i < digits.len / 2; i++) {
        int high = digit(digits.ptr[2 * i]), low = digit(digits.ptr[2 * i + 1]);
        if (high < 0 || low < 0) {
            return 0;
        }
        out[i] = (uint8_t)(high << 4 | low);
    }
    return digits.len / 2;
}

/* Takes what is before the next blank off the line, and the blanks. */
static struct ht_bytes next_word(struct ht_bytes *line)
{
    size_t start = 0, end;
    while (start < line->len && (line->ptr[start] == ' ' || line->ptr[start] == '\t')) {
        start++;
    }
    for (end = start; end < line->len && line->ptr[end] != ' ' && line->ptr[end] != '\t';) {
        end++;
    }
    struct ht_bytes word = ht_bytes(line->ptr + start, end - start);
    *line                = ht_bytes_from(*line, end);
    return word;
}

static uint8_t label_of(struct ht_bytes name)
{
    for (size_t i = 0; i < HT_ARRAY_LEN(labels); i++) {
        if (ht_bytes_equal(name, ht_text(labels[i].name))) {
            return (uint8_t)labels[i].label;
        }
    }
    return NO_LABEL;
}

/* A label is of capitals, digits and underscores. */
static bool is_label(struct ht_bytes name)
{
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.ptr[i];
        if (!((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_')) {
            return false;
        }
    }
    return name.len > 0;
}

/* A client mostly takes the ECHConfig that it took before. */
static bool place_config(struct ht_key_log *log, struct ht_bytes config, struct secret *out)
{
    struct ht_bytes last = ht_bytes_from(ht_buffer_view(&log->configs), log->last_config);
    uint32_t end         = log->configs.len;
    if (!ht_bytes_equal(last, config)) {
        if (!ht_buffer_append(&log->configs, config)) {
            return false;
        }
        log->last_config = end;
    }
    const struct place place = {log->last_config, (uint32_t)config.len};
    memcpy(out->secret, &place, sizeof place);
    out->len = sizeof place;
    return true;
}

static bool read_secret(struct ht_key_log *log, struct ht_bytes digits, struct secret *out)
{
    uint8_t config[HT_ECH_CONFIG_MAX];
    if (out->label == HT_KEY_ECH_CONFIG) {
        size_t len = read_hex(digits, config, sizeof config);
        return len > 0 && place_config(log, ht_bytes(config, len), out);
    }
    size_t max = out->label == HT_KEY_ECH_SECRET ? HT_ECH_SECRET_MAX : HT_KEY_SECRET_MAX;
    out->len   = (uint8_t)read_hex(digits, out->secret, max);
    return out->len > 0;
}

static void take_line(struct ht_key_log *log, struct ht_bytes line)
{
    struct ht_bytes name  = next_word(&line);
    struct secret secret  = {.label = label_of(name)};
    struct ht_bytes first = next_word(&line), second = next_word(&line);
    if (name.len == 0 || name.ptr[0] == '#') {
        log->counts.comments += name.len > 0;
        return;
    }
    if (secret.label == NO_LABEL) {
        *(is_label(name) && second.len > 0 ? &log->counts.other : &log->counts.malformed) += 1;
        return;
    }
    size_t random_len = read_hex(first, secret.random, HT_RANDOM_LEN);
    if (random_len == HT_RANDOM_LEN && next_word(&line).len == 0 &&
        read_secret(log, second, &secret)) {
        keep(log, &secret);
    } else {
        log->counts.malformed++;
    }
    explicit_bzero(&secret, sizeof secret);
}

void ht_key_log_add(struct ht_key_log *log, struct ht_bytes text)
{
    while (text.len > 0) {
        size_t end = 0;
        while (end < text.len && text.ptr[end] != '\n' && text.ptr[end] != '\r') {
            end++;
        }
        take_line(log, ht_bytes_head(text, end));
        text = ht_bytes_from(text, end + 1);
    }
}

/* Whole lines at the head of `text`; all of it where a line would be longer than any can be. */
static size_t whole_lines(struct ht_bytes text)
{
    size_t end = text.len;
    while (end > 0 && text.ptr[end - 1] != '\n') {
        end--;
    }
    return end == 0 && text.len >= CHUNK ? text.len : end;
}

/* No more of it is of use: there is no room, or it is something else. */
static bool is_enough(const struct ht_key_log *log, uint64_t bytes)
{
    const struct ht_key_log_counts *counts = &log->counts;
    return counts->secrets == HT_KEY_LOG_MAX ||
           (bytes > BARREN && counts->secrets == 0 && counts->malformed > 0);
}

static bool read_file(struct ht_key_log *log, FILE *file)
{
    struct ht_buffer held = {.max = (size_t)2 * CHUNK};
    uint8_t chunk[4096];
    uint64_t bytes = 0;
    size_t len;
    while (!is_enough(log, bytes) && (len = fread(chunk, 1, sizeof chunk, file)) > 0 &&
           ht_buffer_append(&held, ht_bytes(chunk, len))) {
        bytes += len;
        size_t whole = whole_lines(ht_buffer_view(&held));
        ht_key_log_add(log, ht_bytes_head(ht_buffer_view(&held), whole));
        ht_buffer_drop(&held, whole);
    }
    ht_key_log_add(log, ht_buffer_view(&held));
    if (held.len > 0) {
        explicit_bzero(held.ptr, held.len);
    }
    ht_buffer_free(&held);
    explicit_bzero(chunk, sizeof chunk);
    return ferror(file) == 0;
}

struct ht_key_log *ht_key_log_open(const char *path, struct ht_error *error)
{
    struct ht_key_log *log = ht_key_log_new();
    FILE *file             = log != NULL ? fopen(path, "re") : NULL;
    bool done              = file != NULL && read_file(log, file);
    if (!done) {
        (void)ht_fail(error, "%s: %s", path, log != NULL ? strerror(errno) : "out of memory");
        ht_key_log_free(log);
        log = NULL;
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return log;
}

struct ht_bytes ht_key_log_find(const struct ht_key_log *log, enum ht_key_label label,
                                struct ht_bytes client_random)
{
    if (log == NULL || client_random.len != HT_RANDOM_LEN) {
        return ht_bytes(NULL, 0);
    }
    const struct secret *found = place_of(log, (uint8_t)label, client_random.ptr);
    struct place place;
    if (found == NULL || found->len == 0) {
        return ht_bytes(NULL, 0);
    }
    if (label != HT_KEY_ECH_CONFIG) {
        return ht_bytes(found->secret, found->len);
    }
    memcpy(&place, found->secret, sizeof place);
    return ht_bytes_head(ht_bytes_from(ht_buffer_view(&log->configs), place.at), place.len);
}

struct ht_bytes ht_key_log_latest(const struct ht_key_log *log, size_t i)
{
    if (log == NULL || i >= log->num_latest || i >= HT_KEY_LATEST_MAX) {
        return ht_bytes(NULL, 0);
    }
    return ht_bytes(log->latest[(log->num_latest - 1 - i) % HT_KEY_LATEST_MAX], HT_RANDOM_LEN);
}

const struct ht_key_log_counts *ht_key_log_count(const struct ht_key_log *log)
{
    return &log->counts;
}
