/*
 * What messages of the NetBIOS name service have that those of DNS have not (RFC 1001, RFC 1002).
 */
#ifndef HT_DNS_NETBIOS_H
#define HT_DNS_NETBIOS_H

#include "dns/text.h"

extern const struct ht_registry dns_netbios_types, dns_netbios_opcodes, dns_netbios_rcodes;

/* dns_netbios_name decodes a name that dns_name_parse wrote (RFC 1001 section 14.1): what fills it
 * up is left out, its last octet, which says what the name is for, is written as <1d>, and the
 * scope, if any, follows behind a dot. What is not so encoded comes back as it is. */
struct ht_bytes dns_netbios_name(struct dns_text *text, struct ht_bytes encoded);

/* dns_netbios_rdata_print writes the data of a record (RFC 1002 section 4.2), its items with a
 * comma between them. Of NB: address, kind of node, "group" where the name is one. Of NBSTAT: the
 * names of the node, and its unit's address. Other types are written as dns_rdata_print_unknown has
 * it. False where the data break the type's form; what was written then is not to be used. */
bool dns_netbios_rdata_print(struct dns_text *out, uint16_t type, struct ht_bytes rdata);

#endif
