/*
 * Field tables: what each field of a struct is called, what kind it has, where it lies, how it is
 * named and what it means. Every output, the JSON Schema and the field reference in the man page
 * walk these tables and know nothing else of a protocol: adding a field is adding a row.
 */
#ifndef HT_EVENT_FIELD_H
#define HT_EVENT_FIELD_H

#include "base/address.h"
#include "base/registry.h"

/* A field whose value is zero, unset or empty is absent from the output, unless it has HT_ALWAYS.
 */
enum ht_kind {
    HT_BOOL,        /* bool */
    HT_UINT,        /* uint8_t, uint16_t, uint32_t or uint64_t; durations too, named …_ns */
    HT_INT,         /* int64_t */
    HT_TIME,        /* int64_t, nanoseconds since 1970 */
    HT_LABEL,       /* const char *: one of a few words, which stay; absent: NULL */
    HT_TEXT,        /* struct ht_bytes, characters of any origin */
    HT_HEX,         /* struct ht_bytes, shown as lower-case hexadecimal */
    HT_ADDRESS,     /* struct ht_address */
    HT_NAMED,       /* struct ht_named, a value of `names` */
    HT_LIST_NAMED,  /* struct ht_bytes, values of `names` packed big-endian, in wire order */
    HT_LIST_UINT,   /* struct ht_uints */
    HT_LIST_TEXT,   /* struct ht_texts */
    HT_LIST_LABEL,  /* const char *const *: words as of HT_LABEL, the last one NULL; absent: NULL */
    HT_LIST_HEX,    /* struct ht_texts, each shown as hexadecimal */
    HT_OBJECT,      /* pointer to a struct described by `of`; absent: NULL */
    HT_LIST_OBJECT, /* struct ht_objects of `of` */
    HT_ANY          /* struct ht_any: an object whose type is known at run time. Where the field's
                     * name is "", the name of that type is its key */
};

/* Numbers, contiguous. */
struct ht_uints {
    const uint64_t *items;
    size_t len;
};

/* Structs of one type, contiguous. */
struct ht_objects {
    const void *items;
    size_t len;
};

/* What struct ht_bytes, ht_texts, ht_uints and ht_objects have in common. Who does not know which
 * of them a member is reads it by ht_list_at (event/event.h). */
struct ht_list {
    const void *items;
    size_t len;
};

struct ht_any {
    const struct ht_struct *type; /* NULL: absent */
    const void *object;
};

enum {
    HT_ALWAYS = 1,    /* written even when false, zero or empty; an unset label, time, address,
                       * named value or object stays absent */
    HT_INTERNAL = 2,  /* copied with the struct, but no output shows it */
    HT_HEADLINE = 4,  /* in a connection's details: shown in the text's first lines */
    HT_DERIVED  = 8,  /* computed from what was observed */
    HT_INFERRED = 16, /* a judgement */
    HT_UNLESS   = 32, /* written even when zero, but absent where the label at `unless` is set */
    HT_PLUS_ONE = 64, /* HT_UINT, HT_BOOL: the member (of a bool a uint8_t) is the value plus one,
                       * so that 0 is absent */
    HT_REPEATS = 128  /* the same value comes in many flows: it is kept, and rendered, once; a label
                       * then is a word of the program's own, which stays */
};

struct ht_field {
    const char *name;  /* the key in JSON */
    const char *doc;   /* one line for the schema and the man page; NULL: another row tells of it */
    const char *label; /* in a line of text, the word before the value, "" for none; NULL: not shown
                        * there */
    const char *unset; /* in a line of text, what stands where there is no value; NULL: nothing */
    const char *common; /* HT_TEXT: the value that goes without saying in a line of text */
    const struct ht_registry *names;
    const struct ht_struct *of;
    enum ht_kind kind;
    uint16_t offset;
    uint8_t size; /* of the member */
    uint8_t flags;
    uint16_t unless; /* with HT_UNLESS: the offset of another member, a const char *; else, in a
                      * line of text: not shown where the struct ht_bytes there is not empty, nor
                      * where the event is cut or malformed, so that it may have been; 0: none */
};

/* A described struct. */
struct ht_struct {
    const char *name;
    const char *doc;
    const struct ht_field *fields;
    size_t num_fields;
    size_t size;
    /* Offsets of members that are not in the table; 0: it has none. */
    size_t shape;        /* a const void * that may be the object's shape (event/shape.h) */
    size_t shape_number; /* a uint64_t: what one pool kept with the same number has the same shape;
                          * who renders it, too, is of one pool alone */
};

/* HT_IS_KIND: a member of that type can be of the kind. */
#define HT_IS_KIND(kind, member)                                                                   \
    _Generic((member),                                                                             \
        bool: (kind) == HT_BOOL,                                                                   \
        uint8_t: (kind) == HT_UINT || (kind) == HT_BOOL,                                           \
        uint16_t: (kind) == HT_UINT,                                                               \
        uint32_t: (kind) == HT_UINT,                                                               \
        uint64_t: (kind) == HT_UINT,                                                               \
        int64_t: (kind) == HT_INT || (kind) == HT_TIME,                                            \
        const char *: (kind) == HT_LABEL,                                                          \
        const char *const *: (kind) == HT_LIST_LABEL,                                              \
        struct ht_bytes: (kind) == HT_TEXT || (kind) == HT_HEX || (kind) == HT_LIST_NAMED,         \
        struct ht_address: (kind) == HT_ADDRESS,                                                   \
        struct ht_named: (kind) == HT_NAMED,                                                       \
        struct ht_uints: (kind) == HT_LIST_UINT,                                                   \
        struct ht_texts: (kind) == HT_LIST_TEXT || (kind) == HT_LIST_HEX,                          \
        struct ht_objects: (kind) == HT_LIST_OBJECT,                                               \
        struct ht_any: (kind) == HT_ANY,                                                           \
        default: (kind) == HT_OBJECT)

/* HT_KIND is the kind; of a member that cannot be of it, it does not compile: who reads a field
 * takes the member for what the kind says. */
#define HT_KIND(kind, member)                                                                      \
    ((enum ht_kind)((kind) + 0 * sizeof(char[HT_IS_KIND(kind, member) ? 1 : -1])))

/* HT_FIELD is a row: HT_FIELD(struct x, member, HT_UINT, "What it is.", .label = "size").
 * The key is the member's name unless `.name` follows. */
#define HT_FIELD(owner, member, a_kind, a_doc, ...)                                                \
    {                                                                                              \
        .name = #member, .kind = HT_KIND(a_kind, ((owner *)0)->member),                            \
        .offset = offsetof(owner, member), .size = sizeof(((owner *)0)->member), .doc = (a_doc),   \
        __VA_ARGS__                                                                                \
    }

/* HT_STRUCT describes `owner` by the array `rows`; more members may follow. */
#define HT_STRUCT(owner, a_name, rows, a_doc, ...)                                                 \
    {                                                                                              \
        .name = (a_name), .doc = (a_doc), .fields = (rows), .num_fields = HT_ARRAY_LEN(rows),      \
        .size = sizeof(owner), __VA_ARGS__                                                         \
    }

#endif
