#include "sink/text_value.h"

#include "base/time.h"
#include "sink/utf8.h"

enum {
    MAX_LIST_COLUMNS = 72,  /* of a list, before "+12 more" */
    MAX_TEXT_COLUMNS = 256, /* of a text that a stranger sent */
    MAX_HEX_BYTES    = 16
};

void ht_text_style(struct ht_text *text, enum ht_style style)
{
    static const char *const sequences[] = {
        [HT_PLAIN] = "\x1b[0m", [HT_BOLD] = "\x1b[1m",    [HT_DIM] = "\x1b[2m",
        [HT_RED] = "\x1b[31m",  [HT_YELLOW] = "\x1b[33m", [HT_GREEN] = "\x1b[32m",
        [HT_CYAN] = "\x1b[36m",
    };
    if (text->color) {
        ht_chars_add_text(&text->out, sequences[style]);
    }
}

void ht_text_styled(struct ht_text *text, enum ht_style style, const char *word)
{
    ht_text_style(text, style);
    ht_chars_add_text(&text->out, word);
    ht_text_style(text, HT_PLAIN);
}

static void add_code(struct ht_chars *out, uint32_t character)
{
    uint8_t bytes[3] = {(uint8_t)(character >> 16), (uint8_t)(character >> 8), (uint8_t)character};
    ht_chars_add_text(out, "\\u{");
    ht_chars_add_hex(out, bytes[0] != 0 ? ht_bytes(bytes, 3) : ht_bytes(bytes + 1, 2));
    ht_chars_add_char(out, '}');
}

void ht_text_safe(struct ht_text *text, struct ht_bytes bytes)
{
    struct ht_chars *out = &text->out;
    for (size_t columns = 0; bytes.len > 0; columns++) {
        if (columns == MAX_TEXT_COLUMNS) {
            ht_chars_add_text(out, "…");
            return;
        }
        uint32_t c = 0;
        size_t len = ht_utf8_next(bytes, &c);
        if (len > 1 && (ht_utf8_is_control(c) || ht_utf8_is_invisible(c))) {
            add_code(out, c);
        } else if (len > 0 && !ht_utf8_is_control(c)) {
            ht_chars_add(out, ht_bytes(bytes.ptr, len));
        } else {
            len = 1;
            ht_chars_add_text(out, "\\x");
            ht_chars_add_hex(out, ht_bytes(bytes.ptr, 1));
        }
        bytes = ht_bytes_from(bytes, len);
    }
}

void ht_text_words(struct ht_text *text, const char *word)
{
    if (strchr(word, '.') != NULL) {
        ht_chars_add_text(&text->out, word);
        return;
    }
    for (; *word != '\0'; word++) {
        ht_chars_add_char(&text->out, (char)(*word == '_' ? ' ' : *word));
    }
}

/* Adds `value` / `unit`, rounded to `decimals`. */
static void add_decimal(struct ht_chars *out, uint64_t value, uint64_t unit, unsigned decimals)
{
    uint64_t step = unit;
    for (unsigned i = 0; i < decimals; i++) {
        step /= 10;
    }
    uint64_t steps = value / step + (value % step >= step - step / 2);
    ht_chars_add_uint(out, steps / (unit / step), 1);
    if (decimals > 0) {
        ht_chars_add_char(out, '.');
        ht_chars_add_uint(out, steps % (unit / step), decimals);
    }
}

static void add_long_duration(struct ht_chars *out, uint64_t seconds)
{
    if (seconds < 3600) {
        ht_chars_add_uint(out, seconds / 60, 1);
        ht_chars_add_text(out, "m ");
        ht_chars_add_uint(out, seconds % 60, 2);
        ht_chars_add_char(out, 's');
    } else {
        ht_chars_add_uint(out, seconds / 3600, 1);
        ht_chars_add_text(out, "h ");
        ht_chars_add_uint(out, seconds / 60 % 60, 2);
        ht_chars_add_char(out, 'm');
    }
}

