#include "dns/message.h"

#include "dns/ech.h"
#include "dns/edns.h"
#include "dns/name.h"
#include "dns/netbios.h"
#include "dns/rdata.h"

enum {
    TYPE_A     = 1,
    TYPE_CNAME = 5,
    TYPE_AAAA  = 28,
    TYPE_OPT   = 41,
    TYPE_SVCB  = 64,
    TYPE_HTTPS = 65,

    CLASS_NONE = 254,
    CLASS_ANY  = 255,
    /* Of multicast DNS (RFC 6762 sections 5.4 and 10.2): */
    CLASS_FLAG = 0x8000, /* a unicast response is asked for; other records are outdated */

    SMALLEST_QUESTION = 5, /* a root name, type, class */
    SMALLEST_RECORD   = 11 /* a root name, type, class, TTL, length */
};

struct parser {
    struct ht_reader r;
    struct ht_arena *arena;
    struct dns_text text;
    struct dns_names names;
    struct ht_bytes asked; /* the name of the first question */
    uint16_t type;         /* the last one that was spelled: an answer's is mostly the question's */
    struct ht_bytes type_text;
    size_t text_left;
    enum dns_kind kind;
    bool malformed; /* in a way that does not end the parsing */
    bool limit;     /* there is no room for more */
};

bool dns_header_parse(struct ht_reader *r, struct dns_message *out)
{
    out->id                  = rd_u16(r);
    uint16_t flags           = rd_u16(r);
    struct ht_bytes counts   = rd_take(r, 8);
    out->response            = (flags & 0x8000) != 0;
    out->opcode              = flags >> 11 & 15;
    out->authoritative       = (flags & 0x0400) != 0;
    out->truncated           = (flags & 0x0200) != 0;
    out->recursion_desired   = (flags & 0x0100) != 0;
    out->recursion_available = (flags & 0x0080) != 0;
    out->reserved            = (flags & 0x0040) != 0;
    out->authentic_data      = (flags & 0x0020) != 0;
    out->checking_disabled   = (flags & 0x0010) != 0;
    out->rcode               = flags & 15;
    out->header              = !r->bad;
    if (out->header) {
        out->counts[0] = ht_be16(counts, 0);
        out->counts[1] = ht_be16(counts, 1);
        out->counts[2] = ht_be16(counts, 2);
        out->counts[3] = ht_be16(counts, 3);
    }
    return out->header;
}

/* Counts text against the message's bound; false once it is used up. */
static bool afford(struct parser *p, size_t len)
{
    p->text_left -= len < p->text_left ? len : p->text_left;
    p->limit |= p->text_left == 0;
    return !p->limit;
}

static struct ht_bytes read_name(struct parser *p)
{
    struct ht_bytes name = dns_name_read(&p->r, &p->names, &p->text);
    return p->kind == DNS_NETBIOS ? dns_netbios_name(&p->text, name) : name;
}

static struct ht_bytes spell_type(struct parser *p, uint16_t type)
{
    if (p->type_text.len == 0 || type != p->type) {
        p->type_text = p->kind == DNS_NETBIOS
                           ? dns_text_named(&p->text, &dns_netbios_types, type, "TYPE")
                           : dns_type_name(&p->text, type);
        p->type      = type;
    }
    return p->type_text;
}

/* Takes the top bit off the class, where it is no part of it. */
static bool take_flag(const struct parser *p, uint16_t *class)
{
    bool flag = p->kind == DNS_MULTICAST && (*class & CLASS_FLAG) != 0;
    *class    = flag ? *class & (uint16_t)~CLASS_FLAG : *class;
    return flag;
}

static void read_questions(struct parser *p, struct dns_message *out, size_t count)
{
    const uint8_t *start = p->r.cur;
    while (out->num_questions < count && !p->r.bad) {
        struct ht_bytes name  = read_name(p);
        struct ht_bytes fixed = rd_take(&p->r, SMALLEST_QUESTION - 1);
        if (fixed.len == 0 || !afford(p, name.len)) {
            break;
        }
        uint16_t type = ht_be16_at(fixed, 0), class = ht_be16_at(fixed, 2);
        bool flag = take_flag(p, &class);
        out->questions[out->num_questions++] =
            (struct dns_question){.name  = name,
                                  .type  = spell_type(p, type),
                                  .class = dns_text_named(&p->text, &dns_classes, class, "CLASS"),
                                  .unicast_response = flag,
                                  .type_id          = type};
        if (out->num_questions == 1) {
            p->asked   = name;
            out->asked = ht_bytes(start, (size_t)(p->r.cur - start));
        }
    }
}

