/*
 * A template: a real conversation out of samples/, and what has to change in it so that each copy
 * is a conversation of its own. A conversation is one client's: its DNS queries and its
 * connections.
 */
#ifndef HT_BENCH_TEMPLATE_H
#define HT_BENCH_TEMPLATE_H

#include "packet/packet.h"
#include "wire.h"

enum { MAX_STEPS = 128, MAX_FLOWS = 48, MAX_PATCHES = 256, MAX_FACTS = 192, MAX_CHAIN = 4 };

/* A set of steps. */
struct steps {
    uint64_t bits[MAX_STEPS / 64];
};

/* Whose address it is. */
enum host { HOST_CLIENT, HOST_SERVER, HOST_OTHER };

/* One frame. */
struct step {
    int64_t time_ns; /* since the template's first frame */
    uint8_t *frame;
    struct layout layout;
    uint8_t flow;
    uint8_t tcp_flags;
    bool from_client; /* from the side that sent the flow's first frame */
    enum host source, destination;
    uint16_t first_patch, num_patches;
};

/* What bytes of a frame become in a copy. */
enum patch_kind {
    PATCH_RANDOM,  /* random bytes, the same wherever the same stood in the template */
    PATCH_NAME,    /* three letters that number the server's name */
    PATCH_SERIAL,  /* of a certificate: the number of the chain, scattered */
    PATCH_ADDRESS, /* of the server, in DNS data */
};

struct patch {
    enum patch_kind kind;
    uint16_t step;
    uint16_t at, len; /* in the frame */
    uint16_t from;    /* in the new value, which may span segments */
    uint64_t key;     /* hash of what stood there */
};

/* What a reader of the capture must find, if it was written whole. */
enum fact_kind {
    FACT_CLIENT_HELLO,
    FACT_SERVER_HELLO,
    FACT_CHAIN,
    FACT_DNS_MESSAGE,
    FACT_DNS_TRANSACTION,
    FACT_CONNECTION,
    NUM_FACTS
};

struct fact {
    enum fact_kind kind;
    bool any; /* one of `steps` suffices; else all are needed */
    struct steps steps;
    uint64_t key; /* tells equal DNS messages and transactions */
    unsigned num_certificates;
    uint64_t certificates[MAX_CHAIN]; /* hashes of the DER, leaf first */
};

struct flow {
    struct ht_endpoint client, server;
    uint8_t protocol;
};

/* Where a body can be put into a connection, between two TLS records. */
struct body_place {
    bool exists;
    uint8_t flow;
    uint16_t step;                       /* it goes before this one */
    uint16_t server_model, client_model; /* steps whose headers its segments and ACKs take */
    uint32_t seq, ack;                   /* of the next byte of the server and of the client */
};

struct template
{
    char name[128];
    struct step steps[MAX_STEPS];
    struct flow flows[MAX_FLOWS];
    struct patch patches[MAX_PATCHES];
    struct fact facts[MAX_FACTS];
    unsigned num_steps, num_flows, num_patches, num_facts, num_connections;
    unsigned num_hello_steps; /* until the server's first flight is over */
    int64_t first_time_ns;    /* of the sample */
    struct ht_address client;
    struct ht_address server; /* may be set before template_finish, where nobody connects to it */
    struct body_place body;
};

/* Which frames of a sample are taken. */
enum part { PART_ALL, PART_UDP, PART_TCP };

/* template_load appends the frames of samples/`file`. */
void template_load(struct template *t, const char *samples, const char *file, enum part part);

/* template_add appends one frame, `time_ns` after the template's first; frames that are neither
 * TCP nor UDP are left out. */
void template_add(struct template *t, const struct ht_frame *frame, int64_t time_ns);

/* template_finish finds patches, facts and the place for a body. */
void template_finish(struct template *t);

void template_free(struct template *t);

/* For marks.c and streams.c: a direction's bytes in order, and the frames that carried them. */
struct piece {
    uint16_t step;
    uint16_t frame_at, len;
    uint32_t at; /* in the stream */
};

struct stream {
    struct template *template;
    uint8_t flow;
    bool from_client;
    struct ht_bytes bytes;
    struct piece pieces[MAX_STEPS];
    unsigned num_pieces;
};

/* stream_patch makes `len` bytes at `at` change. */
void stream_patch(const struct stream *s, size_t at, size_t len, enum patch_kind kind,
                  uint64_t key);

/* stream_steps is the set of steps that carried the bytes. */
struct steps stream_steps(const struct stream *s, size_t at, size_t len);

/* template_fact adds a fact; one with the same kind and key is widened instead. */
struct fact *template_fact(struct template *t, enum fact_kind kind, struct steps steps,
                           uint64_t key);

/* mark_tls and mark_dns find what the stream holds. */
void mark_tls(const struct stream *s);
void mark_dns(const struct stream *s);

/* find_body_place looks for a place where both directions, given here, are between records. */
void find_body_place(struct template *t, const struct stream *client, const struct stream *server);

static inline void steps_add(struct steps *set, unsigned step)
{
    set->bits[step / 64] |= UINT64_C(1) << step % 64;
}

static inline bool steps_has(const struct steps *set, unsigned step)
{
    return (set->bits[step / 64] >> step % 64 & 1) != 0;
}

#endif
