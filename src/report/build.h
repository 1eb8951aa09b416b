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
    struct ht_arena *arena;                  /* of what stays */
    struct ht_arena *scratch;                /* of what does not */
    const struct report_session **sessions;  /* by server, as the list of servers is ordered */
    const struct report_session **by_client; /* the same, by name of the JA4 */
    size_t num_sessions;
    struct ht_bytes *labels; /* of servers, by index: "10.0.0.1:443 www.example.com" */
    const struct ht_objects *server_findings; /* by index plus one, of struct ht_tally */
    const struct ht_objects *client_findings; /* by name of a JA4 */
    struct build_profile *all;                /* of all sessions */
    struct ht_summary_data *out;
};

/* The steps, in this order. False: no memory. */
bool build_labels(struct build *b);
bool build_findings(struct build *b);
bool build_lists(struct build *b);
bool build_coverage(struct build *b, const struct ht_audit_count *audit);

/* The lists of a profile while it is counted. */
enum build_list {
    BUILD_PROTOCOLS,
    BUILD_VERSIONS,
    BUILD_CIPHER_SUITES,
    BUILD_GROUPS,
    BUILD_SIGNATURE_SCHEMES,
    BUILD_ALPN,
    BUILD_KEY_EXCHANGES,
    BUILD_FAILURES,
    BUILD_POST_QUANTUM,
    BUILD_NUM_LISTS
};

struct build_sums {
    uint64_t connections, established, resumed, failed;
    uint64_t exposed_bytes, client_bytes, server_bytes;
    struct report_span span;
};

/* What is said of sessions together: of a server, a client, all. Zeroed, it is to be cleared. */
struct build_profile {
    struct build_sums sums;
    struct report_tallies lists[BUILD_NUM_LISTS];
};

/* build_profile_clear makes it empty; it is used for one server after the other. */
void build_profile_clear(struct build_profile *profile, struct ht_arena *scratch);

/* build_profile_add adds sessions that are alike. */
void build_profile_add(struct build_profile *to, const struct report_session *session);

/* build_profile_merge adds all that another one counts. */
void build_profile_merge(struct build_profile *to, const struct build_profile *more);

/* build_profile_end puts the lists in order; NULL: no memory. Then it can be merged, or cleared.
 * `if_never_tried`: what is thought of who never took part in a post-quantum key exchange, nor was
 * asked to. */
const struct ht_profile *build_profile_end(const struct build *b, struct build_profile *profile,
                                           const char *if_never_tried);

/* What numbers of tallies stand for, of struct report_naming, with the build for a context: names,
 * versions, groups. */
void build_name(const void *build, struct ht_tally *tally);
void build_name_version(const void *build, struct ht_tally *tally);
void build_name_group(const void *build, struct ht_tally *tally);

/* build_text is a name's text. */
struct ht_bytes build_text(const struct build *b, uint32_t name);

/* build_address_of is a client's address. */
struct ht_address build_address_of(const struct report_host *host);

/* build_label is the label of a server, by index plus one; empty for 0. */
struct ht_bytes build_label(const struct build *b, uint32_t server);

/* build_example turns a sight into an example for records. */
struct ht_example build_example(const struct build *b, const struct report_sight *sight,
                                uint32_t server, const uint64_t *frames, size_t num_frames);

/* build_examples likewise, of several, each with its server and the frames of its hellos. */
struct ht_objects build_examples(const struct build *b, const struct report_sights *sights,
                                 const uint32_t servers[REPORT_EXAMPLES]);

/* build_sort sorts objects of `size` bytes. */
void build_sort(struct ht_objects list, size_t size, int (*order)(const void *, const void *));

#endif
