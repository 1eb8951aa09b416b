#include "quic/versions.h"

static const uint8_t salt_v1[QUIC_SALT_LEN]       = {0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34,
                                                     0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8,
                                                     0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a};
static const uint8_t salt_v2[QUIC_SALT_LEN]       = {0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6,
                                                     0xdb, 0x81, 0x93, 0x81, 0xbe, 0x6e, 0x26,
                                                     0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9};
static const uint8_t salt_v2_draft[QUIC_SALT_LEN] = {0xa7, 0x07, 0xc2, 0x03, 0xa5, 0x9b, 0x47,
                                                     0x18, 0x4a, 0x1d, 0x62, 0xca, 0x57, 0x04,
                                                     0x06, 0xea, 0x7a, 0xe3, 0xe5, 0xd3};
static const uint8_t salt_draft_29[QUIC_SALT_LEN] = {0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2,
                                                     0x4c, 0x9e, 0x97, 0x86, 0xf1, 0x9c, 0x61,
                                                     0x11, 0xe0, 0x43, 0x90, 0xa8, 0x99};
static const uint8_t salt_draft_23[QUIC_SALT_LEN] = {0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb,
                                                     0x5a, 0x11, 0xa7, 0xd2, 0x43, 0x2b, 0xb4,
                                                     0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02};
static const uint8_t salt_draft_22[QUIC_SALT_LEN] = {0x7f, 0xbc, 0xdb, 0x0e, 0x7c, 0x66, 0xbb,
                                                     0xe9, 0x19, 0x3a, 0x96, 0xcd, 0x21, 0x51,
                                                     0x9e, 0xbd, 0x7a, 0x02, 0x64, 0x4a};
static const uint8_t salt_q050[QUIC_SALT_LEN]     = {0x50, 0x45, 0x74, 0xef, 0xd0, 0x66, 0xfe,
                                                     0x2f, 0x9d, 0x94, 0x5c, 0xfc, 0xdb, 0xd3,
                                                     0xa7, 0xf0, 0xd3, 0xb5, 0x6b, 0x45};
static const uint8_t salt_t050[QUIC_SALT_LEN]     = {0x7f, 0xf5, 0x79, 0xe5, 0xac, 0xd0, 0x72,
                                                     0x91, 0x55, 0x80, 0x30, 0x4c, 0x43, 0xa2,
                                                     0x36, 0x7c, 0x60, 0x48, 0x83, 0x10};
static const uint8_t salt_t051[QUIC_SALT_LEN]     = {0x7a, 0x4e, 0xde, 0xf4, 0xe7, 0xcc, 0xee,
                                                     0x5f, 0xa4, 0x50, 0x6c, 0x19, 0x12, 0x4f,
                                                     0xc8, 0xcc, 0xda, 0x6e, 0x03, 0x3d};

static const struct quic_protection v1 = {
    .salt          = salt_v1,
    .has_retry_key = true,
    .retry_key     = {0xbe, 0x0c, 0x69, 0x0b, 0x9f, 0x66, 0x57, 0x5a, 0x1d, 0x76, 0x6b, 0x54, 0xe3,
                      0x68, 0xc8, 0x4e},
    .retry_nonce   = {0x46, 0x15, 0x99, 0xd3, 0x5d, 0x63, 0x2b, 0xf2, 0x23, 0x98, 0x25, 0xbb}};
static const struct quic_protection v2 = {
    .salt          = salt_v2,
    .v2            = true,
    .has_retry_key = true,
    .retry_key     = {0x8f, 0xb4, 0xb0, 0x1b, 0x56, 0xac, 0x48, 0xe2, 0x60, 0xfb, 0xcb, 0xce, 0xad,
                      0x7c, 0xcc, 0x92},
    .retry_nonce   = {0xd8, 0x69, 0x69, 0xbc, 0x2d, 0x7c, 0x6d, 0x99, 0x90, 0xef, 0xb0, 0x4a}};
static const struct quic_protection v2_draft = {.salt = salt_v2_draft, .v2 = true};
static const struct quic_protection draft_29 = {
    .salt          = salt_draft_29,
    .has_retry_key = true,
    .retry_key     = {0xcc, 0xce, 0x18, 0x7e, 0xd0, 0x9a, 0x09, 0xd0, 0x57, 0x28, 0x15, 0x5a, 0x6c,
                      0xb9, 0x6b, 0xe1},
    .retry_nonce   = {0xe5, 0x49, 0x30, 0xf9, 0x7f, 0x21, 0x36, 0xf0, 0x53, 0x0a, 0x8c, 0x1c}};
static const struct quic_protection draft_25 = {
    .salt          = salt_draft_23,
    .has_retry_key = true,
    .retry_key     = {0x4d, 0x32, 0xec, 0xdb, 0x2a, 0x21, 0x33, 0xc8, 0x41, 0xe4, 0x04, 0x3d, 0xf2,
                      0x7d, 0x44, 0x30},
    .retry_nonce   = {0x4d, 0x16, 0x11, 0xd0, 0x55, 0x13, 0xa5, 0x52, 0xc5, 0x87, 0xd5, 0x75}};
