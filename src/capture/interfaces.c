#include "capture/interfaces.h"

#include "base/time.h"

#include <stdlib.h>

/* Wide enough for any 64-bit count of ticks in nanoseconds. */
__extension__ typedef unsigned __int128 wide;

/* 10 to the power of n; 0 where that is more than 64 bits hold. */
static uint64_t power_of_ten(unsigned n)
{
    uint64_t power = 1;
    for (unsigned i = 0; i < n; i++) {
        if (__builtin_mul_overflow(power, 10, &power)) {
            return 0;
        }
    }
    return power;
}

struct ht_resolution ht_resolution(uint8_t tsresol)
{
    const unsigned nano = 9;
    unsigned exponent   = tsresol & 0x7F;
    if ((tsresol & 0x80) != 0) {
        return (struct ht_resolution){(uint64_t)HT_SECOND_NS, 1, exponent};
    }
    if (exponent <= nano) {
        return (struct ht_resolution){power_of_ten(nano - exponent), 1, 0};
    }
    uint64_t divide = power_of_ten(exponent - nano);
    /* Ticks so short that 64 bits of them are no nanosecond. */
    return divide == 0 ? (struct ht_resolution){0, 1, 0} : (struct ht_resolution){1, divide, 0};
}

int64_t ht_interface_time(const struct ht_interface *interface, uint64_t ticks)
{
    const struct ht_resolution *unit = &interface->resolution;
    wide exact                       = (wide)ticks * unit->multiply;
    if (unit->divide != 1) { /* seldom, and a division of this width is slow */
        exact /= unit->divide;
    }
    exact >>= unit->shift;
    /* Below 2^62 each, so that their sum cannot overflow. */
    int64_t time_ns = exact > HT_TIME_FARTHEST_NS ? HT_TIME_FARTHEST_NS : (int64_t)exact;
    if (interface->offset_s == 0) {
        return time_ns;
    }
    int64_t offset_ns = 0;
    if (__builtin_mul_overflow(interface->offset_s, HT_SECOND_NS, &offset_ns) ||
        __builtin_add_overflow(time_ns, offset_ns, &time_ns)) {
        return interface->offset_s > 0 ? HT_TIME_FARTHEST_NS : -HT_TIME_FARTHEST_NS;
    }
    if (time_ns > HT_TIME_FARTHEST_NS) {
        return HT_TIME_FARTHEST_NS;
    }
    return time_ns < -HT_TIME_FARTHEST_NS ? -HT_TIME_FARTHEST_NS : time_ns;
}

bool ht_interfaces_add(struct ht_interfaces *list, const struct ht_interface *interface)
{
    if (list->len == HT_MAX_INTERFACES) {
        return false;
    }
    if (list->len == list->capacity) {
        size_t capacity            = list->capacity > 0 ? list->capacity * 2 : 4;
        struct ht_interface *items = realloc(list->items, capacity * sizeof *items);
        if (items == NULL) {
            return false;
        }
        list->items    = items;
        list->capacity = capacity;
    }
    list->items[list->len++] = *interface;
    return true;
}

void ht_interfaces_free(struct ht_interfaces *list)
{
    free(list->items);
    *list = (struct ht_interfaces){0};
}
