/*
 * XMPP's XML, tag by tag. Private to this folder and its tests.
 */
#ifndef HT_STARTTLS_XMPP_H
#define HT_STARTTLS_XMPP_H

#include "starttls/upgrade.h"

struct xmpp_tag {
    struct ht_bytes name; /* without its prefix */
    bool closing;         /* </name> */
    bool empty;           /* <name/> */
    struct ht_bytes to, from, id, xmlns, mechanism;
};

/* xmpp_tag_parse reads one tag, from '<' to '>'. */
bool xmpp_tag_parse(struct ht_bytes in, struct xmpp_tag *out);

#endif
