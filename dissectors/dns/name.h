/*
 * Domain names on the wire (RFC 1035 sections 3.1 and 4.1.4).
 */
#ifndef HT_DNS_NAME_H
#define HT_DNS_NAME_H

#include "dns/text.h"

/* dns_name_parse reads the name at `r`, which reads within `message`, and writes it in presentation
 * form: without the last dot, "." for the root; a dot or backslash in a label escaped by a
 * backslash, other octets than ! to ~ as \DDD (RFC 4343 section 2.1). The reader fails, and what
 * was written is not to be used, where the name is longer than 255 octets, has labels of unknown
 * type, or a pointer that does not lead backwards. The work is bounded by 127 labels and as many
 * pointers. */
bool dns_name_parse(struct ht_reader *r, struct ht_bytes message, struct dns_text *out);

/* dns_name_skip steps over a name that is not compressed; any other makes the reader fail. */
void dns_name_skip(struct ht_reader *r);

enum { DNS_NAMES_KEPT = 4 };

/* The latest names of one message: most names of an answer only point at one of them, or at its
 * last labels. With `num` 0 it is valid, whatever else it has. */
struct dns_names {
    struct {
        struct ht_bytes text;
        size_t at;     /* where in the message, and */
        size_t octets; /* of the labels there that the text has as they are; 0: it escapes some */
    } kept[DNS_NAMES_KEPT];
    unsigned num;
};

/* dns_name_read is dns_name_parse, but a name that was read before is not written again. Returns
 * the text, which was done; empty where the reader fails. */
struct ht_bytes dns_name_read(struct ht_reader *r, struct ht_bytes message, struct dns_names *names,
                              struct dns_text *out);

#endif