void ht_text_duration(struct ht_text *text, int64_t ns)
{
    /* Each up to where rounding would give 1000 of it, or 60 seconds. */
    static const struct {
        uint64_t below, unit;
        unsigned decimals;
        const char *name;
    } scales[]           = {{1000, 1, 0, " ns"},
                            {999500, 1000, 0, " µs"},
                            {999950000, 1000000, 1, " ms"},
                            {59999500000, 1000000000, 3, " s"}};
    struct ht_chars *out = &text->out;
    uint64_t span        = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;
    if (span == 0) {
        ht_chars_add_char(out, '0');
        return;
    }
    ht_chars_add_text(out, ns < 0 ? "-" : "");
    for (size_t i = 0; i < HT_ARRAY_LEN(scales); i++) {
        if (span < scales[i].below) {
            add_decimal(out, span, scales[i].unit, scales[i].decimals);
            ht_chars_add_text(out, scales[i].name);
            return;
        }
    }
    add_long_duration(out, (span + 500000000) / 1000000000);
}

void ht_text_size(struct ht_text *text, uint64_t bytes)
{
    static const char *const units[] = {" B", " kB", " MB", " GB", " TB", " PB", " EB"};
    uint64_t unit                    = 1;
    size_t i                         = 0;
    while (bytes / unit + (bytes % unit >= unit - unit / 20) >= 1000) {
        unit *= 1000;
        i++;
    }
    add_decimal(&text->out, bytes, unit, i > 0 ? 1 : 0);
    ht_chars_add_text(&text->out, units[i]);
}

void ht_text_time(struct ht_text *text, int64_t time_ns, unsigned decimals)
{
    char rfc3339[HT_TIME_TEXT_MAX];
    for (const char *c = ht_time_print(rfc3339, time_ns, decimals); *c != '\0' && *c != 'Z'; c++) {
        ht_chars_add_char(&text->out, (char)(*c == 'T' ? ' ' : *c));
    }
}

void ht_text_endpoint(struct ht_text *text, const struct ht_address *address, uint16_t port)
{
    if (address->version == 6) {
        ht_chars_add_char(&text->out, '[');
    }
    ht_chars_add_address(&text->out, address);
    ht_chars_add_text(&text->out, address->version == 6 ? "]:" : ":");
    ht_chars_add_uint(&text->out, port, 1);
}

static bool ends_with(const char *name, const char *end)
{
    size_t name_len = strlen(name), end_len = strlen(end);
    return name_len >= end_len && strcmp(name + name_len - end_len, end) == 0;
}

static void add_uint(struct ht_text *text, const char *name, uint64_t value)
{
    if (ends_with(name, "_ns")) {
        ht_text_duration(text, value > INT64_MAX ? INT64_MAX : (int64_t)value);
    } else if (ends_with(name, "bytes")) {
        ht_text_size(text, value);
    } else {
        ht_chars_add_uint(&text->out, value, 1);
        ht_chars_add_text(&text->out, ends_with(name, "_s") ? " s" : "");
    }
}

static void add_int(struct ht_text *text, const char *name, int64_t value)
{
    if (ends_with(name, "_ns")) {
        ht_text_duration(text, value);
        return;
    }
    if (value < 0) {
        ht_chars_add_char(&text->out, '-');
    }
    ht_chars_add_uint(&text->out, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 1);
}

static void add_hex(struct ht_text *text, struct ht_bytes bytes)
{
    ht_chars_add_hex(&text->out, ht_bytes_head(bytes, MAX_HEX_BYTES));
    if (bytes.len > MAX_HEX_BYTES) {
        ht_chars_add_text(&text->out, "…");
    }
}

static void add_named(struct ht_text *text, const struct ht_registry *names, uint32_t value)
{
    char room[HT_SPELLED_MAX];
    ht_chars_add_text(&text->out, ht_registry_spell(room, names, value));
}

static const struct ht_field *field_named(const struct ht_struct *type, const char *name)
{
    for (size_t i = 0; i < type->num_fields; i++) {
        if (strcmp(type->fields[i].name, name) == 0) {
            return &type->fields[i];
        }
    }
    return NULL;
}

/* The address of the party called `name`, where the object has one that no label shows. */
static const struct ht_address *party_ip(const struct ht_struct *type, const void *object,
                                         const char *name)
{
    const struct ht_field *party = field_named(type, name);
    if (party == NULL || party->kind != HT_OBJECT || party->label != NULL) {
        return NULL;
    }
    const struct ht_field *ip = field_named(party->of, "ip");
    const void *at            = ht_pointer_at(ht_field_at(party, object));
    bool known = at != NULL && ip != NULL && ip->kind == HT_ADDRESS && ht_field_present(ip, at);
    return known ? ht_field_at(ip, at) : NULL;
}

