#include "sink/json_value.h"

#include "sink/json_writer.h"

static void add_named(struct ht_chars *out, const struct ht_registry *names, uint16_t id)
{
    char room[HT_SPELLED_MAX];
    const char *name = ht_registry_spell(room, names, id);
    bool named       = name != room || (names->grease && ht_is_grease(id));
    char *at         = ht_chars_room(out, HT_JSON_VALUE_MAX);
    if (at == NULL) {
        return;
    }
    memcpy(at, "{\"id\":", 6);
    ht_chars_end(out, ht_json_put_id(at + 6, id, names->width));
    if (named) {
        ht_chars_add_text(out, ",\"name\":");
        ht_json_add_text(out, ht_text(name));
    }
    ht_chars_add_char(out, '}');
}

static void add_list_named(struct ht_chars *out, const struct ht_registry *names,
                           struct ht_bytes packed)
{
    char room[HT_SPELLED_MAX];
    struct ht_reader r = ht_reader(packed);
    while (rd_left(&r) >= names->width) {
        uint32_t value = (uint32_t)rd_uint(&r, names->width);
        ht_chars_add_char(out, ',');
        ht_json_add_text(out, ht_text(ht_registry_spell(room, names, value)));
    }
}

static void add_list_uint(struct ht_chars *out, const struct ht_uints *uints)
{
    char *at = ht_chars_room(out, uints->len * (1 + HT_UINT_MAX_DIGITS));
    for (size_t i = 0; at != NULL && i < uints->len; i++) {
        *at = ',';
        at  = ht_put_uint(at + 1, uints->items[i]);
    }
    if (at != NULL) {
        ht_chars_end(out, at);
    }
}

static void add_list_text(struct ht_chars *out, const struct ht_texts *texts, bool hex)
{
    for (size_t i = 0; i < texts->len; i++) {
        ht_chars_add_char(out, ',');
        if (hex) {
            ht_json_add_hex(out, texts->items[i]);
        } else {
            ht_json_add_text(out, texts->items[i]);
        }
    }
}

static void add_list_label(struct ht_chars *out, const char *const *labels)
{
    for (; *labels != NULL; labels++) {
        ht_chars_add_char(out, ',');
        ht_json_add_text(out, ht_text(*labels));
    }
}

static void add_list(struct ht_chars *out, const struct ht_field *field, const void *at)
{
    size_t start = out->len;
    if (field->kind == HT_LIST_NAMED) {
        add_list_named(out, field->names, *(const struct ht_bytes *)at);
    } else if (field->kind == HT_LIST_UINT) {
        add_list_uint(out, at);
    } else if (field->kind == HT_LIST_LABEL) {
        add_list_label(out, *(const char *const *const *)at);
    } else {
        add_list_text(out, at, field->kind == HT_LIST_HEX);
    }
    char *end = ht_chars_room(out, 2);
    if (end != NULL) {
        ht_chars_end(out, ht_json_end(end, out->ptr + start, "[]"));
    }
}

static void add_key(struct ht_chars *out, const struct ht_json_key *key)
{
    char *at = ht_chars_room(out, ht_json_key_room(key));
    if (at != NULL) {
        ht_chars_end(out, ht_json_put_key(at, key));
    }
}

void ht_json_add_member(struct ht_chars *out, const struct ht_json_member *member,
                        const void *value)
{
    const struct ht_field *field = member->field;
    add_key(out, &member->key);
    if (field->kind == HT_TEXT) {
        ht_json_add_text(out, *(const struct ht_bytes *)value);
    } else if (field->kind == HT_HEX) {
        ht_json_add_hex(out, *(const struct ht_bytes *)value);
    } else if (field->kind == HT_LABEL) {
        ht_json_add_text(out, ht_text(*(const char *const *)value));
    } else if (field->kind == HT_NAMED) {
        add_named(out, field->names, ((const struct ht_named *)value)->id);
    } else {
        add_list(out, field, value);
    }
}
