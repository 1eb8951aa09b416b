/* The keys of the seeds in seeds/tls_keyed, sessions of
 * tests/unit/dissectors/tls/keyed_sessions.txt, and in seeds/dtls_keyed, most of them sealed by
 * tests/unit/dissectors/dtls/seal.h.
 */
#include "crypto/key_log.h"
#include "crypto/opener.h"

const struct ht_keyring *fuzz_keyring(void);

static const char text[] = "CLIENT_HANDSHAKE_TRAFFIC_SECRET "
                           "cb34ecb1e78163ba1c38c6dacb196a6dffa21a8d9912ec18a2ef6283024dece7 "
                           "b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21\n"
                           "SERVER_HANDSHAKE_TRAFFIC_SECRET "
                           "cb34ecb1e78163ba1c38c6dacb196a6dffa21a8d9912ec18a2ef6283024dece7 "
                           "b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38\n"
                           "CLIENT_TRAFFIC_SECRET_0 "
                           "cb34ecb1e78163ba1c38c6dacb196a6dffa21a8d9912ec18a2ef6283024dece7 "
                           "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5\n"
                           "SERVER_TRAFFIC_SECRET_0 "
                           "cb34ecb1e78163ba1c38c6dacb196a6dffa21a8d9912ec18a2ef6283024dece7 "
                           "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643\n"
                           "CLIENT_RANDOM "
                           "b60ae90bc3e4a58f809bc0b40fb9bffb099b140e73d0bbf66ed57e9d9baa9c87 "
                           "654e66c52daf026efdea197035e86a2617b038d230c0c191ef32fee382379e973357091"
                           "b5099008a16f22e959a79402f\n"
                           "CLIENT_RANDOM "
                           "e888036884c918bfcc18271a76359ebbb8adbe4c10dd164bfad951c26ebff080 "
                           "c1eb6170e58fbdc19323f7dd6c50ee713d9d161eed030c611454e4cc9fe62c2235878f0"
                           "4f063f96fcbcd5247bfd85ab8\n"
                           "CLIENT_RANDOM "
                           "43c058974b5562bc59e6c922659864191da95bb4b4ddb277b1165d28b46c29d1 "
                           "e0661a11f95187a5f5255dbab3f35ee33e897ac018af2f833619ab1fbdf6754ae99ae9a"
                           "cc9ccfe432422d12076e2391e\n"
                           "CLIENT_EARLY_TRAFFIC_SECRET "
                           "378991aead9b46532766e416fd13192887da12aa0baf1a72d3c6e1e4046e58fe "
                           "017ef5c0e2f99a59b3e96032e78de4773fd41230f5e2dd7ff824539b89e4061e\n"
                           "SERVER_HANDSHAKE_TRAFFIC_SECRET "
                           "378991aead9b46532766e416fd13192887da12aa0baf1a72d3c6e1e4046e58fe "
                           "caeb5f4ff27f0e6765eb3510490f2f7bfb75258723e6b14a9c956ce1393e68ce\n"
                           "SERVER_TRAFFIC_SECRET_0 "
                           "378991aead9b46532766e416fd13192887da12aa0baf1a72d3c6e1e4046e58fe "
                           "cb1134e590ee1bdc40e9b78e08054f3c990e45e03563c5a4806c6f9634e43340\n"
                           "CLIENT_HANDSHAKE_TRAFFIC_SECRET "
                           "378991aead9b46532766e416fd13192887da12aa0baf1a72d3c6e1e4046e58fe "
                           "ab0d4a74902df5663a6c981f2e344c7de1521a7ebe83e7b05d0a0bdc87db00d1\n"
                           "CLIENT_TRAFFIC_SECRET_0 "
                           "378991aead9b46532766e416fd13192887da12aa0baf1a72d3c6e1e4046e58fe "
                           "95f97f6e6dbeb36ef3ba0162429b81a7ddf49e1dd62454a36bec50e074a6c07c\n"
                           "CLIENT_EARLY_TRAFFIC_SECRET "
                           "2020202020202020202020202020202020202020202020202020202020202020 "
                           "1111111111111111111111111111111111111111111111111111111111111111\n"
                           "CLIENT_HANDSHAKE_TRAFFIC_SECRET "
                           "2020202020202020202020202020202020202020202020202020202020202020 "
                           "1212121212121212121212121212121212121212121212121212121212121212\n"
                           "CLIENT_TRAFFIC_SECRET_0 "
                           "2020202020202020202020202020202020202020202020202020202020202020 "
                           "1313131313131313131313131313131313131313131313131313131313131313\n"
                           "SERVER_HANDSHAKE_TRAFFIC_SECRET "
                           "2020202020202020202020202020202020202020202020202020202020202020 "
                           "2222222222222222222222222222222222222222222222222222222222222222\n"
                           "SERVER_TRAFFIC_SECRET_0 "
                           "2020202020202020202020202020202020202020202020202020202020202020 "
                           "2323232323232323232323232323232323232323232323232323232323232323\n"
                           "CLIENT_RANDOM "
                           "2020202020202020202020202020202020202020202020202020202020202020 "
                           "4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d"
                           "4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d\n"
                           "CLIENT_RANDOM "
                           "4141414141414141414141414141414141414141414141414141414141414141 "
                           "4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d"
                           "4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d\n"
                           "CLIENT_RANDOM "
                           "95c7547e9780e1d4bcd52d0f115cc1de9cfd393a53364b0d20413d549302ddce "
                           "0b64e4525e173503e96760675505319ea1beda5d89744d7ef7f27a982130524e"
                           "d76ab5d281370963c819380da32e3fc7\n";

/* Made once, for libcrypto takes its time. */
const struct ht_keyring *fuzz_keyring(void)
{
    static struct ht_keyring keyring;
    if (keyring.opener == NULL) {
        struct ht_key_log *log = ht_key_log_new();
        ht_key_log_add(log, ht_text(text));
        keyring = (struct ht_keyring){.file = log, .opener = ht_opener_new()};
    }
    return &keyring;
}
