/*
 * The logs of Certificate Transparency that somebody knows of, with their keys, from a list in the
 * JSON of browser vendors (log_list.json, version 3 of the schema). Read only once made.
 */
#ifndef HT_POLICY_CT_LOGS_H
#define HT_POLICY_CT_LOGS_H

#include "base/bytes.h"
#include "base/error.h"

enum { HT_CT_LOG_ID_LEN = 32 };

struct ht_ct_log {
    uint8_t id[HT_CT_LOG_ID_LEN]; /* SHA-256 of the key */
    struct ht_bytes key;          /* SubjectPublicKeyInfo, DER */
    struct ht_bytes name, log_operator;
    const char *state; /* pending, qualified, usable, readonly, retired, rejected; NULL: not said */
};

struct ht_ct_logs;

/* ht_ct_logs_open reads the list in the file `path`; all that it returns lives until it is freed.
 * NULL with a message that names the file, the line and the key at fault. */
struct ht_ct_logs *ht_ct_logs_open(const char *path, struct ht_error *error);
void ht_ct_logs_free(struct ht_ct_logs *logs);

/* ht_ct_log_find is the log with that id; NULL where there is none, or no list. */
const struct ht_ct_log *ht_ct_log_find(const struct ht_ct_logs *logs, struct ht_bytes id);

#endif
