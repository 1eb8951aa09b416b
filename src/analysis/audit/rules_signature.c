/* Rules about: signature. */
#include "analysis/audit/case.h"

const struct audit_table audit_signature_rules = {.rules = NULL, .num = 0};
