#include "base/address.h"

#include "base/digits.h"

const char *ht_address_print(char out[HT_ADDRESS_TEXT_MAX], const struct ht_address *address)
{
    *ht_put_address(out, address) = '\0';
    return out;
}
