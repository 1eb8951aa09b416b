/* For SHA1_Init, SHA256_Init and what belongs to them. */
#define OPENSSL_API_COMPAT 10101

#include "crypto/digest.h"

#include <stdlib.h>

#include <openssl/evp.h>
#include <openssl/sha.h>

enum { NUM_DIGESTS = HT_SHA512 + 1 };

static const char *const names[NUM_DIGESTS] = {[HT_MD5]    = "MD5",
                                               [HT_SHA1]   = "SHA1",
                                               [HT_SHA256] = "SHA256",
                                               [HT_SHA384] = "SHA384",
                                               [HT_SHA512] = "SHA512"};

/* A context for each algorithm: one that changes its algorithm allocates anew. */
struct ht_digester {
    EVP_MD *algorithms[NUM_DIGESTS]; /* NULL: libcrypto does not offer it */
    EVP_MD_CTX *contexts[NUM_DIGESTS];
};

struct ht_digester *ht_digester_new(void)
{
    struct ht_digester *digester = calloc(1, sizeof *digester);
    bool made                    = digester != NULL;
    for (size_t i = 0; made && i < NUM_DIGESTS; i++) {
        digester->algorithms[i] = EVP_MD_fetch(NULL, names[i], NULL);
        digester->contexts[i]   = EVP_MD_CTX_new();
        made                    = digester->contexts[i] != NULL;
    }
    if (!made) {
        ht_digester_free(digester);
        return NULL;
    }
    return digester;
}

void ht_digester_free(struct ht_digester *digester)
{
    for (size_t i = 0; digester != NULL && i < NUM_DIGESTS; i++) {
        EVP_MD_CTX_free(digester->contexts[i]);
        EVP_MD_free(digester->algorithms[i]);
    }
    free(digester);
}

static bool digest_once(const char *name, uint8_t *out, unsigned *len, struct ht_bytes in)
{
    EVP_MD *algorithm = EVP_MD_fetch(NULL, name, NULL);
    bool done = algorithm != NULL && EVP_Digest(in.ptr, in.len, out, len, algorithm, NULL) == 1;
    EVP_MD_free(algorithm);
    return done;
}

/* SHA-1 names things here, connections and certificates, and checks what others protect by it: so
 * it needs no provider's leave, and of one block, as a connection's is, the way through it is most.
 */
static size_t sha1(uint8_t *out, struct ht_bytes in)
{
    SHA_CTX context;
    bool done = SHA1_Init(&context) == 1 && SHA1_Update(&context, in.ptr, in.len) == 1 &&
                SHA1_Final(out, &context) == 1;
    return done ? SHA_DIGEST_LENGTH : 0;
}

size_t ht_digest(struct ht_digester *digester, enum ht_digest digest, uint8_t *out,
                 struct ht_bytes in)
{
    unsigned len = 0;
    if (digest == HT_SHA1) {
        return sha1(out, in);
    }
    if (digester == NULL) {
        return digest_once(names[digest], out, &len, in) ? len : 0;
    }
    const EVP_MD *algorithm = digester->algorithms[digest];
    EVP_MD_CTX *context     = digester->contexts[digest];
    bool done = algorithm != NULL && EVP_DigestInit_ex2(context, algorithm, NULL) == 1 &&
                EVP_DigestUpdate(context, in.ptr, in.len) == 1 &&
                EVP_DigestFinal_ex(context, out, &len) == 1;
    return done ? len : 0;
}

struct ht_bytes ht_digest_hex(struct ht_digester *digester, enum ht_digest digest,
                              struct ht_arena *arena, struct ht_bytes in)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t raw[HT_DIGEST_MAX];
    size_t len = ht_digest(digester, digest, raw, in);
    char *out  = ht_arena_alloc(arena, 2 * len);
    for (size_t i = 0; out != NULL && i < len; i++) {
        out[2 * i]     = digits[raw[i] >> 4];
        out[2 * i + 1] = digits[raw[i] & 15];
    }
    return ht_bytes(out, out != NULL ? 2 * len : 0);
}

size_t ht_digest_len(enum ht_digest digest)
{
    static const uint8_t lengths[NUM_DIGESTS] = {
        [HT_MD5] = 16, [HT_SHA1] = 20, [HT_SHA256] = 32, [HT_SHA384] = 48, [HT_SHA512] = 64};
    return lengths[digest];
}

/* SHA-256 of a block, each byte of it changed by `change`, and of a text. */
static bool hash_padded(uint8_t *out, const uint8_t block[SHA256_CBLOCK], uint8_t change,
                        struct ht_bytes text)
{
    SHA256_CTX context;
    uint8_t padded[SHA256_CBLOCK];
    for (size_t i = 0; i < sizeof padded; i++) {
        padded[i] = block[i] ^ change;
    }
    return SHA256_Init(&context) == 1 && SHA256_Update(&context, padded, sizeof padded) == 1 &&
           SHA256_Update(&context, text.ptr, text.len) == 1 && SHA256_Final(out, &context) == 1;
}

/* RFC 2104 section 2. Each connection over QUIC takes ten of these, of a few bytes: EVP_Q_mac looks
 * so much up for one that it takes four times as long. */
static bool hmac_sha256(uint8_t *out, struct ht_bytes key, struct ht_bytes message)
{
    enum { INNER = 0x36, OUTER = 0x5C };
    uint8_t block[SHA256_CBLOCK] = {0}, inner[SHA256_DIGEST_LENGTH];
    if (key.len > sizeof block) {
        (void)SHA256(key.ptr, key.len, block);
    } else if (key.len > 0) {
        memcpy(block, key.ptr, key.len);
    }
    return hash_padded(inner, block, INNER, message) &&
           hash_padded(out, block, OUTER, ht_bytes(inner, sizeof inner));
}

bool ht_hmac(enum ht_digest digest, uint8_t out[HT_DIGEST_MAX], struct ht_bytes key,
             struct ht_bytes message)
{
    size_t len = 0;
    if (digest == HT_SHA256) {
        return hmac_sha256(out, key, message);
    }
    return EVP_Q_mac(NULL, "HMAC", NULL, names[digest], NULL, key.ptr, key.len, message.ptr,
                     message.len, out, HT_DIGEST_MAX, &len) != NULL &&
           len == ht_digest_len(digest);
}
