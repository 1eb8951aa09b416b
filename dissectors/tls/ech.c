#include "tls/ech.h"

/* struct {
 *     uint16 version;
 *     uint16 length;
 *     select (ECHConfig.version) { case 0xfe0d: ECHConfigContents contents; }
 * } ECHConfig;
 * ECHConfig ECHConfigList<4..2^16-1>;
 */
struct ht_reader tls_ech_config_list(struct ht_bytes list)
{
    struct ht_reader r       = ht_reader(list);
    struct ht_bytes configs  = rd_vec(&r, 2);
    struct ht_reader content = ht_reader(configs);
    if (!rd_done(&r)) {
        rd_fail(&content);
    }
    return content;
}

/* struct {
 *     uint8 config_id;
 *     HpkeKemId kem_id;                                  uint16
 *     HpkePublicKey public_key;                          opaque<1..2^16-1>
 *     HpkeSymmetricCipherSuite cipher_suites<4..2^16-4>; pairs of uint16
 *     uint8 maximum_name_length;
 *     opaque public_name<1..255>;
 *     ECHConfigExtension extensions<0..2^16-1>;
 * } ECHConfigContents;
 */
static bool parse_contents(struct ht_bytes contents, struct tls_ech_config *out)
{
    enum { SUITE_LEN = 4 };
    struct ht_reader r       = ht_reader(contents);
    out->config_id           = rd_u8(&r);
    out->kem                 = rd_u16(&r);
    out->public_key_bytes    = rd_vec(&r, 2).len;
    out->suites              = rd_vec(&r, 2);
    out->maximum_name_length = rd_u8(&r);
    out->public_name         = rd_vec(&r, 1);
    (void)rd_vec(&r, 2);
    return rd_done(&r) && out->suites.len > 0 && out->suites.len % SUITE_LEN == 0 &&
           out->public_name.len > 0;
}

bool tls_ech_config_next(struct ht_reader *list, struct tls_ech_config *out)
{
    *out                     = (struct tls_ech_config){0};
    out->version             = rd_u16(list);
    struct ht_bytes contents = rd_vec(list, 2);
    return !list->bad && out->version == TLS_ECH_VERSION && parse_contents(contents, out);
}

/* Nenc of RFC 9180 section 7.1; of other KEMs it is not known. */
static size_t encapsulated_bytes(uint16_t kem)
{
    enum { P256 = 0x0010, P384 = 0x0011, P521 = 0x0012, X25519 = 0x0020, X448 = 0x0021 };
    switch (kem) {
    case P256:
        return 65;
    case P384:
        return 97;
    case P521:
        return 133;
    case X25519:
        return 32;
    case X448:
        return 56;
    default:
        return 0;
    }
}

bool tls_ech_config_fits(const struct tls_ech_config *config,
                         const struct tls_encrypted_client_hello *hello)
{
    /* A second hello, after a HelloRetryRequest, has no key again (RFC 9849 section 6.1.5). */
    size_t enc_bytes = encapsulated_bytes(config->kem);
    bool fits_key    = enc_bytes == 0 || hello->enc_bytes == 0 || hello->enc_bytes == enc_bytes;
    bool fits_suite  = false;
    for (size_t i = 0; i + 1 < config->suites.len / 2; i += 2) {
        fits_suite = fits_suite || (ht_be16(config->suites, i) == hello->kdf.id &&
                                    ht_be16(config->suites, i + 1) == hello->aead.id);
    }
    return fits_key && fits_suite && hello->kdf.set && hello->aead.set &&
           hello->config_id == config->config_id + 1;
}
