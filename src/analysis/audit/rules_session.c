/* Rules about: session. */
#include "analysis/audit/case.h"

const struct audit_table audit_session_rules = {.rules = NULL, .num = 0};
