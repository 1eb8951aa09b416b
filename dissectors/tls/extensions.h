/*
 * The extensions of the two hellos (RFC 8446 section 4.2): a table each of what is read of them.
 * Reading one more is one function and one row.
 */
#ifndef HT_TLS_EXTENSIONS_H
#define HT_TLS_EXTENSIONS_H

#include "tls/tls.h"

/* tls_take_vector is rd_vec for a list: where fewer bytes are left than its length says, it views
 * those and then fails. */
struct ht_bytes tls_take_vector(struct ht_reader *r, unsigned width);

/* tls_take_uint16s is tls_take_vector for a list of 16-bit values. Of an odd number of bytes the
 * last is left out, and the reader fails. */
struct ht_bytes tls_take_uint16s(struct ht_reader *r, unsigned width);

/* tls_extension_types gathers the types in an extensions block (without its length), in wire
 * order, packed, in `scratch`. One that is cut is left out. */
struct ht_bytes tls_extension_types(struct ht_bytes block, struct ht_arena *scratch);

/* These fill `out` from an extensions block. Of an extension that is there twice the first counts.
 * False where the block, or the content of one that has a row, is malformed; the others are read.
 */
bool tls_client_extensions_parse(struct ht_bytes block, struct ht_arena *scratch,
                                 struct tls_client_hello *out);
bool tls_server_extensions_parse(struct ht_bytes block, struct ht_arena *scratch,
                                 struct tls_server_hello *out);

#endif
