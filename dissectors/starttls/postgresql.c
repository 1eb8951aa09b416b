/*
 * PostgreSQL until TLS (PostgreSQL documentation, "Frontend/Backend Protocol", "SSL Session
 * Encryption" and "Message Formats"). With sslnegotiation=direct a connection is TLS at once.
 */
#include "starttls/upgrade.h"

enum {
    LENGTH_SIZE    = 4,
    SSL_REQUEST    = 80877103,
    GSSENC_REQUEST = 80877104,
    MAJOR_VERSION  = 3,
    STARTUP_HEADER = 8,
    MAX_STARTUP    = 10000, /* as the server has it */
    MESSAGE_HEADER = 5,
    KEPT_BYTES     = 9, /* of a message: enough for the kind of authentication */
    AUTHENTICATION = 'R',
    PASSWORD       = 'p',
    ERROR_RESPONSE = 'E'
};

struct postgresql_state {
    struct starttls_state common;
    bool started;       /* the client has sent its StartupMessage */
    uint8_t waiting;    /* for one byte: 'S' of TLS, 'G' of GSSAPI */
    const char *method; /* that the server asks for */
};

static struct ht_frame_size frame_startup(struct ht_bytes avail)
{
    if (avail.len < LENGTH_SIZE) {
        return (struct ht_frame_size){0};
    }
    size_t len = ht_be32_at(ht_bytes_head(avail, LENGTH_SIZE), 0);
    if (len < STARTUP_HEADER || len > MAX_STARTUP) {
        return (struct ht_frame_size){.len = SIZE_MAX};
    }
    return (struct ht_frame_size){.len = len, .need = STARTUP_HEADER};
}

static struct ht_frame_size frame_message(struct ht_bytes avail)
{
    if (avail.len < MESSAGE_HEADER) {
        return (struct ht_frame_size){0};
    }
    size_t len = 1 + (size_t)ht_be32_at(ht_bytes_head(avail, MESSAGE_HEADER), 1);
    if (len < MESSAGE_HEADER) {
        return (struct ht_frame_size){.len = SIZE_MAX};
    }
    return (struct ht_frame_size){.len = len, .need = len < KEPT_BYTES ? len : KEPT_BYTES};
}

static struct ht_frame_size frame(const void *state, struct ht_bytes avail, enum ht_side side)
{
    const struct postgresql_state *s = state;
    enum ht_match tls                = starttls_is_tls(avail);
    bool client                      = !s->common.claimed || side == s->common.client;
    if (s->common.upgraded || tls == HT_MATCH_YES) {
        return (struct ht_frame_size){.other = true};
    }
    if (tls == HT_MATCH_MORE) {
        return (struct ht_frame_size){0};
    }
    if (!client && s->waiting != 0 && avail.ptr[0] != ERROR_RESPONSE) {
        return (struct ht_frame_size){.len = 1, .need = 1};
    }
    return client && !s->started ? frame_startup(avail) : frame_message(avail);
}

static enum ht_match match(struct ht_bytes head, const struct ht_endpoint endpoint[2],
                           enum ht_side side)
{
    (void)endpoint, (void)side;
    if (head.len > 0 && head.ptr[0] != 0) {
        return HT_MATCH_NO;
    }
    if (head.len <= STARTUP_HEADER) {
        bool request = head.len == STARTUP_HEADER && head.ptr[3] == STARTUP_HEADER;
        if (!request) {
            return HT_MATCH_MORE;
        }
    }
    size_t len    = ht_be32_at(head, 0);
    uint32_t code = ht_be32_at(head, LENGTH_SIZE);
    if (len == STARTUP_HEADER) {
        return code == SSL_REQUEST || code == GSSENC_REQUEST ? HT_MATCH_YES : HT_MATCH_NO;
    }
    /* A version, then names of parameters. */
    bool startup = code >> 16 == MAJOR_VERSION && len > STARTUP_HEADER && len <= MAX_STARTUP &&
                   head.ptr[STARTUP_HEADER] >= 'a' && head.ptr[STARTUP_HEADER] <= 'z';
    return startup ? HT_MATCH_YES : HT_MATCH_NO;
}

