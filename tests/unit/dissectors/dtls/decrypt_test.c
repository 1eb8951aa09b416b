/*
 * Associations with their keys: those of our samples (OpenSSL, GnuTLS, NSS), also with datagrams in
 * another order, twice, or cut; and records sealed here by what RFC 9147 and RFC 9146 say, for what
 * those programs do not. That Finished is what was computed here is its own proof.
 */
#include "association.h"

#include "crypto/key_log.h"
#include "crypto/opener.h"
#include "seal.h"

enum { PCAP_HEADER = 24, PACKET_HEADER = 16, FRAME_HEADERS = 14 + 20 + 8, MAX_SAID = 40 };

struct keys {
    struct ht_key_log *log;
    struct ht_keyring ring;
};

static struct keys keys_of(struct ht_bytes text)
{
    struct keys keys = {.log = ht_key_log_new()};
    ht_key_log_add(keys.log, text);
    keys.ring = (struct ht_keyring){.file = keys.log, .opener = ht_opener_new()};
    assert_non_null(keys.ring.opener);
    return keys;
}

static void drop(struct keys *keys)
{
    ht_key_log_free(keys->log);
    ht_opener_free(keys->ring.opener);
}

struct conversation {
    struct utterance said[MAX_SAID];
    size_t num;
    struct keys keys;
};

static uint32_t le32(struct ht_bytes b, size_t at)
{
    return b.ptr[at] | (uint32_t)b.ptr[at + 1] << 8 | (uint32_t)b.ptr[at + 2] << 16 |
           (uint32_t)b.ptr[at + 3] << 24;
}

/* The datagrams of DTLS in a sample: pcap, Ethernet, IPv4 without options, UDP. */
static void read_sample(const char *name, struct conversation *out)
{
    enum { PROTOCOL = 14 + 9, SOURCE = 14 + 20, SERVER = 4433, UDP = 17 };
    char path[128];
    (void)snprintf(path, sizeof path, "samples/%s.pcap", name);
    struct ht_bytes rest = ht_bytes_from(file_bytes(path), PCAP_HEADER);
    out->num             = 0;
    while (rest.len > PACKET_HEADER) {
        size_t len            = le32(rest, 8);
        struct ht_bytes frame = ht_bytes_head(ht_bytes_from(rest, PACKET_HEADER), len);
        rest                  = ht_bytes_from(rest, PACKET_HEADER + len);
        if (frame.len > FRAME_HEADERS && frame.ptr[PROTOCOL] == UDP) {
            assert_true(out->num < MAX_SAID);
            bool server           = ht_be16_at(frame, SOURCE) == SERVER;
            out->said[out->num++] = (struct utterance){server ? HT_SIDE_B : HT_SIDE_A,
                                                       ht_bytes_from(frame, FRAME_HEADERS)};
        }
    }
    (void)snprintf(path, sizeof path, "samples/%s.keylog", name);
    out->keys = keys_of(file_bytes(path));
}

static void start_keyed(struct recorder *r, const struct conversation *c)
{
    start(r);
    r->emitter.keyring = &c->keys.ring;
    r->emitter.verify  = true;
}

static void say_said(struct recorder *r, const struct utterance *said)
{
    say(r, said->side, said->bytes);
}

static size_t count(const char *text, const char *what)
{
    size_t n = 0;
    for (const char *at = strstr(text, what); at != NULL; at = strstr(at + 1, what)) {
        n++;
    }
    return n;
}

static void assert_verified(const struct recorder *r, size_t handshakes, const char *of)
{
    if (count(r->text, "A tls.finished decrypted verified\n") != handshakes ||
        count(r->text, "B tls.finished decrypted verified\n") != handshakes ||
        count(r->text, "refuted") != 0) {
        fail_msg("%s:\n%s", of, r->text);
    }
}

static const struct {
    const char *name;
    size_t handshakes;
} samples[] = {
    {"dtls10-fragments", 1},
    {"dtls12-client-certificate", 1},
    {"dtls12-cookie", 1},
    {"dtls12-gnutls", 1},
    {"dtls12-psk", 1},
    {"dtls12-retransmissions", 1},
    {"dtls12-renegotiation", 2},
    {"dtls12-cbc", 1},
    {"dtls13-client-certificate", 1},
    {"dtls13-hello-retry", 1},
    {"dtls13-retransmissions", 1},
};

