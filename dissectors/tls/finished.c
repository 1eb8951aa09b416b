#include "tls/finished.h"

#include "tls/keys.h"

bool tls_finished_13(uint8_t out[HT_DIGEST_MAX], enum ht_digest digest, bool datagrams,
                     struct ht_bytes secret, struct ht_bytes messages)
{
    uint8_t key[HT_DIGEST_MAX], hash[HT_DIGEST_MAX];
    size_t len = ht_digest_len(digest);
    return tls_expand_label(datagrams, digest, key, len, secret, "finished") &&
           ht_digest(NULL, digest, hash, messages) == len &&
           ht_hmac(digest, out, ht_bytes(key, len), ht_bytes(hash, len));
}

bool tls_finished_12(uint8_t out[TLS_VERIFY_DATA_LEN], enum ht_prf prf, struct ht_bytes master,
                     bool client, struct ht_bytes messages)
{
    uint8_t hash[HT_DIGEST_MAX];
    size_t len = ht_prf_hash(NULL, prf, hash, messages);
    return len > 0 && ht_prf(prf, out, TLS_VERIFY_DATA_LEN, master,
                             client ? "client finished" : "server finished", ht_bytes(hash, len));
}
