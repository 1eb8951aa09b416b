/*
 * The files in data/, which data/make made: certificates, responses and lists of 2026-03-01 12:00
 * UTC, by OpenSSL's command line and by scts.py.
 */
#ifndef HT_TEST_REVOCATION_DATA_H
#define HT_TEST_REVOCATION_DATA_H

#include "analysis/chain/parts.h"
#include "base/time.h"
#include "support.h"

#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>

#define DATA HT_SOURCE_DIR "/tests/unit/analysis/revocation/data/"

static inline int64_t when(const char *time)
{
    int64_t ns = 0;
    assert_true(ht_time_read(time, &ns));
    return ns;
}

static inline struct ht_bytes data_file(const char *name)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s%s", DATA, name);
    return file_bytes(path);
}

/* A certificate by its name; its x509 is to be freed by link_free. */
static inline struct ht_chain_link link_of(const char *name)
{
    char file[64];
    (void)snprintf(file, sizeof file, "%s.der", name);
    struct ht_chain_link link = {.der = data_file(file)};
    const uint8_t *at         = link.der.ptr;
    link.x509                 = d2i_X509(NULL, &at, (long)link.der.len);
    assert_non_null(link.x509);
    return link;
}

static inline void link_free(struct ht_chain_link *link)
{
    X509_free(link->x509);
}

#endif
