/*
 * One association of DTLS 1.3 by NSS, as either side:
 *     dtls13 server|client DATABASE NICKNAME LOCAL:PORT PEER:PORT SECRETS [WORD…]
 * NICKNAME's certificate is shown. Traffic secrets are written to SECRETS as lines of a key log,
 * without the ClientHello's random. Words: ask (for the client's certificate), ticket, chacha20,
 * p256 or x25519 (and no other group), update (the keys, between two lines).
 */
#include <nspr.h>
#include <nss.h>
#include <pk11pub.h>
#include <ssl.h>
#include <sslexp.h>
#include <sslproto.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARGUMENTS = 7, QUIET_MS = 400 };

static void check(SECStatus status, const char *what)
{
    if (status != SECSuccess) {
        fprintf(stderr, "%s: %s\n", what, PR_ErrorToName(PR_GetError()));
        exit(1);
    }
}

static PRBool has_word(int argc, char **argv, const char *word)
{
    for (int i = ARGUMENTS; i < argc; i++) {
        if (strcmp(argv[i], word) == 0) {
            return PR_TRUE;
        }
    }
    return PR_FALSE;
}

static void write_secret(PRFileDesc *fd, PRUint16 epoch, SSLSecretDirection direction,
                         PK11SymKey *secret, void *file)
{
    static const char *const labels[][2] = {
        [1] = {"CLIENT_EARLY_TRAFFIC_SECRET", "CLIENT_EARLY_TRAFFIC_SECRET"},
        [2] = {"CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET"},
        [3] = {"CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0"},
    };
    PRBool client = PR_FALSE;
    (void)fd;
    if (epoch < 1 || epoch > 3 || PK11_ExtractKeyValue(secret) != SECSuccess) {
        return;
    }
    client = (direction == ssl_secret_write) == (getenv("DTLS13_CLIENT") != NULL);
    fprintf(file, "%s ", labels[epoch][client ? 0 : 1]);
    const SECItem *bytes = PK11_GetKeyData(secret);
    for (unsigned i = 0; i < bytes->len; i++) {
        fprintf(file, "%02x", bytes->data[i]);
    }
    fputc('\n', file);
    fflush(file);
}

static SECStatus trust(void *unused, PRFileDesc *fd, PRBool check_signature, PRBool is_server)
{
    (void)unused, (void)fd, (void)check_signature, (void)is_server;
    return SECSuccess;
}

static PRNetAddr address_of(char *text)
{
    PRNetAddr out;
    char *colon = strchr(text, ':');
    *colon      = '\0';
    PR_InitializeNetAddr(PR_IpAddrNull, (PRUint16)atoi(colon + 1), &out);
    if (PR_StringToNetAddr(text, &out) != PR_SUCCESS) {
        exit(2);
    }
    out.inet.port = PR_htons((PRUint16)atoi(colon + 1));
    return out;
}

/* Waits for a datagram, or for when one is to be sent again, up to `most`. */
static void wait_for(PRFileDesc *fd, PRIntervalTime most)
{
    PRIntervalTime timer;
    PRPollDesc poll = {.fd = fd, .in_flags = PR_POLL_READ};
    PRBool running  = DTLS_GetHandshakeTimeout(fd, &timer) == SECSuccess && timer < most;
    (void)PR_Poll(&poll, 1, running ? timer : most);
}

static void shake_hands(PRFileDesc *fd)
{
    while (SSL_ForceHandshake(fd) != SECSuccess) {
        check(PR_GetError() == PR_WOULD_BLOCK_ERROR ? SECSuccess : SECFailure, "handshake");
        wait_for(fd, PR_SecondsToInterval(1));
    }
}

/* Reads until the peer is quiet; a server says all again. What is no data reads as empty. */
static void listen_to(PRFileDesc *fd, PRBool server)
{
    PRIntervalTime most = PR_MillisecondsToInterval(server ? 3 * QUIET_MS : QUIET_MS);
    PRIntervalTime last = PR_IntervalNow();
    char line[256];
    while (PR_IntervalNow() - last < most) {
        PRInt32 len = PR_Recv(fd, line, sizeof line, 0, PR_INTERVAL_NO_TIMEOUT);
        if (len > 0 && server) {
            (void)PR_Send(fd, line, len, 0, PR_INTERVAL_NO_TIMEOUT);
        } else if (len < 0 && PR_GetError() != PR_WOULD_BLOCK_ERROR) {
            return;
        }
        last = len > 0 ? PR_IntervalNow() : last;
        wait_for(fd, most / 4);
    }
}

