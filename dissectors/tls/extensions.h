/*
 * The extensions of the hellos (RFC 8446 section 4.2): a table for each message of what is read of
 * them, in extensions_client.c and extensions_server.c. Reading one more is one function and one
 * row. An extension without a row is told by its number alone.
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

/* tls_take_list reads a vector of vectors, `opaque item<..2^(8*item_width)-1> list<..>`, and
 * gathers views of the items in `scratch`. One that is empty makes the reader fail. */
struct ht_texts tls_take_list(struct ht_reader *r, unsigned width, unsigned item_width,
                              struct ht_arena *scratch);

/* tls_take_items is tls_take_list for items that go on to the end of what is read. */
struct ht_texts tls_take_items(struct ht_reader *r, unsigned item_width, struct ht_arena *scratch);

/* tls_take_named reads a value of a registry of `width` bytes; unset where it is not there. */
struct ht_named tls_take_named(struct ht_reader *r, unsigned width);

/* tls_take_fragment_length reads the code of RFC 6066 section 4 and returns the length in bytes; 0
 * where it is none of the four, and the reader fails. */
uint16_t tls_take_fragment_length(struct ht_reader *r);

/* tls_take_heartbeat reads the mode of RFC 6520 section 2; NULL where it is neither of the two, and
 * the reader fails. */
const char *tls_take_heartbeat(struct ht_reader *r);

/* An extension at hand: what is left of its content, and where lists may be gathered. */
struct tls_extension {
    struct ht_reader content;
    struct ht_arena *scratch;
    uint16_t type;
};

typedef void tls_extension_read(struct tls_extension *extension, void *out);

struct tls_extension_row {
    uint16_t type;
    tls_extension_read *read;
};

enum { TLS_LOW_EXTENSIONS = 64 };

/* Who reads which extension of a message: IANA's numbers by index, the others in a short list. */
struct tls_extension_readers {
    tls_extension_read *low[TLS_LOW_EXTENSIONS]; /* by type; NULL: not read */
    const struct tls_extension_row *high;
    size_t num_high; /* up to 64 */
};

/* tls_extensions_read hands each extension of the block (without its length) to its reader, with
 * `out`. Of one that is there twice the first counts. `types` (NULL: nobody asks) becomes the types
 * of all that are not cut, in wire order, packed, in `scratch`. False where the block, or the
 * content of one, is malformed; the others are read. */
bool tls_extensions_read(struct ht_bytes block, struct ht_arena *scratch,
                         const struct tls_extension_readers *readers, void *out,
                         struct ht_bytes *types);

/* tls_extension_read_one hands one extension, of which no other of its type is there, to its
 * reader; false where its content is malformed. */
bool tls_extension_read_one(const struct tls_extension_readers *readers,
                            struct tls_extension *extension, void *out);

/* tls_client_extensions_reread and tls_server_extensions_reread read these extensions of a hello of
 * which all else is in `out`; false where one is malformed. */
bool tls_client_extensions_reread(struct tls_extension *extensions, size_t num,
                                  struct ht_arena *scratch, struct tls_client_hello *out);
bool tls_server_extensions_reread(struct tls_extension *extensions, size_t num,
                                  struct ht_arena *scratch, struct tls_server_hello *out);

/* tls_extension_empty is the reader of those that have no content. */
void tls_extension_empty(struct tls_extension *extension, void *out);

/* tls_keep_extensions copies `object`, of a struct described by `type`, into `scratch`, as it is;
 * NULL where no field of it is present. */
void *tls_keep_extensions(struct ht_arena *scratch, const struct ht_struct *type,
                          const void *object);

/* These fill `out` from an extensions block; false as by tls_extensions_read. */
bool tls_client_extensions_parse(struct ht_bytes block, struct ht_arena *scratch,
                                 struct tls_client_hello *out);
bool tls_server_extensions_parse(struct ht_bytes block, struct ht_arena *scratch,
                                 struct tls_server_hello *out);

/* Those of the leaf in a Certificate message of TLS 1.3 (RFC 8446 section 4.4.2). */
bool tls_certificate_extensions_parse(struct ht_bytes block, struct ht_arena *scratch,
                                      struct tls_certificate *out);

#endif
