/*
 * One copy of a template on its way into the capture, packet by packet, and what may happen to
 * packets on the way.
 */
#ifndef HT_BENCH_CONVERSATION_H
#define HT_BENCH_CONVERSATION_H

#include "random.h"
#include "template.h"
#include "truth.h"

enum { MAX_HELD = 4, NUM_NAMES = 5000, NUM_CHAINS = 200 };

/* A packet as it goes into the capture. */
struct packet {
    uint8_t frame[MAX_FRAME];
    struct layout layout;
    const struct step *step; /* NULL: of a body */
    uint8_t flow, tcp_flags;
    bool from_client, has_data;
};

/* A packet that comes later than it was sent. */
struct held {
    struct packet packet;
    unsigned countdown; /* packets of the conversation until it comes */
    bool is_repeat;     /* sent again because it was lost: before whatever depends on it */
};

struct conversation {
    const struct template *template;
    uint64_t seed;
    int64_t start_ns, next_ns;
    uint32_t client, name, chain;
    uint16_t first_port;
    uint16_t step, num_steps; /* the next one, and where it ends */
    uint16_t pause_step;      /* waits for `pause_ns` before this one; 0: never */
    int64_t pause_ns;
    uint32_t body_len, body_at; /* of the server's data put into the template */
    bool ack_due;
    bool is_impaired;
    struct random chance;
    struct steps lost;
    struct held *held[MAX_HELD];
};

/* conversation_send writes the next packet, which is due at `next_ns`, and whatever was held back
 * until then. False where it was the last one: then the truth has been told. */
bool conversation_send(struct conversation *c, struct capture *capture, struct truth *truth);

#endif