static void samples_are_read(void **unused)
{
    struct conversation c;
    (void)unused;
    for (size_t i = 0; i < HT_ARRAY_LEN(samples); i++) {
        struct recorder r;
        read_sample(samples[i].name, &c);
        start_keyed(&r, &c);
        for (size_t k = 0; k < c.num; k++) {
            say_said(&r, &c.said[k]);
        }
        (void)end(&r);
        assert_verified(&r, samples[i].handshakes, samples[i].name);
        assert_int_equal(count(r.text, "inferred"), 0);
        assert_int_equal(count(r.text, "other_handshake"), 0);
        assert_int_equal(count(r.text, "absent encrypted"), 0);
        recorder_free(&r);
        drop(&c.keys);
    }
}

/* What UDP may do to a datagram: it comes once more, */
static void datagrams_may_come_twice(void **unused)
{
    struct conversation c;
    (void)unused;
    for (size_t i = 0; i < HT_ARRAY_LEN(samples); i++) {
        struct recorder once, twice;
        read_sample(samples[i].name, &c);
        start_keyed(&once, &c);
        start_keyed(&twice, &c);
        for (size_t k = 0; k < c.num; k++) {
            say_said(&once, &c.said[k]);
            say_said(&twice, &c.said[k]);
            say_said(&twice, &c.said[k]);
        }
        (void)end(&once);
        (void)end(&twice);
        assert_verified(&twice, samples[i].handshakes, samples[i].name);
        assert_int_equal(count(twice.text, "decrypted"), count(once.text, "decrypted"));
        assert_int_equal(count(twice.text, " tls."), count(once.text, " tls."));
        recorder_free(&once);
        recorder_free(&twice);
        drop(&c.keys);
    }
}

/* or after the next one of its side. */
static void neighbours_may_change_places(void **unused)
{
    static const char *const names[] = {"dtls12-cookie", "dtls12-ticket", "dtls13-hello-retry",
                                        "dtls13-client-certificate"};
    struct conversation c;
    (void)unused;
    for (size_t i = 0; i < HT_ARRAY_LEN(names); i++) {
        read_sample(names[i], &c);
        size_t num = i == 1 ? 16 : c.num; /* the first of two connections */
        for (size_t first = 0; first + 1 < num; first++) {
            struct recorder r;
            if (c.said[first].side != c.said[first + 1].side) {
                continue;
            }
            start_keyed(&r, &c);
            for (size_t k = 0; k < num; k++) {
                say_said(&r, &c.said[k == first ? first + 1 : k == first + 1 ? first : k]);
            }
            (void)end(&r);
            assert_verified(&r, 1, names[i]);
            recorder_free(&r);
        }
        drop(&c.keys);
    }
}

/* With keys of another session the story is that without keys. */
static void wrong_keys_tell_nothing(void **unused)
{
    struct conversation c, other;
    struct recorder r, without;
    (void)unused;
    read_sample("dtls12-cookie", &c);
    read_sample("dtls12-gnutls", &other);
    start(&without);
    start_keyed(&r, &other);
    for (size_t i = 0; i < c.num; i++) {
        say_said(&r, &c.said[i]);
        say_said(&without, &c.said[i]);
    }
    (void)end(&r);
    (void)end(&without);
    assert_string_equal(r.text, without.text);
    recorder_free(&r);
    recorder_free(&without);
    drop(&c.keys);
    drop(&other.keys);
}

/* A sealed association: hellos, then what the test has to say. */
static void start_sealed(struct recorder *r, struct sealed *s, const struct keys *keys)
{
    start(r);
    r->emitter.keyring = &keys->ring;
    say(r, 0, sealed_client_hello(s));
    say(r, 1, sealed_server_hello(s));
}

static void end_sealed(struct recorder *r, struct keys *keys)
{
    (void)end(r);
    drop(keys);
}

static const uint8_t close_notify[] = {1, 0};

/* RFC 9147 section 4: connection ids, numbers of 8 and 16 bits, with and without a length. */
static void unified_headers_have_many_forms(void **unused)
{
    (void)unused;
    for (unsigned form = 0; form < 8; form++) {
        struct recorder r;
        struct sealed s  = {.version = DTLS_13, .connection_ids = (form & 1) != 0};
        struct keys keys = keys_of(ht_text(sealed_begin(&s)->key_log));
        start_sealed(&r, &s, &keys);
        s.short_numbers = (form & 2) != 0;
        s.no_length     = (form & 4) != 0;
        say(&r, 1, sealed_message(&s, 1, 2, TLS_ENCRYPTED_EXTENSIONS, hex("0000")));
        say(&r, 1, sealed_finished(&s, 1, 2));
        say(&r, 0, sealed_finished(&s, 0, 2));
        say(&r, 0, sealed_record(&s, 0, 3, TLS_ALERT, ht_bytes(close_notify, 2)));
        end_sealed(&r, &keys);
        assert_verified(&r, 1, "forms");
        assert_int_equal(count(r.text, "A tls.close_notify decrypted"), 1);
        recorder_free(&r);
    }
}

