#include "registry.h"

extern const struct ht_dissector dns_dissector, dns_stream_dissector;
extern const struct ht_dissector dtls_dissector;
extern const struct ht_dissector openvpn_dissector, openvpn_stream_dissector;
extern const struct ht_dissector quic_dissector, quic_moved_dissector;
extern const struct ht_dissector ssl2_dissector;
extern const struct ht_dissector tls_dissector;
extern const struct ht_dissector http_dissector;
extern const struct ht_dissector http_connect_dissector, proxy_protocol_dissector, socks_dissector;
extern const struct ht_dissector ftp_dissector, imap_dissector, ldap_dissector, mysql_dissector,
    nntp_dissector, pop3_dissector, postgresql_dissector, rdp_dissector, sieve_dissector,
    smtp_dissector, xmpp_dissector;

const struct ht_dissector *const ht_dissectors[] = {
    &openvpn_stream_dissector, /* before TLS, which would find its own records amid the packets */
    &tls_dissector,
    &ssl2_dissector,
    &dns_dissector,
    &dns_stream_dissector,
    &dtls_dissector,
    &openvpn_dissector,
    &quic_dissector,
    &quic_moved_dissector,
    &smtp_dissector,
    &imap_dissector,
    &pop3_dissector,
    &ftp_dissector,
    &nntp_dissector,
    &sieve_dissector,
    &ldap_dissector,
    &xmpp_dissector,
    &postgresql_dissector,
    &mysql_dissector,
    &rdp_dissector,
    &http_connect_dissector,
    &http_dissector,
    &socks_dissector,
    &proxy_protocol_dissector,
    NULL,
};
