#include "sink/json_writer.h"

#include "base/time.h"
#include "sink/utf8.h"

/* Bytes that stand for themselves: printable ASCII without quote and backslash. */
static bool is_plain(uint8_t c)
{
    return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
}

enum { WORD = sizeof(uint64_t), CHUNK = 16 };

/* Is each of eight bytes plain? Without a carry from the byte before, the high bit of the byte's
 * share is set exactly where one of these is not: below 0x20, '"', '\\', 0x7F, above. A carry comes
 * only out of a byte that is itself not plain. */
static bool are_plain(uint64_t word)
{
    const uint64_t ones  = UINT64_MAX / 0xFF; /* 0x01 in each byte */
    uint64_t low         = word - 0x20 * ones;
    uint64_t quote       = (word ^ '"' * ones) - ones;
    uint64_t backslash   = (word ^ '\\' * ones) - ones;
    uint64_t delete_high = (word + ones) | word;
    return ((low | quote | backslash | delete_high) & 0x80 * ones) == 0;
}

static inline bool put_word(char *at, const uint8_t *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, WORD);
    memcpy(at, &word, WORD);
    return are_plain(word);
}

/* The texts below are copied, and it is told whether all of it is plain. Loads overlap, which saves
 * asking for each length; in what order the bytes are looked at does not matter. */

static inline bool put_below_four(char *at, struct ht_bytes text)
{
    if (text.len == 0) {
        return true;
    }
    size_t middle = text.len / 2, last = text.len - 1;
    uint8_t bytes[WORD] = {text.ptr[0], text.ptr[middle], text.ptr[last], ' ', ' ', ' ', ' ', ' '};
    uint64_t word;
    at[0]      = (char)text.ptr[0];
    at[middle] = (char)text.ptr[middle];
    at[last]   = (char)text.ptr[last];
    memcpy(&word, bytes, WORD);
    return are_plain(word);
}

static inline bool put_below_eight(char *at, struct ht_bytes text)
{
    uint32_t head, tail;
    memcpy(&head, text.ptr, 4);
    memcpy(&tail, text.ptr + text.len - 4, 4);
    memcpy(at, &head, 4);
    memcpy(at + text.len - 4, &tail, 4);
    return are_plain((uint64_t)head << 32 | tail);
}

typedef int8_t chunk_bytes __attribute__((vector_size(CHUNK)));
typedef uint64_t chunk_words __attribute__((vector_size(CHUNK)));

/* Not zero where a byte is not plain. Signed, one above 0x7F is below 0x20, too. */
static inline chunk_bytes specials(chunk_bytes chunk)
{
    return (chunk < 0x20) | (chunk == '"') | (chunk == '\\') | (chunk == 0x7F);
}

static inline bool are_none(chunk_bytes specials)
{
    chunk_words words = (chunk_words)specials;
    return (words[0] | words[1]) == 0;
}

static inline bool put_below_chunk(char *at, struct ht_bytes text)
{
    chunk_words words;
    memcpy(&words, text.ptr, WORD);
    memcpy((char *)&words + WORD, text.ptr + text.len - WORD, WORD);
    memcpy(at, &words, WORD);
    memcpy(at + text.len - WORD, (char *)&words + WORD, WORD);
    return are_none(specials((chunk_bytes)words));
}

static inline chunk_bytes put_chunk(char *at, const uint8_t *bytes)
{
    chunk_bytes chunk;
    memcpy(&chunk, bytes, CHUNK);
    memcpy(at, &chunk, CHUNK);
    return specials(chunk);
}

static inline bool put_all_plain(char *at, struct ht_bytes text)
{
    if (text.len >= CHUNK) {
        size_t last       = text.len - CHUNK;
        chunk_bytes found = put_chunk(at + last, text.ptr + last);
        for (size_t i = 0; i < last; i += CHUNK) {
            found |= put_chunk(at + i, text.ptr + i);
        }
        return are_none(found);
    }
    if (text.len >= WORD) {
        return put_below_chunk(at, text);
    }
    return text.len >= 4 ? put_below_eight(at, text) : put_below_four(at, text);
}

/* Copies the plain bytes at the head of `text`, and returns how many they are; looks at no more
 * than these and the next ones. What follows them in the room, up to the text's length, does not
 * matter.
 */
static size_t put_head(char *at, struct ht_bytes text)
{
    size_t done = 0;
    while (text.len - done >= WORD && put_word(at + done, text.ptr + done)) {
        done += WORD;
    }
    while (done < text.len && is_plain(text.ptr[done])) {
        at[done] = (char)text.ptr[done];
        done++;
    }
    return done;
}

