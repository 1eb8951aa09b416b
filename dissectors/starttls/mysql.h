/*
 * The first packet of each side of MySQL's and MariaDB's protocol. Private to this folder and its
 * tests.
 */
#ifndef HT_STARTTLS_MYSQL_H
#define HT_STARTTLS_MYSQL_H

#include "starttls/upgrade.h"

enum { MYSQL_CLIENT_PROTOCOL_41 = 0x200, MYSQL_CLIENT_SSL = 0x800 };

/* Protocol::HandshakeV10. */
struct mysql_greeting {
    struct ht_bytes version;
    uint32_t capabilities;
    struct ht_bytes plugin; /* of authentication */
};

/* mysql_greeting_parse reads the payload of the server's first packet. */
bool mysql_greeting_parse(struct ht_bytes payload, struct mysql_greeting *out);

/* mysql_capabilities_parse reads what a client's first packet, SSLRequest or HandshakeResponse,
 * begins with. */
bool mysql_capabilities_parse(struct ht_bytes payload, uint32_t *out);

#endif
