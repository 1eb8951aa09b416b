#include "base/address.h"

#include <arpa/inet.h>

const char *ht_address_print(char out[HT_ADDRESS_TEXT_MAX], const struct ht_address *address)
{
    out[0] = '\0';
    if (address->version != 0) {
        (void)inet_ntop(address->version == 4 ? AF_INET : AF_INET6, address->bytes, out,
                        HT_ADDRESS_TEXT_MAX);
    }
    return out;
}
