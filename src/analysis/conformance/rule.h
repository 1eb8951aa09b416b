/* What the files of conformance share: a session as its rules see it, and a rule. */
#ifndef HT_ANALYSIS_CONFORMANCE_RULE_H
#define HT_ANALYSIS_CONFORMANCE_RULE_H

#include "event/connection.h"
#include "tls/tls.h"

enum { CONFORMANCE_FRAMES = 4, CONFORMANCE_REFERENCES = 2, CONFORMANCE_EVIDENCE = 192 };

/* A session whose both sides were captured whole. */
struct conformance_session {
    const struct ht_connection *connection;
    const struct tls_details *tls;
    const struct tls_client_hello *offer;  /* the hello that was answered; NULL: none, or cut */
    const struct tls_server_hello *answer; /* NULL: none, or cut */
    bool tls13;                            /* was agreed on */
    bool hidden_offer; /* another hello, encrypted in `offer`, may be the one that was answered */
};

/* Why a rule is broken. */
struct conformance_proof {
    char evidence[CONFORMANCE_EVIDENCE];
    uint64_t frames[CONFORMANCE_FRAMES];
    size_t num_frames;
};

struct conformance_rule {
    const char *id, *severity, *title;
    struct ht_bytes references[CONFORMANCE_REFERENCES];
    size_t num_references;
    bool (*broken)(const struct conformance_session *s, struct conformance_proof *out);
};

/* conformance_show says what was seen: `words`, then the name of a value, where `names` is not
 * NULL, in these two frames, those that are not 0. Returns true. */
bool conformance_show(struct conformance_proof *out, const char *words,
                      const struct ht_registry *names, uint32_t value, uint64_t frame,
                      uint64_t frame_2);

/* hellos.c: what was offered and what was chosen. order.c: which message came when. */
extern const struct conformance_rule conformance_hello_rules[];
extern const size_t conformance_num_hello_rules;
extern const struct conformance_rule conformance_order_rules[];
extern const size_t conformance_num_order_rules;

#endif
