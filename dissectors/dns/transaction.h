/*
 * The transactions of a flow that wait: queries for their answers, answers for queries that were
 * stored late, and over UDP what is complete for its repetitions. They lie in the flow's arena, are
 * used again, and are bounded in number.
 */
#ifndef HT_DNS_TRANSACTION_H
#define HT_DNS_TRANSACTION_H

#include "dissect/dissector.h"
#include "dns/message.h"

enum {
    DNS_MAX_WAITING = 64, /* transactions of one flow */
    DNS_MAX_REPEATS = 16  /* frames of one transaction */
};

/* What a flow speaks. */
enum dns_kind { DNS_UNICAST, DNS_LLMNR, DNS_MULTICAST };

/* One message of a transaction; frame 0: not seen. */
struct dns_half {
    int64_t time_ns;
    uint64_t frame;
    struct ht_bytes bytes;
    uint8_t *room; /* the memory that holds them, once they are kept */
    uint32_t capacity;
    bool partial;
};

struct dns_pair {
    struct dns_pair *next;
    struct dns_half query, answer;
    uint64_t *repeats;
    uint16_t id;
    uint8_t num_repeats;
    uint8_t client; /* the side that asked */
    bool told;      /* its record was given; it is kept for further answers (a zone transfer) */
    bool evicted;   /* by DNS_MAX_WAITING */
};

/* The dissector's state of a flow; zeroed is valid. */
struct dns_state {
    struct dns_pair *oldest, *newest; /* waiting, in order of their first message */
    struct dns_pair *unused;
    uint8_t num_waiting;
    uint8_t kind; /* enum dns_kind */
    bool stream;  /* TCP: no message comes twice, so nothing complete waits */
    bool claimed;
};

/* dns_tell gives the record of a transaction: what its messages say together. */
void dns_tell(const struct dns_state *state, struct ht_emitter *e, const struct dns_pair *pair);

/* dns_describe fills `out` from the transaction's messages, in the emitter's scratch memory. */
void dns_describe(const struct dns_state *state, struct ht_emitter *e, const struct dns_pair *pair,
                  struct dns_transaction *out);

/* dns_find_query returns the transaction in which a query waits for this answer, or had others
 * before; NULL: none. `m` is `half->bytes`, parsed. */
struct dns_pair *dns_find_query(const struct dns_state *state, struct ht_emitter *e,
                                enum ht_side client, const struct dns_half *half,
                                const struct dns_message *m);

/* dns_note_repeat: over UDP the same may be said again. True, and noted in its transaction, where
 * the message only repeats what was said. */
bool dns_note_repeat(struct dns_state *state, struct ht_emitter *e, enum ht_side client,
                     const struct dns_half *half, const struct dns_message *m);

/* dns_take_query and dns_take_answer take a message of the frame at hand, tell what is complete and
 * keep what waits. */
void dns_take_query(struct dns_state *state, struct ht_emitter *e, enum ht_side client,
                    const struct dns_half *half, const struct dns_message *m);
void dns_take_answer(struct dns_state *state, struct ht_emitter *e, enum ht_side client,
                     const struct dns_half *half, const struct dns_message *m);

/* dns_expire tells what waited long enough; dns_tell_all tells everything, in order. */
void dns_expire(struct dns_state *state, struct ht_emitter *e);
void dns_tell_all(struct dns_state *state, struct ht_emitter *e);

#endif
