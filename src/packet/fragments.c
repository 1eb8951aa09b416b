#include "packet/fragments.h"

#include "base/hash.h"
#include "base/time.h"

#include <stdlib.h>

enum {
    BUCKETS         = 4096,
    MAX_DATAGRAM    = 65535,
    MAX_PIECES      = MAX_DATAGRAM / 8 + 2,
    MAX_NESTED      = 8, /* fragments in a datagram of fragments; tunnels go no deeper */
    IPV6_HEADER     = 40,
    FRAGMENT_HEADER = 8,                                            /* of IPv6 */
    MAX_PACKET      = MAX_DATAGRAM + IPV6_HEADER + FRAGMENT_HEADER, /* its length counts neither */
    MAX_BYTES       = 2 * MAX_PACKET, /* of a datagram: data and headers, each at the most */
    MAX_OUT         = 1 << 20 /* a frame: what is before the datagram can be long, not so long */
};

/* As Linux waits. RFC 8200 allows twice as long, but at high rates IPv4 ids come again sooner. */
#define TIMEOUT_NS (UINT64_C(30) * HT_SECOND_NS)

/* Who sent it to whom, and which one. An IPv6 fragment's id is enough without the protocol, which
 * only the first fragment tells for sure (RFC 8200). */
struct key {
    struct ht_address source, destination;
    uint64_t tunnel; /* a hash of the tunnels that it is in */
    uint32_t id;
    uint8_t protocol;
};

/* One fragment as it came, read. */
struct fragment {
    struct key key;
    uint32_t offset, end; /* in the datagram's data */
    bool more;
    struct ht_bytes header; /* all before the data, in IPv6 with the fragment header */
    struct ht_bytes data;   /* as far as captured */
};

/* A stretch of data. Those of a datagram are disjoint, by rising offset. */
struct piece {
    uint32_t offset, end;
    uint32_t captured; /* bytes of it that are there */
    uint32_t at;       /* where, in `bytes` */
};

struct ht_fragmented {
    struct ht_fragmented *chain; /* in its bucket */
    struct ht_fragmented *newer, *older;
    struct key key;
    uint64_t hash;
    int64_t time_ns;                /* of the first fragment that came */
    struct ht_buffer bytes;         /* as they came */
    struct ht_buffer pieces;        /* of struct piece */
    uint32_t header_at, header_len; /* of the first fragment, in `bytes`; 0: it did not come yet */
    uint32_t total;                 /* bytes of data; 0: the last fragment did not come yet */
    uint32_t received;              /* of them */
    bool refused;                   /* for an overlap: what else comes of it is dropped */
    bool done;
};

enum overlap { FITS, IS_DUPLICATE, OVERLAPS };

static const struct piece *pieces_of(const struct ht_fragmented *d)
{
    return (const void *)d->pieces.ptr;
}

static size_t num_pieces(const struct ht_fragmented *d)
{
    return d->pieces.len / sizeof(struct piece);
}

static bool same_key(const struct key *a, const struct key *b)
{
    return a->id == b->id && a->protocol == b->protocol && a->tunnel == b->tunnel &&
           ht_address_equal(&a->source, &b->source) &&
           ht_address_equal(&a->destination, &b->destination);
}

static uint64_t hash_address(const struct ht_address *address, uint64_t seed)
{
    return ht_hash(ht_bytes(address->bytes, sizeof address->bytes), seed);
}

static uint64_t hash_of(const struct key *key, uint64_t seed)
{
    uint64_t hash = hash_address(&key->destination, hash_address(&key->source, seed));
    return ht_mix(hash ^ key->tunnel, (uint64_t)key->id << 8 | key->protocol);
}

