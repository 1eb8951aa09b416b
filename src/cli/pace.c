#include "cli/pace.h"

#include "base/time.h"

/* Who captures hands over what was gathered, some seconds of it at once. */
#define AHEAD_NS (2 * HT_SECOND_NS)
#define SURE_NS (3 * HT_SECOND_NS)
#define HOUR_NS (3600 * HT_SECOND_NS) /* clocks are set better than this */

bool cli_pace_keeps(struct cli_pace *pace, int64_t now_ns, int64_t real_ns, int64_t *out)
{
    if (pace->heard) {
        int64_t expected_ns = pace->from_frame + (now_ns - pace->from_ns);
        bool ahead          = pace->frame_ns - AHEAD_NS > expected_ns;
        if (pace->heard_ns == 0 || ahead) {
            pace->from_ns    = now_ns;
            pace->from_frame = pace->frame_ns;
        }
        pace->heard    = false;
        pace->heard_ns = now_ns;
    }
    bool is_now = pace->frame_ns > real_ns - HOUR_NS && pace->frame_ns < real_ns + HOUR_NS;
    *out        = pace->frame_ns + (now_ns - pace->heard_ns);
    return is_now && pace->heard_ns != 0 && now_ns - pace->from_ns >= SURE_NS;
}
