#include "report/collector.h"

const struct ht_analyzer ht_collector_analyzer = {.name = "collector"};
