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
