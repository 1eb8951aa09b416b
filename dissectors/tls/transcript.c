#include "tls/transcript.h"

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

/* Appends messages from `first` to before `end`. */
static size_t put(uint8_t *to, const struct tls_spoken *spoken, size_t first, size_t end)
{
    size_t len = 0;
    for (size_t i = first; i < end; i++) {
        memcpy(to + len, spoken->message[i].ptr, spoken->message[i].len);
        len += spoken->message[i].len;
    }
    return len;
}

static size_t length(const struct tls_spoken *spoken)
{
    size_t len = 0;
    for (size_t i = 0; i < spoken->len; i++) {
        len += spoken->message[i].len;
    }
    return len;
}

struct ht_bytes tls_transcript_join(const struct tls_transcript *transcript,
                                    struct ht_arena *scratch, unsigned client)
{
    const struct tls_spoken *mine = &transcript->spoken[client];
    const struct tls_spoken *peer = &transcript->spoken[1 - client];
    if (mine->broken || peer->broken || mine->len == 0 || peer->len == 0) {
        return ht_bytes(NULL, 0);
    }
    uint8_t *whole = ht_arena_alloc(scratch, length(mine) + length(peer));
    if (whole == NULL) {
        return ht_bytes(NULL, 0);
    }
    size_t len = put(whole, mine, 0, 1);
    len += put(whole + len, peer, 0, peer->len);
    len += put(whole + len, mine, 1, mine->len);
    return ht_bytes(whole, len);
}