void ht_text_parties(struct ht_text *text, const struct ht_struct *type, const void *object)
{
    const struct ht_address *client = party_ip(type, object, "client");
    const struct ht_address *server = party_ip(type, object, "server");
    if (client != NULL && server != NULL) {
        ht_chars_add_address(&text->out, client);
        ht_chars_add_text(&text->out, " → ");
        ht_chars_add_address(&text->out, server);
    }
}

/* The labelled values of an object inside a unit. */
static void add_object(struct ht_text *text, const struct ht_struct *type, const void *object)
{
    const struct ht_field *ip   = field_named(type, "ip");
    const struct ht_field *port = field_named(type, "port");
    if (ip != NULL && port != NULL && ip->kind == HT_ADDRESS && port->kind == HT_UINT) {
        ht_text_endpoint(text, ht_field_at(ip, object), (uint16_t)ht_field_uint(port, object));
        return;
    }
    size_t start = text->out.len;
    for (size_t i = 0; i < type->num_fields; i++) {
        size_t before = text->out.len;
        if (before > start) {
            ht_chars_add_char(&text->out, ' ');
        }
        size_t after = text->out.len;
        ht_text_unit(text, &type->fields[i], object);
        if (text->out.len == after) {
            text->out.len = before;
        }
    }
}

static size_t list_len(const struct ht_field *field, const void *at)
{
    if (field->kind == HT_LIST_LABEL) {
        size_t len                = 0;
        const char *const *labels = *(const char *const *const *)at;
        while (labels != NULL && labels[len] != NULL) {
            len++;
        }
        return len;
    }
    size_t len = ht_list_at(at).len;
    return field->kind == HT_LIST_NAMED ? len / field->names->width : len;
}

static uint32_t packed_value(const struct ht_field *field, const void *at, size_t i)
{
    struct ht_reader r =
        ht_reader(ht_bytes_from(*(const struct ht_bytes *)at, i * (size_t)field->names->width));
    return (uint32_t)rd_uint(&r, field->names->width);
}

static void add_item(struct ht_text *text, const struct ht_field *field, const void *at, size_t i)
{
    if (field->kind == HT_LIST_NAMED) {
        add_named(text, field->names, packed_value(field, at, i));
    } else if (field->kind == HT_LIST_UINT) {
        add_uint(text, field->name, ((const struct ht_uints *)at)->items[i]);
    } else if (field->kind == HT_LIST_OBJECT) {
        const char *items = ((const struct ht_objects *)at)->items;
        add_object(text, field->of, items + i * field->of->size);
    } else if (field->kind == HT_LIST_LABEL) {
        ht_text_words(text, (*(const char *const *const *)at)[i]);
    } else if (field->kind == HT_LIST_HEX) {
        add_hex(text, ((const struct ht_texts *)at)->items[i]);
    } else {
        ht_text_safe(text, ((const struct ht_texts *)at)->items[i]);
    }
}

/* GREASE (RFC 8701) stands for nothing: people need not read it. */
static bool is_noise(const struct ht_field *field, const void *at, size_t i)
{
    return field->kind == HT_LIST_NAMED && field->names->grease &&
           ht_is_grease((uint16_t)packed_value(field, at, i));
}

static void add_list(struct ht_text *text, const struct ht_field *field, const void *at)
{
    size_t len = list_len(field, at), start = text->out.len, more = 0;
    for (size_t i = 0; i < len; i++) {
        size_t before = text->out.len;
        if (is_noise(field, at, i)) {
            continue;
        }
        if (more > 0) {
            more++;
            continue;
        }
        if (before > start) {
            ht_chars_add_text(&text->out, ", ");
        }
        add_item(text, field, at, i);
        size_t columns = ht_fold_width(ht_bytes_from(ht_chars_view(&text->out), start));
        if (columns > MAX_LIST_COLUMNS && before > start) {
            text->out.len = before;
            more          = 1;
        }
    }
    if (more > 0) {
        ht_chars_add_text(&text->out, " +");
        ht_chars_add_uint(&text->out, more, 1);
        ht_chars_add_text(&text->out, " more");
    }
}

