#include "proxy/common.h"

#include <arpa/inet.h>

void proxy_client(struct proxy_state *s, struct ht_emitter *e, enum ht_side client)
{
    if (!s->claimed) {
        s->claimed = true;
        s->client  = client;
        ht_claim_client(e, client, "command");
    }
}

struct ht_bytes proxy_keep(struct ht_emitter *e, struct ht_bytes text)
{
    return ht_arena_copy(e->arena, ht_bytes_head(text, PROXY_MAX_TEXT));
}

bool proxy_number(struct ht_bytes digits, uint32_t *out)
{
    enum { MAX_DIGITS = 9 };
    *out = 0;
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.ptr[i] < '0' || digits.ptr[i] > '9' || i == MAX_DIGITS) {
            return false;
        }
        *out = *out * 10 + digits.ptr[i] - '0';
    }
    return digits.len > 0;
}

bool proxy_address(struct ht_bytes text, struct ht_address *out)
{
    char room[INET6_ADDRSTRLEN];
    uint8_t binary[sizeof out->bytes];
    *out = (struct ht_address){0};
    if (text.len == 0 || text.len >= sizeof room || memchr(text.ptr, 0, text.len) != NULL) {
        return false;
    }
    memcpy(room, text.ptr, text.len);
    room[text.len] = '\0';
    if (inet_pton(AF_INET, room, binary) == 1) {
        *out = ht_address4(binary);
    } else if (inet_pton(AF_INET6, room, binary) == 1) {
        *out = ht_address6(binary);
    }
    return out->version != 0;
}