/* The same; most texts are plain to their ends. */
static size_t put_plain(char *at, struct ht_bytes text)
{
    return put_all_plain(at, text) ? text.len : put_head(at, text);
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

/* Writes the text from the first byte that is not plain. */
static void add_rest(struct ht_chars *out, struct ht_bytes text)
{
    while (text.len > 0) {
        text     = ht_bytes_from(text, add_special(out, text));
        char *at = ht_chars_room(out, text.len);
        if (at == NULL) {
            return;
        }
        size_t plain = put_head(at, text);
        ht_chars_end(out, at + plain);
        text = ht_bytes_from(text, plain);
    }
}

void ht_json_add_text(struct ht_chars *out, struct ht_bytes text)
{
    char *at = ht_chars_room(out, text.len + 2);
    if (at == NULL) {
        return;
    }
    *at++        = '"';
    size_t plain = put_plain(at, text);
    at += plain;
    if (plain < text.len) {
        ht_chars_end(out, at);
        add_rest(out, ht_bytes_from(text, plain));
        ht_chars_add_char(out, '"');
        return;
    }
    *at++ = '"';
    ht_chars_end(out, at);
}

void ht_json_add_hex(struct ht_chars *out, struct ht_bytes bytes)
{
    char *at = ht_chars_room(out, 2 * bytes.len + 2);
    if (at == NULL) {
        return;
    }
    *at++ = '"';
    at    = ht_put_hex(at, bytes);
    *at++ = '"';
    ht_chars_end(out, at);
}

char *ht_json_put_text(char *at, struct ht_bytes text)
{
    if (text.len > HT_JSON_VALUE_MAX - 2 || !put_all_plain(at + 1, text)) {
        return NULL;
    }
    at[0]            = '"';
    at[text.len + 1] = '"';
    return at + text.len + 2;
}

char *ht_json_put_hex(char *at, struct ht_bytes bytes)
{
    if (bytes.len > (HT_JSON_VALUE_MAX - 2) / 2) {
        return NULL;
    }
    *at++ = '"';
    at    = ht_put_hex(at, bytes);
    *at++ = '"';
    return at;
}

char *ht_json_put_bool(char *at, bool value)
{
    memcpy(at, value ? "true " : "false", 5);
    return at + (value ? 4 : 5);
}

char *ht_json_put_int(char *at, int64_t value)
{
    if (value < 0) {
        *at++ = '-';
        return ht_put_uint(at, 0 - (uint64_t)value);
    }
    return ht_put_uint(at, (uint64_t)value);
}

char *ht_json_put_address(char *at, const struct ht_address *address)
{
    *at++ = '"';
    at    = ht_put_address(at, address);
    *at++ = '"';
    return at;
}

_Static_assert(sizeof((struct ht_json_address *)NULL)->text <= HT_JSON_VALUE_MAX, "copied whole");

char *ht_json_put_same_address(struct ht_json_address *last, char *at,
                               const struct ht_address *address)
{
    if (last->len > 0 && ht_address_equal(&last->address, address)) {
        memcpy(at, last->text, sizeof last->text);
        return at + last->len;
    }
    char *end     = ht_json_put_address(at, address);
    last->address = *address;
    last->len     = (size_t)(end - at);
    memcpy(last->text, at, last->len);
    return end;
}

char *ht_json_put_id(char *at, uint16_t value, unsigned width)
{
    uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value};
    memcpy(at, "\"0x", 3);
    at    = ht_put_hex(at + 3,
                    width == 1 && value <= UINT8_MAX ? ht_bytes(bytes + 1, 1) : ht_bytes(bytes, 2));
    *at++ = '"';
    return at;
}

/* Where the parts of a second stand in the clock's text, and how long it is. */
enum { DATE = 1, HOUR = 12, MINUTE = 15, SECOND = 18, CLOCK_LEN = 21 };

/* Once a second: not in the way of all others. */
static __attribute__((noinline)) void set_clock(struct ht_json_clock *clock, int64_t time_ns,
                                                int64_t second)
{
    int64_t day = second / 86400 - (second % 86400 < 0);
    if (clock->text[0] == '\0' || clock->day != day) {
        char text[HT_TIME_TEXT_MAX];
        memcpy(clock->text, "\"YYYY-MM-DDThh:mm:ss.", CLOCK_LEN);
        memcpy(clock->text + DATE, ht_time_print(text, time_ns, 0), 10);
        clock->day = day;
    }
    uint64_t of_day = (uint64_t)(second - day * 86400);
    ht_put_digits(clock->text + HOUR, of_day / 3600, 2);
    ht_put_digits(clock->text + MINUTE, of_day / 60 % 60, 2);
    ht_put_digits(clock->text + SECOND, of_day % 60, 2);
    clock->second = second;
}

char *ht_json_put_time(struct ht_json_clock *clock, char *at, int64_t time_ns)
{
    int64_t second = time_ns / HT_SECOND_NS - (time_ns % HT_SECOND_NS < 0);
    if (clock->text[0] == '\0' || clock->second != second) {
        set_clock(clock, time_ns, second);
    }
    /* Unsigned, for the first second begins before the first nanosecond that can be told. */
    uint64_t fraction = (uint64_t)time_ns - (uint64_t)second * (uint64_t)HT_SECOND_NS;
    memcpy(at, clock->text, CLOCK_LEN);
    at = ht_put_nanoseconds(at + CLOCK_LEN, (uint32_t)fraction);
    memcpy(at, "Z\"", 2);
    return at + 2;
}
