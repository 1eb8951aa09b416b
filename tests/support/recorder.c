#include "recorder.h"

#include "support.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

__attribute__((format(printf, 2, 3))) static void put(struct recorder *r, const char *format, ...)
{
    char line[1024];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    size_t len = (size_t)n < sizeof line ? (size_t)n : sizeof line - 1;
    if (r->len + len + 1 > r->capacity) {
        r->capacity = 2 * (r->len + len + 1);
        r->text     = realloc(r->text, r->capacity);
        assert_non_null(r->text);
    }
    memcpy(r->text + r->len, line, len);
    r->len += len;
    r->text[r->len] = '\0';
}

static void put_bytes(struct recorder *r, struct ht_bytes bytes, bool text)
{
    for (size_t i = 0; i < bytes.len; i++) {
        put(r, text && bytes.ptr[i] >= ' ' && bytes.ptr[i] < 127 ? "%c" : "%02x", bytes.ptr[i]);
    }
}

static void put_object(struct recorder *r, const struct ht_struct *type, const void *object);

static void put_list(struct recorder *r, const struct ht_field *field, const void *at)
{
    if (field->kind == HT_LIST_OBJECT) {
        const struct ht_objects *list = at;
        for (size_t i = 0; i < list->len; i++) {
            put_object(r, field->of, (const char *)list->items + i * field->of->size);
        }
        return;
    }
    if (field->kind == HT_LIST_UINT) {
        const struct ht_uints *list = at;
        for (size_t i = 0; i < list->len; i++) {
            put(r, "%" PRIu64 ",", list->items[i]);
        }
        return;
    }
    const struct ht_texts *list = at;
    for (size_t i = 0; i < list->len; i++) {
        put_bytes(r, list->items[i], field->kind == HT_LIST_TEXT);
        put(r, ",");
    }
}

static void put_value(struct recorder *r, const struct ht_field *field, const void *object)
{
    const void *at = ht_field_at(field, object);
    char address[HT_ADDRESS_TEXT_MAX];
    switch (field->kind) {
    case HT_BOOL:
        put(r, "true");
        break;
    case HT_UINT:
        put(r, "%" PRIu64, ht_field_uint(field, object));
        break;
    case HT_INT:
    case HT_TIME:
        put(r, "%" PRId64, *(const int64_t *)at);
        break;
    case HT_LABEL:
        put(r, "%s", *(const char *const *)at);
        break;
    case HT_TEXT:
    case HT_HEX:
    case HT_LIST_NAMED:
        put_bytes(r, *(const struct ht_bytes *)at, field->kind == HT_TEXT);
        break;
    case HT_ADDRESS:
        put(r, "%s", ht_address_print(address, at));
        break;
    case HT_NAMED:
        put(r, "0x%04x", ((const struct ht_named *)at)->id);
        break;
    case HT_LIST_LABEL:
        for (const char *const *label = *(const char *const *const *)at; *label != NULL; label++) {
            put(r, "%s ", *label);
        }
        break;
    case HT_LIST_UINT:
    case HT_LIST_TEXT:
    case HT_LIST_HEX:
    case HT_LIST_OBJECT:
        put_list(r, field, at);
        break;
    case HT_OBJECT:
        put_object(r, field->of, *(const void *const *)at);
        break;
    case HT_ANY:
        put_object(r, ((const struct ht_any *)at)->type, ((const struct ht_any *)at)->object);
        break;
    }
}

static void put_object(struct recorder *r, const struct ht_struct *type, const void *object)
{
    put(r, "{");
    for (size_t i = 0; i < type->num_fields; i++) {
        if (ht_field_present(&type->fields[i], object)) {
            put(r, " %s=", type->fields[i].name);
            put_value(r, &type->fields[i], object);
        }
    }
    put(r, " }");
}

/* The schema and the man page know an event by the dissector's list alone. */
static void assert_listed(const struct recorder *r, const struct ht_event_type *type)
{
    const struct ht_event_type *const *listed = r->dispatch.dissectors[0]->events;
    while (*listed != NULL && *listed != type) {
        listed++;
    }
    if (*listed == NULL) {
        fail_msg("%s is not in the dissector's list of events", type->name);
    }
}

