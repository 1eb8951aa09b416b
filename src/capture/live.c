/*
 * Frames from interfaces, one or several, in the order of their times as far as they are at hand.
 */
#include "capture/source.h"
#include "capture/tap.h"

#include <poll.h>
#include <stdlib.h>

enum {
    WAIT_MS        = 100, /* so that the caller can look at its signals */
    MAX_INTERFACES = 64
};

struct live {
    struct ht_source source;
    struct ht_live_options options;
    char *list;          /* the names, taken apart; owned */
    const char **names;  /* owned */
    struct ht_tap *taps; /* owned */
    size_t num_taps;
    uint64_t frames;
    bool refill; /* a batch came to its end */
};

/* One that was empty is asked again only when another's batch has come to its end: asking costs a
 * system call. */
static void refill(struct live *live)
{
    for (size_t i = 0; i < live->num_taps; i++) {
        if (ht_tap_is_empty(&live->taps[i])) {
            ht_tap_fill(&live->taps[i], &live->options);
        }
    }
    live->refill = false;
}

/* The tap with the earliest frame at hand; NULL where there is none. */
static struct ht_tap *earliest(const struct live *live)
{
    struct ht_tap *found = NULL;
    for (size_t i = 0; i < live->num_taps; i++) {
        struct ht_tap *tap = &live->taps[i];
        if (!ht_tap_is_empty(tap) && (found == NULL || ht_tap_time(tap) < ht_tap_time(found))) {
            found = tap;
        }
    }
    return found;
}

/* libpcap's own waiting goes on after a signal, and on Linux for as long as the interface is
 * silent. */
static void wait_for_frames(const struct live *live)
{
    struct pollfd waits[MAX_INTERFACES];
    for (size_t i = 0; i < live->num_taps; i++) {
        waits[i] = (struct pollfd){.fd = ht_tap_descriptor(&live->taps[i]), .events = POLLIN};
    }
    (void)poll(waits, (nfds_t)live->num_taps, WAIT_MS);
}

static bool is_over(const struct live *live)
{
    size_t ended = 0;
    for (size_t i = 0; i < live->num_taps; i++) {
        ended += live->taps[i].state == HT_TAP_ENDED;
    }
    return ended == live->num_taps;
}

static enum ht_read live_next(struct ht_source *source, struct ht_frame *out,
                              struct ht_error *error)
{
    struct live *live = (struct live *)source;
    if (live->refill) {
        refill(live);
    }
    struct ht_tap *tap = earliest(live);
    if (tap == NULL && is_over(live)) {
        (void)ht_fail(error, "%s: there is nothing left to listen to", source->name);
        return HT_READ_ERROR;
    }
    if (tap == NULL) {
        wait_for_frames(live);
        live->refill = true;
        return HT_READ_AGAIN;
    }
    ht_tap_take(tap, out);
    out->number    = ++live->frames;
    out->interface = (uint32_t)(tap - live->taps);
    source->read_bytes += out->data.len;
    live->refill = ht_tap_is_empty(tap);
    return HT_READ_FRAME;
}

static void live_count(struct ht_source *source)
{
    struct live *live         = (struct live *)source;
    source->dropped           = 0;
    source->interface_dropped = 0;
    for (size_t i = 0; i < live->num_taps; i++) {
        ht_tap_count(&live->taps[i]);
        source->dropped += live->taps[i].dropped;
        source->interface_dropped += live->taps[i].interface_dropped;
    }
}

static void live_close(struct ht_source *source)
{
    struct live *live = (struct live *)source;
    for (size_t i = 0; i < live->num_taps; i++) {
        ht_tap_close(&live->taps[i]);
    }
    free(live->taps);
    free(live->names);
    free(live->list);
    free(live);
}

static const struct ht_source_ops live_ops = {
    .next = live_next, .close = live_close, .count = live_count};

static bool open_taps(struct live *live, struct ht_error *error)
{
    char *rest = live->list;
    for (char *name; (name = strsep(&rest, ",")) != NULL;) {
        if (live->num_taps == MAX_INTERFACES) {
            return ht_fail(error, "more than %d interfaces", MAX_INTERFACES);
        }
        size_t i       = live->num_taps++;
        live->names[i] = name;
        if (!ht_tap_open(&live->taps[i], name, &live->options, error)) {
            return false;
        }
    }
    return true;
}

/* libpcap's, by how their names begin. */
static bool is_other_device(const char *name)
{
    static const char *const others[] = {"nflog", "nfqueue", "dbus-", "usbmon", "bluetooth"};
    bool other                        = false;
    for (size_t i = 0; i < HT_ARRAY_LEN(others); i++) {
        other |= strncmp(name, others[i], strlen(others[i])) == 0;
    }
    return other && !ht_interfaces_has(name);
}

bool ht_live_check(const char *interfaces, struct ht_error *error)
{
    for (const char *at = interfaces;; at++) {
        size_t len = strcspn(at, ",");
        char name[64];
        (void)snprintf(name, sizeof name, "%.*s", (int)len, at);
        if (is_other_device(name)) {
            return ht_fail(error, "%s: is no network interface; -D lists those that there are",
                           name);
        }
        at += len;
        if (*at == '\0') {
            return true;
        }
    }
}

struct ht_source *ht_live_open(const char *interfaces, const struct ht_live_options *options,
                               struct ht_error *error)
{
    struct live *live = calloc(1, sizeof *live);
    if (live == NULL) {
        (void)ht_fail(error, "%s: no memory", interfaces);
        return NULL;
    }
    live->source  = (struct ht_source){.ops = &live_ops, .name = interfaces};
    live->options = *options;
    live->refill  = true;
    live->list    = strdup(interfaces);
    live->names   = calloc(MAX_INTERFACES, sizeof *live->names);
    live->taps    = calloc(MAX_INTERFACES, sizeof *live->taps);
    if (live->list == NULL || live->names == NULL || live->taps == NULL) {
        (void)ht_fail(error, "%s: no memory", interfaces);
        live_close(&live->source);
        return NULL;
    }
    if (!open_taps(live, error)) {
        live_close(&live->source);
        return NULL;
    }
    live->source.interfaces     = live->names;
    live->source.num_interfaces = live->num_taps;
    return &live->source;
}
