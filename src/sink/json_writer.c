#include "sink/json_writer.h"

#include "base/time.h"
#include "sink/utf8.h"

/* A value or key follows another exactly where the last character ends one. */
static void separate(struct ht_chars *out)
{
    char last = '\n';
    if (out->len > 0) {
        last = out->ptr[out->len - 1];
    }
    if (last != '{' && last != '[' && last != ':' && last != '\n') {
        ht_chars_add_char(out, ',');
    }
}

void ht_json_open(struct ht_json_writer *w, char bracket)
{
    separate(&w->out);
    ht_chars_add_char(&w->out, bracket);
}

void ht_json_close(struct ht_json_writer *w, char bracket)
{
    ht_chars_add_char(&w->out, bracket);
}

void ht_json_key(struct ht_json_writer *w, const char *name)
{
    separate(&w->out);
    ht_chars_add_char(&w->out, '"');
    ht_chars_add_text(&w->out, name);
    ht_chars_add_text(&w->out, "\":");
}

void ht_json_line(struct ht_json_writer *w)
{
    ht_chars_add_char(&w->out, '\n');
}

void ht_json_bool(struct ht_json_writer *w, bool value)
{
    separate(&w->out);
    ht_chars_add_text(&w->out, value ? "true" : "false");
}

void ht_json_uint(struct ht_json_writer *w, uint64_t value)
{
    separate(&w->out);
    ht_chars_add_uint(&w->out, value, 1);
}

void ht_json_int(struct ht_json_writer *w, int64_t value)
{
    separate(&w->out);
    if (value < 0) {
        ht_chars_add_char(&w->out, '-');
    }
    ht_chars_add_uint(&w->out, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 1);
}

/* Bytes that stand for themselves: printable ASCII without quote and backslash. */
static bool is_plain(uint8_t c)
{
    return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
}

static bool is_lower_hex(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* Would what follows the backslash be taken for our escape of a byte? */
static bool looks_like_escape(struct ht_bytes text)
{
    return text.len >= 4 && text.ptr[1] == 'x' && is_lower_hex(text.ptr[2]) &&
           is_lower_hex(text.ptr[3]);
}

static void add_byte_escape(struct ht_chars *out, const uint8_t *byte)
{
    ht_chars_add_text(out, "\\\\x");
    ht_chars_add_hex(out, ht_bytes(byte, 1));
}

static void add_unicode_escape(struct ht_chars *out, uint32_t character)
{
    uint8_t bytes[2] = {(uint8_t)(character >> 8), (uint8_t)character};
    ht_chars_add_text(out, "\\u");
    ht_chars_add_hex(out, ht_bytes(bytes, 2));
}

/* Writes what cannot stand for itself at the head of `text`; returns how many bytes that were. */
static size_t add_special(struct ht_chars *out, struct ht_bytes text)
{
    uint32_t c = 0;
    size_t len = ht_utf8_next(text, &c);
    if (len == 0 || (c == '\\' && looks_like_escape(text))) {
        add_byte_escape(out, text.ptr);
        return 1;
    }
    if (c == '"' || c == '\\') {
        ht_chars_add_char(out, '\\');
        ht_chars_add_char(out, (char)c);
    } else if (c == '\n') {
        ht_chars_add_text(out, "\\n");
    } else if (ht_utf8_is_control(c) || c == 0x2028 || c == 0x2029) {
        add_unicode_escape(out, c);
    } else {
        ht_chars_add(out, ht_bytes(text.ptr, len));
    }
    return len;
}

void ht_json_text(struct ht_json_writer *w, struct ht_bytes text)
{
    struct ht_chars *out = &w->out;
    separate(out);
    ht_chars_add_char(out, '"');
    while (text.len > 0) {
        size_t plain = 0;
        while (plain < text.len && is_plain(text.ptr[plain])) {
            plain++;
        }
        ht_chars_add(out, ht_bytes(text.ptr, plain));
        text = ht_bytes_from(text, plain);
        if (text.len > 0) {
            text = ht_bytes_from(text, add_special(out, text));
        }
    }
    ht_chars_add_char(out, '"');
}

void ht_json_hex(struct ht_json_writer *w, struct ht_bytes bytes)
{
    separate(&w->out);
    ht_chars_add_char(&w->out, '"');
    ht_chars_add_hex(&w->out, bytes);
    ht_chars_add_char(&w->out, '"');
}

void ht_json_id(struct ht_json_writer *w, uint16_t value, unsigned width)
{
    uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value};
    separate(&w->out);
    ht_chars_add_text(&w->out, "\"0x");
    ht_chars_add_hex(&w->out, width == 1 && value <= UINT8_MAX ? ht_bytes(bytes + 1, 1)
                                                               : ht_bytes(bytes, 2));
    ht_chars_add_char(&w->out, '"');
}

void ht_json_time(struct ht_json_writer *w, int64_t time_ns)
{
    const int64_t day_ns = 86400 * HT_SECOND_NS;
    int64_t day          = time_ns / day_ns - (time_ns % day_ns < 0);
    /* Unsigned, for the first day that can be told begins before the first nanosecond. */
    uint64_t of_day = (uint64_t)time_ns - (uint64_t)day * (uint64_t)day_ns;
    if (w->date_len == 0 || w->day != day) {
        char text[HT_TIME_TEXT_MAX];
        const char *end = strchr(ht_time_print(text, time_ns, 0), 'T');
        w->date_len     = (size_t)(end - text);
        memcpy(w->date, text, w->date_len);
        w->day = day;
    }
    struct ht_chars *out = &w->out;
    uint64_t seconds     = of_day / (uint64_t)HT_SECOND_NS;
    separate(out);
    ht_chars_add_char(out, '"');
    ht_chars_add(out, ht_bytes(w->date, w->date_len));
    ht_chars_add_char(out, 'T');
    ht_chars_add_uint(out, seconds / 3600, 2);
    ht_chars_add_char(out, ':');
    ht_chars_add_uint(out, seconds / 60 % 60, 2);
    ht_chars_add_char(out, ':');
    ht_chars_add_uint(out, seconds % 60, 2);
    ht_chars_add_char(out, '.');
    ht_chars_add_uint(out, of_day % (uint64_t)HT_SECOND_NS, 9);
    ht_chars_add_text(out, "Z\"");
}

void ht_json_address(struct ht_json_writer *w, const struct ht_address *address)
{
    separate(&w->out);
    ht_chars_add_char(&w->out, '"');
    ht_chars_add_address(&w->out, address);
    ht_chars_add_char(&w->out, '"');
}
