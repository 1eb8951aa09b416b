#include "capture/source.h"

struct ht_bytes ht_source_secrets(const struct ht_source *source, size_t num, uint32_t *out_type)
{
    *out_type = 0;
    return source->ops->secrets != NULL ? source->ops->secrets(source, num, out_type)
                                        : ht_bytes(NULL, 0);
}
