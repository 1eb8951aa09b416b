#include "analysis/audit/suite.h"

unsigned audit_suite_kinds(struct ht_bytes suites)
{
    unsigned kinds = 0;
    for (size_t i = 0; i < suites.len / 2; i++) {
        const struct audit_suite *suite = audit_suite_find(ht_be16(suites, i));
        kinds |= suite != NULL ? suite->kinds : 0;
    }
    return kinds;
}

int audit_suite_rank(const struct audit_suite *suite)
{
    static const char *const grades[] = {"insecure", "weak", "legacy", "acceptable", "recommended"};
    for (size_t i = 0; suite != NULL && i < HT_ARRAY_LEN(grades); i++) {
        if (strcmp(grades[i], suite->grade) == 0) {
            return (int)i;
        }
    }
    return -1;
}