static void add_value(struct ht_text *text, const struct ht_field *field, const void *object)
{
    const void *at = ht_field_at(field, object);
    switch (field->kind) {
    case HT_BOOL: /* its label says it, but for one that can be absent too */
        if ((field->flags & HT_PLUS_ONE) != 0) {
            ht_chars_add_text(&text->out, ht_field_uint(field, object) != 0 ? "yes" : "no");
        }
        break;
    case HT_UINT:
        add_uint(text, field->name, ht_field_uint(field, object));
        break;
    case HT_INT:
        add_int(text, field->name, *(const int64_t *)at);
        break;
    case HT_TIME:
        ht_text_time(text, *(const int64_t *)at, *(const int64_t *)at % HT_SECOND_NS != 0 ? 6 : 0);
        break;
    case HT_LABEL:
        ht_text_words(text, *(const char *const *)at);
        break;
    case HT_TEXT:
        ht_text_safe(text, *(const struct ht_bytes *)at);
        break;
    case HT_HEX:
        add_hex(text, *(const struct ht_bytes *)at);
        break;
    case HT_ADDRESS:
        ht_chars_add_address(&text->out, at);
        break;
    case HT_NAMED:
        add_named(text, field->names, ((const struct ht_named *)at)->id);
        break;
    case HT_LIST_NAMED:
    case HT_LIST_UINT:
    case HT_LIST_TEXT:
    case HT_LIST_LABEL:
    case HT_LIST_HEX:
    case HT_LIST_OBJECT:
        add_list(text, field, at);
        break;
    case HT_OBJECT:
        add_object(text, field->of, ht_pointer_at(at));
        break;
    case HT_ANY:
        add_object(text, ((const struct ht_any *)at)->type, ((const struct ht_any *)at)->object);
        break;
    }
}

static bool is_common(const struct ht_field *field, const void *object)
{
    return field->common != NULL && field->kind == HT_TEXT &&
           ht_bytes_equal(*(const struct ht_bytes *)ht_field_at(field, object),
                          ht_text(field->common));
}

static bool is_said_by_another(const struct ht_field *field, const void *object)
{
    return field->unless != 0 && (field->flags & HT_UNLESS) == 0 &&
           ht_list_at((const char *)object + field->unless).len > 0;
}

void ht_text_unit(struct ht_text *text, const struct ht_field *field, const void *object)
{
    if (field->unset != NULL && !ht_field_present(field, object)) {
        ht_text_styled(text, HT_YELLOW, field->unset);
        return;
    }
    if (field->label == NULL || !ht_field_written(field, object) || is_common(field, object) ||
        is_said_by_another(field, object) ||
        (field->kind == HT_BOOL && !ht_field_present(field, object))) {
        return;
    }
    bool is_flag = field->kind == HT_BOOL && (field->flags & HT_PLUS_ONE) == 0;
    size_t start = text->out.len;
    if (field->label[0] != '\0') {
        ht_text_styled(text, is_flag ? HT_PLAIN : HT_DIM, field->label);
    }
    if (is_flag) {
        return;
    }
    size_t before = text->out.len;
    ht_chars_add_text(&text->out, before > start ? " " : "");
    size_t value = text->out.len;
    add_value(text, field, object);
    if (text->out.len == value) {
        text->out.len = start; /* an object or list of which nothing is shown */
    }
}

void ht_text_put(struct ht_text *room, struct ht_fold *lines, size_t gap)
{
    if (room->out.len > 0) {
        ht_fold_unit(lines, gap, ht_chars_view(&room->out));
        room->out.len = 0;
    }
}

/* A label that is no word, as an arrow, belongs to what stands before it too. */
static bool is_sign(const char *label)
{
    return (uint8_t)label[0] >= 0x80;
}

void ht_text_fields(struct ht_text *room, struct ht_fold *lines, const struct ht_struct *type,
                    const void *object)
{
    for (size_t i = 0; i < type->num_fields; i++) {
        const struct ht_field *field = &type->fields[i];
        const struct ht_any *any     = ht_field_at(field, object);
        if (field->kind == HT_ANY && field->label != NULL && any->type != NULL) {
            ht_text_fields(room, lines, any->type, any->object);
            continue;
        }
        ht_text_unit(room, field, object);
        ht_text_put(room, lines, field->label != NULL && is_sign(field->label) ? 1 : HT_TEXT_GAP);
    }
}