static void say(PRFileDesc *fd, const char *line)
{
    (void)PR_Send(fd, line, (PRInt32)strlen(line), 0, PR_INTERVAL_NO_TIMEOUT);
    listen_to(fd, PR_FALSE);
}

static void set_up(PRFileDesc *fd, int argc, char **argv, PRBool server)
{
    static const SSLNamedGroup p256[]   = {ssl_grp_ec_secp256r1};
    static const SSLNamedGroup x25519[] = {ssl_grp_ec_curve25519};
    static const PRUint16 suites[]      = {TLS_AES_128_GCM_SHA256, TLS_AES_256_GCM_SHA384};
    const SSLVersionRange range  = {SSL_LIBRARY_VERSION_TLS_1_3, SSL_LIBRARY_VERSION_TLS_1_3};
    CERTCertificate *certificate = PK11_FindCertFromNickname(argv[3], NULL);
    SECKEYPrivateKey *key        = PK11_FindKeyByAnyCert(certificate, NULL);
    check(SSL_OptionSet(fd, SSL_SECURITY, PR_TRUE), "security");
    check(SSL_OptionSet(fd, server ? SSL_HANDSHAKE_AS_SERVER : SSL_HANDSHAKE_AS_CLIENT, PR_TRUE),
          "role");
    check(SSL_VersionRangeSet(fd, &range), "version");
    check(SSL_AuthCertificateHook(fd, trust, NULL), "trust");
    if (server) {
        check(SSL_ConfigServerCert(fd, certificate, key, NULL, 0), "certificate");
    } else {
        check(SSL_GetClientAuthDataHook(fd, NSS_GetClientAuthData, argv[3]), "certificate");
        check(SSL_SetURL(fd, "www.example.test"), "name");
    }
    if (has_word(argc, argv, "ticket")) {
        check(SSL_OptionSet(fd, SSL_ENABLE_SESSION_TICKETS, PR_TRUE), "tickets");
    }
    if (has_word(argc, argv, "ask")) {
        check(SSL_OptionSet(fd, SSL_REQUEST_CERTIFICATE, PR_TRUE), "ask");
    }
    for (int i = 0; i < 2 && has_word(argc, argv, "chacha20"); i++) {
        check(SSL_CipherPrefSet(fd, suites[i], PR_FALSE), "chacha20");
    }
    if (has_word(argc, argv, "p256")) {
        check(SSL_NamedGroupConfig(fd, p256, 1), "p256");
    } else if (has_word(argc, argv, "x25519")) {
        check(SSL_NamedGroupConfig(fd, x25519, 1), "x25519");
    }
}

int main(int argc, char **argv)
{
    PRBool server = argc >= ARGUMENTS && strcmp(argv[1], "server") == 0;
    if (argc < ARGUMENTS) {
        return 2;
    }
    if (!server) {
        (void)setenv("DTLS13_CLIENT", "", 1);
    }
    check(NSS_Init(argv[2]), "database");
    check(NSS_SetDomesticPolicy(), "policy");
    PRNetAddr local = address_of(argv[4]), peer = address_of(argv[5]);
    FILE *secrets                = fopen(argv[6], "w");
    PRFileDesc *udp              = PR_NewUDPSocket();
    PRSocketOptionData unblocked = {.option             = PR_SockOpt_Nonblocking,
                                    .value.non_blocking = PR_TRUE};
    if (secrets == NULL || PR_Bind(udp, &local) != PR_SUCCESS ||
        PR_Connect(udp, &peer, PR_INTERVAL_NO_TIMEOUT) != PR_SUCCESS) {
        return 1;
    }
    (void)PR_SetSocketOption(udp, &unblocked);
    PRFileDesc *fd = DTLS_ImportFD(NULL, udp);
    set_up(fd, argc, argv, server);
    check(SSL_ResetHandshake(fd, server), "reset");
    check(SSL_SecretCallback(fd, write_secret, secrets), "secrets");
    shake_hands(fd);
    if (server) {
        listen_to(fd, PR_TRUE);
    } else {
        say(fd, "How do you do?\n");
        if (has_word(argc, argv, "update")) {
            check(SSL_KeyUpdate(fd, PR_FALSE), "update");
            listen_to(fd, PR_FALSE);
            say(fd, "Quite well.\n");
        }
    }
    PR_Close(fd);
    return 0;
}
