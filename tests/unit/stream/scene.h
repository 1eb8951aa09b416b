/*
 * A TCP connection played by packets made by hand: side 0 is the client unless said otherwise.
 */
#ifndef HT_TEST_SCENE_H
#define HT_TEST_SCENE_H

#include "support.h"

#include "stream/tcp.h"

#include <stdio.h>

enum { F = HT_TCP_FIN, S = HT_TCP_SYN, R = HT_TCP_RST, A = HT_TCP_ACK };

struct scene {
    struct ht_receiver receiver;
    struct ht_tcp tcp;
    uint64_t frame;
    char events[512];
    char bytes[2][64];
    char dialogue[128]; /* of both, in the order in which it was handed on */
    uint64_t missing;
};

static inline uint64_t collect(void *context, const struct ht_reassembly *r,
                               const struct ht_delivery *delivery)
{
    struct scene *scene = context;
    char *to            = scene->bytes[r == &scene->tcp.side[1].bytes];
    if (delivery->bytes.len > 0) {
        memcpy(to + strlen(to), delivery->bytes.ptr, delivery->bytes.len);
        memcpy(scene->dialogue + strlen(scene->dialogue), delivery->bytes.ptr, delivery->bytes.len);
    }
    scene->missing += delivery->len - delivery->bytes.len;
    return 0;
}

static inline void note(void *context, const struct ht_event_type *type, unsigned side, void *data)
{
    struct scene *scene            = context;
    const struct ht_tcp_open *open = data;
    size_t len                     = strlen(scene->events);
    (void)snprintf(scene->events + len, sizeof scene->events - len, "%llu%c%s%s ",
                   (unsigned long long)scene->frame, side == 0 ? '>' : '<', type->name + 4,
                   open != NULL && open->retransmission ? "*" : "");
}

static inline void start(struct scene *scene)
{
    *scene = (struct scene){.receiver = {.deliver = collect, .context = scene}};
    for (int i = 0; i < 2; i++) {
        scene->tcp.side[i].bytes.receiver = &scene->receiver;
    }
}

/* The next frame; each is 10 ms after the one before. */
static inline void say(struct scene *scene, unsigned side, uint8_t flags, uint32_t seq,
                       uint32_t ack, const char *payload)
{
    const struct ht_packet packet         = {.tcp         = {.seq = seq, .ack = ack, .flags = flags},
                                             .payload     = ht_text(payload),
                                             .payload_len = (uint32_t)strlen(payload)};
    const struct ht_tcp_observer observer = {.emit = note, .context = scene};
    scene->frame++;
    assert_false(ht_tcp_is_new(&scene->tcp, &packet, side));
    ht_tcp_packet(&scene->tcp, &packet, side, scene->frame, (int64_t)scene->frame * 10000000,
                  &observer);
}

static inline struct ht_tcp_summary summary(struct scene *scene)
{
    struct ht_tcp_summary out;
    ht_tcp_finish(&scene->tcp);
    ht_tcp_summarise(&scene->tcp, 0, &out);
    ht_tcp_free(&scene->tcp);
    return out;
}

static inline void handshake(struct scene *scene)
{
    start(scene);
    say(scene, 0, S, 1000, 0, "");
    say(scene, 1, S | A, 5000, 1001, "");
    say(scene, 0, A, 1001, 5001, "");
}

#endif
