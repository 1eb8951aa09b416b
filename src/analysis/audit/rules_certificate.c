/* Rules about: certificate. */
#include "analysis/audit/case.h"

const struct audit_table audit_certificate_rules = {.rules = NULL, .num = 0};
