#include "base/time.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

struct date {
    int64_t year;
    unsigned month, day;
};

/* Days since 1970-01-01 to a proleptic Gregorian date: eras of 400 years that begin in March, so
 * that the leap day is the last of its year. */
static struct date date_of(int64_t days)
{
    days += 719468; /* from 0000-03-01 */
    int64_t era      = (days >= 0 ? days : days - 146096) / 146097;
    unsigned of_era  = (unsigned)(days - era * 146097);
    unsigned years   = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    unsigned of_year = of_era - (365 * years + years / 4 - years / 100);
    unsigned months  = (5 * of_year + 2) / 153;
    struct date date = {.year  = (int64_t)years + era * 400,
                        .month = months < 10 ? months + 3 : months - 9,
                        .day   = of_year - (153 * months + 2) / 5 + 1};
    date.year += date.month <= 2;
    return date;
}

const char *ht_time_print(char out[HT_TIME_TEXT_MAX], int64_t time_ns, unsigned decimals)
{
    int64_t seconds  = time_ns / HT_SECOND_NS;
    int64_t fraction = time_ns % HT_SECOND_NS;
    if (fraction < 0) {
        fraction += HT_SECOND_NS;
        seconds--;
    }
    int64_t days  = seconds / 86400;
    int64_t clock = seconds % 86400;
    if (clock < 0) {
        clock += 86400;
        days--;
    }
    struct date d = date_of(days);
    for (unsigned i = decimals; i < 9; i++) {
        fraction /= 10;
    }
    int n = snprintf(out, HT_TIME_TEXT_MAX, "%04d-%02u-%02uT%02d:%02d:%02d", (int)d.year, d.month,
                     d.day, (int)(clock / 3600), (int)(clock / 60 % 60), (int)(clock % 60));
    if (decimals > 0) {
        (void)snprintf(out + n, (size_t)(HT_TIME_TEXT_MAX - n), ".%0*dZ", (int)decimals,
                       (int)fraction);
    } else {
        (void)snprintf(out + n, (size_t)(HT_TIME_TEXT_MAX - n), "Z");
    }
    return out;
}

/* "Z", or a fraction of a second before it. */
static bool read_fraction(const char *text, int64_t *out_ns)
{
    *out_ns = 0;
    if (*text == '.') {
        int64_t unit = HT_SECOND_NS;
        while (*++text >= '0' && *text <= '9' && unit > 1) {
            unit /= 10;
            *out_ns += (*text - '0') * unit;
        }
        text = unit < HT_SECOND_NS ? text : "";
    }
    return strcmp(text, "Z") == 0;
}

bool ht_time_read(const char *text, int64_t *out_ns)
{
    enum { FIRST_YEAR = 1970, LAST_YEAR = 2199, BASE_YEAR = 1900 };
    struct tm said   = {0};
    int64_t fraction = 0;
    const char *end  = strptime(text, "%Y-%m-%d", &said);
    if (end != NULL && *end == 'T') {
        end = strptime(end, "T%H:%M:%S", &said);
        end = end != NULL && read_fraction(end, &fraction) ? "" : NULL;
    }
    int day = said.tm_mday, year = said.tm_year + BASE_YEAR;
    if (end == NULL || *end != '\0' || year < FIRST_YEAR || year > LAST_YEAR) {
        return false;
    }
    *out_ns = timegm(&said) * HT_SECOND_NS + fraction;
    return said.tm_mday == day; /* else the calendar has no such date, as February 30 */
}
