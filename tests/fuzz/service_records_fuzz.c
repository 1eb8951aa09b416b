/*
 * The records of a DNS answer that tell of a service. What is told stays within its bounds, and
 * lists are whole.
 */
#include "analysis/service/records.h"
#include "dns/message.h"
#include "fuzz.h"

#include <stdlib.h>

static void demand(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void check_list(const uint8_t *list, size_t len, size_t max)
{
    struct ht_reader r = ht_reader(ht_bytes(list, len));
    demand(len <= max);
    while (rd_more(&r)) {
        struct ht_bytes id = rd_vec(&r, 1);
        demand(id.len > 0 && ht_service_lists(list, len, id));
    }
    demand(rd_done(&r));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct ht_arena arena = {0};
    struct dns_message message;
    struct ht_https_records https;
    struct ht_tlsa_records tlsa;
    struct ht_caa_records caa;
    (void)dns_message_parse(ht_bytes(data, len), DNS_UNICAST, &arena, &message);
    const struct ht_objects answers = {.items = message.records[DNS_ANSWER],
                                       .len   = message.num_records[DNS_ANSWER]};
    if (service_read_https(&answers, &https)) {
        check_list(https.alpn, https.alpn_len, sizeof https.alpn);
        demand(https.num_ports <= HT_SERVICE_PORTS);
    }
    if (service_read_tlsa(&answers, &tlsa)) {
        demand(tlsa.num > 0 && tlsa.num <= HT_SERVICE_TLSA);
        for (size_t i = 0; i < tlsa.num; i++) {
            demand(tlsa.items[i].digest_len <= sizeof tlsa.items[i].digest);
        }
    }
    if (service_read_caa(&answers, &caa)) {
        check_list(caa.domains, caa.len, sizeof caa.domains);
    }
    ht_arena_clear(&arena);
    return 0;
}
