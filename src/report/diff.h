/*
 * What changed between two inventories: servers and client stacks that are new or gone, and what
 * they speak now that they did not, or no more. How often and when something was seen is no change.
 */
#ifndef HT_REPORT_DIFF_H
#define HT_REPORT_DIFF_H

#include "base/error.h"
#include "event/event.h"
#include "sink/sink.h"

struct ht_diff_certificate {
    struct ht_bytes sha256; /* in hexadecimal */
    struct ht_bytes subject, issuer, not_after;
};

/* By name, in alphabetical order. */
struct ht_diff_items {
    struct ht_texts protocols, versions, cipher_suites, groups, signature_schemes, alpn;
    struct ht_texts offered_versions, offered_groups;
    struct ht_objects certificates; /* of struct ht_diff_certificate */
};

struct ht_diff_weakest {
    struct ht_bytes old_version, new_version;
    const char *change; /* weaker, stronger */
};

/* Of a server or a client. */
struct ht_diff_entry {
    const char *change; /* new, gone, changed */
    struct ht_bytes ip; /* of a server */
    uint16_t port;
    struct ht_bytes transport;
    struct ht_bytes name;
    struct ht_bytes ja4;                           /* of a client */
    const struct ht_diff_weakest *weakest_version; /* NULL: the same */
    const struct ht_diff_items *added, *removed;   /* NULL: nothing */
};

struct ht_diff {
    struct ht_bytes old_file, new_file;
    bool changed;
    uint64_t old_servers, new_servers, old_clients, new_clients;
    struct ht_objects servers, clients; /* of struct ht_diff_entry */
};

/* {"type":"inventory_diff", …}: data is a struct ht_diff. */
extern const struct ht_record_type ht_diff_record_type;

/* An inventory as text, JSON as --inventory -f json writes it; other records may stand around it.
 */
struct ht_diff_input {
    const char *name; /* of the file, for messages */
    struct ht_bytes text;
};

struct ht_diff_result;

/* ht_diff_new compares two inventories, which must outlive the result. NULL, with a message that
 * names the file and says what is wrong, where one is none or there is no memory. */
struct ht_diff_result *ht_diff_new(const struct ht_diff_input *old_input,
                                   const struct ht_diff_input *new_input, struct ht_error *error);
void ht_diff_free(struct ht_diff_result *result);

/* ht_diff_record is the record; it lives as long as the result. */
const struct ht_diff *ht_diff_record(const struct ht_diff_result *result);

/* ht_diff_text adds what changed for people, folded to `config->width` (0: not). False: no memory.
 */
bool ht_diff_text(const struct ht_diff *diff, struct ht_chars *out,
                  const struct ht_sink_config *config);

#endif