/* RFC 6891 section 6.1: one at most, of the root. */
static void read_opt(struct parser *p, struct dns_message *out, bool root,
                     const struct dns_opt *opt)
{
    struct dns_edns *edns = ht_arena_alloc(p->arena, sizeof *edns);
    if (edns == NULL) {
        return;
    }
    bool good = dns_edns_parse(opt, p->arena, &p->text, edns);
    p->malformed |= !good || !root || out->edns != NULL;
    out->rcode |= (uint16_t)(opt->ttl >> 24 << 4);
    out->edns = edns;
}

/* A name, which those of later records may point at; empty where it is none. */
static struct ht_bytes read_alias(struct parser *p, struct ht_bytes rdata)
{
    struct ht_reader r   = ht_reader(rdata);
    struct ht_bytes name = dns_name_read(&r, &p->names, &p->text);
    return rd_done(&r) ? name : ht_bytes("", 0);
}

static struct ht_bytes print_data(struct parser *p, uint16_t type, struct ht_bytes rdata,
                                  const struct ht_address *address)
{
    struct ht_bytes alias = ht_bytes("", 0);
    if (address->version != 0) {
        dns_text_address(&p->text, address);
        return dns_text_done(&p->text);
    }
    if (type == TYPE_CNAME && p->kind != DNS_NETBIOS) {
        alias = read_alias(p, rdata);
    }
    if (alias.len > 0) {
        return alias;
    }
    if (!(p->kind == DNS_NETBIOS ? dns_netbios_rdata_print(&p->text, type, rdata)
                                 : dns_rdata_print(&p->text, type, rdata, &p->names))) {
        p->malformed = true;
        dns_text_drop(&p->text);
        dns_rdata_print_unknown(&p->text, rdata);
    }
    return dns_text_done(&p->text);
}

static void fill_data(struct parser *p, struct dns_answer *out, uint16_t type, uint16_t class,
                      struct ht_bytes rdata)
{
    bool netbios = p->kind == DNS_NETBIOS;
    if (rdata.len == 0 && (class == CLASS_ANY || class == CLASS_NONE)) {
        return; /* an update that names records without their data (RFC 2136 section 2.4) */
    }
    if (type == TYPE_A && rdata.len == 4 && !netbios) {
        out->address = ht_address4(rdata.ptr);
    } else if (type == TYPE_AAAA && rdata.len == 16 && !netbios) {
        out->address = ht_address6(rdata.ptr);
    }
    out->data  = print_data(p, type, rdata, &out->address);
    out->alias = type == TYPE_CNAME && !netbios;
    if ((type == TYPE_SVCB || type == TYPE_HTTPS) && !netbios) {
        out->ech = dns_ech_find(rdata, p->arena);
    }
}

/* Reads one record; returns false where the section ends early. */
static bool read_record(struct parser *p, struct dns_message *out, enum dns_section section)
{
    struct ht_bytes name  = read_name(p);
    struct ht_bytes fixed = rd_take(&p->r, SMALLEST_RECORD - 1);
    if (fixed.len == 0) {
        return false;
    }
    uint16_t type = ht_be16_at(fixed, 0), class = ht_be16_at(fixed, 2);
    uint32_t ttl          = ht_be32_at(fixed, 4);
    struct ht_bytes rdata = rd_take(&p->r, ht_be16_at(fixed, 8));
    if (p->r.bad) {
        return false;
    }
    if (type == TYPE_OPT && section == DNS_ADDITIONAL && p->kind != DNS_NETBIOS) {
        const struct dns_opt opt = {.class = class, .ttl = ttl, .rdata = rdata};
        read_opt(p, out, ht_bytes_equal(name, ht_bytes(".", 1)), &opt);
        return true;
    }
    struct dns_answer *record = &out->records[section][out->num_records[section]];
    *record                   = (struct dns_answer){
                          .name = name, .type = spell_type(p, type), .ttl_s = ttl, .type_id = type, .rdata = rdata};
    if (section == DNS_ANSWER) {
        record->asked = p->asked;
    }
    record->cache_flush = take_flag(p, &class);
    fill_data(p, record, type, class, rdata);
    if (!afford(p, name.len + record->data.len)) {
        return false;
    }
    out->num_records[section]++;
    return true;
}

static void read_section(struct parser *p, struct dns_message *out, enum dns_section section)
{
    size_t count = out->counts[1 + section];
    for (size_t i = 0; i < count && !p->r.bad; i++) {
        if (!read_record(p, out, section)) {
            break;
        }
    }
}

