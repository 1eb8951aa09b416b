#include "openvpn/packet.h"

#include "tls/messages.h"

enum { CRYPT_TAG = 32 };

bool openvpn_is_data(uint8_t opcode)
{
    return opcode == OPENVPN_DATA_V1 || opcode == OPENVPN_DATA_V2;
}

bool openvpn_is_hard_reset(uint8_t opcode)
{
    return opcode == OPENVPN_HARD_RESET_CLIENT || opcode == OPENVPN_HARD_RESET_SERVER ||
           opcode == OPENVPN_HARD_RESET_CLIENT_V3;
}

/*
 * opcode (5 bits), key id (3 bits), session id (8), then
 * with tls-auth:  HMAC, replay packet id (4), time (4);
 * with tls-crypt: replay packet id (4), time (4), HMAC (32), and all that follows encrypted;
 * number of acks (1), acks (4 each), the peer's session id (8) if there are any, message packet id
 * (4) but in P_ACK_V1, payload.
 */
bool openvpn_packet_read(struct ht_bytes bytes, struct openvpn_framing framing,
                         struct openvpn_packet *out)
{
    struct ht_reader r = ht_reader(bytes);
    uint8_t first      = rd_u8(&r);
    *out = (struct openvpn_packet){.opcode = first >> 3, .key_id = (uint8_t)(first & 7)};
    if (r.bad || out->opcode < OPENVPN_SOFT_RESET || out->opcode > OPENVPN_CONTROL_WKC) {
        return false;
    }
    if (openvpn_is_data(out->opcode)) {
        return true;
    }
    out->session_id = rd_take(&r, OPENVPN_SESSION_ID);
    if (framing.wrapping == OPENVPN_TLS_AUTH) {
        rd_skip(&r, framing.hmac_len);
    }
    if (framing.wrapping != OPENVPN_PLAIN) {
        out->replay_id   = rd_u32(&r);
        out->replay_time = rd_u32(&r);
    }
    if (framing.wrapping == OPENVPN_TLS_CRYPT) {
        rd_skip(&r, CRYPT_TAG);
        out->payload = rd_rest(&r);
        return !r.bad;
    }
    out->acks = rd_take(&r, (size_t)rd_u8(&r) * 4);
    if (out->acks.len > 0) {
        out->remote_session_id = rd_take(&r, OPENVPN_SESSION_ID);
    }
    out->message_id = out->opcode == OPENVPN_ACK ? 0 : rd_u32(&r);
    out->payload    = rd_rest(&r);
    return !r.bad;
}

/* Session ids are random: of 2,400 one has two zeros. What another protocol has at their place is
 * mostly zero; DNS over TCP, whose counts of records lie there, has three at least. */
static bool looks_random(struct ht_bytes session_id)
{
    enum { MANY = 2 };
    unsigned zeros = 0;
    for (size_t i = 0; i < session_id.len; i++) {
        zeros += session_id.ptr[i] == 0;
    }
    return zeros < MANY;
}

/* Times are of this protocol's age. */
static bool plausible_time(uint32_t replay_time)
{
    enum { YEAR_2001 = 1000000000 };
    return replay_time >= YEAR_2001 && replay_time < UINT32_MAX / 2;
}

/* A session's first packets are numbered from 1, or from one of two values by which a client of
 * OpenVPN 2.6 or its drafts says what it can do. */
static bool early_replay(const struct openvpn_packet *packet)
{
    enum { EARLY = 64 };
    uint32_t high = packet->replay_id >> 16, low = packet->replay_id & 0xFFFF;
    return (high == 0 || high == 0x0F00 || high == 0x0A01) && low > 0 && low <= EARLY &&
           plausible_time(packet->replay_time);
}

static bool begins_hello(struct ht_bytes payload)
{
    struct tls_record record;
    return tls_record_header(payload, &record) && record.type == TLS_HANDSHAKE &&
           record.version <= TLS_13 && record.fragment.len >= TLS_HANDSHAKE_HEADER &&
           (record.fragment.ptr[0] == TLS_CLIENT_HELLO ||
            record.fragment.ptr[0] == TLS_SERVER_HELLO) &&
           record.fragment.ptr[1] == 0;
}

static bool plausible_ids(const struct openvpn_packet *packet)
{
    bool acks = packet->acks.len > 0;
    return packet->acks.len <= OPENVPN_MAX_ACKS * sizeof(uint32_t) &&
           looks_random(packet->session_id) && (!acks || looks_random(packet->remote_session_id));
}

