/* What the files of conformance share: a session as its rules see it, and a rule. */
#ifndef HT_ANALYSIS_CONFORMANCE_RULE_H
#define HT_ANALYSIS_CONFORMANCE_RULE_H

#include "analysis/rule.h"
#include "tls/tls.h"

/* What a session has, a bit each: a rule that needs more is not asked. */
enum {
    CONFORMANCE_OFFER     = 1,
    CONFORMANCE_ANSWER    = 2,
    CONFORMANCE_CHOICE    = 4,  /* an answer, and the very offer that it chooses from */
    CONFORMANCE_RETRY     = 8,  /* HelloRetryRequest */
    CONFORMANCE_ORDER     = 16, /* messages whose order can be told */
    CONFORMANCE_ALERT     = 32, /* one at least */
    CONFORMANCE_MALFORMED = 64, /* a message at least */
    /* It is not known of the shapes of its hellos, of what was agreed on, and of the order of its
     * messages, that they keep all rules that look at nothing else, and so need this. */
    CONFORMANCE_NEWS  = 128,
    CONFORMANCE_NEEDS = 8 /* bits */
};

/* The messages whose order is known, as the table in order.c has them. */
enum conformance_place {
    PLACE_CLIENT_HELLO,
    PLACE_SERVER_HELLO,
    PLACE_CERTIFICATE,
    PLACE_CERTIFICATE_STATUS,
    PLACE_SERVER_KEY_EXCHANGE,
    PLACE_CERTIFICATE_REQUEST,
    PLACE_SERVER_HELLO_DONE,
    PLACE_CLIENT_KEY_EXCHANGE,
    PLACE_CERTIFICATE_VERIFY,
    PLACE_NEW_SESSION_TICKET,
    PLACE_CHANGE_CIPHER_SPEC,
    PLACE_FINISHED,
    NUM_PLACES
};

enum { CONFORMANCE_SLOTS = 64 };

/* Which place a type of event has, found by its address. */
struct conformance_index {
    uint8_t place[CONFORMANCE_SLOTS]; /* NUM_PLACES: none */
};

/* Extension types: of those below 64 each has its bit in the first word; the bit that another
 * shares in the second one says that it may be there. */
struct conformance_extensions {
    uint64_t bits[2];
    int32_t twice; /* that comes twice; -1: none does */
};

/* Of a session that has CONFORMANCE_ORDER. */
struct conformance_order {
    const struct ht_timeline_entry *first[2][NUM_PLACES]; /* that was seen; of the server, client */
    const struct ht_timeline_entry *not_sent;             /* the first */
    const struct ht_timeline_entry *early; /* the client changed keys before there were any */
    /* A side's first two messages that are out of order; `before` is NULL where the side never
     * sends the other. */
    const struct ht_timeline_entry *before, *after;
    bool jumbled; /* what came later in time came earlier in the capture */
};

/* A session whose both sides were captured whole. */
struct conformance_session {
    const struct conformance_index *index;
    const struct ht_connection *connection;
    const struct tls_details *tls;
    const struct tls_client_hello *offer;  /* the hello that was answered; NULL: none, or cut */
    const struct tls_server_hello *answer; /* NULL: none, or cut */
    bool tls13;                            /* was agreed on */
    unsigned has;                          /* CONFORMANCE_OFFER … */
    bool cut;                              /* a message of it was, or is malformed */
    /* With CONFORMANCE_NEWS: */
    struct conformance_extensions offered, answered;
    struct conformance_order order;
};

struct conformance_rule {
    struct ht_rule rule;
    unsigned needs; /* CONFORMANCE_OFFER … */
    bool (*broken)(const struct conformance_session *s, struct ht_proof *out);
};

/* conformance_show says what was seen: `words`, then the name of a value, where `names` is not
 * NULL, in these two frames, those that are not 0. Returns true. */
bool conformance_show(struct ht_proof *out, const char *words, const struct ht_registry *names,
                      uint32_t value, uint64_t frame, uint64_t frame_2);

/* conformance_index_places makes what is zeroed an index. conformance_gather: the types in a list
 * of uint16 of a hello; conformance_sort: the messages of a session with CONFORMANCE_ORDER. */
void conformance_index_places(struct conformance_index *out);
void conformance_gather(struct conformance_extensions *out, struct ht_bytes list);
void conformance_sort(struct conformance_session *s);

/* hellos.c: what was offered and what was chosen. order.c: which message came when. */
extern const struct conformance_rule conformance_hello_rules[];
extern const size_t conformance_num_hello_rules;
extern const struct conformance_rule conformance_order_rules[];
extern const size_t conformance_num_order_rules;

#endif
