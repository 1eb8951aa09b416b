#include "base/address.h"

#include "base/digits.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

const char *ht_address_print(char out[HT_ADDRESS_TEXT_MAX], const struct ht_address *address)
{
    *ht_put_address(out, address) = '\0';
    return out;
}

bool ht_network_read(const char *text, struct ht_network *out)
{
    char address[HT_ADDRESS_TEXT_MAX], digits[4], end = '\0';
    uint8_t raw[16];
    int parts = sscanf(text, "%45[0-9a-fA-F.:]/%3[0-9]%c", address, digits, &end);
    if (parts != 2 && (parts != 1 || strlen(text) != strlen(address))) {
        return false;
    }
    bool v4 = inet_pton(AF_INET, address, raw) == 1;
    if (!v4 && inet_pton(AF_INET6, address, raw) != 1) {
        return false;
    }
    unsigned long bits = parts == 2 ? strtoul(digits, NULL, 10) : v4 ? 32 : 128;
    *out               = (struct ht_network){.address = v4 ? ht_address4(raw) : ht_address6(raw),
                                             .bits    = (uint8_t)bits};
    return bits <= (v4 ? 32 : 128);
}

bool ht_network_has(const struct ht_network *network, const struct ht_address *address)
{
    const uint8_t *a = network->address.bytes, *b = address->bytes;
    unsigned whole = network->bits / 8, rest = 8 - network->bits % 8;
    return network->address.version == address->version && memcmp(a, b, whole) == 0 &&
           (rest == 8 || a[whole] >> rest == b[whole] >> rest);
}
