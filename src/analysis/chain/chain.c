#include "analysis/chain/chain.h"

const struct ht_analyzer ht_chain_analyzer = {.name = "chain"};
