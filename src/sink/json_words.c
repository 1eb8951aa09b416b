#include "sink/json_words.h"

void ht_json_words_keep(struct ht_json_words *words, const struct ht_json_member *member,
                        const void *value, struct ht_bytes rendered)
{
    const char *label = member->form == HT_JSON_LABEL ? *(const char *const *)value : "";
    uint64_t word =
        member->form == HT_JSON_LABEL ? (uintptr_t)label : ((const struct ht_named *)value)->id;
    size_t len = strlen(label), slot = ht_json_words_slot(member, word);
    if (len >= HT_JSON_LABEL_MAX || rendered.len > HT_JSON_WORD_ROOM) {
        return;
    }
    struct ht_json_word *kept = &words->slots[slot];
    words->slots[slot ^ 1]    = *kept;
    *kept = (struct ht_json_word){.member = member, .word = word, .len = rendered.len};
    memcpy(kept->label, label, len);
    memcpy(kept->rendered, rendered.ptr, rendered.len);
}
