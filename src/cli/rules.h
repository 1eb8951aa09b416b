/* What an audit looks for. */
#ifndef HT_CLI_RULES_H
#define HT_CLI_RULES_H

#include <stdbool.h>
#include <stdio.h>

/* cli_rules_print writes a line for each rule: its id, severity, category, title. */
void cli_rules_print(FILE *out);

/* cli_rules_know: there is a rule of this id. */
bool cli_rules_know(const char *id);

#endif
