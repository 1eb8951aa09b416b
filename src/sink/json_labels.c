#include "sink/json_labels.h"

void ht_json_labels_keep(struct ht_json_labels *labels, const struct ht_json_member *member,
                         const char *word, struct ht_bytes rendered)
{
    size_t len  = strlen(word);
    size_t slot = ht_json_labels_slot(member, word);
    if (len >= HT_JSON_LABEL_MAX || rendered.len > HT_JSON_LABEL_ROOM) {
        return;
    }
    struct ht_json_label *label = &labels->slots[slot];
    labels->slots[slot ^ 1]     = *label;
    *label = (struct ht_json_label){.member = member, .address = word, .len = rendered.len};
    memcpy(label->word, word, len);
    memcpy(label->rendered, rendered.ptr, rendered.len);
}
