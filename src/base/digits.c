#include "base/digits.h"

static const char hex_pairs[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
                                "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
                                "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
                                "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f"
                                "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
                                "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
                                "c0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedf"
                                "e0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff";

/* All numbers of three digits, each with the number of zeros that it begins with, not counting the
 * last digit. */
static const char threes[] = "000200120022003200420052006200720082009201010111012101310141015101610"
                             "171018101910201021102210231"
                             "024102510261027102810291030103110321033103410351036103710381039104010"
                             "411042104310441045104610471"
                             "048104910501051105210531054105510561057105810591060106110621063106410"
                             "651066106710681069107010711"
                             "072107310741075107610771078107910801081108210831084108510861087108810"
                             "891090109110921093109410951"
                             "096109710981099110001010102010301040105010601070108010901100111011201"
                             "130114011501160117011801190"
                             "120012101220123012401250126012701280129013001310132013301340135013601"
                             "370138013901400141014201430"
                             "144014501460147014801490150015101520153015401550156015701580159016001"
                             "610162016301640165016601670"
                             "168016901700171017201730174017501760177017801790180018101820183018401"
                             "850186018701880189019001910"
                             "192019301940195019601970198019902000201020202030204020502060207020802"
                             "090210021102120213021402150"
                             "216021702180219022002210222022302240225022602270228022902300231023202"
                             "330234023502360237023802390"
                             "240024102420243024402450246024702480249025002510252025302540255025602"
                             "570258025902600261026202630"
                             "264026502660267026802690270027102720273027402750276027702780279028002"
                             "810282028302840285028602870"
                             "288028902900291029202930294029502960297029802990300030103020303030403"
                             "050306030703080309031003110"
                             "312031303140315031603170318031903200321032203230324032503260327032803"
                             "290330033103320333033403350"
                             "336033703380339034003410342034303440345034603470348034903500351035203"
                             "530354035503560357035803590"
                             "360036103620363036403650366036703680369037003710372037303740375037603"
                             "770378037903800381038203830"
                             "384038503860387038803890390039103920393039403950396039703980399040004"
                             "010402040304040405040604070"
                             "408040904100411041204130414041504160417041804190420042104220423042404"
                             "250426042704280429043004310"
                             "432043304340435043604370438043904400441044204430444044504460447044804"
                             "490450045104520453045404550"
                             "456045704580459046004610462046304640465046604670468046904700471047204"
                             "730474047504760477047804790"
                             "480048104820483048404850486048704880489049004910492049304940495049604"
                             "970498049905000501050205030"
                             "504050505060507050805090510051105120513051405150516051705180519052005"
                             "210522052305240525052605270"
                             "528052905300531053205330534053505360537053805390540054105420543054405"
                             "450546054705480549055005510"
                             "552055305540555055605570558055905600561056205630564056505660567056805"
                             "690570057105720573057405750"
                             "576057705780579058005810582058305840585058605870588058905900591059205"
                             "930594059505960597059805990"
                             "600060106020603060406050606060706080609061006110612061306140615061606"
                             "170618061906200621062206230"
                             "624062506260627062806290630063106320633063406350636063706380639064006"
                             "410642064306440645064606470"
                             "648064906500651065206530654065506560657065806590660066106620663066406"
                             "650666066706680669067006710"
                             "672067306740675067606770678067906800681068206830684068506860687068806"
                             "890690069106920693069406950"
                             "696069706980699070007010702070307040705070607070708070907100711071207"
                             "130714071507160717071807190"
                             "720072107220723072407250726072707280729073007310732073307340735073607"
                             "370738073907400741074207430"
                             "744074507460747074807490750075107520753075407550756075707580759076007"
                             "610762076307640765076607670"
                             "768076907700771077207730774077507760777077807790780078107820783078407"
                             "850786078707880789079007910"
                             "792079307940795079607970798079908000801080208030804080508060807080808"
                             "090810081108120813081408150"
                             "816081708180819082008210822082308240825082608270828082908300831083208"
                             "330834083508360837083808390"
                             "840084108420843084408450846084708480849085008510852085308540855085608"
                             "570858085908600861086208630"
                             "864086508660867086808690870087108720873087408750876087708780879088008"
                             "810882088308840885088608870"
                             "888088908900891089208930894089508960897089808990900090109020903090409"
                             "050906090709080909091009110"
                             "912091309140915091609170918091909200921092209230924092509260927092809"
                             "290930093109320933093409350"
                             "936093709380939094009410942094309440945094609470948094909500951095209"
                             "530954095509560957095809590"
                             "960096109620963096409650966096709680969097009710972097309740975097609"
                             "770978097909800981098209830"
                             "9840985098609870988098909900991099209930994099509960997099809990";

/* Writes four characters, of which three count. */
static char *put_three(char *at, uint32_t below_1000)
{
    memcpy(at, threes + (size_t)4 * below_1000, 4);
    return at + 3;
}

/* Without the zeros that it begins with. */
static char *put_head(char *at, uint32_t below_1000)
{
    const char *three = threes + (size_t)4 * below_1000;
    size_t zeros      = (uint8_t)three[3] & 3; /* a digit's low bits */
    memcpy(at, three + zeros, 4);
    return at + 3 - zeros;
}

static __attribute__((noinline)) char *put_large(char *at, uint64_t value)
{
    at = ht_put_uint(at, value / 1000000000);
    return ht_put_nanoseconds(at, (uint32_t)(value % 1000000000));
}

char *ht_put_uint(char *at, uint64_t value)
{
    if (value < 1000) {
        return put_head(at, (uint32_t)value);
    }
    if (value < 1000000) {
        uint32_t thousands = (uint32_t)value / 1000;
        return put_three(put_head(at, thousands), (uint32_t)value - thousands * 1000);
    }
    if (value < 1000000000) {
        uint32_t thousands = (uint32_t)value / 1000, millions = thousands / 1000;
        at = put_three(put_head(at, millions), thousands - millions * 1000);
        return put_three(at, (uint32_t)value - thousands * 1000);
    }
    return put_large(at, value);
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
    uint32_t thousands = below_1000000000 / 1000, millions = thousands / 1000;
    at = put_three(put_three(at, millions), thousands - millions * 1000);
    memcpy(at, threes + (size_t)4 * (below_1000000000 - thousands * 1000), 3);
    return at + 3;
}

enum { CHUNK = 16 };
typedef uint8_t chunk_bytes __attribute__((vector_size(CHUNK)));
typedef int8_t signed_bytes __attribute__((vector_size(CHUNK))); /* compared in one step */
typedef uint64_t chunk_words __attribute__((vector_size(CHUNK)));

static chunk_bytes hex_digits(chunk_bytes below_16)
{
    return below_16 + '0' + ((chunk_bytes)((signed_bytes)below_16 > 9) & ('a' - '0' - 10));
}

static void put_hex_half(char *at, const uint8_t *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    chunk_bytes chunk = (chunk_bytes)(chunk_words){word};
    chunk_bytes high = hex_digits(chunk >> 4), low = hex_digits(chunk & 15);
    chunk_bytes both =
        __builtin_shufflevector(high, low, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    memcpy(at, &both, CHUNK);
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
    if (bytes.len - done >= CHUNK / 2) {
        put_hex_half(at + 2 * done, bytes.ptr + done);
        done += CHUNK / 2;
    }
    for (; done < bytes.len; done++) {
        memcpy(at + 2 * done, hex_pairs + (size_t)2 * bytes.ptr[done], 2);
    }
    return at + 2 * bytes.len;
}

static char *put_dotted(char *at, const uint8_t bytes[4])
{
    for (unsigned i = 0; i < 4; i++) {
        at    = put_head(at, bytes[i]);
        *at++ = '.';
    }
    return at - 1;
}

/* One digit or two, in room for two. */
static char *put_hex_head(char *at, unsigned byte)
{
    unsigned zeros = byte < 0x10;
    memcpy(at, hex_pairs + (size_t)2 * byte + zeros, 2);
    return at + 2 - zeros;
}

/* A group of an IPv6 address, without leading zeros. */
static char *put_group(char *at, unsigned group)
{
    unsigned high = group >> 8, low = group & 0xFF;
    if (high == 0) {
        return put_hex_head(at, low);
    }
    at = put_hex_head(at, high);
    memcpy(at, hex_pairs + (size_t)2 * low, 2);
    return at + 2;
}

enum { GROUPS = 8 };

/* Groups that are zero, one after another. */
struct run {
    unsigned first, len;
};

/* What "::" stands for: the first longest run of two or more (RFC 5952 section 4.2). */
static struct run longest_zeros(struct ht_bytes address)
{
    unsigned zeros = 0, first = 0, len = 0;
    for (unsigned i = 0; i < GROUPS; i++) {
        zeros |= (unsigned)(ht_be16(address, i) == 0) << i;
    }
    /* After each step those are left that begin a run which is longer by one. */
    for (; zeros != 0; zeros &= zeros >> 1) {
        first = (unsigned)__builtin_ctz(zeros);
        len++;
    }
    return len > 1 ? (struct run){first, len} : (struct run){GROUPS, 0};
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
