/*
 * What the dissectors of this folder share. Private to it and its tests.
 */
#ifndef HT_PROXY_COMMON_H
#define HT_PROXY_COMMON_H

#include "dissect/dissector.h"
#include "proxy/proxy.h"
#include "starttls/begins.h"

/* The state of a dissector of this folder begins with this. */
struct proxy_state {
    struct proxy_details details;
    enum ht_side client;
    bool claimed; /* who the client is was told */
    bool through; /* what follows is not the proxy's */
};

/* proxy_client says, once, that `client` is the client. */
void proxy_client(struct proxy_state *s, struct ht_emitter *e, enum ht_side client);

/* proxy_keep copies a text into the flow's memory, at most PROXY_MAX_TEXT bytes of it. */
struct ht_bytes proxy_keep(struct ht_emitter *e, struct ht_bytes text);

/* proxy_address reads an address as people write it; false where it is none. */
bool proxy_address(struct ht_bytes text, struct ht_address *out);

#endif