/* RFC 9147 section 4.2.2: only the end of a number is sent. */
static void numbers_are_completed(void **unused)
{
    static const uint64_t numbers[] = {0, 100, 220, 300, 290, 427, 428, 427};
    struct recorder r;
    struct sealed s  = {.version = DTLS_13, .short_numbers = true};
    struct keys keys = keys_of(ht_text(sealed_begin(&s)->key_log));
    (void)unused;
    start_sealed(&r, &s, &keys);
    say(&r, 1, sealed_finished(&s, 1, 2));
    say(&r, 0, sealed_finished(&s, 0, 2));
    for (size_t i = 0; i < HT_ARRAY_LEN(numbers); i++) {
        s.number[0][3] = numbers[i];
        say(&r, 0, sealed_record(&s, 0, 3, DTLS_ACK, hex("0000")));
    }
    const struct dtls_details *details = end(&r);
    assert_int_equal(count(r.text, "dtls.ack decrypted"), HT_ARRAY_LEN(numbers) - 1);
    assert_int_equal(details->repeated_records, 1);
    assert_int_equal(details->late_records, 1);
    drop(&keys);
    recorder_free(&r);
}

/* RFC 8446 section 7.2 with the labels of RFC 9147 section 5.9: each KeyUpdate begins an epoch. */
static void keys_are_updated(void **unused)
{
    struct recorder r;
    struct sealed s  = {.version = DTLS_13};
    struct keys keys = keys_of(ht_text(sealed_begin(&s)->key_log));
    (void)unused;
    start_sealed(&r, &s, &keys);
    say(&r, 1, sealed_finished(&s, 1, 2));
    say(&r, 0, sealed_finished(&s, 0, 2));
    for (unsigned epoch = 3; epoch < 9; epoch++) {
        say(&r, 0, sealed_message(&s, 0, epoch, 24, hex("00")));
    }
    /* One of the old keys is late. */
    say(&r, 0, sealed_record(&s, 0, 8, DTLS_ACK, hex("0000")));
    say(&r, 0, sealed_record(&s, 0, 9, TLS_ALERT, ht_bytes(close_notify, 2)));
    end_sealed(&r, &keys);
    assert_int_equal(count(r.text, "A tls.key_update decrypted"), 6);
    assert_int_equal(count(r.text, "A dtls.ack decrypted"), 1);
    assert_int_equal(count(r.text, "A tls.close_notify decrypted"), 1);
    recorder_free(&r);
}

/* Early data have an epoch of their own, and no EndOfEarlyData (RFC 9147 section 5.6). */
static void early_data_are_stepped_over(void **unused)
{
    struct recorder r;
    struct sealed s  = {.version = DTLS_13};
    struct keys keys = keys_of(ht_text(sealed_begin(&s)->key_log));
    (void)unused;
    start_sealed(&r, &s, &keys);
    say(&r, 0, sealed_record(&s, 0, 1, TLS_APPLICATION_DATA, hex("0102030405")));
    say(&r, 1, sealed_finished(&s, 1, 2));
    say(&r, 0, sealed_finished(&s, 0, 2));
    say(&r, 0, sealed_record(&s, 0, 3, TLS_APPLICATION_DATA, hex("010203")));
    end_sealed(&r, &keys);
    assert_verified(&r, 1, "early data");
    assert_non_null(strstr(r.text, "A tls.application_data encrypted { records=1 bytes=22 }"));
    assert_non_null(strstr(r.text, "A tls.application_data encrypted { records=1 bytes=20 }"));
    recorder_free(&r);
}

/* RFC 9146 sections 4 and 5. */
static void connection_ids_are_proven(void **unused)
{
    struct recorder r;
    struct sealed s  = {.version = DTLS_12, .connection_ids = true};
    struct keys keys = keys_of(ht_text(sealed_begin(&s)->key_log));
    (void)unused;
    start_sealed(&r, &s, &keys);
    say(&r, 1, sealed_finished(&s, 1, 1));
    say(&r, 0, sealed_finished(&s, 0, 1));
    say(&r, 0, sealed_record(&s, 0, 1, TLS_APPLICATION_DATA, hex("010203")));
    say(&r, 0, sealed_record(&s, 0, 1, TLS_ALERT, ht_bytes(close_notify, 2)));
    end_sealed(&r, &keys);
    assert_verified(&r, 1, "connection ids");
    assert_int_equal(count(r.text, "A tls.close_notify decrypted"), 1);
    assert_non_null(strstr(r.text, "A tls.application_data encrypted { records=1 "));
    recorder_free(&r);
}

