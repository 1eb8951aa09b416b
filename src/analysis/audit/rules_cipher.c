/* Rules about: cipher. */
#include "analysis/audit/case.h"

const struct audit_table audit_cipher_rules = {.rules = NULL, .num = 0};
