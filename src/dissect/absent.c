#include "dissect/dissector.h"

const char *ht_absent_reason(const struct ht_end *end, enum ht_side side)
{
    const struct ht_side_quality *q = &end->side[side];
    if (!q->seen) {
        return HT_ABSENT_ONE_SIDED;
    }
    if (q->hole) {
        return HT_ABSENT_LOST;
    }
    if (q->truncated) {
        return HT_ABSENT_SNAPLEN;
    }
    if (q->limit) {
        return HT_ABSENT_LIMIT;
    }
    return q->started_late ? HT_ABSENT_STARTED_LATE : HT_ABSENT_NOT_SENT;
}
