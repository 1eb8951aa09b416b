/*
 * Hybrid Public Key Encryption (RFC 9180), as far as it takes to open what was sealed where the
 * secret that both sides share is known: the key schedule of base mode.
 */
#ifndef HT_CRYPTO_HPKE_H
#define HT_CRYPTO_HPKE_H

#include "crypto/opener.h"

/* By the numbers of RFC 9180 section 7. */
struct ht_hpke_suite {
    uint16_t kem, kdf, aead;
};

enum { HT_HPKE_INFO_MAX = 4096, HT_HPKE_SECRET_MAX = 64, HT_HPKE_TAG_LEN = 16 };

/* What the recipient opens with. */
struct ht_hpke {
    enum ht_cipher cipher;
    uint8_t key[HT_CIPHER_KEY_MAX];
    uint8_t base_nonce[HT_NONCE_LEN];
};

/* ht_hpke_schedule is KeySchedule of section 5.1, without a pre-shared key. False where the KDF
 * or the AEAD is not known here, or `info` is longer than HT_HPKE_INFO_MAX. */
bool ht_hpke_schedule(struct ht_hpke *out, const struct ht_hpke_suite *suite,
                      struct ht_bytes shared_secret, struct ht_bytes info);

/* ht_hpke_open is Context.Open of section 5.2 for what was sealed as number `sequence`: writes all
 * of `sealed` but its tag, the last HT_HPKE_TAG_LEN bytes, to `out`. False where the tag does not
 * prove it; what is in `out` then means nothing. */
bool ht_hpke_open(const struct ht_hpke *hpke, struct ht_opener *opener, uint64_t sequence,
                  uint8_t *out, struct ht_bytes aad, struct ht_bytes sealed);

#endif
