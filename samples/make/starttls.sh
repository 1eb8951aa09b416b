#!/bin/bash
# Protocols that begin in plain and go on with TLS, or do not.
# Packages: those of lib.sh, curl dovecot-imapd dovecot-managesieved dovecot-pop3d mariadb-client mariadb-server postfix
#   postgresql prosody slapd vsftpd xrdp
. "$(dirname "$0")/lib.sh"

authority ec
server_certificate web ec
server_certificate rsa rsa2048
cat rsa.key rsa.chain.pem >rsa.both.pem
chmod 755 "$work"
chmod 644 ./*.key

# upgrade PROTOCOL PORT OPTIONS…: OpenSSL's client asks for TLS, and leaves.
upgrade() {
    local protocol=$1 port=$2
    shift 2
    { sleep 0.3 && printf 'Q\n'; } | in_client openssl s_client -starttls "$protocol" \
        -connect "$server_ip:$port" -servername $host -CAfile root.pem -keylogfile "$keylog" "$@" \
        >>client.log 2>&1 || true
}

# upgraded NAME: the sample just taken holds one TLS handshake.
upgraded() {
    save "$1"
    expect 1+ "tls.handshake.type == 1"
    expect 1+ "tls.handshake.type == 2"
}

post_office() {
    mkdir -p postfix queue data
    cat >postfix/main.cf <<END
compatibility_level = 3.6
queue_directory = $work/queue
data_directory = $work/data
maillog_file = /dev/stdout
maillog_file_prefixes = /dev
myhostname = mail.example.test
mynetworks = 10.9.0.0/24
mydestination = example.test
alias_maps =
inet_protocols = ipv4
smtpd_tls_security_level = may
smtpd_tls_cert_file = $work/web.chain.pem
smtpd_tls_key_file = $work/web.key
END
    cat >postfix/master.cf <<END
smtp inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
proxymap unix - - n - - proxymap
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
END
    chown postfix data
    serve 25 postfix -c "$work/postfix" start-fg
}

mailboxes() {
    mkdir -p dovecot
    cat >dovecot.conf <<END
base_dir = $work/dovecot
log_path = $work/dovecot.log
protocols = imap pop3 sieve
ssl = yes
ssl_cert = <$work/web.chain.pem
ssl_key = <$work/web.key
disable_plaintext_auth = no
mail_location = maildir:$work/mail/%u
passdb {
  driver = static
  args = password=secret
}
userdb {
  driver = static
  args = uid=mail gid=mail home=$work/mail/%u
}
service managesieve-login {
  inet_listener sieve {
    port = 4190
  }
}
END
    mkdir -p mail
    chown mail mail
    serve 143 dovecot -F -c "$work/dovecot.conf"
}

directory() {
    mkdir -p ldap
    cat >slapd.conf <<END
include /etc/ldap/schema/core.schema
pidfile $work/slapd.pid
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCertificateFile $work/web.chain.pem
TLSCertificateKeyFile $work/web.key
database mdb
directory $work/ldap
suffix "dc=example,dc=test"
END
    serve 389 slapd -d 0 -f slapd.conf -h ldap://
}

chat() {
    mkdir -p prosody
    cat >prosody.cfg.lua <<END
daemonize = false
pidfile = "$work/prosody.pid"
data_path = "$work/prosody"
log = { { levels = { min = "error" }, to = "file", filename = "$work/prosody.log" } }
modules_enabled = { "tls", "saslauth" }
modules_disabled = { "s2s", "posix" }
c2s_require_encryption = true
run_as_root = true
ssl = { certificate = "$work/web.chain.pem", key = "$work/web.key" }
VirtualHost "www.example.test"
END
    serve 5222 prosody --config "$work/prosody.cfg.lua" -F
}

files() {
    mkdir -p ftp empty
    cat >vsftpd.conf <<END
listen=YES
background=NO
anonymous_enable=NO
local_enable=YES
ssl_enable=YES
rsa_cert_file=$work/rsa.chain.pem
rsa_private_key_file=$work/rsa.key
secure_chroot_dir=$work/empty
seccomp_sandbox=NO
END
    serve 21 vsftpd vsftpd.conf
}

elephant() {
    local bin
    bin=$(echo /usr/lib/postgresql/*/bin)
    mkdir -p postgres
    cp web.chain.pem web.key postgres/
    chmod 600 postgres/web.key
    chown -R postgres postgres
    runuser -u postgres -- "$bin/initdb" -D "$work/postgres/data" >server.log 2>&1
    echo 'hostssl all all all scram-sha-256' >>postgres/data/pg_hba.conf
    serve 5432 runuser -u postgres -- "$bin/postgres" -D "$work/postgres/data" -k "$work/postgres" \
        -c "listen_addresses=$server_ip" -c ssl=on -c "ssl_cert_file=$work/postgres/web.chain.pem" \
        -c "ssl_key_file=$work/postgres/web.key"
}

