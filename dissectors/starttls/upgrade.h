/*
 * What all protocols with an upgrade to TLS have in common: what is remembered of it, and the
 * moment at which the bytes of a side are TLS's. Private to this folder.
 */
#ifndef HT_STARTTLS_UPGRADE_H
#define HT_STARTTLS_UPGRADE_H

#include "dissect/dissector.h"
#include "starttls/begins.h"
#include "starttls/starttls.h"

enum {
    STARTTLS_MAX_UNITS = 500 /* lines or messages of a connection that stays plain */
};

/* The state of a dissector of this folder begins with this. */
struct starttls_state {
    struct starttls_details details;
    struct ht_bytes server_name; /* that the client asks for in plain */
    uint32_t units;
    uint32_t commands;      /* of the client */
    uint32_t replies;       /* to them */
    uint32_t request_index; /* of the request among the commands, from 1 */
    bool capabilities;      /* of the server were seen */
    bool answered;          /* the request was */
    bool upgraded;          /* what follows is TLS */
    bool overwritten;       /* a capability or command was a row of X */
    bool claimed;           /* who the client is was told: */
    enum ht_side client;
};

/* starttls_client says, once, that `client` is the client, known by `roles_from`. */
void starttls_client(struct starttls_state *s, struct ht_emitter *e, enum ht_side client,
                     const char *roles_from);

/* starttls_greet tells what the server `from` says first. */
void starttls_greet(struct starttls_state *s, struct ht_emitter *e, enum ht_side from,
                    struct ht_bytes text);

/* starttls_offer tells the server's capabilities. */
void starttls_offer(struct starttls_state *s, struct ht_emitter *e, enum ht_side from,
                    const struct starttls_message *capabilities);

/* starttls_request tells that the client `from` asks for TLS by `text`. */
void starttls_request(struct starttls_state *s, struct ht_emitter *e, enum ht_side from,
                      struct ht_bytes text);

/* starttls_pipelined notes plain bytes of the client after its request, whose answer is not seen
 * yet: only those in the request's frame were certainly sent before the answer. */
void starttls_pipelined(struct starttls_state *s, const struct ht_emitter *e, size_t len);

enum starttls_verdict { STARTTLS_ACCEPTED, STARTTLS_REFUSED, STARTTLS_UNKNOWN_COMMAND };

/* starttls_answer tells the server's answer to the request. */
void starttls_answer(struct starttls_state *s, struct ht_emitter *e, enum ht_side from,
                     struct ht_bytes text, enum starttls_verdict verdict);

/* starttls_authenticate tells that the client `from` authenticates in plain, by `method` (static)
 * and `mechanism` (a name, at most 32 bytes of it are kept); either may be absent. Of SASL's
 * EXTERNAL and ANONYMOUS nothing is told. */
void starttls_authenticate(struct starttls_state *s, struct ht_emitter *e, enum ht_side from,
                           const char *method, struct ht_bytes mechanism);

/* starttls_count counts a line or message; HT_DONE where a plain dialogue has become long. */
enum ht_verdict starttls_count(struct starttls_state *s);

/* starttls_gap and starttls_finish are for struct ht_dissector. */
void starttls_gap(void *state, struct ht_emitter *e, enum ht_side side, uint64_t missing);
void starttls_finish(void *state, struct ht_emitter *e, const struct ht_end *end);

#endif
