# shellcheck shell=bash
# What the sample scripts share; the folder lib holds its parts.
#
# A script sources this file, then for each sample: network, capture, some servers, some clients, save NAME,
# expect … . Everything runs in namespaces of its own and ends with the script. Needs root.
#
# Packages: iproute2 python3 openssl tcpdump tshark procps

set -euo pipefail
export LC_ALL=C

make_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
lib_dir=$make_dir/lib
samples_dir=${SAMPLES_DIR:-$(dirname "$make_dir")}
work=$(mktemp -d)
cd "$work" # so that no program says where it was
mkfifo silence

client_ns=ht-client
server_ns=ht-server
mirror_ns=ht-mirror
client_ip=10.9.0.1
server_ip=10.9.0.2
resolver_ip=10.9.0.53
client_ip6=fd00:9::1
server_ip6=fd00:9::2
host=www.example.test
keylog=$work/keylog
capture_pid=
link_pid=
server_pids=()

fail() {
    echo "$(basename "$0"): $*" >&2
    exit 1
}

for part in network capture certificates programs; do
    # shellcheck source=/dev/null
    . "$lib_dir/$part.sh"
done
