#include "dissect/dissector.h"

static bool is_open(const struct ht_side_quality *side)
{
    return !side->fin && !side->reset;
}

const char *ht_absent_reason(const struct ht_end *end, enum ht_side side)
{
    const struct ht_side_quality *q = &end->side[side];
    if (!q->seen) {
        return HT_ABSENT_ONE_SIDED;
    }
    if (q->started_late) {
        return HT_ABSENT_STARTED_LATE;
    }
    if (q->limit) {
        return HT_ABSENT_LIMIT;
    }
    if (q->truncated) {
        return HT_ABSENT_SNAPLEN;
    }
    if (q->hole) {
        return HT_ABSENT_LOST;
    }
    return is_open(q) && is_open(&end->side[ht_other(side)]) ? HT_ABSENT_ENDED : HT_ABSENT_NOT_SENT;
}
