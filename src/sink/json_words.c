#include "sink/json_words.h"

void ht_json_words_keep(struct ht_json_words *words, const struct ht_json_member *member,
                        uint64_t word, struct ht_bytes rendered)
{
    struct ht_json_word_set *set = &words->sets[ht_json_words_set(member, word)];
    if (rendered.len > HT_JSON_WORD_ROOM) {
        return;
    }
    struct ht_json_word *kept = &set->words[set->oldest++ % HT_JSON_WORD_WAYS];
    *kept = (struct ht_json_word){.member = member, .word = word, .len = rendered.len};
    memcpy(kept->rendered, rendered.ptr, rendered.len);
}
