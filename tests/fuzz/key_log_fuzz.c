/*
 * A key log. What is found in it must have been in it: a secret is not longer than its line.
 */
#include "fuzz.h"

#include "crypto/key_log.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct ht_key_log *log = ht_key_log_new();
    struct ht_bytes random = ht_bytes_head(ht_bytes(data, len), HT_RANDOM_LEN);
    struct ht_bytes zeros  = ht_bytes((const uint8_t[HT_RANDOM_LEN]){0}, HT_RANDOM_LEN);
    ht_key_log_add(log, ht_bytes(data, len));
    for (int label = HT_KEY_MASTER; label <= HT_KEY_ECH_CONFIG; label++) {
        size_t found = ht_key_log_find(log, (enum ht_key_label)label, zeros).len;
        if (found > HT_ECH_CONFIG_MAX || 2 * found > len) {
            abort();
        }
        (void)ht_key_log_find(log, (enum ht_key_label)label, random);
    }
    const struct ht_key_log_counts *c = ht_key_log_count(log);
    if (c->secrets + c->repeated + c->other + c->malformed + c->refused > len) {
        abort();
    }
    ht_key_log_free(log);
    return 0;
}