sea_lion() {
    mkdir -p mysql
    cp web.chain.pem web.key mysql/
    chown -R mysql mysql
    echo "CREATE USER alice@'$client_ip' IDENTIFIED BY 'secret';" >mysql/users.sql
    mariadb-install-db --no-defaults --user=mysql --datadir="$work/mysql/data" >server.log 2>&1
    serve 3306 mariadbd --no-defaults --user=mysql --datadir="$work/mysql/data" \
        --socket="$work/mysql/socket" --bind-address=$server_ip --skip-name-resolve \
        --init-file="$work/mysql/users.sql" \
        --ssl-cert="$work/mysql/web.chain.pem" --ssl-key="$work/mysql/web.key"
}

desktop() {
    sed -e "s|^certificate=.*|certificate=$work/rsa.chain.pem|; s|^key_file=.*|key_file=$work/rsa.key|" \
        -e "s|^security_layer=.*|security_layer=tls|; s|^port=3389|port=tcp://:3389|" \
        -e "s|^LogFile=.*|LogFile=$work/xrdp.log|; s|^EnableSyslog=.*|EnableSyslog=false|" \
        /etc/xrdp/xrdp.ini >xrdp.ini
    serve 3389 xrdp -n -c "$work/xrdp.ini"
}

network && post_office && capture
upgrade smtp 25 -name client.example.test
upgraded starttls-smtp.pcap

network && mailboxes && capture
upgrade imap 143
upgraded starttls-imap.pcap
capture
upgrade pop3 110
upgraded starttls-pop3.pcap
capture
upgrade sieve 4190
upgraded starttls-managesieve.pcap

# The capability is overwritten on the way, so that curl, which wants TLS only if it can, does without.
serve 1143 python3 "$lib_dir/strip_starttls.py" 1143 143
capture
in_client curl -sS --ssl --login-options AUTH=PLAIN --user alice:secret "imap://$server_ip:1143/" \
    -o folders >>client.log 2>&1 || true
save starttls-stripped.pcap
expect 0 "tls.handshake.type == 1"
expect 1+ 'tcp contains "XXXXXXXX"'

network && directory && capture
upgrade ldap 389
upgraded starttls-ldap.pcap

network && chat && capture
upgrade xmpp 5222 -xmpphost $host
upgraded starttls-xmpp.pcap

network && files && capture
upgrade ftp 21
upgraded starttls-ftp.pcap

network && elephant && capture
upgrade postgres 5432
upgraded starttls-postgresql.pcap

network && sea_lion && capture
upgrade mysql 3306
upgraded starttls-mysql.pcap
capture
in_client mariadb --no-defaults -h $server_ip -u alice -psecret --skip-ssl -e 'SELECT 1' >>client.log 2>&1
save starttls-mysql-plain.pcap

network && desktop && capture
SSLKEYLOGFILE=$keylog in_client python3 "$lib_dir/rdp_client.py" $server_ip 3
save starttls-rdp.pcap
expect 1+ "tcp.dstport == 3389 and tcp contains 16:03:01" # tshark looks for no TLS there
expect 1+ "tcp.srcport == 3389 and tcp contains 16:03:03"

network && serve 119 python3 "$lib_dir/nntp_server.py" web.chain.pem web.key && capture
upgrade nntp 119
upgraded starttls-nntp.pcap