static const struct quic_protection draft_23 = {.salt = salt_draft_23};
static const struct quic_protection draft_22 = {.salt = salt_draft_22};
static const struct quic_protection q050     = {.salt = salt_q050};
static const struct quic_protection t050     = {.salt = salt_t050};
static const struct quic_protection t051     = {.salt = salt_t051};

const struct quic_protection *const quic_protections[] = {&v1,       &draft_29, &v2, &draft_25,
                                                          &draft_22, &v2_draft, NULL};

/* IANA's registry "QUIC Versions", the drafts by their numbers, and those of implementations. By
 * rising number. */
static const struct quic_version versions[] = {
    {0x00000001, 0x00000001, "QUIC v1", &v1},
    {0x51303530, 0x51303530, "Google Q050", &q050, .google = true},
    {0x54303530, 0x54303530, "Google T050", &t050, .google = true},
    {0x54303531, 0x54303531, "Google T051", &t051, .google = true},
    {0x6b3343cf, 0x6b3343cf, "QUIC v2", &v2},
    {0x709a50c4, 0x709a50c4, "QUIC v2 draft", &v2_draft},
    {0xfaceb001, 0xfaceb001, "Facebook mvfst (draft-22)", &draft_22, .retry_without_tag = true},
    {0xfaceb002, 0xfaceb002, "Facebook mvfst (draft-27)", &draft_25},
    {0xfaceb003, 0xfaceb00d, "Facebook mvfst", &draft_25},
    {0xfaceb00e, 0xfaceb00e, "Facebook mvfst experimental", &draft_25},
    {0xfaceb00f, 0xfaceb013, "Facebook mvfst", &draft_25},
    {0xfacefeed, 0xfacefeed, "Facebook mvfst (v1 salt)", &v1},
    {0xff000016, 0xff000016, "QUIC draft-22", &draft_22, .retry_without_tag = true},
    {0xff000017, 0xff000017, "QUIC draft-23", &draft_23, .retry_without_tag = true},
    {0xff000018, 0xff000018, "QUIC draft-24", &draft_23, .retry_without_tag = true},
    {0xff000019, 0xff000019, "QUIC draft-25", &draft_25},
    {0xff00001a, 0xff00001a, "QUIC draft-26", &draft_25},
    {0xff00001b, 0xff00001b, "QUIC draft-27", &draft_25},
    {0xff00001c, 0xff00001c, "QUIC draft-28", &draft_25},
    {0xff00001d, 0xff00001d, "QUIC draft-29", &draft_29},
    {0xff00001e, 0xff00001e, "QUIC draft-30", &draft_29},
    {0xff00001f, 0xff00001f, "QUIC draft-31", &draft_29},
    {0xff000020, 0xff000020, "QUIC draft-32", &draft_29},
    {0xff000021, 0xff000021, "QUIC draft-33", &v1},
    {0xff000022, 0xff000022, "QUIC draft-34", &v1},
    {0xff020000, 0xff020000, "QUIC v2 draft-00", &v2_draft},
};

static const struct quic_version grease = {.name = "GREASE"};

const struct quic_version *quic_version_find(uint32_t version)
{
    if (quic_is_grease(version)) {
        return &grease;
    }
    for (size_t i = 0; i < HT_ARRAY_LEN(versions); i++) {
        if (version >= versions[i].first && version <= versions[i].last) {
            return &versions[i];
        }
    }
    return NULL;
}

static struct ht_bytes number(struct ht_arena *arena, const char *prefix, const char *alphabet,
                              uint64_t value, unsigned digits)
{
    size_t n = strlen(prefix);
    while (digits < 16 && value >> (4 * digits) != 0) {
        digits++;
    }
    char *out = ht_arena_alloc(arena, n + digits);
    if (out == NULL) {
        return ht_bytes(NULL, 0);
    }
    memcpy(out, prefix, n);
    for (unsigned i = 0; i < digits; i++) {
        out[n + i] = alphabet[value >> (4 * (digits - 1 - i)) & 15];
    }
    return ht_bytes(out, n + digits);
}

struct ht_bytes quic_hex(struct ht_arena *arena, uint64_t value, unsigned digits)
{
    return number(arena, "0x", "0123456789abcdef", value, digits);
}

struct ht_bytes quic_version_name(struct ht_arena *arena, uint32_t version)
{
    const struct quic_version *known = quic_version_find(version);
    if (quic_is_grease(version)) {
        return number(arena, "GREASE_", "0123456789ABCDEF", version, 8);
    }
    if (quic_is_google(version)) {
        char name[] = "Google Q000";
        name[9]     = (char)(version >> 8 & 0xFF);
        name[10]    = (char)(version & 0xFF);
        return ht_arena_copy(arena, ht_text(name));
    }
    return known != NULL ? ht_text(known->name) : quic_hex(arena, version, 8);
}
