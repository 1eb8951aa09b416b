/*
 * The interfaces that there are, for people to choose from.
 */
#include "capture/source.h"

#include <errno.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <pcap/pcap.h>

static void print_addresses(FILE *out, const pcap_addr_t *list)
{
    const char *separator = "  ";
    for (const pcap_addr_t *each = list; each != NULL; each = each->next) {
        char text[NI_MAXHOST];
        int family = each->addr != NULL ? each->addr->sa_family : AF_UNSPEC;
        size_t len = family == AF_INET    ? sizeof(struct sockaddr_in)
                     : family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                          : 0;
        if (len > 0 && getnameinfo(each->addr, (socklen_t)len, text, sizeof text, NULL, 0,
                                   NI_NUMERICHOST) == 0) {
            fprintf(out, "%s%s", separator, text);
            separator = ", ";
        }
    }
}

bool ht_interfaces_has(const char *name)
{
    return strcmp(name, "any") == 0 || if_nametoindex(name) != 0 || errno != ENODEV;
}

bool ht_interfaces_print(FILE *out, struct ht_error *error)
{
    char reason[PCAP_ERRBUF_SIZE];
    pcap_if_t *all = NULL;
    if (pcap_findalldevs(&all, reason) != 0) {
        return ht_fail(error, "interfaces cannot be listed: %s", reason);
    }
    bool some = false;
    for (const pcap_if_t *each = all; each != NULL; each = each->next) {
        if (!ht_interfaces_has(each->name)) { /* libpcap's other devices: nfqueue, … */
            continue;
        }
        some = true;
        fprintf(out, "%s", each->name);
        print_addresses(out, each->addresses);
        if (each->description != NULL) {
            fprintf(out, "  (%s)", each->description);
        }
        fprintf(out, "\n");
    }
    pcap_freealldevs(all);
    return some || ht_fail(error, "no interface can be captured on: run as root, or give the "
                                  "program the capability CAP_NET_RAW");
}