static struct ht_kept *record_event(struct ht_emitter *e, const struct ht_event_type *type,
                                    enum ht_side from, unsigned flags, void *event)
{
    struct recorder *r = (struct recorder *)e;
    assert_listed(r, type);
    put(r, "%c %s", from == HT_SIDE_A ? 'A' : 'B', type->name);
    put(r, (flags & HT_EVENT_ENCRYPTED) != 0 ? " encrypted" : "%s", "");
    put(r, (flags & HT_EVENT_INFERRED) != 0 ? " inferred" : "%s", "");
    put(r, (flags & HT_EVENT_PARTIAL) != 0 ? " partial" : "%s", "");
    put(r, (flags & HT_EVENT_MALFORMED) != 0 ? " malformed" : "%s", "");
    put(r, (flags & HT_EVENT_DECRYPTED) != 0 ? " decrypted" : "%s", "");
    put(r, (flags & HT_EVENT_VERIFIED) != 0 ? " verified" : "%s", "");
    put(r, (flags & HT_EVENT_REFUTED) != 0 ? " refuted" : "%s", "");
    struct ht_kept *kept = NULL;
    if (event != NULL && type->data != NULL) {
        put(r, " ");
        put_object(r, type->data, event);
        kept = ht_keep(&(struct ht_keeper){.arena = &r->arena}, type->data, event);
    }
    put(r, "\n");
    return kept;
}

static void record_absent(struct ht_emitter *e, const struct ht_event_type *type, enum ht_side from,
                          const char *reason)
{
    put((struct recorder *)e, "%c %s absent %s\n", from == HT_SIDE_A ? 'A' : 'B', type->name,
        reason);
}

static void record_record(struct ht_emitter *e, const struct ht_record_type *type, void *record)
{
    struct recorder *r = (struct recorder *)e;
    put(r, "%s ", type->name);
    put_object(r, type->data, record);
    put(r, "\n");
}

static void record_client(struct ht_emitter *e, enum ht_side client, const char *roles_from)
{
    struct recorder *r = (struct recorder *)e;
    put(r, "client is %c by %s\n", client == HT_SIDE_A ? 'A' : 'B', roles_from);
    r->client = (int)client;
    e->client = client;
}

static const struct ht_emitter_ops recorder_ops = {.emit         = record_event,
                                                   .absent       = record_absent,
                                                   .record       = record_record,
                                                   .claim_client = record_client};

void recorder_start(struct recorder *r, const struct ht_dissector *dissector, bool stream,
                    uint16_t port)
{
    *r = (struct recorder){.client = -1};
    /* The list must outlive the call: it lies in the recorder's own arena. */
    const struct ht_dissector **list = ht_arena_alloc(&r->arena, 2 * sizeof *list);
    assert_non_null(list);
    list[0]    = dissector;
    r->emitter = (struct ht_emitter){.ops       = &recorder_ops,
                                     .scratch   = &r->scratch,
                                     .arena     = &r->arena,
                                     .frame     = 1,
                                     .transport = stream ? "tcp" : "udp",
                                     .endpoint  = r->endpoint,
                                     .held      = r->dispatch.held,
                                     .events    = true};
    r->endpoint[0] =
        (struct ht_endpoint){.address = ht_address4((const uint8_t[]){10, 0, 0, 1}), .port = 40000};
    r->endpoint[1] =
        (struct ht_endpoint){.address = ht_address4((const uint8_t[]){10, 0, 0, 2}), .port = port};
    put(r, "%s", "");
    ht_dispatch_start(&r->dispatch, list, stream, NULL);
}

void recorder_bytes(struct recorder *r, enum ht_side side, struct ht_bytes bytes, uint64_t missing)
{
    /* In memory of exactly its size, so that a read past its end is seen. */
    uint8_t *exact = malloc(bytes.len > 0 ? bytes.len : 1);
    assert_non_null(exact);
    if (bytes.len > 0) {
        memcpy(exact, bytes.ptr, bytes.len);
    }
    (void)ht_dispatch_bytes(&r->dispatch, &r->emitter, side, 0, ht_bytes(exact, bytes.len),
                            missing);
    free(exact);
}