static void take_startup(struct postgresql_state *s, struct ht_emitter *e, const struct ht_pdu *pdu)
{
    uint32_t code = ht_be32_at(pdu->bytes, LENGTH_SIZE);
    starttls_client(&s->common, e, pdu->side, "command");
    if (s->waiting == 'S') {
        starttls_pipelined(&s->common, e, pdu->len);
    }
    if (code == SSL_REQUEST) {
        s->waiting = 'S';
        starttls_request(&s->common, e, pdu->side, ht_text("SSLRequest"));
    } else if (code == GSSENC_REQUEST) {
        s->waiting = 'G';
    } else {
        s->started = true;
    }
}

/* One byte, or an ErrorResponse of a server that knows no such request. */
static enum ht_verdict take_answer(struct postgresql_state *s, struct ht_emitter *e,
                                   const struct ht_pdu *pdu)
{
    uint8_t answer = pdu->bytes.ptr[0], asked = s->waiting;
    s->waiting = 0;
    if (asked == 'G') {
        return answer == 'G' ? HT_DONE : HT_CONTINUE; /* encrypted by GSSAPI from here on */
    }
    enum starttls_verdict verdict = answer == 'S'              ? STARTTLS_ACCEPTED
                                    : answer == ERROR_RESPONSE ? STARTTLS_UNKNOWN_COMMAND
                                                               : STARTTLS_REFUSED;
    starttls_answer(&s->common, e, pdu->side, ht_bytes_head(pdu->bytes, 1), verdict);
    return HT_CONTINUE;
}

/* AuthenticationRequest: which kind; the connection is open where none is wanted. */
static enum ht_verdict take_authentication(struct postgresql_state *s, struct ht_bytes message)
{
    enum { OK = 0, CLEARTEXT = 3, MD5 = 5, GSSAPI = 7, SASL = 10 };
    struct ht_reader r = ht_reader(ht_bytes_from(message, MESSAGE_HEADER));
    uint32_t kind      = rd_u32(&r);
    switch (kind) {
    case CLEARTEXT:
        s->method = "cleartext";
        break;
    case MD5:
        s->method = "md5";
        break;
    case GSSAPI:
        s->method = "gssapi";
        break;
    case SASL:
        s->method = "sasl";
        break;
    default:
        break;
    }
    return kind == OK ? HT_DONE : HT_CONTINUE;
}

static enum ht_verdict take_message(struct postgresql_state *s, struct ht_emitter *e,
                                    const struct ht_pdu *pdu)
{
    bool client  = pdu->side == s->common.client;
    uint8_t type = pdu->bytes.ptr[0];
    if (client && type == PASSWORD) {
        starttls_authenticate(&s->common, e, pdu->side, s->method, ht_bytes(NULL, 0));
        return HT_DONE;
    }
    return !client && type == AUTHENTICATION ? take_authentication(s, pdu->bytes) : HT_CONTINUE;
}

static enum ht_verdict pdu(void *state, struct ht_emitter *e, const struct ht_pdu *pdu)
{
    struct postgresql_state *s = state;
    bool client                = !s->common.claimed || pdu->side == s->common.client;
    s->common.details.protocol = "postgresql";
    if (pdu->partial) {
        return HT_CONTINUE;
    }
    enum ht_verdict verdict = HT_CONTINUE;
    if (client && !s->started) {
        take_startup(s, e, pdu);
    } else if (!client && s->waiting != 0) {
        verdict = take_answer(s, e, pdu);
    } else {
        verdict = take_message(s, e, pdu);
    }
    return verdict == HT_CONTINUE ? starttls_count(&s->common) : verdict;
}

extern const struct ht_dissector postgresql_dissector;
const struct ht_dissector postgresql_dissector = {
    .name           = "postgresql",
    .title          = "PostgreSQL until TLS",
    .tcp            = true,
    .ports          = {5432},
    .state_size     = sizeof(struct postgresql_state),
    .max_need       = KEPT_BYTES,
    .match          = match,
    .frame          = frame,
    .resync         = starttls_resync,
    .pdu            = pdu,
    .gap            = starttls_gap,
    .finish         = starttls_finish,
    .details_struct = &starttls_details_struct,
    .events         = starttls_events,
};