/* What begins a session, in clear. */
static bool fits_beginning(struct ht_bytes bytes, struct openvpn_framing framing)
{
    enum { FEW = 16 };
    struct openvpn_packet packet;
    if (!openvpn_packet_read(bytes, framing, &packet) || !plausible_ids(&packet) ||
        (framing.wrapping == OPENVPN_TLS_AUTH && !early_replay(&packet))) {
        return false;
    }
    if (packet.opcode == OPENVPN_CONTROL) {
        return packet.message_id <= FEW && begins_hello(packet.payload);
    }
    return openvpn_is_hard_reset(packet.opcode) && packet.opcode != OPENVPN_HARD_RESET_CLIENT_V3 &&
           packet.key_id == 0 && packet.message_id == 0 && packet.payload.len == 0;
}

/* What any packet has, in clear: numbers that are small. */
static bool fits_amid(struct ht_bytes bytes, struct openvpn_framing framing)
{
    enum { SMALL = 1024, MANY_PACKETS = 1 << 20 };
    struct openvpn_packet packet;
    if (!openvpn_packet_read(bytes, framing, &packet) || !plausible_ids(&packet) ||
        (framing.wrapping == OPENVPN_TLS_AUTH &&
         (packet.replay_id >= MANY_PACKETS || !plausible_time(packet.replay_time)))) {
        return false;
    }
    for (size_t at = 0; at < packet.acks.len; at += 4) {
        if (ht_be32_at(packet.acks, at) > SMALL) {
            return false;
        }
    }
    if (packet.opcode == OPENVPN_ACK) {
        return packet.acks.len > 0 && packet.payload.len == 0;
    }
    return packet.opcode == OPENVPN_CONTROL && packet.message_id <= SMALL && packet.payload.len > 0;
}

/* The wrapped client key ends with its own length; in clear before it is what the encrypted part of
 * a hard reset has: no acks, a message packet id. */
static bool ends_with_client_key(struct ht_bytes encrypted)
{
    enum { CLEAR = 1 + 4, SHORTEST = 32 + 256 + 2 };
    size_t len = encrypted.len;
    return len >= CLEAR + SHORTEST && ht_be16_at(encrypted, len - 2) == len - CLEAR;
}

static bool fits_crypt(struct ht_bytes bytes)
{
    enum { SHORTEST = 1 + 4, LONGEST = 64 };
    const struct openvpn_framing crypt = {.wrapping = OPENVPN_TLS_CRYPT};
    struct openvpn_packet packet;
    if (!openvpn_packet_read(bytes, crypt, &packet) || packet.key_id != 0 ||
        !openvpn_is_hard_reset(packet.opcode) || !looks_random(packet.session_id) ||
        !early_replay(&packet)) {
        return false;
    }
    if (packet.opcode == OPENVPN_HARD_RESET_CLIENT_V3) {
        return ends_with_client_key(packet.payload);
    }
    return packet.payload.len >= SHORTEST && packet.payload.len <= LONGEST;
}

/* The framing in clear that fits; the HMACs are those of the digests that OpenSSL has. */
static struct openvpn_framing find_clear(struct ht_bytes bytes,
                                         bool (*fits)(struct ht_bytes, struct openvpn_framing))
{
    static const struct openvpn_framing clear[] = {{OPENVPN_PLAIN, 0},     {OPENVPN_TLS_AUTH, 16},
                                                   {OPENVPN_TLS_AUTH, 20}, {OPENVPN_TLS_AUTH, 28},
                                                   {OPENVPN_TLS_AUTH, 32}, {OPENVPN_TLS_AUTH, 48},
                                                   {OPENVPN_TLS_AUTH, 64}};
    for (size_t i = 0; i < HT_ARRAY_LEN(clear); i++) {
        if (fits(bytes, clear[i])) {
            return clear[i];
        }
    }
    return (struct openvpn_framing){.wrapping = OPENVPN_UNKNOWN};
}

struct openvpn_framing openvpn_detect(struct ht_bytes bytes)
{
    struct openvpn_framing found = find_clear(bytes, fits_beginning);
    if (found.wrapping == OPENVPN_UNKNOWN && fits_crypt(bytes)) {
        found.wrapping = OPENVPN_TLS_CRYPT;
    }
    return found;
}

struct openvpn_framing openvpn_detect_amid(struct ht_bytes bytes)
{
    return find_clear(bytes, fits_amid);
}