void recorder_end(struct recorder *r)
{
    struct ht_end end = {.side = {{.seen = true, .fin = true}, {.seen = true, .fin = true}}};
    ht_dispatch_finish(&r->dispatch, &r->emitter, &end);
}

void recorder_free(struct recorder *r)
{
    ht_dispatch_free(&r->dispatch);
    ht_arena_clear(&r->arena);
    ht_arena_clear(&r->scratch);
    free(r->text);
}

void *recorder_converse(struct recorder *r, const struct ht_dissector *dissector, uint16_t port,
                        const struct utterance *said, size_t num)
{
    recorder_start(r, dissector, true, port);
    for (size_t i = 0; i < num; i++) {
        r->emitter.frame = i + 1;
        recorder_bytes(r, said[i].side, said[i].bytes, 0);
    }
    recorder_end(r);
    return r->dispatch.past != NULL ? r->dispatch.past->state : r->dispatch.state;
}

/* What is said, and to whom. */
struct conversation {
    const struct ht_dissector *dissector;
    const struct utterance *said;
    size_t num;
    uint16_t port;
    const struct ht_keyring *keyring;
};

/* Sends the conversation with each utterance cut into steps of the length that `step` says. */
static char *send_cut(const struct conversation *c, size_t (*step)(void *context, size_t at),
                      void *context)
{
    struct recorder r;
    size_t total                 = 0;
    const struct utterance *said = c->said;
    recorder_start(&r, c->dissector, true, c->port);
    r.emitter.keyring = c->keyring;
    for (size_t i = 0; i < c->num; i++) {
        struct ht_bytes left = said[i].bytes;
        r.emitter.frame      = i + 1;
        r.emitter.time_ns    = (int64_t)(i + 1) * 1000000;
        while (left.len > 0) {
            struct ht_bytes head = ht_bytes_head(left, step(context, total));
            recorder_bytes(&r, said[i].side, head, 0);
            left = ht_bytes_from(left, head.len);
            total += head.len;
        }
    }
    recorder_end(&r);
    char *text = r.text;
    r.text     = NULL;
    recorder_free(&r);
    return text;
}

static size_t whole(void *context, size_t at)
{
    (void)context, (void)at;
    return SIZE_MAX;
}

static size_t one_byte(void *context, size_t at)
{
    (void)context, (void)at;
    return 1;
}

static size_t cut_once(void *context, size_t at)
{
    size_t cut = *(const size_t *)context;
    return at < cut ? cut - at : SIZE_MAX;
}

static size_t at_random(void *context, size_t at)
{
    uint64_t *state = context;
    (void)at;
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return 1 + (size_t)(*state >> 33) % 97;
}

static void same(const char *expected, char *got, const char *how, size_t which)
{
    if (strcmp(expected, got) != 0) {
        fail_msg("%s %zu: expected\n%sgot\n%s", how, which, expected, got);
    }
    free(got);
}

char *every_split(const struct ht_dissector *dissector, const struct utterance *said, size_t num,
                  uint16_t port)
{
    return every_split_keyed(dissector, said, num, port, NULL);
}

char *every_split_keyed(const struct ht_dissector *dissector, const struct utterance *said,
                        size_t num, uint16_t port, const struct ht_keyring *keyring)
{
    const struct conversation c = {dissector, said, num, port, keyring};
    size_t total                = 0;
    char *text                  = send_cut(&c, whole, NULL);
    for (size_t i = 0; i < num; i++) {
        total += said[i].bytes.len;
    }
    for (size_t cut = 1; cut < total; cut++) {
        same(text, send_cut(&c, cut_once, &cut), "cut at byte", cut);
    }
    same(text, send_cut(&c, one_byte, NULL), "byte by byte", 1);
    for (uint64_t seed = 1; seed <= 50; seed++) {
        uint64_t state = seed;
        same(text, send_cut(&c, at_random, &state), "random cuts, seed", seed);
    }
    return text;
}
