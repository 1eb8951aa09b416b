/*
 * What resource records hold, in the presentation form of the RFC that defines each type.
 */
#ifndef HT_DNS_RDATA_H
#define HT_DNS_RDATA_H

#include "dns/name.h"

/* dns_rdata_print writes the data of a record of `type`. `rdata` is a view of a part of the
 * message, into which compressed names in it may point. A type without a known form is written as
 * RFC 3597 section 5 has it: \# length hexadecimal. False where the data break the type's form;
 * what was written then is not to be used. */
bool dns_rdata_print(struct dns_text *out, uint16_t type, struct ht_bytes rdata,
                     const struct dns_names *names);

/* dns_rdata_print_unknown writes \# length hexadecimal. */
void dns_rdata_print_unknown(struct dns_text *out, struct ht_bytes rdata);

/* dns_type_name returns the type's name, or TYPE65400 (RFC 3597 section 5), which is done. */
struct ht_bytes dns_type_name(struct dns_text *out, uint16_t type);

/* dns_type_print writes it. */
void dns_type_print(struct dns_text *out, uint16_t type);

/* dns_rdata_print_special writes what only one type or two have; `letter` as in rdata.c. The reader
 * fails where it is malformed. */
void dns_rdata_print_special(struct dns_text *out, char letter, struct ht_reader *r,
                             const struct dns_names *names);

/* dns_svc_params_print writes the parameters of an SVCB or HTTPS record (RFC 9460 section 2.1), a
 * space before each. False where they are malformed: keys not rising, values not of their form. */
bool dns_svc_params_print(struct dns_text *out, struct ht_reader *r);

#endif
