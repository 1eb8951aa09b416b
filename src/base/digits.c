#include "base/digits.h"

/* Each octet with the dot behind it, in four characters. */
static const char octets[] = "0.  1.  2.  3.  4.  5.  6.  7.  8.  9.  10. 11. 12. 13. 14. 15. "
                             "16. 17. 18. 19. 20. 21. 22. 23. 24. 25. 26. 27. 28. 29. 30. 31. "
                             "32. 33. 34. 35. 36. 37. 38. 39. 40. 41. 42. 43. 44. 45. 46. 47. "
                             "48. 49. 50. 51. 52. 53. 54. 55. 56. 57. 58. 59. 60. 61. 62. 63. "
                             "64. 65. 66. 67. 68. 69. 70. 71. 72. 73. 74. 75. 76. 77. 78. 79. "
                             "80. 81. 82. 83. 84. 85. 86. 87. 88. 89. 90. 91. 92. 93. 94. 95. "
                             "96. 97. 98. 99. 100.101.102.103.104.105.106.107.108.109.110.111."
                             "112.113.114.115.116.117.118.119.120.121.122.123.124.125.126.127."
                             "128.129.130.131.132.133.134.135.136.137.138.139.140.141.142.143."
                             "144.145.146.147.148.149.150.151.152.153.154.155.156.157.158.159."
                             "160.161.162.163.164.165.166.167.168.169.170.171.172.173.174.175."
                             "176.177.178.179.180.181.182.183.184.185.186.187.188.189.190.191."
                             "192.193.194.195.196.197.198.199.200.201.202.203.204.205.206.207."
                             "208.209.210.211.212.213.214.215.216.217.218.219.220.221.222.223."
                             "224.225.226.227.228.229.230.231.232.233.234.235.236.237.238.239."
                             "240.241.242.243.244.245.246.247.248.249.250.251.252.253.254.255.";

static const char hex_pairs[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
                                "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
                                "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
                                "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f"
                                "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
                                "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
                                "c0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedf"
                                "e0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff";

static char *put_eight(char *at, uint64_t below_100000000)
{
    ht_put_eight(at, ht_split_eight((uint32_t)below_100000000));
    return at + 8;
}

char *ht_put_large_uint(char *at, uint64_t value)
{
    at = ht_put_uint(at, value / HT_EIGHT_DIGITS);
    return put_eight(at, value % HT_EIGHT_DIGITS);
}

char *ht_put_digits(char *at, uint64_t value, unsigned digits)
{
    for (unsigned i = digits; i > 0; i--) {
        at[i - 1] = (char)('0' + value % 10);
        value /= 10;
    }
    return at + digits;
}

char *ht_put_nanoseconds(char *at, uint32_t below_1000000000)
{
    *at = (char)('0' + below_1000000000 / 100000000);
    return put_eight(at + 1, below_1000000000 % 100000000);
}

enum { CHUNK = 16 };
typedef uint8_t chunk_bytes __attribute__((vector_size(CHUNK)));

static chunk_bytes hex_digits(chunk_bytes below_16)
{
    return below_16 + '0' + ((chunk_bytes)(below_16 > 9) & ('a' - '0' - 10));
}

static void put_hex_chunk(char *at, const uint8_t *bytes)
{
    chunk_bytes chunk;
    memcpy(&chunk, bytes, CHUNK);
    chunk_bytes high = hex_digits(chunk >> 4), low = hex_digits(chunk & 15);
    chunk_bytes first =
        __builtin_shufflevector(high, low, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    chunk_bytes second = __builtin_shufflevector(high, low, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28,
                                                 13, 29, 14, 30, 15, 31);
    memcpy(at, &first, CHUNK);
    memcpy(at + CHUNK, &second, CHUNK);
}

char *ht_put_hex(char *at, struct ht_bytes bytes)
{
    size_t done = 0;
    for (; bytes.len - done >= CHUNK; done += CHUNK) {
        put_hex_chunk(at + 2 * done, bytes.ptr + done);
    }
    for (; done < bytes.len; done++) {
        memcpy(at + 2 * done, hex_pairs + (size_t)2 * bytes.ptr[done], 2);
    }
    return at + 2 * bytes.len;
}

static char *put_dotted(char *at, const uint8_t bytes[4])
{
    for (unsigned i = 0; i < 4; i++) {
        memcpy(at, octets + (size_t)4 * bytes[i], 4);
        at += 2 + (bytes[i] > 9) + (bytes[i] > 99);
    }
    return at - 1;
}

/* A group of an IPv6 address, without leading zeros. */
static char *put_group(char *at, unsigned group)
{
    char four[4];
    unsigned zeros = group > 0xFFF ? 0 : group > 0xFF ? 1 : group > 0xF ? 2 : 3;
    memcpy(four, hex_pairs + (size_t)2 * (group >> 8), 2);
    memcpy(four + 2, hex_pairs + (size_t)2 * (group & 0xFF), 2);
    memcpy(at, four + zeros, 4 - zeros);
    return at + (4 - zeros);
}

enum { GROUPS = 8 };

/* Groups that are zero, one after another. */
struct run {
    unsigned first, len;
};

/* What "::" stands for: the first longest run of two or more (RFC 5952 section 4.2). */
static struct run longest_zeros(struct ht_bytes address)
{
    struct run longest = {0, 1};
    for (unsigned i = 0; i < GROUPS; i++) {
        struct run run = {i, 0};
        while (i < GROUPS && ht_be16(address, i) == 0) {
            i++;
            run.len++;
        }
        if (run.len > longest.len) {
            longest = run;
        }
    }
    return longest.len > 1 ? longest : (struct run){GROUPS, 0};
}

/* IPv4-compatible (::a.b.c.d) and IPv4-mapped (::ffff:a.b.c.d) addresses show the IPv4 address. */
static bool ends_dotted(struct ht_bytes address, struct run zeros)
{
    return zeros.first == 0 &&
           (zeros.len == 6 || (zeros.len == 5 && ht_be16(address, 5) == 0xFFFF));
}

static char *put_address6(char *at, struct ht_bytes address)
{
    struct run zeros = longest_zeros(address);
    unsigned groups  = ends_dotted(address, zeros) ? GROUPS - 2 : GROUPS;
    for (unsigned i = 0; i < groups;) {
        if (i == zeros.first) {
            *at++ = ':';
            i += zeros.len;
            if (i == GROUPS) {
                *at++ = ':';
            }
            continue;
        }
        if (i > 0) {
            *at++ = ':';
        }
        at = put_group(at, ht_be16(address, i++));
    }
    if (groups < GROUPS) {
        *at++ = ':';
        at    = put_dotted(at, address.ptr + 12);
    }
    return at;
}

char *ht_put_address(char *at, const struct ht_address *address)
{
    if (address->version == 4) {
        return put_dotted(at, address->bytes);
    }
    return address->version == 6 ? put_address6(at, ht_bytes(address->bytes, 16)) : at;
}
