#include "tls/transcript.h"

enum { SERVER_HELLO_DONE = 14, MESSAGE_HASH = 254, HEADER = 4 };

void tls_transcript_add(struct tls_transcript *transcript, struct ht_arena *arena, unsigned side,
                        struct ht_bytes message)
{
    struct tls_spoken *spoken = &transcript->spoken[side];
    struct ht_bytes copy      = spoken->len < TLS_MAX_SPOKEN && message.len <= TLS_MAX_SPOKEN_BYTES
                                    ? ht_arena_copy(arena, message)
                                    : ht_bytes(NULL, 0);
    if (copy.len == message.len && copy.len > 0) {
        spoken->message[spoken->len++] = copy;
    } else {
        spoken->broken = true;
    }
}

void tls_transcript_break(struct tls_transcript *transcript, unsigned side)
{
    transcript->spoken[side].broken = true;
}

bool tls_transcript_has(const struct tls_transcript *transcript, unsigned side, uint8_t type)
{
    const struct tls_spoken *spoken = &transcript->spoken[side];
    for (size_t i = 0; i < spoken->len; i++) {
        if (spoken->message[i].ptr[0] == type) {
            return true;
        }
    }
    return false;
}

static size_t put_message(uint8_t *to, struct ht_bytes message, size_t left_out)
{
    struct ht_bytes header = ht_bytes_head(message, HEADER);
    struct ht_bytes rest   = ht_bytes_from(message, header.len + left_out);
    memcpy(to, header.ptr, header.len);
    if (rest.len > 0) {
        memcpy(to + header.len, rest.ptr, rest.len);
    }
    return header.len + rest.len;
}

/* Appends messages from `first` to before `end`. */
static size_t put(uint8_t *to, const struct tls_spoken *spoken, size_t first, size_t end,
                  size_t left_out)
{
    size_t len = 0;
    for (size_t i = first; i < end && i < spoken->len; i++) {
        len += put_message(to + len, spoken->message[i], left_out);
    }
    return len;
}

/* RFC 8446 section 4.4.1: after a HelloRetryRequest a message_hash stands for the first message. */
static size_t put_hash(uint8_t *to, const struct tls_spoken *spoken,
                       const struct tls_speaker *speaker)
{
    uint8_t hash[HT_DIGEST_MAX];
    size_t message = put_message(to, spoken->message[0], speaker->left_out);
    size_t len     = ht_digest(NULL, speaker->digest, hash, ht_bytes(to, message));
    to[0]          = MESSAGE_HASH;
    to[1] = to[2] = 0;
    to[3]         = (uint8_t)len;
    memcpy(to + HEADER, hash, len);
    return HEADER + len;
}

static size_t length(const struct tls_spoken *spoken)
{
    size_t len = 0;
    for (size_t i = 0; i < spoken->len; i++) {
        len += spoken->message[i].len;
    }
    return len;
}

/* How many of the server's messages it says before it waits for the client: up to ServerHelloDone;
 * all where there is none (resumption, TLS 1.3). */
static size_t turn_of(const struct tls_spoken *server)
{
    for (size_t i = 0; i < server->len; i++) {
        if (server->message[i].ptr[0] == SERVER_HELLO_DONE) {
            return i + 1;
        }
    }
    return SIZE_MAX;
}

struct ht_bytes tls_transcript_join(const struct tls_transcript *transcript,
                                    struct ht_arena *scratch, const struct tls_speaker *speaker)
{
    const struct tls_spoken *client = &transcript->spoken[speaker->client];
    const struct tls_spoken *server = &transcript->spoken[1 - speaker->client];
    size_t first                    = speaker->retry ? 1 : 0; /* of each, after the retry */
    size_t turn                     = turn_of(server);
    if (client->broken || server->broken || client->len <= first || server->len <= first) {
        return ht_bytes(NULL, 0);
    }
    uint8_t *whole =
        ht_arena_alloc(scratch, HEADER + HT_DIGEST_MAX + length(client) + length(server));
    if (whole == NULL) {
        return ht_bytes(NULL, 0);
    }
    size_t out = speaker->left_out, len = 0;
    len += speaker->retry ? put_hash(whole, client, speaker) : 0;
    len += put(whole + len, server, 0, first, out);
    len += put(whole + len, client, first, first + 1, out);
    len += put(whole + len, server, first, turn, out);
    if (speaker->side == speaker->client || turn != SIZE_MAX) {
        len += put(whole + len, client, first + 1, SIZE_MAX, out);
    }
    if (speaker->side != speaker->client && turn != SIZE_MAX) {
        len += put(whole + len, server, turn, SIZE_MAX, out);
    }
    return ht_bytes(whole, len);
}
