#!/bin/bash
# DNS beyond a name and its address: EDNS options and extended errors, a truncated answer that is asked for
# again over TCP, records of many types, multicast DNS and LLMNR.
# Packages: those of lib.sh, avahi-daemon bind9-dnsutils knot llmnrd unbound
. "$(dirname "$0")/lib.sh"

# A name server with NSID, cookies and client subnets, for a zone with a record of each type.
name_server() {
    mkdir -p knot
    cp "$lib_dir/types.example.test.zone" "$lib_dir/example.test.zone" knot/
    cat >authority.conf <<END
server:
    rundir: $work/knot
    listen: $server_ip@53
    nsid: ns1.example.test
    edns-client-subnet: on
database:
    storage: $work/knot
mod-cookies:
  - id: default
    badcookie-slip: 1
template:
  - id: default
    storage: $work/knot
    zonefile-sync: -1
    global-module: mod-cookies/default
zone:
  - domain: example.test
    file: example.test.zone
  - domain: types.example.test
    file: types.example.test.zone
END
    serve 53 knotd -c authority.conf
}

# A resolver that says why it refuses.
strict_resolver() {
    cat >strict.conf <<END
server:
    directory: $work
    chroot: ""
    username: ""
    pidfile: $work/strict.pid
    use-syslog: no
    module-config: iterator
    interface: $resolver_ip
    access-control: 10.9.0.0/24 refuse
    ede: yes
END
    serve 53 unbound -d -c strict.conf
}

ask() { in_client dig +time=1 +tries=1 "$@" >>answers 2>&1 || true; }

network
name_server
capture
ask @$server_ip +nsid +nocookie www.example.test A
ask @$server_ip +cookie=0102030405060708 www.example.test A # BADCOOKIE first, then with the server's
ask @$server_ip +subnet=192.0.2.0/24 www.example.test A
ask @$server_ip +subnet=2001:db8::/56 +nocookie www.example.test AAAA
ask @$server_ip +padding=128 +nocookie www.example.test A
ask @$server_ip +nocookie +bufsize=512 big.example.test TXT # truncated, then over TCP
ask @$server_ip +tcp +keepalive +nocookie www.example.test A
ask @$server_ip +nocookie +edns=1 +noednsnegotiation www.example.test A # BADVERS
save dns-edns.pcap
expect 1+ "dns.flags.truncated == 1"
expect 2+ "dns.flags.response == 1 and dns.rr.udp_payload_size"

network
strict_resolver
capture
ask @$resolver_ip +nocookie www.example.test A
save dns-extended-error.pcap
expect 1 "dns.opt.ext_error.info_code"

network
name_server
capture
for type in A NS MX TXT SRV CAA DNAME RP AFSDB KX NAPTR CERT APL SSHFP IPSECKEY DHCID TLSA SMIMEA \
    HIP OPENPGPKEY CSYNC ZONEMD SVCB HTTPS EUI48 EUI64 URI LOC DS CDS CDNSKEY NID L32 L64 LP X25 ISDN TYPE65280; do
    ask @$server_ip +noedns $(echo $type | tr A-Z a-z).types.example.test $type
done
save dns-types.pcap
expect 30+ "dns.flags.response == 1 and dns.flags.rcode == 0 and dns.count.answers > 0"

# avahi NAMESPACE HOST: a daemon of its own, without D-Bus.
avahi() {
    cat >"$2.conf" <<END
[server]
host-name=$2
use-ipv6=no
enable-dbus=no
allow-interfaces=eth0
[publish]
publish-hinfo=yes
publish-workstation=no
END
    ip netns exec "$1" sh -c "mount -t tmpfs none /run && mkdir /run/avahi-daemon /run/services &&
        cp '$work/$2.service' /run/services 2>/dev/null; mount --bind /run/services /etc/avahi/services &&
        exec avahi-daemon --no-drop-root --no-chroot --no-rlimits -f '$work/$2.conf'" \
        >>"$work/server.log" 2>&1 &
    server_pids+=($!)
}

cat >printer.service <<END
<?xml version="1.0" standalone='no'?>
<!DOCTYPE service-group SYSTEM "avahi-service.dtd">
<service-group>
  <name>Bob’s printer (2nd floor)</name>
  <service><type>_ipp._tcp</type><port>631</port><txt-record>rp=print</txt-record></service>
</service-group>
END
network
capture
avahi $server_ns printer
avahi $client_ns laptop
sleep 4
ip netns exec $server_ns llmnrd -H printer -i eth0 >>"$work/server.log" 2>&1 &
server_pids+=($!)
sleep 0.5
ip -n $client_ns route add 224.0.0.0/4 dev eth0
ask @224.0.0.251 -p 5353 _ipp._tcp.local PTR # by unicast, as one that does not know multicast DNS
in_client llmnr-query -I eth0 -T A -d 1234 printer >>answers 2>&1 || true
in_client llmnr-query -I eth0 -T A -d 1235 -t 200 nobody >>answers 2>&1 || true
save dns-multicast.pcap
expect 4+ "mdns"
expect 3 "llmnr"
