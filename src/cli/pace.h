/*
 * Whether what comes by a pipe is captured while it is read, and what time it is there.
 */
#ifndef HT_CLI_PACE_H
#define HT_CLI_PACE_H

#include <stdbool.h>
#include <stdint.h>

/* Zeroed, nothing came yet. */
struct cli_pace {
    int64_t frame_ns; /* of the latest frame; to be set with each, */
    bool heard;       /* as is this */

    int64_t heard_ns;            /* when there were frames; monotonic, as all but times of frames */
    int64_t from_ns, from_frame; /* since then frames have not outrun the clock; and its frame */
};

/* cli_pace_keeps, called every half a second or so: frames are of this hour, as of the clock
 * `real_ns`, and for some seconds no more time has passed from frame to frame than by the clock
 * `now_ns`. Frames of a file that is written to a pipe are older, or come faster than they were
 * captured. Where it is so, `out` is the time at the other end: that of the latest frame, and what
 * has passed since it was heard of. */
bool cli_pace_keeps(struct cli_pace *pace, int64_t now_ns, int64_t real_ns, int64_t *out);

#endif
