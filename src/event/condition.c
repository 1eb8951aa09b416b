#include "event/condition.h"

#include "base/time.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static struct ht_bytes take_name(struct ht_bytes *path)
{
    const uint8_t *dot   = path->len > 0 ? memchr(path->ptr, '.', path->len) : NULL;
    size_t len           = dot != NULL ? (size_t)(dot - path->ptr) : path->len;
    struct ht_bytes name = ht_bytes_head(*path, len);
    *path                = ht_bytes_from(*path, dot != NULL ? len + 1 : len);
    return name;
}

/* Decimal, or hexadecimal after "0x". */
static bool read_number(const char *text, int64_t *out)
{
    bool hex = text[0] == '0' && tolower((unsigned char)text[1]) == 'x';
    bool good =
        hex ? isxdigit((unsigned char)text[2]) : isdigit((unsigned char)text[text[0] == '-']);
    char *end = NULL;
    errno     = 0;
    *out      = strtoll(text, &end, hex ? 16 : 10);
    return good && *end == '\0' && errno == 0;
}

static void read_value(struct ht_condition *c)
{
    char text[64];
    if (c->value.len < sizeof text) {
        (void)snprintf(text, sizeof text, "%.*s", (int)c->value.len, (const char *)c->value.ptr);
        c->is_number  = read_number(text, &c->number);
        c->is_time    = ht_time_read(text, &c->time_ns);
        c->is_network = ht_network_read(text, &c->network);
    }
}

/* The relation that begins at `*at`, behind which that is left. */
static enum ht_relation take_relation(struct ht_bytes text, size_t *at)
{
    bool equal = text.ptr[*at] == '=', less = text.ptr[*at] == '<';
    (*at)++;
    bool too = *at < text.len && text.ptr[*at] == '=';
    *at += too;
    if (equal) {
        return HT_IS_LIKE;
    }
    return less ? (too ? HT_IS_AT_MOST : HT_IS_LESS) : (too ? HT_IS_AT_LEAST : HT_IS_MORE);
}

bool ht_condition_read(struct ht_condition *out, struct ht_bytes text)
{
    size_t at = 0;
    while (at < text.len && strchr("=<>", text.ptr[at]) == NULL) {
        at++;
    }
    *out = (struct ht_condition){.field = ht_bytes_head(text, at), .value = ht_bytes("", 0)};
    bool negated = at > 0 && at < text.len && text.ptr[at] == '=' && text.ptr[at - 1] == '!';
    out->negated = negated;
    out->field.len -= negated;
    if (at < text.len) {
        out->relation = take_relation(text, &at);
        out->value    = ht_bytes_from(text, at);
        read_value(out);
    }
    return out->field.len > 0;
}

/* After a mismatch the latest `*` takes one byte more; what stands before it need not be looked at
 * again, so this is never worse than the lengths' product. */
