#include "crypto/rc4.h"

struct rc4 {
    uint8_t s[256];
    uint8_t i, j;
};

static void swap(uint8_t *a, uint8_t *b)
{
    uint8_t was = *a;
    *a          = *b;
    *b          = was;
}

static void schedule(struct rc4 *rc4, struct ht_bytes key)
{
    uint8_t j = 0;
    *rc4      = (struct rc4){0};
    for (unsigned i = 0; i < sizeof rc4->s; i++) {
        rc4->s[i] = (uint8_t)i;
    }
    for (unsigned i = 0; i < sizeof rc4->s; i++) {
        j = (uint8_t)(j + rc4->s[i] + key.ptr[i % key.len]);
        swap(&rc4->s[i], &rc4->s[j]);
    }
}

static uint8_t next(struct rc4 *rc4)
{
    rc4->i = (uint8_t)(rc4->i + 1);
    rc4->j = (uint8_t)(rc4->j + rc4->s[rc4->i]);
    swap(&rc4->s[rc4->i], &rc4->s[rc4->j]);
    return rc4->s[(uint8_t)(rc4->s[rc4->i] + rc4->s[rc4->j])];
}

void ht_rc4(uint8_t *out, struct ht_bytes key, size_t offset, struct ht_bytes in)
{
    struct rc4 rc4;
    schedule(&rc4, key);
    for (size_t i = 0; i < offset; i++) {
        (void)next(&rc4);
    }
    for (size_t i = 0; i < in.len; i++) {
        out[i] = in.ptr[i] ^ next(&rc4);
    }
}