/* Reads the fragment out of the headers that were decoded; false: no datagram can have it. */
static bool fragment_read(struct fragment *out, const struct ht_packet *packet)
{
    struct ht_bytes header = ht_bytes(packet->ip.ptr, packet->ip.len - packet->payload.len);
    struct ht_bytes numbers; /* what tells offset and identification */
    *out                 = (struct fragment){.header = header, .data = packet->payload};
    out->key.source      = packet->source.address;
    out->key.destination = packet->destination.address;
    if (packet->source.address.version == 4) {
        numbers           = ht_bytes_from(header, 4);
        out->key.id       = ht_be16_at(numbers, 0);
        out->offset       = (ht_be16_at(numbers, 2) & 0x1FFFU) * 8;
        out->more         = (ht_be16_at(numbers, 2) & 0x2000) != 0;
        out->key.protocol = packet->protocol;
    } else {
        numbers     = ht_bytes_from(header, header.len - FRAGMENT_HEADER);
        out->key.id = ht_be32_at(numbers, 4);
        out->offset = ht_be16_at(numbers, 2) & 0xFFF8U;
        out->more   = (ht_be16_at(numbers, 2) & 1) != 0;
    }
    size_t uncounted = packet->source.address.version == 4 ? 0 : IPV6_HEADER + FRAGMENT_HEADER;
    out->end         = out->offset + packet->payload_len;
    return packet->payload_len > 0 && header.len + out->end <= MAX_DATAGRAM + uncounted &&
           header.len + packet->payload_len == packet->ip_len && /* else the frame was too short */
           (!out->more || packet->payload_len % 8 == 0);
}

/* All fragments of a datagram are in the same tunnel; in another the same addresses may be somebody
 * else's. The layers below IP are left out: a mirror port may have changed them. */
static uint64_t tunnel_of(const struct ht_packet *packet)
{
    uint64_t hash = 0;
    for (size_t i = 0; i < packet->num_layers; i++) {
        const struct ht_layer *layer = &packet->layers[i];
        if (layer->type >= HT_LAYER_IP_IN_IP) {
            hash = ht_mix(hash ^ layer->id, layer->type);
            hash = hash_address(&layer->source.address, hash);
            hash = hash_address(&layer->destination.address, hash);
        }
    }
    return hash;
}

static void append(struct ht_fragmented_list *list, struct ht_fragmented *d)
{
    d->newer                                                       = NULL;
    d->older                                                       = list->newest;
    *(list->newest != NULL ? &list->newest->newer : &list->oldest) = d;
    list->newest                                                   = d;
    list->len++;
}

static void take_out(struct ht_fragmented_list *list, struct ht_fragmented *d)
{
    *(d->older != NULL ? &d->older->newer : &list->oldest) = d->newer;
    *(d->newer != NULL ? &d->newer->older : &list->newest) = d->older;
    list->len--;
}

static void drop(struct ht_fragments *f, struct ht_fragmented *d)
{
    struct ht_fragmented **link = &f->buckets[d->hash % BUCKETS];
    while (*link != d) {
        link = &(*link)->chain;
    }
    *link = d->chain;
    take_out(d->done ? &f->done : &f->waiting, d);
    f->counts.incomplete += !d->done && !d->refused;
    ht_buffer_free(&d->bytes);
    ht_buffer_free(&d->pieces);
    ht_budget_give(&f->budget, sizeof *d);
    free(d);
}

static void evict(struct ht_fragments *f, struct ht_fragmented *d)
{
    f->counts.evicted += !d->done && !d->refused;
    drop(f, d);
}

/* Makes room for `d`, complete datagrams first; false: there is nothing else. */
static bool make_room(struct ht_fragments *f, const struct ht_fragmented *d)
{
    struct ht_fragmented *oldest = f->done.oldest != NULL ? f->done.oldest : f->waiting.oldest;
    if (oldest == d && d != NULL) {
        oldest = d->newer;
    }
    if (oldest != NULL) {
        evict(f, oldest);
    }
    return oldest != NULL;
}

static bool keep_bytes(struct ht_fragments *f, const struct ht_fragmented *d,
                       struct ht_buffer *buffer, struct ht_bytes bytes)
{
    bool kept = ht_buffer_append(buffer, bytes);
    while (!kept && make_room(f, d)) {
        kept = ht_buffer_append(buffer, bytes);
    }
    return kept;
}

/* Files are not always in order of time: what lies so far apart, either way, is of two. */
static bool is_over(const struct ht_fragmented *d, int64_t now_ns)
{
    return (uint64_t)now_ns - (uint64_t)d->time_ns + TIMEOUT_NS > 2 * TIMEOUT_NS; /* or wraps */
}

