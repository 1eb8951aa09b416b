/* An inventory, read from JSON. Not for use outside this folder. */
#ifndef HT_REPORT_DIFF_INPUT_H
#define HT_REPORT_DIFF_INPUT_H

#include "report/diff.h"

struct json_object;

/* The lists in which entries are compared, in this order. */
enum { DIFF_VERSIONS = 1, DIFF_SIGNATURE_SCHEMES = 4, DIFF_CERTIFICATES = 8, DIFF_NUM_LISTS = 9 };

struct diff_list {
    const char *name;  /* its key in the inventory */
    const char *title; /* in words */
    bool in_profile;
    size_t offset; /* in struct ht_diff_items */
};

extern const struct diff_list diff_lists[DIFF_NUM_LISTS];

/* A server or a client; views of the inventory's texts. */
struct diff_entry {
    struct ht_bytes ip, transport, name, ja4;
    uint16_t port;
    struct ht_texts lists[DIFF_NUM_LISTS]; /* each in alphabetical order */
};

/* By identity. */
struct diff_entries {
    struct diff_entry *items;
    size_t len;
};

struct diff_inventory {
    struct json_object *root;
    struct json_object *certificates; /* by SHA-256 */
    struct diff_entries servers, clients;
};

/* diff_inventory_read fills `out`, which diff_inventory_free has to free in any case; entries are
 * in `arena`. False with a message. */
bool diff_inventory_read(struct diff_inventory *out, const struct ht_diff_input *input,
                         struct ht_arena *arena, struct ht_error *error);
void diff_inventory_free(struct diff_inventory *inventory);

/* diff_inventory_certificate says what the inventory knows of a certificate. */
struct ht_diff_certificate diff_inventory_certificate(const struct diff_inventory *inventory,
                                                      struct ht_bytes sha256);

/* diff_entry_order: less than, equal to or greater than 0, by identity. */
int diff_entry_order(const struct diff_entry *a, const struct diff_entry *b);

/* diff_text_order likewise, by the bytes. */
int diff_text_order(const struct ht_bytes *a, const struct ht_bytes *b);

#endif
