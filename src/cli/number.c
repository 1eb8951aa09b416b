#include "cli/number.h"

#include "base/time.h"

#include <string.h>

enum { HOUR_S = 3600, DAY_S = 24 * HOUR_S };

struct unit {
    char letter;
    uint64_t factor;
};

static const struct unit size_units[]     = {{'k', 1 << 10}, {'K', 1 << 10}, {'m', 1 << 20},
                                             {'M', 1 << 20}, {'g', 1 << 30}, {'G', 1 << 30}};
static const struct unit duration_units[] = {{'s', 1}, {'m', 60}, {'h', HOUR_S}, {'d', DAY_S}};

/* Digits, and one letter of `units` or none; from 1 to `max`. */
static bool read_units(const char *text, const struct unit *units, size_t num_units, uint64_t max,
                       uint64_t *out)
{
    uint64_t number = 0, factor = 1;
    const char *at = text;
    for (; *at >= '0' && *at <= '9'; at++) {
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, (uint64_t)(*at - '0'), &number)) {
            return false;
        }
    }
    for (size_t i = 0; i < num_units; i++) {
        if (*at == units[i].letter) {
            factor = units[i].factor;
            at++;
            break;
        }
    }
    bool good = *at == '\0' && !__builtin_mul_overflow(number, factor, &number) && number > 0 &&
                number <= max;
    *out = good ? number : 0;
    return good;
}

bool cli_read_number(const char *text, uint64_t max, uint64_t *out)
{
    return read_units(text, NULL, 0, max, out);
}

bool cli_read_size(const char *text, uint64_t max, uint64_t *out_bytes)
{
    return read_units(text, size_units, sizeof size_units / sizeof size_units[0], max, out_bytes);
}

bool cli_read_duration(const char *text, int64_t *out_ns)
{
    uint64_t seconds = 0;
    bool good = read_units(text, duration_units, sizeof duration_units / sizeof duration_units[0],
                           UINT64_C(36525) * DAY_S, &seconds);
    *out_ns   = (int64_t)seconds * HT_SECOND_NS;
    return good;
}
