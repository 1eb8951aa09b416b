/* What an audit looks for. */
#ifndef HT_CLI_RULES_H
#define HT_CLI_RULES_H

#include "cli/options.h"
#include "event/event.h"

/* {"type":"rule", …} */
extern const struct ht_record_type cli_rule_record;

/* cli_rules_print writes of each rule a line, with what the options' policy makes of it where they
 * have one; or in JSON all that there is to say of it. False with a message. */
bool cli_rules_print(const struct cli_options *options, FILE *out, struct ht_error *error);

/* cli_rules_ask: the condition asks for the id of a rule. */
bool cli_rules_ask(const struct ht_condition *condition);

/* cli_rules_policy opens the options' policy, which is one of these rules; NULL with a message. */
struct ht_policy *cli_rules_policy(const struct cli_options *options, struct ht_error *error);

#endif
