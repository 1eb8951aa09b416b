/*
 * Domain names on the wire (RFC 1035 sections 3.1 and 4.1.4).
 */
#ifndef HT_DNS_NAME_H
#define HT_DNS_NAME_H

#include "dns/text.h"

enum { DNS_NAMES_KEPT = 4 };

/* A name that was read. */
struct dns_name {
    struct ht_bytes text;
    size_t at;       /* where in the message, and */
    uint16_t plain;  /* octets of labels there that the text has as they are; 0: it escapes some */
    uint16_t octets; /* of the whole name, with the root's */
    uint16_t pointers; /* that were followed */
};

/* A message, and the latest names of it: most names of an answer only point at one of them, or at
 * its last labels, or end with such a pointer. With `num` 0 it is valid, whatever is kept. */
struct dns_names {
    struct ht_bytes message;
    struct dns_name kept[DNS_NAMES_KEPT];
    unsigned num;
};

/* dns_name_parse reads the name at `r`, which reads within the message, and writes it in
 * presentation form: without the last dot, "." for the root; a dot or backslash in a label escaped
 * by a backslash, other octets than ! to ~ as \DDD (RFC 4343 section 2.1). The reader fails, and
 * what was written is not to be used, where the name is longer than 255 octets, has labels of
 * unknown type, or a pointer that does not lead backwards. The work is bounded by 127 labels and as
 * many pointers. */
bool dns_name_parse(struct ht_reader *r, const struct dns_names *names, struct dns_text *out);

/* dns_name_read is dns_name_parse, but a name that was read before is not written again, and one
 * that is written is kept. Returns the text, which was done; empty where the reader fails. */
struct ht_bytes dns_name_read(struct ht_reader *r, struct dns_names *names, struct dns_text *out);

/* dns_name_skip steps over a name that is not compressed; any other makes the reader fail. */
void dns_name_skip(struct ht_reader *r);

#endif
