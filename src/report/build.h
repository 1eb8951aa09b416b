/* How the lists of a summary are made of what was merged. Not for use outside this folder. */
#ifndef HT_REPORT_BUILD_H
#define HT_REPORT_BUILD_H

#include "report/lists.h"
#include "report/state.h"
#include "report/summary.h"

struct build_profile;

/* What is being built. */
struct build {
    struct report_state *state;
    struct ht_arena *arena;
    const struct report_session **sessions;  /* by the first sight */
    const struct report_session **by_server; /* the same, by number of the server */
    size_t num_sessions;
    struct ht_bytes *labels;            /* of servers, by index: "10.0.0.1:443 www.example.com" */
    struct ht_objects *server_findings; /* by index, of struct ht_tally */
    struct ht_objects *client_findings; /* by name of a JA4 */
    struct build_profile *all;          /* of all sessions */
    struct ht_summary_data *out;
};

/* The steps, in this order. False: no memory. */
bool build_labels(struct build *b);
bool build_findings(struct build *b);
bool build_lists(struct build *b);
bool build_coverage(struct build *b, const struct ht_audit_count *audit);

/* What is said of sessions together: of a server, a client, all. */
struct build_profile {
    struct ht_profile profile;
    struct report_tallies protocols, versions, cipher_suites, groups, signature_schemes, alpn,
        key_exchanges, failures, post_quantum;
};

/* build_profile_add adds sessions that are alike. */
void build_profile_add(const struct build *b, struct build_profile *to,
                       const struct report_session *session);

/* build_profile_end puts the lists in order; NULL: no memory. `if_never_tried`: what is thought of
 * who never took part in a post-quantum key exchange, nor was asked to. */
const struct ht_profile *build_profile_end(const struct build *b, struct build_profile *profile,
                                           const char *if_never_tried);

/* build_text is a name's text. */
struct ht_bytes build_text(const struct build *b, uint32_t name);

/* build_address_of is a client's address. */
struct ht_address build_address_of(const struct report_host *host);

/* build_label is the label of a server, by index plus one; empty for 0. */
struct ht_bytes build_label(const struct build *b, uint32_t server);

/* build_example turns a sight into an example for records. */
struct ht_example build_example(const struct build *b, const struct report_sight *sight,
                                uint32_t server, const uint64_t *frames, size_t num_frames);

/* build_examples likewise, of several of one server, with the frames of their hellos. */
struct ht_objects build_examples(const struct build *b, const struct report_sights *sights,
                                 uint32_t server);

/* build_sort sorts objects of `size` bytes. */
void build_sort(struct ht_objects list, size_t size, int (*order)(const void *, const void *));

#endif