static void expire(struct ht_fragments *f, int64_t now_ns)
{
    while (f->waiting.oldest != NULL && is_over(f->waiting.oldest, now_ns)) {
        drop(f, f->waiting.oldest);
    }
    while (f->done.oldest != NULL && is_over(f->done.oldest, now_ns)) {
        drop(f, f->done.oldest);
    }
}

static struct ht_fragmented *find(const struct ht_fragments *f, const struct key *key,
                                  uint64_t hash)
{
    struct ht_fragmented *d = f->buckets[hash % BUCKETS];
    while (d != NULL && (d->hash != hash || !same_key(&d->key, key))) {
        d = d->chain;
    }
    return d;
}

static struct ht_fragmented *begin(struct ht_fragments *f, const struct key *key, uint64_t hash,
                                   int64_t time_ns)
{
    if (f->waiting.len >= HT_MAX_FRAGMENTED) {
        evict(f, f->waiting.oldest);
    }
    while (!ht_budget_take(&f->budget, sizeof(struct ht_fragmented))) {
        if (!make_room(f, NULL)) {
            return NULL;
        }
    }
    struct ht_fragmented *d = malloc(sizeof *d);
    if (d == NULL) {
        ht_budget_give(&f->budget, sizeof *d);
        return NULL;
    }
    *d = (struct ht_fragmented){
        .chain   = f->buckets[hash % BUCKETS],
        .key     = *key,
        .hash    = hash,
        .time_ns = time_ns,
        .bytes   = {.max = MAX_BYTES, .budget = &f->budget},
        .pieces  = {.max = MAX_PIECES * sizeof(struct piece), .budget = &f->budget}};
    f->buckets[hash % BUCKETS] = d;
    append(&f->waiting, d);
    return d;
}