/* How many of so many items, of so many octets at least, `*left` can hold; takes them off it. */
static size_t at_most(size_t count, size_t smallest, size_t *left)
{
    size_t len = count * smallest <= *left ? count : *left / smallest;
    *left -= len * smallest;
    return len;
}

/* Room for as many items as the header says, but no more than the message can hold. */
static void make_room(struct parser *p, struct dns_message *out)
{
    size_t left = rd_left(&p->r), records = 0, first[DNS_NUM_SECTIONS];
    size_t questions = at_most(out->counts[0], SMALLEST_QUESTION, &left);
    for (int i = 0; i < DNS_NUM_SECTIONS; i++) {
        first[i] = records;
        records += at_most(out->counts[1 + i], SMALLEST_RECORD, &left);
    }
    size_t size = records * sizeof(struct dns_answer) + questions * sizeof(struct dns_question);
    struct dns_answer *room = size > 0 ? ht_arena_take(p->arena, size) : NULL;
    p->limit                = room == NULL && size > 0;
    if (room == NULL) {
        return;
    }
    for (int i = 0; i < DNS_NUM_SECTIONS; i++) {
        out->records[i] = room + first[i];
    }
    out->questions = (struct dns_question *)(room + records);
}

static void start(struct parser *p, struct ht_bytes message, enum dns_kind kind,
                  struct ht_arena *arena)
{
    p->r             = ht_reader(message);
    p->arena         = arena;
    p->names.message = message;
    p->names.num     = 0;
    p->asked         = ht_bytes("", 0);
    p->type_text     = ht_bytes("", 0);
    p->text_left     = DNS_MAX_TEXT;
    p->kind          = kind;
    p->malformed = p->limit = false;
    dns_text_start(&p->text, arena);
    p->text.utf8 = kind == DNS_MULTICAST;
}

bool dns_message_parse(struct ht_bytes message, enum dns_kind kind, struct ht_arena *arena,
                       struct dns_message *out)
{
    struct parser p;
    start(&p, message, kind, arena);
    *out = (struct dns_message){0};
    if (dns_header_parse(&p.r, out)) {
        make_room(&p, out);
    }
    if (out->questions != NULL) {
        read_questions(&p, out, out->counts[0]);
    } else if (out->counts[0] > 0) {
        rd_fail(&p.r);
    }
    for (unsigned i = 0; i < DNS_NUM_SECTIONS && !p.r.bad && !p.limit; i++) {
        if (out->counts[1 + i] > 0) {
            read_section(&p, out, (enum dns_section)i);
        }
    }
    dns_text_end(&p.text);
    out->limit_reached = p.limit;
    return rd_done(&p.r) && !p.malformed && !p.limit;
}

struct dns_gist dns_gist(const struct dns_message *m)
{
    return (struct dns_gist){.id         = m->id,
                             .asked_len  = (uint16_t)m->asked.len,
                             .asked_type = m->num_questions > 0 ? m->questions[0].type_id : 0,
                             .opcode     = m->opcode,
                             .header     = m->header,
                             .response   = m->response,
                             .edns       = m->edns != NULL};
}

/* An OPT of the root, without options. */
static void skip_bare_opt(struct ht_reader *r)
{
    struct ht_bytes opt = rd_take(r, SMALLEST_RECORD);
    if (opt.len > 0 && (opt.ptr[0] != 0 || ht_be16_at(opt, 1) != TYPE_OPT ||
                        ht_be16_at(opt, SMALLEST_RECORD - 2) != 0)) {
        rd_fail(r);
    }
}

/* A query of one question and no records, but for one that may be an OPT. */
static bool has_usual_header(struct ht_bytes message)
{
    return message.len > DNS_HEADER_SIZE && (message.ptr[2] & 0x80) == 0 &&
           ht_be16_at(message, 4) == 1 && ht_be32_at(message, 6) == 0 &&
           ht_be16_at(message, 10) <= 1;
}

bool dns_query_skim(struct ht_bytes message, struct dns_gist *out)
{
    struct ht_reader r = ht_reader(ht_bytes_from(message, DNS_HEADER_SIZE));
    if (!has_usual_header(message)) {
        return false;
    }
    dns_name_skip(&r);
    uint16_t type = rd_u16(&r);
    rd_skip(&r, 2); /* its class */
    *out = (struct dns_gist){.id         = ht_be16_at(message, 0),
                             .asked_len  = (uint16_t)(message.len - DNS_HEADER_SIZE - rd_left(&r)),
                             .asked_type = type,
                             .opcode     = message.ptr[2] >> 3 & 15,
                             .header     = true,
                             .edns       = message.ptr[11] > 0};
    if (out->edns) {
        skip_bare_opt(&r);
    }
    return rd_done(&r);
}
