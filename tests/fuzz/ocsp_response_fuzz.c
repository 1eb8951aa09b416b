/* Any bytes as a stapled OCSP response for a certificate, and as a list of SCTs for it. */
#include "analysis/revocation/parts.h"
#include "analysis/transparency/transparency.h"
#include "fuzz.h"

#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>

#define DATA HT_SOURCE_DIR "/tests/unit/analysis/revocation/data/"

/* What the program does not free is reached from here. */
static struct ht_chain_link leaf, issuer;
static struct ht_ct_logs *logs;

static struct ht_chain_link certificate(const char *path)
{
    static uint8_t room[2][2048];
    uint8_t *der      = room[leaf.x509 != NULL];
    FILE *file        = fopen(path, "rb");
    size_t len        = file != NULL ? fread(der, 1, sizeof room[0], file) : 0;
    const uint8_t *at = der;
    X509 *x509        = d2i_X509(NULL, &at, (long)len);
    if (x509 == NULL) {
        abort();
    }
    (void)fclose(file);
    return (struct ht_chain_link){.der = ht_bytes(der, len), .x509 = x509};
}

static void prepare(void)
{
    if (leaf.x509 == NULL) {
        leaf   = certificate(DATA "good.der");
        issuer = certificate(DATA "issuer.der");
        logs   = ht_ct_logs_open(DATA "logs.json", NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct ht_arena arena              = {0};
    struct ht_bytes bytes              = ht_bytes(data, len);
    struct tls_certificate_status said = {0};
    struct ht_sct_outcome outcomes[4];
    prepare();
    bool read                      = ocsp_read(&arena, bytes, &said);
    struct ocsp_answer answer      = ocsp_judge(&arena, bytes, &leaf, &issuer);
    struct ht_sct_subject embedded = {&leaf, &issuer, true}, sent = {&leaf, &issuer, false};
    if ((answer.fault == NULL) != (answer.status != NULL) || (answer.fault == NULL && !read)) {
        abort();
    }
    (void)ht_scts_check(logs, answer.sct_list, &sent, outcomes, HT_ARRAY_LEN(outcomes));
    (void)ht_scts_check(logs, ht_sct_list_unwrap(bytes), &sent, outcomes, HT_ARRAY_LEN(outcomes));
    (void)ht_scts_check(logs, bytes, &embedded, outcomes, HT_ARRAY_LEN(outcomes));
    ht_arena_clear(&arena);
    return 0;
}