/* The first piece that ends after `offset`, by its place. */
static size_t place_after(const struct ht_fragmented *d, uint32_t offset)
{
    size_t low = 0, high = num_pieces(d);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (pieces_of(d)[middle].end <= offset) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Whether piece and fragment say the same where both were captured. */
static bool is_same(const struct ht_fragmented *d, const struct piece *p,
                    const struct fragment *fragment)
{
    uint32_t from = p->offset > fragment->offset ? p->offset : fragment->offset;
    if (p->captured == 0) { /* and perhaps nothing of any piece: then there are no bytes at all */
        return true;
    }
    struct ht_bytes is =
        ht_bytes_from(ht_bytes(d->bytes.ptr + p->at, p->captured), from - p->offset);
    struct ht_bytes be = ht_bytes_from(fragment->data, from - fragment->offset);
    size_t len         = is.len < be.len ? is.len : be.len;
    return len == 0 || memcmp(is.ptr, be.ptr, len) == 0;
}

/* RFC 8200 takes no overlap but exact duplicates, "which may have been duplicated in the network".
 * Of IPv4 fragments some overlap by honest mistake, and then say the same. */
static enum overlap overlap_of(const struct ht_fragmented *d, const struct fragment *fragment)
{
    size_t i            = place_after(d, fragment->offset);
    bool exact_only     = fragment->key.source.version == 6;
    enum overlap result = FITS;
    uint32_t last       = num_pieces(d) > 0 ? pieces_of(d)[num_pieces(d) - 1].end : 0;
    uint32_t total      = fragment->more ? d->total : fragment->end;
    if ((d->total != 0 && d->total != total) ||
        (total != 0 && (last > total || fragment->end > total))) {
        return OVERLAPS; /* there is data after the end */
    }
    for (; i < num_pieces(d) && pieces_of(d)[i].offset < fragment->end; i++) {
        const struct piece *p = &pieces_of(d)[i];
        bool exact            = p->offset == fragment->offset && p->end == fragment->end;
        if (!is_same(d, p, fragment) || (exact_only && !exact)) {
            return OVERLAPS;
        }
        result = p->offset <= fragment->offset && p->end >= fragment->end ? IS_DUPLICATE : result;
    }
    return result;
}

/* Keeps the fragment's data from `from` to `to`, of which nothing is there, at place `i`. */
static bool keep_piece(struct ht_fragments *f, struct ht_fragmented *d, size_t i,
                       const struct fragment *fragment, uint32_t from, uint32_t to)
{
    struct ht_bytes data =
        ht_bytes_head(ht_bytes_from(fragment->data, from - fragment->offset), to - from);
    struct piece piece = {
        .offset = from, .end = to, .captured = (uint32_t)data.len, .at = (uint32_t)d->bytes.len};
    if (!keep_bytes(f, d, &d->bytes, data) ||
        !keep_bytes(f, d, &d->pieces, ht_bytes(&piece, sizeof piece))) {
        return false;
    }
    struct piece *pieces = (void *)d->pieces.ptr;
    memmove(&pieces[i + 1], &pieces[i], (num_pieces(d) - 1 - i) * sizeof piece);
    pieces[i] = piece;
    d->received += to - from;
    return true;
}

/* Keeps what the fragment brings, between what is there. */
static bool keep(struct ht_fragments *f, struct ht_fragmented *d, const struct fragment *fragment)
{
    uint32_t at = fragment->offset;
    bool kept   = true;
    for (size_t i = place_after(d, at); kept && at < fragment->end; i++) {
        bool is_last  = i >= num_pieces(d) || pieces_of(d)[i].offset >= fragment->end;
        uint32_t to   = is_last ? fragment->end : pieces_of(d)[i].offset;
        uint32_t next = is_last ? fragment->end : pieces_of(d)[i].end;
        if (to > at) {
            kept = keep_piece(f, d, i, fragment, at, to);
            i += kept;
        }
        at = next;
    }
    if (kept && fragment->offset == 0 && d->header_len == 0) {
        d->header_at  = (uint32_t)d->bytes.len;
        d->header_len = (uint32_t)fragment->header.len;
        kept          = keep_bytes(f, d, &d->bytes, fragment->header);
    }
    d->total = fragment->more ? d->total : fragment->end;
    return kept;
}

/* An IPv4 header that says that this is all; in IPv6 a fragment header that does (RFC 6946) stays
 * where it is, so that none of the headers before it need be changed. A length that does not fit is
 * 0, which a decoder takes for "all that is there". */
static void mend_header(uint8_t *header, size_t len, uint32_t total, bool ipv4)
{
    uint8_t *length   = ipv4 ? header + 2 : header + 4;
    uint8_t *offset   = ipv4 ? header + 6 : header + len - FRAGMENT_HEADER + 2;
    size_t packet_len = ipv4 ? len + total : len - IPV6_HEADER + total;
    length[0]         = (uint8_t)(packet_len <= MAX_DATAGRAM ? packet_len >> 8 : 0);
    length[1]         = (uint8_t)(packet_len <= MAX_DATAGRAM ? packet_len : 0);
    offset[0]         = 0;
    offset[1]         = 0;
}

/* Appends the data up to the first byte that was not captured. */
static bool append_data(struct ht_buffer *out, const struct ht_fragmented *d)
{
    for (size_t i = 0; i < num_pieces(d); i++) {
        const struct piece *p = &pieces_of(d)[i];
        if (!ht_buffer_append(out, ht_bytes(d->bytes.ptr + p->at, p->captured))) {
            return false;
        }
        if (p->captured < p->end - p->offset) {
            break;
        }
    }
    return true;
}

/* Makes the frame of a complete datagram; false: no memory. */
static bool rebuild(struct ht_buffer *out, const struct ht_fragmented *d, struct ht_frame *frame,
                    const struct ht_packet *packet)
{
    struct ht_bytes before = ht_bytes(frame->data.ptr, (size_t)(packet->ip.ptr - frame->data.ptr));
    out->max               = MAX_OUT;
    out->len               = 0;
    if (!ht_buffer_append(out, before) ||
        !ht_buffer_append(out, ht_bytes(d->bytes.ptr + d->header_at, d->header_len)) ||
        !append_data(out, d)) {
        return false;
    }
    mend_header(out->ptr + before.len, d->header_len, d->total, d->key.source.version == 4);
    frame->data         = ht_buffer_view(out);
    frame->rebuilt      = (uint32_t)(out->len - before.len);
    frame->original_len = (uint32_t)before.len + d->header_len + d->total;
    return true;
}

/* The datagram that the fragment belongs to; NULL: no memory. One that is complete already is
 * another, unless this is a copy of what it was made of. */
static struct ht_fragmented *datagram_of(struct ht_fragments *f, const struct fragment *fragment,
                                         int64_t time_ns)
{
    uint64_t hash           = hash_of(&fragment->key, f->seed);
    struct ht_fragmented *d = find(f, &fragment->key, hash);
    if (d != NULL &&
        (is_over(d, time_ns) || (d->done && overlap_of(d, fragment) != IS_DUPLICATE))) {
        drop(f, d);
        d = NULL;
    }
    return d != NULL ? d : begin(f, &fragment->key, hash, time_ns);
}

static void refuse(struct ht_fragments *f, struct ht_fragmented *d)
{
    f->counts.overlaps++;
    d->refused = true;
    ht_buffer_free(&d->bytes);
    ht_buffer_free(&d->pieces);
}

/* The datagram that is complete with this fragment, or NULL. */
static struct ht_fragmented *add(struct ht_fragments *f, const struct fragment *fragment,
                                 int64_t time_ns)
{
    struct ht_fragmented *d = datagram_of(f, fragment, time_ns);
    if (d == NULL || d->refused) {
        return NULL;
    }
    enum overlap overlap = overlap_of(d, fragment);
    f->counts.duplicates += overlap == IS_DUPLICATE;
    if (overlap == OVERLAPS) {
        refuse(f, d);
        return NULL;
    }
    if (!d->done && !keep(f, d, fragment)) {
        drop(f, d);
        return NULL;
    }
    return !d->done && d->total != 0 && d->received == d->total ? d : NULL;
}

static void complete(struct ht_fragments *f, struct ht_fragmented *d)
{
    f->counts.datagrams++;
    if (f->done.len >= HT_MAX_FRAGMENTED_DONE) {
        drop(f, f->done.oldest);
    }
    take_out(&f->waiting, d);
    d->done = true;
    append(&f->done, d);
}

/* Whether the fragment made a datagram complete; `frame` is the datagram's then. */
static bool take(struct ht_fragments *f, struct ht_buffer *out, struct ht_frame *frame,
                 const struct ht_packet *packet)
{
    struct fragment fragment;
    if (!fragment_read(&fragment, packet)) {
        f->counts.malformed++;
        return false;
    }
    fragment.key.tunnel     = tunnel_of(packet);
    struct ht_fragmented *d = add(f, &fragment, frame->time_ns);
    if (d == NULL || !rebuild(out, d, frame, packet)) {
        return false;
    }
    complete(f, d);
    return true;
}

void ht_fragments_init(struct ht_fragments *f, uint64_t seed)
{
    *f = (struct ht_fragments){.budget = {.max = HT_MAX_FRAGMENT_BYTES}, .seed = seed};
}

enum ht_decode ht_fragments_take(struct ht_fragments *f, struct ht_frame *frame,
                                 struct ht_packet *packet)
{
    enum ht_decode decoded = HT_DECODE_FRAGMENT;
    f->buckets = f->buckets != NULL ? f->buckets : calloc(BUCKETS, sizeof(struct ht_fragmented *));
    if (f->buckets == NULL) {
        return decoded;
    }
    expire(f, frame->time_ns);
    for (int i = 0; i < MAX_NESTED && decoded == HT_DECODE_FRAGMENT; i++) {
        if (!take(f, &f->out[i % 2], frame, packet)) {
            return HT_DECODE_FRAGMENT;
        }
        decoded = ht_packet_decode(packet, frame);
    }
    return decoded;
}

void ht_fragments_flush(struct ht_fragments *f)
{
    while (f->waiting.oldest != NULL) {
        drop(f, f->waiting.oldest);
    }
    while (f->done.oldest != NULL) {
        drop(f, f->done.oldest);
    }
}

void ht_fragments_free(struct ht_fragments *f)
{
    ht_fragments_flush(f);
    ht_buffer_free(&f->out[0]);
    ht_buffer_free(&f->out[1]);
    free(f->buckets);
    f->buckets = NULL;
}
