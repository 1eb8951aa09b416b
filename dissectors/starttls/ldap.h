/*
 * The messages of LDAP that matter for StartTLS. Private to this folder and its tests.
 */
#ifndef HT_STARTTLS_LDAP_H
#define HT_STARTTLS_LDAP_H

#include "starttls/upgrade.h"

/* LDAPMessage (RFC 4511 section 4.1.1), as far as it is of interest. */
struct ldap_message {
    uint32_t id;
    uint8_t operation;         /* the tag of protocolOp */
    struct ht_bytes body;      /* its content, as far as it is there */
    struct ht_bytes name;      /* of an extended operation, in dotted decimal */
    uint8_t result;            /* of a response */
    struct ht_bytes text;      /* its diagnostic message */
    const char *method;        /* of a BindRequest that carries credentials: "simple", "sasl" */
    struct ht_bytes mechanism; /* of SASL */
};

enum {
    LDAP_BIND_REQUEST      = 0x60,
    LDAP_SEARCH_ENTRY      = 0x64,
    LDAP_EXTENDED_REQUEST  = 0x77,
    LDAP_EXTENDED_RESPONSE = 0x78
};

/* ldap_header_parse reads tag and length of the message at the head of `in`: the length of the
 * whole in `*out_len`, 0 where its header is not all there. False where this is no message. */
bool ldap_header_parse(struct ht_bytes in, size_t *out_len);

/* ldap_message_parse reads a message of which at least the beginning is there. */
bool ldap_message_parse(struct ht_bytes in, struct ldap_message *out);

#endif
