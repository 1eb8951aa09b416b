/*
 * Extensions (RFC 8446 section 4.2): what their readers have in common.
 *
 * struct {
 *     ExtensionType extension_type;
 *     opaque extension_data<0..2^16-1>;
 * } Extension;
 */
#include "tls/extensions.h"

struct ht_bytes tls_take_vector(struct ht_reader *r, unsigned width)
{
    size_t len = rd_len(r, width);
    if (len <= rd_left(r)) {
        return rd_take(r, len);
    }
    struct ht_bytes there = rd_rest(r);
    rd_fail(r);
    return there;
}

struct ht_bytes tls_take_uint16s(struct ht_reader *r, unsigned width)
{
    struct ht_bytes list = tls_take_vector(r, width);
    if (list.len % 2 != 0) {
        rd_fail(r);
    }
    return ht_bytes_head(list, list.len - list.len % 2);
}

static size_t count_items(struct ht_bytes list, unsigned item_width)
{
    struct ht_reader r = ht_reader(list);
    size_t count       = 0;
    while (rd_more(&r)) {
        (void)rd_vec(&r, item_width);
        count += r.bad ? 0 : 1;
    }
    return count;
}

struct ht_texts tls_take_items(struct ht_reader *r, unsigned item_width, struct ht_arena *scratch)
{
    struct ht_bytes list   = rd_rest(r);
    size_t count           = count_items(list, item_width);
    struct ht_bytes *items = ht_arena_alloc(scratch, count * sizeof *items);
    struct ht_reader each  = ht_reader(list);
    size_t len             = 0;
    bool good              = true;
    while (items != NULL && len < count) {
        items[len] = rd_vec(&each, item_width);
        good       = good && items[len].len > 0;
        len++;
    }
    if (!good || !rd_done(&each)) {
        rd_fail(r);
    }
    return (struct ht_texts){.items = items, .len = len};
}

struct ht_texts tls_take_list(struct ht_reader *r, unsigned width, unsigned item_width,
                              struct ht_arena *scratch)
{
    struct ht_reader list = ht_reader(tls_take_vector(r, width));
    struct ht_texts items = tls_take_items(&list, item_width, scratch);
    if (list.bad) {
        rd_fail(r);
    }
    return items;
}

struct ht_named tls_take_named(struct ht_reader *r, unsigned width)
{
    uint16_t id = (uint16_t)rd_len(r, width);
    return r->bad ? (struct ht_named){0} : ht_named(id);
}

uint16_t tls_take_fragment_length(struct ht_reader *r)
{
    enum { SMALLEST = 1, LARGEST = 4 }; /* 2^9 to 2^12 */
    uint8_t code = rd_u8(r);
    if (code < SMALLEST || code > LARGEST) {
        rd_fail(r);
        return 0;
    }
    return (uint16_t)(1U << (8 + code));
}

const char *tls_take_heartbeat(struct ht_reader *r)
{
    enum { ALLOWED = 1, NOT_ALLOWED = 2 };
    uint8_t mode = rd_u8(r);
    if (mode != ALLOWED && mode != NOT_ALLOWED) {
        rd_fail(r);
        return NULL;
    }
    return mode == ALLOWED ? "peer_allowed_to_send" : "peer_not_allowed_to_send";
}

void tls_extension_empty(struct tls_extension *extension, void *out)
{
    (void)extension; /* what is left of it is malformed */
    (void)out;
}

/* Which extensions were there: a bit for each reader. */
struct seen {
    uint64_t low, high;
};

/* The reader of `type`; NULL where it has none or was there before. */
static tls_extension_read *reader_of(const struct tls_extension_readers *readers, uint16_t type,
                                     struct seen *seen)
{
    if (type < TLS_LOW_EXTENSIONS) {
        bool again = (seen->low >> type & 1) != 0;
        seen->low |= UINT64_C(1) << type;
        return again ? NULL : readers->low[type];
    }
    for (size_t i = 0; i < readers->num_high; i++) {
        if (readers->high[i].type == type) {
            bool again = (seen->high >> i & 1) != 0;
            seen->high |= UINT64_C(1) << i;
            return again ? NULL : readers->high[i].read;
        }
    }
    return NULL;
}

bool tls_extension_read_one(const struct tls_extension_readers *readers,
                            struct tls_extension *extension, void *out)
{
    struct seen seen         = {0};
    tls_extension_read *read = reader_of(readers, extension->type, &seen);
    if (read == NULL) {
        return true;
    }
    read(extension, out);
    return rd_done(&extension->content);
}

/* Packed, as they came. */
struct type_list {
    uint8_t *types; /* NULL: nobody asks */
    size_t len;
};

static struct type_list new_list(struct ht_bytes block, struct ht_arena *scratch)
{
    enum { SMALLEST = 4 };
    return (struct type_list){.types = ht_arena_alloc(scratch, block.len / SMALLEST * 2)};
}

static void add_type(struct type_list *list, uint16_t type)
{
    if (list->types != NULL) {
        list->types[list->len++] = (uint8_t)(type >> 8);
        list->types[list->len++] = (uint8_t)type;
    }
}

bool tls_extensions_read(struct ht_bytes block, struct ht_arena *scratch,
                         const struct tls_extension_readers *readers, void *out,
                         struct ht_bytes *types)
{
    struct type_list list = types != NULL ? new_list(block, scratch) : (struct type_list){0};
    struct seen seen      = {0};
    bool good             = true;
    struct ht_reader r    = ht_reader(block);
    while (rd_more(&r)) {
        uint16_t type                  = rd_u16(&r);
        struct tls_extension extension = {ht_reader(rd_vec(&r, 2)), scratch, type};
        if (r.bad) {
            break;
        }
        add_type(&list, type);
        tls_extension_read *read = reader_of(readers, type, &seen);
        if (read != NULL) {
            read(&extension, out);
            good = rd_done(&extension.content) && good;
        }
    }
    if (types != NULL) {
        *types = ht_bytes(list.types, list.len);
    }
    return good && rd_done(&r);
}

void *tls_keep_extensions(struct ht_arena *scratch, const struct ht_struct *type,
                          const void *object)
{
    bool any = false;
    for (size_t i = 0; i < type->num_fields && !any; i++) {
        any = ht_field_present(&type->fields[i], object);
    }
    void *kept = any ? ht_arena_alloc(scratch, type->size) : NULL;
    if (kept != NULL) {
        memcpy(kept, object, type->size);
    }
    return kept;
}