static void a_finished_may_be_wrong(void **unused)
{
    static const uint16_t versions[] = {DTLS_12, DTLS_13};
    (void)unused;
    for (size_t i = 0; i < HT_ARRAY_LEN(versions); i++) {
        struct recorder r;
        struct sealed s  = {.version = versions[i]};
        struct keys keys = keys_of(ht_text(sealed_begin(&s)->key_log));
        unsigned epoch   = versions[i] == DTLS_13 ? 2 : 1;
        start_sealed(&r, &s, &keys);
        struct ht_bytes wrong = versions[i] == DTLS_13 ? hex("00112233445566778899aabbccddeeff"
                                                             "00112233445566778899aabbccddeeff")
                                                       : hex("00112233445566778899aabb");
        say(&r, 1, sealed_message(&s, 1, epoch, TLS_FINISHED, wrong));
        end_sealed(&r, &keys);
        assert_int_equal(count(r.text, "B tls.finished decrypted refuted"), 1);
        recorder_free(&r);
    }
}

/* A client that lost its state begins again on the same ports (RFC 6347 section 4.2.8): what was
 * said before accuses nobody. */
static void an_association_may_begin_anew(void **unused)
{
    struct recorder r;
    struct sealed s = {.version = DTLS_13}, again = {.version = DTLS_13, .other_random = true};
    (void)unused;
    sealed_begin(&s);
    sealed_begin(&again);
    struct keys keys = keys_of(ht_text(s.key_log));
    ht_key_log_add(keys.log, ht_text(again.key_log));
    start_sealed(&r, &s, &keys);
    say(&r, 1, sealed_message(&s, 1, 2, TLS_ENCRYPTED_EXTENSIONS, hex("0000")));
    say(&r, 0, sealed_client_hello(&again));
    say(&r, 1, sealed_server_hello(&again));
    say(&r, 1, sealed_finished(&again, 1, 2));
    say(&r, 0, sealed_finished(&again, 0, 2));
    end_sealed(&r, &keys);
    assert_verified(&r, 1, "anew");
    recorder_free(&r);
}

/* A datagram that was cut, or is spoilt, is no reason to give the others up. */
static void records_stand_for_themselves(void **unused)
{
    struct recorder r;
    struct sealed s  = {.version = DTLS_13};
    struct keys keys = keys_of(ht_text(sealed_begin(&s)->key_log));
    (void)unused;
    start_sealed(&r, &s, &keys);
    struct ht_bytes extensions = sealed_message(&s, 1, 2, TLS_ENCRYPTED_EXTENSIONS, hex("0000"));
    uint8_t spoilt[128];
    memcpy(spoilt, extensions.ptr, extensions.len);
    spoilt[extensions.len - 1] ^= 1;
    say(&r, 1, ht_bytes(spoilt, extensions.len));
    say(&r, 1, extensions);
    struct ht_bytes finished = sealed_finished(&s, 1, 2);
    ht_dispatch_datagram(&r.dispatch, &r.emitter, HT_SIDE_B,
                         ht_bytes_head(finished, finished.len - 4), finished.len);
    say(&r, 1, finished);
    end_sealed(&r, &keys);
    assert_int_equal(count(r.text, "B tls.encrypted_extensions decrypted"), 1);
    assert_int_equal(count(r.text, "B tls.finished decrypted verified"), 1);
    recorder_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_are_read),
        cmocka_unit_test(datagrams_may_come_twice),
        cmocka_unit_test(neighbours_may_change_places),
        cmocka_unit_test(wrong_keys_tell_nothing),
        cmocka_unit_test(unified_headers_have_many_forms),
        cmocka_unit_test(numbers_are_completed),
        cmocka_unit_test(keys_are_updated),
        cmocka_unit_test(early_data_are_stepped_over),
        cmocka_unit_test(connection_ids_are_proven),
        cmocka_unit_test(a_finished_may_be_wrong),
        cmocka_unit_test(an_association_may_begin_anew),
        cmocka_unit_test(records_stand_for_themselves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
