#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

bool ht_fail(struct ht_error *error, const char *format, ...)
{
    if (error != NULL) {
        va_list args;
        va_start(args, format);
        (void)vsnprintf(error->text, sizeof error->text, format, args);
        va_end(args);
        error->unknown_format = false;
    }
    return false;
}