static bool looks_like(struct ht_bytes text, struct ht_bytes pattern)
{
    size_t t = 0, p = 0, star = SIZE_MAX, taken = 0;
    while (t < text.len) {
        if (p < pattern.len && pattern.ptr[p] == '*') {
            star  = p++;
            taken = t;
        } else if (p < pattern.len &&
                   (pattern.ptr[p] == '?' || ht_lower(pattern.ptr[p]) == ht_lower(text.ptr[t]))) {
            p++;
            t++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            t = ++taken;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.ptr[p] == '*') {
        p++;
    }
    return p == pattern.len;
}

static bool is_comparison(const struct ht_condition *c)
{
    return c->relation > HT_IS_LIKE;
}

/* `order` is below, at or above zero as the record's value is less than, as much as or more than
 * the condition's. */
static bool is_in_order(const struct ht_condition *c, int order)
{
    return c->relation == HT_IS_LESS      ? order < 0
           : c->relation == HT_IS_AT_MOST ? order <= 0
           : c->relation == HT_IS_MORE    ? order > 0
                                          : order >= 0;
}

/* A number is one however it is written. */
static bool is_same_number(const struct ht_condition *c, int64_t value)
{
    return c->relation == HT_IS_LIKE && c->is_number && value == c->number;
}

static bool is_value(const struct ht_condition *c, struct ht_bytes text)
{
    return c->relation == HT_IS_THERE || (c->relation == HT_IS_LIKE && looks_like(text, c->value));
}

/* What has no value of its own, an object, can be asked for all the same. */
static bool is_there(const struct ht_condition *c)
{
    return is_value(c, ht_bytes("", 0));
}

static bool is_signed_number(const struct ht_condition *c, int64_t value)
{
    char text[24];
    if (is_comparison(c)) {
        return c->is_number && is_in_order(c, (value > c->number) - (value < c->number));
    }
    (void)snprintf(text, sizeof text, "%" PRId64, value);
    return is_same_number(c, value) || is_value(c, ht_text(text));
}

static bool is_number(const struct ht_condition *c, uint64_t value)
{
    char text[24];
    if (is_comparison(c) || value <= INT64_MAX) {
        return is_signed_number(c, value < INT64_MAX ? (int64_t)value : INT64_MAX);
    }
    (void)snprintf(text, sizeof text, "%" PRIu64, value);
    return is_value(c, ht_text(text));
}

static bool is_time(const struct ht_condition *c, int64_t time_ns)
{
    char text[HT_TIME_TEXT_MAX];
    if (is_comparison(c)) {
        return c->is_time && is_in_order(c, (time_ns > c->time_ns) - (time_ns < c->time_ns));
    }
    return is_value(c, ht_text(ht_time_print(text, time_ns, 9)));
}

/* Of a certificate times are texts, for they may be years that no time of ours can be, and things
 * that are none. Those of one form are in order as texts. */
static bool is_text(const struct ht_condition *c, struct ht_bytes text)
{
    char bound[HT_TIME_TEXT_MAX];
    size_t len = strlen("2026-03-15T12:00:00Z");
    if (!is_comparison(c)) {
        return is_value(c, text);
    }
    return c->is_time && text.len == len && text.ptr[4] == '-' && text.ptr[10] == 'T' &&
           is_in_order(c, memcmp(text.ptr, ht_time_print(bound, c->time_ns, 0), len));
}

static bool is_address(const struct ht_condition *c, const struct ht_address *address)
{
    char text[HT_ADDRESS_TEXT_MAX];
    return (c->relation == HT_IS_LIKE && c->is_network && ht_network_has(&c->network, address)) ||
           is_value(c, ht_text(ht_address_print(text, address)));
}

/* Digests and their like; longer ones are compared by their beginning. */
static bool is_hex(const struct ht_condition *c, struct ht_bytes bytes)
{
    enum { MAX_BYTES = 512 };
    char text[2 * MAX_BYTES];
    size_t len = bytes.len < MAX_BYTES ? bytes.len : MAX_BYTES;
    for (size_t i = 0; i < len; i++) {
        text[2 * i]     = "0123456789abcdef"[bytes.ptr[i] >> 4];
        text[2 * i + 1] = "0123456789abcdef"[bytes.ptr[i] & 15];
    }
    return is_value(c, ht_bytes(text, 2 * len));
}

/* By its name, as lists have it, or its number; or as the object `name` and `id` that a single one
 * is. */
static bool is_named(const struct ht_condition *c, const struct ht_field *field, uint32_t value,
                     struct ht_bytes rest)
{
    char text[HT_SPELLED_MAX];
    bool id = ht_bytes_equal(rest, ht_text("id"));
    if (id && is_comparison(c)) {
        return is_number(c, value);
    }
    if ((id || rest.len == 0) && is_same_number(c, value)) {
        return true;
    }
    if (id) {
        (void)snprintf(text, sizeof text, "0x%0*" PRIx32, (int)(2 * field->names->width), value);
        return is_value(c, ht_text(text));
    }
    return (rest.len == 0 || ht_bytes_equal(rest, ht_text("name"))) &&
           is_value(c, ht_text(ht_registry_spell(text, field->names, value)));
}

static bool has_named(const struct ht_condition *c, const struct ht_field *field,
                      struct ht_bytes list)
{
    struct ht_reader r = ht_reader(list);
    bool has           = false;
    while (rd_more(&r) && !has) {
        has = is_named(c, field, (uint32_t)rd_uint(&r, field->names->width), ht_bytes("", 0));
    }
    return has;
}

static bool has_number(const struct ht_condition *c, const struct ht_uints *list)
{
    bool has = false;
    for (size_t i = 0; i < list->len && !has; i++) {
        has = is_number(c, list->items[i]);
    }
    return has;
}

static bool has_text(const struct ht_condition *c, const struct ht_texts *list, bool hex)
{
    bool has = false;
    for (size_t i = 0; i < list->len && !has; i++) {
        has = hex ? is_hex(c, list->items[i]) : is_text(c, list->items[i]);
    }
    return has;
}

static bool has_label(const struct ht_condition *c, const char *const *list)
{
    bool has = false;
    for (; list != NULL && *list != NULL && !has; list++) {
        has = is_value(c, ht_text(*list));
    }
    return has;
}

static bool is_plain(const struct ht_condition *c, const struct ht_field *field, const void *object)
{
    const void *at = ht_field_at(field, object);
    switch ((int)field->kind) {
    case HT_BOOL:
        return is_value(c, ht_text(ht_field_uint(field, object) != 0 ? "true" : "false"));
    case HT_UINT:
        return is_number(c, ht_field_uint(field, object));
    case HT_INT:
        return is_signed_number(c, *(const int64_t *)at);
    case HT_TIME:
        return is_time(c, *(const int64_t *)at);
    case HT_LABEL:
        return is_value(c, ht_text(*(const char *const *)at));
    case HT_TEXT:
        return is_text(c, *(const struct ht_bytes *)at);
    case HT_HEX:
        return is_hex(c, *(const struct ht_bytes *)at);
    case HT_ADDRESS:
        return is_address(c, at);
    case HT_LIST_NAMED:
        return has_named(c, field, *(const struct ht_bytes *)at);
    case HT_LIST_UINT:
        return has_number(c, at);
    case HT_LIST_LABEL:
        return has_label(c, *(const char *const *const *)at);
    default:
        return has_text(c, at, field->kind == HT_LIST_HEX);
    }
}

static bool object_has(const struct ht_condition *c, const struct ht_struct *type,
                       const void *object, struct ht_bytes path);

static bool objects_have(const struct ht_condition *c, const struct ht_struct *type,
                         const struct ht_objects *list, struct ht_bytes path)
{
    bool have = false;
    for (size_t i = 0; i < list->len && !have; i++) {
        have = object_has(c, type, (const char *)list->items + i * type->size, path);
    }
    return have;
}

/* The field has such a value, or what the rest of the path names in it has. */
static bool field_has(const struct ht_condition *c, const struct ht_field *field,
                      const void *object, struct ht_bytes rest)
{
    const void *at           = ht_field_at(field, object);
    const struct ht_any *any = at;
    switch ((int)field->kind) {
    case HT_OBJECT:
        return object_has(c, field->of, ht_pointer_at(at), rest);
    case HT_LIST_OBJECT:
        return objects_have(c, field->of, at, rest);
    case HT_ANY:
        return object_has(c, any->type, any->object, rest);
    case HT_NAMED:
        return is_named(c, field, ((const struct ht_named *)at)->id, rest);
    default:
        return rest.len == 0 && is_plain(c, field, object);
    }
}

static const char *name_of(const struct ht_field *field, const void *object)
{
    bool by_type = field->kind == HT_ANY && field->name[0] == '\0';
    return by_type ? ((const struct ht_any *)ht_field_at(field, object))->type->name : field->name;
}

static bool object_has(const struct ht_condition *c, const struct ht_struct *type,
                       const void *object, struct ht_bytes path)
{
    struct ht_bytes rest = path, name = take_name(&rest);
    if (name.len == 0) {
        return is_there(c);
    }
    for (size_t i = 0; i < type->num_fields; i++) {
        const struct ht_field *field = &type->fields[i];
        if (ht_field_written(field, object) &&
            ht_bytes_equal(name, ht_text(name_of(field, object))) &&
            field_has(c, field, object, rest)) {
            return true;
        }
    }
    return false;
}

static bool is_type(const struct ht_condition *condition)
{
    return ht_bytes_equal(condition->field, ht_text("type"));
}

bool ht_condition_holds(const struct ht_condition *condition, const struct ht_record_type *type,
                        const void *record)
{
    bool has = is_type(condition) ? is_value(condition, ht_text(type->name))
                                  : object_has(condition, type->data, record, condition->field);
    return has != condition->negated;
}

bool ht_conditions_hold(const struct ht_condition *conditions, size_t num,
                        const struct ht_record_type *type, const void *record)
{
    bool holds = true;
    for (size_t i = 0; i < num && holds; i++) {
        holds = ht_condition_holds(&conditions[i], type, record);
        while (conditions[i].or_next && i + 1 < num) {
            i++;
            holds = holds || ht_condition_holds(&conditions[i], type, record);
        }
    }
    return holds;
}

static bool is_made_of(struct ht_bytes pattern, const char *set)
{
    size_t i = 0;
    while (i < pattern.len &&
           (strchr("*?", pattern.ptr[i]) != NULL || strchr(set, tolower(pattern.ptr[i])) != NULL)) {
        i++;
    }
    return i == pattern.len;
}

/* Values without a name are their numbers, or GREASE. */
static bool pattern_names(const struct ht_condition *c, const struct ht_registry *names)
{
    bool like = c->is_number || c->value.len == 0 || strchr("*?0gG", c->value.ptr[0]) != NULL;
    for (size_t i = 0; i < names->len && !like; i++) {
        like = looks_like(ht_text(names->entries[i].name), c->value);
    }
    return like;
}

/* Can a value of the field, or the id of a named one, be like the pattern? */
static bool pattern_fits(const struct ht_condition *c, const struct ht_field *field, bool id)
{
    switch ((int)field->kind) {
    case HT_BOOL:
        return looks_like(ht_text("true"), c->value) || looks_like(ht_text("false"), c->value);
    case HT_UINT:
    case HT_INT:
    case HT_LIST_UINT:
        return c->is_number || is_made_of(c->value, "-0123456789");
    case HT_TIME:
        return is_made_of(c->value, "-0123456789t:.z") &&
               (c->value.len == strlen("2026-03-15T12:00:00.000000000Z") ||
                memchr(c->value.ptr, '*', c->value.len) != NULL);
    case HT_ADDRESS:
        return c->is_network || is_made_of(c->value, "0123456789abcdef.:");
    case HT_NAMED:
    case HT_LIST_NAMED:
        return id ? is_made_of(c->value, "0123456789abcdefx") : pattern_names(c, field->names);
    default:
        return true;
    }
}

/* Can the field, or the id of a named one, be held against the value? */
static bool kind_fits(const struct ht_condition *c, const struct ht_field *field, bool id)
{
    enum ht_kind kind = field->kind;
    bool number       = id || kind == HT_UINT || kind == HT_INT || kind == HT_LIST_UINT;
    bool time         = kind == HT_TIME || kind == HT_TEXT;
    if (is_comparison(c)) {
        return (number && c->is_number) || (time && c->is_time);
    }
    return c->relation == HT_IS_THERE || pattern_fits(c, field, id);
}

/* A single named value is an object of two. */
static bool value_fits(const struct ht_condition *c, const struct ht_field *field,
                       struct ht_bytes rest)
{
    bool named = field->kind == HT_NAMED, id = named && ht_bytes_equal(rest, ht_text("id"));
    return (rest.len == 0 || id || (named && ht_bytes_equal(rest, ht_text("name")))) &&
           kind_fits(c, field, id);
}

static bool struct_fits(const struct ht_condition *c, const struct ht_struct *type,
                        struct ht_bytes path, const struct ht_struct *const *any)
{
    struct ht_bytes rest = path, name = take_name(&rest);
    bool fits = name.len == 0 && is_there(c), wild = false;
    for (size_t i = 0; i < type->num_fields && !fits; i++) {
        const struct ht_field *field = &type->fields[i];
        bool object                  = field->kind == HT_OBJECT || field->kind == HT_LIST_OBJECT;
        wild |= field->kind == HT_ANY;
        if ((field->flags & HT_INTERNAL) == 0 && ht_bytes_equal(name, ht_text(field->name))) {
            fits = object ? struct_fits(c, field->of, rest, any) : value_fits(c, field, rest);
        }
    }
    for (size_t i = 0; wild && any[i] != NULL && !fits; i++) {
        fits = ht_bytes_equal(name, ht_text(any[i]->name)) && struct_fits(c, any[i], rest, any);
    }
    return fits;
}

bool ht_condition_asks_for(const struct ht_condition *condition, const char *text)
{
    return is_value(condition, ht_text(text));
}

bool ht_condition_fits(const struct ht_condition *condition, const struct ht_record_type *type,
                       const struct ht_struct *const *any)
{
    return is_type(condition) ? is_value(condition, ht_text(type->name))
                              : struct_fits(condition, type->data, condition->field, any);
}
